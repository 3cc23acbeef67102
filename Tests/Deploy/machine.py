"""A Debian tree under a real systemd: booted by systemd-nspawn, entered by nsenter."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from daemon import eventually
from tools import passes, tool

PACKAGES = "systemd,systemd-sysv,dbus,libmicrohttpd12,libcurl4,libhiredis0.14,libwslay1,ca-certificates"


class Machine:
    """The tree and the systemd in it. Its network is this machine's."""

    def __init__(self, folder: Path):
        self.root = folder / "root"
        self.log = folder / "console"
        self.process: subprocess.Popen | None = None
        self.leader = 0

    def make(self) -> None:
        passes("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", "bookworm", self.root, limit=900)

    def boot(self) -> None:
        command = [tool("systemd-nspawn"), "-D", str(self.root), "--register=no", "--keep-unit", "--boot"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*command, "--console=read-only", "systemd.log_target=console"],
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self._find_leader, "systemd is process 1 of the machine", 60)
        eventually(self._is_up, f"the machine is up; {self.log.read_text(errors='replace')[-2000:]}", 120)

    def _find_leader(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-2000:]
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        # Before it there is a child of nspawn's own, which prepares the tree and goes.
        found = [int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd"]
        self.leader = found[0] if found else 0
        return bool(self.leader)

    def _is_up(self) -> bool:
        # "degraded" is up, too: a tree in a tree has units that cannot start.
        return self.ask("systemctl", "is-system-running").strip() in ("running", "degraded")

    def _inside(self, *command: str) -> list[str]:
        return [tool("nsenter"), "-t", str(self.leader), "-m", "-p", "-u", "-i", "-C", *command]

    def ask(self, *command: str, limit: float = 60.0) -> str:
        """Runs a command in the machine, whatever it ends with."""
        ended = subprocess.run(self._inside(*command), capture_output=True, text=True, timeout=limit)
        return ended.stdout

    def do(self, *command: str, limit: float = 60.0) -> str:
        """Runs a command in the machine, and wants it to succeed."""
        return passes(*self._inside(*command), limit=limit)

    def property(self, name: str, unit: str = "ephemerald.service") -> str:
        return self.ask("systemctl", "show", unit, f"--property={name}", "--value").strip()

    def path(self, inside: str) -> str:
        """Where a path of the running machine is reached from outside, mounts of its own included."""
        return f"/proc/{self.leader}/root{inside}"

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)
