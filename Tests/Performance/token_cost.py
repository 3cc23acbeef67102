"""What a token, and the creation of a call, cost the daemon in time of a processor. OpenAI is played in another
process."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "BlackBox")]

from conftest import settings_for  # noqa: E402
import raw  # noqa: E402
from crowd import token_request  # noqa: E402
from daemon import ORIGIN, SESSION, Daemon, write_sessions  # noqa: E402
from fake_calls import ANSWER  # noqa: E402
from fake_connection import Received, Upstream  # noqa: E402
from fake_openai import FakeOpenAI  # noqa: E402

END = b"\r\n\r\n"
#: What Chromium offers for a microphone and a data channel.
OFFER = Path(__file__).with_name("offer.sdp").read_bytes()
FIELDS = {"Origin": ORIGIN, "Content-Type": "application/sdp", "Content-Length": str(len(OFFER))}
REQUESTS = {"token": token_request(), "call": raw.head("POST", "/api/realtime/calls", FIELDS) + OFFER}


def answer(upstream: Upstream, received: Received) -> None:
    """Mints, or answers as if it had created a call. To judge the request takes so long that the daemon would do one
    thing at a time for a call, and many for a token."""
    if received.target.endswith("/calls"):
        location = "/v1/realtime/calls/rtc_0123456789abcdef01234567"
        upstream.answer(201, ANSWER, {"Content-Type": "application/sdp", "Location": location})
    else:
        upstream.mint(received)


async def client(port: int, request: bytes, count: int) -> None:
    """Sends so many requests on one connection, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        writer.write(request)
        head = await reader.readuntil(END)
        assert head.startswith(b"HTTP/1.1 20"), head
        (length,) = [line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        await reader.readexactly(int(length))
    writer.close()


async def crowd(port: int, request: bytes, clients: int, count: int) -> None:
    await asyncio.gather(*[client(port, request, count) for _ in range(clients)])


def processor_seconds(pid: int) -> float:
    """Of all threads, in the daemon and in the kernel on its behalf."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def measure(kinds: list[str], clients: int, count: int, rounds: int) -> dict[str, list[float]]:
    """Microseconds a request of each kind, for each round; the kinds take turns."""
    upstream = FakeOpenAI(key="sk-performance-0123456789").start()
    upstream.fault = answer
    with tempfile.TemporaryDirectory() as folder:
        # Calls without a lease stay open, and with a log in a file when the daemon ends.
        session = SESSION | {"access": {"call": {"lease_seconds": 0}}}
        sessions = write_sessions(Path(folder) / "sessions", default=session)
        settings = {"OPS_PORT": "off", "LOOPS": "1", "USAGE_LOG": str(Path(folder) / "usage.log")}
        settings |= {"MAX_CALLS": "100000", "MAX_CALLS_CLIENT": "100000"}
        daemon = Daemon(Path(folder), settings_for(upstream, sessions, **settings)).start()
        try:
            for kind in kinds:
                asyncio.run(crowd(daemon.port, REQUESTS[kind], clients, 5))
            costs: dict[str, list[float]] = {kind: [] for kind in kinds}
            for _ in range(rounds):
                for kind in kinds:
                    before = processor_seconds(daemon.process.pid)
                    asyncio.run(crowd(daemon.port, REQUESTS[kind], clients, count))
                    taken = processor_seconds(daemon.process.pid) - before
                    costs[kind].append(taken / (clients * count) * 1e6)
            return costs
        finally:
            daemon.stop()
            upstream.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=100, help="of each client, in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", action="store_true", help="create as many calls in each round, and compare")
    chosen = parser.parse_args()
    kinds = list(REQUESTS) if chosen.calls else ["token"]
    costs = measure(kinds, chosen.clients, chosen.tokens, chosen.rounds)
    figures: dict[str, object] = {"clients": chosen.clients}
    for kind, rounds in costs.items():
        figures[f"{kind}_us"] = round(statistics.median(rounds), 1)
        figures[f"{kind}_rounds_us"] = [round(cost, 1) for cost in rounds]
    if chosen.calls:
        ratios = [call / token for call, token in zip(costs["call"], costs["token"], strict=True)]
        figures["call_by_token"] = round(statistics.median(ratios), 2)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
