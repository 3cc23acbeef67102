"""Every answer of the description is provoked, and no other occurs: statuses, codes, fields, bodies."""

from __future__ import annotations

import json
import signal

import pytest

import faults
import raw
from crowd import token_request
from daemon import ORIGIN, SESSION, TOKEN, Daemon, eventually, write_sessions
from description import Judge, described
from fake_calls import Calls
from program import free_port
from test_callers import bearer, keys_file
from call_client import OFFER
from test_jwt import jwks, token

ASKED = {"Origin": ORIGIN}
CALL = {**SESSION, "access": {"token": False}}
CALLS = "/api/realtime/calls"
NO_CALL = {**SESSION, "access": {"call": False}}


class Witness:
    """Asks, and has every answer judged."""

    def __init__(self, start, upstream, folder):
        self.start = start
        self.upstream = upstream
        self.calls = Calls(upstream)
        self.sessions = write_sessions(folder / "described", default=SESSION, call=CALL, token=NO_CALL)
        self.judge = Judge(described(self.daemon()))

    def daemon(self, **settings: str) -> Daemon:
        return self.start(self.upstream, self.sessions, **settings)

    def ask(self, daemon: Daemon, method: str, target: str, fields: dict | None = None, body: bytes = b"") -> int:
        return self.judge.judge(method, target, daemon.request(method, target, fields, body)).status

    def mint(self, daemon: Daemon, target: str = TOKEN, fields: dict | None = None, body: bytes = b"") -> int:
        return self.ask(daemon, "POST", target, ASKED | (fields or {}), body)

    def create(self, daemon: Daemon, target: str = CALLS, fields: dict | None = None, body: bytes = OFFER) -> raw.Answer:
        fields = ASKED | {"Content-Type": "application/sdp"} | (fields or {})
        return self.judge.judge("POST", target, daemon.request("POST", target, fields, body))

    def send(self, daemon: Daemon, method: str, target: str, data: bytes) -> int:
        exchange = raw.exchange(daemon.port, data, head_requests=int(method == "HEAD"))
        return self.judge.judge(method, target, exchange.answers[0]).status


@pytest.fixture
def witness(start, upstream, tmp_path) -> Witness:
    return Witness(start, upstream, tmp_path)


def operations(document: dict) -> list[tuple[str, str]]:
    """Method and a real path of each."""
    found = []
    for template, item in document["paths"].items():
        for method, operation in item.items():
            files = [p["schema"]["enum"][0] for p in operation.get("parameters", []) if p.get("in") == "path"]
            path = template.replace("{file}", files[0]) if files else template.replace("{id}", "A" * 22)
            found.append((method.upper(), path))
    return found


def what_is_served(witness: Witness) -> None:
    page, bare = witness.daemon(DEMO="true"), witness.daemon(DEMO="false")
    for method, target in operations(witness.judge.document):
        if method not in ("GET", "HEAD"):
            continue
        assert witness.ask(page, method, target) == 200
        tag = page.request("GET", target).one("ETag")
        if tag:
            assert witness.ask(page, method, target, {"If-None-Match": tag}) == 304
        witness.ask(page, "PUT", target)
        witness.ask(bare, method, target)
        if target.startswith("/api/realtime/client/"):
            assert witness.ask(page, method, target + ".map") == 404
    for item in witness.judge.document["paths"].values():
        for parameter in item.get("get", {}).get("parameters", []):
            for name in parameter.get("schema", {}).get("enum", []):
                folder = "/demo/" if "demo.js" in parameter["schema"]["enum"] else "/api/realtime/client/"
                assert witness.ask(page, "GET", folder + name) == 200
    witness.ask(page, "DELETE", TOKEN, ASKED)
    for end in ("", f"/{'A' * 22}", f"/{'A' * 22}/lease", f"/{'A' * 22}/end"):
        witness.ask(page, "PUT", CALLS + end, ASKED)
    witness.ask(page, "GET", "/nowhere")


def what_is_broken(witness: Witness) -> None:
    daemon = witness.daemon(MAX_BODY="1KiB", DEMO="true")
    long = {"X-Long": "x" * 17_000}
    for method, target in operations(witness.judge.document):
        assert witness.ask(daemon, method, target, ASKED, b"x" * 1025) == 413
        assert witness.ask(daemon, method, target, ASKED | long) == 431
        twice = raw.head(method, target, {"host": "two"})
        assert witness.send(daemon, method, target, twice) == 400
        version = raw.head(method, target).replace(b"HTTP/1.1", b"HTTP/2.5", 1)
        assert witness.send(daemon, method, target, version) == 505
        assert witness.send(daemon, method, target, raw.head(method, target + "?" + "x" * 30_000)) == 414


def who_is_refused_too_often(witness: Witness) -> None:
    daemon = witness.daemon(MAX_BODY="1KiB", DEMO="true", LIMIT_REFUSALS="1/h")
    assert witness.ask(daemon, "GET", "/nowhere") == 404
    for method, target in operations(witness.judge.document):
        assert witness.ask(daemon, method, target, ASKED, b"x" * 1025) == 429


