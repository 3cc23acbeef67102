"""Many connections at once, on one thread."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import raw
from daemon import ORIGIN, TOKEN


def token_request(fields: dict[str, str] | None = None) -> bytes:
    return raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0", **(fields or {})})


@dataclass
class Reply:
    answers: list[raw.Answer] = field(default_factory=list)
    error: str | None = None
    seconds: float = 0.0

    @property
    def status(self) -> int | None:
        return self.answers[0].status if self.answers else None


class _Client(asyncio.Protocol):
    def __init__(self, request: bytes):
        self.request, self.data, self.reply = request, b"", Reply()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.begun = time.monotonic()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.reply.answers, _ = raw.parse(self.data)
        if self.reply.answers:
            self.finish(None)

    def connection_lost(self, error: Exception | None) -> None:
        self.finish(f"closed without an answer: {error or self.data[:100]}")

    def finish(self, error: str | None) -> None:
        if not self.done.done():
            self.reply.error, self.reply.seconds = error, time.monotonic() - self.begun
            self.done.set_result(None)
            self.transport.close()


async def ask_all(port: int, requests: list[bytes], limit: float = 30.0) -> list[Reply]:
    """Sends every request over a connection of its own, all at once."""
    loop = asyncio.get_running_loop()

    async def ask(request: bytes) -> Reply:
        try:
            _, client = await loop.create_connection(lambda: _Client(request), "127.0.0.1", port)
            await asyncio.wait_for(client.done, limit)
            return client.reply
        except (OSError, asyncio.TimeoutError) as error:
            return Reply(error=f"{type(error).__name__}: {error}")

    return list(await asyncio.gather(*map(ask, requests)))


def tally(replies: list[Reply]) -> dict[int | str | None, int]:
    """How often each status, or each error, came."""
    counts: dict[int | str | None, int] = {}
    for reply in replies:
        key = reply.error or reply.status
        counts[key] = counts.get(key, 0) + 1
    return counts
