"""The image: built from the Dockerfile, inspected, and run without privileges."""

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
from tools import DEPLOY, ROOT, passes

pytestmark = [pytest.mark.machine, pytest.mark.timeout(3600)]

DOCKERFILE = (ROOT / "Dockerfile").read_text()
#: The goal for the whole tree.
LARGEST = 100_000_000
#: Seconds from SIGTERM to the end of a container that has nothing to do. The drain may last 15.
LONGEST_END = 10.0
SETTINGS = {"ALLOWED_ORIGINS": "https://app.example", "AUTH": "none"}
KEY = "sk-canary-0123456789abcdef"


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
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    key = secrets / "openai_api_key"
    key.write_text(KEY)
    key.chmod(0o400)
    # The only user of the container.
    for path in (secrets, key):
        os.chown(path, 10001, 10001)

    def start(**settings: str) -> Container:
        name = f"ephemerald-{os.getpid()}-{len(containers)}"
        mounts = {sessions: "/etc/ephemerald/sessions", secrets: "/run/secrets"}
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
    said = re.search(r"The image holds (\d+) MB in all", (ROOT / "README.md").read_text())[1]
    assert abs(size / 1e6 - int(said)) < 2
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


def test_the_dockerfile_builds_the_binary_as_deploy_binary_does():
    (command,) = re.findall(r"^RUN (swift build .*--static-swift-stdlib.*)$", DOCKERFILE, re.M)
    (ours,) = re.findall(r"^ +(swift build .*)$", (DEPLOY / "packages").read_text(), re.M)
    assert ours.replace('"$product"', "ephemerald") == f'{command} --no-color-diagnostics "$@"'
    assert "\nbuild_release " in (DEPLOY / "binary").read_text()


@pytest.mark.parametrize("engine", ["podman", "buildah"])
def test_deploy_image_builds_the_same_image_and_needs_no_registry(storage, tmp_path, engine):
    # An engine that is installed and does not work is skipped.
    broken = tmp_path / "bin/podman"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 125\n")
    broken.chmod(0o755)
    path = f"{broken.parent}:{os.environ['PATH']}" if engine == "buildah" else os.environ["PATH"]
    name = f"localhost/by-{engine}"
    said = passes(DEPLOY / "image", name, limit=900, env=os.environ | storage.variables() | {"PATH": path})
    assert f"building {name} with {engine}" in said
    assert re.findall(r"(?m)^FROM (.*)$", (ROOT / ".build/image/Dockerfile").read_text()) == ["scratch"]
    theirs, ours = storage.configuration(), storage.configuration(name)
    assert (ours["Config"], ours["Healthcheck"]) == (theirs["Config"], theirs["Healthcheck"])
    trees = [storage.unpack(tmp_path / "theirs"), storage.unpack(tmp_path / "ours", name)]
    assert contents(trees[0]) == contents(trees[1])
    for tree in trees:
        shutil.rmtree(tree)


def contents(tree: Path) -> dict[str, tuple[int, int]]:
    """Mode and size of every file."""
    stats = {str(path.relative_to(tree)): path.lstat() for path in tree.rglob("*") if not path.is_dir()}
    return {path: (stat.st_mode, stat.st_size) for path, stat in stats.items()}


def test_the_first_try_of_the_readme_works(storage, tmp_path, upstream):
    """Nothing is mounted: the image has a session, and the key comes by the environment."""
    (line,) = re.findall(r"(?m)^docker run .*$", (ROOT / "README.md").read_text())
    words = shlex.split(line)
    passed = [value for option, value in zip(words, words[1:], strict=False) if option == "--env"]
    settings = dict(setting.split("=", 1) for setting in passed if "=" in setting)
    assert "OPENAI_API_KEY" in passed and not [word for word in words if word in ("--mount", "--volume", "-v")]
    port = free_port()
    ours = {"PORT": str(port), "OPS_PORT": str(free_port()), "OPENAI_BASE_URL": upstream.base_url}
    log = tmp_path / "log"
    settings_of_all = settings | ours | {"OPENAI_API_KEY": upstream.key}
    container = Container(storage, f"ephemerald-{os.getpid()}-first", {}, settings_of_all, log)
    try:
        container.start()
        eventually(lambda: "listening" in container.output or container.process.poll() is not None, "it listens", 30)
        assert container.process.poll() is None, container.output
        assert raw.exchange(port, raw.head("GET", "/")).only().status == 200
        fields = {"Origin": settings["ALLOWED_ORIGINS"], "Content-Length": "0"}
        token = raw.exchange(port, raw.head("POST", "/api/realtime/token", fields)).only()
        assert token.status == 200 and token.json()["value"] == upstream.minted[0]
    finally:
        container.remove()


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
