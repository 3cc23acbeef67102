"""The commands of the recipes, the tasks and the alerts, run as they are written; or they say what they need."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess

import client
import pytest
from conftest import Behind
from fake_calls import Calls
from program import ROOT, binary
from program import run as ephemerald
from call_client import OFFER
from tools import DEPLOY

PAGES = {name: (DEPLOY / name).read_text() for name in ("README.md", "tasks.md", "metrics.md")}
BLOCKS = [block for page in PAGES.values() for block in re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S)]
NEEDS = re.compile(r"# needs (root and systemd|an engine and a registry|a cluster)\b")
RUN = [block for block in BLOCKS if not block.startswith("# needs")]


def test_every_other_block_says_what_it_needs():
    fences = sum(page.count("```") for page in PAGES.values())
    assert fences == 2 * len(BLOCKS), "a block is neither run nor marked"
    assert all(NEEDS.match(block) for block in BLOCKS if block not in RUN)
    assert len(RUN) > 5


@pytest.fixture
def place(tmp_path, upstream):
    """An installed daemon with an open call of ann's, its folders under another root, and a log with a token, the call
    and a refusal in it."""
    root = tmp_path / "root"
    log = root / "var/log/ephemerald/usage.log"
    log.parent.mkdir(parents=True)
    key = {"Authorization": "Bearer key-of-ann"}
    keys = tmp_path / "callers"
    keys.write_text(f"ann:{hashlib.sha256(b'key-of-ann').hexdigest()}\n")
    settings = {"USAGE_LOG": str(log), "LIMIT_CLIENT": "60/h burst 2", "AUTH": "bearer", "AUTH_KEYS_FILE": str(keys)}
    Calls(upstream)
    daemon = Behind(tmp_path / "daemon", upstream, None, settings).start()
    minted = daemon.token(origin=client.ORIGIN, fields=key)
    offer = {"Origin": client.ORIGIN, "Content-Type": "application/sdp"}
    assert daemon.request("POST", "/api/realtime/calls", offer | key, OFFER).status == 201
    assert daemon.token(origin=client.ORIGIN, fields=key).status == 429
    etc = root / "etc/ephemerald"
    (etc / "sessions").mkdir(parents=True)
    shutil.copy(ROOT / "sessions/default.json", etc / "sessions")
    (etc / "key").write_text("sk-test-0123456789abcdef\n")
    (etc / "key").chmod(0o600)
    (root / "bin").mkdir()
    (root / "bin/ephemerald").symlink_to(binary())
    yield root, {
        "PATH": f"{root}/bin:/usr/bin:/bin",
        "SECRET": minted.json()["value"],
        "REQUEST_ID": minted.one("X-Request-Id"),
        "CALL": daemon.operations("GET", "/calls").json()["calls"][0]["id"],
        "OPS_PORT": daemon.settings["OPS_PORT"],
    }
    assert daemon.stop() == 0, daemon.stderr


@pytest.mark.parametrize("block", RUN, ids=lambda block: block.splitlines()[-1][:50])
def test_its_commands_work(place, block):
    root, variables = place
    for folder in ("/etc/ephemerald", "/var/log/ephemerald"):
        block = block.replace(folder, str(root) + folder)
    ended = subprocess.run(
        ["sh", "-eu", "-c", block], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0 and ended.stdout, block + ended.stderr


def test_the_changelog_and_the_manifests_have_the_version_of_the_program(tmp_path):
    (program,) = re.findall(r"^ephemerald (\S+) ", ephemerald("--version", directory=tmp_path).stdout)
    changelog = re.findall(r"(?m)^## (\S+)", (DEPLOY / "changelog.md").read_text())
    (image,) = re.findall(r'newTag: "(\S+)"', (DEPLOY / "kubernetes/kustomization.yaml").read_text())
    assert changelog[0] == program == image


def test_the_index_lists_every_file_of_the_folder():
    for path in DEPLOY.iterdir():
        assert path.name in PAGES["README.md"], path.name
