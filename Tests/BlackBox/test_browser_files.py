"""The files for browsers: the library for any page, and the demo page when it is switched on."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from problem import problem
from program import binary

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


def test_it_is_sent_compressed_to_who_accepts_that(daemon):
    path = CLIENT + "realtime-client.js"
    plain = daemon.request("GET", path)
    packed = daemon.request("GET", path, {"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.one("Content-Encoding") == "gzip" and gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < 15_000
    assert [answer.one("Vary") for answer in (plain, packed)] == ["Accept-Encoding"] * 2
    assert plain.one("ETag") != packed.one("ETag")
    for other in ("br", "gzip;q=0", "x-gzip", "identity"):
        assert daemon.request("GET", path, {"Accept-Encoding": other}).body == plain.body
    again = daemon.request("GET", path, {"Accept-Encoding": "gzip", "If-None-Match": packed.one("ETag")})
    assert again.status == 304 and again.one("ETag") == packed.one("ETag")


def test_the_library_is_a_package_that_npm_would_pack(daemon):
    answer = daemon.request("GET", CLIENT + "ephemerald-client.tgz")
    assert answer.status == 200 and answer.one("Content-Type") == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        served = {member.name: archive.extractfile(member).read() for member in archive}
    manifest = json.loads(served["package/package.json"])
    assert manifest["version"] == subprocess.check_output([binary(), "--version"], text=True).split()[1]
    entries = [entry for entry in manifest["exports"].values() if isinstance(entry, dict)]
    assert {f"package/{path[2:]}" for entry in entries for path in entry.values()} <= served.keys()
    assert served == {f"package/{name}": (SOURCES / name).read_bytes() for name in [*LIBRARY, "package.json"]}


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
