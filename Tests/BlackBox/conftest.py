"""Fixtures: a strict upstream, a folder of session files, and daemons that must end well."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Iterator

import pytest

from daemon import SESSION, Daemon, write_sessions
from fake_calls import Calls
from fake_openai import FakeOpenAI
from launcher import Launcher
from program import binary
from slow_first import pytest_collection_modifyitems  # noqa: F401

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def pytest_sessionstart() -> None:
    """Stops at once without the binary, because every test would fail for the same reason."""
    try:
        binary()
    except FileNotFoundError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture
def upstream() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI().start()
    yield fake
    fake.stop()


@pytest.fixture
def calls(upstream: FakeOpenAI) -> Calls:
    """The calls of that upstream."""
    return Calls(upstream)


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """A folder with one session, `default`."""
    return write_sessions(tmp_path / "sessions", default=SESSION)


def settings_for(upstream: FakeOpenAI, sessions: Path, **changes: str | None) -> dict[str, str]:
    """The settings of a daemon in front of that upstream. A change of None removes a setting."""
    settings = {
        "OPENAI_API_KEY": upstream.key,
        "OPENAI_BASE_URL": upstream.base_url,
        "SESSIONS_DIR": str(sessions),
        "LIMIT_CLIENT": "off",
        "LIMIT_ALL": "off",
        "LIMIT_REFUSALS": "off",
        # A test decides when its files are read; test_watch.py has them watched.
        "WATCH": "false",
    }
    return {name: value for name, value in (settings | changes).items() if value is not None}


class Starter:
    """Starts daemons; at the end stops those still running and checks their exit codes."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.daemons: list[Daemon] = []

    def __call__(self, upstream: FakeOpenAI, sessions: Path, *flags: str, **changes: str | None) -> Daemon:
        directory = self.directory / f"daemon-{len(self.daemons)}"
        return self.take(Daemon(directory, settings_for(upstream, sessions, **changes), flags)).start()

    def take(self, daemon: Daemon) -> Daemon:
        """Registers a daemon that the test starts itself, so that it is stopped like the others."""
        self.daemons.append(daemon)
        return daemon

    def finish(self) -> None:
        for daemon in self.daemons:
            if daemon.process is None:
                continue
            code = daemon.stop() if daemon.is_running else daemon.process.returncode
            assert code in (0, 69, 75, 78, -9), f"ended with {code}; stderr: {daemon.stderr[-2000:]}"
            assert "Fatal error" not in daemon.stderr, daemon.stderr[-2000:]


@pytest.fixture
def start(tmp_path: Path, upstream: FakeOpenAI) -> Iterator[Starter]:
    # While the upstream is there: a daemon may have calls to end.
    starter = Starter(tmp_path)
    yield starter
    starter.finish()


@pytest.fixture
def launch(tmp_path: Path, sessions: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path, sessions)
    yield launcher
    launcher.finish()


@pytest.fixture
def daemon(start: Starter, upstream: FakeOpenAI, sessions: Path) -> Daemon:
    """A daemon with default settings, but without limits."""
    return start(upstream, sessions)
