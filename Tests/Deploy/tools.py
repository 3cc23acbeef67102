"""Finds and runs the tools that check the files of `deploy`. A missing tool is a failure and never a skip."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def tool(name: str) -> str:
    """The path of a program: of this Python's environment, or of the system, `sbin` included."""
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"]
    found = shutil.which(name, path=os.pathsep.join(places))
    assert found, f"{name} is missing: deploy/packages and Tests/Deploy/requirements.txt say where it comes from"
    return found


def run(*command: str | Path, limit: float = 60.0, **options) -> subprocess.CompletedProcess:
    """Runs a command to its end, with output and errors in one text."""
    program, *arguments = map(str, command)
    return subprocess.run(
        [program if "/" in program else tool(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=limit,
        **options,
    )


def passes(*command: str | Path, limit: float = 60.0, **options) -> str:
    """Runs a command, which must exit with 0, and returns its output."""
    ended = run(*command, limit=limit, **options)
    assert ended.returncode == 0, f"{' '.join(map(str, command))}: {ended.returncode}\n{ended.stdout[-4000:]}"
    return ended.stdout


def entering(tree: Path) -> list[str]:
    """What runs a program in the tree, as a user without a name there. With /proc, as every container has it: the Swift
    runtime reads its arguments there."""
    change = [tool("unshare"), "--fork", "--kill-child", "--pid", "--mount", "--root", str(tree), "--mount-proc"]
    if os.geteuid() == 0:
        change += ["--setgid=10001", "--setuid=10001"]
    else:
        change += ["--user", "--map-user=10001"]
    return change


def inside(tree: Path, *command: str, **variables: str) -> subprocess.CompletedProcess:
    """Runs a program in the tree to its end."""
    return subprocess.run(
        [*entering(tree), *command],
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )


def in_own_network(work: Callable[[], None]) -> None:
    """Runs the work, and the processes and threads that it starts, with a loopback of their own, on which every port is
    free. It needs root."""
    failures: list[BaseException] = []

    def run_there() -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            new_network, set_flags, up = 0x40000000, 0x8914, 0x1
            assert libc.unshare(new_network) == 0, os.strerror(ctypes.get_errno())
            with socket.socket() as any_socket:
                fcntl.ioctl(any_socket, set_flags, struct.pack("16sh22x", b"lo", up))
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run_there)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
