"""The calls of the stand-in for OpenAI: both ways to create one, the hang-up, its own end, and the ways in which they
fail."""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Callable
from urllib.parse import parse_qsl, urlsplit

import faults
import openai_live_rules
import openai_rules
from fake_connection import Received, Upstream
from fake_openai import FakeOpenAI, Fault
from json_rules import by_type

ANSWER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 00:11\r\na=setup:active\r\n"
)
REALTIME_SESSION = by_type(realtime=openai_rules.REALTIME)
HANGUP = re.compile(r"/v1/(realtime/calls|live/sessions)/([A-Za-z0-9_-]+)/hangup")

#: The faults by name: those of a creation happen after the call exists, those of a hang-up before it ends.
CREATE_FAULTS: dict[str, Fault] = {
    "no-answer-after-create": faults.silence,
    "close-after-create": lambda upstream, _: upstream.transport.close(),
    "reset-after-create": faults.reset,
}
HANGUP_FAULTS: dict[str, Fault] = {
    "hangup-fails": faults.error(500, "server_error"),
    "not-found-without-code": faults.body(b"<html>404 Not Found</html>", 404, "text/html"),
}


@dataclass
class Call:
    """A call that was created."""

    kind: str
    key: str
    session: dict[str, Any]
    #: As it arrived.
    offer: bytes
    request: Received
    id: str = field(default="")
    created: float = field(default_factory=time.monotonic)
    ended: str | None = None

    def __post_init__(self) -> None:
        self.id = ("rtc_" if self.kind == "realtime" else "live_") + secrets.token_hex(12)


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


class Calls:
    """What a stand-in does with requests for calls. It passes all others on."""

    def __init__(self, owner: FakeOpenAI):
        self.owner = owner
        self.all: list[Call] = []
        #: When a call ends by itself, in seconds.
        self.life = {"realtime": 3600.0, "live": 7200.0}
        self.create_fault: Fault | None = None
        self.hangup_fault: Fault | None = None
        owner.fault = self

    def fail(self, name: str) -> None:
        """Makes every creation, or every hang-up, fail in that way from now on."""
        if name in CREATE_FAULTS:
            self.create_fault = CREATE_FAULTS[name]
        else:
            self.hangup_fault = HANGUP_FAULTS[name]

    def work(self) -> None:
        """Ends all faults."""
        self.create_fault = self.hangup_fault = None

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
        else:
            upstream.mint(received)

    def _key(self, received: Received) -> str:
        if received.method != "POST":
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
        elif call.kind == "realtime":
            location = f"/v1/realtime/calls/{call.id}"
            upstream.answer(201, ANSWER, {"Content-Type": "application/sdp", "Location": location})
        else:
            transport = {"type": "webrtc", "sdp": ANSWER.decode()}
            upstream.answer(201, {"session": {"id": call.id}, "transport": transport})

    def _hang_up(self, upstream: Upstream, received: Received, kind: str, name: str) -> None:
        key = self._key(received)
        if received.body:
            raise Refused(400, "unknown_parameter", "A hang-up has no body.")
        call = next((call for call in self.open if (call.kind, call.key, call.id) == (kind, key, name)), None)
        if call is None:
            code = "call_id_not_found" if kind == "realtime" else "session_id_not_found"
            raise Refused(404, code, f"No session found for '{name}'.")
        with self.owner.changed:
            call.ended = "close_requested"
            self.owner.changed.notify_all()
        upstream.answer(200, b"")


def realtime_call(key: str, received: Received) -> Call:
    """Judges POST /realtime/calls."""
    for name, value in parse_qsl(urlsplit(received.target).query, keep_blank_values=True):
        if name not in ("dcid", "model") or (name == "dcid" and not (value.isdecimal() and int(value) <= 65534)):
            raise Refused(400, "unknown_parameter", f"Unknown parameter: '{name}'.", name)
    parts = form_parts(received)
    if sorted(parts) != ["sdp", "session"]:
        raise Refused(400, "missing_required_parameter", "The form must have the fields sdp and session.")
    for name, kind in (("sdp", "application/sdp"), ("session", "application/json")):
        if parts[name][0] not in (kind, None):
            raise Refused(400, "unsupported_content_type", f"Unsupported content type of '{name}'.", name)
    judge_offer(parts["sdp"][1])
    session = parsed(parts["session"][1])
    judge(REALTIME_SESSION("session", session))
    return Call("realtime", key, session, parts["sdp"][1], received)


def live_call(key: str, received: Received) -> Call:
    """Judges POST /live/sessions."""
    if urlsplit(received.target).query:
        raise Refused(400, "unknown_parameter", "Unknown parameter in the query.")
    if received.all("Content-Type") != ["application/json"]:
        raise Refused(400, "unsupported_content_type", "Unsupported content type.")
    body = parsed(received.body)
    judge(openai_live_rules.LIVE_SESSIONS("", body))
    voice = body["session"].get("audio", {}).get("output", {}).get("voice")
    if voice in openai_live_rules.REFUSED_VOICES:
        raise Refused(403, "forbidden", "Voice session access denied")
    offer = body["transport"]["sdp"].encode()
    judge_offer(offer)
    return Call("live", key, body["session"], offer, received)


def form_parts(received: Received) -> dict[str, tuple[str | None, bytes]]:
    """Type and content of each part, by name, as Python's `email` reads them."""
    content_types = received.all("Content-Type")
    if len(content_types) != 1 or not content_types[0].startswith("multipart/form-data;"):
        raise Refused(400, "unsupported_content_type", "Unsupported content type.")
    head = f"Content-Type: {content_types[0]}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + received.body)
    if not form.is_multipart() or form.defects or form.preamble or form.epilogue:
        raise Refused(400, "invalid_form", "We could not parse the form.")
    parts: dict[str, tuple[str | None, bytes]] = {}
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        is_plain = part.get_content_disposition() == "form-data" and part.get_filename() is None
        if part.defects or not is_plain or not isinstance(name, str) or name in parts:
            raise Refused(400, "invalid_form", "We could not parse the form.")
        kind = part.get_content_type() if "content-type" in part else None
        parts[name] = (kind, part.get_payload(decode=True))
    return parts


def judge_offer(offer: bytes) -> None:
    """The broad shape of an offer; a trimmed one counts as cut off."""
    lines = offer.split(b"\r\n")
    media = [line.split(b" ")[0] for line in lines if line.startswith(b"m=")]
    is_whole = lines[0] == b"v=0" and lines[-1] == b""
    if not is_whole or media.count(b"m=audio") != 1 or not any(line.startswith(b"a=fingerprint:") for line in lines):
        raise Refused(400, "invalid_offer", "The SDP offer is not valid.", "sdp")


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Refused(400, "invalid_json", "We could not parse the JSON body of your request.") from None


def judge(problem: tuple[str, str, str] | None) -> None:
    if problem is not None:
        raise Refused(400, problem[0], problem[2], problem[1])
