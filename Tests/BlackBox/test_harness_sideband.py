"""The stand-in's sideband: a strict WebSocket server that ends a Live session as OpenAI does, and fails by name."""

from __future__ import annotations

import base64
import http.client
import json
import math
import os
import socket
import time
from typing import Any

import pytest

import fake_sideband
from fake_calls import Calls
from fake_creations import Call
from fake_sideband import CLOSE, PING, PONG, TEXT

KEY = base64.b64encode(bytes(range(16))).decode()
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
CLOSE_SESSION = json.dumps({"type": "session.close"}).encode()


@pytest.fixture
def call(calls: Calls) -> Call:
    call = Call("live", calls.owner.key, {"model": "gpt-live-1"}, b"", None)
    call.created -= 41.5
    calls.all.append(call)
    return call


def lasted(call: Call) -> int:
    seconds = math.ceil(call.ended_at - call.created)
    assert seconds >= 42
    return seconds


class Client:
    """A WebSocket client that sends what it is told to."""

    def __init__(self, calls: Calls, name: str, **fields: str):
        heads = {"Authorization": f"Bearer {calls.owner.key}"} | UPGRADE | fields
        connection = http.client.HTTPConnection("127.0.0.1", calls.owner.port, timeout=5)
        connection.request("GET", f"/v1/live/sessions/{name}/attach", headers=heads)
        # The response would close the socket of an answer that has no body.
        self.socket = socket.socket(fileno=os.dup(connection.sock.fileno()))
        self.socket.settimeout(5)
        self.response = connection.getresponse()
        self.stream = self.response.fp if self.response.status == 101 else None
        self.text = b"" if self.stream else self.response.read()

    @property
    def refusal(self) -> tuple[int, str | None]:
        is_json = self.response.getheader("Content-Type") == "application/json"
        return self.response.status, json.loads(self.text)["error"]["code"] if is_json else None

    def send(self, opcode: int, payload: bytes) -> None:
        mask = b"\x01\x02\x03\x04"
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.socket.sendall(bytes([128 | opcode, 128 | len(payload)]) + mask + masked)

    def next_frame(self) -> tuple[int, bytes]:
        first, second = self.stream.read(2)
        assert first & 0xF0 == 128 and second < 128, "whole frames, not masked"
        count = second
        if second > 125:
            count = int.from_bytes(self.stream.read(2 if second == 126 else 8), "big")
        return first & 15, self.stream.read(count)

    def next_event(self, kind: str) -> dict[str, Any]:
        """The next event of that type. What comes before it must be audio."""
        while True:
            opcode, payload = self.next_frame()
            assert opcode == TEXT, payload
            event = json.loads(payload)
            if event["type"] == kind:
                return event
            assert event["type"] in ("session.input_audio.append", "session.output_audio.delta")

    def last_frame(self) -> tuple[int, bytes]:
        """The frame after which the server has closed the connection."""
        frames = [self.next_frame()]
        while self.stream.peek(1):
            frames.append(self.next_frame())
        return frames[-1]


def test_it_closes_a_session_and_reports_its_seconds(calls, call):
    client = Client(calls, call.id)
    assert client.response.getheader("Sec-WebSocket-Accept") == fake_sideband.accept(KEY)
    client.send(TEXT, CLOSE_SESSION)
    event = client.next_event("session.closed")
    assert (event["reason"], event["usage"]) == ("close_requested", {"seconds": lasted(call)})
    assert event["session"]["id"] == call.id
    assert client.last_frame() == (CLOSE, b"\x03\xe8")
    assert call.ended == "close_requested" and calls.open == []
    assert Client(calls, call.id).refusal == (404, "session_id_not_found")


