"""Calls in Redis: whatever happens to a daemon, to Redis or to the usage log, each call ends once."""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

import raw
from call_client import create, ended, lease, lines, location, serve, session
from daemon import Daemon, eventually
from fake_calls import ANSWER, Calls
from redis_server import RedisServer
from test_calls_left import leaves_none
from test_calls_redis import UNAVAILABLE, Pair, create_in_time, end, kill, lease_in_time, listed, outcome
from test_calls_redis import redis  # noqa: F401 (a fixture)
from test_quotas import faked
from test_redis import connected


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_the_calls_of_a_daemon_that_was_killed_are_ended_by_the_other(start, calls, tmp_path, redis):
    files = {"default": session(call={"lease_seconds": 10}), "long": session(call={"lease_seconds": 0})}
    pair = Pair(start, calls, tmp_path, redis, files)
    first, second = pair
    paths = [location(create_in_time(first)) for _ in range(8)]
    long, kept = location(create_in_time(first, "long")), location(create_in_time(second, "long"))
    kill(first)
    # They live on with the other daemon, each as long as it may, and until that has run for 30 seconds.
    renewed = time.monotonic()
    assert lease_in_time(second, paths[0]).status == 200
    calls.wait_until(lambda calls: len(calls.open) <= 2, 30 + 25)
    assert time.monotonic() - renewed > 9
    assert [lease_in_time(second, path).status for path in (long, kept)] == [200, 200]
    assert second.request("DELETE", long).status == 200
    calls.wait_until(lambda calls: len(calls.open) == 1)
    eventually(lambda: len(pair.ended) == 9, "each end has its line")
    assert sorted(line["ephemerald.call.reason"] for line in pair.ended) == ["client"] + ["lease"] * 8
    assert len({line["ephemerald.call.id"] for line in pair.ended}) == 9
    assert all(10 <= line["ephemerald.call.seconds"] <= 60 for line in pair.ended)


@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_while_redis_is_away_only_the_maker_of_a_call_can_end_it(start, calls, tmp_path, redis, way):
    pair = Pair(start, calls, tmp_path, redis)
    first, second = pair
    paths = [location(create_in_time(first)) for _ in range(2)]
    redis.kill() if way == "killed" else redis.pause()
    for daemon in pair:
        eventually(lambda: outcome(create(daemon)) == UNAVAILABLE, "no call is created")
        assert outcome(lease(daemon, paths[0])) == UNAVAILABLE
        # REDIS_DOWN is for them.
        assert daemon.token().status == 200
    assert outcome(end(second, paths[0])) == UNAVAILABLE
    assert end(first, paths[0]).status == 204
    calls.wait_until(lambda calls: len(calls.open) == 1)
    assert len(calls.all) == 2 and pair.ended == []
    redis.start() if way == "killed" else redis.resume()
    eventually(lambda: len(pair.ended) == 1, "the end has its line once Redis is back")
    assert pair.ended[0]["ephemerald.call.reason"] == "client"
    for daemon in pair:
        eventually(lambda: create(daemon).status == 201, "calls are created again")
    # One that was killed has forgotten the other call, which is its maker's from now on. Each loop has a connection.
    for daemon, status in ((first, 200), (second, 404 if way == "killed" else 200)):
        eventually(lambda: lease(daemon, paths[1]).status == status, "the call is renewed, or not known")


@pytest.mark.slow
def test_what_redis_forgot_is_its_makers(start, calls, tmp_path, redis):
    pair = Pair(start, calls, tmp_path, redis, {"default": session(call={"lease_seconds": 10})})
    first, second = pair
    paths = [location(create_in_time(first)) for _ in range(2)]
    assert redis.command_reply("FLUSHALL") == b"+OK"
    assert outcome(lease_in_time(second, paths[0])) == outcome(end(second, paths[0])) == (404, "call_not_found")
    assert lease_in_time(first, paths[0]).status == 200
    assert first.request("DELETE", paths[0]).status == 200
    calls.wait_until(lambda calls: len(calls.open) == 1)
    # Its maker ends the other one when its lease is over.
    calls.wait_until(lambda calls: not calls.open, 30)
    eventually(lambda: len(pair.ended) == 2, "each end has its line")
    assert sorted(line["ephemerald.call.reason"] for line in pair.ended) == ["client", "lease"]
    assert outcome(lease_in_time(first, paths[0])) == (410, "call_ended")


