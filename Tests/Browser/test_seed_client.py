"""The seed document's own client, unmodified but for its URLs, against the daemon."""

from __future__ import annotations

import json

from conftest import HERE
from daemon import TOKEN, eventually

TOKEN_LINE = 'fetch("/api/realtime/token", {'
CALLS_LINE = 'const baseUrl = "https://api.openai.com/v1/realtime/calls";'
STUN_LINE = 'urls: "stun:stun.l.google.com:19302"'


def seed_client(token_url: str, calls_url: str) -> str:
    """The class with three URLs replaced: its token route, OpenAI's calls, and a STUN server beyond this machine."""
    code = (HERE / "fixtures" / "seed-client.js").read_text()
    changes = {
        TOKEN_LINE: f"fetch({json.dumps(token_url)}, {{",
        CALLS_LINE: f"const baseUrl = {json.dumps(calls_url)};",
        STUN_LINE: 'urls: "stun:127.0.0.1:9"',
    }
    for line, replacement in changes.items():
        assert code.count(line) == 1
        code = code.replace(line, replacement)
    return code


def test_the_seeds_client_connects_through_client_secret(open_tab, web, daemon, peer):
    tab = open_tab().go(web.origin + "/blank.html")
    calls = f"{peer.base_url}/realtime/calls"
    code = seed_client(f"http://127.0.0.1:{daemon.port}{TOKEN}", calls)
    tab.js(f"() => {{ {code}; window.RealtimeWebRTCClient = RealtimeWebRTCClient; }}")
    tab.js("() => { window.client = new RealtimeWebRTCClient(); }")
    tab.run("connect", "client.connect()")
    tab.value("connect")
    tab.until("client.isConnected")
    tab.until("client.audioElement.srcObject !== null")
    eventually(lambda: len(peer.open_calls) == 1, "the peer has an open call")
    call = peer.calls[0]
    eventually(lambda: (call.ear.level() or 0) > 1000, "the peer hears the microphone", 5)
    tab.js("() => client.sendTextMessage('hello')")
    tab.until_said("Response completed")
    assert any("Session created: sess_" in line for line in tab.console)
    assert call.types() == ["conversation.item.create", "response.create"]
    tab.js("() => client.disconnect()")
    eventually(lambda: call.ended_at is not None, "the peer sees the end")
    assert peer.used == set(peer.keys) and len(peer.keys) == 1
