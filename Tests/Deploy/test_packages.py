"""The packages of the image: exactly those that the binary links, and it runs with nothing else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
import raw
from authority import Authority
from daemon import TOKEN, eventually
from fake_openai import FakeOpenAI
from program import binary
from tools import DEPLOY, ROOT, entering, in_own_network, inside, passes, run, tool

SCRIPT = DEPLOY / "image-tree"
#: Seconds for what a mirror sends. The lock of apt is waited for as well.
DOWNLOAD = 300.0
pytestmark = pytest.mark.timeout(4 * DOWNLOAD)
#: Read by path, so that no linker knows of them.
READ = {"base-files", "ca-certificates"}


def listed() -> set[str]:
    """The packages of the script."""
    return set(re.search(r'packages="([^"]*)"', SCRIPT.read_text())[1].split())


def linked(program: str) -> list[tuple[str, str]]:
    """Name and path of every library that the loader would load."""
    pairs = re.findall(r"^\s*(\S+) (?:=> (/\S+) )?\(0x", passes("ldd", program), re.M)
    return [(name, path or name) for name, path in pairs if path or name.startswith("/")]


def is_swift(path: str) -> bool:
    """Of the Swift runtime, which the image's binary has inside."""
    return "/swift/linux/" in path


def package(path: str) -> str:
    """Who owns a library; under `/usr` or not, as the package was before the merge of the two."""
    real = os.path.realpath(path)
    for candidate in (real, path, real.removeprefix("/usr"), "/usr" + real):
        ended = subprocess.run([tool("dpkg"), "-S", candidate], capture_output=True, text=True)
        if ended.returncode == 0:
            return ended.stdout.split(":")[0]
    raise AssertionError(f"no package owns {path}")


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Iterator[Path]:
    tree = tmp_path_factory.mktemp("image") / "tree"
    if run(SCRIPT, tree, limit=DOWNLOAD).returncode != 0:
        # The lists of packages may be missing, or so old that the mirror has newer ones.
        update = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "update")
        passes(*([] if os.geteuid() == 0 else ["sudo"]), *update, limit=DOWNLOAD)
        passes(SCRIPT, tree, limit=DOWNLOAD)
    yield tree
    shutil.rmtree(tree)


def put_in(tree: Path, program: str) -> None:
    """The binary and, as long as it is not the static one, the Swift runtime that it was linked with."""
    destination = tree / "usr/local/bin/ephemerald"
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, destination)
    for _, path in linked(program):
        if is_swift(path):
            (tree / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tree / path[1:])


def test_the_list_is_what_the_binary_links():
    needed = {package(path) for _, path in linked(binary()) if not is_swift(path)}
    missing, superfluous = needed - listed(), listed() - READ - needed
    assert (missing, superfluous) == (set(), set()), "fix the list in deploy/image-tree"


def test_the_tree_holds_no_shell_no_setuid_and_no_program(tree):
    files = [path for path in tree.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in files if os.access(path, os.X_OK) and ".so" not in path.name] == []
    assert [path for path in files if path.stat().st_mode & 0o6000] == []


def test_a_scanner_finds_every_package(tree):
    assert {path.name for path in (tree / "var/lib/dpkg/status.d").iterdir()} == listed()
    for path in (tree / "var/lib/dpkg/status.d").iterdir():
        assert re.search(r"^Version: \S", path.read_text(), re.M)


def test_the_binary_runs_among_just_these_packages(tree):
    put_in(tree, binary())
    version = inside(tree, "/usr/local/bin/ephemerald", "--version")
    assert version.returncode == 0 and "libmicrohttpd" in version.stdout, version.stderr
    minted = inside(tree, "/usr/local/bin/ephemerald", "mint", "--sandbox", SESSIONS_DIR=sessions(tree))
    assert minted.returncode == 0 and "ek_sandbox" in minted.stdout, minted.stderr
    # No shell, no home, no user database: and it fails closed, with a message.
    refused = inside(tree, "/usr/local/bin/ephemerald", HOST="0.0.0.0", SESSIONS_DIR="/sessions")
    assert refused.returncode == 78
    assert "ALLOWED_ORIGINS" in refused.stderr and "AUTH" in refused.stderr


