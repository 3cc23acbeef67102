"""The stand-in for OpenAI with media: each call that a server creates has a real WebRTC peer."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Callable, Coroutine

import call
from fake_calls import Calls
from fake_connection import Upstream
from fake_creations import Call
from fake_openai import FakeOpenAI
from live_conversation import LiveConversation
from patience import PATIENCE


class MediaCalls(Calls):
    """The peers' half of calls. When a call is over, its peer says so, if it is one that does, and sends no more."""

    def __init__(self, owner: FakeOpenAI):
        super().__init__(owner)
        self.peers: dict[str, call.Call] = {}
        #: By the clock of the pages, in seconds: when a call was over.
        self.over: dict[str, float] = {}
        self.tasks: set[asyncio.Task] = set()

    def negotiate(self, upstream: Upstream, created: Call) -> None:
        self._start(self._negotiate(upstream, created))

    async def _negotiate(self, upstream: Upstream, created: Call) -> None:
        if created.kind == "realtime":
            peer = call.Call(created.session | {"id": "sess_" + created.id, "object": "realtime.session"})
        else:
            peer = call.Call(created.session, talk=self._live(created))
        peer.id = created.id
        sdp = await peer.answer(created.offer.decode())
        self.peers[created.id] = peer
        self.answer(upstream, created, sdp.encode())

    def _live(self, created: Call) -> Callable[..., LiveConversation]:
        return lambda session, send, _: LiveConversation(created.id, session, send, lambda: self.close(created))

    def finish(self, created: Call, reason: str = "close_requested") -> None:
        if created.ended is None:
            self.over[created.id] = time.time()
            self._start(self._hang_up_media(created))
        super().finish(created, reason)

    async def _hang_up_media(self, created: Call) -> None:
        peer = self.peers[created.id]
        if created.kind == "live" and peer.conversation is not None:
            peer.conversation.closed(created.ended, created.usage)
        await peer.connection.close()

    def end_by_itself(self, created: Call, reason: str = "expired") -> None:
        """The upstream ends the call, as it does after an hour or two, or when it has drained."""
        self.owner.loop.call_soon_threadsafe(self.finish, created, reason)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.owner.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def stop(self) -> None:
        """Closes what is left of the media."""

        async def end() -> None:
            await asyncio.gather(*(peer.connection.close() for peer in self.peers.values()), return_exceptions=True)
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.owner.loop).result(PATIENCE)
