"""From start to end: exit codes, signals, the drain."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

import raw
from conftest import settings_for
from crowd import ask_all, tally, token_request
from daemon import HEALTH, Daemon, NotStarted, eventually
from journal import long_journal, open_files
from program import binary, environment, free_port, run

RUNS = int(os.environ.get("BLACKBOX_DRAIN_RUNS", "5"))


@pytest.mark.parametrize("round", range(RUNS))
def test_sigterm_lets_everybody_finish(start, upstream, sessions, round):
    daemon = start(upstream, sessions)
    held: list = []
    upstream.fault = lambda connection, received: held.append((connection, received))
    replies: list = []
    crowd = threading.Thread(target=lambda: replies.extend(asyncio.run(ask_all(daemon.port, [token_request()] * 200))))
    crowd.start()
    upstream.wait_until_held(200)
    daemon.process.send_signal(signal.SIGTERM)
    # The upstream answers all of them 300 ms after the signal.
    for connection, received in held:
        upstream.loop.call_soon_threadsafe(upstream.loop.call_later, 0.3, connection.mint, received)
    assert daemon.wait() == 0
    crowd.join(20)
    assert tally(replies) == {200: 200}
    assert len(daemon.usage(200)) == 200


def test_sigterm_with_nothing_to_do_waits_for_no_deadline_and_sigint_neither(start, upstream, sessions):
    for number in (signal.SIGTERM, signal.SIGINT):
        daemon = start(upstream, sessions, DRAIN_TIMEOUT="60s")
        with raw.Connection(daemon.port) as idle:
            idle.send(raw.head("GET", HEALTH))
            idle.receive()
            daemon.process.send_signal(number)
            assert daemon.wait() == 0


def test_a_drain_ends_at_its_deadline(start, upstream, sessions):
    daemon = start(upstream, sessions, DRAIN_TIMEOUT="1s", UPSTREAM_TIMEOUT="60s")
    upstream.fault = lambda *_: None
    with raw.Connection(daemon.port) as waiting:
        waiting.send(token_request())
        upstream.wait_until_held(1)
        begun = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - begun >= 1
        exchange = waiting.receive()
    assert exchange.closed or exchange.answers[0].status == 503


def test_a_slow_client_does_not_hold_up_the_end(start, upstream, sessions):
    daemon = start(upstream, sessions, DRAIN_TIMEOUT="1s")
    with raw.Connection(daemon.port) as slow:
        slow.send(b"POST /api/realtime/token HT")
        # It would lose its connection after ten seconds anyway.
        assert daemon.stop(8) == 0


def test_it_accepts_no_new_connection_once_it_drains(start, upstream, sessions):
    daemon = start(upstream, sessions)
    held: list = []
    upstream.fault = lambda connection, received: held.append((connection, received))
    with raw.Connection(daemon.port) as waiting:
        waiting.send(token_request())
        upstream.wait_until_held(1)
        daemon.process.send_signal(signal.SIGTERM)

        def is_closed() -> bool:
            try:
                return raw.exchange(daemon.port, raw.head("GET", HEALTH)).answers == []
            except OSError:
                return True

        eventually(is_closed, "the port closes")
        connection, received = held[0]
        upstream.loop.call_soon_threadsafe(connection.mint, received)
        answer = waiting.receive().only()
    assert (answer.status, answer.one("Connection")) == (200, "close")
    assert daemon.wait() == 0


def test_it_starts_within_a_second(start, upstream, sessions):
    """Its own time is part of every start; what a busy machine adds is not."""
    assert any(start(upstream, sessions).starting_took < 1.0 for _ in range(5))


def test_a_taken_port_is_69(upstream, sessions, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(directory=tmp_path, settings=settings_for(upstream, sessions, PORT=str(port)))
    assert ended.returncode == 69
    assert str(port) in ended.stderr


def test_a_second_daemon_on_the_port_is_69(start, upstream, sessions, tmp_path):
    """Or else the kernel would give each of them some of the connections."""
    first = start(upstream, sessions)
    second = start.take(Daemon(tmp_path / "second", settings_for(upstream, sessions, PORT=str(first.port))))
    ended = None
    try:
        second.start()
    except NotStarted as error:
        ended = error
    # An answer may have come from the first; what counts is that the second has ended, or will at once.
    assert (ended.code if ended else second.wait()) == 69


def test_it_listens_on_every_loop_it_was_given(start, upstream, sessions):
    daemon = start(upstream, sessions, LOOPS="4")
    assert [daemon.token().status for _ in range(40)] == [200] * 40


def test_it_listens_on_ipv6_and_on_a_unix_socket(start, upstream, sessions, tmp_path):
    port = free_port()
    six = start.take(Daemon(tmp_path / "six", settings_for(upstream, sessions, HOST="::1", PORT=str(port))))
    six._answers = lambda: _answers(socket.AF_INET6, ("::1", port))
    path = str(tmp_path / "s")
    reachable = {"HOST": f"unix:{path}", "ALLOWED_ORIGINS": "https://a.example", "AUTH": "none"}
    unix = start.take(Daemon(tmp_path / "unix", settings_for(upstream, sessions, **reachable)))
    unix._answers = lambda: _answers(socket.AF_UNIX, path)
    for daemon in (six, unix):
        daemon.start()
        assert daemon.stop() == 0


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_a_unix_socket_has_the_mode_of_the_setting(start, upstream, sessions, tmp_path, umask):
    public, private = tmp_path / "public", tmp_path / "private"
    places = {"HOST": f"unix:{public}", "OPS_HOST": f"unix:{private}", "ALLOWED_ORIGINS": "https://a.example"}
    for number, (setting, mode) in enumerate([(None, 0o660), ("0600", 0o600), ("666", 0o666)]):
        settings = settings_for(upstream, sessions, AUTH="none", SOCKET_MODE=setting, **places)
        daemon = start.take(Daemon(tmp_path / f"mode-{number}", settings))
        daemon._answers = lambda: _answers(socket.AF_UNIX, str(public))
        before = os.umask(umask)
        try:
            daemon.start()
        finally:
            os.umask(before)
        assert [stat.S_IMODE(os.stat(path).st_mode) for path in (public, private)] == [mode, mode]
        assert ("every user of this machine can connect" in daemon.stderr) == (setting == "666")
        assert daemon.stop() == 0


def _answers(family: int, address: object) -> bool:
    with socket.socket(family) as client:
        client.settimeout(2)
        try:
            client.connect(address)
        except OSError:
            return False
        client.sendall(raw.head("GET", HEALTH))
        return client.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_connection_limit_of_the_system_is_raised(start, upstream, sessions, tmp_path):
    """Started with a soft limit of 256 descriptors it serves more connections than that."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    daemon = start.take(Daemon(tmp_path / "few", settings_for(upstream, sessions)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        daemon.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections = [raw.Connection(daemon.port) for _ in range(600)]
    try:
        for connection in connections:
            connection.send(raw.head("GET", HEALTH))
        assert all(connection.receive().only().status == 200 for connection in connections)
    finally:
        for connection in connections:
            connection.socket.close()
        assert daemon.stop() == 0


