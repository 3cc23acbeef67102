"""The stand-in's calls: strict about what creates one, exact about which are open, and able to fail by name."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

import fake_calls
import openai_live_rules
from call_client import OFFER
from fake_calls import Calls

REALTIME = {"type": "realtime", "model": "gpt-realtime-2.1"}
LIVE: dict[str, Any] = {"model": "gpt-live-1"}
MULTIPART = "multipart/form-data; boundary=b"


def form(*parts: tuple[str, bytes], end: bytes = b"--b--\r\n") -> bytes:
    """Each part has the rest of its head and its content."""
    return (
        b"".join(
            b"--b\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content + b"\r\n"
            for head, content in parts
        )
        + end
    )


def realtime_form(offer: bytes = OFFER, session: Any = REALTIME) -> bytes:
    return form(
        ('name="sdp"\r\nContent-Type: application/sdp', offer),
        ('name="session"\r\nContent-Type: application/json', json.dumps(session).encode()),
    )


def live_body(session: Any = LIVE, **transport: Any) -> bytes:
    return json.dumps({"session": session, "transport": {"type": "webrtc", "sdp": OFFER.decode()} | transport}).encode()


def send(
    calls: Calls, target: str, body: bytes = b"", kind: str | None = None, **fields: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", calls.owner.port, timeout=5)
    heads = {"Authorization": f"Bearer {calls.owner.key}"} | ({"Content-Type": kind} if kind else {}) | fields
    try:
        connection.request("POST", target, body, heads)
        response = connection.getresponse()
        response.text = response.read()
        return response
    finally:
        connection.close()


def create(calls: Calls, kind: str) -> http.client.HTTPResponse:
    if kind == "realtime":
        return send(calls, "/v1/realtime/calls", realtime_form(), MULTIPART)
    return send(calls, "/v1/live/sessions", live_body(), "application/json")


def hang_up(calls: Calls, kind: str, name: str, **fields: str) -> tuple[int, str | None]:
    """The status and the code of the error, if there is one."""
    path = "realtime/calls" if kind == "realtime" else "live/sessions"
    response = send(calls, f"/v1/{path}/{name}/hangup", **fields)
    is_json = response.getheader("Content-Type") == "application/json" and response.text
    return response.status, json.loads(response.text)["error"]["code"] if is_json else None


def test_a_realtime_call_is_created_with_the_offer_byte_for_byte(calls):
    response = create(calls, "realtime")
    (call,) = calls.open
    assert (response.status, response.text) == (201, fake_calls.ANSWER)
    assert response.getheader("Location") == f"/v1/realtime/calls/{call.id}"
    assert (call.offer, call.session, call.key) == (OFFER, REALTIME, calls.owner.key)
    assert call.id.startswith("rtc_")


def test_fields_without_types_and_a_query_are_accepted(calls):
    body = form(('name="sdp"', OFFER), ('name="session"', json.dumps(REALTIME).encode()))
    assert send(calls, "/v1/realtime/calls?model=gpt-realtime-2.1&dcid=0", body, MULTIPART).status == 201


def test_a_live_session_is_created(calls):
    response = send(calls, "/v1/live/sessions", live_body(dcid=65534), "application/json")
    (call,) = calls.open
    assert response.status == 201 and response.getheader("Location") is None
    answer = json.loads(response.text)
    assert answer == {"session": {"id": call.id}, "transport": {"type": "webrtc", "sdp": fake_calls.ANSWER.decode()}}
    assert (call.offer, call.session) == (OFFER, LIVE)
    assert call.id.startswith("live_")


TWICE = form(*[('name="sdp"', OFFER)] * 2, ('name="session"', b"{}"))
BAD_REALTIME = [
    (OFFER, "application/sdp", 400, "unsupported_content_type"),
    (live_body(REALTIME), "application/json", 400, "unsupported_content_type"),
    (realtime_form(), "multipart/form-data", 400, "unsupported_content_type"),
    (realtime_form(), "multipart/form-data; boundary=c", 400, "invalid_form"),
    (realtime_form()[:-8], MULTIPART, 400, "invalid_form"),
    (b"before\r\n" + realtime_form(), MULTIPART, 400, "invalid_form"),
    (realtime_form() + b"after", MULTIPART, 400, "invalid_form"),
    (TWICE, MULTIPART, 400, "invalid_form"),
    (form(('name="sdp"; filename="a"', OFFER), ('name="session"', b"{}")), MULTIPART, 400, "invalid_form"),
    (form(('name="sdp"', OFFER)), MULTIPART, 400, "missing_required_parameter"),
    (
        form(('name="sdp"\r\nContent-Type: text/plain', OFFER), ('name="session"', b"{}")),
        MULTIPART,
        400,
        "unsupported_content_type",
    ),
    (realtime_form(OFFER[:-2]), MULTIPART, 400, "invalid_offer"),
    (realtime_form(OFFER.strip()), MULTIPART, 400, "invalid_offer"),
    (realtime_form(OFFER.replace(b"m=audio", b"m=video")), MULTIPART, 400, "invalid_offer"),
    (realtime_form(OFFER.replace(b"a=fingerprint", b"a=finger")), MULTIPART, 400, "invalid_offer"),
    (realtime_form(session={"session": REALTIME}), MULTIPART, 400, "missing_required_parameter"),
    (realtime_form(session={"model": "m"}), MULTIPART, 400, "missing_required_parameter"),
    (realtime_form(session={"type": "transcription"}), MULTIPART, 400, "invalid_value"),
    (realtime_form(session=REALTIME | {"voice": "marin"}), MULTIPART, 400, "unknown_parameter"),
    (form(('name="sdp"', OFFER), ('name="session"', b"{")), MULTIPART, 400, "invalid_json"),
]


@pytest.mark.parametrize("row", range(len(BAD_REALTIME)))
def test_a_wrong_form_creates_nothing(calls, row):
    body, kind, status, code = BAD_REALTIME[row]
    response = send(calls, "/v1/realtime/calls", body, kind)
    assert (response.status, json.loads(response.text)["error"]["code"]) == (status, code)
    assert calls.all == [] and len(calls.owner.refusals) == 1


RESPONSES = {"type": "responses", "responses": {"model": "gpt-5.2"}}
MESSAGE = {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
PREDICATE = {"type": "predicate", "instructions": "Is it a question?"}
TRIGGER = {
    "type": "decisions",
    "event_type": "session.input_transcript.delta",
    "decisions": {"questions": [PREDICATE]},
}
GOOD_LIVE = [
    {"instructions": None, "store": False, "safety_identifier": "5f2b"},
    {"audio": {"output": {"voice": "willow"}}},
    {"audio": {"output": {"voice": {"id": "voice_1"}}}},
    {"client": {"data_channel": {"allowed_client_events": [], "allowed_server_events": "all"}}},
    {
        "client": {
            "data_channel": {
                "allowed_server_events": [
                    {"type": "session.started"},
                    {"type": "response.event", "response_event": "response.completed"},
                ]
            }
        }
    },
    {"delegation": None},
    {"delegation": {"type": "client", "acknowledgement_delay_ms": 0}},
    {"delegation": RESPONSES},
    {"delegation": {"type": "decisions", "decisions": {"model": "m", "questions": [PREDICATE]}}},
    {"triggers": [TRIGGER]},
    {"input": [MESSAGE, {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}]},
    {"wake_policy": {"type": "speech", "vad_threshold": 0.5}, "idle_timeout_s": 1},
]


@pytest.mark.parametrize("row", range(len(GOOD_LIVE)))
def test_the_live_rules_accept_what_the_types_have(row):
    body = {"session": LIVE | GOOD_LIVE[row], "transport": {"type": "webrtc", "sdp": "v=0\r\n"}}
    assert openai_live_rules.LIVE_SESSIONS("", body) is None


BAD_LIVE = [
    ({"type": "live"}, "unknown_parameter"),
    ({"voice": "marin"}, "unknown_parameter"),
    ({"tools": []}, "unknown_parameter"),
    ({"turn_detection": None}, "unknown_parameter"),
    ({"audio": {"input": {}}}, "unknown_parameter"),
    ({"audio": {"format": {}}}, "unknown_parameter"),
    ({"audio": {"output": {"speed": 1}}}, "unknown_parameter"),
    ({"audio": {"output": {"voice": {"id": "v", "name": "n"}}}}, "unknown_parameter"),
    ({"model": "gpt-live-transcribe-1"}, "invalid_model"),
    ({"model": "gpt-realtime-2.1"}, "invalid_model"),
    ({"model": ""}, "invalid_model"),
    ({"model": None}, "invalid_type"),
    ({"client": {}}, "missing_required_parameter"),
    ({"client": {"data_channel": {"allowed_client_events": "none"}}}, "invalid_value"),
    ({"client": {"data_channel": {"allowed_client_events": [{"type": "session.close"}]}}}, "invalid_type"),
    ({"client": {"data_channel": {"allowed_server_events": ["error"]}}}, "invalid_type"),
    (
        {"client": {"data_channel": {"allowed_server_events": [{"type": "response.event"}]}}},
        "missing_required_parameter",
    ),
    (
        {"client": {"data_channel": {"allowed_server_events": [{"type": "error", "response_event": "x"}]}}},
        "unknown_parameter",
    ),
    ({"delegation": {"type": "responses"}}, "missing_required_parameter"),
    ({"delegation": {"type": "none"}}, "invalid_value"),
    ({"delegation": {"type": "client", "acknowledgement_delay_ms": -1}}, "integer_below_min_value"),
    (
        {"delegation": RESPONSES | {"responses": {"model": "m", "tools": [{"type": "mcp"}]}}},
        "missing_required_parameter",
    ),
    ({"delegation": RESPONSES | {"responses": {"model": "m", "reasoning": {"effort": "most"}}}}, "invalid_value"),
    ({"triggers": [TRIGGER, TRIGGER]}, "invalid_value"),
    ({"input": [MESSAGE] * 129}, "invalid_value"),
    ({"input": [MESSAGE | {"role": "system"}]}, "invalid_value"),
    ({"input": [MESSAGE | {"role": "assistant"}]}, "invalid_value"),
    ({"input": [MESSAGE | {"content": MESSAGE["content"] * 2}]}, "invalid_value"),
    ({"wake_policy": {"type": "speech", "vad_threshold": 2}}, "decimal_above_max_value"),
    ({"idle_timeout_s": 10}, "invalid_value"),
    ({"idle_timeout_s": 0, "wake_policy": {"type": "speech"}}, "integer_below_min_value"),
    ({"store": "no"}, "invalid_type"),
]


@pytest.mark.parametrize("row", range(len(BAD_LIVE)))
def test_a_wrong_live_session_creates_nothing(calls, row):
    session, code = BAD_LIVE[row]
    response = send(calls, "/v1/live/sessions", live_body(LIVE | session), "application/json")
    assert (response.status, json.loads(response.text)["error"]["code"]) == (400, code)
    assert calls.all == []


def test_a_wrong_request_for_a_live_session_creates_nothing(calls):
    right = live_body()
    rows = [
        (send(calls, "/v1/live/sessions?model=x", right, "application/json"), 400),
        (send(calls, "/v1/live/sessions", right, "application/sdp"), 400),
        (send(calls, "/v1/live/sessions", b"{", "application/json"), 400),
        (send(calls, "/v1/live/sessions", b"{}", "application/json"), 400),
        (send(calls, "/v1/live/sessions", live_body(type="sip"), "application/json"), 400),
        (send(calls, "/v1/live/sessions", live_body(dcid=65535), "application/json"), 400),
        (send(calls, "/v1/live/sessions", live_body(sdp="v=0"), "application/json"), 400),
        (send(calls, "/v1/live/sessions", live_body(phone="+1"), "application/json"), 400),
        (send(calls, "/v1/live/sessions", right, "application/json", Authorization="Bearer another"), 401),
        (send(calls, "/v1/live/sessions", right, "application/json", **{"OpenAI-Beta": "realtime=v1"}), 400),
        (
            send(
                calls,
                "/v1/live/sessions",
                live_body(LIVE | {"audio": {"output": {"voice": "onyx"}}}),
                "application/json",
            ),
            403,
        ),
    ]
    assert [response.status for response, _ in rows] == [status for _, status in rows]
    assert calls.all == []


@pytest.mark.parametrize(("kind", "code"), [("realtime", "call_id_not_found"), ("live", "session_id_not_found")])
def test_a_hang_up_ends_one_call_once_and_for_its_own_key_only(calls, kind, code):
    create(calls, kind)
    create(calls, kind)
    first, second = calls.open
    calls.owner.keys.add("another")
    assert hang_up(calls, kind, first.id, Authorization="Bearer another") == (404, code)
    assert hang_up(calls, kind, first.id, Authorization="Bearer unknown") == (401, "invalid_api_key")
    assert hang_up(calls, "live" if kind == "realtime" else "realtime", first.id)[0] == 404
    assert calls.open == [first, second]
    assert hang_up(calls, kind, first.id) == (200, None)
    assert hang_up(calls, kind, first.id) == (404, code)
    assert (calls.open, first.ended) == ([second], "close_requested")


@pytest.mark.parametrize("kind", ["realtime", "live"])
def test_a_call_ends_by_itself(calls, kind):
    create(calls, kind)
    (call,) = calls.open
    calls.life[kind] = 0
    assert (calls.open, call.ended) == ([], "expired")
    assert hang_up(calls, kind, call.id)[0] == 404


@pytest.mark.parametrize("name", ["close-after-create", "reset-after-create"])
def test_a_creation_that_is_not_answered_has_made_a_call(calls, name):
    calls.fail(name)
    with pytest.raises(ConnectionError):
        create(calls, "realtime")
    assert len(calls.open) == 1
    calls.work()
    assert create(calls, "realtime").status == 201


def test_a_creation_may_never_be_answered(calls):
    calls.fail("no-answer-after-create")
    connection = http.client.HTTPConnection("127.0.0.1", calls.owner.port, timeout=0.2)
    connection.request(
        "POST",
        "/v1/live/sessions",
        live_body(),
        {"Authorization": f"Bearer {calls.owner.key}", "Content-Type": "application/json"},
    )
    calls.wait_until(lambda calls: len(calls.open) == 1)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize(
    ("name", "answer"), [("hangup-fails", (500, "server_error")), ("not-found-without-code", (404, None))]
)
def test_a_hang_up_that_fails_leaves_the_call_open(calls, name, answer):
    create(calls, "realtime")
    (call,) = calls.open
    calls.fail(name)
    assert hang_up(calls, "realtime", call.id) == answer
    assert calls.open == [call]
    calls.work()
    assert hang_up(calls, "realtime", call.id) == (200, None)


def test_other_requests_are_answered_as_before(calls):
    body = json.dumps({"session": REALTIME}).encode()
    assert send(calls, "/v1/realtime/client_secrets", body, "application/json").status == 200
    assert send(calls, "/v1/realtime/calls/rtc_1", b"", "application/json").status == 404
    assert len(calls.owner.minted) == 1


def test_an_upstream_may_close_a_kept_connection_after_it_has_read_a_creation(calls):
    calls.fail("close-after-create")
    connection = http.client.HTTPConnection("127.0.0.1", calls.owner.port, timeout=5)
    connection.auto_open = False
    connection.connect()
    heads = {"Authorization": f"Bearer {calls.owner.key}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/realtime/client_secrets", json.dumps({"session": REALTIME}), heads)
    assert connection.getresponse().read()
    connection.request("POST", "/v1/live/sessions", live_body(), heads)
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    assert (calls.owner.connections, len(calls.open)) == (1, 1)
