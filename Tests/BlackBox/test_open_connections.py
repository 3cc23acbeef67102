"""Connections to the upstream are open before a request needs one."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Iterator

import pytest

from authority import Authority
from conftest import settings_for
from daemon import HEALTH, Daemon, eventually
from fake_openai import FakeOpenAI


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def tls_upstream(authority) -> Iterator[FakeOpenAI]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority["localhost.pem"], authority["localhost.key"])
    fake = FakeOpenAI(tls=context).start()
    yield fake
    fake.stop()


@pytest.fixture
def daemon(tls_upstream, sessions, tmp_path, authority) -> Iterator[Daemon]:
    settings = settings_for(tls_upstream, sessions, LOOPS="1", UPSTREAM_CA_FILE=authority["ca.pem"])
    daemon = Daemon(tmp_path / "daemon", settings).start()
    yield daemon
    daemon.stop()


def unacknowledged(port: int) -> int:
    """Bytes that connections of this port have sent and that have not arrived."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established = [row for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]
    return sum(int(row[4].split(":")[0], 16) for row in established)


def wait_for_connection(daemon: Daemon, upstream: FakeOpenAI) -> None:
    """Waits until the daemon has the answer to the request that opened its connection."""
    with upstream.changed:
        assert upstream.changed.wait_for(lambda: upstream.requests and upstream.held == 0, 20)
    # The kernel may hold the answer back for 40 ms, until the last packet before it is acknowledged.
    eventually(lambda: not unacknowledged(upstream.port), "the answer has arrived")
    # The daemon's loop reads that answer before a request that comes after this one.
    assert daemon.request("GET", HEALTH).status == 200


def test_one_is_open_at_the_start_and_serves_the_first_token(daemon, tls_upstream):
    wait_for_connection(daemon, tls_upstream)
    first = tls_upstream.requests[0]
    assert (first.method, first.target) == ("OPTIONS", "/v1")
    assert first.all("Authorization") == [], "no key is sent"
    assert daemon.token().status == 200
    assert tls_upstream.connections == 1


def test_none_is_opened_to_an_upstream_without_tls(upstream, sessions, tmp_path):
    daemon = Daemon(tmp_path / "daemon", settings_for(upstream, sessions)).start()
    try:
        assert daemon.token().status == 200
    finally:
        daemon.stop()
    assert [request.method for request in upstream.requests] == ["POST"]


@pytest.mark.slow
def test_a_minute_of_quiet_costs_no_connection(daemon, tls_upstream):
    wait_for_connection(daemon, tls_upstream)
    time.sleep(65)
    assert daemon.token().status == 200
    assert tls_upstream.connections == 1
