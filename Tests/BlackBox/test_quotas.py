"""Quotas by the day: exact at once, after a kill, after a rotation, and when the wall clock is moved."""

from __future__ import annotations

import asyncio
import glob
import gzip
import os
import shutil
import signal
import threading
import time

import pytest

import faults
from conftest import settings_for
from crowd import ask_all, tally, token_request
from daemon import Daemon, NotStarted, eventually
from program import free_port, run
from test_reload import reload

ROUNDS = int(os.environ.get("BLACKBOX_KILL_ROUNDS", "4"))
DAY = 86_400


def until_midnight() -> float:
    return DAY - time.time() % DAY


@pytest.fixture(autouse=True)
def not_across_midnight():
    """If the day ended during a test, the test would count on two days."""
    left = until_midnight()
    if left < 60:
        time.sleep(left + 1)


def faked(days: int) -> dict[str, str]:
    """The environment in which the wall clock is so many days off, and the monotonic one is not."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    assert found, "Debian's package faketime is missing"
    return {"LD_PRELOAD": found[0], "FAKETIME": f"{days:+d}d", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def hurried(speed: float) -> dict[str, str]:
    """The environment in which all clocks are so many times as fast."""
    environment = faked(0)
    del environment["DONT_FAKE_MONOTONIC"]
    return environment | {"FAKETIME": f"+0s x{speed}"}


def crowd(daemon: Daemon, count: int) -> dict:
    return tally(asyncio.run(ask_all(daemon.port, [token_request()] * count)))


def test_never_more_than_the_quota_and_then_until_midnight(start, upstream, sessions, tmp_path):
    daemon = start(upstream, sessions, QUOTA_ALL="37", USAGE_LOG=str(tmp_path / "usage.log"), LOOPS="4")
    upstream.delay = 0.05
    assert crowd(daemon, 150) == {200: 37, 429: 113}
    assert len(upstream.minted) == len(upstream.requests) == 37
    left = until_midnight()
    refused = daemon.token()
    assert (refused.status, refused.json()["code"]) == (429, "quota_exhausted")
    assert until_midnight() - 2 <= int(refused.one("Retry-After")) <= left + 2


def test_a_failed_mint_does_not_count(start, upstream, sessions, tmp_path):
    daemon = start(upstream, sessions, QUOTA_ALL="2", USAGE_LOG=str(tmp_path / "usage.log"))
    upstream.keys = {"another"}
    assert [daemon.token().status for _ in range(5)] == [502] * 5
    upstream.keys = {upstream.key}
    assert [daemon.token().status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_kill_forgets_nothing_that_was_answered(start, upstream, sessions, tmp_path, round):
    """kill -9 in the middle of a crowd: the next daemon counts at least what was answered, and at most what was minted."""
    quota, log = 400, tmp_path / "usage.log"
    daemon = start(upstream, sessions, QUOTA_ALL=str(quota), USAGE_LOG=str(log), LOOPS="4")
    upstream.delay = 0.02
    replies: list = []
    requests = [token_request()] * 300
    # The moment differs from round to round: the first lines, some more, nearly all. The last requests have no answer.
    least = 1 + round % 4 * 70
    upstream.script.extend([None] * (least + 60))
    upstream.fault = faults.silence

    def ask() -> None:
        replies.extend(asyncio.run(ask_all(daemon.port, requests)))

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: log.read_bytes().count(b"\n") >= least, "lines are written")
    daemon.process.kill()
    daemon.process.wait()
    asking.join(30)
    answered = tally(replies).get(200, 0)
    upstream.script.clear()
    upstream.fault, upstream.delay = None, 0
    counted = log.read_bytes().count(b'"ephemerald.secret.sha256"')
    assert answered <= counted <= len(upstream.minted)
    again = start(upstream, sessions, QUOTA_ALL=str(quota), USAGE_LOG=str(log), LOOPS="4")
    assert f"{counted} tokens of today are in the usage log" in again.stderr
    assert crowd(again, quota) == {200: quota - counted, 429: counted}
    last = start(upstream, sessions, QUOTA_ALL=str(quota), USAGE_LOG=str(log))
    assert last.token().status == 429


def test_a_torn_line_is_not_counted_and_nothing_is_glued_to_it(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    first = start(upstream, sessions, QUOTA_ALL="5", USAGE_LOG=str(log))
    assert [first.token().status for _ in range(2)] == [200, 200]
    first.stop()
    log.write_bytes(log.read_bytes()[:-40])
    second = start(upstream, sessions, QUOTA_ALL="5", USAGE_LOG=str(log))
    assert "is incomplete" in second.stderr
    assert [second.token().status for _ in range(5)] == [200] * 4 + [429]
    second.stop()
    third = start(upstream, sessions, QUOTA_ALL="6", USAGE_LOG=str(log))
    assert "is incomplete" not in third.stderr and "not usage lines and were not counted: 1" in third.stderr
    assert [third.token().status for _ in range(2)] == [200, 429]


def test_rotated_and_compressed_files_count(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    daemon = start(upstream, sessions, QUOTA_ALL="9", USAGE_LOG=str(log))
    for rotated in ("usage.log.2", "usage.log-20261121"):
        assert daemon.token().status == 200
        os.rename(log, tmp_path / rotated)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(log.exists, "the file is opened again")
    assert daemon.token().status == 200
    daemon.process.kill()
    daemon.process.wait()
    plain = tmp_path / "usage.log.2"
    with open(plain, "rb") as source, gzip.open(f"{plain}.gz", "wb") as target:
        shutil.copyfileobj(source, target)
    plain.unlink()
    again = start(upstream, sessions, QUOTA_ALL="4", USAGE_LOG=str(log))
    assert [again.token().status for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("days", [3, -3])
def test_a_moved_wall_clock_finds_the_quota_of_that_day(start, upstream, sessions, tmp_path, days):
    log = str(tmp_path / "usage.log")
    changes = {"QUOTA_ALL": "4", "USAGE_LOG": log}
    now = start(upstream, sessions, **changes)
    assert [now.token().status for _ in range(3)] == [200] * 3
    now.stop()
    moved = start(upstream, sessions, **changes, **faked(days))
    assert [moved.token().status for _ in range(3)] == [200] * 3
    moved.stop()
    back = start(upstream, sessions, **changes)
    assert [back.token().status for _ in range(2)] == [200, 429]
    back.stop()
    moved = start(upstream, sessions, **changes, **faked(days))
    assert [moved.token().status for _ in range(2)] == [200, 429]


def test_a_wall_clock_moved_under_a_running_daemon_moves_the_day_and_no_limit(start, upstream, sessions, tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("+0d")
    environment = faked(0) | {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    del environment["FAKETIME"]
    daemon = start(
        upstream,
        sessions,
        QUOTA_ALL="2",
        LIMIT_CLIENT="1/h burst 7",
        USAGE_LOG=str(tmp_path / "usage.log"),
        **environment,
    )

    def codes(count: int) -> list:
        answers = [daemon.token() for _ in range(count)]
        return [200 if answer.status == 200 else answer.json()["code"] for answer in answers]

    assert codes(3) == [200, 200, "quota_exhausted"]
    clock.write_text("+3d")
    assert codes(3) == [200, 200, "quota_exhausted"]
    clock.write_text("-3d")
    assert codes(3) == [200, 200, "quota_exhausted"]
    clock.write_text("+0d")
    assert codes(1) == ["quota_exhausted"]
    clock.write_text("+1d")
    assert codes(2) == [200, "rate_limited"]


def test_a_quota_turned_on_counts_from_then_on_and_after_the_next_start_the_whole_day(
    start, upstream, sessions, tmp_path
):
    config = tmp_path / "config.json"
    config.write_text("{}")
    settings = {"CONFIG": str(config), "USAGE_LOG": str(tmp_path / "usage.log")}
    daemon = start(upstream, sessions, **settings)
    assert daemon.token().status == 200
    config.write_text('{"quota-all": 1}')
    assert "QUOTA_ALL" in reload(daemon)
    assert [daemon.token().status for _ in range(2)] == [200, 429]
    config.write_text('{"quota-all": 2}')
    assert "QUOTA_ALL" in reload(daemon)
    daemon.stop()
    assert start(upstream, sessions, **settings).token().status == 429, "two tokens are in the usage log"


@pytest.mark.parametrize("log", ["-", "/dev/null", "fifo"])
def test_a_quota_without_a_file_is_78(upstream, sessions, tmp_path, log):
    if log == "fifo":
        log = str(tmp_path / "fifo")
        os.mkfifo(log)
    settings = settings_for(upstream, sessions, PORT=str(free_port()), QUOTA_ALL="5", USAGE_LOG=log)
    ended = run(directory=tmp_path, settings=settings)
    assert ended.returncode == 78, ended.stderr
    assert "QUOTA_ALL needs a file here" in ended.stderr


def test_a_log_that_cannot_be_read_is_78(start, upstream, sessions, tmp_path):
    """A directory in the place of a rotated file is ignored; a damaged file is reported."""
    log = tmp_path / "usage.log"
    (tmp_path / "usage.log.1").mkdir()
    (tmp_path / "usage.log.2.gz").write_bytes(b"\x1f\x8b\x08\x00 this is not gzip")
    daemon = start(upstream, sessions, QUOTA_ALL="1", USAGE_LOG=str(log))
    assert "usage.log.2.gz: it cannot be read to its end" in daemon.stderr
    assert [daemon.token().status for _ in range(2)] == [200, 429]
    with pytest.raises(NotStarted) as ended:
        start(upstream, sessions, QUOTA_ALL="1", USAGE_LOG=str(tmp_path / "nowhere" / "usage.log"))
    assert ended.value.code == 78
