"""A listening socket that outlives the daemon: the test plays systemd and keeps it open."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

import raw
from conftest import settings_for
from crowd import token_request
from daemon import HEALTH, Daemon, NotStarted, eventually

RESTARTS = int(os.environ.get("BLACKBOX_RESTARTS", "100"))
CLIENTS = 16


class Load:
    """Clients that connect, ask for a token, and connect again, until they are stopped."""

    def __init__(self, port: int, clients: int = CLIENTS, fields: dict[str, str] | None = None):
        self.port = port
        self.clients = clients
        self.fields = {"Connection": "close"} | (fields or {})
        self.counts: Counter[str] = Counter()
        self.longest = 0.0
        self.stopping = False
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Load:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping = True
        self.thread.join(60)

    async def _run(self) -> None:
        await asyncio.gather(*(self._client() for _ in range(self.clients)))

    async def _client(self) -> None:
        while not self.stopping:
            begun = time.monotonic()
            self.counts[await self._ask()] += 1
            self.longest = max(self.longest, time.monotonic() - begun)

    async def _ask(self) -> str:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError as error:
            return f"not connected: {type(error).__name__}"
        try:
            writer.write(token_request(self.fields))
            data = await asyncio.wait_for(reader.read(), 20)
        except (OSError, asyncio.TimeoutError) as error:
            return f"failed: {type(error).__name__}"
        finally:
            writer.close()
        answers, _ = raw.parse(data, closed=True)
        return str(answers[0].status) if answers else "failed: closed without an answer"


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        yield listener


@pytest.fixture
def activated(start, tmp_path, upstream, sessions):
    """Makes daemons that are handed sockets; the test starts them."""

    def make(listeners: list[socket.socket], names: str = "", **settings) -> Daemon:
        daemon = start.take(Daemon(tmp_path / "activated", settings_for(upstream, sessions, **settings)))
        daemon.handed_over = [listener.fileno() for listener in listeners]
        daemon.names = names
        if listeners[0].family == socket.AF_INET:
            daemon.port = listeners[0].getsockname()[1]
        return daemon

    return make


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_restarts_under_load_refuse_nobody(activated, listener):
    """Each process gets SIGTERM while clients are connecting, and the next one starts when it has ended."""
    daemon = activated([listener])
    with Load(daemon.port) as load:
        for _ in range(RESTARTS):
            daemon.start()
            assert daemon.stop() == 0
        daemon.start()
    assert daemon.stop() == 0
    print(f"{RESTARTS} restarts: {dict(load.counts)}, longest wait {load.longest:.3f} s")
    assert set(load.counts) == {"200"}, dict(load.counts)
    assert load.counts["200"] >= RESTARTS
    assert "Fatal error" not in daemon.stderr


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_killed_processes_lose_nothing_but_what_they_were_at(activated, listener):
    """Who waits in the backlog is served by the next process; a request fails only if the dead one had accepted it."""
    daemon = activated([listener])
    kills = max(1, RESTARTS // 5)
    with Load(daemon.port) as load:
        for _ in range(kills):
            daemon.start()
            wanted = load.counts["200"] + 2 * CLIENTS
            eventually(lambda: load.counts["200"] >= wanted, "it serves who waits")  # noqa: B023
            daemon.process.kill()
            daemon.process.wait()
        daemon.start()
    assert daemon.stop() == 0
    failed = sum(count for outcome, count in load.counts.items() if outcome.startswith("failed"))
    print(f"{kills} kills: {dict(load.counts)}, longest wait {load.longest:.3f} s")
    assert not [outcome for outcome in load.counts if outcome.startswith("not connected")], dict(load.counts)
    assert failed <= kills * CLIENTS
    assert load.counts["200"] >= kills * 2 * CLIENTS
    assert load.counts["200"] + failed == sum(load.counts.values())


def accepts(daemon: Daemon, listener: socket.socket) -> bool:
    """Whether a loop of the process watches the socket for connections."""
    name = f"socket:[{os.fstat(listener.fileno()).st_ino}]"
    process = Path(f"/proc/{daemon.process.pid}")
    for descriptor in (process / "fdinfo").iterdir():
        # A descriptor may be closed while this looks at it.
        with suppress(FileNotFoundError):
            for number in re.findall(r"^tfd: *([0-9]+)", descriptor.read_text(), re.M):
                if os.readlink(process / "fd" / number) == name:
                    return True
    return False


@pytest.mark.parametrize(("patience", "status"), [("15s", 200), ("200ms", 503)])
def test_a_caller_during_a_slow_restart_waits_for_the_drain_and_their_own_mint(
    activated, listener, upstream, patience, status
):
    """OpenAI is slow: the old process answers those that it has accepted, or gives up after DRAIN_TIMEOUT; then the next
    one starts and takes the queue."""
    upstream.delay = 0.7 if status == 200 else 20
    daemon = activated([listener], DRAIN_TIMEOUT=patience).start()
    assert accepts(daemon, listener)
    with raw.Connection(daemon.port) as accepted:
        accepted.send(token_request())
        upstream.wait_until_held(1)
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: not accepts(daemon, listener), "the old process accepts nobody")
        with raw.Connection(daemon.port, limit=20) as queued:
            queued.send(token_request())
            answer = accepted.receive().only()
            assert answer.status == status
            assert status == 200 or answer.json()["code"] == "shutting_down" and answer.one("Retry-After")
            assert daemon.wait() == 0
            upstream.delay = 0.7
            begun = time.monotonic()
            daemon.start()
            assert queued.receive().only().status == 200
            waited = time.monotonic() - begun
    print(f"{patience}: {status}, and {waited:.2f} s from the end of the old process to the answer of the next")
    # The browser client gives up an attempt after ten seconds.
    assert upstream.delay <= waited < 10
    assert daemon.stop() == 0


def test_a_connection_before_the_first_start_is_served(activated, listener):
    daemon = activated([listener])
    with raw.Connection(daemon.port) as early:
        early.send(token_request())
        daemon.start()
        assert early.receive().only().status == 200
    assert daemon.stop() == 0


def test_the_socket_goes_on_listening_after_the_end(activated, listener):
    daemon = activated([listener], LOOPS="4").start()
    assert daemon.stop() == 0
    with raw.Connection(daemon.port):
        connection, _ = listener.accept()
        connection.close()


def test_who_has_connected_and_not_yet_asked_is_answered(activated, listener):
    """The end begins between a client's connect and its request."""
    daemon = activated([listener], DRAIN_TIMEOUT="10s").start()
    with raw.Connection(daemon.port) as client:
        # When a second one is answered, the first has been accepted before it.
        assert daemon.request("GET", HEALTH).status == 200
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: "draining" in daemon.stderr, "the drain begins")
        client.send(token_request())
        answer = client.receive().only()
    assert (answer.status, answer.one("Connection")) == (200, "close")
    assert daemon.wait() == 0


