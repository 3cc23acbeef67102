"""Readiness: whether the service takes requests, and what who may know it is told of each session."""

from __future__ import annotations

import signal

import faults
import raw
from daemon import HEALTH, eventually
from program import run

READY = "/api/health/ready"


def test_it_says_so_and_names_every_session_to_this_machine(daemon, upstream):
    answer = daemon.request("GET", READY)
    assert (answer.status, answer.one("Content-Type")) == (200, "application/json")
    assert answer.one("Cache-Control") == "no-store"
    assert answer.json() == {
        "status": "ready",
        "key": True,
        "paused": False,
        "upstream": "ok",
        "sessions": {"default": {"file": "valid", "last_mint": None}},
    }
    assert upstream.requests == []
    assert daemon.usage() == []


def test_the_last_mint_is_told_with_its_age(daemon, upstream):
    for fault, outcome in ((None, "ok"), (faults.error(401, "invalid_api_key"), "upstream_auth")):
        upstream.fault = fault
        daemon.token()
        last = daemon.request("GET", READY).json()["sessions"]["default"]["last_mint"]
        assert last["outcome"] == outcome
        assert 0 <= last["age_seconds"] <= 5
    assert daemon.request("GET", READY).status == 200, "OpenAI's failures take no replica out"


def test_who_comes_through_a_proxy_is_told_the_status_alone(daemon):
    for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        answer = daemon.request("GET", READY, {name: "192.0.2.1"})
        assert (answer.status, answer.json()) == (200, {"status": "ready"})


def test_head_and_other_methods(daemon):
    head = daemon.request("HEAD", READY)
    assert (head.status, head.body) == (200, b"")
    refused = daemon.request("POST", READY)
    assert (refused.status, refused.one("Allow")) == (405, "GET, HEAD")


def test_it_needs_no_key_of_a_caller(start, upstream, sessions, tmp_path):
    keys = tmp_path / "callers"
    keys.write_text("ann:" + "0" * 64 + "\n")
    daemon = start(upstream, sessions, AUTH="bearer", AUTH_KEYS_FILE=str(keys))
    assert daemon.request("GET", READY).status == 200


def test_it_turns_before_the_socket_closes(start, upstream, sessions):
    """While the delay lasts, new connections are accepted and tokens minted; then the socket closes."""
    daemon = start(upstream, sessions, DRAIN_DELAY="4s")
    daemon.process.send_signal(signal.SIGTERM)
    eventually(lambda: daemon.request("GET", READY).status == 503, "readiness turns")
    answer = daemon.request("GET", READY)
    assert (answer.json()["status"], answer.json()["reasons"]) == ("not_ready", ["draining"])
    assert daemon.request("GET", HEALTH).status == 200
    minted = daemon.token()
    assert (minted.status, minted.one("Connection")) == (200, "close")
    assert daemon.wait() == 0
    try:
        raw.Connection(daemon.port)
        raise AssertionError("the socket is closed")
    except OSError:
        pass
    assert all(line["http.response.status_code"] == 200 for line in daemon.usage()), "probes leave no usage line"


def test_the_healthcheck_can_ask_for_it(daemon, tmp_path):
    asked = run("healthcheck", "--ready", directory=tmp_path, settings={"PORT": str(daemon.port)})
    assert (asked.returncode, asked.stdout) == (0, f"ok: 127.0.0.1:{daemon.port}\n")
