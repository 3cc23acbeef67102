"""Calls in Firefox: connect, talk, mute, switch the microphone, measure, reconnect, and end."""

from __future__ import annotations

import socket
from typing import Callable, Iterator

import pytest

import call
from bidi import Firefox
from callpage import PLAIN, begin, connect, disconnect
from ear import SILENCE
from firefoxtab import FirefoxTab
from patience import eventually


#: Whether sound is received.
HEARS = """async () => {
  const reports = [...(await client.peerConnection.getStats()).values()];
  return reports.find(({type}) => type === "inbound-rtp")?.audioLevel > 0.01;
}"""


@pytest.fixture(scope="session")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    running = Firefox(tmp_path_factory.mktemp("firefox") / "profile")
    yield running
    running.close()


def own_address() -> str:
    """The address of this machine on its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]


@pytest.fixture(autouse=True)
def peer_on_the_interface(monkeypatch) -> None:
    """Firefox pairs its address with none on loopback. What this machine sends to itself does not leave it."""
    monkeypatch.setattr(call, "ADDRESSES", [own_address()])


@pytest.fixture
def open_firefox(firefox) -> Iterator[Callable[[], FirefoxTab]]:
    """Opens pages; at the end no script may have failed unseen."""
    tabs: list[FirefoxTab] = []

    def begin_tab() -> FirefoxTab:
        tabs.append(FirefoxTab(firefox))
        return tabs[-1]

    yield begin_tab
    errors = [error for tab in tabs for error in tab.errors]
    for tab in tabs:
        tab.close()
    assert errors == []


def hears_tone(there: call.Call) -> None:
    eventually(lambda: (there.ear.level() or 0) > 100 * SILENCE, "the peer hears the tone")


def test_a_call_is_heard_on_both_sides_and_has_transcripts(open_firefox, web, daemon, peer):
    tab = begin(open_firefox(), web, daemon, audio=PLAIN)
    there = connect(tab, peer)
    hears_tone(there)
    tab.js("() => client.sendText('How deep is it?')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: How deep is it?' && client.transcripts.at(-1).final")
    # Without a sound card Firefox runs no audio context, so the connection is asked what it plays.
    tab.until(HEARS)
    disconnect(tab, peer)


def test_the_microphone_is_muted_and_changed_without_renegotiation(open_firefox, web, daemon, peer):
    tab = begin(open_firefox(), web, daemon, audio=PLAIN)
    there = connect(tab, peer)
    hears_tone(there)
    tab.js("() => client.mute()")
    eventually(lambda: there.ear.level() is not None and there.ear.level() < SILENCE, "the peer hears silence")
    tab.run("switch", "client.devices().then(({microphones}) => client.setMicrophone(microphones.at(-1).deviceId))")
    tab.value("switch")
    assert tab.js("[ledger.made.tracks, ledger.live().tracks, ledger.made.peers]") == [2, 1, 1]
    frames = len(there.ear.heard)
    eventually(lambda: len(there.ear.heard) >= min(frames + 25, 250), "the peer goes on hearing")
    assert there.ear.level() < SILENCE
    tab.js("() => client.unmute()")
    hears_tone(there)
    assert peer.offers == 1
    disconnect(tab, peer)


def test_measurements_arrive_and_a_lost_connection_is_replaced(open_firefox, web, daemon, peer):
    tab = begin(open_firefox(), web, daemon, audio=PLAIN)
    connect(tab, peer)
    tab.js("() => client.on('stats', (stats) => { window.stats = stats; })")
    tab.js("() => client.sendText('My name is Ann.')")
    tab.until("window.stats?.sentBitrate > 0 && stats.receivedBitrate > 0 && stats.quality === 'good'")
    assert tab.js("Number.isFinite(stats.jitter) && Number.isFinite(stats.loss)")
    tab.js("() => ledger.pretend('failed')")
    eventually(lambda: len(peer.calls) == 2 and len(peer.calls[-1].types()) == 2, "the session is restored")
    tab.until("client.state === 'connected'")
    hears_tone(peer.calls[-1])
    assert tab.js("[ledger.live().peers, ledger.made.tracks]") == [1, 1]
    peer.calls[-1].hang_up()
    tab.until("client.state === 'closed' && client.reason === 'hangup'")
    tab.assert_nothing_is_left()


@pytest.mark.slow
def test_silence_is_noticed_and_the_call_continues_with_another_peer(open_firefox, web, daemon, peer):
    tab = begin(open_firefox(), web, daemon, timeouts={"grace": 500})
    there = connect(tab, peer)
    there.go_silent()
    tab.until("states().includes('reconnecting') && client.state === 'connected'", 40)
    assert tab.js("states().slice(2)") == ["connected", "unstable", "reconnecting", "connected"]
    disconnect(tab, peer)