def test_the_accept_value_is_that_of_the_standard():
    assert fake_sideband.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_it_carries_both_streams_of_audio_all_the_time(calls, call):
    client = Client(calls, call.id)
    for _ in range(3):
        assert len(client.next_event("session.input_audio.append")["audio"]) == 6_400
        assert len(client.next_event("session.output_audio.delta")["delta"]) == 6_400
    client.send(PING, b"hello")
    while (frame := client.next_frame()) != (PONG, b"hello"):
        assert frame[0] == TEXT, "only audio comes before the answer"
    assert call.ended is None


def test_a_session_is_only_found_by_the_key_that_created_it(calls, call):
    calls.owner.keys.add("another")
    assert Client(calls, call.id, Authorization="Bearer another").refusal == (404, "session_id_not_found")
    assert Client(calls, call.id, Authorization="Bearer unknown").refusal == (401, "invalid_api_key")
    assert Client(calls, "live_1").refusal == (404, "session_id_not_found")
    assert calls.open == [call]


@pytest.mark.parametrize(
    "fields",
    [
        {"Upgrade": "h2c"},
        {"Connection": "close"},
        {"Sec-WebSocket-Key": "AAAA"},
        {"Sec-WebSocket-Key": "?"},
        {"Sec-WebSocket-Version": "8"},
        {"Sec-WebSocket-Extensions": "permessage-deflate"},
    ],
)
def test_it_refuses_what_does_not_open_a_websocket(calls, call, fields):
    assert Client(calls, call.id, **fields).refusal == (426, "upgrade_required")


@pytest.mark.parametrize(
    "frames",
    [
        b"\x81\x01a",
        b"\xc1\x81\x01\x02\x03\x04a",
        b"\x01\x81\x01\x02\x03\x04a",
        b"\x83\x80\x01\x02\x03\x04",
        b"\x89\xfe\x00\x7e\x01\x02\x03\x04",
        b"\x81\xfe\x00\x01\x01\x02\x03\x04a",
        b"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04a",
        b"\x82\x80\x01\x02\x03\x04",
        b"\x81\x81\x00\x00\x00\x00{",
    ],
)
def test_it_ends_at_a_violation(calls, call, frames):
    client = Client(calls, call.id)
    client.socket.sendall(frames)
    assert client.last_frame() == (CLOSE, b"\x03\xea")
    assert calls.owner.refusals[-1]["code"] == "websocket"
    assert calls.open == [call]


def test_it_takes_no_other_event(calls, call):
    client = Client(calls, call.id)
    for event in ({"type": "session.end"}, {"type": "session.close", "reason": "x"}):
        client.send(TEXT, json.dumps(event).encode())
        assert client.next_event("error")["error"]["code"] == "unknown_parameter"
    assert calls.open == [call]


def test_a_hang_up_closes_it_too(calls, call):
    client = Client(calls, call.id)
    connection = http.client.HTTPConnection("127.0.0.1", calls.owner.port, timeout=5)
    heads = {"Authorization": f"Bearer {calls.owner.key}"}
    connection.request("POST", f"/v1/live/sessions/{call.id}/hangup", headers=heads)
    assert connection.getresponse().status == 200
    connection.close()
    assert client.next_event("session.closed")["usage"] == {"seconds": lasted(call)}


def test_a_session_may_drain(calls, call):
    calls.fail("drains")
    calls.drain_time = 0.3
    client = Client(calls, call.id)
    began = time.monotonic()
    client.send(TEXT, CLOSE_SESSION)
    for _ in range(2):
        client.next_event("session.output_audio.delta")  # media goes on
    client.next_event("session.closed")
    assert call.ended_at - began >= 0.3
    assert calls.open == []


def test_it_may_fail(calls, call):
    for name, refusal in [("sideband-fails", (500, "server_error")), ("not-found-without-code", (404, None))]:
        calls.fail(name)
        assert Client(calls, call.id).refusal == refusal
    calls.fail("sideband-closes")
    with pytest.raises(ConnectionError):
        Client(calls, call.id)
    with pytest.raises(KeyError):
        calls.fail("unknown")
    calls.work()
    assert Client(calls, call.id).response.status == 101
    assert calls.open == [call]
