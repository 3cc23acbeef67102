"""Sessions that end soon are replaced, and what was being said when a session ended is settled."""

from __future__ import annotations

import time

from call import Call
from callpage import begin, connect, disconnect
from demopage import DemoPage
from patience import eventually

#: An utterance that has begun, and of which nothing more will come.
SPOKEN = {"id": "item_spoken", "type": "message", "role": "user", "status": "in_progress", "content": []}
LINES = "client.transcripts.map(({text, final, interrupted}) => [text, final, interrupted ?? false])"


def ends_soon(call: Call) -> None:
    """Announces the session once more, with an end in less than the minute in which the client replaces it."""
    session = call.session | {"expires_at": int(time.time()) + 59}
    call.say({"type": "session.created", "event_id": "event_end", "session": session})


def test_a_session_is_replaced_before_it_ends_and_the_next_one_knows_what_was_said(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.js("() => client.sendText('My name is Ann.')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: My name is Ann.' && client.transcripts.at(-1).final")
    call.say({"type": "conversation.item.added", "previous_item_id": None, "item": SPOKEN})
    tab.until("client.transcripts.some(({final}) => !final)")
    ends_soon(call)
    eventually(lambda: len(peer.calls) == 2 and peer.calls[-1].is_open, "the session is replaced")
    tab.until("client.state === 'connected' && client.transcripts.every(({final}) => final)")
    eventually(lambda: peer.calls[-1].types() == ["conversation.item.create"] * 2, "the model is told")
    assert [event["item"]["content"][0]["text"] for event in peer.calls[-1].received] == [
        "My name is Ann.",
        "You said: My name is Ann.",
    ]
    assert [retry["error"]["code"] for retry in tab.js("said('retry')")] == ["session_renewed"]
    assert tab.js("said('error')") == []
    assert tab.js("ledger.made.tracks") == 1 and tab.js("ledger.live().peers") == 1
    disconnect(tab, peer)


def test_an_answer_that_the_loss_of_the_connection_cuts_off_is_final_and_interrupted(open_tab, web, daemon, peer):
    peer.linger = True
    tab = begin(open_tab(), web, daemon)
    connect(tab, peer)
    tab.js("() => client.sendText('A long story, please.')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: '")
    assert tab.js("client.transcripts.at(-1).final") is False
    tab.js("() => ledger.pretend('failed')")
    eventually(lambda: len(peer.calls) == 2 and len(peer.calls[-1].types()) == 2, "the session is restored")
    tab.until("client.state === 'connected'")
    assert tab.js(LINES) == [["A long story, please.", True, False], ["You said: ", True, True]]
    disconnect(tab, peer)


def test_the_page_draws_a_rule_where_the_new_session_began(open_tab, start, peer):
    page = DemoPage(open_tab(), start(peer.base_url, DEMO="true"))
    page.tab.page.click("#call")
    page.until_phase("connected")
    page.tab.page.fill("#message", "My name is Ann.")
    page.tab.page.keyboard.press("Enter")
    page.until_text("transcript", "You said: My name is Ann.")
    ends_soon(peer.calls[-1])
    page.until_text("transcript", "A new session began here. The model still knows what was said.")
    assert "broke" not in page.text("transcript") and page.text("alert") == ""
    page.until_phase("connected")
    page.tab.page.click("#call")
    page.until_phase("closed")
