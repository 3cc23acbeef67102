"""Clients of a unix socket that count failures during a restart."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

import raw

TOKEN = raw.head("POST", "/api/realtime/token", {"Origin": "https://app.example", "Content-Length": "0"})
HEALTH = raw.head("GET", "/api/health", {"Connection": "close"})


def ask(path: str, data: bytes, limit: float = 30.0) -> raw.Answer:
    """One request on a connection of its own. Raises ConnectionError when it is not accepted or breaks off."""
    connection = raw.Connection.__new__(raw.Connection)
    connection.limit, connection.data = limit, b""
    connection.socket = socket.socket(socket.AF_UNIX)
    connection.socket.settimeout(limit)
    with connection:
        connection.socket.connect(path)
        connection.socket.sendall(data)
        exchange = connection.receive()
    if not exchange.answers:
        raise ConnectionResetError("no answer")
    return exchange.only()


@dataclass
class Load:
    """Clients that send request after request until they are stopped."""

    path: str
    clients: int = 8
    answered: int = 0
    refused: int = 0
    broken: int = 0
    others: list[str] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask_again) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    def _ask_again(self) -> None:
        while not self._ended.is_set():
            try:
                status = ask(self.path, HEALTH).status
                with self._lock:
                    self.answered += status == 200
                    if status != 200:
                        self.others.append(str(status))
            except (ConnectionRefusedError, FileNotFoundError):
                with self._lock:
                    self.refused += 1
            except (ConnectionError, BrokenPipeError):
                with self._lock:
                    self.broken += 1
            except OSError as error:
                with self._lock:
                    self.others.append(repr(error))
