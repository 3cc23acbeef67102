"""A TCP proxy that hurts connections by a seed: between the daemon and its upstream, or between the daemon and Redis."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter

#: What a connection may suffer, each once, in the direction of the answers or of the requests.
KINDS = ("reset", "close", "half-close", "partial", "stall", "slow")


class FaultProxy:
    """Listens on a port of its own for as long as its loop runs. With `rate` 0 it only passes bytes on."""

    def __init__(self, seed: str, target: int, rate: float = 0.0, stall: float = 0.5):
        self.random = random.Random(seed)
        self.target = target
        #: The probability that a connection is hurt after some chunk of an answer.
        self.rate = rate
        #: How long a stalled connection says nothing before it is reset.
        self.stall = stall
        #: Another port that some connections are passed on to: a server with a wrong certificate.
        self.stray: int | None = None
        #: Whether connections are refused.
        self.is_down = False
        self.hurt: Counter[str] = Counter()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task] = set()

    async def start(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            _reset(writer)
        finally:
            self._tasks.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            return _reset(writer)
        port = self.target
        if self.stray is not None and self.random.random() < self.rate:
            self.hurt["stray"] += 1
            port = self.stray
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            directions = [
                asyncio.create_task(self._copy(reader, server_writer, writer)),
                asyncio.create_task(self._copy(server_reader, writer, server_writer)),
            ]
            try:
                await asyncio.gather(*directions)
            finally:
                for direction in directions:
                    direction.cancel()
        finally:
            server_writer.close()
            writer.close()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, other: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65_536):
            # Answers overtake each other, because each chunk has a latency of its own.
            if self.rate and self.random.random() < 0.5:
                await asyncio.sleep(self.random.random() * 0.02)
            if self.random.random() < self.rate / 2:
                kind = self.random.choice(KINDS)
                self.hurt[kind] += 1
                if await self._hurt(kind, data, writer, other):
                    return
            else:
                writer.write(data)
            await writer.drain()
        if writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()

    async def _hurt(
        self, kind: str, data: bytes, writer: asyncio.StreamWriter, other: asyncio.StreamWriter
    ) -> bool:
        """Whether the connection is over."""
        cut = self.random.randrange(len(data)) if data else 0
        if kind == "slow":
            for place in range(0, len(data), max(1, len(data) // 8)):
                writer.write(data[place : place + max(1, len(data) // 8)])
                await asyncio.sleep(0.005)
            return False
        if kind == "half-close":
            # What was sent so far arrives, then the end of this direction only.
            if writer.can_write_eof():
                writer.write_eof()
            await asyncio.sleep(self.stall)
        elif kind == "stall":
            await asyncio.sleep(self.stall)
        elif kind in ("partial", "close"):
            writer.write(data[:cut] if kind == "partial" else b"")
            await writer.drain()
            writer.close()
            other.close()
            return True
        raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection with RST."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        try:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()
