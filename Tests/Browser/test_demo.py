"""The demo page from its first state to its last: its texts, and what they explain."""

from __future__ import annotations

import json
import re

import pytest

from calls import Failure
from daemon import SESSION
from demopage import DemoPage
from patience import eventually


@pytest.fixture
def demo(start, peer):
    """The daemon with its page, in front of the peer."""
    return start(peer.base_url, DEMO="true")


def start_call(page: DemoPage) -> None:
    page.tab.page.click("#call")


def test_a_call_from_its_first_state_to_its_last(open_tab, demo, peer):
    tab = open_tab()
    page = DemoPage(tab, demo)
    tab.js("() => { ledger.microphone.held = true; }")
    peer.mint_gate.shut()
    start_call(page)
    page.until_phase("requesting-microphone")
    tab.js("() => { ledger.microphone.held = false; ledger.microphone.release(); }")
    page.until_phase("connecting")
    peer.mint_gate.open()
    page.until_phase("connected")
    page.until_text("status", "Connected.")
    tab.page.click("#mute")
    tab.until("document.querySelector('#mute').getAttribute('aria-pressed') === 'true'")
    tab.page.fill("#message", "How deep is the Königssee?")
    tab.page.keyboard.press("Enter")
    page.until_text("transcript", "You said: How deep is the Königssee?")
    tab.page.click("#call")
    page.until_phase("closed")
    page.assert_accessible("closed")
    page.assert_at_home(peer.base_url)


def test_a_connection_that_falters_and_is_lost(open_tab, demo, peer):
    tab = open_tab()
    page = DemoPage(tab, demo)
    start_call(page)
    page.until_phase("connected")
    peer.mint_gate.shut()
    tab.js("() => ledger.pretend('disconnected')")
    page.until_phase("unstable")
    tab.js("() => ledger.pretend('failed')")
    page.until_phase("reconnecting")
    peer.mint_gate.open()
    page.until_phase("connected")
    peer.calls[-1].hang_up()
    page.until_phase("closed")
    page.until_text("alert", "The other side hung up")
    assert len(peer.used) == 2


def test_an_answer_that_is_spoken_can_be_stopped(open_tab, demo, peer):
    peer.linger = True
    tab = open_tab()
    page = DemoPage(tab, demo)
    start_call(page)
    page.until_phase("connected")
    tab.page.fill("#message", "A long story, please.")
    tab.page.keyboard.press("Enter")
    page.until_text("headline", "Answering.")
    tab.page.click("#interrupt")
    page.until_text("headline", "Listening.")
    eventually(lambda: "response.cancel" in peer.calls[-1].types(), "the peer gets the event that stops the answer")


def test_a_forbidden_origin_is_explained(open_tab, demo, peer):
    page = DemoPage(open_tab(), demo, host="127.0.0.1")
    start_call(page)
    page.until_text("alert", "This address may not start calls")
    assert f"http://127.0.0.1:{demo.port}" in page.text("alert") and "ALLOWED_ORIGINS" in page.text("alert")
    page.assert_accessible("forbidden origin")
    page.tab.assert_nothing_is_left()
    assert peer.mint_requests == 0


@pytest.mark.slow
def test_a_spent_limit_is_shown_with_its_wait_and_tried_again(open_tab, start, peer):
    daemon = start(peer.base_url, DEMO="true", LIMIT_CLIENT="10/min burst 1")
    page = DemoPage(open_tab(), daemon)
    assert daemon.token(origin=f"http://localhost:{daemon.port}").status == 200
    start_call(page)
    page.until_text("alert", "Too many calls just now")
    page.until_text("countdown-text", "Trying again in 0:0")
    # The countdown has the one number.
    assert not re.search(r"second|minute", page.text("alert"))
    assert page.tab.js("document.getElementById('trouble').dataset.shown") == "calm"
    page.assert_accessible("waiting")
    page.until_phase("connected")
    assert page.text("alert").strip() == ""


@pytest.mark.parametrize(
    ("kind", "words"),
    [("denied", "The microphone is not allowed"), ("missing", "No microphone was found")],
)
def test_without_a_microphone_one_can_type(open_tab, demo, peer, kind, words):
    page = DemoPage(open_tab(kind), demo)
    start_call(page)
    page.until_text("alert", words)
    page.assert_accessible(kind)
    page.tab.page.click("#remedy")
    page.until_phase("connected")
    page.tab.page.fill("#message", "In writing.")
    page.tab.page.keyboard.press("Enter")
    page.until_text("transcript", "You said: In writing.")


def test_a_network_that_is_gone_is_explained(open_tab, demo, peer):
    tab = open_tab()
    page = DemoPage(tab, demo)
    tab.context.set_offline(True)
    start_call(page)
    page.until_text("alert", "You are offline")
    tab.context.set_offline(False)
    page.until_phase("connected")


