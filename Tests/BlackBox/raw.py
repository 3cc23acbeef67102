"""A client that sends exactly the bytes it is given and returns exactly what came back."""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import dataclass, field

STATUS_LINE = re.compile(rb"HTTP/(\d\.\d) (\d{3})(?: (.*))?")


@dataclass(frozen=True)
class Answer:
    """One HTTP response, its body unchunked."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """The values of every line of that name, in order."""
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def one(self, name: str) -> str | None:
        """The value of a field that appears at most once; a repeated one is an error of the server."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} appears {len(values)} times: {values}"
        return values[0] if values else None

    def list(self, name: str) -> set[str]:
        """The members of a comma list, lower case, over all lines of that name."""
        return {item.strip().lower() for value in self.all(name) for item in value.split(",") if item.strip()}

    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Exchange:
    """What one connection gave back, and how it ended."""

    answers: list[Answer] = field(default_factory=list)
    #: Bytes after the last complete answer.
    rest: bytes = b""
    closed: bool = False
    timed_out: bool = False
    seconds: float = 0.0

    def only(self) -> Answer:
        assert len(self.answers) == 1, f"{len(self.answers)} answers, rest {self.rest[:200]!r}, closed {self.closed}"
        return self.answers[0]


def parse(data: bytes, head_requests: int = 0, closed: bool = False) -> tuple[list[Answer], bytes]:
    """Splits a byte stream into complete answers and what is left over. Interim answers (1xx) are dropped.

    `head_requests` says how many of the first answers are to HEAD and so carry no body.
    """
    answers: list[Answer] = []
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        if not separator:
            break
        lines = head.split(b"\r\n")
        match = STATUS_LINE.fullmatch(lines[0])
        if match is None:
            break
        status = int(match[2])
        if status < 200:
            data = rest
            continue
        fields = [
            (name.decode("latin-1"), value.strip().decode("latin-1"))
            for name, _, value in (line.partition(b":") for line in lines[1:])
        ]
        bodiless = status in (204, 304) or len(answers) < head_requests
        taken = (b"", rest) if bodiless else _body(fields, rest, closed)
        if taken is None:
            break
        body, data = taken
        answers.append(Answer(status, fields, body))
    return answers, data


def _body(fields: list[tuple[str, str]], data: bytes, closed: bool) -> tuple[bytes, bytes] | None:
    names = {name.lower(): value for name, value in fields}
    if "chunked" in names.get("transfer-encoding", ""):
        return _chunks(data)
    if "content-length" in names:
        length = int(names["content-length"])
        return (data[:length], data[length:]) if len(data) >= length else None
    return (data, b"") if closed else None


def _chunks(data: bytes) -> tuple[bytes, bytes] | None:
    body = b""
    while True:
        line, separator, rest = data.partition(b"\r\n")
        if not separator:
            return None
        size = int(line.split(b";")[0], 16)
        if len(rest) < size + 2:
            return None
        body, data = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return body, data


class Connection:
    """One TCP connection to the daemon."""

    def __init__(self, port: int, host: str = "127.0.0.1", limit: float = 15.0):
        self.limit = limit
        self.socket = socket.create_connection((host, port), timeout=limit)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """Sends all of it; False when the daemon closed first, which is its right with a request it refuses."""
        self.socket.settimeout(self.limit)
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, socket.timeout):
            return False
        return True

    def receive(self, count: int = 1, head_requests: int = 0, limit: float | None = None) -> Exchange:
        """Reads until `count` answers are complete, the daemon closes, or the time is up."""
        exchange = Exchange()
        start = time.monotonic()
        deadline = start + (self.limit if limit is None else limit)
        while not exchange.closed:
            exchange.answers, exchange.rest = parse(self.data, head_requests)
            if len(exchange.answers) >= count:
                break
            left = deadline - time.monotonic()
            if left <= 0:
                exchange.timed_out = True
                break
            self.socket.settimeout(left)
            try:
                chunk = self.socket.recv(65536)
            except socket.timeout:
                continue
            except ConnectionResetError:
                chunk = b""
            exchange.closed = not chunk
            self.data += chunk
        if exchange.closed:
            exchange.answers, exchange.rest = parse(self.data, head_requests, closed=True)
        exchange.seconds = time.monotonic() - start
        return exchange

    def receive_to_close(self, limit: float | None = None) -> Exchange:
        """Reads until the daemon closes or the time is up."""
        return self.receive(count=1 << 30, limit=limit)


def exchange(port: int, data: bytes, count: int = 1, head_requests: int = 0, limit: float = 15.0) -> Exchange:
    """Sends bytes over a connection of their own and reads `count` answers."""
    with Connection(port, limit=limit) as connection:
        connection.send(data)
        return connection.receive(count, head_requests)


def head(method: str, target: str, fields: dict[str, str] | None = None, host: str = "localhost") -> bytes:
    """A request head with the fields given, closed by an empty line."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *(f"{n}: {v}" for n, v in (fields or {}).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
