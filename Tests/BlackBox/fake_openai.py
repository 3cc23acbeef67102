"""A stand-in for OpenAI on a loopback port: strict about what it is sent, and able to fail in every way we know of."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Callable

import openai_rules

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


#: Does what it likes with the connection instead of minting.
Fault = Callable[["Upstream", Received], None]


class FakeOpenAI:
    """The server. Everything a test reads is written on the server's thread and only ever grows."""

    def __init__(self, key: str = "sk-test-0123456789abcdef", delay: float = 0.0, tls: ssl.SSLContext | None = None):
        self.keys = {key}
        self.key = key
        self.delay = delay
        self.tls = tls
        #: Makes the secret of a mint.
        self.secret: Callable[[], str] = lambda: "ek_" + secrets.token_hex(16)
        #: Stands for every request while it is set.
        self.fault: Fault | None = None
        #: Each takes one request, in order, before `fault` is asked.
        self.script: deque[Fault | None] = deque()
        self.requests: list[Received] = []
        self.refusals: list[dict] = []
        self.minted: list[str] = []
        self.connections = 0
        self.held = 0
        self.changed = threading.Condition()
        self.open_connections: set[Upstream] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="fake-openai", daemon=True)
        self.server: asyncio.Server | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    def start(self) -> FakeOpenAI:
        self.thread.start()
        self.listen()
        return self

    def listen(self) -> None:
        """Opens the port, the same one as before after `refuse`."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=4096)
        self.port = listener.getsockname()[1]
        serving = self.loop.create_server(lambda: Upstream(self), sock=listener, ssl=self.tls, backlog=4096)
        self.server = asyncio.run_coroutine_threadsafe(serving, self.loop).result(5)

    def refuse(self) -> None:
        """Closes the port and every connection, so that the next connect is refused."""

        async def close() -> None:
            self.server.close()
            for connection in list(self.open_connections):
                connection.transport.abort()

        asyncio.run_coroutine_threadsafe(close(), self.loop).result(5)

    def stop(self) -> None:
        self.refuse()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def wait_until_held(self, count: int, limit: float = 20.0) -> None:
        """Waits until that many requests are here at once, unanswered."""
        with self.changed:
            reached = self.changed.wait_for(lambda: self.held >= count, limit)
        assert reached, f"{self.held} of {count} requests reached the upstream"

    def wait_for_requests(self, count: int, limit: float = 20.0) -> None:
        with self.changed:
            reached = self.changed.wait_for(lambda: len(self.requests) >= count, limit)
        assert reached, f"{len(self.requests)} of {count} requests reached the upstream"


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
            self.owner.changed.notify_all()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (received := self._next()) is not None:
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
        own = {"Content-Type": "application/json", "x-request-id": "req_" + secrets.token_hex(8), "openai-version": "2020-10-01"}
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