def test_a_unix_socket_keeps_its_file(activated, tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        daemon = activated([listener], ALLOWED_ORIGINS="http://localhost:3000", AUTH="none")
        daemon._answers = lambda: _ask(path, raw.head("GET", HEALTH)).startswith(b"HTTP/1.1 200 ")
        daemon.start()
        assert _ask(path, token_request()).startswith(b"HTTP/1.1 200 ")
        assert daemon.stop() == 0
        assert os.path.exists(path)
        assert f"unix:{path} (inherited)" in daemon.stderr


def _ask(path: str, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(path)
        client.sendall(request)
        return client.recv(65536)


def test_host_and_port_are_not_bound_and_that_is_said(activated, listener):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        other = str(taken.getsockname()[1])
        daemon = activated([listener], HOST="127.0.0.2", PORT=other).start()
        assert daemon.token().status == 200
        assert daemon.stop() == 0
    assert "HOST (environment): not in effect" in daemon.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_socket_beyond_loopback_wants_origins_and_auth_whatever_host_says(activated, host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        daemon = activated([listener], HOST="127.0.0.1")
        with pytest.raises(NotStarted) as refused:
            daemon.start()
    assert refused.value.code == 78
    assert "ALLOWED_ORIGINS" in refused.value.stderr and "AUTH" in refused.value.stderr


def test_what_is_no_listening_stream_socket_is_69(activated, listener):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram, socket.socket() as idle:
        read, write = os.pipe()
        for descriptor, words in (
            (datagram.fileno(), "not a stream socket"),
            (idle.fileno(), "does not listen"),
            (read, "not a socket"),
        ):
            daemon = activated([listener])
            daemon.handed_over = [descriptor]
            daemon.names = "web.socket"
            with pytest.raises(NotStarted) as refused:
                daemon.start()
            assert refused.value.code == 69
            assert words in refused.value.stderr and '"web.socket"' in refused.value.stderr
        os.close(read)
        os.close(write)


def test_two_sockets_are_one_too_many(activated, listener):
    with socket.create_server(("127.0.0.1", 0)) as second:
        daemon = activated([listener, second], names="web:ops")
        with pytest.raises(NotStarted) as refused:
            daemon.start()
    assert refused.value.code == 69
    assert '"web", "ops"' in refused.value.stderr


def test_sockets_of_another_process_are_left_alone(start, upstream, sessions):
    """`LISTEN_PID` names who is meant; a child of that process sees the variables too."""
    daemon = start(upstream, sessions, LISTEN_PID="1", LISTEN_FDS="1")
    assert daemon.token().status == 200


def test_usage_lines_name_clients_of_an_inherited_socket(activated, listener):
    daemon = activated([listener]).start()
    daemon.token()
    assert daemon.usage(1)[0]["client.address"] == "127.0.0.1"
    assert daemon.stop() == 0
    assert json.loads(daemon.stdout)["http.response.status_code"] == 200
