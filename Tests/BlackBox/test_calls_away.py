"""Redis is away for a while, and calls are open on two daemons: none ends for that, and what was lost ends afterwards.

The clocks of the daemons run `SPEED` times as fast as ours, and times here are in their seconds. That of Redis cannot:
the test moves the due times there instead.
"""

from __future__ import annotations

import os
import time

import pytest

from daemon import eventually
from call_client import create, lease, lines, location, session
from test_calls_redis import UNAVAILABLE, Pair, create_in_time, end, outcome, redis  # noqa: F401
from test_quotas import hurried

SPEED = float(os.environ.get("BLACKBOX_SPEED", "5"))
#: How long Redis is away: longer than the shortest lease.
AWAY = float(os.environ.get("BLACKBOX_AWAY", "15"))
LEASE = 10
#: How long leases are spared when Redis is back.
SPARED = 30


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_redis_is_away_while_calls_are_open_on_two_daemons(start, calls, tmp_path, redis):
    files = {"default": session(call={"lease_seconds": LEASE})}
    pair = Pair(start, calls, tmp_path, redis, files, LOOPS="1", **hurried(SPEED))
    first, second = pair

    kept = [location(create_in_time(daemon)) for daemon in pair]
    lost = [location(create_in_time(daemon)) for daemon in pair]
    ended_by_page = location(create_in_time(first))

    def renew(daemon, path: str) -> None:
        eventually(lambda: lease(daemon, path).status == 200, "the lease is renewed", 20)

    for path in [*kept, *lost, ended_by_page]:
        renew(first, path)
    redis.pause()
    until = time.monotonic() + AWAY / SPEED
    eventually(lambda: end(first, ended_by_page).status == 204, "its maker can end a call")
    while time.monotonic() < until:
        for daemon in pair:
            assert outcome(create(daemon)) == UNAVAILABLE
            assert [outcome(lease(daemon, path)) for path in kept] == [UNAVAILABLE] * 2
        assert outcome(end(second, lost[0])) == UNAVAILABLE
    # Every lease was over for a while, and only what the page wanted has ended; nobody can write its line yet.
    assert len(calls.open) == 4 and pair.ended == []
    redis.resume()
    back = time.monotonic()
    for line in lines(pair.folders[0]) + lines(pair.folders[1]):
        if SPEED > 1 and "ephemerald.call.type" in line:
            redis.command_reply("ZADD", "{ephemerald}:due", "XX", "1", line["ephemerald.call.id"])
    for daemon, path in zip(reversed(pair.daemons), kept, strict=True):
        renew(daemon, path)
    late = location(create_in_time(second))

    def go_on() -> bool:
        for path in [*kept, late]:
            lease(second, path)
        return len(calls.open) <= 3

    # The lost ones end after that, by the daemons that created them or in a sweep.
    eventually(go_on, "lost calls end", (SPARED + 60) / SPEED + 10)
    passed = (time.monotonic() - back) * SPEED
    assert passed > SPARED - 1, f"{passed} s"
    # What ended while Redis was away is reported again after 30 seconds at most.
    eventually(lambda: go_on() and len(pair.ended) == 3, "each end has its line", 30 / SPEED + 20)
    assert len(calls.open) == 3 and len({line["ephemerald.call.id"] for line in pair.ended}) == 3
    assert sorted(line["ephemerald.call.reason"] for line in pair.ended) == ["client", "lease", "lease"]
    for daemon in pair:
        for path in [*kept, late]:
            renew(daemon, path)
