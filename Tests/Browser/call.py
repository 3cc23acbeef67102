"""One WebRTC call at the peer: the sound and the events that it received, and the ways in which it can end."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from typing import Any, Callable

import aioice.ice
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from conversation import Conversation
from ear import Ear
from patience import PATIENCE

#: The peer stays on loopback: it offers no other address and uses no STUN server.
ADDRESSES = ["127.0.0.1"]
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ADDRESSES


class Call:
    """The peer's half of one call. Made, and driven, on the peer's loop; the test calls the methods without `_`."""

    def __init__(self, session: dict[str, Any], linger: bool = False, talk: Callable[..., Any] = Conversation):
        self.id = "rtc_" + secrets.token_hex(8)
        #: Makes what answers the events of the page.
        self.talk = talk
        self.session = session
        self.linger = linger
        self.loop = asyncio.get_running_loop()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel: RTCDataChannel | None = None
        self.conversation: Any = None
        self.ear: Ear | None = None
        self.received: list[dict[str, Any]] = []
        self.opened_at: float | None = None
        self.ended_at: float | None = None
        self.connection.on("track", self._on_track)
        self.connection.on("datachannel", self._on_channel)
        self.connection.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str) -> str:
        """Takes the offer and returns the answer, with a candidate on loopback in it."""
        await self.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return self.connection.localDescription.sdp

    def _on_track(self, track: Any) -> None:
        self.ear = Ear(track)
        self.connection.addTrack(self.ear)

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != "oai-events":
            logging.warning("the page opened a channel %r", channel.label)
            return
        self.channel = channel
        self.conversation = self.talk(self.session, self._send, self.linger)
        channel.on("message", self._on_message)
        channel.on("close", self._ended)
        self.opened_at = time.monotonic()
        self.conversation.begin()

    def _on_message(self, message: str) -> None:
        event = json.loads(message)
        self.received.append(event)
        self.conversation.receive(event)

    async def _on_state(self) -> None:
        if self.connection.connectionState in ("closed", "failed"):
            self._ended()

    def _ended(self) -> None:
        if self.ended_at is None:
            self.ended_at = time.monotonic()
            self.closing = asyncio.ensure_future(self.connection.close())

    def _send(self, event: dict[str, Any]) -> None:
        if self.channel.readyState == "open":
            self.channel.send(json.dumps(event))

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None and self.ended_at is None

    def types(self) -> list[str]:
        """The types of the events that the page has sent so far."""
        return [event["type"] for event in tuple(self.received)]

    def say(self, *events: dict[str, Any]) -> None:
        """Sends these events to the page."""
        for event in events:
            self.loop.call_soon_threadsafe(self._send, event)

    def hang_up(self) -> None:
        """Ends the call as a server does that has had enough."""
        asyncio.run_coroutine_threadsafe(self.connection.close(), self.loop).result(PATIENCE)

    def close_channel(self) -> None:
        """Closes only the data channel; the connection stays."""
        self.loop.call_soon_threadsafe(self.channel.close)

    def go_silent(self) -> None:
        """Sends and hears nothing any more, without a word, as a machine does that lost its power."""

        def cut() -> None:
            for transport in {receiver.transport.transport for receiver in self.connection.getReceivers()}:
                for component in transport._connection._protocols:
                    component.transport.abort()

        self.loop.call_soon_threadsafe(cut)
