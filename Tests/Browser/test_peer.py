"""The harness itself: the peer refuses what OpenAI refuses, and measures the sound that it receives."""

from __future__ import annotations

import array
import json
import math
import time
import urllib.error
import urllib.request

import pytest

import openai_rules
from conversation import Conversation
from daemon import SESSION
from ear import Ear, Heard
from peer import KEY, Peer

JSON = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
OFFER = b"v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"


def ask(peer: Peer, route: str, body: bytes, fields: dict[str, str], method: str = "POST") -> tuple[int, dict]:
    request = urllib.request.Request(f"{peer.base_url}/realtime/{route}", body, fields, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def mint(peer: Peer) -> str:
    return ask(peer, "client_secrets", json.dumps(SESSION).encode(), JSON)[1]["value"]


def test_the_peer_mints_for_a_right_request_only(peer):
    right = json.dumps(SESSION).encode()
    wrong = [
        (JSON | {"Authorization": "Bearer another"}, right, 401),
        (JSON | {"OpenAI-Beta": "realtime=v1"}, right, 400),
        (JSON | {"Content-Type": "text/plain"}, right, 400),
        (JSON, b"{", 400),
        (JSON, b'{"session": {"type": "realtime", "voice": "marin"}}', 400),
    ]
    for fields, body, status in wrong:
        assert ask(peer, "client_secrets", body, fields)[0] == status
    assert peer.keys == {}
    assert mint(peer) in peer.keys


def test_the_peer_accepts_an_offer_with_a_fresh_key_only(peer):
    sdp = {"Content-Type": "application/sdp"}
    fresh, used = mint(peer), mint(peer)
    peer.used.add(used)
    peer.keys_are_late = True
    late = mint(peer)
    cases = [
        (sdp, OFFER, 401, "invalid_api_key"),
        (sdp | {"Authorization": f"Bearer {KEY}"}, OFFER, 401, "invalid_api_key"),
        (sdp | {"Authorization": f"Basic {fresh}"}, OFFER, 401, "invalid_api_key"),
        (sdp | {"Authorization": f"Bearer {late}"}, OFFER, 401, "ephemeral_token_expired"),
        (sdp | {"Authorization": f"Bearer {used}"}, OFFER, 401, "ephemeral_token_already_used"),
        ({"Content-Type": "text/plain", "Authorization": f"Bearer {fresh}"}, OFFER, 400, "unsupported_content_type"),
        (sdp | {"Authorization": f"Bearer {fresh}"}, b"{}", 400, "invalid_offer"),
    ]
    for fields, body, status, code in cases:
        got, answer = ask(peer, "calls", body, fields)
        assert (got, answer["error"]["code"]) == (status, code)
    assert peer.calls == [] and fresh not in peer.used


@pytest.mark.parametrize(("asked", "status"), [("authorization,content-type", 204), ("openai-beta", 403)])
def test_the_peers_preflight_allows_two_fields(peer, asked, status):
    fields = {"Origin": "http://localhost", "Access-Control-Request-Headers": asked}
    assert ask(peer, "calls", b"", fields, "OPTIONS")[0] == status


EVENTS = [
    ({"type": "session.update", "session": {}}, "missing_required_parameter"),
    ({"type": "session.update", "session": {"type": "realtime", "voice": "marin"}}, "unknown_parameter"),
    ({"type": "response.cancel"}, "response_cancel_not_active"),
    ({"type": "input_text"}, "invalid_value"),
    ({"type": "conversation.item.create", "item": {"type": "text"}}, "invalid_value"),
]


@pytest.mark.parametrize(("event", "code"), EVENTS, ids=[code + str(row) for row, (_, code) in enumerate(EVENTS)])
def test_the_conversation_refuses_in_openais_words(event, code):
    sent = []
    Conversation({"output_modalities": ["audio"]}, sent.append).receive(event)
    assert [(answer["type"], answer["error"]["code"]) for answer in sent] == [("error", code)]


def heard(hertz: float, amplitude: float, frames: int = 50) -> Ear:
    """An ear that has heard this tone for so many frames of 20 ms."""
    ear = Ear.__new__(Ear)
    wave = [round(amplitude * math.sin(2 * math.pi * hertz * index / 48000)) for index in range(960 * frames)]
    level = amplitude / math.sqrt(2)
    parts = [array.array("h", wave[start : start + 960]) for start in range(0, len(wave), 960)]
    ear.heard = [Heard(time.monotonic(), 48000, part, level) for part in parts]
    return ear


@pytest.mark.parametrize("hertz", [440.0, 990.0, 1000.0, 1012.5])
def test_the_ear_tells_tones_apart(hertz):
    assert heard(hertz, 6000).frequency() == pytest.approx(hertz, rel=0.001)
    assert heard(hertz, 5).frequency() is None


def test_the_shipped_session_keeps_the_rules():
    assert openai_rules.CLIENT_SECRETS("", SESSION) is None
