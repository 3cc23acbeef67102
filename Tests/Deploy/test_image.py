"""The image: built from the Dockerfile as it stands, looked at, and run with nothing allowed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import time
from pathlib import Path
from typing import Iterator

import pytest
import raw
from container import Container, Storage
from daemon import HEALTH, SESSION, eventually, write_sessions
from program import free_port
from tools import ROOT, passes

pytestmark = [pytest.mark.machine, pytest.mark.timeout(3600)]

DOCKERFILE = (ROOT / "Dockerfile").read_text()
#: The goal for the whole tree.
LARGEST = 100_000_000
#: Seconds from SIGTERM to the end of a container that has nothing to do. The drain may last 15.
LONGEST_END = 10.0
SETTINGS = {"ALLOWED_ORIGINS": "https://app.example", "AUTH": "none"}
KEY = "sk-canary-0123456789abcdef"


@pytest.fixture(scope="session")
def static_binary(tmp_path_factory) -> Path:
    """What the stage `builder` makes, by the command that stands in the Dockerfile."""
    (command,) = re.findall(r"^RUN (swift build .*--static-swift-stdlib.*)$", DOCKERFILE, re.M)
    scratch = ["--scratch-path", str(ROOT / ".build/static")]
    program, *arguments = shlex.split(command)
    passes(program, *arguments, *scratch, limit=3000, cwd=ROOT)
    place = passes(program, "build", "-c", "release", *scratch, "--show-bin-path", cwd=ROOT).split()[-1]
    binary = tmp_path_factory.mktemp("builder") / "out/ephemerald"
    binary.parent.mkdir()
    passes("install", "--strip", Path(place) / "ephemerald", binary)
    return binary


@pytest.fixture(scope="module")
def storage(tmp_path_factory, static_binary) -> Iterator[Storage]:
    storage = Storage(tmp_path_factory.mktemp("storage"))
    try:
        storage.make_base()
        storage.build(static_binary.parents[1])
        yield storage
    finally:
        storage.remove()


@pytest.fixture
def start(storage, tmp_path) -> Iterator:
    """Starts containers on the host's network, and removes them."""
    containers: list[Container] = []
    sessions = write_sessions(tmp_path / "sessions", default=SESSION)
    key = tmp_path / "key"
    key.write_text(KEY)
    # The only user of the container.
    os.chown(key, 10001, 10001)
    key.chmod(0o400)

    def start(**settings: str) -> Container:
        name = f"ephemerald-{os.getpid()}-{len(containers)}"
        mounts = {sessions: "/etc/ephemerald/sessions", key: "/run/secrets/openai_api_key"}
        container = Container(storage, name, mounts, settings, tmp_path / name)
        containers.append(container)
        return container.start()

    yield start
    for container in containers:
        container.remove()


def test_the_tree_is_small_and_holds_no_tool(storage, tmp_path):
    tree = storage.unpack(tmp_path / "tree")
    files = [path for path in tree.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files)
    print(f"image tree: {size / 1e6:.1f} MB, binary {(tree / 'usr/local/bin/ephemerald').stat().st_size / 1e6:.1f} MB")
    assert size < LARGEST
    programs = {path.name for path in files if os.access(path, os.X_OK) and ".so" not in path.name}
    assert programs == {"ephemerald"}
    assert not (tree / "etc/passwd").exists() and not list((tree / "home").iterdir())
    shutil.rmtree(tree)


def test_the_image_says_what_it_is_and_holds_no_secret(storage):
    image = storage.configuration()
    config = image["Config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["/usr/local/bin/ephemerald"]
    assert image["Healthcheck"]["Test"] == ["CMD", "/usr/local/bin/ephemerald", "healthcheck"]
    assert config["Labels"]["org.opencontainers.image.title"] == "ephemerald"
    assert not [entry for entry in config["Env"] if re.match(r"\w*(KEY|SECRET|TOKEN)\w*=(?!/run/secrets/)", entry)]


def test_it_does_not_start_before_it_is_said_who_may_ask(start):
    container = start(PORT=str(free_port()))
    assert container.process.wait(30) == 78
    assert "ALLOWED_ORIGINS" in container.output and "AUTH" in container.output


def test_it_runs_with_nothing_allowed_and_ends_at_once(start):
    port = free_port()
    container = start(PORT=str(port), OPS_PORT=str(free_port()), SANDBOX="true", **SETTINGS)

    def answers() -> bool:
        assert container.process.poll() is None, container.output
        try:
            return raw.exchange(port, raw.head("GET", HEALTH)).only().status == 200
        except OSError:
            return False

    eventually(answers, "the container answers", 30)
    fields = {"Origin": "https://app.example", "Content-Length": "0"}
    token = raw.exchange(port, raw.head("POST", "/api/realtime/token", fields)).only()
    assert token.status == 200 and token.json()["value"].startswith("ek_")
    assert container.execute("/usr/local/bin/ephemerald", "healthcheck") == 0
    assert container.execute("/bin/sh", "-c", "true") != 0, "there is a shell"

    status = dict(re.findall(r"^(\w+):\s+(.*)$", Path(f"/proc/{container.pid()}/status").read_text(), re.M))
    assert status["Uid"].split() == ["10001"] * 4 and status["Gid"].split() == ["10001"] * 4
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    mounts = Path(f"/proc/{container.pid()}/mounts").read_text().splitlines()
    assert [line.split()[3].split(",")[0] for line in mounts if line.split()[1] == "/"] == ["ro"]

    begun = time.monotonic()
    assert container.terminate() == 0, container.output
    took = time.monotonic() - begun
    print(f"SIGTERM to exit 0: {took:.2f} s")
    assert took < LONGEST_END


def test_the_key_comes_by_its_mount_and_shows_nowhere(start, storage):
    container = start(PORT=str(free_port()), OPS_PORT=str(free_port()), LOG_LEVEL="debug", **SETTINGS)
    eventually(lambda: "listening" in container.output or container.process.poll() is not None, "it listens", 30)
    assert container.process.poll() is None, container.output
    assert container.terminate() == 0
    assert KEY not in container.output and KEY not in str(storage.configuration())
