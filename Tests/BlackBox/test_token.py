"""A token as a page gets it."""

from __future__ import annotations

import json
import re
import time

import pytest

import raw
from daemon import ORIGIN, SESSION, TOKEN, write_sessions


def test_a_token_has_the_documented_shape(daemon, upstream):
    before = int(time.time())
    answer = daemon.token()
    assert answer.status == 200
    token = answer.json()
    assert token["value"] == upstream.minted[0]
    assert before + 119 <= token["expires_at"] <= time.time() + 121
    assert token["client_secret"] == {"value": token["value"], "expires_at": token["expires_at"]}
    assert token["session"]["id"].startswith("sess_")
    assert (token["session"]["name"], token["session"]["type"]) == ("default", "realtime")
    assert token["session"]["model"] == "gpt-realtime-2.1"
    assert token["calls_url"] == upstream.base_url + "/realtime/calls"
    assert token.keys() == {"value", "expires_at", "client_secret", "session", "calls_url"}
    assert token["session"].keys() == {"id", "name", "type", "model"}


def test_the_upstreams_echo_stays_inside(daemon):
    body = daemon.token().body
    assert b"instructions" not in body and b"tools" not in body and b"stay" not in body


def test_a_token_answer_is_not_kept_and_says_whose_it_is(daemon):
    answer = daemon.token()
    assert answer.one("Content-Type") == "application/json"
    assert "no-store" in answer.list("Cache-Control")
    assert answer.one("X-Content-Type-Options") == "nosniff"
    assert answer.one("Access-Control-Allow-Origin") == ORIGIN
    assert answer.one("Access-Control-Allow-Credentials") is None
    assert "origin" in answer.list("Vary")
    assert "retry-after" in answer.list("Access-Control-Expose-Headers")
    assert re.fullmatch(r"[A-Za-z0-9._-]{16,128}", answer.one("X-Request-Id"))
    assert "microhttpd" not in str(answer.fields).lower()


def test_every_request_mints_its_own_secret(daemon, upstream):
    values = {daemon.token().json()["value"] for _ in range(5)}
    assert len(values) == 5 and len(upstream.requests) == 5


def test_the_upstream_gets_the_session_and_nothing_of_the_browser(daemon, upstream):
    daemon.token(
        fields={
            "Cookie": "a=b",
            "Authorization": "Bearer of-the-browser",
            "User-Agent": "page",
            "OpenAI-Beta": "realtime=v1",
        }
    )
    received = upstream.requests[0]
    assert (received.method, received.target) == ("POST", "/v1/realtime/client_secrets")
    assert received.json() == SESSION
    assert received.all("Authorization") == [f"Bearer {upstream.key}"]
    assert received.all("Content-Type") == ["application/json"]
    for name in ("Cookie", "Origin", "OpenAI-Beta", "Expect", "Referer"):
        assert received.all(name) == [], name
    assert "page" not in str(received.all("User-Agent"))


@pytest.mark.parametrize("how", ["body", "query", "both"])
def test_a_session_is_chosen_by_name(start, upstream, sessions, how):
    write_sessions(sessions, sales={"session": {"type": "realtime", "model": "gpt-realtime-2.1-mini"}})
    daemon = start(upstream, sessions)
    body = json.dumps({"session": "sales"}).encode() if how != "query" else b""
    answer = daemon.token(session="sales" if how != "body" else None, body=body)
    assert answer.status == 200
    assert (answer.json()["session"]["name"], answer.json()["session"]["model"]) == ("sales", "gpt-realtime-2.1-mini")
    assert upstream.requests[0].json()["session"]["model"] == "gpt-realtime-2.1-mini"


def test_transcription_and_translation_sessions_are_minted(start, upstream, sessions):
    write_sessions(
        sessions,
        notes={
            "session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
        },
        german={"session": {"model": "gpt-realtime-translate", "audio": {"output": {"language": "de"}}}},
    )
    daemon = start(upstream, sessions)
    assert daemon.token("notes").json()["session"]["type"] == "transcription"
    assert daemon.token("german").status == 200
    assert [r.target for r in upstream.requests] == [
        "/v1/realtime/client_secrets",
        "/v1/realtime/translations/client_secrets",
    ]
    assert upstream.refusals == []


@pytest.mark.parametrize("body", [b"", b"{}", b' {"session": "default"} '])
def test_the_default_session_needs_no_name(daemon, body):
    assert daemon.token(body=body).json()["session"]["name"] == "default"


def test_a_connection_serves_many_requests(daemon):
    with raw.Connection(daemon.port) as connection:
        for count in range(1, 21):
            connection.send(raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0"}))
            exchange = connection.receive(count)
            assert len(exchange.answers) == count and exchange.answers[-1].status == 200


def test_a_chunked_body_is_a_body(start, upstream, sessions):
    write_sessions(sessions, sales=SESSION)
    fields = {"Origin": ORIGIN, "Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    body = b'8\r\n{"sessio\r\nb;note=1\r\nn":"sales"}\r\n0\r\n\r\n'
    answer = raw.exchange(start(upstream, sessions).port, raw.head("POST", TOKEN, fields) + body).only()
    assert (answer.status, answer.json()["session"]["name"]) == (200, "sales")


def test_a_request_id_of_a_stranger_is_not_taken(daemon):
    assert daemon.token(fields={"X-Request-Id": "mine-0123456789"}).one("X-Request-Id") != "mine-0123456789"


@pytest.mark.parametrize(
    ("sent", "taken"), [("proxy-0123456789", True), ("a b", False), ("x" * 129, False), ("né", False), ("", False)]
)
def test_a_request_id_of_a_trusted_proxy_is_taken_when_it_is_sound(start, upstream, sessions, sent, taken):
    daemon = start(upstream, sessions, TRUSTED_PROXIES="127.0.0.1", REQUEST_ID_FROM="X-Request-Id")
    answer = daemon.token(fields={"X-Request-Id": sent})
    assert (answer.one("X-Request-Id") == sent) is taken
    assert answer.status == 200
