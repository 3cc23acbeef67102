"""Which pages are answered: nothing of a stranger's ever reaches the upstream."""

from __future__ import annotations

import pytest

import raw
from daemon import HEALTH, ORIGIN, TOKEN
from problem import problem

PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
SHOP = "https://shop.example"
ALLOWED = f"{SHOP},https://*.branch.example,http://localhost:3000"

STRANGERS = [
    "https://evil.example",
    "null",
    "*",
    "",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://shop.example:443",
    "https://shop.example/",
    "https://shop.example.",
    "HTTPS://SHOP.EXAMPLE",
    "https://a.shop.example",
    "https://user@shop.example",
    "https://shop.example https://evil.example",
    "//shop.example",
    "shop.example",
    "https://branch.example",
    "https://a.b.branch.example",
    "https://evilbranch.example",
    "https://*.branch.example",
    "https://.branch.example",
    "https://a.branch.example.evil.example",
    "https://evil.example#.branch.example",
    "https://evil.example/.branch.example",
    "https://evil.example\\.branch.example",
    "https://a_b%2f.branch.example",
    "http://localhost",
    "http://localhost:3001",
    "http://localhost:30000",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
    "http://localhost.evil.example:3000",
    "file://",
    "chrome-extension://abcdef",
    "data:text/html,x",
    "about:blank",
    "undefined",
]
FRIENDS = [SHOP, "https://a.branch.example", "https://xn--mnchen-3ya.branch.example", "http://localhost:3000"]


@pytest.fixture
def shop(start, upstream, sessions):
    return start(upstream, sessions, ALLOWED_ORIGINS=ALLOWED)


def open_to(answer) -> list[str]:
    return [name for name, _ in answer.fields if name.lower().startswith("access-control-")]


def test_a_stranger_is_403_and_costs_nothing(shop, upstream):
    for origin in STRANGERS:
        answer = shop.token(origin=origin)
        problem(answer, 403, "origin_not_allowed")
        assert answer.all("Access-Control-Allow-Origin") == [], origin
        assert "origin" in answer.list("Vary"), origin
    assert upstream.requests == [] and upstream.minted == []


def test_a_strangers_preflight_is_refused_without_a_word(shop, upstream):
    for origin in STRANGERS:
        answer = shop.request("OPTIONS", TOKEN, {"Origin": origin, **PREFLIGHT})
        assert answer.status == 403, origin
        assert open_to(answer) == [], origin
    assert upstream.requests == []


def test_a_request_without_origin_is_refused_unless_it_is_allowed(start, upstream, sessions):
    closed = start(upstream, sessions)
    answer = closed.token(origin=None)
    assert answer.status == 403 and answer.json()["code"] in ("origin_missing", "origin_not_allowed")
    assert upstream.requests == []
    opened = start(upstream, sessions, ALLOW_MISSING_ORIGIN="true")
    assert opened.token(origin=None).status == 200
    assert opened.token(origin="https://evil.example").status == 403
    assert opened.token(origin=None, fields={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert len(upstream.minted) == 1


def test_two_origins_are_refused(shop, upstream):
    head = raw.head("POST", TOKEN, {"Origin": SHOP, "origin": "https://evil.example", "Content-Length": "0"})
    answer = raw.exchange(shop.port, head).only()
    assert answer.status in (400, 403)
    assert upstream.requests == []


def test_an_allowed_origin_is_answered_by_its_name(shop, upstream):
    for origin in FRIENDS:
        answer = shop.token(origin=origin)
        assert answer.status == 200, origin
        assert answer.one("Access-Control-Allow-Origin") == origin
        assert "origin" in answer.list("Vary")
    assert len(upstream.minted) == len(FRIENDS)


def test_an_allowed_preflight_says_what_is_allowed(shop, upstream):
    for origin in FRIENDS:
        answer = shop.request("OPTIONS", TOKEN, {"Origin": origin, **PREFLIGHT})
        assert (answer.status, answer.body) == (204, b"")
        assert answer.one("Access-Control-Allow-Origin") == origin
        assert "post" in answer.list("Access-Control-Allow-Methods")
        assert {"authorization", "content-type", "x-request-id", "traceparent"} <= answer.list(
            "Access-Control-Allow-Headers"
        )
        assert 0 < int(answer.one("Access-Control-Max-Age")) <= 86400
        assert {"origin", "access-control-request-method", "access-control-request-headers"} <= answer.list("Vary")
        assert answer.one("Access-Control-Allow-Credentials") is None
        assert answer.one("Access-Control-Allow-Private-Network") is None
    assert upstream.requests == []


def test_an_options_that_is_no_preflight_names_the_methods(shop):
    answer = shop.request("OPTIONS", TOKEN)
    assert answer.status == 204 and {"post", "options"} <= answer.list("Allow")


def test_loopback_pages_of_any_port_are_allowed_by_default(daemon):
    for origin in ("http://localhost:1", "http://localhost:65535", "http://127.0.0.1:5173", "http://localhost"):
        assert daemon.token(origin=origin).status == 200, origin
    for origin in (
        "https://localhost:3000",
        "http://localhost.evil.example:80",
        "http://127.0.0.1.evil.example:80",
        "http://192.0.2.1:80",
    ):
        assert daemon.token(origin=origin).status == 403, origin


@pytest.mark.parametrize(
    ("fields", "target", "body", "status"),
    [
        ({}, TOKEN + "?session=nobody", b"", 404),
        ({"Content-Type": "application/json"}, TOKEN, b"{", 400),
        ({"Content-Type": "application/json"}, TOKEN, b'{"model": "x"}', 400),
        ({"Content-Type": "application/json"}, TOKEN, b" " * 70_000, 413),
    ],
)
def test_a_refusal_can_be_read_by_the_page_that_asked(daemon, upstream, fields, target, body, status):
    answer = daemon.request("POST", target, {"Origin": ORIGIN, **fields}, body)
    assert answer.status == status
    assert answer.one("Access-Control-Allow-Origin") == ORIGIN
    assert "origin" in answer.list("Vary")
    assert upstream.requests == []


def test_a_wrong_method_and_a_spent_limit_can_be_read_too(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/h burst 1")
    assert daemon.token().status == 200
    spent = daemon.token()
    wrong = daemon.request("GET", TOKEN, {"Origin": ORIGIN})
    assert (spent.status, wrong.status) == (429, 405)
    for answer in (spent, wrong):
        assert answer.one("Access-Control-Allow-Origin") == ORIGIN and "origin" in answer.list("Vary")
    assert len(upstream.minted) == 1


def test_preflights_do_not_count_against_a_limit(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/h burst 1", LIMIT_ALL="1/h burst 1")
    for _ in range(20):
        assert daemon.request("OPTIONS", TOKEN, {"Origin": ORIGIN, **PREFLIGHT}).status == 204
    assert daemon.token().status == 200


def test_an_upstream_failure_can_be_read_by_the_page(daemon, upstream):
    upstream.keys = {"another"}
    answer = daemon.token()
    assert answer.status == 502 and answer.one("Access-Control-Allow-Origin") == ORIGIN


def test_health_is_for_everybody(shop):
    assert shop.request("GET", HEALTH, {"Origin": "https://evil.example"}).status == 200
