"""The seed document's own client, unmodified but for its URLs, against the daemon with the seed's own sessions."""

from __future__ import annotations

import json

import pytest

from callpage import token_url
from calls import Failure
from conftest import HERE
from patience import eventually

CLIENT = (HERE / "fixtures" / "seed-client.js").read_text()
SESSIONS = {
    "Express": HERE.parent / "BlackBox" / "fixtures" / "legacy.json",
    "Flask": HERE / "fixtures" / "seed-flask-session.json",
}


def load(tab, web, daemon, peer) -> None:
    """Defines the class, with three URLs replaced: its token route, OpenAI's, and a STUN server on the internet."""
    changes = {
        '"/api/realtime/token"': json.dumps(token_url(daemon)),
        '"https://api.openai.com/v1/realtime/calls"': json.dumps(f"{peer.base_url}/realtime/calls"),
        '"stun:stun.l.google.com:19302"': '"stun:127.0.0.1:9"',
    }
    code = CLIENT
    for url, replacement in changes.items():
        assert code.count(url) == 1
        code = code.replace(url, replacement)
    tab.go(web.origin + "/blank.html")
    tab.js(f"() => {{ {code}; window.client = new RealtimeWebRTCClient(); }}")


@pytest.mark.parametrize("server", SESSIONS)
def test_the_seeds_client_connects_through_client_secret(open_tab, web, start, peer, server):
    tab = open_tab()
    load(tab, web, start(peer.base_url, SESSIONS[server].read_bytes()), peer)
    tab.run("connect", "client.connect()")
    tab.value("connect")
    tab.until("client.isConnected")
    tab.until("client.audioElement.srcObject !== null")
    eventually(lambda: len(peer.open_calls) == 1, "the peer has an open call")
    call = peer.calls[0]
    eventually(lambda: (call.ear.level() or 0) > 1000, "the peer hears the microphone")
    tab.js("() => client.sendTextMessage('hello')")
    tab.until_said("Response completed")
    assert any("Session created: sess_" in line for line in tab.console)
    assert call.types() == ["conversation.item.create", "response.create"]
    tab.js("() => client.disconnect()")
    eventually(lambda: call.ended_at is not None, "the peer sees the end")
    assert peer.used == set(peer.keys) and len(peer.keys) == 1


def test_the_ledger_sees_what_the_seeds_client_leaves_behind(open_tab, web, daemon, peer):
    """Or else the tests that find nothing left would prove nothing."""
    tab = open_tab()
    load(tab, web, daemon, peer)
    for count in (1, 2):
        peer.failures.append(Failure(500))
        tab.run("connect", "client.connect()")
        assert tab.error("connect")["message"] == "SDP exchange failed: 500"
        left = tab.js("ledger.live()")
        assert (left["tracks"], left["peers"]) == (count, count)