def test_answers_to_clients_that_have_gone_are_not_the_end(start, upstream, sessions):
    """Writing to a closed connection is SIGPIPE to who does not ignore it."""
    daemon = start(upstream, sessions)
    upstream.delay = 0.05
    for _ in range(50):
        with raw.Connection(daemon.port) as connection:
            connection.send(token_request() * 3)
    upstream.delay = 0.0
    assert daemon.token().status == 200


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGUSR1, "minting is paused"),
        (signal.SIGUSR2, "minting is resumed"),
        (signal.SIGHUP, "nothing is reloaded"),
    ],
)
def test_a_signal_during_the_start_waits_until_it_serves(start, upstream, sessions, tmp_path, number, words):
    config = tmp_path / "config"
    os.mkfifo(config)
    daemon = start.take(Daemon(tmp_path / "daemon", settings_for(upstream, sessions, CONFIG=str(config))))

    def interrupt() -> None:
        # Opens once the daemon reads its settings.
        with open(config, "w") as writer:
            eventually(lambda: daemon.process is not None, "the process is known")
            daemon.process.send_signal(number)
            writer.write("{}")

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    daemon.start()
    interrupting.join()
    eventually(lambda: words in daemon.stderr, words)
    assert daemon.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_start_that_reads_a_long_journal_can_be_ended(upstream, sessions, tmp_path, number):
    """Minutes of reading, which nobody waits for."""
    log = tmp_path / "usage.log"
    journal = long_journal(log, megabytes=4_000)
    daemon = Daemon(tmp_path / "daemon", settings_for(upstream, sessions, USAGE_LOG=str(log), QUOTA_ALL="9"))
    process = daemon.spawn(preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    try:
        eventually(lambda: journal in open_files(process.pid), "the journal is read")
        process.send_signal(number)
        assert process.wait(25) == -number
    finally:
        process.kill()
        process.wait()


def test_the_first_process_of_a_container_can_be_ended_while_it_starts(upstream, sessions, tmp_path):
    """Linux discards what such a process does not handle."""
    inside = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        pytest.skip("this user may not make a namespace")
    log = tmp_path / "usage.log"
    journal = long_journal(log, megabytes=4_000)
    daemon = Daemon(tmp_path / "daemon", settings_for(upstream, sessions, USAGE_LOG=str(log), QUOTA_ALL="9"))
    daemon.wrapper = inside
    process = daemon.spawn()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        eventually(lambda: children.read_text(), "the namespace has its first process")
        first = int(children.read_text())
        eventually(lambda: journal in open_files(first), "the journal is read")
        os.kill(first, signal.SIGTERM)
        assert process.wait(25) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_start_that_takes_long_can_be_ended(upstream, sessions, tmp_path, number):
    config = tmp_path / "config"
    os.mkfifo(config)
    settings = environment(settings_for(upstream, sessions, CONFIG=str(config)), tmp_path)
    process = subprocess.Popen(
        [binary()],
        env=settings,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        # A shell has what it starts in the background ignore SIGINT, and children inherit that.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    try:
        with open(config, "w"):
            process.send_signal(number)
            # Without the signal it would give up the file after five seconds, and end with 78.
            assert process.wait(25) == -number
    finally:
        process.kill()
        process.wait()