def test_a_call_that_is_not_created_gives_back_what_it_took(start, calls, tmp_path, redis):
    settings = {"MAX_CALLS": "1", "QUOTA_ALL": "3", "UPSTREAM_TIMEOUT": "1s"}
    first, second = Pair(start, calls, tmp_path, redis, **settings)
    for fault, status in (("close-after-create", 502), ("no-answer-after-create", 504)):
        calls.fail(fault)
        assert create_in_time(first).status == status
    calls.work()
    path = location(create_in_time(second))
    full = create_in_time(first)
    assert (full.status, full.json()["dimension"], full.one("Retry-After")) == (429, "all", "10")
    assert second.token().status == 200
    assert first.request("DELETE", path).status == 200
    calls.fail("close-after-create")
    # OpenAI bills the creation of a live session, which keeps its place for as long as that pays for.
    eventually(lambda: create(first, "live").status == 502, "the place is free again")
    calls.work()
    assert create_in_time(second).json()["dimension"] == "all"
    # A call and a token; what failed is not counted.
    assert [first.token().status for _ in range(2)] == [200, 429]


def created_while_redis_hangs(daemon: Daemon, calls: Calls, redis: RedisServer) -> raw.Answer:
    """The answer to a creation after whose first half Redis answers nothing any more."""
    held = []
    calls.create_fault = lambda upstream, _: held.append(upstream)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(create, daemon)
        eventually(lambda: held, "the call is created, and its answer held back")
        redis.pause()
        [call] = calls.all
        answer = (201, ANSWER, {"Content-Type": "application/sdp", "Location": f"/v1/realtime/calls/{call.id}"})
        calls.owner.loop.call_soon_threadsafe(held[0].answer, *answer)
        return asked.result(20)


def test_a_call_that_redis_cannot_record_is_ended(start, calls, tmp_path, redis):
    daemon = connected(serve(start, calls, tmp_path, REDIS_URL=redis.url))
    assert outcome(created_while_redis_hangs(daemon, calls, redis)) == UNAVAILABLE
    calls.wait_until(lambda calls: not calls.open)
    redis.resume()
    eventually(lambda: ended(tmp_path), "the end has its line once Redis is back")
    [line] = ended(tmp_path)
    assert line["ephemerald.call.reason"] == "unrecorded"
    # Its place is free again.
    assert redis.command_reply("ZCARD", place_of_all(redis)) == b":0"


def place_of_all(redis: RedisServer) -> str:
    """The key of the places of all calls together."""
    return "{ephemerald}:o:" + hashlib.sha256(b"slot:all:").hexdigest()[:32]


def test_a_call_whose_line_cannot_be_written_is_ended_everywhere(start, calls, tmp_path, redis):
    daemon = connected(serve(start, calls, tmp_path, REDIS_URL=redis.url, USAGE_LOG="/dev/full"))
    assert outcome(create(daemon)) == UNAVAILABLE
    calls.wait_until(lambda calls: len(calls.all) == 1 and not calls.open)
    eventually(lambda: redis.command_reply("ZCARD", place_of_all(redis)) == b":0", "its place is free again")


def test_a_client_that_is_gone_before_redis_knows_its_call_leaves_none(start, calls, tmp_path, redis):
    daemon = connected(serve(start, calls, tmp_path, REDIS_URL=redis.url))
    leaves_none(daemon, calls, tmp_path)


