"""The calls of the stand-in for OpenAI: both ways to create one, the hang-up, the sideband of Live, its own end, and
the ways in which they fail."""

from __future__ import annotations

import re
import time
from typing import Callable
from urllib.parse import urlsplit

import faults
from fake_connection import Received, Upstream
from fake_creations import Call, Refused, live_call, realtime_call
from fake_openai import FakeOpenAI, Fault
from fake_sideband import Sideband, upgrade_key

ANSWER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 00:11\r\na=setup:active\r\n"
)
HANGUP = re.compile(r"/v1/(realtime/calls|live/sessions)/([A-Za-z0-9_-]+)/hangup")
ATTACH = re.compile(r"/v1/live/sessions/([A-Za-z0-9_-]+)/attach")
NOT_FOUND_WITHOUT_CODE = faults.body(b"<html>404 Not Found</html>", 404, "text/html")

#: The faults by name: those of a creation happen after the call exists, those of a hang-up or a sideband before it
#: ends. With `not-connected` a call exists and its id is not known yet, as before the media are connected. A further one
#: is `drains`: a Live session ends `drain_time` seconds after it was asked to.
CREATE_FAULTS: dict[str, Fault] = {
    "no-answer-after-create": faults.silence,
    "close-after-create": lambda upstream, _: upstream.transport.close(),
    "reset-after-create": faults.reset,
}
HANGUP_FAULTS: dict[str, Fault] = {
    "hangup-fails": faults.error(500, "server_error"),
    "not-found-without-code": NOT_FOUND_WITHOUT_CODE,
    "not-connected": faults.error(404, "call_id_not_found"),
}
SIDEBAND_FAULTS: dict[str, Fault] = {
    "sideband-fails": faults.error(500, "server_error"),
    "sideband-closes": lambda upstream, _: upstream.transport.close(),
    "not-found-without-code": NOT_FOUND_WITHOUT_CODE,
}


