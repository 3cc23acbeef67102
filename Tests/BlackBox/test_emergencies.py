"""Emergencies: each is said once when it begins and once when it is over, in the log, in readiness and in a metric."""

from __future__ import annotations

import hashlib
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import faults
import pytest
from daemon import eventually
from fake_calls import Calls
from fake_openai import FakeOpenAI
from redis_server import RedisServer
from call_client import create, location
from test_metrics import series
from test_quotas import hurried

READY = "/api/health/ready"
REFUSED = faults.error(401, "invalid_api_key")
EMPTY = faults.error(429, "insufficient_quota", kind="insufficient_quota")


def key_print(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def lines(daemon, words: str) -> list[str]:
    return [line for line in daemon.stderr.splitlines() if words in line]


def kinds(daemon) -> list[str]:
    """What fails by the readiness of the operations listener, after a look at whether the metric agrees."""
    listed = daemon.operations("GET", READY).json()["emergencies"]
    found = series(daemon)
    for kind in ("key", "permission", "upstream", "calls", "redis", "usage_log", "configuration", "token_keys"):
        count = sum(emergency["kind"] == kind for emergency in listed)
        assert found[f'ephemerald_emergencies{{kind="{kind}"}}'] == count
    assert all(emergency["message"] and emergency["age_seconds"] >= 0 for emergency in listed)
    return [emergency["kind"] for emergency in listed]


@pytest.fixture
def two_keys(start, upstream, sessions, tmp_path):
    """A daemon with two keys, both of which the upstream accepts."""
    second = "sk-second-0123456789"
    upstream.keys = {upstream.key, second}
    (tmp_path / "keys").write_text(f"{upstream.key}\n{second}\n")
    (tmp_path / "keys").chmod(0o600)
    return start(
        upstream, sessions, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(tmp_path / "keys"), LOOPS="2"
    ), [upstream.key, second]


def sent(upstream: FakeOpenAI) -> list[str]:
    """The keys of the requests, in order."""
    return [request.all("Authorization")[0].removeprefix("Bearer ") for request in upstream.requests]


def test_after_the_first_refusal_no_mint_pays_for_a_dead_key(two_keys, upstream):
    daemon, (dead, good) = two_keys
    upstream.keys = {good}
    assert [daemon.token().status for _ in range(40)] == [200] * 40
    assert sent(upstream) == [dead] + [good] * 40
    assert len(lines(daemon, "OpenAI does not accept the API key")) == 1
    assert f"(1 of 2, {key_print(dead)})" in daemon.stderr
    assert kinds(daemon) == ["key"]
    first, other = daemon.operations("GET", READY).json()["keys"]
    assert (first["place"], first["print"], first["state"]) == (1, key_print(dead), "resting")
    assert first["reason"] == "upstream_auth" and 0 < first["seconds_left"] <= 30
    assert other == {"place": 2, "print": key_print(good), "state": "ok"}
    used = {(line["ephemerald.upstream.key.place"], line["ephemerald.upstream.key.print"]) for line in daemon.usage(40)}
    assert used == {(2, key_print(good))}
    found = series(daemon)
    assert found[f'ephemerald_key_served_total{{place="1",print="{key_print(dead)}"}}'] == 0
    assert found[f'ephemerald_key_served_total{{place="2",print="{key_print(good)}"}}'] == 40
    assert found[f'ephemerald_key_resting{{place="1",print="{key_print(dead)}"}}'] == 1
    assert found[f'ephemerald_key_resting{{place="2",print="{key_print(good)}"}}'] == 0
    shown = daemon.stderr + daemon.stdout + json.dumps(daemon.operations("GET", READY).json()) + str(found)
    assert dead not in shown and good not in shown


def test_an_operator_who_has_acted_need_not_wait_for_the_end_of_a_rest(two_keys, upstream):
    daemon, keys = two_keys
    upstream.script.append(EMPTY)
    assert [daemon.token().status for _ in range(3)] == [200] * 3
    assert sent(upstream) == [keys[0], keys[1], keys[1], keys[1]]
    assert len(lines(daemon, "the OpenAI account of the API key is used up")) == 1
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: " in daemon.stderr, "the reload is logged")
    assert daemon.token().status == 200 and sent(upstream)[-1] == keys[0]
    assert len(lines(daemon, f"the API key (1 of 2, {key_print(keys[0])}) works again")) == 1
    assert kinds(daemon) == []


@pytest.mark.parametrize("refusal", [faults.error(400, "invalid_offer"), faults.error(429, "rate_limit_exceeded")])
def test_a_call_that_is_refused_for_itself_shows_that_a_key_works(two_keys, upstream, refusal):
    daemon, keys = two_keys
    Calls(upstream)
    upstream.script.append(REFUSED)
    assert daemon.token().status == 200
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: " in daemon.stderr, "the next request tries the key")
    upstream.script.append(refusal)
    assert create(daemon).status in (400, 429)
    assert kinds(daemon) == []
    assert daemon.token().status == 200
    assert sent(upstream) == [keys[0], keys[1], keys[0], keys[0]]


def test_when_all_keys_are_dead_one_is_tried_now_and_then_and_none_is_locked_out(two_keys, upstream):
    daemon, keys = two_keys
    upstream.fault = REFUSED
    answers = [daemon.token() for _ in range(60)]
    assert {(answer.status, answer.json()["code"]) for answer in answers} == {(502, "upstream_auth")}
    assert len(upstream.requests) < 40, "they are not tried by each request for ever"
    assert len(lines(daemon, "OpenAI does not accept the API key")) == 2, "one line for each key"
    assert len(lines(daemon, "no other key is left")) == 1
    assert kinds(daemon) == ["key", "key"]
    upstream.fault = None
    eventually(lambda: daemon.token().status == 200, "a key is tried after two seconds")
    assert len(lines(daemon, "works again")) == 1


@pytest.mark.parametrize("fault", [REFUSED, EMPTY], ids=["refused", "empty"])
def test_one_key_that_is_well_again_serves_at_once(daemon, upstream, fault):
    upstream.fault = fault
    assert [daemon.token().status for _ in range(3)] == [502] * 3
    assert kinds(daemon) == ["key"]
    assert [line["ephemerald.upstream.key.place"] for line in daemon.usage(3)] == [1] * 3
    upstream.fault = None
    assert daemon.token().status == 200
    assert kinds(daemon) == []
    assert len(lines(daemon, "upstream_")) == 1 and len(lines(daemon, "works again")) == 1


def test_an_upstream_that_is_away(daemon, upstream):
    upstream.refuse()
    assert [daemon.token().status for _ in range(3)] == [502] * 3
    said = lines(daemon, "minting tokens at OpenAI fails")
    assert len(said) == 1 and "cannot_connect" in said[0] and "OPENAI_BASE_URL" in said[0]
    assert daemon.operations("GET", READY).json()["upstream"] == "failing"
    assert kinds(daemon) == ["upstream"]
    upstream.listen()
    assert daemon.token().status == 200
    assert kinds(daemon) == [] and daemon.operations("GET", READY).json()["upstream"] == "ok"
    assert len(lines(daemon, "minting tokens at OpenAI works again, after ")) == 1


def test_an_upstream_that_is_silent_is_named_before_the_first_request_times_out(start, upstream, sessions):
    """The clocks of the daemon are four times as fast as ours."""
    daemon = start(upstream, sessions, UPSTREAM_TIMEOUT="20s", **hurried(4))
    upstream.delay = 60
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        answer = pool.submit(daemon.token)
        eventually(lambda: lines(daemon, "has had no answer"), "the line about the silence")
        assert time.monotonic() - began > 1.0
        (line,) = lines(daemon, "upstream_timeout: minting tokens at OpenAI has had no answer for 4 s")
        assert "OPENAI_BASE_URL" in line
        assert kinds(daemon) == ["upstream"] and not answer.done()
        assert answer.result().status == 504
    assert len(lines(daemon, "minting tokens at OpenAI")) == 1, "the timeout says nothing new"
    upstream.delay = 0
    assert daemon.token().status == 200 and kinds(daemon) == []


def test_a_disk_that_is_full(start, upstream, sessions):
    """/dev/full refuses each line as a full disk does; then a file with room takes its place."""
    log = sessions.parent / "usage.log"
    log.symlink_to("/dev/full")
    daemon = start(upstream, sessions, USAGE_LOG=str(log))
    assert [daemon.token().status for _ in range(5)] == [200] * 5
    said = lines(daemon, "usage lines are lost: ")
    assert len(said) == 1 and "No space left on device" in said[0] and "make room" in said[0]
    assert kinds(daemon) == ["usage_log"]
    log.unlink()
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: " in daemon.stderr, "the log is opened again")
    assert daemon.token().status == 200
    assert len(lines(daemon, "usage lines are written again; 5 were lost")) == 1
    assert kinds(daemon) == []


def test_a_session_that_is_broken_by_a_change(daemon, sessions):
    good = (sessions / "default.json").read_text()
    (sessions / "default.json").write_text("{")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "nothing is reloaded" in daemon.stderr, "the refusal is logged")
    assert len(lines(daemon, "default.json")) == 1
    assert kinds(daemon) == ["configuration"]
    assert "default.json" in daemon.operations("GET", READY).json()["emergencies"][0]["message"]
    assert daemon.token().status == 200
    (sessions / "default.json").write_text(good)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: lines(daemon, "info: reloaded: ") or lines(daemon, '"reloaded: '), "it is over")
    assert kinds(daemon) == []


