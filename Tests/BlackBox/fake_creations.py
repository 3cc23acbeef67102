"""The calls that the stand-in for OpenAI creates, and how it judges the requests that create them."""

from __future__ import annotations

import email.parser
import email.policy
import json
import math
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import openai_live_rules
import openai_rules
from fake_connection import Received
from json_rules import by_type

if TYPE_CHECKING:
    from fake_sideband import Sideband

REALTIME_SESSION = by_type(realtime=openai_rules.REALTIME)


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
    #: The reason, and the time on the monotonic clock.
    ended: str | None = None
    ended_at: float | None = None
    #: Those that are attached.
    sidebands: list[Sideband] = field(default_factory=list)
    is_draining: bool = False

    def __post_init__(self) -> None:
        self.id = ("rtc_" if self.kind == "realtime" else "live_") + secrets.token_hex(12)

    @property
    def usage(self) -> dict[str, int]:
        """What a Live session reports of its seconds."""
        return {"seconds": math.ceil((self.ended_at or time.monotonic()) - self.created)}


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


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
