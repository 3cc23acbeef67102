"""Where the binary is, and how it is run to its end."""

from __future__ import annotations

import os
import random
import socket
import subprocess
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def binary() -> str:
    """The program: `EPHEMERALD`, or what a build left in the repository."""
    chosen = os.environ.get("EPHEMERALD")
    candidates = [Path(chosen)] if chosen else [ROOT / ".build" / kind / "ephemerald" for kind in ("release", "debug")]
    for candidate in candidates:
        if candidate.is_file():
            return str(candidate.resolve())
    raise FileNotFoundError(f"no binary at {', '.join(map(str, candidates))}: run deploy/test BlackBox, which builds it, or set EPHEMERALD")


#: A socket named after each port that was handed out recently: until the daemon listens on that port, a test in another
#: process must not be given the same one.
_claims: deque[socket.socket] = deque()


def free_port() -> int:
    """A port nobody listens on or has been given, below the range that outgoing connections are given."""
    for _ in range(200):
        port = random.randint(15000, 31000)
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0ephemerald-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        if len(_claims) > 100:
            _claims.popleft().close()
        return port
    raise OSError("no free port")


def environment(settings: dict[str, str], home: Path) -> dict[str, str]:
    """The settings, and of the caller's environment only what the program needs to run."""
    kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(home)} | settings


def run(
    *arguments: str,
    directory: Path,
    settings: dict[str, str] | None = None,
    limit: float = 20.0,
    pass_fds: tuple[int, ...] = (),
    input: str = "",
) -> subprocess.CompletedProcess:
    """Runs the program to its end, for the subcommands and the starts that fail."""
    return subprocess.run(
        [binary(), *arguments],
        env=environment(settings or {}, directory),
        cwd=directory,
        input=input,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=limit,
        pass_fds=pass_fds,
    )
