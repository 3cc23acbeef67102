"""Microphones, mute and volume, measured where the sound arrives."""

from __future__ import annotations

import pytest

from callpage import PLAIN, begin, connect, disconnect
from ear import SILENCE
from patience import eventually


def hears_tone(call) -> None:
    eventually(lambda: (call.ear.level() or 0) > 100 * SILENCE, "the peer hears the tone")


def hears_silence(call) -> None:
    eventually(lambda: call.ear.level() is not None and call.ear.level() < SILENCE, "the peer hears silence")


def test_mute_is_silence_at_the_peer_and_unmute_is_not(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    call = connect(tab, peer)
    hears_tone(call)
    tab.js("() => client.mute()")
    assert tab.js("client.muted") is True
    hears_silence(call)
    tab.js("() => client.unmute()")
    hears_tone(call)
    assert tab.js("said('mute')") == [{"muted": True}, {"muted": False}]
    disconnect(tab, peer)


def test_a_call_can_begin_muted(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, muted=True, audio=PLAIN)
    call = connect(tab, peer)
    hears_silence(call)
    assert max(heard.level for heard in call.ear.since(0)) < SILENCE
    disconnect(tab, peer)


def test_the_microphone_changes_without_renegotiation_and_stays_muted(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    call = connect(tab, peer)
    hears_tone(call)
    tab.js("() => client.mute()")
    hears_silence(call)
    tab.run("devices", "client.devices()")
    microphones = tab.value("devices")["microphones"]
    assert len(microphones) > 1 and all(microphone["label"] for microphone in microphones)
    tab.run("switch", f"client.setMicrophone({microphones[-1]['deviceId']!r})")
    tab.value("switch")
    assert tab.js("ledger.live().tracks") == 1
    frames = len(call.ear.heard)
    eventually(lambda: len(call.ear.heard) >= min(frames + 25, 250), "the peer goes on hearing")
    hears_silence(call)
    assert peer.offers == 1 and tab.js("ledger.made.peers") == 1
    tab.js("() => client.unmute()")
    hears_tone(call)
    disconnect(tab, peer)


def test_a_microphone_that_does_not_exist_leaves_the_old_one(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    call = connect(tab, peer)
    tab.run("switch", "client.setMicrophone('none of these')")
    assert tab.error("switch")["code"] == "microphone_missing"
    hears_tone(call)
    assert tab.js("ledger.live().tracks") == 1
    disconnect(tab, peer)


def test_another_microphone_takes_over_when_one_vanishes(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    call = connect(tab, peer)
    hears_tone(call)
    tab.js("() => ledger.unplug()")
    tab.until("said('devices').some(detail => detail.lost)")
    frames = len(call.ear.heard)
    eventually(lambda: len(call.ear.heard) >= min(frames + 25, 250), "the peer goes on hearing")
    hears_tone(call)
    assert tab.js("client.state") == "connected" and tab.js("ledger.live().tracks") == 1
    disconnect(tab, peer)


def test_a_call_goes_on_without_a_microphone_when_the_last_one_has_ended(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    connect(tab, peer)
    tab.js("() => { ledger.microphone.refusal = 'NotFoundError'; ledger.unplug(); }")
    tab.until("said('error').some(error => error.code === 'microphone_ended')")
    assert tab.js("client.state") == "connected" and tab.js("ledger.live().tracks") == 0
    tab.js("() => client.sendText('Can you read me?')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: Can you read me?'")
    disconnect(tab, peer)


def test_a_call_without_a_microphone_requests_none(open_tab, web, daemon, peer):
    tab = begin(open_tab("missing"), web, daemon, microphone=False)
    connect(tab, peer)
    assert tab.js("ledger.constraints") == []
    tab.js("() => client.sendText('In writing only.')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: In writing only.'")
    disconnect(tab, peer)


def test_the_volume_is_that_of_what_the_element_plays(open_tab, web, daemon, peer):
    """At 1 the element is given the server's stream; below, one that is quieter by that factor."""
    tab = begin(open_tab(), web, daemon, audio=PLAIN, code="{element: document.body.appendChild(new Audio())}")
    call = connect(tab, peer)
    hears_tone(call)
    tab.js("() => listen(client.peerConnection.getReceivers()[0].track)")
    tab.js("() => { window.received = hearing; }")
    tab.until("loudness(received.analyser) > 0.01")
    element = "document.querySelector('audio')"
    tab.js("() => { client.volume = 0.5; }")
    # The part for volumes is loaded when the first one is set.
    tab.until(f"{element}.srcObject.getAudioTracks()[0] !== client.peerConnection.getReceivers()[0].track")
    for volume in (0.5, 0.1, 0, 1):
        tab.js(f"() => {{ client.volume = {volume}; listen({element}.srcObject.getAudioTracks()[0]); }}")
        ratio = f"loudness() / loudness(received.analyser) / {element}.volume"
        near = f"Math.abs(ratio - {volume}) < 0.1 * {volume} + 0.005"
        tab.until(f"(ratio => {near} && !{element}.paused && !{element}.muted)({ratio})")
        tab.js("() => hearing.stop()")
    tab.js("() => received.stop()")
    disconnect(tab, peer)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, "'loud'", "NaN"])
def test_a_volume_beyond_its_range_is_refused(open_tab, web, daemon, wrong):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    tab.run("volume", f"client.volume = {wrong}")
    assert tab.error("volume")["name"] == "RangeError"
    assert tab.js("client.volume") == 1


def test_blocked_playback_is_told_and_starts_on_demand(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    tab.js("""() => {
      const {play} = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("a click is missing", "NotAllowedError"));
      window.unblock = () => { HTMLMediaElement.prototype.play = play; };
    }""")
    connect(tab, peer)
    tab.until("client.playbackBlocked")
    tab.js("() => unblock()")
    tab.run("start", "client.startAudio()")
    tab.value("start")
    assert tab.js("client.playbackBlocked") is False
    assert tab.js("said('playback')") == [{"blocked": True}, {"blocked": False}]
    disconnect(tab, peer)


def test_levels_follow_what_is_said_and_heard(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, audio=PLAIN)
    connect(tab, peer)
    tab.until("(({input, output}) => input > 0.01 && output > 0.01)(client.levels())")
    tab.js("() => client.mute()")
    tab.until("client.levels().input < 0.001")
    disconnect(tab, peer)
