"""The routes: health, other methods, other paths."""

from __future__ import annotations

import calendar
import re
import time

import pytest

from daemon import HEALTH, ORIGIN, TOKEN
from problem import problem


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
def test_another_method_on_the_token_route_is_405(daemon, upstream, method):
    answer = daemon.request(method, TOKEN, {"Origin": ORIGIN})
    assert answer.status == 405
    assert {"post", "options"} <= answer.list("Allow")
    assert "get" not in answer.list("Allow")
    if method != "HEAD":
        problem(answer, 405, "method_not_allowed")
    assert upstream.requests == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_method_on_health_is_405(daemon, method):
    answer = daemon.request(method, HEALTH)
    problem(answer, 405, "method_not_allowed")
    assert {"get", "head"} <= answer.list("Allow")


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/api",
        "/api/",
        "/api/realtime",
        "/api/realtime/token/",
        "/api/realtime/token/x",
        "//api/realtime/token",
        "/API/realtime/token",
        "/api/realtime/token%00",
        "/api/realtime/token;x",
        "/api//realtime/token",
        "/api/./realtime/token",
        "/api/x/../realtime/token",
        "/api/realtime/tok%65n",
        "/api/h%65alth",
        "/api/health/",
        "/api/health%00x",
        "/api/health%3Fx",
        "/metrics",
        "/.env",
        "/sessions/default.json",
        "/../../etc/passwd",
    ],
)
def test_another_path_is_404(daemon, upstream, target):
    for method in ("GET", "POST"):
        problem(daemon.request(method, target, {"Origin": ORIGIN}), 404, "not_found")
    assert upstream.requests == []


def test_health_says_ok_and_when(daemon):
    before = time.time()
    answer = daemon.request("GET", HEALTH)
    assert answer.status == 200 and answer.one("Content-Type") == "application/json"
    assert answer.json().keys() == {"status", "timestamp"} and answer.json()["status"] == "ok"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.json()["timestamp"])
    said = calendar.timegm(time.strptime(answer.json()["timestamp"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert before - 1 <= said <= time.time() + 1


def test_head_of_health_is_get_without_the_body(daemon):
    got, headed = daemon.request("GET", HEALTH), daemon.request("HEAD", HEALTH)
    assert headed.status == 200 and headed.body == b""
    assert headed.one("Content-Length") == got.one("Content-Length")
    assert headed.one("Content-Type") == got.one("Content-Type")


def test_health_with_a_query_is_health(daemon, upstream):
    assert daemon.request("GET", HEALTH + "?probe=1").status == 200
    assert upstream.requests == []
