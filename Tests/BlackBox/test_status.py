"""The operator's page and the state that it shows: their shape, and who may read them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import raw
from daemon import SESSION, eventually, write_sessions
from redis_server import RedisServer
from call_client import create, serve
from test_calls_operator import own_address
from test_calls_redis import create_in_time
from test_metrics import series
from test_redis import connected

SOURCES = Path(__file__).resolve().parents[2] / "Sources" / "BrowserClient"
SCRIPT = {"Ephemerald-Page": "operator", "Sec-Fetch-Site": "same-origin"}


def status(daemon) -> dict[str, Any]:
    answer = daemon.operations("GET", "/status")
    assert (answer.status, answer.one("Content-Type")) == (200, "application/json")
    assert answer.one("Cache-Control") == "no-store"
    return answer.json()


def limit(report: dict[str, Any], setting: str, session: str | None = None) -> dict[str, Any]:
    [found] = [row for row in report["limits"] if (row["setting"], row.get("session")) == (setting, session)]
    return found


def total(report: dict[str, Any], member: str) -> int:
    return sum(row[member] for row in report["minutes"])


def test_the_state_has_what_the_metrics_have(start, calls, tmp_path):
    settings = {"LOOPS": "2", "LIMIT_CLIENT": "6/min burst 8", "MAX_CALLS": "20", "QUOTA_ALL": "100"}
    daemon = serve(start, calls, tmp_path, **settings)
    for _ in range(3):
        assert create(daemon).status == 201
    answers = [daemon.token().status for _ in range(9)]
    daemon.token(origin="https://stranger.example")
    report, found = status(daemon), series(daemon)
    minted = answers.count(200)
    assert 5 <= minted < 9 and report["totals"]["tokens"] == total(report, "tokens") == minted
    assert report["totals"]["calls"] == total(report, "calls") == 3
    assert found['ephemerald_mints_total{session="default",outcome="minted"}'] == minted + 3
    refusals = [row for minute in report["minutes"] for row in minute["refusals"]]
    refused = {name: value for name, value in found.items() if name.startswith("ephemerald_refusals_total") and value}
    assert sum(row["count"] for row in refusals) == report["totals"]["refusals"] == sum(refused.values()) == 10 - minted
    assert {row["code"] for row in refusals} == {"rate_limited", "origin_not_allowed"}
    requests = found["ephemerald_upstream_duration_seconds_count"]
    upstream = [minute["upstream"] for minute in report["minutes"] if minute["upstream"]["requests"]]
    assert report["totals"]["upstream_requests"] == requests == sum(minute["requests"] for minute in upstream)
    assert all(0 < minute["p50_seconds"] <= minute["p95_seconds"] for minute in upstream)
    assert limit(report, "MAX_CALLS") == {
        "setting": "MAX_CALLS",
        "limit": "20",
        "unit": "calls",
        "used": 3,
        "max": 20,
        "code": "too_many_calls",
        "dimension": "all",
    }
    assert (limit(report, "QUOTA_ALL")["used"], limit(report, "QUOTA_ALL")["max"]) == (minted + 3, 100)
    assert "used" not in limit(report, "LIMIT_CLIENT")


def test_the_state_has_a_shape(daemon):
    report = status(daemon)
    members = "version time uptime_seconds sandbox readiness totals minutes limits sessions findings reload"
    assert list(report) == members.split()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", report["time"])
    assert 0 <= report["uptime_seconds"] < 60
    readiness = daemon.operations("GET", "/api/health/ready").json()
    assert report["readiness"] == {name: value for name, value in readiness.items() if name != "sessions"}
    assert report["totals"] == {"tokens": 0, "calls": 0, "refusals": 0, "upstream_requests": 0}
    row = report["minutes"][-1]
    assert list(row) == ["start", "seconds", "tokens", "calls", "refusals", "upstream"]
    assert row["upstream"] == {"requests": 0}
    assert report["sessions"] == [
        {
            "name": "default",
            "type": "realtime",
            "model": "gpt-realtime-2.1",
            "file": "valid",
            "last_mint": None,
            "ends": [],
            "findings": [],
        }
    ]
    assert report["reload"] == {"done": 0, "refused": 0, "last": None}


def test_limits_that_count_a_session_are_shown_for_it(start, upstream, tmp_path):
    own = SESSION | {"access": {"limits": {"all": "60/h burst 4"}}}
    folder = write_sessions(tmp_path / "sessions", default=SESSION, own=own)
    log = str(tmp_path / "usage.log")
    daemon = start(upstream, folder, LIMIT_SESSION="60/h burst 10", QUOTA_SESSION="50", USAGE_LOG=log)
    for session in ("default", "own", "own"):
        assert daemon.token(session).status == 200
    report = status(daemon)
    for row, used, most in (
        (limit(report, "LIMIT_SESSION", "default"), 1, 10),
        (limit(report, "LIMIT_SESSION", "own"), 2, 10),
        (limit(report, "access.limits.all", "own"), 2, 4),
        (limit(report, "QUOTA_SESSION", "own"), 2, 50),
    ):
        assert (row["used"], row["max"]) == (used, most), row


def test_what_redis_counts_is_left_out(start, calls, tmp_path):
    server = RedisServer(tmp_path / "redis").start()
    try:
        daemon = connected(serve(start, calls, tmp_path, REDIS_URL=server.url, QUOTA_ALL="9", LIMIT_ALL="60/h burst 9"))
        assert create_in_time(daemon).status == 201
        report = status(daemon)
        for setting in ("LIMIT_ALL", "QUOTA_ALL", "MAX_CALLS"):
            assert not {"used", "max"} & limit(report, setting).keys(), setting
        assert limit(report, "MAX_IN_FLIGHT")["used"] == 0 and report["totals"]["calls"] == 1
    finally:
        server.kill()


def test_what_is_wrong_with_a_session_and_what_a_reload_did(start, upstream, tmp_path):
    old = SESSION | {"session": SESSION["session"] | {"model": "gpt-realtime"}}
    folder = write_sessions(tmp_path / "sessions", default=SESSION, old=old)
    daemon = start(upstream, folder, WATCH="true")
    [default, found] = status(daemon)["sessions"]
    assert default["findings"] == default["ends"] == []
    [end] = found["ends"]
    assert (end["subject"], end["date"], end["replacement"]) == ("gpt-realtime", "2027-01-20", "gpt-realtime-2.1")
    assert found["findings"][0]["severity"] == "warning" and "gpt-realtime-2.1" in found["findings"][0]["message"]
    (folder / "old.json").write_text(json.dumps(SESSION))
    eventually(lambda: status(daemon)["reload"]["done"] == 1, "the file takes effect")
    last = status(daemon)["reload"]["last"]
    assert (last["outcome"], last["summary"]) == ("done", "sessions old") and last["age_seconds"] < 20
    assert status(daemon)["sessions"][1]["ends"] == []
    (folder / "old.json").write_text("{")
    eventually(lambda: status(daemon)["reload"]["refused"] == 1, "the file is refused")
    report = status(daemon)
    assert report["reload"]["last"]["outcome"] == "refused"
    assert report["sessions"][1]["file"] == "broken" and report["sessions"][1]["findings"][0]["severity"] == "error"


def test_the_page_is_served_as_it_is_under_a_policy_of_its_own(daemon):
    page = daemon.operations("GET", "/").body.decode()
    paths = set(re.findall(r'(?:href|src)="\./([^"]+)"', page))
    imported = {"demo/page.js"} | {f"operator/{file.name}" for file in (SOURCES / "operator").glob("*.js")}
    assert {"operator/operator.js", "operator/operator.css", "demo/theme.css"} <= paths
    for path in sorted(paths | imported) + [""]:
        answer = daemon.operations("GET", f"/{path}", {"Sec-Fetch-Site": "same-origin"})
        assert answer.status == 200 and answer.body == (SOURCES / (path or "operator/index.html")).read_bytes(), path
        assert answer.one("X-Content-Type-Options") == "nosniff" and answer.one("Referrer-Policy") == "no-referrer"
    policy = dict(part.split(None, 1) for part in answer.one("Content-Security-Policy").split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    # The listener for browsers has neither.
    assert daemon.request("GET", "/status").status == daemon.request("GET", "/operator/operator.js").status == 404


@pytest.mark.parametrize("path", ["/", "/operator/operator.js", "/status"])
def test_no_other_page_and_no_other_machine_reads_it(start, upstream, sessions, path):
    daemon = start(upstream, sessions, OPS_HOST="0.0.0.0")
    port = int(daemon.settings["OPS_PORT"])
    assert daemon.operations("GET", path).status == 200
    own = {} if path != "/status" else SCRIPT
    assert daemon.operations("GET", path, own).status == 200
    foreign = [
        (own, f"evil.example:{port}"),
        (own | {"Origin": "https://evil.example"}, ""),
        (own | {"Origin": "null"}, ""),
        ({"Sec-Fetch-Site": "cross-site"}, ""),
        ({"Sec-Fetch-Site": "same-site"}, ""),
    ]
    for fields, host in foreign:
        answer = daemon.operations("GET", path, fields, host)
        assert answer.status == (404 if path == "/status" else 403), (fields, host)
    # A preflight for the field of the script has no answer that a browser accepts.
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "ephemerald-page"}
    preflight = daemon.operations("OPTIONS", path, asked | {"Origin": "https://evil.example"})
    assert preflight.status in (403, 404) and not preflight.all("Access-Control-Allow-Origin")
    address = own_address()
    with raw.Connection(port, host=address) as connection:
        connection.send(raw.head("GET", path, own, host=f"{address}:{port}"))
        assert connection.receive().only().status in (403, 404)
