"""libcurl obeys files and variables of the environment. The daemon's libcurl does not."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Iterator

import pytest

import faults
from conftest import settings_for
from daemon import Daemon
from fake_openai import FakeOpenAI

HASTE = {"UPSTREAM_TIMEOUT": "8s", "UPSTREAM_CONNECT_TIMEOUT": "4s"}


class Trap:
    """A listener that counts who comes."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self.listener.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.listener.shutdown(socket.SHUT_RDWR)
    trap.listener.close()


def plant(home: Path, trap: Trap) -> dict[str, str]:
    """Every proxy variable, `.netrc` and `.curlrc`, all leading to the trap."""
    home.mkdir(parents=True)
    (home / ".netrc").write_text(
        "machine 127.0.0.1 login planted password planted\ndefault login planted password planted\n"
    )
    (home / ".netrc").chmod(0o600)
    (home / ".curlrc").write_text(
        f'proxy = "http://127.0.0.1:{trap.port}"\nuser = "planted:planted"\nheader = "X-Planted: yes"\n'
    )
    proxies = {}
    for name in ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "socks_proxy"):
        proxies[name] = proxies[name.upper()] = f"http://127.0.0.1:{trap.port}"
    return {
        **proxies,
        "no_proxy": "",
        "NO_PROXY": "",
        "CURL_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "NETRC": str(home / ".netrc"),
    }


def mint(upstream: FakeOpenAI, sessions: Path, home: Path, settings: dict[str, str]) -> int:
    daemon = Daemon(home, settings_for(upstream, sessions) | settings).start()
    try:
        return daemon.token().status
    finally:
        assert daemon.stop() == 0


def test_planted_proxies_and_credentials_are_not_used(upstream, sessions, tmp_path, trap):
    home = tmp_path / "home"
    assert mint(upstream, sessions, home, plant(home, trap)) == 200
    assert trap.visits == 0
    received = upstream.requests[0]
    assert received.all("Authorization") == [f"Bearer {upstream.key}"]
    assert "planted" not in str(received.fields).lower()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=upstream",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            folder / "key.pem",
            "-out",
            folder / "cert.pem",
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def tls_upstream(certificate: Path) -> Iterator[FakeOpenAI]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    fake = FakeOpenAI(tls=context).start()
    yield fake
    fake.stop()


def test_over_tls_too(tls_upstream, sessions, tmp_path, trap, certificate):
    home = tmp_path / "home"
    settings = plant(home, trap) | {"UPSTREAM_CA_FILE": str(certificate / "cert.pem")}
    assert mint(tls_upstream, sessions, home, settings) == 200
    assert trap.visits == 0 and len(tls_upstream.minted) == 1


def test_the_keys_of_tls_sessions_are_not_written_to_a_file(tls_upstream, sessions, tmp_path, certificate):
    """libcurl obeys SSLKEYLOGFILE; with that file the API key can be read from a recording of the traffic."""
    keys = tmp_path / "keys"
    settings = {"UPSTREAM_CA_FILE": str(certificate / "cert.pem"), "SSLKEYLOGFILE": str(keys)}
    assert mint(tls_upstream, sessions, tmp_path / "home", settings) == 200
    assert not keys.exists() or keys.read_bytes() == b""


def test_a_certificate_that_no_authority_signed_is_refused(tls_upstream, sessions, tmp_path):
    assert mint(tls_upstream, sessions, tmp_path / "home", HASTE) == 502
    assert tls_upstream.requests == []


def test_a_certificate_for_another_name_is_refused(tls_upstream, sessions, tmp_path, certificate):
    settings = {
        "UPSTREAM_CA_FILE": str(certificate / "cert.pem"),
        "OPENAI_BASE_URL": f"https://localhost:{tls_upstream.port}/v1",
        **HASTE,
    }
    assert mint(tls_upstream, sessions, tmp_path / "home", settings) == 502
    assert tls_upstream.requests == []


def test_a_redirect_is_not_followed(upstream, sessions, tmp_path, trap):
    upstream.fault = faults.redirect(f"http://127.0.0.1:{trap.port}/v1/realtime/client_secrets")
    assert mint(upstream, sessions, tmp_path / "home", HASTE) == 502
    assert trap.visits == 0
