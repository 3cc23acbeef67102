"""A page that creates calls at the daemon, and what the usage log says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import raw
from daemon import ORIGIN, SESSION, Daemon, write_sessions
from fake_calls import Calls

OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=Grüße\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    "a=fingerprint:sha-256 78:66\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
).encode()
CALLS = "/api/realtime/calls"
LIVE = {"session": {"type": "live", "model": "gpt-live-1", "instructions": "Be brief."}}


def session(base: dict = SESSION, **access: Any) -> dict:
    return base | {"access": access}


def serve(start, calls: Calls, folder: Path, files: dict | None = None, **settings: str) -> Daemon:
    """A daemon with these sessions, which writes its usage log to a file."""
    write_sessions(folder / "sessions", **(files or {"default": SESSION, "live": LIVE}))
    settings = {"USAGE_LOG": str(folder / "usage.log"), "MAX_CALLS_CLIENT": "1000"} | settings
    return start(calls.owner, folder / "sessions", **settings)


def create(
    daemon: Daemon, session: str = "default", offer: bytes = OFFER, origin: str | None = ORIGIN, **fields: str
) -> raw.Answer:
    own = {"Content-Type": "application/sdp"} | ({"Origin": origin} if origin else {})
    return daemon.request("POST", f"{CALLS}?session={session}", own | fields, offer)


def location(answer: raw.Answer) -> str:
    assert answer.status == 201, answer.body
    return answer.one("Location")


def lease(daemon: Daemon, path: str, origin: str = ORIGIN, **fields: str) -> raw.Answer:
    return daemon.request("POST", f"{path}/lease", {"Origin": origin} | fields)


def lines(folder: Path) -> list[dict]:
    # Without a line that is just being written.
    complete = (folder / "usage.log").read_text().rpartition("\n")[0]
    return [json.loads(line) for line in complete.splitlines()]


def ended(folder: Path) -> list[dict]:
    return [line for line in lines(folder) if line.get("event.name") == "call.ended"]


def raw_digest(key: str) -> str:
    import hashlib

    return hashlib.sha256(key.encode()).hexdigest()
