"""A stand-in for OpenAI on a loopback port: strict about what it receives, and able to fail in every known way."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import threading
from collections import deque
from typing import Callable

from fake_connection import Received, Upstream

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
        #: Each handles one request, in order, before `fault` is used.
        self.script: deque[Fault | None] = deque()
        self.requests: list[Received] = []
        self.refusals: list[dict] = []
        self.minted: list[str] = []
        self.connections = 0
        self.held = 0
        #: The most that were held at once.
        self.most_held = 0
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
