"""Every way in which the upstream fails, and what the page gets: a code, never the upstream's message."""

from __future__ import annotations

import json
import time

import pytest

import faults
from fake_openai import FakeOpenAI
from faults import UPSTREAM_TEXT
from problem import problem

#: What the upstream does, what the page gets, and how often the upstream may be asked (None: as often as it likes).
FAULTS = {
    "reset before the answer": (faults.reset, 502, "upstream_error", None),
    "reset in the body": (faults.reset_in_body, 502, "upstream_error", None),
    "end in the body": (faults.close_in_body, 502, "upstream_error", None),
    "garbage for HTTP": (faults.garbage, 502, "upstream_error", None),
    "HTML for JSON": (
        faults.body(b"<html>" + UPSTREAM_TEXT.encode(), content_type="text/html"),
        502,
        "upstream_error",
        None,
    ),
    "cut JSON": (faults.body(b'{"value": "ek_' + UPSTREAM_TEXT.encode()), 502, "upstream_error", None),
    "an empty body": (faults.body(b""), 502, "upstream_error", None),
    "a list": (faults.body(b"[]"), 502, "upstream_error", None),
    "no value": (faults.shape(value=...), 502, "upstream_error", None),
    "a value that is a number": (faults.shape(value=7), 502, "upstream_error", None),
    "an empty value": (faults.shape(value=""), 502, "upstream_error", None),
    "no expiry": (faults.shape(expires_at=...), 502, "upstream_error", None),
    "an expiry that is text": (faults.shape(expires_at="soon"), 502, "upstream_error", None),
    "5 MB": (faults.huge, 502, "upstream_error", None),
    "silence": (faults.silence, 504, "upstream_timeout", None),
    "an answer after the deadline": (faults.late(3.0), 504, "upstream_timeout", None),
    "a slow head": (faults.slow_head, 504, "upstream_timeout", None),
    "a slow body": (faults.slow_body, 504, "upstream_timeout", None),
    "a redirect": (faults.redirect("http://127.0.0.1:9/elsewhere"), 502, "upstream_error", None),
    "400": (faults.error(400, "unknown_parameter"), 502, "upstream_rejected", 1),
    "401": (faults.error(401, "invalid_api_key"), 502, "upstream_auth", 1),
    "403": (faults.error(403, "unsupported_country_region_territory"), 502, "upstream_auth", 1),
    "404 of the model": (faults.error(404, "model_not_found"), 502, "upstream_not_found", 1),
    "404 of a gateway": (faults.body(b"<html>not here", 404, "text/html"), 502, "upstream_not_found", 1),
    "429 of the rate": (
        faults.error(429, "rate_limit_exceeded", {"Retry-After": "7"}, "requests"),
        429,
        "upstream_rate_limited",
        1,
    ),
    "429 of the quota": (faults.error(429, "insufficient_quota", kind="insufficient_quota"), 502, "upstream_quota", 1),
    "429 of the quota with a Retry-After": (
        faults.error(429, "insufficient_quota", {"Retry-After": "7"}),
        502,
        "upstream_quota",
        1,
    ),
    "500": (faults.error(500, "server_error"), 502, "upstream_error", None),
    "500 without JSON": (faults.body(UPSTREAM_TEXT.encode(), 500, "text/plain"), 502, "upstream_error", None),
    "503": (faults.error(503, "server_is_overloaded"), 502, "upstream_error", None),
    "418": (faults.error(418, "teapot"), 502, "upstream_rejected", 1),
    "an error without its wrapper": (
        faults.body(json.dumps({"message": UPSTREAM_TEXT, "code": "invalid_api_key"}).encode(), 401),
        502,
        "upstream_auth",
        1,
    ),
}


@pytest.fixture
def hasty(start, upstream, sessions):
    """A daemon that gives the upstream five seconds."""
    return start(upstream, sessions, UPSTREAM_TIMEOUT="5s", UPSTREAM_CONNECT_TIMEOUT="500ms")


def says_nothing_of_it(answer, upstream: FakeOpenAI) -> None:
    shown = answer.body.decode() + str(answer.fields)
    for secret in (UPSTREAM_TEXT, upstream.key, "127.0.0.1:" + str(upstream.port), "ek_"):
        assert secret not in shown, shown


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_code(start, upstream, sessions, name):
    fault, status, code, requests = FAULTS[name]
    # Nothing else waits for the deadline.
    patience = "1s" if code == "upstream_timeout" else "10s"
    hasty = start(upstream, sessions, UPSTREAM_TIMEOUT=patience, UPSTREAM_CONNECT_TIMEOUT="500ms")
    upstream.fault = fault
    begun = time.monotonic()
    answer = hasty.token()
    took = time.monotonic() - begun
    assert took < 8, "the deadline of a second was not kept, or waited for"
    assert took >= 1 or code != "upstream_timeout", "it was not waited for"
    problem(answer, status, code)
    says_nothing_of_it(answer, upstream)
    assert upstream.minted == [] or name == "an answer after the deadline"
    assert 1 <= len(upstream.requests) <= (requests or 5), "asked too often"
    line = hasty.usage(1)[0]
    assert (line["http.response.status_code"], line["error.type"]) == (status, code)
    upstream.fault = None
    assert hasty.token().status == 200, "one failure must not shut the daemon"


