"""The demo page in a call on small screens, and what it says when the connection is bad."""

from __future__ import annotations

import pytest

from demopage import DemoPage
from demostates import SLOW
from patience import eventually

#: Phones upright and on their side, the smallest that is sold, and a laptop's page at 200 %.
SIZES = {"phone": (390, 844), "landscape": (844, 390), "small": (320, 640), "zoomed": (640, 400), "laptop": (1280, 800)}
INSIDE = """names => names.filter((name) => {
  const {top, bottom, left, right, width} = document.getElementById(name).getBoundingClientRect();
  return !(width > 0 && top >= 0 && left >= 0 && bottom <= innerHeight + 0.5 && right <= innerWidth + 0.5);
})"""
ONE_ROW = "names => new Set(names.map((name) => Math.round(document.getElementById(name).offsetTop))).size"
CONTROLS = ["mute", "interrupt", "call"]


@pytest.fixture
def demo(start, peer):
    return start(peer.base_url, DEMO="true")


@pytest.fixture
def call(open_tab, demo, peer):
    """The page in a call of a size, with more lines than fit."""

    def open_call(size: str = "laptop", kind: str = "tone") -> DemoPage:
        width, height = SIZES[size]
        page = DemoPage(open_tab(kind, viewport={"width": width, "height": height}), demo)
        page.tab.page.click("#call")
        page.until_phase("connected")
        return page

    return open_call


def write(page: DemoPage, text: str) -> None:
    page.tab.page.fill("#message", text)
    page.tab.page.keyboard.press("Enter")
    page.until_text("transcript", f"You said: {text}")


@pytest.mark.parametrize("size", SIZES)
def test_in_a_call_everything_that_is_needed_is_in_sight(call, size, request):
    page = call(size)
    for number in range(4):
        write(page, f"Line {number}, with a few words more, so that it has the length of a sentence.")
    page.tab.js("() => document.querySelector('#mute').click()")
    assert page.tab.js(INSIDE, [*CONTROLS, "message", "send", "status"]) == []
    assert page.tab.js(ONE_ROW, CONTROLS) == 1
    assert page.text("mute") == "Muted"
    log = "document.getElementById('transcript')"
    assert page.tab.js(f"{log}.scrollHeight > {log}.clientHeight && {log}.clientHeight > 40"), "the lines scroll"
    assert page.tab.js("document.documentElement.scrollWidth <= innerWidth")
    if folder := request.config.getoption("--screenshots"):
        page.tab.page.screenshot(path=f"{folder}/call-{size}.png")
    page.tab.page.click("#call")
    page.until_phase("closed")
    if folder:
        page.tab.page.screenshot(path=f"{folder}/closed-{size}.png")
    assert page.tab.js(INSIDE, ["call", "copy"]) == []


@pytest.mark.parametrize("sandbox", [False, True])
def test_before_a_call_the_button_is_in_sight(open_tab, start, sandbox):
    settings = {"SANDBOX": "true", "OPENAI_API_KEY": None, "OPENAI_BASE_URL": None} if sandbox else {"DEMO": "true"}
    page = DemoPage(open_tab(), start("http://127.0.0.1:9/v1", **settings))
    for size, (width, height) in SIZES.items():
        page.tab.page.set_viewport_size({"width": width, "height": height})
        assert page.tab.js(INSIDE, ["call", "headline"]) == [], size


def test_without_a_call_a_laptop_does_not_scroll(open_tab, demo):
    page = DemoPage(open_tab(viewport={"width": 1280, "height": 800}), demo)
    assert page.tab.js("[...document.querySelectorAll('html, main')].every((e) => e.scrollHeight <= e.clientHeight)")


def test_who_goes_on_without_a_microphone_types(call, open_tab, demo):
    page = DemoPage(open_tab("missing"), demo)
    page.tab.page.click("#call")
    page.until_text("alert", "No microphone was found")
    page.tab.page.focus("#remedy")
    page.press("Enter")
    page.until_phase("connected")
    assert page.focused() == "message"


def test_a_broken_connection_shows_no_old_numbers_and_says_what_the_model_knows(call, peer):
    page = call()
    write(page, "My name is Ann.")
    page.until_text("rtt", "ms")
    peer.mint_gate.shut()
    page.tab.js("() => ledger.pretend('failed')")
    page.until_phase("reconnecting")
    assert [page.text(name) for name in ("rtt", "jitter", "loss", "quality-text")] == ["–", "–", "–", "No measurement"]
    page.until_text("transcript", "The connection broke here.")
    peer.mint_gate.open()
    page.until_phase("connected")
    page.until_text("transcript", "The model still knows what was said.")


def test_a_poor_connection_is_said_in_one_sentence(call):
    page = call()
    page.tab.js(SLOW)
    page.until_text("status", "The connection is poor: speech may be lost.")


def test_keys_mute_and_end_the_call_but_not_while_one_types(call):
    page = call()
    page.tab.page.focus("#message")
    page.press("m", "Escape")
    assert page.text("mute") == "Mute"
    page.tab.page.focus("#call")
    page.press("m")
    eventually(lambda: page.text("mute") == "Muted", "M mutes")
    page.press("Escape")
    page.until_phase("closed")


def test_after_the_call_the_transcript_can_be_copied_and_nothing_invites_to_type(call, open_tab):
    page = call()
    page.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    write(page, "Remember this.")
    assert page.tab.js("document.getElementById('session').readOnly")
    page.tab.page.click("#call")
    page.until_phase("closed")
    assert not page.tab.page.locator("#composer").is_visible()
    page.tab.page.click("#copy")
    page.until_text("status", "The transcript is copied.")
    page.tab.run("clipboard", "navigator.clipboard.readText()")
    assert page.tab.value("clipboard") == "You: Remember this.\nModel: You said: Remember this."
    assert not page.tab.js("document.getElementById('session').readOnly")


def test_the_events_are_one_tab_stop(call):
    page = call()
    page.tab_to("events")
    page.press("Tab")
    assert page.focused() == "events-export"
    page.press("Shift+Tab", "ArrowDown", "ArrowDown")
    assert page.focused() == "SUMMARY"
    page.press("Enter")
    page.tab.until("document.activeElement.parentElement.open")
