"""Many open calls, and what happens to them while the upstream refuses, after kills, when the clock is moved, and when
their session, caller or key is taken away."""

from __future__ import annotations

import asyncio
import gzip
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import raw
from crowd import ask_all, tally
from daemon import ORIGIN, Daemon, eventually
from call_client import LIVE, create, ended, lease, lines, location, raw_digest, serve, session
from test_quotas import faked, until_midnight
from test_reload import reload

#: A lease is over within a second of its end, and a call that has come up is ended at once, unless the machine is busy.
LEASE, PROMPT, BUSY = 10, 1, 10
FILES = {
    "short": session(call={"max_seconds": 600}),
    "default": session(call={"max_seconds": 3600}),
    "live": LIVE | {"access": {"call": {"max_seconds": 6600}}},
}


def open_calls(daemon: Daemon, count: int, *names: str) -> list[str]:
    """The paths of that many new calls, of these sessions in turn."""
    chosen = [(names or ("default",))[number % max(1, len(names))] for number in range(count)]
    with ThreadPoolExecutor(16) as pool:
        return [location(answer) for answer in pool.map(lambda name: create(daemon, name), chosen)]


def ask(daemon: Daemon, paths: list[str], suffix: str, method: str = "POST") -> dict[int | str | None, int]:
    """Sends a request about each call, and counts the statuses."""
    fields = {"Origin": ORIGIN, "Content-Length": "0"}
    return tally(asyncio.run(ask_all(daemon.port, [raw.head(method, path + suffix, fields) for path in paths])))


def kill(daemon: Daemon) -> None:
    daemon.process.send_signal(signal.SIGKILL)
    daemon.wait()


def reasons(folder: Path) -> Counter[str]:
    """How often each reason was written; each call has one line."""
    ends = ended(folder)
    assert len({line["ephemerald.call.id"] for line in ends}) == len(ends)
    assert all(line["ephemerald.call.confirmed"] for line in ends)
    return Counter(line["ephemerald.call.reason"] for line in ends)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_of_500_calls_those_that_are_lost_end_in_time_and_no_other_is_touched(start, calls, tmp_path):
    files = {"default": session(call={"max_seconds": 3600, "lease_seconds": LEASE})}
    daemon = serve(start, calls, tmp_path, files, MAX_CALLS="600", LOOPS="2")
    kept: list[str] = []
    for _ in range(5):
        kept += open_calls(daemon, 90)
        assert ask(daemon, kept, "/lease") == {200: len(kept)}
    lost = open_calls(daemon, 50)
    known = [call.id for call in calls.all]
    begun = time.monotonic()
    while time.monotonic() < begun + LEASE + PROMPT + 1 or (
        len(calls.open) > 450 and time.monotonic() < begun + LEASE + BUSY
    ):
        assert ask(daemon, kept, "/lease") == {200: 450}
    assert len(calls.open) == 450 and [call.id for call in calls.all] == known
    lasted = sorted(call.ended_at - call.created for call in calls.all if call.ended)
    assert len(lasted) == 50 and LEASE - 0.1 <= lasted[0] and lasted[25] <= LEASE + PROMPT
    assert ask(daemon, lost, "/lease") == {410: 50}
    # Nobody can hang up for ten seconds, and then all of them are.
    calls.fail("hangup-fails")
    assert ask(daemon, kept, "", "DELETE") == {200: 450}
    eventually(lambda: "a call could not be ended" in daemon.stderr, "the daemon says so")
    begun = time.monotonic()
    while time.monotonic() < begun + 10:
        # That hang-ups fail is no reason to create no calls.
        assert create(daemon).status == 201
        time.sleep(1)
    assert reasons(tmp_path) == {"lease": 50}
    calls.work()
    # The next attempt is up to 30 seconds away.
    calls.wait_until(lambda calls: not set(known) & {call.id for call in calls.open}, 50)
    eventually(lambda: reasons(tmp_path)["client"] == 450, "each end has its line")