FAILURES = [
    (Failure(401, "invalid_api_key", "Incorrect API key provided."), "The token was not accepted"),
    (Failure(400, "invalid_offer", "The offer cannot be read."), "The model’s service refused the call"),
]


@pytest.mark.parametrize(("failure", "words"), FAILURES, ids=["401", "400"])
def test_a_refused_call_is_explained(open_tab, demo, peer, failure, words):
    peer.failures.append(failure)
    page = DemoPage(open_tab(), demo)
    start_call(page)
    page.until_text("alert", words)
    page.assert_accessible(f"refused with {failure.status}")
    page.tab.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("access", "query", "routes"),
    [("token", "", ["token", "calls"]), ("call", "?call", ["calls", "token"]), ("", "?call", ["calls"])],
)
def test_the_page_takes_the_way_that_the_server_offers(open_tab, start, peer, access, query, routes):
    session = SESSION | ({"access": {access: False}} if access else {})
    daemon = start(peer.base_url, json.dumps(session).encode(), DEMO="true")
    page = DemoPage(open_tab(), daemon, query=query)
    for name, shown in (("intro", not query), ("intro-call", bool(query))):
        assert page.tab.js("id => document.getElementById(id).checkVisibility()", name) == shown
    start_call(page)
    if routes[-1] == "token":
        page.until_phase("connected")
        page.tab.page.click("#call")
    else:
        # This peer issues tokens only, so it refuses the key.
        page.until_text("alert", "The model’s service refused the server")
    page.until_phase("closed")
    page.assert_accessible("closed")
    called = [url.rsplit("/", 1)[1] for url in page.requests if url.startswith(f"http://localhost:{daemon.port}/api/r")]
    assert [name for name in called if "." not in name] == routes


def test_blocked_playback_asks_for_a_click(open_tab, demo, peer):
    tab = open_tab()
    tab.context.add_init_script("""
      const {play} = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("no click", "NotAllowedError"));
      window.unblock = () => { HTMLMediaElement.prototype.play = play; };
    """)
    page = DemoPage(tab, demo)
    start_call(page)
    tab.until("!document.querySelector('#start-audio').hidden")
    tab.js("() => unblock()")
    tab.page.click("#start-audio")
    tab.until("document.querySelector('#start-audio').hidden")


def test_the_log_of_events_can_be_exported(open_tab, demo, peer):
    tab = open_tab()
    page = DemoPage(tab, demo)
    start_call(page)
    page.until_phase("connected")
    page.until_text("events", "session.created")
    with tab.page.expect_download() as download:
        tab.page.click("#events-export")
    entries = json.loads(open(download.value.path()).read())
    assert any("session.created" in json.dumps(entry) for entry in entries)
    assert not any(secret in json.dumps(entries) for secret in peer.keys)


@pytest.mark.parametrize("query", ["", "?call"])
def test_on_the_sandbox_a_parrot_answers(open_tab, start, peer, request, query):
    daemon = start(peer.base_url, SANDBOX="true", OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
    tab = open_tab("speech")
    page = DemoPage(tab, daemon, query=query)
    assert "A parrot in this page" in page.text("sandbox")
    assert [tab.page.locator(f"#{name}").is_visible() for name in ("sandbox", "intro", "intro-call")] == [True, 0, 0]
    if (folder := request.config.getoption("--screenshots")) and not query:
        page.screenshot(folder)
    page.assert_accessible("idle, on the sandbox")
    tab.js("""() => {
      const meter = document.getElementById("output-level");
      new MutationObserver(() => {
        if (Number(meter.getAttribute("aria-valuenow")) > 40) window.heardAt ??= performance.now();
      }).observe(meter, {attributes: true});
      document.getElementById("call").addEventListener("click", () => { window.clickedAt ??= performance.now(); });
    }""")
    start_call(page)
    milliseconds = tab.until("window.heardAt && heardAt - clickedAt")
    print(f"the first sound came {milliseconds:.0f} ms after the click")
    assert not request.config.getoption("--timing") or milliseconds < 3000
    page.until_text("transcript", "I am a parrot")
    assert "Parrot" in page.text("transcript")
    page.assert_accessible("connected, on the sandbox")
    tab.page.click("#call")
    page.until_phase("closed")
    page.assert_at_home()
    tab.assert_nothing_is_left()
    assert peer.mint_requests == 0 and peer.offers == 0


def test_without_the_sandbox_the_page_says_nothing_of_it(open_tab, demo):
    page = DemoPage(open_tab(), demo)
    assert not page.tab.page.locator("#sandbox").is_visible()
    assert "sandbox" not in page.tab.js("document.body.innerText").lower()
