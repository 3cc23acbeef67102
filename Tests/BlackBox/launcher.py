"""Starts the binary on its sandbox with any option of `subprocess.Popen`, such as other or fewer descriptors."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import raw
from daemon import HEALTH, ORIGIN, TOKEN, eventually
from program import binary, environment, free_port


class Launcher:
    """Starts processes, and at the end leaves none of them and none of their pipes behind."""

    def __init__(self, directory: Path, sessions: Path):
        self.directory = directory
        self.sessions = sessions
        self.processes: list[subprocess.Popen] = []

    def __call__(self, *flags: str, **options) -> tuple[subprocess.Popen, int]:
        """One process that answers, and its port."""
        port = free_port()
        settings = {"PORT": str(port), "OPS_PORT": "0", "SANDBOX": "true", "SESSIONS_DIR": str(self.sessions)}
        settings["LIMIT_REFUSALS"] = "off"
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
        surroundings = {"env": environment(settings, self.directory), "cwd": self.directory}
        process = subprocess.Popen([binary(), *flags], **surroundings, **options)
        self.processes.append(process)
        eventually(lambda: process.poll() is not None or answers(port), "the daemon answers")
        assert process.poll() is None, f"ended with {process.returncode}"
        return process, port

    def finish(self) -> None:
        for process in self.processes:
            # Leaving the block closes the pipes and waits.
            with process:
                process.kill()


def answers(port: int) -> bool:
    try:
        return raw.exchange(port, raw.head("GET", HEALTH), limit=2).only().status == 200
    except (OSError, AssertionError):
        return False


def end(process: subprocess.Popen) -> int:
    """SIGTERM; returns the exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(25)


def post(port: int, body: bytes = b"", origin: str = ORIGIN) -> int:
    fields = {"Origin": origin, "Content-Length": str(len(body))}
    return raw.exchange(port, raw.head("POST", TOKEN, fields) + body).only().status
