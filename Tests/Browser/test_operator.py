"""The operator's page: figures that are those of the metrics, calls that it ends, and whether everyone can use it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Iterator

import pytest

from daemon import SESSION, Daemon
from fake_calls import Calls
from fake_openai import FakeOpenAI
from operatorpage import OperatorPage
from patience import eventually
from call_client import OFFER

ORIGIN = "http://localhost:3000"
#: Takes note of what the page announces.
LISTEN = """() => {
  window.said = [];
  const place = document.querySelector('#announcement');
  new MutationObserver(() => said.push(place.innerText)).observe(place, {childList: true});
}"""
HIDE = """isHidden => {
  Object.defineProperty(document, 'hidden', {value: isHidden, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""
OLD = SESSION | {"session": SESSION["session"] | {"model": "gpt-realtime"}}


@pytest.fixture
def calls() -> Iterator[Calls]:
    upstream = FakeOpenAI().start()
    yield Calls(upstream)
    upstream.stop()


@pytest.fixture
def operated(start, calls, tmp_path) -> Daemon:
    """A daemon that creates calls of the stand-in."""
    settings = {"MAX_CALLS": "60", "MAX_CALLS_CLIENT": "60", "LIMIT_SESSION": "600/min burst 300", "QUOTA_ALL": "200"}
    settings |= {"USAGE_LOG": str(tmp_path / "usage.log"), "OPENAI_API_KEY": calls.owner.key, "LOOPS": "2"}
    return start(calls.owner.base_url, **settings)


def create(daemon: Daemon) -> str:
    """Opens a call as a page does; its location."""
    answer = daemon.request(
        "POST", "/api/realtime/calls", {"Origin": ORIGIN, "Content-Type": "application/sdp"}, OFFER
    )
    assert answer.status == 201, answer.body
    return answer.one("Location")


def metrics(daemon: Daemon) -> dict[str, float]:
    lines = daemon.operations("GET", "/metrics").body.decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def test_under_load_the_figures_become_those_of_the_metrics(open_tab, operated, calls):
    page = OperatorPage(open_tab(), operated)
    page.until_text("#headline", "All is well.")
    page.assert_accessible("before the first request")
    kept: list[str] = []

    def load() -> None:
        for turn in range(20):
            operated.token()
            operated.token(origin="https://stranger.example")
            path = create(operated)
            if turn % 2:
                assert operated.request("POST", f"{path}/end", {"Origin": ORIGIN}).status == 204
            else:
                kept.append(path)

    workers = [threading.Thread(target=load) for _ in range(3)]
    for worker in workers:
        worker.start()
    page.tab.until("document.querySelectorAll('#calls-rows tr').length > 1")
    page.assert_accessible("with calls that open and end")
    for worker in workers:
        worker.join()
    calls.wait_until(lambda calls: len(calls.open) == 30)
    # The daemon hears of an end later than the stand-in, and the page later than the daemon.
    opened, count = 'ephemerald_calls_open{session="default"}', "ephemerald_upstream_duration_seconds_count"
    eventually(lambda: metrics(operated)[opened] == 30, "the daemon knows of every end")
    found = metrics(operated)
    minted = found['ephemerald_mints_total{session="default",outcome="minted"}']
    created = found['ephemerald_calls_created_total{session="default"}']
    refused = sum(value for name, value in found.items() if name.startswith("ephemerald_refusals_total"))
    assert (minted, created, refused) == (120, 60, 60)
    eventually(lambda: page.number("#total-upstream") == metrics(operated)[count], "the page shows every exchange")
    for name, value in (("tokens", minted - created), ("calls", created), ("refusals", refused)):
        for place in ("total", "hour"):
            eventually(lambda id=f"#{place}-{name}", value=value: page.number(id) == value, f"{place}: {value} {name}")
    assert page.text("#hour-upstream").endswith("s")
    for kind in ("tr", "button"):
        page.tab.until(f"document.querySelectorAll('#calls-rows {kind}').length === 30")
    assert page.text("#refusals-rows").split() == ["origin_not_allowed", "60"]
    page.until_text("#limits", "30 of 60 calls")
    page.until_text("#limits", "120 of 200 tokens")
    alternative = page.tab.js("document.querySelector('[data-kind=calls] svg').getAttribute('aria-label')")
    assert "60 in the last hour" in alternative
    page.tab.page.click("summary")
    page.assert_accessible("with thirty calls and the table of minutes")
    page.assert_at_home()


def test_a_call_is_ended_after_one_question_by_keyboard(open_tab, operated, calls):
    create(operated)
    page = OperatorPage(open_tab(), operated)
    press = page.tab.page.keyboard.press
    page.tab.until("document.querySelector('#calls-rows button')")
    page.tab.js("document.querySelector('#calls-rows button').focus()")
    press("Enter")
    page.until_text("#question", "End this call?")
    page.assert_accessible("the question")
    # The safe answer has the focus, and Escape is the same.
    assert page.tab.js("document.activeElement.id") == "keep"
    press("Escape")
    page.tab.until("!document.querySelector('#question').open")
    assert page.tab.js("document.activeElement.innerText") == "End" and len(calls.open) == 1
    press("Enter")
    press("Tab")
    assert page.tab.js("document.activeElement.id") == "end"
    press("Enter")
    calls.wait_until(lambda calls: not calls.open)
    page.until_text("#announcement", "is ending")
    page.until_text("#calls", "No call is open.")
    # The button is gone, and the focus is where it was.
    assert page.tab.js("document.activeElement.id") == "calls"
    assert metrics(operated)['ephemerald_calls_ended_total{reason="operator"}'] == 1


def test_an_end_that_the_daemon_cannot_begin_says_so(open_tab, operated, calls):
    create(operated)
    page = OperatorPage(open_tab(), operated)
    page.tab.page.click("#calls-rows button")
    page.tab.page.route("**/calls/*", lambda route: route.fulfill(status=503))
    page.tab.page.click("#end")
    page.until_text("#question-problem", "could not be ended: the daemon answered with status 503")
    page.assert_accessible("an end that failed")
    page.tab.page.unroute("**/calls/*")
    # Of several daemons, one may not hear from Redis about the calls of the others.
    gap = json.dumps({"ending": 0, "calls": [], "incomplete": "Redis did not answer"})
    page.tab.page.route("**/calls/*", lambda route: route.fulfill(status=503, body=gap))
    page.tab.page.click("#end")
    page.until_text("#question-problem", "could not be ended: Redis did not answer")
    page.tab.page.unroute("**/calls/*")
    page.tab.page.click("#end")
    calls.wait_until(lambda calls: not calls.open)
    page.tab.page.route("**/calls", lambda route: route.fulfill(body=gap))
    page.until_text("#attention", "The list of calls is incomplete: Redis did not answer.")
    page.tab.page.unroute("**/calls")
    page.until_text("#headline", "All is well.")


def test_what_needs_attention_is_said_once(open_tab, start, peer, tmp_path):
    daemon = start(peer.base_url, json.dumps(OLD).encode(), QUOTA_ALL="1", USAGE_LOG=str(tmp_path / "u"), WATCH="true")
    page = OperatorPage(open_tab(), daemon)
    page.until_text("#sessions", "gpt-realtime ends in")
    assert daemon.token().status == 200
    page.until_text("#attention", "QUOTA_ALL is 100 % used.")
    page.tab.js(LISTEN)
    Path(daemon.settings["SESSIONS_DIR"], "default.json").write_text("{")
    page.until_text("#attention", "A session file is wrong: default.")
    page.until_text("#configuration", "was refused")
    assert page.text("#headline") == "3 things need attention."
    rows = "[...document.querySelectorAll('#limits-rows tr')]"
    page.tab.js(f"() => {{ window.rows = {rows}; }}")
    before = page.reads()
    eventually(lambda: page.reads() >= before + 2, "the page has read the state twice more")
    [said] = page.tab.js("said")
    assert "The last reload was refused." in said
    # What says the same is the same: a screen reader keeps its place.
    assert page.tab.js(f"{rows}.every((row, index) => row === window.rows[index])")
    page.assert_accessible("with things that need attention")


def test_the_page_rests_while_it_is_hidden_or_paused_and_says_when_the_daemon_is_gone(open_tab, start, peer):
    daemon = start(peer.base_url)
    tab = open_tab()
    clock = tab.page.clock
    clock.install()
    page = OperatorPage(tab, daemon)
    page.tab.page.click("#pause")
    assert page.tab.js("document.querySelector('#pause').getAttribute('aria-pressed')") == "true"
    paused = page.until_it_rests()
    assert daemon.token().status == 200
    clock.fast_forward(60_000)
    assert page.reads() == paused and page.number("#total-tokens") == 0
    page.tab.page.click("#pause")
    page.until_text("#total-tokens", "1 since")
    page.tab.page.route("**/status", lambda route: route.abort())
    page.until_text("#headline", "The daemon does not answer.")
    page.assert_accessible("without the daemon")
    page.tab.page.unroute("**/status")
    page.until_text("#headline", "All is well.")
    page.tab.js(HIDE, True)
    hidden = page.until_it_rests()
    # From here on the page's clock stands still, so that no timer reads the state.
    clock.pause_at(page.tab.js("Date.now()") / 1000 + 60)
    assert page.reads() == hidden
    page.tab.js(HIDE, False)
    eventually(lambda: page.reads() > hidden, "the page reads again at once")
