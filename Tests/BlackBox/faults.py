"""The ways in which an upstream fails, each a function that handles one request by doing it to the connection."""

from __future__ import annotations

import json

from fake_connection import Received, Upstream
from fake_openai import Fault

#: Stands in every failing answer; the client must never read it.
UPSTREAM_TEXT = "upstream-words-that-stay-inside"


def error(status: int, code: str, fields: dict[str, str] | None = None, kind: str = "invalid_request_error") -> Fault:
    """A complete error answer in OpenAI's shape."""
    body = {"error": {"message": f"{UPSTREAM_TEXT}: {code}", "type": kind, "param": None, "code": code}}
    return lambda upstream, _: upstream.answer(status, body, fields)


def reset(upstream: Upstream, _: Received) -> None:
    upstream.reset()


def reset_in_body(upstream: Upstream, _: Received) -> None:
    upstream.write(
        b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{"value": "ek_half'
    )
    upstream.owner.loop.call_later(0.05, upstream.reset)


def close_in_body(upstream: Upstream, _: Received) -> None:
    upstream.write(
        b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{"value": "ek_half'
    )
    upstream.transport.close()


def silence(upstream: Upstream, _: Received) -> None:
    """Never answers."""


def late(seconds: float) -> Fault:
    """Mints, but later."""
    return lambda upstream, received: upstream.owner.loop.call_later(seconds, upstream.mint, received)


def garbage(upstream: Upstream, _: Received) -> None:
    upstream.write(bytes(range(256)) * 4)
    upstream.transport.close()


def body(data: bytes, status: int = 200, content_type: str = "application/json") -> Fault:
    """A complete answer with a body that is not what OpenAI sends."""
    return lambda upstream, _: upstream.answer(status, data, {"Content-Type": content_type})


def huge(upstream: Upstream, _: Received) -> None:
    """A valid answer of 5 MB."""
    filler = "x" * 5_000_000
    upstream.answer(
        200, {"value": "ek_huge", "expires_at": 4_000_000_000, "session": {"id": "sess_1", "instructions": filler}}
    )


def slow_head(upstream: Upstream, _: Received) -> None:
    """A header byte now and then, for ever."""
    upstream.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(upstream)


def slow_body(upstream: Upstream, _: Received) -> None:
    upstream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nContent-Type: application/json\r\n\r\n")
    _drip(upstream)


def _drip(upstream: Upstream) -> None:
    if upstream.transport.is_closing():
        return
    upstream.write(b"a")
    upstream.owner.loop.call_later(0.1, _drip, upstream)


def redirect(location: str) -> Fault:
    return lambda upstream, _: upstream.answer(307, {}, {"Location": location})


def shape(**changes: object) -> Fault:
    """A 200 with members of the answer changed, or left out when the change is `...`."""
    answer = {
        "value": "ek_shape",
        "expires_at": 4_000_000_000,
        "session": {"id": "sess_1", "type": "realtime", "model": "m"},
    }
    answer = {name: value for name, value in (answer | changes).items() if value is not ...}
    return body(json.dumps(answer).encode())
