"""Which pages are answered: no request of a stranger's page ever reaches the upstream."""

from __future__ import annotations

import pytest

import raw
from daemon import HEALTH, ORIGIN, SESSION, TOKEN, NotStarted, write_sessions
from problem import problem

PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
SHOP = "https://shop.example"
ALLOWED = f"{SHOP},https://*.branch.example,http://localhost:3000"

#: Origins of pages that are not on the list, as browsers send them.
PAGES = [
    "https://evil.example",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://shop.example.",
    "https://a.shop.example",
    "https://branch.example",
    "https://a.b.branch.example",
    "https://evilbranch.example",
    "https://a.branch.example.evil.example",
    "http://localhost",
    "http://localhost:3001",
    "http://localhost:30000",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
    "http://localhost.evil.example:3000",
    "chrome-extension://abcdef",
]
#: What no page has as its origin, or what every page may have.
NONSENSE = [
    "null",
    "*",
    "",
    "https://shop.example:443",
    "https://shop.example/",
    "HTTPS://SHOP.EXAMPLE",
    "https://user@shop.example",
    "https://shop.example https://evil.example",
    "//shop.example",
    "shop.example",
    "https://*.branch.example",
    "https://.branch.example",
    "https://evil.example#.branch.example",
    "https://evil.example/.branch.example",
    "https://evil.example\\.branch.example",
    "https://a_b%2f.branch.example",
    "file://",
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
    for origin in PAGES + NONSENSE:
        answer = shop.token(origin=origin)
        problem(answer, 403, "origin_not_allowed")
        assert "origin" in answer.list("Vary"), origin
    assert upstream.requests == [] and upstream.minted == []


def test_the_page_of_a_stranger_reads_its_refusal_and_nothing_else(shop, upstream):
    for origin in PAGES:
        answer = shop.token(origin=origin, body=b'{"session": "default"}')
        problem(answer, 403, "origin_not_allowed")
        assert open_to(answer) == ["Access-Control-Allow-Origin"], origin
        assert answer.one("Access-Control-Allow-Origin") == origin
        assert SHOP not in answer.body.decode()
        for other in (
            shop.request("GET", TOKEN, {"Origin": origin}),
            shop.request("POST", TOKEN, {"Origin": origin}, b" " * 70_000),
            shop.request("POST", "/nowhere", {"Origin": origin}),
        ):
            assert other.status in (404, 405, 413) and open_to(other) == [], origin
    for origin in NONSENSE:
        assert open_to(shop.token(origin=origin)) == [], origin
    assert upstream.requests == []


def test_the_preflight_of_a_stranger_lets_the_request_be_sent_that_is_refused(shop, upstream):
    allowed = shop.request("OPTIONS", TOKEN, {"Origin": SHOP, **PREFLIGHT})
    for origin in PAGES:
        answer = shop.request("OPTIONS", TOKEN, {"Origin": origin, **PREFLIGHT})
        assert (answer.status, answer.body) == (204, b""), origin
        assert answer.one("Access-Control-Allow-Origin") == origin
        assert open_to(answer) == open_to(allowed)
        for wrong in ({"Access-Control-Request-Method": "PUT"}, {"Access-Control-Request-Headers": "x-other"}):
            answer = shop.request("OPTIONS", TOKEN, {"Origin": origin, **PREFLIGHT, **wrong})
            assert answer.status == 403 and open_to(answer) == [], origin
    for origin in NONSENSE:
        answer = shop.request("OPTIONS", TOKEN, {"Origin": origin, **PREFLIGHT})
        assert answer.status == 403 and open_to(answer) == [], origin
    assert upstream.requests == []


def test_a_host_that_is_listed_under_the_other_scheme_is_named_in_the_usage_log(shop):
    for origin in ("http://shop.example", "http://a.branch.example", "https://localhost:3000", "https://evil.example"):
        assert shop.token(origin=origin).status == 403
    assert [line.get("ephemerald.origin.flaw") for line in shop.usage(4)] == ["scheme"] * 3 + [None]


CREDENTIALS = "Access-Control-Allow-Credentials"


def test_cookies_are_allowed_to_listed_pages_only_where_the_settings_say_so(start, upstream, sessions):
    daemon = start(
        upstream,
        sessions,
        ALLOWED_ORIGINS=f"{SHOP},http://localhost:3000",
        ALLOW_CREDENTIALS="true",
        LIMIT_CLIENT="1/h burst 1",
    )
    preflight = daemon.request("OPTIONS", TOKEN, {"Origin": SHOP, **PREFLIGHT})
    answers = [
        daemon.token(origin=SHOP),
        daemon.token(origin=SHOP),
        daemon.token(origin=SHOP, session="nobody"),
        daemon.token(origin=SHOP, body=b"{"),
        daemon.request("GET", TOKEN, {"Origin": SHOP}),
    ]
    assert [answer.status for answer in answers] == [200, 429, 404, 400, 405]
    for answer in [preflight, *answers]:
        assert answer.one(CREDENTIALS) == "true" and answer.one("Access-Control-Allow-Origin") == SHOP
    for stranger in ("https://evil.example", "null"):
        refused = daemon.token(origin=stranger)
        preflight = daemon.request("OPTIONS", TOKEN, {"Origin": stranger, **PREFLIGHT})
        assert refused.status == 403 and refused.one(CREDENTIALS) is None
        assert preflight.one(CREDENTIALS) is None


@pytest.mark.parametrize("origins", ["https://*.shop.example", "https://app-*-team.shop.example", None])
def test_cookies_need_exact_origins(start, upstream, sessions, origins):
    with pytest.raises(NotStarted) as refusal:
        start(upstream, sessions, ALLOWED_ORIGINS=origins, ALLOW_CREDENTIALS="true")
    assert refusal.value.code == 78
    assert "ALLOW_CREDENTIALS" in refusal.value.stderr
    assert (origins or "http://localhost:*") in refusal.value.stderr


def test_a_wildcard_where_anyone_can_register_stops_the_start_unless_it_is_allowed(start, upstream, sessions):
    wildcard = "https://*.vercel.app"
    with pytest.raises(NotStarted) as refusal:
        start(upstream, sessions, ALLOWED_ORIGINS=wildcard)
    assert refusal.value.code == 78 and "anyone can register a name under vercel.app" in refusal.value.stderr
    write_sessions(sessions, shop={**SESSION, "access": {"origins": [wildcard]}})
    with pytest.raises(NotStarted) as refusal:
        start(upstream, sessions, ALLOWED_ORIGINS="https://a.vercel.app")
    assert refusal.value.code == 78 and "shop.json: access.origins[0]" in refusal.value.stderr
    daemon = start(upstream, sessions, ALLOWED_ORIGINS=wildcard, ALLOW_SHARED_SUFFIXES="true")
    assert daemon.token(session="shop", origin="https://stranger.vercel.app").status == 200


def test_a_star_inside_a_label_admits_the_previews_of_one_team(start, upstream, sessions):
    daemon = start(upstream, sessions, ALLOWED_ORIGINS="https://app-*-team.vercel.app")
    for label, status in {
        "app-3kd9-team": 200,
        "app-git-fix-team": 200,
        "app--team": 403,
        "app-3kd9-evil": 403,
        "evil-3kd9-team": 403,
        "app-3kd9.b-team": 403,
    }.items():
        assert daemon.token(origin=f"https://{label}.vercel.app").status == status, label


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
