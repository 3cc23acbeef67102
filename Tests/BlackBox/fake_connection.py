"""One connection of the stand-in for OpenAI: reads requests, checks them against the rules, answers."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openai_rules

if TYPE_CHECKING:
    from fake_openai import FakeOpenAI

ROUTES = {
    "/v1/realtime/client_secrets": openai_rules.CLIENT_SECRETS,
    "/v1/realtime/translations/client_secrets": openai_rules.TRANSLATIONS,
}


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    target: str
    fields: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def json(self) -> dict:
        return json.loads(self.body)


class Upstream(asyncio.Protocol):
    """One connection of the stand-in. Requests on it are answered one after the other."""

    def __init__(self, owner: FakeOpenAI):
        self.owner = owner
        self.buffer = b""
        self.holding = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.owner.connections += 1
        self.owner.open_connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.owner.open_connections.discard(self)
        self._hold(-self.holding)

    def _hold(self, change: int) -> None:
        with self.owner.changed:
            self.holding += change
            self.owner.held += change
            self.owner.most_held = max(self.owner.most_held, self.owner.held)
            self.owner.changed.notify_all()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (received := self._next()) is not None:
            # Who waits for a request sees it when it has been handled.
            with self.owner.changed:
                self.owner.requests.append(received)
                self._hold(+1)
                fault = self.owner.script.popleft() if self.owner.script else self.owner.fault
                if fault is not None:
                    fault(self, received)
                elif self.owner.delay:
                    self.owner.loop.call_later(self.owner.delay, self.mint, received)
                else:
                    self.mint(received)

    def _next(self) -> Received | None:
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        lines = head.decode("latin-1").split("\r\n")
        fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        length = next((int(value) for name, value in fields if name.lower() == "content-length"), 0)
        if len(rest) < length:
            return None
        self.buffer = rest[length:]
        method, target, _ = lines[0].split(" ")
        return Received(method, target, fields, rest[:length])

    def mint(self, received: Received) -> None:
        """Answers as OpenAI does: a secret for a request that keeps every rule, or the first rule it breaks."""
        refusal = self._judge(received)
        if refusal is not None:
            self.owner.refusals.append(refusal[1])
            self.answer(refusal[0], {"error": refusal[1]})
            return
        value = self.owner.secret()
        self.owner.minted.append(value)
        body = received.json()
        seconds = body.get("expires_after", {}).get("seconds", 600)
        session = {"id": "sess_" + secrets.token_hex(8), "object": "realtime.session", **body["session"]}
        self.answer(200, {"value": value, "expires_at": int(time.time()) + seconds, "session": session})

    def _judge(self, received: Received) -> tuple[int, dict] | None:
        def error(status: int, code: str, message: str, param: str | None = None) -> tuple[int, dict]:
            return status, {"message": message, "type": "invalid_request_error", "param": param, "code": code}

        rules = ROUTES.get(received.target)
        if rules is None:
            return error(404, "unknown_url", f"Invalid URL ({received.method} {received.target})")
        if received.method != "POST":
            return error(405, "method_not_supported", "Not allowed to " + received.method)
        if received.all("Authorization") not in [[f"Bearer {key}"] for key in self.owner.keys]:
            return error(401, "invalid_api_key", "Incorrect API key provided.")
        if received.all("OpenAI-Beta"):
            return error(400, "beta_api_shape_disabled", "The Realtime Beta API is no longer supported.")
        if received.all("Content-Type") != ["application/json"]:
            return error(400, "unsupported_content_type", "Unsupported content type.")
        try:
            body = received.json()
        except ValueError:
            return error(400, "invalid_json", "We could not parse the JSON body of your request.")
        problem = rules("", body)
        return error(400, problem[0], problem[2], problem[1]) if problem else None

    def answer(self, status: int, body: dict | bytes, fields: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = {
            "Content-Type": "application/json",
            "x-request-id": "req_" + secrets.token_hex(8),
            "openai-version": "2020-10-01",
        }
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (own | (fields or {})).items()]
        self.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        self._hold(-1)

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def reset(self) -> None:
        """Ends the connection with RST."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.transport.abort()