def who_asks(witness: Witness, folder) -> None:
    daemon = witness.daemon(AUTH="bearer", AUTH_KEYS_FILE=keys_file(folder, ann="eph_1"))
    assert witness.mint(daemon) == 401
    assert witness.mint(daemon, fields=bearer("eph_2")) == 401
    assert witness.mint(daemon, fields=bearer("eph_1")) == 200
    (folder / "jwks.json").write_text(jwks("ES256"))
    claims = {"AUTH": "jwt", "JWT_ISSUER": "https://id.example", "JWT_AUDIENCE": "voice"}
    daemon = witness.daemon(JWT_KEYS=str(folder / "jwks.json"), **claims)
    assert witness.mint(daemon, fields=bearer(token(sessions=["other"]))) == 403
    daemon = witness.daemon(JWT_KEYS=f"http://127.0.0.1:{free_port()}/jwks.json", **claims)
    assert witness.mint(daemon, fields=bearer(token())) == 503
    assert witness.create(daemon, fields=bearer(token())).status == 503
    assert witness.ask(daemon, "POST", f"{CALLS}/{'A' * 22}/lease", ASKED | bearer(token())) == 503


def who_is_denied(witness: Witness) -> None:
    daemon = witness.daemon()
    daemon.operations("PUT", "/denied?address=127.0.0.1", {"Content-Length": "0"})
    assert witness.mint(daemon) == 403
    assert witness.create(daemon).status == 403
    assert witness.ask(daemon, "POST", f"{CALLS}/{'A' * 22}/lease", ASKED) == 403


def who_calls(witness: Witness, folder) -> None:
    daemon = witness.daemon(AUTH="bearer", AUTH_KEYS_FILE=keys_file(folder, ann="eph_1"))
    lease = f"{CALLS}/{'A' * 22}/lease"
    for wrong in ({}, bearer("eph_2")):
        assert witness.create(daemon, fields=wrong).status == 401
        assert witness.ask(daemon, "POST", lease, ASKED | wrong) == 401
    claims = {"AUTH": "jwt", "JWT_ISSUER": "https://id.example", "JWT_AUDIENCE": "voice"}
    daemon = witness.daemon(JWT_KEYS=str(folder / "jwks.json"), **claims)
    assert witness.create(daemon, fields=bearer(token(sessions=["other"]))).status == 403


def what_is_called(witness: Witness, folder) -> None:
    daemon = witness.daemon()
    preflight = ASKED | {"Access-Control-Request-Method": "DELETE"}
    call = witness.create(daemon).one("Location")
    json_body = json.dumps({"sdp": OFFER.decode()}).encode()
    assert witness.create(daemon, fields={"Content-Type": "application/json"}, body=json_body).status == 201
    for path in (CALLS, call, f"{call}/lease", f"{call}/end"):
        assert witness.ask(daemon, "OPTIONS", path, preflight) == 204
        assert witness.ask(daemon, "OPTIONS", path) == 204
        assert witness.ask(daemon, "OPTIONS", path, preflight | {"Origin": "null"}) == 403
    assert witness.ask(daemon, "POST", f"{call}/lease", ASKED) == 200
    assert witness.ask(daemon, "POST", f"{call}/lease", {"Origin": "https://evil.example"}) == 403
    assert witness.ask(daemon, "POST", f"{call}/end") == 204
    assert witness.ask(daemon, "DELETE", call) == 200
    assert witness.ask(daemon, "POST", f"{call}/lease", ASKED) == 410
    for method, end in (("POST", "/lease"), ("POST", "/end"), ("DELETE", "")):
        assert witness.ask(daemon, method, f"{CALLS}/{'A' * 22}{end}", ASKED) == 404
    assert witness.create(daemon, f"{CALLS}?session=nobody").status == 404
    assert witness.create(daemon, f"{CALLS}?session=token").status == 409
    assert witness.create(daemon, body=b"v=0").status == 400
    assert witness.create(daemon, f"{CALLS}?dcid=x").status == 400
    assert witness.create(daemon, fields={"Content-Type": "text/plain"}).status == 415
    assert witness.create(daemon, fields={"Origin": "https://evil.example"}).status == 403
    for spent in ({"LIMIT_CLIENT": "1/min"}, {"QUOTA_ALL": "1", "USAGE_LOG": str(folder / "calls.log")}, {"MAX_CALLS": "1"}):
        daemon = witness.daemon(**spent)
        assert [witness.create(daemon).status for _ in range(2)] == [201, 429]
    assert witness.create(witness.daemon(PAUSED="true")).status == 503
    assert witness.create(witness.daemon(USAGE_LOG="/dev/full")).status == 503
    several = witness.daemon(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert witness.create(several).status == 503
    for method, end in (("POST", "/lease"), ("POST", "/end"), ("DELETE", "")):
        assert witness.ask(several, method, f"{CALLS}/{'A' * 22}{end}", ASKED) == 503


def what_is_asked(witness: Witness) -> None:
    daemon = witness.daemon()
    assert witness.mint(daemon) == 200
    assert witness.mint(daemon, TOKEN + "?session=nobody") == 404
    assert witness.mint(daemon, TOKEN + "?session=call") == 409
    assert witness.mint(daemon, body=b'{"session": 7}') == 400
    assert witness.mint(daemon, body=b"[]") == 400
    assert witness.ask(daemon, "POST", TOKEN, {"Origin": "https://evil.example"}) == 403
    preflight = {"Access-Control-Request-Method": "POST"}
    assert witness.ask(daemon, "OPTIONS", TOKEN, ASKED | preflight) == 204
    assert witness.ask(daemon, "OPTIONS", TOKEN) == 204
    assert witness.ask(daemon, "OPTIONS", TOKEN, {"Origin": "https://evil.example"} | preflight) == 204
    assert witness.ask(daemon, "OPTIONS", TOKEN, {"Origin": "null"} | preflight) == 403


def what_is_enough(witness: Witness, folder) -> None:
    for spent in ({"LIMIT_CLIENT": "1/min"}, {"QUOTA_ALL": "1", "USAGE_LOG": str(folder / "usage.log")}):
        daemon = witness.daemon(**spent)
        assert [witness.mint(daemon) for _ in range(2)] == [200, 429]
    assert witness.mint(witness.daemon(PAUSED="true")) == 503
    away = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "REDIS_DOWN": "refuse", "LIMIT_ALL": "100/min"}
    assert witness.mint(witness.daemon(**away)) == 503


