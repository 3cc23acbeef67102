"""Many clients that request tokens and calls, renew and end them, leave, and send nonsense: by a seed, with every answer
counted. For the fault schedules and the soak."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter

import raw
from call_client import CALLS, OFFER
from daemon import ORIGIN, TOKEN

#: Statuses that a request may be answered with, whatever fails.
ALLOWED = {200, 201, 204, 400, 403, 404, 410, 429, 502, 503, 504}


class NoAnswer(Exception):
    """The connection ended without the one answer that each request has."""


class MixedLoad:
    """So many clients at a time against one daemon."""

    def __init__(
        self,
        port: int,
        seed: str,
        clients: int = 24,
        sessions: tuple[str, ...] = ("default", "live"),
        patience: float = 20.0,
        pause: float = 0.0,
    ):
        self.port = port
        self.random = random.Random(seed)
        self.clients = clients
        self.sessions = sessions
        self.patience = patience
        #: How long a client waits after a 503.
        self.pause = pause
        #: Answers by kind of request and status.
        self.answers: Counter[tuple[str, int]] = Counter()
        self.codes: Counter[str] = Counter()
        #: Requests for tokens and calls whose clients left without waiting for the answer.
        self.left = 0
        #: What went wrong: must stay empty, unless the daemon was killed.
        self.wrong: list[str] = []
        #: Connections that were refused.
        self.refused = 0
        #: The paths of calls that nobody has ended.
        self.open: list[str] = []
        self.values: set[str] = set()

    @property
    def requests(self) -> int:
        """Requests for tokens and calls that were answered."""
        return sum(count for (kind, _), count in self.answers.items() if kind in ("token", "call", "bad"))

    def count(self, kind: str, status: int) -> int:
        return self.answers[kind, status]

    async def run(self, requests: int) -> None:
        """Sends about that many requests for tokens and calls."""
        shares = [requests // self.clients + (number < requests % self.clients) for number in range(self.clients)]
        await asyncio.gather(*(self._client(share) for share in shares))

    async def _client(self, requests: int) -> None:
        for _ in range(requests):
            choice = self.random.random()
            try:
                if choice < 0.55:
                    await self._token()
                elif choice < 0.90:
                    await self._call()
                elif choice < 0.95:
                    await self._request("bad", "POST", TOKEN, b'{"session": 7}', {"Content-Type": "application/json"})
                else:
                    await self._leave()
            except ConnectionRefusedError:
                # Nobody listens: the daemon is being started again.
                self.refused += 1
                await asyncio.sleep(0.02)
            except (OSError, NoAnswer, asyncio.TimeoutError) as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
                # A dying daemon closes one socket after the other: a client that connects at once gets no answer again.
                await asyncio.sleep(0.02)

    async def _token(self) -> None:
        answer = await self._request("token", "POST", TOKEN)
        if answer.status == 200:
            value = answer.json()["value"]
            if value in self.values:
                self.wrong.append("a secret was given twice")
            self.values.add(value)

    async def _call(self) -> None:
        session = self.random.choice(self.sessions)
        answer = await self._request(
            "call", "POST", f"{CALLS}?session={session}", OFFER, {"Content-Type": "application/sdp"}
        )
        if answer.status == 429 and self.open:
            await self._request("end", "POST", f"{self.open.pop(0)}/end")
        if answer.status != 201:
            return
        path = answer.one("Location")
        choice = self.random.random()
        if choice < 0.3:
            await self._request("lease", "POST", f"{path}/lease")
        if choice < 0.8:
            await self._request("end", "POST", f"{path}/end")
        else:
            self.open.append(path)

    async def _leave(self) -> None:
        """Sends a request and goes, at once or a little later."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.left += 1
        writer.write(self._bytes("POST", TOKEN, b"", {}))
        await writer.drain()
        await asyncio.sleep(self.random.random() * 0.02)
        writer.close()

    @staticmethod
    def _bytes(method: str, path: str, body: bytes, fields: dict[str, str]) -> bytes:
        own = {"Origin": ORIGIN, "Content-Length": str(len(body)), "Connection": "close"}
        return raw.head(method, path, own | fields) + body

    async def _request(
        self, kind: str, method: str, path: str, body: bytes = b"", fields: dict[str, str] | None = None
    ) -> raw.Answer:
        """Exactly one answer, and the end of the connection after it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(self._bytes(method, path, body, fields or {}))
            data = await asyncio.wait_for(reader.read(-1), self.patience)
        finally:
            writer.close()
        answers, rest = raw.parse(data, closed=True)
        if len(answers) != 1 or rest:
            raise NoAnswer(f"{kind}: {len(answers)} answers, rest {rest[:100]!r}")
        (answer,) = answers
        self.answers[kind, answer.status] += 1
        if answer.status not in ALLOWED:
            self.wrong.append(f"{kind}: {answer.status} {answer.body[:200]!r}")
        if answer.status >= 400:
            self.codes[json.loads(answer.body)["code"]] += 1
        if answer.status == 503:
            await asyncio.sleep(self.pause)
        return answer
