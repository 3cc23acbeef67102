"""Readiness: whether the service accepts requests; the operations listener has the details of each session."""

from __future__ import annotations

import hashlib
import signal
import socket

import faults
import pytest
import raw
from daemon import HEALTH, eventually
from program import run

READY = "/api/health/ready"


FORWARDED = ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP")


@pytest.mark.parametrize("fields", [{}, *({name: "192.0.2.1"} for name in FORWARDED)], ids=str)
def test_everybody_is_told_the_status_alone(daemon, upstream, fields):
    answer = daemon.request("GET", READY, fields)
    assert (answer.status, answer.one("Content-Type")) == (200, "application/json")
    assert answer.one("Cache-Control") == "no-store"
    assert answer.json() == {"status": "ready"}
    assert upstream.requests == []
    assert daemon.usage() == []


def test_the_operations_listener_names_every_session(daemon, upstream):
    answer = daemon.operations("GET", READY)
    assert (answer.status, answer.one("Content-Type")) == (200, "application/json")
    assert answer.one("Cache-Control") == "no-store"
    assert answer.json() == {
        "status": "ready",
        "key": True,
        "paused": False,
        "keys": [{"place": 1, "print": hashlib.sha256(upstream.key.encode()).hexdigest()[:8], "state": "ok"}],
        "upstream": "ok",
        "emergencies": [],
        "sessions": {"default": {"file": "valid", "last_mint": None}},
    }
    assert upstream.requests == []
    assert daemon.usage() == []


def test_the_last_mint_is_told_with_its_age(daemon, upstream):
    for fault, outcome in ((None, "ok"), (faults.error(401, "invalid_api_key"), "upstream_auth")):
        upstream.fault = fault
        daemon.token()
        last = daemon.operations("GET", READY).json()["sessions"]["default"]["last_mint"]
        assert last["outcome"] == outcome
        assert 0 <= last["age_seconds"] <= 5
    assert daemon.request("GET", READY).status == 200, "OpenAI's failures take no replica out"


@pytest.mark.parametrize("path", [READY, "/metrics"])
def test_no_page_reads_the_operations_listener(daemon, path):
    """By a name that it rebinds, by an origin of its own, or as a browser marks what is not its user's own doing."""
    port = daemon.settings["OPS_PORT"]
    pages = [
        daemon.operations("GET", path, host=f"rebound.example:{port}"),
        daemon.operations("GET", path, host=f"127.0.0.1.rebound.example:{port}"),
        daemon.operations("GET", path, {"Origin": "http://localhost:3000"}),
        daemon.operations("GET", path, {"Sec-Fetch-Site": "same-origin"}),
        daemon.operations("GET", path, {"Sec-Fetch-Site": "cross-site"}, host="localhost"),
    ]
    for answer in pages:
        assert (answer.status, answer.one("Content-Type")) == (403, "text/plain; charset=utf-8")
        assert b"default" not in answer.body and b"ephemerald_" not in answer.body
    people = [
        daemon.operations("GET", path, {"Sec-Fetch-Site": "none"}),
        daemon.operations("GET", path, host=f"localhost:{port}"),
        daemon.operations("GET", path, host="[::1]"),
        raw.exchange(int(port), f"GET {path} HTTP/1.0\r\n\r\n".encode()).only(),
    ]
    assert {answer.status for answer in people} == {200}


def test_a_scraper_may_use_the_name_in_ops_host(start, upstream, sessions):
    daemon = start(upstream, sessions, OPS_HOST=socket.gethostname())
    host = (socket.gethostname(), int(daemon.settings["OPS_PORT"]))
    with raw.Connection(host[1], host=host[0]) as connection:
        connection.send(raw.head("GET", "/metrics", host=f"{host[0]}:{host[1]}"))
        assert connection.receive().only().status == 200


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


@pytest.mark.slow
def test_it_turns_before_the_socket_closes(start, upstream, sessions):
    """While the delay lasts, new connections are accepted and tokens minted; then the socket closes."""
    daemon = start(upstream, sessions, DRAIN_DELAY="4s")
    daemon.process.send_signal(signal.SIGTERM)
    eventually(lambda: daemon.request("GET", READY).status == 503, "readiness turns")
    assert daemon.request("GET", READY).json() == {"status": "not_ready", "reasons": ["draining"]}
    answer = daemon.operations("GET", READY)
    assert (answer.status, answer.json()["reasons"]) == (503, ["draining"]) and "default" in answer.json()["sessions"]
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
