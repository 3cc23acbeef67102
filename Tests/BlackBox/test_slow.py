"""Slow clients lose their connection, and others are not affected."""

from __future__ import annotations

import selectors
import socket
import time

import pytest

import raw
from daemon import HEALTH, ORIGIN, SESSION, TOKEN, Daemon, eventually, write_sessions

#: For head and body together.
DEADLINE = 10.0
#: When the last of them should have ended on any machine, and all of them still would have bytes to send.
LATEST = 3 * DEADLINE

HEAD = raw.head("POST", TOKEN, {"Origin": ORIGIN, "X-Filler": "a" * 200, "Content-Length": "0"})
BODY = raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Type": "application/json", "Content-Length": "2000"})
CHUNKS = raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Type": "application/json", "Transfer-Encoding": "chunked"})


class Crowd:
    """Connections that are opened, fed a byte now and then, and watched for their end."""

    def __init__(self, port: int):
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.open: dict[socket.socket, list] = {}
        self.received: list[bytes] = []
        self.ages: list[float] = []

    def add(self, count: int, first: bytes, drip: bytes) -> None:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            connection.setblocking(False)
            self._send(connection, first)
            self.open[connection] = [time.monotonic(), bytearray(drip), b""]
            self.selector.register(connection, selectors.EVENT_READ)

    def _send(self, connection: socket.socket, data: bytes) -> None:
        try:
            connection.send(data)
        except OSError:
            pass  # closed: the next look at the selector sees it

    def feed(self) -> None:
        for connection, state in self.open.items():
            if state[1]:
                self._send(connection, bytes(state[1][:1]))
                del state[1][:1]

    def look(self, seconds: float) -> None:
        """Watches for that long and records the connections that ended."""
        until, left = time.monotonic() + seconds, seconds
        while left >= 0:
            for key, _ in self.selector.select(left):
                connection = key.fileobj
                try:
                    data = connection.recv(65536)
                except ConnectionResetError:
                    data = b""
                if data:
                    self.open[connection][2] += data
                    continue
                begun, _, received = self.open.pop(connection)
                self.ages.append(time.monotonic() - begun)
                self.received.append(received)
                self.selector.unregister(connection)
                connection.close()
            left = until - time.monotonic()

    def close(self) -> None:
        for connection in self.open:
            connection.close()
        self.selector.close()


    @property
    def has_lost_nobody(self) -> bool:
        """Whether every connection that was opened is open still."""
        self.look(0.0)
        return self.ages == []

    @property
    def answered(self) -> int:
        """How many have had an answer and are open still."""
        self.look(0.0)
        return sum(b" 200 " in state[2] for state in self.open.values())


def serves(daemon: Daemon, count: int = 20) -> bool:
    """Whether ordinary requests, each on a connection of its own, wait for no deadline of somebody else's."""
    times = []
    for _ in range(count):
        begun = time.monotonic()
        assert daemon.token().status == 200
        assert daemon.request("GET", HEALTH).status == 200
        times.append(time.monotonic() - begun)
    return max(times) < DEADLINE / 2


@pytest.mark.slow
def test_a_byte_a_second_ends_at_the_deadline_and_1200_of_them_affect_no_other(daemon, upstream):
    crowd = Crowd(daemon.port)
    crowd.add(400, HEAD[:20], HEAD[20:60])
    crowd.add(300, b"", HEAD[:40])
    crowd.add(300, BODY, b'{"session": "default"                 ')
    crowd.add(200, CHUNKS, b"a\r\n" + b" " * 37)
    begun, rounds = time.monotonic(), 0
    while crowd.open and time.monotonic() - begun < LATEST:
        crowd.feed()
        assert serves(daemon, 5), "an ordinary request waited for the slow ones"
        rounds += crowd.has_lost_nobody
        crowd.look(1.0)
    left, ages, received = len(crowd.open), sorted(crowd.ages), list(crowd.received)
    crowd.close()
    assert left == 0, f"{left} of 1,200 still open after {LATEST} s"
    assert ages[0] > DEADLINE - 2
    assert rounds >= 2, "nobody was served while all of them were there"
    answers = [answer for data in received for answer in raw.parse(data, closed=True)[0]]
    assert {answer.status for answer in answers} <= {408, 400}, "a half request was answered as a whole one"
    assert len(upstream.requests) == len(upstream.minted)


def test_500_idle_connections_affect_no_other(daemon):
    crowd = Crowd(daemon.port)
    crowd.add(500, b"", b"")
    assert serves(daemon) and crowd.has_lost_nobody
    crowd.close()
    assert daemon.token().status == 200


def test_500_connections_idle_after_a_request_affect_no_other(daemon):
    crowd = Crowd(daemon.port)
    crowd.add(500, raw.head("GET", HEALTH), b"")
    eventually(lambda: crowd.answered == 500, "all of them are answered")
    assert serves(daemon) and crowd.has_lost_nobody
    crowd.close()


def test_clients_that_leave_at_once_affect_no_other(start, upstream, sessions):
    """Half of them after the head, half with a request that waits upstream; a reset each."""
    write_sessions(sessions, left=SESSION | {"session": SESSION["session"] | {"instructions": "left behind"}})
    daemon = start(upstream, sessions, UPSTREAM_TIMEOUT="60s")
    # What the leavers asked for is never answered, so nobody else can have waited for it.
    upstream.fault = lambda connection, received: b"left behind" in received.body or connection.mint(received)
    ask = raw.head("POST", TOKEN + "?session=left", {"Origin": ORIGIN, "Content-Length": "0"})
    leavers = [raw.Connection(daemon.port) for _ in range(200)]
    for index, leaver in enumerate(leavers):
        leaver.send(BODY if index % 2 else ask)
    upstream.wait_until_held(100)
    for leaver in leavers:
        leaver.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        leaver.socket.close()
    assert serves(daemon)
    assert len(upstream.minted) == 20


def test_a_client_that_does_not_read_affects_no_other(daemon):
    """Its answers fill the buffers; the daemon may wait or close, and serves the others."""
    with raw.Connection(daemon.port, limit=2) as greedy:
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        greedy.send(raw.head("GET", HEALTH) * 20_000)
        assert serves(daemon)
