"""The files of a container: a key in a mounted directory is replaced by `mv` or by links, and a file that is mounted on
its own causes a warning, because nothing can replace it."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import settings_for
from daemon import Daemon, eventually
from fake_openai import FakeOpenAI
from replacing import Projected, by_rename

CANNOT_MOUNT = subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0
pytestmark = pytest.mark.skipif(CANNOT_MOUNT, reason="a bind mount needs root")

NAME = "openai_api_key"
#: Seconds from the replacement to the first mint with the new key.
SOON = 1.0
WARNING = "is a mount point of its own"
#: Mounts the first path at the second, for the program only.
MOUNTS = 'mount --bind "$1" "$2"; shift 2; exec "$@"'


@pytest.fixture
def mounted(start, tmp_path, upstream, sessions):
    """A daemon that sees a directory or file of the test at another path, as in a container."""

    def make(source: Path, target: Path, **settings: str | None) -> Daemon:
        own = {"OPENAI_API_KEY": None, "WATCH": None} | settings
        daemon = start.take(Daemon(tmp_path / "daemon", settings_for(upstream, sessions, **own)))
        daemon.wrapper = ["unshare", "--mount", "sh", "-ec", MOUNTS, "sh", str(source), str(target)]
        return daemon.start()

    return make


def last_key(daemon: Daemon, upstream: FakeOpenAI) -> str:
    """The key of a mint that is made now."""
    assert daemon.token().status == 200
    mints = [request for request in upstream.requests if request.method == "POST"]
    (field,) = mints[-1].all("Authorization")
    return field.removeprefix("Bearer ")


@pytest.mark.parametrize("way", ["mv", "links"])
def test_a_key_is_rotated_through_the_mount_of_its_directory(mounted, upstream, tmp_path, way):
    """By `mv` on the machine, and by the exchange of the link `..data`, as kubelet does it."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    inside.mkdir()
    if way == "links":
        volume = Projected(outside, **{NAME: upstream.key})
    else:
        outside.mkdir()
        (outside / NAME).write_text(upstream.key)
    daemon = mounted(outside, inside, CREDENTIALS_DIRECTORY=str(inside))
    assert last_key(daemon, upstream) == upstream.key
    assert WARNING not in daemon.stderr
    took = []
    for number in range(3):
        key = f"sk-test-rotated-{number}-0123456789"
        upstream.keys.add(key)
        if way == "links":
            volume.update(**{NAME: key})
        else:
            by_rename(outside / NAME, key)
        begun = time.monotonic()
        eventually(lambda: last_key(daemon, upstream) == key, "the new key is used")  # noqa: B023
        took.append(time.monotonic() - begun)
    print(f"{way}: {', '.join(f'{seconds:.3f}' for seconds in took)} s")
    # The machine of a test may be busy with other tests.
    assert sorted(took)[1] < SOON


@pytest.mark.parametrize("setting", ["OPENAI_API_KEY_FILE", "CREDENTIALS_DIRECTORY"])
def test_a_key_that_is_mounted_as_a_single_file_causes_a_warning(mounted, upstream, tmp_path, setting):
    """At the start and at each reload; the file that replaces it outside never arrives."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir(mode=0o700)
    inside.mkdir()
    for folder in (outside, inside):
        (folder / NAME).write_text(upstream.key)
    place = inside if setting == "CREDENTIALS_DIRECTORY" else inside / NAME
    daemon = mounted(outside / NAME, inside / NAME, **{setting: str(place)})
    assert daemon.stderr.count(WARNING) == 1
    assert f"{inside}/{NAME} {WARNING}" in daemon.stderr and "OPENAI_API_KEY_FILE" in daemon.stderr
    upstream.keys.add("sk-test-rotated-0123456789")
    by_rename(outside / NAME, "sk-test-rotated-0123456789")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: " in daemon.stderr, "the reload")
    assert daemon.stderr.count(WARNING) == 2
    assert last_key(daemon, upstream) == upstream.key
