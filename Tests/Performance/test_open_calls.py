"""10,000 open calls: what they keep in memory, and that they cost nothing while nothing happens."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Iterator

import pytest

import raw
import token_cost
from conftest import settings_for
from crowd import ask_all, tally
from daemon import ORIGIN, SESSION, Daemon, eventually, write_sessions
from fake_connection import Received, Upstream
from fake_openai import FakeOpenAI
from instructions import CALLS, OFFER

COUNT = 10_000
MEGABYTES = 12
#: So many requests at once, before and after the calls.
CROWD = 100
#: How long nothing happens, in seconds.
QUIET = 10
#: A lease that is not over while the test runs; it has a due time like any other.
LONG = {"access": {"call": {"max_seconds": 3600, "lease_seconds": 300}}}


def answer(upstream: Upstream, received: Received) -> None:
    """Creates and ends calls without a judgement, which would take most of the time."""
    if received.target.endswith("/hangup"):
        upstream.answer(200, b"")
    else:
        token_cost.answer(upstream, received)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    upstream = FakeOpenAI().start()
    upstream.fault = answer
    sessions = write_sessions(tmp_path / "sessions", default=SESSION | LONG)
    most = {name: "20000" for name in ("MAX_CALLS", "MAX_CALLS_CLIENT")}
    settings = {"LOOPS": "1", "USAGE_LOG": str(tmp_path / "usage.log")} | most
    running = Daemon(tmp_path / "daemon", settings_for(upstream, sessions, **settings)).start()
    yield running
    assert running.stop() == 0
    upstream.stop()


def ask(daemon: Daemon, requests: list[bytes]) -> list[raw.Answer]:
    """The answers, `CROWD` at a time."""
    replies = []
    for first in range(0, len(requests), CROWD):
        replies += asyncio.run(ask_all(daemon.port, requests[first : first + CROWD]))
    assert {status // 100 for status in tally(replies)} == {2}, tally(replies)
    return [reply.answers[0] for reply in replies]


def create(daemon: Daemon, count: int) -> list[str]:
    fields = {"Origin": ORIGIN, "Content-Type": "application/sdp", "Content-Length": str(len(OFFER))}
    answers = ask(daemon, [raw.head("POST", CALLS, fields) + OFFER] * count)
    return [answer.one("Location") for answer in answers]


def renew(daemon: Daemon, paths: list[str]) -> None:
    ask(daemon, [raw.head("POST", path + "/lease", {"Origin": ORIGIN, "Content-Length": "0"}) for path in paths])


def allocated(daemon: Daemon) -> float:
    """Megabytes of memory that is the process's own."""
    text = Path(f"/proc/{daemon.process.pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Anonymous:")) / 1024


def activity(daemon: Daemon) -> tuple[int, float]:
    """How often a thread of it was woken and how many seconds of CPU it used, while nothing happens."""

    def now() -> tuple[int, int]:
        tasks = list(Path(f"/proc/{daemon.process.pid}/task").iterdir())
        status = "".join((task / "status").read_text() for task in tasks)
        switches = sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)
        return switches, sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)

    before = now()
    time.sleep(QUIET)
    after = now()
    return after[0] - before[0], (after[1] - before[1]) / 1e9


def test_10000_open_calls_take_12_megabytes_and_no_time(daemon, tmp_path):
    log = tmp_path / "usage.log"
    # What as many requests at once take is not the calls'.
    for path in create(daemon, 3 * CROWD):
        daemon.request("DELETE", path)
    eventually(lambda: log.read_bytes().count(b"\n") == 6 * CROWD, "all of them are written")
    before = allocated(daemon)
    idle = activity(daemon)
    paths = create(daemon, COUNT)
    opened = allocated(daemon)
    written = log.stat().st_size
    for _ in range(2):
        renew(daemon, paths)
    renewed = allocated(daemon)
    busy = activity(daemon)
    print(f"{before:.1f} MB, opened {opened:.1f}, renewed {renewed:.1f}; {idle} without calls, {busy} with them")
    assert log.stat().st_size == written
    assert max(opened, renewed) - before <= MEGABYTES
    assert busy[0] <= idle[0] + 2 and busy[1] <= idle[1] + 0.01
    # All of them are open.
    renew(daemon, paths)
