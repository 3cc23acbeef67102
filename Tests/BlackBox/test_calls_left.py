"""Open calls that somebody leaves: a client that has gone, a process that ends, a reload that takes the key away."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import raw
from call_client import CALLS, OFFER, create, ended, lease, location, serve, session
from daemon import ORIGIN, SESSION, Daemon, eventually, write_sessions
from fake_calls import ANSWER, Calls


def leaves_none(daemon: Daemon, calls: Calls, folder: Path) -> None:
    """A client that is gone before its answer has its call ended."""
    held = []
    calls.create_fault = lambda upstream, _: held.append(upstream)
    fields = {"Origin": ORIGIN, "Content-Type": "application/sdp", "Content-Length": str(len(OFFER))}
    with raw.Connection(daemon.port) as connection:
        connection.send(raw.head("POST", CALLS, fields, host=f"127.0.0.1:{daemon.port}") + OFFER)
        eventually(lambda: held, "the call is created, and its answer held back")
    [call] = calls.all
    answer = (201, ANSWER, {"Content-Type": "application/sdp", "Location": f"/v1/realtime/calls/{call.id}"})
    calls.owner.loop.call_soon_threadsafe(held[0].answer, *answer)
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: ended(folder), "the end has its line")
    assert ended(folder)[0]["ephemerald.call.reason"] == "unanswered"


def test_a_client_that_is_gone_leaves_no_call(start, calls, tmp_path):
    leaves_none(serve(start, calls, tmp_path), calls, tmp_path)


@pytest.mark.slow
def test_calls_outlive_kill_and_are_ended_by_the_next_process(start, calls, tmp_path):
    files = {"default": session(call={"lease_seconds": 10}), "long": session(call={"lease_seconds": 0})}
    daemon = serve(start, calls, tmp_path, files)
    short, long = location(create(daemon)), location(create(daemon, "long"))
    daemon.request("DELETE", location(create(daemon)))
    eventually(lambda: len(ended(tmp_path)) == 1, "one call is over")
    daemon.process.send_signal(signal.SIGKILL)
    daemon.wait()
    log = tmp_path / "usage.log"
    log.rename(tmp_path / "usage.log.1")
    second = serve(start, calls, tmp_path, files)
    assert "calls: 2 of an earlier process are taken over" in second.stderr
    assert lease(second, long).status == 200
    calls.wait_until(lambda calls: len(calls.open) == 1, 30)
    assert lease(second, short).json()["reason"] == "lease"
    assert second.request("DELETE", long).status == 200
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: len(ended(tmp_path)) == 2, "each call ends once")
    second.stop()
    third = serve(start, calls, tmp_path, files)
    assert "taken over" not in third.stderr
    assert len(ended(tmp_path)) == 2


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_the_next_process_goes_on_to_end_a_call(start, calls, tmp_path, way):
    daemon = serve(start, calls, tmp_path, {"default": session(call={"lease_seconds": 0})})
    path, other = location(create(daemon)), location(create(daemon))
    calls.fail("hangup-fails")
    assert daemon.request("DELETE", path).status == 200
    eventually(lambda: "call.ending" in (tmp_path / "usage.log").read_text(), "the line is written")
    daemon.process.send_signal(way)
    daemon.wait()
    calls.work()
    second = serve(start, calls, tmp_path)
    assert "calls: 2 of an earlier process are taken over" in second.stderr
    assert lease(second, path).json()["reason"] == "client"
    eventually(lambda: ended(tmp_path), "the end has its line")
    assert [line["ephemerald.call.reason"] for line in ended(tmp_path)] == ["client"]
    assert lease(second, other).status == 200
    assert len(calls.open) == 1


def test_a_second_signal_leaves_to_the_next_process_what_is_ending(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, DRAIN_DELAY="30s")
    path = location(create(daemon))
    held = []
    calls.hangup_fault = lambda upstream, _: held.append(upstream)
    daemon.request("DELETE", path)
    eventually(lambda: held, "the end is under way")
    for _ in range(2):
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: "draining" in daemon.stderr, "the daemon says so")
    assert daemon.wait() == 75
    calls.work()
    second = serve(start, calls, tmp_path)
    assert lease(second, path).json()["reason"] == "client"
    calls.wait_until(lambda calls: not calls.open)


def test_without_a_journal_all_calls_end_with_the_process(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, USAGE_LOG="-")
    for name in ("default", "default", "default"):
        location(create(daemon, name))
    assert daemon.stop() == 0
    assert calls.open == []
    reasons = [line["ephemerald.call.reason"] for line in daemon.usage() if line.get("event.name") == "call.ended"]
    assert reasons == ["exit"] * 3


def accepts(daemon: Daemon) -> bool:
    try:
        with raw.Connection(daemon.port):
            return True
    except ConnectionRefusedError:
        return False


def test_without_a_journal_nobody_gets_a_call_of_a_daemon_that_ends(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, USAGE_LOG="-", DRAIN_DELAY="3s", LOOPS="1")
    held = []
    calls.create_fault = lambda upstream, _: held.append(upstream)
    with ThreadPoolExecutor() as pool:
        creation = pool.submit(create, daemon)
        eventually(lambda: held, "the call is created, and its answer held back")
        calls.create_fault = None
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: "draining" in daemon.stderr, "the daemon says so")
        answers = [create(daemon)]
        # Until all calls have ended the process waits, so also for this one.
        eventually(lambda: not accepts(daemon), "the socket is closed")
        [call] = calls.all
        answer = (201, ANSWER, {"Content-Type": "application/sdp", "Location": f"/v1/realtime/calls/{call.id}"})
        calls.owner.loop.call_soon_threadsafe(held[0].answer, *answer)
        answers.append(creation.result())
    assert [(answer.status, answer.json()["code"]) for answer in answers] == [(503, "shutting_down")] * 2
    assert daemon.wait() == 0
    assert calls.open == []
    reasons = [line["ephemerald.call.reason"] for line in daemon.usage() if line.get("event.name") == "call.ended"]
    assert reasons == ["exit"]


def test_a_call_whose_line_cannot_be_written_is_ended(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, USAGE_LOG="/dev/full")
    answer = create(daemon)
    assert (answer.status, answer.json()["code"]) == (503, "limits_unavailable")
    calls.wait_until(lambda calls: len(calls.all) == 1 and not calls.open)


def test_a_paused_service_creates_no_calls_and_keeps_the_open_ones(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    path = location(create(daemon))
    daemon.process.send_signal(signal.SIGUSR1)
    eventually(lambda: "minting is paused" in daemon.stderr, "the daemon says so")
    assert create(daemon).status == 503
    assert lease(daemon, path).status == 200
    assert len(calls.open) == 1


def test_a_reload_that_takes_the_key_and_the_session_away_leaves_open_calls_alone(start, calls, tmp_path):
    upstream = calls.owner
    key_file = tmp_path / "key"
    key_file.write_text(upstream.key)
    daemon = serve(start, calls, tmp_path, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(key_file))
    path = location(create(daemon))
    other = "sk-another-key-0123456789"
    upstream.keys = upstream.keys | {other}
    key_file.write_text(other)
    write_sessions(tmp_path / "sessions", other=SESSION)
    (tmp_path / "sessions" / "default.json").unlink()
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded" in daemon.stderr, "the reload is complete")
    assert lease(daemon, path).status == 200
    location(create(daemon, "other"))
    assert daemon.request("DELETE", path).status == 200
    calls.wait_until(lambda calls: len(calls.open) == 1)
    assert calls.open[0].key == other
