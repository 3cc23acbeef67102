"""The upstream is down for a while under a steady load: who is refused, how soon, and how it comes back."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from dataclasses import dataclass

import pytest

import raw
from crowd import token_request

#: Requests a second, and for how many seconds the upstream is down (10 before a release).
RATE = 200
DOWN = float(os.environ.get("BLACKBOX_OUTAGE", "5"))
#: The pause between two probes.
PAUSE = 2.0


@dataclass
class Answered:
    sent: float
    at: float
    status: int
    code: str


async def ask(port: int) -> Answered:
    sent = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(token_request({"Connection": "close"}))
    data = await asyncio.wait_for(reader.read(-1), 15)
    writer.close()
    (answer,), rest = raw.parse(data, closed=True)
    assert not rest
    code = answer.json()["code"] if answer.status != 200 else ""
    return Answered(sent, time.monotonic(), answer.status, code)


async def steadily(port: int, until: asyncio.Event) -> list[Answered]:
    tasks, begun = [], time.monotonic()
    while not until.is_set():
        due = begun + len(tasks) / RATE
        await asyncio.sleep(max(0, due - time.monotonic()))
        tasks.append(asyncio.create_task(ask(port)))
    return await asyncio.gather(*tasks)


@pytest.mark.slow
def test_an_outage_is_answered_at_once_and_is_over_at_once(start, upstream, sessions):
    daemon = start(upstream, sessions)
    #: When a request arrived during the outage, and its id.
    arrived: list[tuple[float, str]] = []

    def down(connection, received) -> None:
        arrived.append((time.monotonic(), received.all("X-Client-Request-Id")[0]))
        connection.reset()

    async def outage() -> tuple[list[Answered], float, float, int]:
        until = asyncio.Event()
        load = asyncio.create_task(steadily(daemon.port, until))
        await asyncio.sleep(0.5)
        upstream.fault, began = down, time.monotonic()
        await asyncio.sleep(DOWN)
        upstream.fault, ended, count = None, time.monotonic(), len(upstream.requests)
        minted = len(upstream.minted)
        while len(upstream.minted) == minted and time.monotonic() < ended + 10:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        until.set()
        return await load, began, ended, count

    answers, began, ended, count = asyncio.run(outage())
    counts = Counter((answer.status, answer.code) for answer in answers)
    assert set(counts) == {(200, ""), (502, "upstream_error"), (503, "upstream_unavailable")}, counts
    assert len(answers) > RATE * (DOWN + 1) / 4, "the machine is too busy for the load"
    daemon.usage(len(answers))
    # The circuit breaker is open within a second or, on a busy machine, two, and from then on a refusal costs nothing.
    first = min(answer.at for answer in answers if answer.code == "upstream_unavailable")
    assert first - began < 2
    refused = sorted(answer.at - answer.sent for answer in answers if answer.code == "upstream_unavailable")
    assert refused[len(refused) // 2] < 0.5
    # One probe at a time: all attempts of one request, then a pause.
    probes = [(at, name) for at, name in arrived if at > first + 1]
    starts = [at for index, (at, name) in enumerate(probes) if name not in {other for _, other in probes[:index]}]
    assert 1 <= len(starts) <= DOWN / PAUSE + 1
    assert all(later - earlier >= PAUSE - 0.5 for earlier, later in zip(starts, starts[1:]))
    names = [name for _, name in probes]
    assert names == sorted(names, key=names.index), "two probes overlapped"
    # It is back within a pause, without a herd.
    back = min(answer.at for answer in answers if answer.status == 200 and answer.sent > ended - 1)
    assert back - ended < PAUSE + 2
    late = [answer for answer in answers if answer.sent > back + 0.1]
    assert late and all(answer.status == 200 for answer in late), Counter(answer.code for answer in late)
    served = [answer for answer in answers if answer.status == 200 and answer.at > ended]
    # Those that were refused are not sent now; the last probe may have had its three attempts.
    assert len(upstream.requests) - count <= len(served) + 3
