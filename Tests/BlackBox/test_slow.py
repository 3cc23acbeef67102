"""Clients that take their time: they lose their connection, and nobody else loses anything."""

from __future__ import annotations

import selectors
import socket
import time

import raw
from daemon import HEALTH, ORIGIN, TOKEN, Daemon

#: For head and body together.
DEADLINE = 10.0
SLACK = 3.0

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
        """Watches for that long and takes note of the connections that ended."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
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

    def close(self) -> None:
        for connection in self.open:
            connection.close()
        self.selector.close()


def slowest_of(daemon: Daemon, count: int = 20) -> float:
    """The longest of some ordinary requests, each on a connection of its own."""
    times = []
    for _ in range(count):
        begun = time.monotonic()
        assert daemon.token().status == 200
        assert daemon.request("GET", HEALTH).status == 200
        times.append(time.monotonic() - begun)
    return max(times)


def test_a_byte_a_second_ends_at_the_deadline_and_1200_of_them_harm_nobody(daemon, upstream):
    crowd = Crowd(daemon.port)
    crowd.add(400, HEAD[:20], HEAD[20:60])
    crowd.add(300, b"", HEAD[:40])
    crowd.add(300, BODY, b'{"session": "default"                 ')
    crowd.add(200, CHUNKS, b"a\r\n" + b" " * 37)
    begun, worst = time.monotonic(), 0.0
    while crowd.open and time.monotonic() - begun < DEADLINE + SLACK + 2:
        crowd.feed()
        worst = max(worst, slowest_of(daemon, 5))
        crowd.look(1.0)
    left, ages, received = len(crowd.open), sorted(crowd.ages), list(crowd.received)
    crowd.close()
    assert left == 0, f"{left} of 1,200 still open after {DEADLINE + SLACK + 2} s"
    assert ages[-1] < DEADLINE + SLACK
    answers = [answer for data in received for answer in raw.parse(data, closed=True)[0]]
    assert {answer.status for answer in answers} <= {408, 400}, "a half request was answered as a whole one"
    assert worst < 1.0, f"an ordinary request took {worst:.2f} s"
    assert len(upstream.requests) == len(upstream.minted)


def test_500_idle_connections_harm_nobody(daemon):
    crowd = Crowd(daemon.port)
    crowd.add(500, b"", b"")
    assert slowest_of(daemon) < 1.0
    crowd.look(0.1)
    crowd.close()
    assert daemon.token().status == 200


def test_500_connections_idle_after_a_request_harm_nobody(daemon):
    crowd = Crowd(daemon.port)
    crowd.add(500, raw.head("GET", HEALTH), b"")
    assert slowest_of(daemon) < 1.0
    crowd.look(0.1)
    answered = sum(b" 200 " in state[2] for state in crowd.open.values())
    crowd.close()
    assert answered == 500


def test_clients_that_leave_at_once_harm_nobody(daemon, upstream):
    """Half of them after the head, half with a request that waits upstream; a reset each."""
    upstream.delay = 0.2
    reset = b"\x01\0\0\0\0\0\0\0"
    for index in range(200):
        connection = raw.Connection(daemon.port)
        connection.send(BODY if index % 2 else raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0"}))
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        connection.socket.close()
    upstream.delay = 0.0
    assert slowest_of(daemon) < 1.0


def test_a_client_that_does_not_read_harms_nobody(daemon):
    """Its answers fill the buffers; the daemon may wait or close, and serves the others."""
    with raw.Connection(daemon.port, limit=2) as greedy:
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        greedy.send(raw.head("GET", HEALTH) * 20_000)
        assert slowest_of(daemon) < 1.0