class Calls:
    """What a stand-in does with requests for calls. It passes all others on."""

    def __init__(self, owner: FakeOpenAI):
        self.owner = owner
        self.all: list[Call] = []
        #: When a call ends by itself, in seconds.
        self.life = {"realtime": 3600.0, "live": 7200.0}
        self.create_fault: Fault | None = None
        self.hangup_fault: Fault | None = None
        self.sideband_fault: Fault | None = None
        self.drains = False
        #: How long a session drains with that fault, in seconds.
        self.drain_time = 10.0
        owner.fault = self

    def fail(self, name: str) -> None:
        """Makes every request that the fault is about fail in that way from now on, besides the faults before."""
        if name not in CREATE_FAULTS | HANGUP_FAULTS | SIDEBAND_FAULTS | {"drains": None}:
            raise KeyError(name)
        self.create_fault = CREATE_FAULTS.get(name, self.create_fault)
        self.hangup_fault = HANGUP_FAULTS.get(name, self.hangup_fault)
        self.sideband_fault = SIDEBAND_FAULTS.get(name, self.sideband_fault)
        self.drains = self.drains or name == "drains"

    def work(self) -> None:
        """Ends all faults."""
        self.create_fault = self.hangup_fault = self.sideband_fault = None
        self.drains = False

    @property
    def open(self) -> list[Call]:
        for call in self.all:
            if call.ended is None and time.monotonic() >= call.created + self.life[call.kind]:
                call.ended = "expired"
        return [call for call in self.all if call.ended is None]

    def wait_until(self, reached: Callable[[Calls], bool], limit: float = 20.0) -> None:
        with self.owner.changed:
            is_reached = self.owner.changed.wait_for(lambda: reached(self), limit)
        assert is_reached, f"{len(self.all)} calls were created, {len(self.open)} of them are open"

    def __call__(self, upstream: Upstream, received: Received) -> None:
        try:
            self._route(upstream, received)
        except Refused as refused:
            self.owner.refusals.append(refused.body["error"])
            upstream.answer(refused.status, refused.body)

    def _route(self, upstream: Upstream, received: Received) -> None:
        path = urlsplit(received.target).path
        if path == "/v1/realtime/calls":
            self._created(upstream, realtime_call(self._key(received), received))
        elif path == "/v1/live/sessions":
            self._created(upstream, live_call(self._key(received), received))
        elif match := HANGUP.fullmatch(received.target):
            if self.hangup_fault is None:
                self._hang_up(upstream, received, "realtime" if match[1] == "realtime/calls" else "live", match[2])
            else:
                self.hangup_fault(upstream, received)
        elif match := ATTACH.fullmatch(received.target):
            if self.sideband_fault is None:
                self._attach(upstream, received, match[1])
            else:
                self.sideband_fault(upstream, received)
        else:
            upstream.mint(received)

    def _key(self, received: Received, method: str = "POST") -> str:
        if received.method != method:
            raise Refused(405, "method_not_supported", "Not allowed to " + received.method)
        key = next((key for key in self.owner.keys if received.all("Authorization") == [f"Bearer {key}"]), None)
        if key is None:
            raise Refused(401, "invalid_api_key", "Incorrect API key provided.")
        if received.all("OpenAI-Beta"):
            raise Refused(400, "beta_api_shape_disabled", "The Realtime Beta API is no longer supported.")
        return key

    def _created(self, upstream: Upstream, call: Call) -> None:
        with self.owner.changed:
            self.all.append(call)
            self.owner.changed.notify_all()
        if self.create_fault is not None:
            self.create_fault(upstream, call.request)
        else:
            self.negotiate(upstream, call)

    def negotiate(self, upstream: Upstream, call: Call) -> None:
        """Answers the offer of a call. A stand-in with media does it with an answer of its own."""
        self.answer(upstream, call, ANSWER)

    def answer(self, upstream: Upstream, call: Call, sdp: bytes) -> None:
        if call.kind == "realtime":
            location = f"/v1/realtime/calls/{call.id}"
            upstream.answer(201, sdp, {"Content-Type": "application/sdp", "Location": location})
        else:
            transport = {"type": "webrtc", "sdp": sdp.decode()}
            upstream.answer(201, {"session": {"id": call.id}, "transport": transport})

    def _hang_up(self, upstream: Upstream, received: Received, kind: str, name: str) -> None:
        key = self._key(received)
        if received.body:
            raise Refused(400, "unknown_parameter", "A hang-up has no body.")
        call = self._find(kind, key, name)
        self.close(call)
        upstream.answer(200, b"")

    def _attach(self, upstream: Upstream, received: Received, name: str) -> None:
        key = self._key(received, "GET")
        call = self._find("live", key, name)
        upgrade = upgrade_key(received)
        if upgrade is None:
            raise Refused(426, "upgrade_required", "This is the address of a WebSocket.")
        Sideband(upstream, call, self).start(upgrade)

    def _find(self, kind: str, key: str, name: str) -> Call:
        """The open call; to another key it does not exist."""
        call = next((call for call in self.open if (call.kind, call.key, call.id) == (kind, key, name)), None)
        if call is None:
            code = "call_id_not_found" if kind == "realtime" else "session_id_not_found"
            raise Refused(404, code, f"No session found for '{name}'.")
        return call

    def close(self, call: Call) -> None:
        """Ends a call as asked, at once or when it has drained. On the server's thread."""
        if call.kind == "live" and self.drains:
            if not call.is_draining:
                call.is_draining = True
                self.owner.loop.call_later(self.drain_time, self.finish, call)
        else:
            self.finish(call)

    def finish(self, call: Call, reason: str = "close_requested") -> None:
        """The call is over, and its sidebands hear of it. On the server's thread."""
        with self.owner.changed:
            if call.ended is None:
                call.ended, call.ended_at = reason, time.monotonic()
            self.owner.changed.notify_all()
        for sideband in list(call.sidebands):
            sideband.closed()
