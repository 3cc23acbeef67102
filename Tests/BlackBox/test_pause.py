"""The switch for emergencies: nothing is minted, and everything else goes on."""

from __future__ import annotations

import signal

import raw
from crowd import token_request
from daemon import HEALTH, ORIGIN, TOKEN, eventually


def test_signals_pause_and_resume_at_once(start, upstream, sessions):
    daemon = start(upstream, sessions, LOOPS="4")
    assert daemon.token().status == 200
    daemon.process.send_signal(signal.SIGUSR1)
    eventually(lambda: "minting is paused" in daemon.stderr, "the pause is logged")
    for _ in range(8):
        answer = daemon.token()
        assert (answer.status, answer.json()["code"]) == (503, "minting_paused")
        assert int(answer.one("Retry-After")) >= 1
        assert answer.one("Access-Control-Allow-Origin") == ORIGIN
    assert daemon.token(origin="https://evil.example").status == 403
    assert daemon.request("GET", HEALTH).status == 200
    preflight = daemon.request("OPTIONS", TOKEN, {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert preflight.status == 204
    assert len(upstream.requests) == 1
    daemon.process.send_signal(signal.SIGUSR1)
    assert daemon.token().status == 503
    daemon.process.send_signal(signal.SIGUSR2)
    eventually(lambda: "minting is resumed" in daemon.stderr, "the resumption is logged")
    assert daemon.token().status == 200
    assert daemon.usage()[1]["error.type"] == "minting_paused"


def test_a_daemon_can_start_paused(start, upstream, sessions):
    daemon = start(upstream, sessions, "serve", "--paused")
    assert daemon.token().status == 503
    assert "minting is paused" in daemon.stderr
    daemon.process.send_signal(signal.SIGUSR2)
    eventually(lambda: "minting is resumed" in daemon.stderr, "the resumption is logged")
    assert daemon.token().status == 200
    assert len(upstream.requests) == 1


def test_a_mint_that_is_under_way_is_finished(start, upstream, sessions):
    daemon = start(upstream, sessions)
    held: list = []
    upstream.fault = lambda connection, received: held.append((connection, received))
    with raw.Connection(daemon.port) as waiting:
        waiting.send(token_request())
        upstream.wait_until_held(1)
        daemon.process.send_signal(signal.SIGUSR1)
        eventually(lambda: "minting is paused" in daemon.stderr, "the pause is logged")
        connection, received = held[0]
        upstream.loop.call_soon_threadsafe(connection.mint, received)
        assert waiting.receive().answers[0].status == 200


def test_a_limit_is_reported_once_and_not_for_each_refusal(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/h burst 1", LIMIT_SESSION="5/h", TRUSTED_PROXIES="127.0.0.1")
    assert [daemon.token(fields={"X-Forwarded-For": "192.0.2.7"}).status for _ in range(20)] == [200] + [429] * 19
    line = "limit client: 192.0.2.7 has reached 1/h;"
    eventually(lambda: line in daemon.stderr, "the limit is reported")
    assert daemon.stderr.count("has reached") == 1
    statuses = [daemon.token(fields={"X-Forwarded-For": f"198.51.100.{host}"}).status for host in range(60)]
    assert statuses.count(200) == 4
    assert daemon.stderr.count("limit session: default has reached 5/h") == 1
    assert daemon.stderr.count("has reached") == 2
