"""A conversation: connect, speak, type, hear, hang up."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from callpage import PLAIN, begin, connect, disconnect
from daemon import HEALTH
from patience import eventually
from program import ROOT


def test_a_call_connects_and_leaves_nothing_behind(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    assert tab.js("client.state") == "idle"
    call = connect(tab, peer)
    assert tab.js("states()") == ["requesting-microphone", "connecting", "connected"]
    tab.until("said('serverevent').some(event => event.type === 'session.created')")
    assert tab.js("client.session.id") == call.session["id"]
    assert tab.js("client.callId") == call.id
    assert peer.used == set(peer.keys) and len(peer.keys) == 1
    disconnect(tab, peer)
    assert tab.js("states()")[-1] == "closed"


def test_the_microphone_is_asked_for_before_the_token_and_as_speech_needs_it(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    tab.js("() => { ledger.microphone.held = true; }")
    tab.run("connect", "client.connect()")
    tab.until("ledger.microphone.waiting === 1")
    assert tab.js("client.state") == "requesting-microphone"
    assert peer.mint_requests == 0
    tab.js("() => ledger.microphone.release()")
    tab.value("connect")
    [constraints] = tab.js("ledger.constraints")
    audio = constraints["audio"]
    assert [audio[name] for name in ("echoCancellation", "noiseSuppression", "autoGainControl")] == [True] * 3
    assert "sampleRate" not in audio and not constraints.get("video")
    disconnect(tab, peer)


def test_a_text_turn_is_answered_and_both_sides_are_written_down(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.js("() => client.sendText('How high is the Zugspitze?')")
    tab.until("said('serverevent').some(event => event.type === 'response.done')")
    assert call.types() == ["conversation.item.create", "response.create"]
    words = tab.js("client.transcripts.map(({role, text, final}) => ({role, text, final}))")
    assert words == [
        {"role": "user", "text": "How high is the Zugspitze?", "final": True},
        {"role": "assistant", "text": "You said: How high is the Zugspitze?", "final": True},
    ]
    disconnect(tab, peer)


def test_speech_is_transcribed_by_item_on_both_sides(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    place = {"item_id": "item_spoken", "content_index": 0}
    transcription = "conversation.item.input_audio_transcription"
    item = {"id": "item_spoken", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
    call.say(
        {"type": "input_audio_buffer.speech_started", "item_id": "item_spoken", "audio_start_ms": 0},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "item_spoken", "audio_end_ms": 900},
        {"type": "input_audio_buffer.committed", "item_id": "item_spoken", "previous_item_id": None},
        {"type": "conversation.item.added", "item": item},
        {"type": "response.audio_transcript.delta", "item_id": "item_old", "response_id": "r", "delta": "Good "},
        {"type": transcription + ".delta", **place, "delta": "What is "},
        {"type": transcription + ".completed", **place, "transcript": "What is the time?"},
        {
            "type": "response.audio_transcript.done",
            "item_id": "item_old",
            "response_id": "r",
            "transcript": "Good day.",
        },
        {"type": "response.done", "response": {"id": "r", "status": "completed", "output": []}},
    )
    tab.until("client.transcripts.length === 2 && client.transcripts.every(words => words.final)")
    words = tab.js("client.transcripts.map(({role, text}) => [role, text])")
    assert words == [["user", "What is the time?"], ["assistant", "Good day."]]
    assert "response.output_audio_transcript.delta" in tab.js("said('serverevent').map(event => event.type)")
    disconnect(tab, peer)


def test_an_answer_can_be_interrupted(open_tab, web, daemon, peer):
    peer.linger = True
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.js("() => client.sendText('Tell me a long story.')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: '")
    tab.js("() => client.interrupt()")
    tab.until("said('serverevent').some(event => event.type === 'response.done')")
    # The page may be notified of the end before the last of its own events has arrived.
    both = {"response.cancel", "output_audio_buffer.clear"}
    eventually(lambda: both <= set(call.types()), "the peer gets the events that stop the answer and the playback")
    assert tab.js("client.transcripts.at(-1).interrupted") is True
    disconnect(tab, peer)


def test_a_session_update_has_a_type_and_is_taken(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.js("() => client.updateSession({output_modalities: ['text']})")
    tab.until("said('serverevent').some(event => event.type === 'session.updated')")
    assert call.received[0]["session"] == {"type": "realtime", "output_modalities": ["text"]}
    tab.js("() => client.sendText('In writing, please.')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: In writing, please.'")
    disconnect(tab, peer)


def test_an_error_of_the_server_is_reported_and_ends_nothing(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    connect(tab, peer)
    tab.js("() => client.updateSession({voice: 'marin'})")
    tab.until("said('error').length === 1")
    assert tab.js("said('error')[0].code") == "session_error"
    assert tab.js("said('error')[0].serverCode") == "unknown_parameter"
    assert tab.js("client.state") == "connected"
    disconnect(tab, peer)


def test_a_tone_is_heard_by_the_peer_and_comes_back(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    call = connect(tab, peer)
    # On a busy machine sound has gaps, with which its frequency is another.
    near = pytest.approx(1000, rel=0.01)
    eventually(lambda: call.ear.frequency() == near, "the peer hears the tone of the microphone")
    tab.js("() => listen(client.peerConnection.getReceivers()[0].track)")
    tab.until("loudness() > 0.01 && Math.abs(tone().hertz - 1000) < 10")
    tab.js("() => hearing.stop()")
    disconnect(tab, peer)


def test_the_page_of_the_readme_leads_a_conversation(open_tab, daemon, peer):
    source = (ROOT / "README.md").read_text().split("```html\n")[1].split("```")[0]
    assert "//localhost:3001/" in source
    # A page of the daemon's origin: one that a route fulfils is a stranger's to Chromium, and may not reach loopback.
    tab = open_tab().go(f"http://localhost:{daemon.port}{HEALTH}")
    tab.page.set_content(source.replace("//localhost:3001/", f"//localhost:{daemon.port}/"))
    tab.page.get_by_role("button", name="Talk").click()
    expect(tab.page.get_by_role("status")).to_have_text("connected")
    eventually(lambda: peer.calls and peer.calls[-1].is_open, "the call is open at the peer")
    spoken = {"item_id": "item_spoken", "content_index": 0, "transcript": "What is the time?"}
    peer.calls[-1].say({"type": "conversation.item.input_audio_transcription.completed", **spoken})
    expect(tab.page.locator("#transcript")).to_have_text("user: What is the time?")
