"""A real redis-server of a test's own, which keeps nothing on disk and can be killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from daemon import eventually
from program import free_port


class RedisServer:
    """Listens on a free port of 127.0.0.1 and on a socket in its directory."""

    def __init__(self, directory: Path, *options: str, password: str | None = None):
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.socket = directory / "redis.sock"
        self.password = password
        self.command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(directory)]
        self.command += ["--unixsocket", str(self.socket), "--save", "", "--appendonly", "no", *options]
        if password is not None:
            self.command += ["--requirepass", password]
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> RedisServer:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            eventually(self._answers, "redis-server answers")
        except BaseException:
            self.kill()
            raise
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"redis-server ended with {self.process.returncode}"
        try:
            return self.command_reply("PING") == b"+PONG"
        except OSError:
            return False

    def command_reply(self, *words: str, database: int = 0) -> bytes:
        """The first line of the reply."""
        before = [("AUTH", self.password)] if self.password else []
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            stream = connection.makefile("rwb")
            for command in [*before, ("SELECT", str(database)), words]:
                stream.write(b"*%d\r\n" % len(command))
                for word in command:
                    stream.write(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
                stream.flush()
                reply = stream.readline().strip()
        return reply

    def pause(self) -> None:
        """From now on it accepts connections, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