@pytest.mark.slow
def test_calls_outlive_their_daemon(start, calls, tmp_path, redis):
    pair = Pair(start, calls, tmp_path, redis)
    first, second = pair
    path = location(create_in_time(first))
    assert first.stop() == 0
    assert len(calls.open) == 1
    again = connected(serve(start, calls, pair.folders[0], REDIS_URL=redis.url))
    assert "taken over" not in again.stderr
    for daemon in (second, again):
        assert lease_in_time(daemon, path).status == 200
    calls.fail("hangup-fails")
    assert again.request("DELETE", path).status == 200
    eventually(lambda: "a call could not be ended" in again.stderr, "the daemon says so")
    assert (len(calls.open), pair.ended) == (1, [])
    calls.work()
    # Any of the two tries again.
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: pair.ended, "the end has its line")
    assert [line["ephemerald.call.reason"] for line in pair.ended] == ["client"]


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_step_of_the_wall_clock_moves_no_end(start, calls, tmp_path, redis, hours):
    clock = tmp_path / "clock"
    clock.write_text("+0s")
    environment = faked(0) | {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    del environment["FAKETIME"]
    files = {"default": session(call={"lease_seconds": 10})}
    pair = Pair(start, calls, tmp_path, redis, files, **environment)
    first, second = pair
    paths = [location(create_in_time(first)) for _ in range(2)]
    before = first.token().one("Date")
    clock.write_text(f"{hours * 3600:+d}s")
    assert first.token().one("Date")[:-6] != before[:-6], "the clock was set"
    for daemon in pair:
        renewed = lease_in_time(daemon, paths[0]).json()
        assert 1790 <= renewed["seconds_left"] <= 1800
    assert second.request("DELETE", paths[0]).status == 200
    eventually(lambda: len(pair.ended) == 1, "the end has its line")
    # Nobody renews the other one.
    calls.wait_until(lambda calls: not calls.open, 30)
    eventually(lambda: len(pair.ended) == 2, "the end has its line")
    assert time.monotonic() - calls.all[1].created > 9
    short, long = sorted(line["ephemerald.call.seconds"] for line in pair.ended)
    assert short < 9 and 10 <= long <= 30


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_point_leaves_no_call_and_no_second_line(start, calls, tmp_path, redis, seed):
    pair = Pair(start, calls, tmp_path, redis, {"default": session(call={"lease_seconds": 10})}, MAX_CALLS="1000")
    first, second = pair
    chance = random.Random(seed)
    victim = first.process

    def live(number: int) -> None:
        """One call: created by the victim or by the other, renewed and ended by either, while that is there."""
        try:
            path = location(create(first if number % 4 else second))
            lease(second if number % 2 else first, path)
            if number % 3:
                end(first if number % 5 else second, path)
        except (OSError, AssertionError):
            # The victim is gone, or has not answered.
            pass

    with ThreadPoolExecutor(16) as pool:
        lives = [pool.submit(live, number) for number in range(300)]
        reached = chance.randrange(20, 200)
        eventually(lambda: len(calls.all) >= reached, "some calls were created")
        time.sleep(chance.random() / 100)
        victim.kill()
        for life in lives:
            life.result()
    first.wait()
    logged = [line for folder in pair.folders for line in lines(folder)]
    created = {line["ephemerald.call.upstream_id"] for line in logged if "ephemerald.call.type" in line}
    known = [call for call in calls.all if call.id in created]
    assert len(calls.all) - len(known) <= 16, "only what was being created when the victim died is not in a log"
    # A lease, or the 30 s of an end that the victim had begun; and a sweep.
    calls.wait_until(lambda calls: not any(call.id in created for call in calls.open), 45)
    # In its first minute a call that is not found may still begin: what the victim had hung up waits for that.
    eventually(lambda: redis.command_reply("ZCARD", "{ephemerald}:due") == b":0", "every end is recorded", 120)
    eventually(lambda: not listed(second), "no end is still to be written")
    ends = Counter(line["ephemerald.call.id"] for line in pair.ended)
    assert max(ends.values()) == 1
    # Only an end that the victim had just recorded has lost its line.
    assert len(ends) >= len(known) - 16
    assert int(redis.command_reply("ZCARD", place_of_all(redis))[1:]) <= 16, "the places are free again"
