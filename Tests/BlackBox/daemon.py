"""The binary under test, run as its users run it: settings in the environment, flags, signals, exit codes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable

import raw
from program import binary, environment, free_port
from service_manager import hand_over

ORIGIN = "http://localhost:3000"
TOKEN = "/api/realtime/token"
HEALTH = "/api/health"

#: The session of every daemon, unless the test has another.
SESSION = {
    "session": {
        "type": "realtime",
        "model": "gpt-realtime-2.1",
        "instructions": "You are a test voice. instructions-stay-here",
        "audio": {"output": {"voice": "marin"}},
        "tools": [{"type": "function", "name": "tools_stay_here", "parameters": {"type": "object", "properties": {}}}],
    },
    "expires_after": {"anchor": "created_at", "seconds": 120},
}


def eventually(condition: Callable[[], object], what: str, limit: float = 20.0) -> None:
    """Waits for a condition that raises no event, such as a line in a file."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.005)


def write_sessions(folder: Path, **files: dict) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2))
    return folder


class NotStarted(Exception):
    """The program ended instead of serving."""

    def __init__(self, code: int, stderr: str):
        super().__init__(f"exit {code}: {stderr}")
        self.code = code
        self.stderr = stderr


class Daemon:
    """One running `ephemerald` and everything it wrote."""

    def __init__(self, directory: Path, settings: dict[str, str], flags: tuple[str, ...] = ()):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = int(settings.get("PORT") or free_port())
        #: Tests look for text, which JSON would escape; test_diagnostics.py reads the JSON.
        self.settings = {"PORT": str(self.port), "OPS_PORT": str(free_port()), "LOG_FORMAT": "text"} | settings
        self.flags = flags
        #: Listening sockets that the program gets from descriptor 3 on, and their names.
        self.handed_over: list[int] = []
        self.names = ""
        #: What runs the program, such as `unshare`; it must not fork.
        self.wrapper: list[str] = []
        self.stdout_path = directory / "stdout"
        self.stderr_path = directory / "stderr"
        self.process: subprocess.Popen | None = None
        self.starting_took = 0.0

    def spawn(self, preexec_fn: Callable[[], object] | None = None) -> subprocess.Popen:
        """Starts the process without waiting for it."""
        with open(self.stdout_path, "ab") as stdout, open(self.stderr_path, "ab") as stderr:
            command = hand_over(self.handed_over, self.names) if self.handed_over else self.wrapper
            self.process = subprocess.Popen(
                [*command, binary(), *self.flags],
                pass_fds=self.handed_over,
                env=environment(self.settings, self.directory),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                preexec_fn=preexec_fn,
            )
        return self.process

    def start(self, limit: float = 30.0) -> Daemon:
        begun = time.monotonic()
        self.spawn()
        deadline = begun + limit
        while not self._answers():
            if self.process.poll() is not None:
                raise NotStarted(self.process.returncode, self.stderr)
            if time.monotonic() > deadline:
                self.process.kill()
                raise NotStarted(-1, f"no answer within {limit} s: {self.stderr}")
            time.sleep(0.005)
        self.starting_took = time.monotonic() - begun
        return self

    def _answers(self) -> bool:
        """Whether it answers; also returns when it ends, because a socket that it inherits accepts without it."""
        end = os.pidfd_open(self.process.pid)
        try:
            with raw.Connection(self.port, limit=2) as connection:
                connection.send(raw.head("GET", HEALTH))
                select.select([connection.socket, end], [], [], 2)
                return connection.receive(limit=0.1).only().status == 200
        except (OSError, AssertionError):
            return False
        finally:
            os.close(end)

    def stop(self, limit: float = 25.0) -> int:
        """SIGTERM, as every service manager does it; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(limit)

    def wait(self, limit: float = 25.0) -> int:
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        raise AssertionError(f"still running {limit} s after SIGTERM; stderr: {self.stderr[-2000:]}")

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def stdout(self) -> str:
        return self.stdout_path.read_text(errors="surrogateescape")

    @property
    def stderr(self) -> str:
        return self.stderr_path.read_text(errors="replace")

    def usage(self, count: int | None = None) -> list[dict]:
        """The usage lines so far; with `count`, waits until there are that many and says so when there are more."""
        if count is not None:
            eventually(lambda: self.stdout.count("\n") >= count, f"{count} usage lines, got {self.stdout!r}")
        lines = [json.loads(line) for line in self.stdout.splitlines()]
        assert count is None or len(lines) == count, f"{len(lines)} usage lines instead of {count}: {lines}"
        return lines

    def request(self, method: str, target: str, fields: dict[str, str] | None = None, body: bytes = b"") -> raw.Answer:
        """One ordinary request on a connection of its own."""
        fields = dict(fields or {})
        if body or method == "POST":
            fields.setdefault("Content-Length", str(len(body)))
        data = raw.head(method, target, fields, host=f"127.0.0.1:{self.port}") + body
        return raw.exchange(self.port, data, head_requests=int(method == "HEAD")).only()

    def operations(self, method: str, target: str, fields: dict[str, str] | None = None, host: str = "") -> raw.Answer:
        """One request on the operations listener."""
        port = int(self.settings["OPS_PORT"])
        data = raw.head(method, target, fields, host=host or f"127.0.0.1:{port}")
        return raw.exchange(port, data, head_requests=int(method == "HEAD")).only()

    def token(
        self,
        session: str | None = None,
        origin: str | None = ORIGIN,
        fields: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> raw.Answer:
        """Asks for a token as a page does."""
        own = {"Origin": origin} if origin is not None else {}
        if body:
            own["Content-Type"] = "application/json"
        return self.request("POST", TOKEN + (f"?session={session}" if session else ""), own | (fields or {}), body)

    def memory(self, field: str = "VmHWM") -> int:
        """Bytes from /proc/PID/status: `VmHWM` is the most it ever had resident."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise KeyError(field)