def test_it_trusts_the_certificate_authorities_of_the_tree(tree):
    bundle = (tree / "etc/ssl/certs/ca-certificates.crt").read_text()
    assert bundle.count("BEGIN CERTIFICATE") > 100
    assert "\n-----BEGIN" in bundle and "-----END CERTIFICATE----------BEGIN" not in bundle


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
def test_three_variables_are_enough_to_serve(tree, tmp_path):
    """The tree as the Dockerfile completes it, with its variables and the three, and nothing else. A stand-in has the
    name and the port of OpenAI."""
    image = re.search(r"(?ms)^ENV (.*?)^WORKDIR", (ROOT / "Dockerfile").read_text())[1]
    variables = dict(re.findall(r"(\w+)=(\S+)", image))
    put_in(tree, binary())
    (tree / "etc/ephemerald/sessions").mkdir(parents=True)
    shutil.copy(ROOT / "sessions/default.json", tree / "etc/ephemerald/sessions")
    (tree / "etc/hosts").write_text("127.0.0.1 api.openai.com\n")
    authority = Authority(tmp_path)
    with open(tree / "etc/ssl/certs/ca-certificates.crt", "a") as bundle:
        bundle.write(Path(authority["ca.pem"]).read_text())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority["openai.pem"], authority["openai.key"])

    def serves() -> None:
        upstream = FakeOpenAI(tls=tls)
        upstream.port = 443
        upstream.start()
        own = {"OPENAI_API_KEY": upstream.key, "ALLOWED_ORIGINS": "https://app.example", "AUTH": "none"}
        log = tmp_path / "log"
        with open(log, "wb") as output:
            command = [*entering(tree), "/usr/local/bin/ephemerald"]
            process = subprocess.Popen(
                command, env=variables | own, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        try:
            listening = lambda: process.poll() is not None or "listening on" in log.read_text()  # noqa: E731
            eventually(listening, "it listens")
            assert process.poll() is None, log.read_text()
            fields = {"Origin": "https://app.example", "Content-Length": "0"}
            answer = raw.exchange(int(variables["PORT"]), raw.head("POST", TOKEN, fields)).only()
            assert answer.status == 200 and answer.json()["value"] == upstream.minted[0], log.read_text()
            # Others keep connections open, without a key.
            (mint,) = (request for request in upstream.requests if request.method == "POST")
            assert mint.all("Authorization") == [f"Bearer {upstream.key}"]
            healthy = inside(tree, "/usr/local/bin/ephemerald", "healthcheck", **variables)
            assert healthy.returncode == 0, healthy.stderr
            (daemon,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(daemon), signal.SIGTERM)
            assert process.wait(20) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()
            upstream.stop()

    in_own_network(serves)


def sessions(tree: Path) -> str:
    """The shipped sessions, inside; returns where."""
    shutil.copytree(DEPLOY.parent / "sessions", tree / "sessions", dirs_exist_ok=True)
    return "/sessions"


def test_the_binary_is_hardened():
    """What a linker and a compiler can do against a bug in C: no fixed address, nothing writable that runs, no table of
    functions that can be written, and a check of the stack and of the lengths that the C compiler knows."""
    program = str(binary())
    assert re.search(r"^ +Type: +DYN ", passes("readelf", "--file-header", "--wide", program), re.M)
    pairs = re.findall(r"^ +(\w+) .* ([R ][W ][E ]) +0x\w+$", passes("readelf", "--segments", "--wide", program), re.M)
    assert ("GNU_STACK", "RW ") in pairs and "GNU_RELRO" in dict(pairs) and ("LOAD", "R E") in pairs
    assert not [name for name, flags in pairs if "W" in flags and "E" in flags]
    assert {"BIND_NOW", "NOW", "PIE"} <= set(re.findall(r"\w+", passes("readelf", "--dynamic", "--wide", program)))
    imported = passes("nm", "--dynamic", "--undefined-only", program)
    assert "__stack_chk_fail" in imported and "__vsnprintf_chk" in imported