def test_calls_outlive_a_kill_a_rotation_and_the_end_of_their_time(start, calls, tmp_path):
    log = tmp_path / "usage.log"
    settings = {"MAX_CALLS": "200", "LOOPS": "2"}
    daemon = serve(start, calls, tmp_path, FILES, **settings)
    first = open_calls(daemon, 51, *FILES)
    log.rename(tmp_path / "usage.log.1")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(log.exists, "the file is opened again")
    (tmp_path / "usage.log.1.gz").write_bytes(gzip.compress((tmp_path / "usage.log.1").read_bytes()))
    (tmp_path / "usage.log.1").unlink()
    second = open_calls(daemon, 49, *FILES)
    # Of each session, three end now, and three cannot be ended before the kill.
    assert ask(daemon, first[:9], "", "DELETE") == {200: 9}
    calls.wait_until(lambda calls: len(calls.open) == 91)
    eventually(lambda: len(ended(tmp_path)) == 9, "the ends have their lines")
    calls.fail("hangup-fails")
    calls.fail("sideband-fails")
    begun = first[9:18]
    assert ask(daemon, begun, "", "DELETE") == {200: 9}
    eventually(lambda: log.read_text().count('"event.name":"call.ending"') == 9, "the log says that they are ending")
    kill(daemon)
    calls.work()
    # The next process starts twenty minutes later: the time of the short calls is over.
    daemon = serve(start, calls, tmp_path, FILES, **settings, **faked(0) | {"FAKETIME": "+1200s"})
    assert "calls: 91 of an earlier process are taken over" in daemon.stderr
    overdue = first[18::3] + second[::3]
    others = [path for path in first[18:] + second if path not in overdue]
    calls.wait_until(lambda calls: len(calls.open) == len(others))
    assert ask(daemon, others, "/lease") == {200: len(others)}
    assert ask(daemon, begun + overdue, "/lease") == {410: 9 + len(overdue)}
    eventually(lambda: reasons(tmp_path) == {"client": 18, "deadline": len(overdue)}, "the ends have their lines")
    kill(daemon)
    daemon = serve(start, calls, tmp_path, FILES, **settings, **faked(0) | {"FAKETIME": "+1200s"})
    assert f"calls: {len(others)} of an earlier process are taken over" in daemon.stderr
    assert ask(daemon, others, "", "DELETE") == {200: len(others)}
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: reasons(tmp_path)["client"] == 18 + len(others), "the ends have their lines")
    assert sum(reasons(tmp_path).values()) == 100


