"""The peer as a process of its own, for the test that kills it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from program import free_port

HERE = Path(__file__).resolve().parent


class PeerProcess:
    """A `peer.py` that runs apart from the test, on a port that it keeps when it is started again."""

    def __init__(self) -> None:
        # Not one of those that the system gives to connections, or it may be taken when the peer is started again.
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> PeerProcess:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "peer.py"), str(self.port)],
            env=os.environ | {"PYTHONPATH": str(HERE.parent / "BlackBox")},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline())
        return self

    def state(self) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/state", timeout=5) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """SIGKILL: no goodbye of any kind reaches the page."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
