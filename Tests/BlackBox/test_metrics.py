"""The operations listener: metrics, on a socket of its own."""

from __future__ import annotations

import re
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
import raw
from daemon import HEALTH, NotStarted, TOKEN, eventually
from program import free_port


def scrape(daemon, accept: str | None = None) -> raw.Answer:
    port = int(daemon.settings["OPS_PORT"])
    fields = {"Accept": accept} if accept else {}
    return raw.exchange(port, raw.head("GET", "/metrics", fields, host=f"127.0.0.1:{port}")).only()


def series(daemon) -> dict[str, float]:
    lines = [line.rsplit(" ", 1) for line in scrape(daemon).body.decode().splitlines() if line[0] != "#"]
    assert len({name for name, _ in lines}) == len(lines), "a series is there twice"
    return {name: float(value) for name, value in lines}


def test_what_all_loops_did_is_told(start, upstream, sessions):
    daemon = start(upstream, sessions, LOOPS="3", LIMIT_CLIENT="30/min burst 30")
    answers = [daemon.token() for _ in range(40)]
    minted = sum(answer.status == 200 for answer in answers)
    daemon.token(origin="https://stranger.example")
    found = series(daemon)
    assert found['ephemerald_mints_total{session="default",outcome="minted"}'] == minted >= 30
    assert found['ephemerald_refusals_total{code="rate_limited",dimension="client"}'] == 40 - minted
    assert found['ephemerald_refusals_total{code="origin_not_allowed",dimension=""}'] == 1
    assert found['ephemerald_upstream_exchanges_total{outcome="200"}'] == minted
    assert found["ephemerald_upstream_duration_seconds_count"] == minted
    assert found["ephemerald_limit_keys"] == 1
    assert found["ephemerald_in_flight"] == 0
    assert found["process_open_fds"] > 5 and found["process_cpu_seconds_total"] > 0


def test_answers_with_one_status_and_several_reasons_are_one_series(start, upstream, sessions):
    daemon = start(upstream, sessions, MAX_IN_FLIGHT="1")
    held: list = []
    upstream.script.append(lambda connection, received: held.append((connection, received)))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(daemon.token)
        upstream.wait_until_held(1)
        assert daemon.token().json()["code"] == "overloaded"
        upstream.loop.call_soon_threadsafe(held[0][0].mint, held[0][1])
        assert first.result().status == 200
    daemon.process.send_signal(signal.SIGUSR1)
    eventually(lambda: daemon.token().status == 503, "minting is paused")
    route = 'route="/api/realtime/token",method="POST",status="503"'
    assert series(daemon)[f"ephemerald_requests_total{{{route}}}"] >= 2


def test_no_key_and_nothing_that_a_stranger_wrote_is_told(daemon):
    daemon.request("GET", "/stranger-path?stranger-query", {"User-Agent": "stranger-agent"})
    daemon.token(session="stranger-session", origin="https://stranger.example")
    text = scrape(daemon).body.decode()
    assert "stranger" not in text and "sk-" not in text and "ek_" not in text


def test_openmetrics_is_for_who_asks(daemon):
    plain, opened = scrape(daemon), scrape(daemon, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert plain.one("Content-Type").startswith("text/plain; version=0.0.4")
    assert b"# EOF" not in plain.body
    assert opened.one("Content-Type").startswith("application/openmetrics-text; version=1.0.0")
    assert opened.body.endswith(b"\n# EOF\n") and b"# TYPE ephemerald_build info\n" in opened.body
    build = rb'version="[0-9.]+",libcurl="[^"]+",libmicrohttpd="[0-9.]+",hiredis="[0-9.]+",zlib="[0-9.]+"'
    assert re.search(rb"ephemerald_build_info\{" + build + rb"\} 1\n", opened.body)


def test_the_two_listeners_do_not_answer_for_each_other(daemon):
    assert daemon.request("GET", "/metrics").status == 404
    port = int(daemon.settings["OPS_PORT"])
    for method, path in (("POST", TOKEN), ("GET", HEALTH)):
        fields = {"Content-Length": "0"} if method == "POST" else {}
        assert raw.exchange(port, raw.head(method, path, fields, host=f"127.0.0.1:{port}")).only().status == 404


def test_a_port_that_is_taken_is_named(start, upstream, sessions, daemon):
    with pytest.raises(NotStarted) as failure:
        start(upstream, sessions, OPS_PORT=daemon.settings["OPS_PORT"])
    assert failure.value.code == 69 and "OPS_PORT" in failure.value.stderr


def test_it_can_be_left_out(start, upstream, sessions):
    port = free_port()
    daemon = start(upstream, sessions, OPS_PORT="off", OPS_HOST="127.0.0.1")
    assert daemon.token().status == 200
    with pytest.raises(OSError):
        raw.exchange(port, raw.head("GET", "/metrics"))