def test_a_clock_that_is_moved_ends_nothing_and_prolongs_nothing(start, calls, tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("+0")
    environment = faked(0) | {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    del environment["FAKETIME"]
    daemon = serve(start, calls, tmp_path, FILES, **environment)
    paths = open_calls(daemon, 6, "short", "live")
    for step in ("+3600", "-3600"):
        clock.write_text(step)
        renewed = [lease(daemon, path).json()["seconds_left"] for path in paths]
        assert all(limit - 5 < left <= limit for left, limit in zip(renewed, [600, 6600] * 3, strict=True))
        # A call that is opened now has the same time, whatever the journal says of it.
        location(create(daemon))
    assert len(calls.open) == 8
    hours = [line["timestamp"][11:13] for line in lines(tmp_path)]
    assert len(set(hours[5:])) == 3, "the clock was moved"
    # For the next process too: the calls of an hour ahead of its clock were opened just now.
    kill(daemon)
    clock.write_text("-3600")
    daemon = serve(start, calls, tmp_path, FILES, **environment)
    renewed = [lease(daemon, path).json()["seconds_left"] for path in paths]
    assert all(left <= limit for left, limit in zip(renewed, [600, 6600] * 3, strict=True))
    assert ask(daemon, paths, "", "DELETE") == {200: 6}
    eventually(lambda: reasons(tmp_path) == {"client": 6}, "each end has its line")
    assert all(0 <= line["ephemerald.call.seconds"] <= 600 for line in ended(tmp_path))


def test_midnight_comes_while_calls_are_open(start, calls, tmp_path):
    """The day of a call is that of its admission; the next process finds it in the file of the day before."""
    clock = tmp_path / "clock"
    clock.write_text(f"{until_midnight() - 30:+.0f}")
    environment = faked(0) | {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    del environment["FAKETIME"]
    settings = {"QUOTA_ALL": "3"} | environment
    daemon = serve(start, calls, tmp_path, FILES, **settings)
    paths = open_calls(daemon, 3)
    assert create(daemon).json()["code"] == "quota_exhausted"
    clock.write_text(f"{until_midnight() + 30:+.0f}")
    assert daemon.request("DELETE", paths[0]).status == 200
    eventually(lambda: ended(tmp_path), "the end has its line")
    log = tmp_path / "usage.log"
    days = [line["timestamp"][:10] for line in lines(tmp_path)]
    assert days[0] < days[-1]
    kill(daemon)
    (tmp_path / "usage.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    daemon = serve(start, calls, tmp_path, FILES, **settings)
    assert "calls: 2 of an earlier process are taken over" in daemon.stderr
    assert [lease(daemon, path).status for path in paths] == [404, 200, 200]
    # Today's quota is untouched by yesterday's calls.
    assert [create(daemon).status for _ in range(4)] == [201, 201, 201, 429]
    assert ask(daemon, paths[1:], "", "DELETE") == {200: 2}
    eventually(lambda: reasons(tmp_path) == {"client": 2}, "each end has its line")


def test_that_another_key_does_not_find_a_call_proves_nothing(start, calls, tmp_path):
    own, other = calls.owner.key, "sk-another-key-0123456789"
    calls.owner.keys = {own, other}
    daemon = serve(start, calls, tmp_path)
    paths = open_calls(daemon, 2, "default", "live")
    kill(daemon)
    daemon = serve(start, calls, tmp_path, OPENAI_API_KEY=other)
    assert ask(daemon, paths, "", "DELETE") == {200: 2}
    eventually(lambda: "a call could not be ended" in daemon.stderr, "the daemon says so")
    looked_for = {"call_id_not_found", "session_id_not_found"}
    eventually(
        lambda: looked_for <= {refusal["code"] for refusal in calls.owner.refusals}, "both calls were looked for"
    )
    assert len(calls.open) == 2 and ended(tmp_path) == []
    kill(daemon)
    both = tmp_path / "both"
    both.write_text(f"{other}\n{own}\n")
    daemon = serve(start, calls, tmp_path, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(both))
    assert ask(daemon, paths, "", "DELETE") == {200: 2}
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: reasons(tmp_path) == {"client": 2}, "each end has its line")


@pytest.mark.slow
def test_a_caller_who_is_taken_away_can_only_end_a_call(start, calls, tmp_path):
    keys = tmp_path / "keys"
    rows = {name: f"{name}:{raw_digest(f'key-of-{name}')}\n" for name in ("ann", "bob")}
    keys.write_text("".join(rows.values()))
    files = {"default": session(call={"lease_seconds": LEASE})}
    daemon = serve(start, calls, tmp_path, files, AUTH="bearer", AUTH_KEYS_FILE=str(keys))
    ann, bob = ({"Authorization": f"Bearer key-of-{name}"} for name in ("ann", "bob"))
    lost, left = (location(create(daemon, **ann)) for _ in range(2))
    stays = location(create(daemon, **bob))
    keys.write_text(rows["bob"])
    reload(daemon)
    assert [lease(daemon, path, **ann).status for path in (lost, left)] == [401, 401]
    assert daemon.request("POST", f"{left}/end").status == 204
    calls.wait_until(lambda calls: len(calls.open) == 2)
    deadline = time.monotonic() + LEASE + BUSY
    while len(calls.open) == 2 and time.monotonic() < deadline:
        assert lease(daemon, stays, **bob).status == 200
        time.sleep(0.5)
    assert len(calls.open) == 1
    assert lease(daemon, stays, **bob).status == 200
    eventually(lambda: reasons(tmp_path) == {"client": 1, "lease": 1}, "each end has its line")