def what_openai_does(witness: Witness) -> None:
    daemon = witness.daemon(UPSTREAM_TIMEOUT="2s")
    failures = {
        faults.error(429, "rate_limit_exceeded"): 429,
        faults.error(401, "invalid_api_key"): 502,
        faults.error(429, "insufficient_quota"): 502,
        faults.error(400, "unknown_parameter"): 502,
        faults.error(404, "model_not_found"): 502,
        faults.silence: 504,
        faults.garbage: 502,
    }
    for fault, status in failures.items():
        witness.upstream.fault = fault
        assert witness.mint(daemon) == status
        assert witness.create(daemon).status == status
        assert witness.ask(daemon, "GET", "/api/health/ready") == 200
    eventually(lambda: witness.mint(daemon) == 503, "the circuit opens")
    eventually(lambda: witness.create(daemon).status == 503, "for calls too")
    assert witness.ask(daemon, "GET", "/api/health/ready") == 200


def what_ends(witness: Witness) -> None:
    witness.upstream.fault = faults.silence
    limits = {"MAX_IN_FLIGHT": "1", "DRAIN_TIMEOUT": "100ms", "UPSTREAM_TIMEOUT": "60s"}
    daemon, calling = witness.daemon(DRAIN_DELAY="5s", **limits), witness.daemon(**limits)
    asked = len(witness.upstream.requests)
    with raw.Connection(daemon.port) as waiting, raw.Connection(calling.port) as call:
        waiting.send(token_request())
        call.send(
            raw.head("POST", CALLS, ASKED | {"Content-Type": "application/sdp", "Content-Length": str(len(OFFER))}) + OFFER
        )
        witness.upstream.wait_for_requests(asked + 2)
        assert witness.mint(daemon) == 503
        assert witness.create(calling).status == 503
        calling.process.send_signal(signal.SIGTERM)
        assert witness.judge.judge("POST", CALLS, call.receive().answers[0]).status == 503
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: witness.ask(daemon, "GET", "/api/health/ready") == 503, "readiness turns")
        assert witness.ask(daemon, "HEAD", "/api/health/ready") == 503
        answer = waiting.receive().answers[0]
    assert witness.judge.judge("POST", TOKEN, answer).status == 503
    # The daemons that still have calls end them.
    witness.upstream.fault = witness.calls


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_everything_that_is_promised_is_reached(witness, tmp_path):
    what_is_served(witness)
    what_is_broken(witness)
    who_is_refused_too_often(witness)
    who_asks(witness, tmp_path)
    who_is_denied(witness)
    who_calls(witness, tmp_path)
    what_is_asked(witness)
    what_is_called(witness, tmp_path)
    what_is_enough(witness, tmp_path)
    what_openai_does(witness)
    what_ends(witness)
    components = {("other path", 404, "not_found")}
    components |= {(f"other method of {p}", 405, "method_not_allowed") for p in witness.judge.document["paths"]}
    promised = witness.judge.promised() | components
    assert sorted(promised - witness.judge.seen, key=str) == []
    assert sorted(witness.judge.seen - promised, key=str) == [], "the judge lets pass what is not described"
