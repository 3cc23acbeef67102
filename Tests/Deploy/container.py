"""Images and containers without an engine: buildah and podman, with separate storage, on a base made here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from tools import ROOT, passes, run, tool

#: The name after FROM in the Dockerfile.
BASE = "docker.io/library/debian:bookworm-slim"
IMAGE = "localhost/ephemerald"


class Storage:
    """Images under one folder; nothing outside it is read or changed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.options = ["--root", str(folder / "root"), "--runroot", str(folder / "run"), "--storage-driver", "vfs"]

    def make_base(self) -> None:
        """A Debian image with the name that the Dockerfile uses, because no registry is used."""
        tar = self.folder / "base.tar"
        passes("mmdebstrap", "--quiet", "--variant=minbase", "bookworm", tar, limit=600)
        passes("podman", *self.options, "import", tar, BASE, limit=300)
        tar.unlink()

    def build(self, builder: Path) -> str:
        """Builds the Dockerfile unchanged, except that a folder with the result of the stage `builder` replaces that stage:
        there is no Swift image here."""
        isolation = ["--isolation", "chroot", "--pull-never", "--format", "docker"]
        context = ["--build-context", f"builder={builder}"]
        return passes("buildah", *self.options, "bud", *isolation, *context, "-t", IMAGE, ROOT, limit=600)

    def variables(self) -> dict[str, str]:
        """The environment in which podman and buildah use this storage by themselves."""
        file = self.folder / "storage.conf"
        places = f'graphroot = "{self.folder}/root"\nrunroot = "{self.folder}/run"'
        file.write_text(f'[storage]\ndriver = "vfs"\n{places}\n')
        return {"CONTAINERS_STORAGE_CONF": str(file), "BUILDAH_ISOLATION": "chroot"}

    def configuration(self, name: str = IMAGE) -> dict:
        """What the image says about itself."""
        (image,) = json.loads(passes("podman", *self.options, "image", "inspect", name))
        return image

    def unpack(self, folder: Path, name: str = IMAGE) -> Path:
        """The files of the image."""
        container = passes("buildah", *self.options, "from", "--pull-never", name, limit=120).split()[-1]
        mounted = passes("buildah", *self.options, "mount", container).strip()
        shutil.copytree(mounted, folder, symlinks=True)
        passes("buildah", *self.options, "rm", container)
        return folder

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class Container:
    """One running container: as strict as the recipe in `deploy/README.md` starts it."""

    def __init__(self, storage: Storage, name: str, mounts: dict[Path, str], settings: dict[str, str], log: Path):
        self.storage, self.name, self.log = storage, name, log
        options = [
            *("--name", name, "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            # Of this machine, not of the image: no cgroups to write, no systemd for timers, few descriptors.
            *("--runtime", tool("crun"), "--cgroups", "disabled", "--no-healthcheck"),
            *("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"),
            *("--network", "host", "--log-driver", "none"),
        ]
        for source, destination in mounts.items():
            options += ["--volume", f"{source}:{destination}:ro"]
        for setting, value in settings.items():
            options += ["--env", f"{setting}={value}"]
        self.command = ["run", *options, IMAGE]
        self.process: subprocess.Popen | None = None

    def _podman(self, *arguments: str) -> list[str]:
        podman = [tool("podman"), *self.storage.options, "--cgroup-manager", "cgroupfs", *arguments]
        # crun wants one kind of cgroups, and a machine with both confuses it: a mount namespace without the second.
        quiet = "umount /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\""
        return [tool("unshare"), "--mount", "sh", "-c", quiet, "sh", *podman]

    def start(self) -> Container:
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self._podman(*self.command), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def execute(self, *command: str) -> int:
        """Runs a command inside; returns its exit code."""
        return run(*self._podman("exec", self.name, *command)).returncode

    def pid(self) -> int:
        """The daemon's process, as this machine numbers it."""
        return int(passes(*self._podman("inspect", "--format", "{{.State.Pid}}", self.name)))

    def terminate(self) -> int:
        """SIGTERM to the daemon, as every engine sends it to process 1 of the container; returns the exit code."""
        os.kill(self.pid(), signal.SIGTERM)
        return self.process.wait(30)

    def remove(self) -> None:
        run(*self._podman("rm", "--force", "--time", "0", self.name), limit=30)
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
