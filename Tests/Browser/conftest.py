"""Fixtures: a browser, the pages, the peer that plays OpenAI, and the daemon in front of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Iterator

import pytest
from playwright.sync_api import expect, sync_playwright

import bidi
from browsers import Browsers, NoBrowser, executable
from daemon import SESSION, Daemon
from patience import PATIENCE
from peer import KEY, Peer
from program import ROOT, binary
from slow_first import pytest_collection_modifyitems  # noqa: F401
from tab import Tab
from web import Web

LIBRARY = ROOT / "Sources" / "BrowserClient"
HERE = Path(__file__).resolve().parent
expect.set_options(timeout=PATIENCE * 1000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="DIR", help="write pictures of the demo page into DIR")
    parser.addoption("--timing", action="store_true", help="also assert what only an idle machine is fast enough for")


def pytest_sessionstart() -> None:
    """Stops at once without the program or a browser, because every test would fail for the same reason."""
    try:
        binary()
        executable()
        bidi.executable()
    except (FileNotFoundError, NoBrowser, bidi.NoFirefox) as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        running = Browsers(playwright, tmp_path_factory.mktemp("browser"))
        yield running
        running.close()


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    """The origin of the pages. The library is at its root, unchanged from the repository."""
    server = Web(HERE / "pages", LIBRARY).start()
    yield server
    server.stop()


@pytest.fixture
def peer() -> Iterator[Peer]:
    running = Peer().start()
    yield running
    running.stop()


Start = Callable[..., Daemon]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts daemons in front of an upstream, with one session; a setting of None is left out."""
    daemons: list[Daemon] = []

    def begin(base_url: str, session: bytes = json.dumps(SESSION).encode(), **changes: str | None) -> Daemon:
        folder = tmp_path / f"daemon-{len(daemons)}"
        (folder / "sessions").mkdir(parents=True)
        (folder / "sessions" / "default.json").write_bytes(session)
        settings = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": base_url,
            "SESSIONS_DIR": str(folder / "sessions"),
            "ALLOWED_ORIGINS": "http://localhost:*",
            "LIMIT_CLIENT": "off",
            "LIMIT_ALL": "off",
        }
        chosen = {name: value for name, value in (settings | changes).items() if value is not None}
        daemons.append(Daemon(folder, chosen).start())
        return daemons[-1]

    yield begin
    for daemon in daemons:
        assert daemon.stop() == 0, daemon.stderr[-2000:]


@pytest.fixture
def daemon(start: Start, peer: Peer) -> Daemon:
    """A daemon as it comes, with its limits off, for pages of `localhost`."""
    return start(peer.base_url)


@pytest.fixture
def open_tab(browsers: Browsers) -> Iterator[Callable[..., Tab]]:
    """Opens pages in browsers of a kind; at the end no script may have failed unseen."""
    tabs: list[Tab] = []

    def begin(kind: str = "tone", **options) -> Tab:
        tabs.append(Tab(browsers[kind], **options))
        return tabs[-1]

    yield begin
    errors = [error for tab in tabs for error in tab.errors]
    for tab in tabs:
        tab.close()
    assert errors == []
