"""A whole conversation on the demo page with a keyboard and nothing else."""

from __future__ import annotations

from demopage import DemoPage


def test_a_whole_conversation_by_keyboard_alone(open_tab, start, peer):
    tab = open_tab()
    page = DemoPage(tab, start(peer.base_url, DEMO="true"))
    page.tab_to("call")
    page.press("Enter")
    page.until_phase("connected")
    assert page.focused() == "call", "the focus stays where it was"

    page.tab_to("message")
    tab.page.keyboard.type("Can you hear the keys?")
    page.press("Enter")
    page.until_text("transcript", "You said: Can you hear the keys?")
    assert page.focused() == "message"
    assert tab.js("document.querySelector('#message').value") == ""

    page.tab_to("mute", backwards=True)
    page.press("Space")
    tab.until("document.querySelector('#mute').getAttribute('aria-pressed') === 'true'")
    page.press("Space")
    tab.until("document.querySelector('#mute').getAttribute('aria-pressed') === 'false'")

    tab.until("document.querySelector('#microphone').options.length > 1")
    page.tab_to("microphone")
    page.press("ArrowDown")
    tab.until("document.querySelector('#microphone').value !== ''")
    page.tab_to("volume")
    page.press("ArrowLeft", "ArrowLeft")
    page.until_text("volume-value", "90")

    page.tab_to("call", backwards=True)
    page.press("Enter")
    page.until_phase("closed")
    assert page.focused() == "call"
    page.until_text("status", "You ended the call")
    page.press("Space")
    page.until_phase("connected")
    assert len(peer.used) == 2
    page.press("Enter")
    page.until_phase("closed")
    tab.assert_nothing_is_left()


def test_what_happens_is_said_to_screen_readers(open_tab, start, peer):
    tab = open_tab()
    page = DemoPage(tab, start(peer.base_url, DEMO="true"))
    roles = "id => document.getElementById(id).getAttribute('role')"
    assert [tab.js(roles, name) for name in ("status", "alert", "transcript")] == ["status", "alert", "log"]
    tab.js("""() => {
      window.heard = [];
      new MutationObserver(() => heard.push(document.getElementById("status").innerText))
        .observe(document.getElementById("status"), {childList: true, characterData: true, subtree: true});
    }""")
    page.tab_to("call")
    page.press("Enter")
    page.until_phase("connected")
    assert tab.js("heard").index("Connecting.") < tab.js("heard").index("Connected.")
    peer.calls[-1].hang_up()
    page.until_phase("closed")
    page.until_text("alert", "The other side hung up")
    assert page.focused() == "call"
