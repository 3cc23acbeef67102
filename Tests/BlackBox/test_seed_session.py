"""The session configuration of the document that the project starts from, as people paste it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import openai_rules
from conftest import settings_for
from program import ROOT, run

#: The object literal of the Express server, byte for byte: JavaScript, and the legacy shape.
SEED = (Path(__file__).parent / "fixtures" / "legacy.json").read_bytes()

UPGRADED = {
    "session": {
        "type": "realtime",
        "model": "gpt-realtime",
        "instructions": "You are a helpful assistant. Speak clearly and concisely.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "whisper-1"},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"},
        },
        "tools": [],
        "tool_choice": "auto",
    }
}

LEGACY_FIELDS = (
    "voice",
    "modalities",
    "input_audio_format",
    "output_audio_format",
    "input_audio_transcription",
    "turn_detection",
    "temperature",
)


def as_json(literal: bytes) -> bytes:
    """The literal as `JSON.stringify` writes it: its names have quotes."""
    return json.dumps(json.loads(re.sub(rb"(?m)^(\s*)(\w+):", rb'\1"\2":', literal))).encode()


@pytest.mark.parametrize("form", ["JavaScript", "JSON"])
def test_the_seeds_session_is_upgraded_and_minted(start, upstream, sessions, form):
    (sessions / "legacy.json").write_bytes(SEED if form == "JavaScript" else as_json(SEED))
    daemon = start(upstream, sessions)
    answer = daemon.token("legacy")
    assert upstream.refusals == []
    assert (answer.status, answer.json()["session"]["name"]) == (200, "legacy")
    assert upstream.requests[0].json() == UPGRADED
    lines = daemon.stderr.splitlines()
    for field in LEGACY_FIELDS:
        said = [line for line in lines if re.search(rf"session\.{field}\b", line)]
        assert len(said) == 1, f"{field}: {said}"
        assert "legacy.json" in said[0]
    assert any("2027-01-20" in line and "gpt-realtime-2.1" in line for line in lines), (
        "the end of gpt-realtime is not reported"
    )
    assert any("2027-02-26" in line and "gpt-transcribe" in line for line in lines), "the end of whisper-1 is not reported"


@pytest.mark.parametrize("form", ["JavaScript", "JSON"])
def test_check_fix_writes_the_upgraded_session(upstream, sessions, tmp_path, form):
    (sessions / "legacy.json").write_bytes(SEED if form == "JavaScript" else as_json(SEED))
    ended = run("check", "--fix", directory=tmp_path, settings=settings_for(upstream, sessions))
    assert ended.returncode == 0, ended.stderr
    assert json.loads((sessions / "legacy.json").read_text()) == UPGRADED


def test_the_strict_upstream_refuses_the_seeds_session_as_it_stands():
    """Or else the tests above would prove nothing."""
    assert openai_rules.CLIENT_SECRETS("", json.loads(as_json(SEED)))[2] == "Unknown parameter: 'session.voice'."
    assert openai_rules.CLIENT_SECRETS("", UPGRADED) is None


@pytest.mark.parametrize("name", ["default", "transcription", "translation"])
def test_the_sessions_we_ship_are_minted(start, upstream, name):
    daemon = start(upstream, ROOT / "sessions")
    assert daemon.token(name).status == 200
    assert upstream.refusals == []
