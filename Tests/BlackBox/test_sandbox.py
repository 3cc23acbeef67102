"""The built-in stand-in for OpenAI: the daemon without a key, without cost, and with faults on request."""

from __future__ import annotations

import time

import pytest

from daemon import Daemon, eventually, write_sessions
from problem import problem
from program import ROOT, run
from call_client import LIVE, OFFER, create


@pytest.fixture
def sandbox(start, upstream, sessions):
    """Starts a daemon on its own stand-in. The fake upstream must receive no request."""

    def begin(*flags: str) -> Daemon:
        return start(upstream, sessions, "serve", "--sandbox", *flags, OPENAI_API_KEY=None, OPENAI_BASE_URL=None)

    yield begin
    assert upstream.connections == 0


def test_it_mints_without_a_key_and_says_what_it_is(sandbox):
    daemon = sandbox()
    answers = [daemon.token() for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert len({answer.json()["value"] for answer in answers}) == 3
    assert answers[0].json()["session"]["model"] == "gpt-realtime-2.1"
    assert answers[0].json()["sandbox"] is True
    assert "sandbox" in daemon.stderr.lower()


def test_without_a_key_and_without_the_sandbox_nothing_starts(sessions, tmp_path):
    assert run("serve", directory=tmp_path, settings={"SESSIONS_DIR": str(sessions)}).returncode == 78


def test_its_latency_is_kept(sandbox):
    daemon = sandbox("--sandbox-latency", "300ms")
    begun = time.monotonic()
    assert daemon.token().status == 200
    # The limit above is ten times as much: a machine may be busy, and 300 ms are not 300 s.
    assert 0.3 <= time.monotonic() - begun < 3.0


HASTE = ("--upstream-timeout", "1s", "--upstream-connect-timeout", "1s")
FAULTS = {
    "401": (502, "upstream_auth"),
    "403": (502, "upstream_auth"),
    "429": (429, "upstream_rate_limited"),
    "500": (502, "upstream_error"),
    "refuse": (502, "upstream_error"),
    "reset": (502, "upstream_error"),
    "garbage": (502, "upstream_error"),
    "not-json": (502, "upstream_error"),
    "huge": (502, "upstream_error"),
    "quota": (502, "upstream_quota"),
    "late": (504, "upstream_timeout"),
    "slow-headers": (504, "upstream_timeout"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_its_faults_are_an_upstreams(sandbox, fault):
    problem(sandbox("--sandbox-fault", fault, *HASTE).token(), *FAULTS[fault])


def test_an_unknown_fault_is_refused_with_the_known_ones(sessions, tmp_path):
    ended = run(
        "serve",
        "--sandbox",
        "--sandbox-fault",
        "earthquake",
        directory=tmp_path,
        settings={"SESSIONS_DIR": str(sessions)},
    )
    assert ended.returncode in (64, 78) and "slow-headers" in ended.stderr


def test_the_shipped_sessions_pass_it(start, upstream):
    assert (ROOT / "sessions").is_dir()
    daemon = start(upstream, ROOT / "sessions", "--sandbox", OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
    for name in ("default", "transcription", "translation"):
        assert daemon.token(name).status == 200, name
    assert daemon.token("live").status == 409
    assert upstream.connections == 0


@pytest.mark.parametrize("name", ["default", "live"])
def test_it_creates_calls_and_ends_them(sandbox, sessions, name):
    write_sessions(sessions, live=LIVE)
    daemon = sandbox()
    created = create(daemon, name, OFFER)
    assert created.status == 201 and created.body.startswith(b"v=0\r\n")
    assert daemon.request("DELETE", created.one("Location")).status == 200
    eventually(lambda: len(daemon.usage()) == 2, "the end has its line")
    end = daemon.usage()[1]
    told = [end[f"ephemerald.call.{member}"] for member in ("reason", "confirmed", "seconds_by")]
    assert told == ["client", True, "clock"]


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_a_live_session_of_it_drains_on_request(sandbox, sessions):
    write_sessions(sessions, live=LIVE)
    daemon = sandbox("--sandbox-fault", "drains")
    assert daemon.request("DELETE", create(daemon, "live", OFFER).one("Location")).status == 200
    eventually(lambda: "a call could not be ended" in daemon.stderr, "the session goes on after its hang-up")
    # In its first minute a call that is not found may still begin.
    eventually(lambda: daemon.usage()[-1].get("event.name") == "call.ended", "it is over in the end", 110)
    assert daemon.usage()[-1]["ephemerald.call.seconds"] >= 10
