"""Whatever fails, in whatever order: each request has one answer and one line, and nothing is left behind."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from authority import Authority
from fault_schedule import IS_ALL, Schedule
from redis_server import RedisServer
from scarcity import HAS_SANITIZER, build

SEEDS = int(os.environ.get("BLACKBOX_FAULT_SEEDS", "20"))
FIRST = int(os.environ.get("BLACKBOX_FAULT_FIRST_SEED", "0"))
REQUESTS = int(os.environ.get("BLACKBOX_FAULT_REQUESTS", "60"))


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return build(tmp_path_factory.mktemp("scarcity"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.timeout((360 if HAS_SANITIZER else 90) + REQUESTS // 10)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_every_request_has_one_answer_and_nothing_is_left(tmp_path, library, authority, seed):
    redis = RedisServer(tmp_path / "redis").start() if seed % 2 and IS_ALL else None
    try:
        # Not where the clock is moved: the certificates are as old as the test.
        has_tls = seed % 3 == 0 and seed % 4 != 1
        schedule = Schedule(seed, tmp_path, library, redis, authority if has_tls else None)
        load = schedule.run(REQUESTS)
    finally:
        if redis is not None:
            redis.kill()
    hurt = sum((proxy.hurt for proxy in schedule.proxies), start=Counter())
    minted, called = load.count("token", 200), load.count("call", 201)
    print(f"seed {seed}: {minted} tokens, {called} calls, refused {dict(load.codes)}, hurt {dict(hurt)}")
    print(f"allocations and lines that failed {schedule.scarcity.failed}, starts after a death {schedule.deaths}")
