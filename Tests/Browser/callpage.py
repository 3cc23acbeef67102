"""The page of one call: a client made with options, and the steps that many tests share."""

from __future__ import annotations

from typing import Any

from call import Call
from daemon import TOKEN, Daemon
from patience import PATIENCE, eventually
from peer import Peer
from tab import Tab
from web import Web

#: An unprocessed microphone: noise suppression removes a steady tone as noise, and echo cancellation as an echo.
PLAIN = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}


def token_url(daemon: Daemon) -> str:
    return f"http://127.0.0.1:{daemon.port}{TOKEN}"


def calls_url(daemon: Daemon) -> str:
    return f"http://127.0.0.1:{daemon.port}/api/realtime/calls"


def begin(tab: Tab, web: Web, daemon: Daemon, origin: str | None = None, code: str = "{}", **options: Any) -> Tab:
    """Opens the page and makes its client; `code` holds the options that JSON cannot say."""
    tab.go((origin or web.origin) + "/call.html")
    tab.until("window.ready")
    tab.js(f"options => begin({{...options, ...{code}}})", {"token": token_url(daemon)} | options)
    return tab


def connect(tab: Tab, peer: Peer, limit: float = PATIENCE) -> Call:
    """Connects, waits until both sides are open, and returns the peer's side."""
    before = len(peer.calls)
    tab.run("connect", "client.connect()")
    tab.value("connect", limit)
    eventually(lambda: len(peer.calls) > before and peer.calls[-1].is_open, "the call is open at the peer")
    tab.until("client.state === 'connected'")
    return peer.calls[-1]


def disconnect(tab: Tab, peer: Peer) -> None:
    """Hangs up, and looks that nothing is left on either side."""
    tab.js("() => client.disconnect()")
    assert tab.js("[client.state, client.reason]") == ["closed", "disconnected"]
    tab.assert_nothing_is_left()
    eventually(lambda: not peer.open_calls, "the peer has seen the end")
