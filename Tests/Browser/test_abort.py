"""One call however often `connect` is called, and an end in every phase."""

from __future__ import annotations

import pytest

from callpage import begin, connect, disconnect
from patience import eventually


def hold_microphone(tab, peer):
    tab.js("() => { ledger.microphone.held = true; }")
    yield lambda: tab.js("ledger.microphone.waiting") == 1
    tab.js("() => ledger.microphone.release()")


def hold_token(tab, peer):
    peer.mint_gate.shut()
    yield lambda: peer.mint_gate.waiting == 1
    peer.mint_gate.open()


def hold_answer(tab, peer):
    peer.calls_gate.shut()
    yield lambda: peer.calls_gate.waiting == 1
    peer.calls_gate.open()


def hold_opening(tab, peer):
    peer.unreachable = True
    yield lambda: tab.js("[...ledger.peers].some(peer => peer.remoteDescription !== null)")


PHASES = {"microphone": hold_microphone, "token": hold_token, "answer": hold_answer, "opening": hold_opening}
WAYS = {"signal": ("abort.abort()", "aborted"), "disconnect": ("client.disconnect()", "disconnected")}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("phase", PHASES)
def test_an_attempt_ends_in_every_phase(open_tab, web, daemon, peer, phase, way):
    action, reason = WAYS[way]
    tab = begin(open_tab(), web, daemon)
    tab.js("() => { window.abort = new AbortController(); }")
    held = PHASES[phase](tab, peer)
    reached = next(held)
    tab.run("connect", "client.connect({signal: abort.signal})")
    eventually(reached, f"the attempt is in the phase {phase}")
    tab.js(f"() => {action}")
    assert tab.error("connect")["code"] == "aborted"
    assert tab.js("[client.state, client.reason]") == ["closed", reason]
    next(held, None)
    tab.assert_nothing_is_left()
    assert tab.js("ledger.made.peers") == (0 if phase == "microphone" else tab.js("ledger.made.peers"))
    peer.unreachable = False
    tab.js("() => { ledger.microphone.held = false; }")
    connect(tab, peer)
    assert tab.js("ledger.live()")["peers"] == 1 and tab.js("ledger.live()")["tracks"] == 1
    disconnect(tab, peer)


def test_connecting_twice_is_one_call(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    tab.run("both", "Promise.all([client.connect(), client.connect()])")
    tab.value("both")
    tab.run("third", "client.connect()")
    tab.value("third")
    # The page's side of the channel opens first.
    eventually(lambda: peer.open_calls, "the call is open at the peer")
    assert (peer.mint_requests, peer.offers, len(peer.calls)) == (1, 1, 1)
    assert tab.js("ledger.made") == {"peers": 1, "tracks": 1}
    disconnect(tab, peer)


def test_a_signal_that_is_aborted_already_begins_nothing(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    tab.run("connect", "client.connect({signal: AbortSignal.abort()})")
    assert tab.error("connect")["code"] == "aborted"
    assert tab.js("ledger.constraints") == [] and peer.mint_requests == 0
    tab.assert_nothing_is_left()


def test_a_signal_means_nothing_once_connected(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    tab.js("() => { window.abort = new AbortController(); }")
    tab.run("connect", "client.connect({signal: abort.signal})")
    tab.value("connect")
    tab.js("() => abort.abort()")
    assert tab.js("client.state") == "connected"
    disconnect(tab, peer)


def test_a_call_connects_again_after_its_end_with_a_new_token(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    for _ in range(3):
        connect(tab, peer)
        disconnect(tab, peer)
    assert len(peer.used) == 3
