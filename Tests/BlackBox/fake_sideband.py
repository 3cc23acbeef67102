"""The sideband of a Live session at the stand-in for OpenAI: a strict WebSocket server (RFC 6455) that carries audio
all the time, takes `session.close`, and says `session.closed` when the session is over."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import struct
from typing import TYPE_CHECKING, Any

from fake_connection import Received, Upstream

if TYPE_CHECKING:
    from fake_calls import Calls
    from fake_creations import Call

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
#: So much audio every so many seconds, each way: some 64 KB a second in base64.
AUDIO = base64.b64encode(bytes(4_800)).decode()
AUDIO_PAUSE = 0.1


class Violation(Exception):
    """The client broke the protocol."""


class Frames:
    """The frames of a client, while they arrive. Every message must be in one frame."""

    def __init__(self) -> None:
        self.buffer = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The opcodes and payloads of the frames that are complete."""
        self.buffer += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> tuple[int, bytes] | None:
        if len(self.buffer) < 2:
            return None
        first, second = self.buffer[:2]
        opcode, count, start = first & 15, second & 127, 2
        if not first & 128 or first & 112 or opcode not in (TEXT, BINARY, CLOSE, PING, PONG):
            raise Violation(f"first byte {first:#x}")
        if not second & 128:
            raise Violation("a frame that is not masked")
        if count > 125:
            if opcode >= CLOSE:
                raise Violation("a long control frame")
            size = 2 if count == 126 else 8
            if len(self.buffer) < 2 + size:
                return None
            count, start = int.from_bytes(self.buffer[2 : 2 + size], "big"), 2 + size
            if count < (126 if size == 2 else 65_536):
                raise Violation("a length that could be shorter")
        if len(self.buffer) < start + 4 + count:
            return None
        mask, payload = self.buffer[start : start + 4], self.buffer[start + 4 : start + 4 + count]
        self.buffer = self.buffer[start + 4 + count :]
        return opcode, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def frame(opcode: int, payload: bytes) -> bytes:
    """A frame of the server."""
    count = len(payload)
    if count < 126:
        head = bytes([count])
    else:
        head = struct.pack(">BH", 126, count) if count < 65_536 else struct.pack(">BQ", 127, count)
    return bytes([128 | opcode]) + head + payload


def accept(key: str) -> str:
    """The value of `Sec-WebSocket-Accept`."""
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()


def upgrade_key(received: Received) -> str | None:
    """The key of a request that opens a WebSocket without extensions; None for any other request."""

    def is_key(text: str) -> bool:
        try:
            return len(base64.b64decode(text, validate=True)) == 16
        except ValueError:
            return False

    keys = received.all("Sec-WebSocket-Key")
    connection = [token.strip().lower() for value in received.all("Connection") for token in value.split(",")]
    is_right = (
        [value.lower() for value in received.all("Upgrade")] == ["websocket"]
        and "upgrade" in connection
        and received.all("Sec-WebSocket-Version") == ["13"]
        and not received.all("Sec-WebSocket-Extensions")
        and not received.body
    )
    return keys[0] if is_right and len(keys) == 1 and is_key(keys[0]) else None


class Sideband(asyncio.Protocol):
    """One attached sideband. It takes the connection over from the HTTP server."""

    def __init__(self, upstream: Upstream, call: Call, calls: Calls):
        self.upstream = upstream
        self.transport = upstream.transport
        self.call = call
        self.calls = calls
        self.frames = Frames()
        #: The events of the client, in order.
        self.received: list[dict[str, Any]] = []
        self.is_over = False

    def start(self, key: str) -> None:
        self.call.sidebands.append(self)
        self.transport.set_protocol(self)
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept(key)}\r\n\r\n".encode()
        )
        self._carry_audio()
        rest, self.upstream.buffer = self.upstream.buffer, b""
        if rest:
            self.data_received(rest)

    def send(self, kind: str, **members: Any) -> None:
        if not self.is_over:
            event = {"type": kind, "event_id": "event_" + secrets.token_hex(8)} | members
            self.transport.write(frame(TEXT, json.dumps(event).encode()))

    def closed(self) -> None:
        """The session is over."""
        self.send(
            "session.closed",
            reason=self.call.ended,
            session=self.call.session | {"id": self.call.id, "status": "closed"},
            usage=self.call.usage,
        )
        self._leave(1000)

    def data_received(self, data: bytes) -> None:
        try:
            for opcode, payload in self.frames.feed(data):
                self._take(opcode, payload)
        except Violation as violation:
            self.calls.owner.refusals.append({"code": "websocket", "message": str(violation)})
            self._leave(1002)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_over = True
        if self in self.call.sidebands:
            self.call.sidebands.remove(self)
        self.upstream.connection_lost(error)

    def _carry_audio(self) -> None:
        if self.is_over:
            return
        self.send("session.input_audio.append", audio=AUDIO)
        self.send("session.output_audio.delta", delta=AUDIO)
        self.calls.owner.loop.call_later(AUDIO_PAUSE, self._carry_audio)

    def _take(self, opcode: int, payload: bytes) -> None:
        if self.is_over:
            return
        if opcode == CLOSE:
            self._leave(int.from_bytes(payload[:2], "big") if payload else 1000)
        elif opcode == PING:
            self.transport.write(frame(PONG, payload))
        elif opcode == TEXT:
            self._act(payload)
        elif opcode == BINARY:
            raise Violation("a binary message")

    def _act(self, payload: bytes) -> None:
        try:
            event = json.loads(payload)
        except ValueError:
            raise Violation("a message that is not JSON") from None
        self.received.append(event)
        if event.get("type") == "session.close" and event.keys() <= {"type", "event_id"}:
            self.calls.close(self.call)
        else:
            self.send("error", error={"type": "invalid_request_error", "code": "unknown_parameter", "message": "No."})

    def _leave(self, code: int) -> None:
        if not self.is_over:
            self.is_over = True
            self.transport.write(frame(CLOSE, code.to_bytes(2, "big")))
            self.transport.close()
