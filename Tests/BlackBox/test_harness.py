"""The harness itself: with a fake that accepts everything, or a reader that sees nothing, every test would pass."""

from __future__ import annotations

import http.client
import json

import pytest

import openai_rules
import raw
import strict
from daemon import SESSION
from fake_openai import FakeOpenAI

REALTIME = {"type": "realtime", "model": "gpt-realtime-2.1"}
RULES = [
    ({**REALTIME, "voice": "alloy"}, "Unknown parameter: 'session.voice'."),
    ({**REALTIME, "audio": {"output": {"voise": "alloy"}}}, "Unknown parameter: 'session.audio.output.voise'."),
    ({**REALTIME, "audio": {"output": {"voice": "onyx"}}}, "Invalid value: 'onyx'."),
    ({**REALTIME, "audio": {"output": {"speed": 2}}}, "decimal above maximum value"),
    ({**REALTIME, "audio": {"output": {"format": "pcm16"}}}, "expected an object, but got a string instead"),
    (
        {**REALTIME, "audio": {"output": {"format": {"type": "audio/pcm"}}}},
        "Missing required parameter: 'session.audio.output.format.rate'.",
    ),
    ({**REALTIME, "output_modalities": ["audio", "text"]}, "array has 2 elements"),
    ({**REALTIME, "max_output_tokens": 5000}, "integer above maximum value"),
    (
        {**REALTIME, "tools": [{"type": "function", "function": {"name": "f"}}]},
        "Unknown parameter: 'session.tools[0].function'.",
    ),
    ({**REALTIME, "tools": [{"type": "function"}]}, "Missing required parameter: 'session.tools[0].name'."),
    (
        {**REALTIME, "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": "0.5"}}}},
        "expected a decimal, but got a string",
    ),
    ({**REALTIME, "instructions": None}, "expected a string, but got null instead"),
    ({"model": "gpt-realtime-2.1"}, "Missing required parameter: 'session.type'."),
    ({"type": "transcription", "model": "gpt-transcribe"}, "Unknown parameter: 'session.model'."),
]


@pytest.mark.parametrize(("session", "message"), RULES, ids=[message for _, message in RULES])
def test_the_rules_refuse_in_openais_words(session, message):
    problem = openai_rules.CLIENT_SECRETS("", {"session": session})
    assert problem is not None and message in problem[2]


def ask(
    upstream: FakeOpenAI, fields: dict[str, str], body: bytes, target: str = "/v1/realtime/client_secrets"
) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=5)
    connection.request("POST", target, body, fields)
    response = connection.getresponse()
    try:
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_the_fake_mints_for_a_right_request_only(upstream):
    right = {"Authorization": f"Bearer {upstream.key}", "Content-Type": "application/json"}
    body = json.dumps(SESSION).encode()
    wrong = [
        (right | {"Authorization": "Bearer another"}, body, 401),
        (right | {"OpenAI-Beta": "realtime=v1"}, body, 400),
        (right | {"Content-Type": "text/plain"}, body, 400),
        (right, b"{", 400),
        (right, b"{}", 400),
        (right, b'{"sessions": {}}', 400),
        (right, b'{"session": {"type": "realtime"}, "expires_after": {"seconds": 60}}', 400),
        (right, b'{"session": {"type": "realtime"}, "expires_after": {"anchor": "created_at", "seconds": 9}}', 400),
    ]
    for fields, sent, status in wrong:
        assert ask(upstream, fields, sent)[0] == status
    assert upstream.minted == [] and len(upstream.refusals) == len(wrong)
    assert ask(upstream, right, body, "/v1/realtime/sessions")[0] == 404
    status, answer = ask(upstream, right, body)
    assert (status, answer["value"]) == (200, upstream.minted[0])
    assert answer["session"]["instructions"] == SESSION["session"]["instructions"]


ONE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STREAMS = [
    (ONE, 0, False, [b"ok"], b""),
    (ONE + ONE, 0, False, [b"ok", b"ok"], b""),
    (ONE[:-1], 0, False, [], ONE[:-1]),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + ONE, 0, False, [b"ok"], b""),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + ONE, 1, False, [b"", b"ok"], b""),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 0, False, [b"ok"], b""),
    (b"HTTP/1.0 200 OK\r\n\r\nok", 0, True, [b"ok"], b""),
    (b"HTTP/1.0 200 OK\r\n\r\nok", 0, False, [], b"HTTP/1.0 200 OK\r\n\r\nok"),
    (b"<html>", 0, True, [], b"<html>"),
    (ONE + b"junk", 0, True, [b"ok"], b"junk"),
]


@pytest.mark.parametrize("row", range(len(STREAMS)))
def test_the_reader_splits_answers(row):
    data, heads, closed, bodies, rest = STREAMS[row]
    answers, left = raw.parse(data, heads, closed)
    assert ([answer.body for answer in answers], left) == (bodies, rest)


def test_the_strict_parser_counts_requests_and_refuses():
    one = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    assert strict.view(one * 3).targets == [b"/a"] * 3
    assert strict.view(one + b"POST /b HTTP/1.1\r\nHost : x\r\n\r\n").refusal is not None
    assert strict.view(b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n" + one).targets == [b"x:1", b"/a"]
