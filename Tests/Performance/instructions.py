"""Instructions in user space that the daemon executes for one request, by route, counted by valgrind's callgrind.

The figure is the difference between 612 and 100 requests on one kept connection, divided by 512. It leaves memset out,
because callgrind counts each byte that memset clears, and a processor clears 32 at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "BlackBox")]

from joserfc import jwt  # noqa: E402
from joserfc.jwk import OctKey  # noqa: E402

import raw  # noqa: E402
from collector import Collector  # noqa: E402
from conftest import settings_for  # noqa: E402
from daemon import HEALTH, ORIGIN, SESSION, TOKEN, Daemon, write_sessions  # noqa: E402
from fake_calls import Calls  # noqa: E402
from fake_connection import Received, Upstream  # noqa: E402
from fake_creations import Call  # noqa: E402
from fake_openai import FakeOpenAI  # noqa: E402
from program import binary, run  # noqa: E402

#: The figures of this commit, which test_instructions.py compares with.
TABLE = Path(__file__).with_name("instructions.json")
MANY, FEW = 612, 100
#: Seconds that the client waits before each request, and the upstream twice as long before each answer, so that the
#: daemon's loop always finds one thing to do. What comes together costs fewer turns, and moves a count by 3 %.
PAUSE = 0.002
END = b"\r\n\r\n"
SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef"
CALLS = "/api/realtime/calls"
#: What Chromium offers for a microphone and a data channel.
OFFER = Path(__file__).with_name("offer.sdp").read_bytes()


@dataclass
class Case:
    """One kind of request, the status that answers it, and the settings that it needs."""

    name: str
    request: bytes
    status: int
    settings: dict[str, str] = field(default_factory=dict)


class LateCalls(Calls):
    """Creates calls and answers as late as the mint does."""

    def negotiate(self, upstream: Upstream, call: Call) -> None:
        self.owner.loop.call_later(self.owner.delay, super().negotiate, upstream, call)

    def __call__(self, upstream: Upstream, received: Received) -> None:
        if "/calls" in received.target:
            super().__call__(upstream, received)
        else:
            self.owner.loop.call_later(self.owner.delay, upstream.mint, received)


def post(fields: dict[str, str]) -> bytes:
    return raw.head("POST", TOKEN, {"Content-Length": "0"} | fields)


def cases(directory: Path) -> list[Case]:
    callers = directory / "callers"
    key = run("key", "--name", "ann", "--append", str(callers), directory=directory).stdout.strip()
    secret = directory / "secret"
    secret.write_text(SECRET + "\n")
    for file in (callers, secret):
        file.chmod(0o600)
    claims = {"sub": "ann", "exp": int(time.time()) + 3600}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
    page = {"Origin": ORIGIN}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    bearer = {"AUTH": "bearer", "AUTH_KEYS_FILE": str(callers)}
    limits = {"LIMIT_CLIENT": "1000000/s", "LIMIT_ALL": "1000000/s"}
    offer = {"Content-Type": "application/sdp", "Content-Length": str(len(OFFER))}
    calls = {"MAX_CALLS": "1000", "MAX_CALLS_CLIENT": "1000"}
    return [
        Case("health", raw.head("GET", HEALTH), 200),
        Case("preflight", raw.head("OPTIONS", TOKEN, page | asked), 204),
        Case("401", post(page | {"Authorization": "Bearer eph_wrong"}), 401, bearer),
        Case("403", post({"Origin": "https://stranger.example"}), 403),
        Case("429", post(page), 429, {"LIMIT_CLIENT": "1/h", "LIMIT_ALL": "off"}),
        Case("token", post(page), 200, limits),
        Case("token, bearer", post(page | {"Authorization": f"Bearer {key}"}), 200, bearer | limits),
        Case(
            "token, HS256",
            post(page | {"Authorization": f"Bearer {token}"}),
            200,
            {"AUTH": "jwt", "JWT_KEYS": str(secret)} | limits,
        ),
        Case("call", raw.head("POST", CALLS, page | offer) + OFFER, 201, limits | calls),
    ]


def exchange(connection: socket.socket, request: bytes) -> int:
    """Sends one request, reads the whole answer, and returns its status."""
    connection.sendall(request)
    data = b""
    while END not in data:
        data += connection.recv(65536)
    head, body = data.split(END, 1)
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0:
        missing -= len(connection.recv(65536))
    return int(head.split()[1])


def count(case: Case, requests: int, directory: Path) -> int:
    """Instructions of a whole run with so many requests, without memset."""
    profile = directory / "callgrind"
    upstream = FakeOpenAI(key="sk-performance-0123456789", delay=2 * PAUSE).start()
    LateCalls(upstream)
    # With a lease, calls would end while the others are created.
    sessions = write_sessions(directory / "sessions", default=SESSION | {"access": {"call": {"lease_seconds": 0}}})
    settings = {"OPS_PORT": "off", "LOOPS": "1", "USAGE_LOG": str(directory / "usage.log")}
    # Otherwise the seed of Swift's hash tables, which is random, moves a count by 1 %.
    settings["SWIFT_DETERMINISTIC_HASHING"] = "1"
    # callgrind counts each byte of a copy by "rep movsb", which the C library takes for long ones.
    settings["GLIBC_TUNABLES"] = "glibc.cpu.x86_rep_movsb_threshold=1073741824"
    daemon = Daemon(directory / "daemon", settings_for(upstream, sessions, **(settings | case.settings)))
    daemon.wrapper = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}"]
    try:
        daemon.start(120)
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=60) as connection:
            exchange(connection, case.request)
            for _ in range(requests):
                time.sleep(PAUSE)
                status = exchange(connection, case.request)
                assert status == case.status, f"{case.name}: {status}"
    finally:
        daemon.stop(120)
        upstream.stop()
    return instructions(profile)


def instructions(profile: Path) -> int:
    """The sum of the functions' own costs, all but those named memset."""
    names: dict[str, str] = {}
    total = 0
    is_counted = True
    is_call = False
    for line in profile.read_text().splitlines():
        if line.startswith("fn="):
            number, _, name = line[3:].partition(" ")
            if name:
                names[number] = name
            is_counted = "memset" not in names[number]
        elif line.startswith(("cfn=", "cfni=")):
            number, _, name = line.split("=", 1)[1].partition(" ")
            if name:
                names[number] = name
        elif line.startswith("calls="):
            is_call = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            # The line after `calls=` is the cost of the callee, which its own lines hold.
            if is_counted and not is_call:
                # A cost of zero is left out of its line.
                total += sum(int(cost) for cost in line.split()[1:2])
            is_call = False
    return total


