"""Calls at an upstream that fails, and at one whose answers prove less than they seem to."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest

import faults
from daemon import eventually
from fake_calls import ANSWER
from fake_connection import Received, Upstream
from fake_openai import Fault
from test_metrics import series
from call_client import create, ended, lease, lines, location, serve

SDP = {"Content-Type": "application/sdp"}


def hang_ups(calls) -> int:
    return sum(request.target.endswith("/hangup") for request in calls.owner.requests)


def answering(calls, body: bytes, location: str) -> Fault:
    """A creation whose answer has that body and, for the id of its call, that location."""

    def fault(upstream: Upstream, _: Received) -> None:
        upstream.answer(201, body, SDP | {"Location": location.format(id=calls.all[-1].id)})

    return fault


@pytest.mark.slow
def test_a_call_that_is_not_connected_yet_is_hung_up_again_and_keeps_its_place(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, MAX_CALLS="1")
    path = location(create(daemon))
    calls.fail("not-connected")
    assert daemon.request("DELETE", path).status == 200
    eventually(lambda: hang_ups(calls) >= 3, "it is hung up again")
    assert (len(calls.open), ended(tmp_path), create(daemon).status) == (1, [], 429)
    # Nothing is wrong, so that nobody is warned.
    assert series(daemon)["ephemerald_call_end_failures_total"] == 0
    assert "could not be ended" not in daemon.stderr
    calls.work()
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: len(ended(tmp_path)) == 1, "the end has its line")
    assert create(daemon).status == 201


def test_a_call_whose_key_was_revoked_is_ended_with_the_key_in_force(start, calls, tmp_path):
    upstream, key_file, other = calls.owner, tmp_path / "key", "sk-another-key-0123456789"
    key_file.write_text(upstream.key)
    daemon = serve(start, calls, tmp_path, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(key_file))
    path = location(create(daemon))
    key_file.write_text(other)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded" in daemon.stderr, "the reload is complete")
    upstream.keys = {other}
    # A key of the same project sees the call.
    calls.all[0].key = other
    assert daemon.request("DELETE", path).status == 200
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: len(ended(tmp_path)) == 1, "the end has its line")
    assert hang_ups(calls) == 2


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "/v1/realtime/calls/{id}"),
        (b"<html>", "/v1/realtime/calls/{id}"),
        (ANSWER, "/v1/realtime/calls/{id}\r\nLocation: /v1/realtime/calls/{id}"),
        (ANSWER, "/v1/realtime/calls/{id}\r\nLocation: /v1/realtime/calls/rtc_2"),
    ],
)
def test_a_call_whose_answer_cannot_be_used_is_hung_up(start, calls, tmp_path, body, where):
    daemon = serve(start, calls, tmp_path, MAX_CALLS="1")
    calls.create_fault = answering(calls, body, where)
    answer = create(daemon)
    assert (answer.status, answer.json()["code"]) == (502, "upstream_error")
    calls.wait_until(lambda calls: len(calls.all) == 1 and not calls.open)
    eventually(lambda: len(ended(tmp_path)) == 1, "the end has its line")
    assert ended(tmp_path)[0]["ephemerald.call.reason"] == "unanswered"
    [opened] = [line for line in lines(tmp_path) if "event.name" not in line]
    assert (opened["error.type"], opened["http.response.status_code"]) == ("upstream_error", 502)
    created = 'ephemerald_calls_created_total{session="default"}'
    assert series(daemon)[created] == 0
    calls.work()
    assert create(daemon).status == 201
    assert series(daemon)[created] == 1


def test_a_live_call_whose_answer_cannot_be_used_is_closed(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    calls.create_fault = lambda upstream, _: upstream.answer(201, {"session": {"id": calls.all[-1].id}})
    assert create(daemon, "live").status == 502
    calls.wait_until(lambda calls: len(calls.all) == 1 and not calls.open)


def test_creations_that_fail_leave_tokens_alone(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    calls.create_fault = faults.error(500, "server_error")
    assert [create(daemon).status for _ in range(20)] == [502] * 20
    unavailable = create(daemon)
    assert (unavailable.status, unavailable.json()["code"]) == (503, "upstream_unavailable")
    assert daemon.token().status == 200


def test_no_calls_are_created_with_max_calls_0_and_open_ones_go_on(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    path = location(create(daemon))
    daemon.process.send_signal(signal.SIGKILL)
    daemon.wait()
    second = serve(start, calls, tmp_path, MAX_CALLS="0")
    assert [create(second).status, create(second, origin=None).status, second.token().status] == [404, 404, 200]
    assert lease(second, path).status == 200
    assert second.request("DELETE", path).status == 200
    calls.wait_until(lambda calls: len(calls.all) == 1 and not calls.open)


def journal_line(number: int, port: int = 1, **members: object) -> str:
    """The line of a call that is overdue, with those members."""
    began = datetime.now(timezone.utc) - timedelta(seconds=100)
    line = {
        "timestamp": began.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "ephemerald.request.id": "1" * 32,
        "ephemerald.session.name": "default",
        "server.address": "127.0.0.1",
        "server.port": port,
        "ephemerald.call.id": f"{number:032x}",
        "ephemerald.call.type": "realtime",
        "ephemerald.call.upstream_id": "rtc_x",
        "ephemerald.call.key": "0" * 8,
        "ephemerald.call.binding": "0" * 32,
        "ephemerald.call.ends_at": int(began.timestamp()) + 60,
        "ephemerald.call.lease_seconds": 10,
    }
    return json.dumps(line | {f"ephemerald.call.{name}": value for name, value in members.items()}, separators=(",", ":"))


def test_a_line_that_the_daemon_does_not_write_makes_no_request_and_no_start_fail(start, calls, tmp_path):
    log = [
        journal_line(1, lease_seconds=10_000_000_000),
        journal_line(2, upstream_id="../../batches/batch_1/cancel?"),
        journal_line(3),
    ]
    # As an editor leaves it.
    (tmp_path / "usage.log").write_bytes("\r\n".join(log).encode())
    daemon = serve(start, calls, tmp_path)
    assert "passed over: 2" in daemon.stderr and "calls: 1 of an earlier process are taken over" in daemon.stderr
    eventually(lambda: hang_ups(calls) > 0, "the call is hung up")
    assert {request.target for request in calls.owner.requests if request.method == "POST"} == {
        "/v1/realtime/calls/rtc_x/hangup"
    }
    assert daemon.is_running


@pytest.mark.slow
def test_while_no_line_can_be_written_no_call_is_created_upstream(start, calls, tmp_path):
    log = tmp_path / "usage.pipe"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDWR | os.O_NONBLOCK)
    daemon = serve(start, calls, tmp_path, USAGE_LOG=str(log))
    with suppress(BlockingIOError):
        while True:
            os.write(reader, b"\n" * 4096)
    refused = [create(daemon, name) for name in ("live", "default") * 5]
    assert {(answer.status, answer.json()["code"]) for answer in refused} == {(503, "limits_unavailable")}
    assert len(calls.all) == 1
    # Two lines of the first creation, and that of its end. The next line that is written is not one of them.
    lost = "ephemerald_usage_log_failures_total"
    eventually(lambda: series(daemon)[lost] == len(refused) + 2, "the end of the first call is lost, too")
    while b"{" not in os.read(reader, 65536):
        # The line of this refusal is the first that can be written.
        answer = create(daemon)
    assert (answer.status, len(calls.all)) == (503, 1)
    assert create(daemon).status == 201
    os.close(reader)


def test_calls_that_are_due_at_once_are_hung_up_in_order_by_64_at_a_time(start, calls, tmp_path):
    held, numbers, most = [], [], 0

    def answer_all() -> None:
        nonlocal most
        most = max(most, len(held))
        while held:
            held.pop().answer(200, b"")

    def hold(upstream: Upstream, received: Received) -> None:
        numbers.append(int(received.target.split("rtc_")[1].split("/")[0]))
        held.append(upstream)
        if len(held) == 64:
            # Long enough for one too many to arrive.
            calls.owner.loop.call_later(0.2, answer_all)

    calls.hangup_fault = hold
    key, now = hashlib.sha256(calls.owner.key.encode()).hexdigest()[:8], int(time.time())
    port, ends_at = calls.owner.port, now - 40
    log = [journal_line(n, port, upstream_id=f"rtc_{n}", key=key, ends_at=ends_at + n // 64) for n in range(192)]
    (tmp_path / "usage.log").write_text("\n".join(log) + "\n")
    daemon = serve(start, calls, tmp_path)
    eventually(lambda: len(ended(tmp_path)) == 192, "all are ended")
    assert (most, len(numbers)) == (64, 192)
    assert set(numbers[:64]) == set(range(64))
    assert daemon.is_running
