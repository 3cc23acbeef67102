"""Notifications to a service manager: ready, stopping, and that every loop is alive (sd_notify)."""

from __future__ import annotations

import os
import signal

import pytest

import raw
from crowd import token_request
from daemon import HEALTH
from service_manager import NotifySocket


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    name = str(tmp_path / "notify") if request.param == "path" else f"@ephemerald-test-{os.getpid()}"
    manager = NotifySocket(name)
    yield manager
    manager.close()


def test_it_is_ready_when_it_answers_and_stopping_when_it_is_told(start, upstream, sessions, manager):
    daemon = start(upstream, sessions, NOTIFY_SOCKET=manager.name)
    assert str(daemon.port) in manager.expect("READY")["STATUS"]
    assert daemon.stop() == 0
    assert manager.expect("STOPPING")["STATUS"] == "draining"


def test_the_watchdog_is_fed_while_it_serves_and_while_it_drains(start, upstream, sessions, manager):
    daemon = start(
        upstream, sessions, NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="100000", LOOPS="3", DRAIN_DELAY="2s"
    )
    manager.expect("READY")
    assert [manager.receive() for _ in range(3)] == [{"WATCHDOG": "1"}] * 3
    daemon.process.send_signal(signal.SIGTERM)
    manager.expect("STOPPING")
    assert manager.receive() == {"WATCHDOG": "1"}
    assert daemon.wait() == 0


def test_the_watchdog_of_another_process_is_not_fed(start, upstream, sessions, manager):
    daemon = start(upstream, sessions, NOTIFY_SOCKET=manager.name, WATCHDOG_USEC="20000", WATCHDOG_PID="1")
    manager.expect("READY")
    with pytest.raises(TimeoutError):
        manager.receive(0.3)
    assert daemon.stop() == 0


@pytest.mark.parametrize("name", ["vsock:2:1234", "/" + "x" * 200, "/nowhere/notify"])
def test_a_manager_that_cannot_be_reached_does_no_harm(start, upstream, sessions, name):
    daemon = start(upstream, sessions, NOTIFY_SOCKET=name)
    assert daemon.token().status == 200
    assert daemon.stop() == 0
    assert ("service manager" in daemon.stderr) == (name != "/nowhere/notify")


def test_a_second_signal_ends_it_at_once(start, upstream, sessions):
    for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)):
        daemon = start(upstream, sessions, DRAIN_TIMEOUT="60s", UPSTREAM_TIMEOUT="60s")
        upstream.fault = lambda *_: None
        held = upstream.held
        with raw.Connection(daemon.port) as waiting:
            waiting.send(token_request())
            upstream.wait_until_held(held + 1)
            daemon.process.send_signal(first)
            # The port closes, so the first signal has been taken; two of a kind would else become one.
            while _accepts(daemon.port):
                pass
            assert daemon.is_running
            daemon.process.send_signal(second)
            assert daemon.wait() == 75


def _accepts(port: int) -> bool:
    try:
        raw.Connection(port).socket.close()
    except OSError:
        return False
    return True


def test_a_second_signal_in_the_delay_ends_it_too_and_removes_the_socket_file(start, upstream, sessions, tmp_path):
    daemon = start(upstream, sessions, DRAIN_DELAY="60s")
    daemon.process.send_signal(signal.SIGTERM)
    with raw.Connection(daemon.port) as client:
        # Answers close their connections once the signal has been taken.
        while True:
            client.send(raw.head("GET", HEALTH))
            if client.receive().answers[-1].one("Connection") == "close":
                break
            client.data = b""
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait() == 75