def test_a_redis_that_is_away(start, upstream, sessions, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    try:
        daemon = start(upstream, sessions, LIMIT_ALL="1000/h", LOOPS="1", **redis.settings)
        eventually(lambda: "are counted in" in daemon.stderr, "it is connected")
        redis.kill()
        eventually(lambda: daemon.token().status == 200 and "is away" in daemon.stderr, "it is said")
        eventually(lambda: kinds(daemon) == ["redis"], "it is listed")
        redis.start()
        eventually(lambda: daemon.token().status == 200 and "Redis is back" in daemon.stderr, "it is over")
        eventually(lambda: kinds(daemon) == [], "it is listed no longer")
    finally:
        redis.kill()


def test_a_call_is_ended_by_its_key_even_while_that_key_rests(two_keys, upstream):
    daemon, keys = two_keys
    calls = Calls(upstream)
    path = location(create(daemon))
    upstream.script.append(EMPTY)
    location(create(daemon))
    assert daemon.operations("GET", READY).json()["keys"][0]["state"] == "resting"
    location(create(daemon))
    assert sent(upstream) == [keys[0], keys[0], keys[1], keys[1]], "no creation pays for it a second time"
    assert daemon.request("POST", f"{path}/end").status == 204
    calls.wait_until(lambda calls: len(calls.open) == 2)
    [ending] = [request for request in upstream.requests if "/hangup" in request.target]
    assert ending.all("Authorization") == [f"Bearer {keys[0]}"]
    places = [line["ephemerald.upstream.key.place"] for line in daemon.usage() if "http.route" in line]
    assert places == [1, 2, 2]