def test_a_refused_connection_is_an_upstream_error(hasty, upstream):
    upstream.refuse()
    answer = hasty.token()
    problem(answer, 502, "upstream_error")
    says_nothing_of_it(answer, upstream)
    upstream.listen()
    assert hasty.token().status == 200


def test_the_upstreams_retry_after_is_passed_on(hasty, upstream):
    upstream.fault = faults.error(429, "rate_limit_exceeded", {"Retry-After": "7"})
    assert hasty.token().one("Retry-After") == "7"


def test_a_rate_limit_without_retry_after_has_one_all_the_same(hasty, upstream):
    upstream.fault = faults.error(429, "rate_limit_exceeded")
    answer = hasty.token()
    assert answer.status == 429 and int(answer.one("Retry-After")) >= 1


def test_a_retry_after_that_is_no_number_is_not_passed_on(hasty, upstream):
    upstream.fault = faults.error(429, "rate_limit_exceeded", {"Retry-After": "<script>"})
    answer = hasty.token()
    assert answer.status == 429 and int(answer.one("Retry-After")) >= 1


@pytest.mark.parametrize("passing", ["500", "503", "reset before the answer"])
def test_a_passing_fault_is_tried_again_inside_the_deadline(start, upstream, sessions, passing):
    daemon = start(upstream, sessions, UPSTREAM_TIMEOUT="8s")
    upstream.script.append(FAULTS[passing][0])
    assert daemon.token().status == 200
    assert (len(upstream.requests), len(upstream.minted)) == (2, 1)


@pytest.mark.parametrize("lasting", ["401", "429 of the quota"])
def test_the_next_key_is_tried(start, upstream, sessions, tmp_path, lasting):
    second = "sk-second-0123456789"
    upstream.keys = {upstream.key, second}
    (tmp_path / "keys").write_text(f"{upstream.key}\n{second}\n")
    (tmp_path / "keys").chmod(0o600)
    daemon = start(upstream, sessions, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(tmp_path / "keys"))
    upstream.script.append(FAULTS[lasting][0])
    assert daemon.token().status == 200
    assert [r.all("Authorization") for r in upstream.requests] == [[f"Bearer {upstream.key}"], [f"Bearer {second}"]]


def test_the_operator_reads_the_upstreams_status_code_and_request_id(hasty, upstream):
    upstream.fault = faults.error(400, "unknown_parameter", {"x-request-id": "req_find-me-again"})
    hasty.token()
    said = json.dumps(hasty.usage(1)) + hasty.stderr
    for fact in ("req_find-me-again", "unknown_parameter", "400"):
        assert fact in said, said


def test_a_lasting_outage_opens_the_circuit_and_its_end_closes_it(hasty, upstream):
    upstream.fault = faults.error(500, "server_error")
    codes = []
    while "upstream_unavailable" not in codes:
        assert len(codes) < 100, f"the circuit never opened: {set(codes)}"
        answer = hasty.token()
        codes.append(answer.json()["code"])
    assert answer.status == 503 and int(answer.one("Retry-After")) >= 1
    asked = len(upstream.requests)
    assert hasty.token().status == 503 and len(upstream.requests) == asked, "an open circuit sends nothing"


def test_refusals_of_ours_do_not_open_the_circuit(hasty, upstream):
    for _ in range(60):
        hasty.token(origin="https://evil.example")
        hasty.token(session="nobody")
    assert hasty.token().status == 200


def test_a_404_is_explained_to_the_operator_and_is_not_the_pages_fault(daemon, upstream):
    for fault, words in {
        faults.error(404, "model_not_found"): "the upstream does not know the model gpt-realtime-2.1",
        faults.body(b"", 404): f"there is nothing at {upstream.base_url}/realtime/client_secrets",
    }.items():
        upstream.fault = fault
        answer = daemon.token()
        assert (answer.status, answer.json()["code"]) == (502, "upstream_not_found")
        says_nothing_of_it(answer, upstream)
        line = daemon.usage()[-1]
        assert line["error.type"] == "upstream_not_found" and line["ephemerald.upstream.status_code"] == 404
        assert line["ephemerald.upstream.advice"].startswith(words)
        assert "OPENAI_BASE_URL" in line["ephemerald.upstream.advice"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.error(401, "invalid_api_key"), "OpenAI does not accept the API key"),
        (faults.error(429, "insufficient_quota", kind="insufficient_quota"), "the OpenAI account of the API key is used up"),
    ],
)
def test_a_key_that_is_refused_is_one_warning_and_not_one_a_request(start, upstream, sessions, tmp_path, fault, words):
    """With the usage log in a file, standard error has nothing else to say so."""
    daemon = start(upstream, sessions, USAGE_LOG=str(tmp_path / "usage.log"))
    upstream.fault = fault
    assert [daemon.token().status for _ in range(5)] == [502] * 5
    warnings = [line for line in daemon.stderr.splitlines() if words in line]
    assert len(warnings) == 1 and " warning: upstream_" in warnings[0], daemon.stderr
    assert upstream.key not in daemon.stderr and UPSTREAM_TEXT not in daemon.stderr
