"""Fixtures: a daemon on a port or a socket, and each proxy in front of it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Iterator

import client
import pytest
import raw
from daemon import HEALTH, SESSION, Daemon, write_sessions
from fake_openai import FakeOpenAI
from proxies import Proxy, Upstream
from tools import DEPLOY, passes


class Behind(Daemon):
    """A daemon that a proxy is trusted by, on a port of loopback or on a unix socket."""

    def __init__(self, directory: Path, upstream: FakeOpenAI, path: Path | None, settings: dict[str, str]):
        self.path = path
        place = {"HOST": f"unix:{path}", "TRUSTED_PROXIES": "unix:"} if path else {"TRUSTED_PROXIES": "127.0.0.1"}
        place["REQUEST_ID_FROM"] = "X-Request-Id"
        own = {
            "ALLOWED_ORIGINS": client.ORIGIN,
            "AUTH": "none",
            "OPENAI_API_KEY": upstream.key,
            "OPENAI_BASE_URL": upstream.base_url,
            "SESSIONS_DIR": str(write_sessions(directory / "sessions", default=SESSION)),
            "LIMIT_CLIENT": "60/h burst 3",
            "LOOPS": "2",
        }
        super().__init__(directory, own | place | settings)

    @property
    def place(self) -> Upstream:
        return Upstream(path=self.path) if self.path else Upstream(port=self.port)

    def _answers(self) -> bool:
        if self.path is None:
            return super()._answers()
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.path))
                probe.sendall(raw.head("GET", HEALTH))
                return probe.recv(4096).startswith(b"HTTP/1.1 200 ")
            except OSError:
                return False


@pytest.fixture
def upstream() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI().start()
    yield fake
    fake.stop()


@pytest.fixture(params=["nginx", "caddy", "haproxy"])
def proxy_name(request) -> str:
    return request.param


@pytest.fixture(params=["tcp", "unix"])
def transport(request) -> str:
    return request.param


@pytest.fixture
def behind(tmp_path, upstream, transport) -> Iterator[Behind]:
    """A daemon that allows each client three tokens."""
    daemon = Behind(tmp_path / "daemon", upstream, tmp_path / "s" if transport == "unix" else None, {})
    yield daemon.start()
    assert daemon.stop() == 0, daemon.stderr


@pytest.fixture
def proxy(tmp_path, behind, proxy_name) -> Iterator[Proxy]:
    """The proxy in front of it, as `deploy` configures it."""
    proxy = Proxy(proxy_name, tmp_path / proxy_name, behind.place)
    try:
        yield proxy.start()
    finally:
        proxy.stop()


@pytest.fixture(scope="session")
def static_binary(tmp_path_factory) -> Path:
    """What deploy/binary makes."""
    binary = tmp_path_factory.mktemp("builder") / "out/ephemerald"
    passes(DEPLOY / "binary", binary, limit=3000)
    return binary
