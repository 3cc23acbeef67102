"""The calls of a daemon whose settings change, and of one that ends: the next process, or another daemon, finds them, or
they end before."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from daemon import eventually
from call_client import create, ended, lease, location, serve, session
from test_calls_redis import create_in_time, end, lease_in_time, redis  # noqa: F401 (a fixture)
from test_calls_redis_faults import created_while_redis_hangs
from test_redis import connected
from test_reload import reload

FOREVER = {"default": session(call={"lease_seconds": 0})}


@pytest.mark.parametrize("before", ["first.log", "-"])
def test_calls_end_with_a_process_whose_log_the_next_one_does_not_read(start, calls, tmp_path, before):
    config, target = tmp_path / "config.json", before if before == "-" else str(tmp_path / before)
    config.write_text(json.dumps({"usage-log": target}))
    daemon = serve(start, calls, tmp_path, USAGE_LOG=None, CONFIG=str(config))
    location(create(daemon))
    config.write_text(json.dumps({"usage-log": str(tmp_path / "usage.log")}))
    assert "USAGE_LOG has changed; this takes effect after a restart" in reload(daemon)
    assert daemon.stop() == 0
    assert calls.open == []
    log = daemon.stdout if before == "-" else Path(target).read_text()
    [last] = [line for line in map(json.loads, log.splitlines()) if line.get("event.name") == "call.ended"]
    assert last["ephemerald.call.reason"] == "exit"


def test_calls_outlive_a_process_whose_log_is_named_again(start, calls, tmp_path):
    config, log = tmp_path / "config.json", str(tmp_path / "usage.log")
    config.write_text(json.dumps({"usage-log": log}))
    daemon = serve(start, calls, tmp_path, USAGE_LOG=None, CONFIG=str(config))
    path = location(create(daemon))
    for target in ("-", log):
        config.write_text(json.dumps({"usage-log": target}))
        reload(daemon)
    assert daemon.stop() == 0
    assert len(calls.open) == 1
    assert lease(serve(start, calls, tmp_path), path).status == 200


def test_a_call_is_ended_with_its_key_however_often_that_is_changed(start, calls, tmp_path):
    keys, owner = tmp_path / "key", calls.owner
    first = owner.key
    keys.write_text(first)
    daemon = serve(start, calls, tmp_path, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(keys))
    path = location(create(daemon))
    for number in range(10):
        # As OpenAI does it, another project's key does not see the call.
        owner.keys = {first, f"sk-another-{number}-0123456789"}
        keys.write_text(f"sk-another-{number}-0123456789")
        assert "API keys" in reload(daemon)
    assert daemon.request("DELETE", path).status == 200
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: ended(tmp_path), "the end has its line")
    assert "could not be ended" not in daemon.stderr


def test_that_a_line_about_a_call_is_lost_is_said_with_its_consequence(start, calls, tmp_path):
    # A regular file that can be closed to further lines, as a full disk is.
    log = os.memfd_create("usage.log", os.MFD_ALLOW_SEALING)
    daemon = serve(start, calls, tmp_path, USAGE_LOG=f"/proc/{os.getpid()}/fd/{log}")
    path = location(create(daemon))
    fcntl.fcntl(log, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
    assert daemon.request("DELETE", path).status == 200
    said = "; after a restart a call whose end is lost counts as open"
    eventually(lambda: said in daemon.stderr, "the daemon says so")
    assert "usage lines are lost: " in daemon.stderr
    os.close(log)


def test_a_daemon_that_ends_waits_for_the_end_of_a_call_that_redis_has_not_recorded(start, calls, tmp_path, redis):
    daemon = connected(serve(start, calls, tmp_path, FOREVER, REDIS_URL=redis.url))
    hung_up: list = []
    calls.hangup_fault = lambda upstream, _: hung_up.append(upstream)
    assert created_while_redis_hangs(daemon, calls, redis).status == 503
    eventually(lambda: hung_up, "the call is hung up, and the answer held back")
    daemon.process.send_signal(signal.SIGTERM)
    # A second is for requests that may be on their way.
    with pytest.raises(subprocess.TimeoutExpired):
        daemon.process.wait(1.5)
    calls.work()
    calls.owner.loop.call_soon_threadsafe(hung_up[0].answer, 500, b"")
    assert daemon.wait() == 0
    assert calls.open == []
    redis.resume()


def test_a_daemon_with_redis_takes_over_the_calls_that_redis_does_not_have(start, calls, tmp_path, redis):
    before = serve(start, calls, tmp_path, FOREVER)
    paths = [location(create(before)) for _ in range(2)]
    assert before.stop() == 0
    daemon = connected(serve(start, calls, tmp_path, FOREVER, REDIS_URL=redis.url))
    eventually(lambda: "calls: 2 of an earlier process are taken over" in daemon.stderr, "the daemon says so")
    assert lease_in_time(daemon, paths[0]).status == 200
    paths.append(location(create_in_time(daemon)))
    assert daemon.stop() == 0
    # Redis has the last one, until it forgets it.
    daemon = connected(serve(start, calls, tmp_path, FOREVER, REDIS_URL=redis.url))
    eventually(lambda: "calls: 2 of an earlier process are taken over" in daemon.stderr, "the daemon says so")
    assert {end(daemon, path).status for path in paths[:1]} == {204}
    eventually(lambda: len(ended(tmp_path)) == 1, "the end has its line")
    assert daemon.stop() == 0
    assert redis.command_reply("FLUSHALL") == b"+OK"
    daemon = connected(serve(start, calls, tmp_path, FOREVER, REDIS_URL=redis.url))
    eventually(lambda: "calls: 2 of an earlier process are taken over" in daemon.stderr, "the daemon says so")
    assert {end(daemon, path).status for path in paths[1:]} == {204}
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: len(ended(tmp_path)) == 3, "each end has its line")
    assert daemon.stop() == 0
    daemon = connected(serve(start, calls, tmp_path, FOREVER, REDIS_URL=redis.url))
    location(create_in_time(daemon))
    assert "taken over" not in daemon.stderr and len(ended(tmp_path)) == 3


def test_what_only_the_log_has_is_taken_over_once_redis_answers(start, calls, tmp_path, redis):
    before = serve(start, calls, tmp_path, FOREVER)
    path = location(create(before))
    assert before.stop() == 0
    redis.kill()
    daemon = serve(start, calls, tmp_path, FOREVER, REDIS_URL=redis.url)
    assert lease(daemon, path).status == 503
    redis.start()
    eventually(lambda: "calls: 1 of an earlier process are taken over" in daemon.stderr, "Redis answers")
    assert (lease_in_time(daemon, path).status, end(daemon, path).status) == (200, 204)
    calls.wait_until(lambda calls: not calls.open)
