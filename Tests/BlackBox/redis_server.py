"""A real redis-server for one test, which keeps nothing on disk and can be killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from pathlib import Path

from authority import Authority
from daemon import eventually
from program import free_port


class RedisServer:
    """Listens on a free port of 127.0.0.1, with an authority over TLS only, and on a socket in its directory."""

    def __init__(
        self,
        directory: Path,
        *options: str,
        password: str | None = None,
        authority: Authority | None = None,
        certificate: str = "localhost",
    ):
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.socket = directory / "redis.sock"
        self.password = password
        self.authority = authority
        self.command = ["redis-server", "--bind", "127.0.0.1", "--dir", str(directory)]
        if authority is None:
            self.command += ["--port", str(self.port)]
        else:
            self.command += ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            self.command += ["--tls-cert-file", authority[f"{certificate}.pem"]]
            self.command += ["--tls-key-file", authority[f"{certificate}.key"], "--tls-ca-cert-file", authority["ca.pem"]]
        self.command += ["--unixsocket", str(self.socket), "--save", "", "--appendonly", "no", *options]
        if password is not None:
            self.command += ["--requirepass", password]
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}" if self.authority is None else f"rediss://localhost:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """Those of a daemon that counts here."""
        return {"REDIS_URL": self.url} | ({"REDIS_CA_FILE": self.authority["ca.pem"]} if self.authority else {})

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

    def command_reply(self, *arguments: str, database: int = 0) -> bytes:
        """The reply: a text as it is, of anything else the first line."""
        return self._exchange(database, arguments)[0]

    def lines(self, *arguments: str) -> list[str]:
        """The texts of an array."""
        return [text.decode() for text in self._exchange(0, arguments)[1:]]

    def _exchange(self, database: int, arguments: tuple[str, ...]) -> list[bytes]:
        before = [("AUTH", self.password)] if self.password else []
        before += [("SELECT", str(database))] if database else []
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            stream = connection.makefile("rwb")
            for command in [*before, arguments]:
                stream.write(b"*%d\r\n" % len(command))
                for word in command:
                    stream.write(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
                stream.flush()
                replies = [self._read(stream)]
            if replies[0].startswith(b"*"):
                replies += [self._read(stream) for _ in range(int(replies[0][1:]))]
        return replies

    @staticmethod
    def _read(stream) -> bytes:
        line = stream.readline().strip()
        if line.startswith(b"$") and line != b"$-1":
            return stream.read(int(line[1:]) + 2)[:-2]
        return line

    def slow_down(self, seconds: float) -> threading.Thread:
        """From now on it answers nothing for so long, and then everything."""
        self.pause()
        timer = threading.Timer(seconds, self.resume)
        timer.start()
        return timer

    def pause(self) -> None:
        """From now on it accepts connections, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
