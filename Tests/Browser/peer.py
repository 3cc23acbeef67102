"""A fake OpenAI for browsers: it mints client secrets, accepts SDP offers, and plays back what it receives."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from typing import Any

from aiohttp import web

from call import Call
from calls import Failure, Routes
from patience import PATIENCE

KEY = "sk-test-0123456789abcdef"


class Gate:
    """Lets requests pass, or holds them back until the test opens it."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.open_now = asyncio.Event()
        self.open_now.set()
        self.waiting = 0

    async def passed(self) -> None:
        self.waiting += 1
        try:
            await self.open_now.wait()
        finally:
            self.waiting -= 1

    def shut(self) -> None:
        self.loop.call_soon_threadsafe(self.open_now.clear)

    def open(self) -> None:
        self.loop.call_soon_threadsafe(self.open_now.set)


class Peer:
    """The server. Its state is written on its own loop; what a test sets, it sets between two requests."""

    def __init__(self, port: int = 0):
        self.port = port
        self.key = KEY
        #: The client secrets that were minted, each with its session.
        self.keys: dict[str, dict[str, Any]] = {}
        self.used: set[str] = set()
        self.late: set[str] = set()
        self.calls: list[Call] = []
        self.offers = 0
        self.mint_requests = 0
        self.refusals: list[tuple[int, str]] = []
        #: Each is the answer to one offer.
        self.failures: deque[Failure] = deque()
        #: Whether the keys minted from now on have expired when they are used.
        self.keys_are_late = False
        #: Whether responses stay unfinished until they are cancelled.
        self.linger = False
        #: Whether answers name no address from now on, so that no connection is made.
        self.unreachable = False
        self.loop = asyncio.new_event_loop()
        self.mint_gate = Gate(self.loop)
        self.calls_gate = Gate(self.loop)
        self.thread = threading.Thread(target=self.loop.run_forever, name="peer", daemon=True)
        self.runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> Peer:
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.listen(), self.loop).result(PATIENCE)
        return self

    async def listen(self) -> None:
        self.runner = web.AppRunner(Routes(self).application(), access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        async def end() -> None:
            self.mint_gate.open_now.set()
            self.calls_gate.open_now.set()
            await asyncio.gather(*(call.connection.close() for call in self.calls), return_exceptions=True)
            await self.runner.cleanup()
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    @property
    def open_calls(self) -> list[Call]:
        return [call for call in tuple(self.calls) if call.is_open]


async def _serve(port: int) -> None:
    peer = Peer(port)
    peer.loop = asyncio.get_running_loop()
    await peer.listen()
    print(peer.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