def stripped(directory: Path) -> Path:
    """A copy of the program without debug sections, because valgrind 3.19 cannot read those of Swift."""
    program = directory / "ephemerald"
    shutil.copy(binary(), program)
    subprocess.run(["strip", "-g", str(program)], check=True)
    return program


def with_spans(chosen: list[Case], collector: Collector) -> list[Case]:
    """The same requests, with spans and metrics sent to a collector that answers at once."""
    # Spans are sent in full batches, and metrics once, at the end: that a slow run sends more often is not the cost of a
    # request.
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_METRIC_EXPORT_INTERVAL": "3600000", "OTEL_BSP_SCHEDULE_DELAY": "3600000",
    }
    return [Case(case.name, case.request, case.status, case.settings | settings) for case in chosen]


def measure(chosen: list[Case], directory: Path) -> dict[str, int]:
    """Instructions of one request of each case. Two runs at a time: what else is busy does not change a count."""
    os.environ["EPHEMERALD"] = str(stripped(directory))
    jobs = [(number, case, requests) for number, case in enumerate(chosen) for requests in (MANY, FEW)]
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda job: count(job[1], job[2], directory / f"{job[0]}-{job[2]}"), jobs))
    return {
        case.name: round((many - few) / (MANY - FEW))
        for case, many, few in zip(chosen, counts[::2], counts[1::2], strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="the kinds of request; all when left out")
    parser.add_argument("--spans", action="store_true", help="with an OpenTelemetry collector")
    parser.add_argument("--update", action="store_true", help="write the figures into instructions.json")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        known = {case.name: case for case in cases(directory)}
        unknown = set(chosen.names) - known.keys()
        if unknown:
            parser.error(f"no such request: {', '.join(unknown)}; there are {', '.join(known)}")
        requests = [known[name] for name in chosen.names or known]
        if chosen.spans:
            requests = with_spans(requests, Collector())
        figures = measure(requests, directory)
    if chosen.update:
        table = json.loads(TABLE.read_text()) if TABLE.exists() and chosen.names else {}
        TABLE.write_text(json.dumps(table | figures, indent=2) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
