"""A stand-in for systemd: it receives notifications of a service, and passes sockets to it."""

from __future__ import annotations

import socket
import sys


class NotifySocket:
    """The datagram socket of `$NOTIFY_SOCKET`."""

    def __init__(self, name: str):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)

    def receive(self, limit: float = 20.0) -> dict[str, str]:
        """The next notice; TimeoutError when none comes."""
        self.socket.settimeout(limit)
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    def expect(self, name: str, limit: float = 20.0) -> dict[str, str]:
        """The next notice that is not a watchdog ping; it must have that name."""
        while (notice := self.receive(limit)) == {"WATCHDOG": "1"}:
            pass
        assert notice.get(name) == "1", notice
        return notice

    def close(self) -> None:
        self.socket.close()


def hand_over(descriptors: list[int], names: str) -> list[str]:
    """The prefix of a command that gets these descriptors as 3, 4, ..., as from systemd.

    `LISTEN_PID` is the process that runs the command, which only that process knows.
    """
    return [sys.executable, "-I", "-S", "-c", _HAND_OVER, ",".join(map(str, descriptors)), names]


_HAND_OVER = """
import os, sys
numbers = [int(number) for number in sys.argv[1].split(",")]
for index, number in enumerate(numbers): os.dup2(number, 200 + index)
for index in range(len(numbers)): os.dup2(200 + index, 3 + index); os.close(200 + index)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(numbers)), LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""
