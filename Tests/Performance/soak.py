"""Minutes of mixed load on one daemon, with reloads, outages, and calls that open, are renewed, end and are lost: does its
memory stay flat, and do its descriptors?

    python3 Tests/Performance/soak.py [MINUTES] [REQUESTS A SECOND]

Memory may grow in the first ten minutes; from then on by less than 3 MB.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/BlackBox"))

import faults  # noqa: E402
from call_client import LIVE, session  # noqa: E402
from conftest import settings_for  # noqa: E402
from daemon import SESSION, Daemon, write_sessions  # noqa: E402
from fake_calls import Calls  # noqa: E402
from fake_openai import FakeOpenAI  # noqa: E402
from mixed_load import MixedLoad  # noqa: E402
from test_metrics import series  # noqa: E402

WARM = 600.0
ALLOWED_GROWTH = 3 << 20
#: Seconds between two samples, two reloads and two outages, and how long an outage takes.
SAMPLE, RELOAD, OUTAGE, DOWN = 30.0, 45.0, 120.0, 5.0


async def load(clients: MixedLoad, rate: float, until: float) -> None:
    """Requests at a steady rate: in each second those that belong to it."""
    while time.monotonic() < until:
        begun = time.monotonic()
        await clients.run(int(rate))
        await asyncio.sleep(max(0.0, begun + 1 - time.monotonic()))


async def disturb(daemon: Daemon, upstream: FakeOpenAI, sessions: Path, until: float) -> None:
    begun, reloads, outages = time.monotonic(), 0, 0
    while time.monotonic() < until - DOWN - 1:
        await asyncio.sleep(1)
        passed = time.monotonic() - begun
        if passed > reloads * RELOAD:
            reloads += 1
            write_sessions(sessions, extra=session(call={"lease_seconds": 10 + reloads % 20}))
            daemon.process.send_signal(signal.SIGHUP)
        if passed > (outages + 1) * OUTAGE:
            outages += 1
            working, upstream.fault = upstream.fault, faults.reset
            await asyncio.sleep(DOWN)
            upstream.fault = working
    print(f"{reloads} reloads, {outages} outages of {DOWN:.0f} s", flush=True)


async def sample(daemon: Daemon, until: float) -> list[tuple[float, int, int]]:
    begun, samples = time.monotonic(), []
    while time.monotonic() < until:
        await asyncio.sleep(SAMPLE)
        held = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
        samples.append((time.monotonic() - begun, daemon.memory("VmRSS"), held))
        passed, memory, held = samples[-1]
        print(f"{passed:6.0f} s  {memory / 1e6:6.2f} MB  {held} descriptors", flush=True)
    return samples


async def soak(daemon: Daemon, upstream: FakeOpenAI, sessions: Path, minutes: float, rate: float) -> None:
    until, clients = time.monotonic() + minutes * 60, MixedLoad(daemon.port, "soak", clients=8)
    _, _, samples = await asyncio.gather(
        load(clients, rate, until), disturb(daemon, upstream, sessions, until), sample(daemon, until)
    )
    print(json.dumps({f"{kind} {status}": count for (kind, status), count in sorted(clients.answers.items())}))
    assert clients.wrong == [], clients.wrong[:5]
    late = [one for one in samples if one[0] > min(WARM, minutes * 30)]
    half = len(late) // 2
    early, end = (max(memory for _, memory, _ in part) for part in (late[:half], late[half:]))
    print(f"the most after warming up: {early / 1e6:.2f} MB in the first half, {end / 1e6:.2f} MB in the second")
    descriptors = [max(held for _, _, held in part) for part in (late[:half], late[half:])]
    print(f"descriptors: at most {descriptors[0]} in the first half, {descriptors[1]} in the second")
    await asyncio.sleep(15)
    rest = {name: value for name, value in series(daemon).items() if name in ("ephemerald_in_flight",) and value}
    assert not rest, rest
    assert end - early < ALLOWED_GROWTH, "memory grows"
    assert descriptors[1] <= descriptors[0] + 16, "descriptors are lost"


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 45.0
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    with tempfile.TemporaryDirectory() as name:
        folder, upstream = Path(name), FakeOpenAI(delay=0.02).start()
        Calls(upstream)
        sessions = write_sessions(folder / "sessions", default=SESSION, live=LIVE)
        write_sessions(sessions, default=session(call={"lease_seconds": 10}))
        settings = settings_for(
            upstream, sessions, USAGE_LOG=str(folder / "usage.log"), MAX_CALLS="200", MAX_CALLS_CLIENT="200",
            UPSTREAM_TIMEOUT="5s", LOOPS="2", LIMIT_CALLER="off", QUOTA_ALL="100000000",
        )  # fmt: skip
        daemon = Daemon(folder / "daemon", settings).start()
        try:
            asyncio.run(soak(daemon, upstream, sessions, minutes, rate))
        finally:
            daemon.stop()
            upstream.stop()


if __name__ == "__main__":
    main()
