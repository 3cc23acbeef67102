"""deploy/binary: one file that needs no Swift, run in a Debian tree with only the packages that it names."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from tools import DEPLOY, ROOT, inside, passes

pytestmark = [pytest.mark.machine, pytest.mark.timeout(3600)]

#: Those that it links. For OpenAI ca-certificates comes to them; here nothing is asked over TLS.
PACKAGES = ["libcurl4", "libmicrohttpd12", "libhiredis0.14", "libssl3", "libwslay1", "zlib1g"]


@pytest.fixture(scope="module")
def debian(tmp_path_factory) -> Iterator[Path]:
    """A fresh Debian 12 of its essential packages and those."""
    tree = tmp_path_factory.mktemp("debian") / "root"
    passes(
        *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", "bookworm", tree), limit=900
    )
    yield tree
    shutil.rmtree(tree, ignore_errors=True)


@pytest.fixture(scope="module")
def placed(debian, static_binary) -> Path:
    shutil.copy(static_binary, debian / "usr/local/bin/ephemerald")
    shutil.copytree(ROOT / "sessions", debian / "sessions")
    return debian


def test_it_runs_where_there_is_no_swift(placed):
    assert not list(placed.rglob("libswift*.so"))
    version = inside(placed, "/usr/local/bin/ephemerald", "--version")
    assert version.returncode == 0 and "hiredis" in version.stdout, version.stderr
    minted = inside(placed, "/usr/local/bin/ephemerald", "mint", "--sandbox", SESSIONS_DIR="/sessions")
    assert minted.returncode == 0 and "ek_sandbox" in minted.stdout, minted.stderr


def test_it_is_stripped_and_as_large_as_the_readme_says(static_binary):
    said = re.search(r"one\s+stripped\s+file of (\d+) MB", (ROOT / "README.md").read_text())[1]
    size = static_binary.stat().st_size / 1e6
    print(f"stripped binary: {size:.1f} MB")
    assert abs(size - int(said)) < 1
    symbols = subprocess.run(["nm", static_binary], capture_output=True, text=True)
    assert "no symbols" in symbols.stderr


def test_the_packages_are_those_that_it_names():
    (listed,) = re.findall(r'^run_packages="([^"]*)"', (DEPLOY / "packages").read_text(), re.M)
    assert listed.split() == [*PACKAGES, "ca-certificates"]
    assert f"apt-get install {listed}" in (ROOT / "README.md").read_text()
