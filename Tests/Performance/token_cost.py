"""What a token costs the daemon in time of a processor, with a stand-in for OpenAI in another process."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "BlackBox")]

from conftest import settings_for  # noqa: E402
from crowd import token_request  # noqa: E402
from daemon import SESSION, Daemon, write_sessions  # noqa: E402
from fake_openai import FakeOpenAI  # noqa: E402

END = b"\r\n\r\n"


async def client(port: int, count: int) -> None:
    """Asks for so many tokens on one connection, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        writer.write(token_request())
        head = await reader.readuntil(END)
        assert head.startswith(b"HTTP/1.1 200"), head
        (length,) = [line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        await reader.readexactly(int(length))
    writer.close()


async def crowd(port: int, clients: int, tokens: int) -> None:
    await asyncio.gather(*[client(port, tokens) for _ in range(clients)])


def processor_seconds(pid: int) -> float:
    """Of all threads, in the daemon and in the kernel on its behalf."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(clients: int, tokens: int, rounds: int) -> list[float]:
    """Microseconds a token, for each round."""
    upstream = FakeOpenAI(key="sk-performance-0123456789").start()
    with tempfile.TemporaryDirectory() as folder:
        sessions = write_sessions(Path(folder) / "sessions", default=SESSION)
        daemon = Daemon(Path(folder), settings_for(upstream, sessions, OPS_PORT="off", LOOPS="1")).start()
        try:
            asyncio.run(crowd(daemon.port, clients, 5))
            costs = []
            for _ in range(rounds):
                before = processor_seconds(daemon.process.pid)
                asyncio.run(crowd(daemon.port, clients, tokens))
                costs.append((processor_seconds(daemon.process.pid) - before) / (clients * tokens) * 1e6)
            return costs
        finally:
            daemon.stop()
            upstream.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=100, help="of each client, in a round")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    costs = measure(chosen.clients, chosen.tokens, chosen.rounds)
    figures = {"clients": chosen.clients, "median_us": round(statistics.median(costs), 1)}
    print(json.dumps(figures | {"rounds_us": [round(cost, 1) for cost in costs]}))


if __name__ == "__main__":
    main()
