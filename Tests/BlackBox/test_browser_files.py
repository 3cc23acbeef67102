"""The files for browsers: the library for any page, and the demo page when it is switched on."""

from __future__ import annotations

from pathlib import Path

import pytest

from problem import problem

CLIENT = "/api/realtime/client/"
SOURCES = Path(__file__).resolve().parents[2] / "Sources" / "BrowserClient"


LIBRARY = sorted(file.name for file in SOURCES.iterdir() if file.name.endswith((".js", ".d.ts")))


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_is_served_to_any_page_as_it_is(daemon, name):
    answer = daemon.request("GET", CLIENT + name, {"Origin": "https://anybody.example"})
    assert answer.status == 200 and answer.body == (SOURCES / name).read_bytes()
    assert answer.one("Access-Control-Allow-Origin") == "*"
    assert answer.one("Cross-Origin-Resource-Policy") == "cross-origin"
    assert answer.one("X-Content-Type-Options") == "nosniff"
    headed = daemon.request("HEAD", CLIENT + name)
    assert headed.status == 200 and headed.one("Content-Length") == str(len(answer.body))


def test_a_browser_that_has_it_gets_it_once(daemon):
    first = daemon.request("GET", CLIENT + "realtime-client.js")
    assert first.one("Cache-Control") == "no-cache" and "javascript" in first.one("Content-Type")
    again = daemon.request("GET", CLIENT + "realtime-client.js", {"If-None-Match": first.one("ETag")})
    assert again.status == 304 and again.body == b"" and again.one("ETag") == first.one("ETag")


def test_reading_the_library_is_no_use_of_the_service(daemon):
    assert daemon.request("GET", CLIENT + "realtime-client.js").status == 200
    problem(daemon.request("GET", CLIENT + "other.js"), 404, "not_found")
    assert [line["url.path"] for line in daemon.usage(1)] == [CLIENT + "other.js"]


def test_the_demo_page_is_served_as_it_is_when_it_is_asked_for(start, upstream, sessions):
    daemon = start(upstream, sessions, DEMO="true")
    files = sorted((SOURCES / "demo").iterdir())
    assert len(files) > 10
    for file in files:
        path = "/" if file.name == "index.html" else f"/demo/{file.name}"
        answer = daemon.request("GET", path)
        assert answer.status == 200 and answer.body == file.read_bytes(), path
        assert answer.one("Cross-Origin-Resource-Policy") == "same-origin"


def test_the_demo_page_may_load_and_reach_nothing_but_what_it_needs(start, upstream, sessions):
    daemon = start(upstream, sessions, DEMO="true", CALLS_URL="https://calls.example:8443/v1/realtime/calls")
    policy = {}
    for directive in daemon.request("GET", "/").one("Content-Security-Policy").split(";"):
        name, *sources = directive.split()
        policy[name] = sources
    assert policy["default-src"] == ["'none'"] and policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", "https://calls.example:8443"]


@pytest.mark.parametrize("settings", [{}, {"DEMO": "false"}, {"SANDBOX": "true", "DEMO": "false"}])
def test_the_demo_page_is_not_served_otherwise(start, upstream, sessions, settings):
    daemon = start(upstream, sessions, **settings)
    for path in ("/", "/demo/demo.js", "/demo/", "/index.html"):
        problem(daemon.request("GET", path), 404, "not_found")


def test_the_sandbox_has_the_demo_page_with_a_word_about_itself_in_sight(start, upstream, sessions):
    answer = start(upstream, sessions, SANDBOX="true").request("GET", "/")
    page = (SOURCES / "demo" / "index.html").read_bytes()
    assert answer.status == 200 and page.count(b'id="sandbox" hidden') == 1
    assert answer.body == page.replace(b'id="sandbox" hidden', b'id="sandbox"')
