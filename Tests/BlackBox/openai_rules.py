"""What OpenAI's Realtime API accepts as a session, as a table.

Written from the public OpenAPI description of August 2026, OpenAI's transcription guide and the errors that public
projects recorded, and apart from the daemon's own rules, so that an error in one of the two is found.
"""

from __future__ import annotations

from typing import Any

from json_rules import (
    Problem,
    anything,
    array,
    boolean,
    by_type,
    every,
    free_object,
    members,
    null_or,
    number,
    one_of,
    text,
    text_or,
)

AUDIO_FORMAT = by_type(
    audio__pcm=members(("type", "rate"), type=anything, rate=number(24000, 24000, whole=True)),
    audio__pcmu=members(type=anything),
    audio__pcma=members(type=anything),
)
EFFORT = text("minimal", "low", "medium", "high", "xhigh")
OLDER_TRANSCRIBERS = ("gpt-realtime-whisper", "whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")


def model_rules(path: str, value: dict[str, Any]) -> Problem | None:
    """What the model refuses of `transcription`."""
    model = value.get("model", "")
    if "language" in value and "languages" in value:
        return "invalid_value", f"{path}.language", "language and languages cannot be given together."
    if "keywords" in value and model.startswith(OLDER_TRANSCRIBERS):
        return "invalid_value", f"{path}.keywords", f"Keywords are not supported for the model '{model}'."
    if "prompt" in value and model.startswith("gpt-realtime-whisper"):
        return "invalid_value", f"{path}.prompt", f"A prompt is not supported for the model '{model}'."
    return None


TRANSCRIPTION = every(
    members(
        model=text(),
        language=text(),
        languages=array(text(), least=1),
        keywords=array(text()),
        prompt=text(),
        delay=EFFORT,
    ),
    model_rules,
)
NOISE_REDUCTION = members(("type",), type=text("near_field", "far_field"), strength=number(0, 1))
TURN_DETECTION = by_type(
    server_vad=members(
        type=anything,
        threshold=number(0, 1),
        prefix_padding_ms=number(0, 1 << 31, whole=True),
        silence_duration_ms=number(0, 1 << 31, whole=True),
        create_response=boolean,
        interrupt_response=boolean,
        idle_timeout_ms=null_or(number(5000, 30000, whole=True)),
    ),
    semantic_vad=members(
        type=anything,
        eagerness=text("low", "medium", "high", "auto"),
        create_response=boolean,
        interrupt_response=boolean,
    ),
)
AUDIO_INPUT = members(
    format=AUDIO_FORMAT,
    transcription=null_or(TRANSCRIPTION),
    noise_reduction=null_or(NOISE_REDUCTION),
    turn_detection=null_or(TURN_DETECTION),
)
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
AUDIO_OUTPUT = members(
    format=AUDIO_FORMAT, voice=text_or(members(("id",), id=text()), *VOICES), speed=number(0.25, 1.5)
)
TOOL = by_type(
    function=members(
        ("name",),
        type=anything,
        name=text(pattern="[a-zA-Z0-9_-]+"),
        description=text(),
        parameters=free_object,
    ),
    mcp=every(
        members(
            ("server_label",),
            type=anything,
            server_label=text(),
            server_url=text(),
            connector_id=text(),
            tunnel_id=text(pattern="tunnel_[a-z0-9]{32}"),
            authorization=text(),
            headers=null_or(free_object),
            server_description=text(),
            allowed_tools=anything,
            allowed_callers=anything,
            require_approval=anything,
            defer_loading=boolean,
        ),
        one_of("server_url", "connector_id", "tunnel_id"),
    ),
)
TOOL_CHOICE = text_or(
    by_type(
        function=members(("name",), type=anything, name=text()),
        mcp=members(type=anything, server_label=text(), name=anything),
    ),
    "none",
    "auto",
    "required",
)
TRUNCATION = text_or(
    by_type(
        retention_ratio=members(
            ("retention_ratio",),
            type=anything,
            retention_ratio=number(0, 1),
            token_limits=members(post_instructions=number(0, 1 << 31, whole=True)),
        )
    ),
    "auto",
    "disabled",
)
INCLUDE = null_or(array(text("item.input_audio_transcription.logprobs")))

REALTIME = members(
    type=anything,
    model=text(),
    output_modalities=array(text("text", "audio"), least=1, most=1),
    instructions=text(),
    audio=members(input=AUDIO_INPUT, output=AUDIO_OUTPUT),
    include=INCLUDE,
    tools=array(TOOL),
    tool_choice=TOOL_CHOICE,
    parallel_tool_calls=boolean,
    reasoning=members(effort=EFFORT),
    max_output_tokens=text_or(number(1, 4096, whole=True), "inf"),
    tracing=null_or(text_or(members(workflow_name=text(), group_id=text(), metadata=free_object), "auto")),
    truncation=TRUNCATION,
    prompt=null_or(members(("id",), id=text(), version=anything, variables=anything)),
)


def turn_detection_rule(path: str, session: dict[str, Any]) -> Problem | None:
    """Some models transcribe without turn detection only; left out, it is server_vad."""
    audio_input = session.get("audio", {}).get("input", {})
    model = (audio_input.get("transcription") or {}).get("model", "")
    if not model.startswith(("gpt-live-transcribe", "gpt-realtime-whisper")):
        return None
    if audio_input.get("turn_detection", "server_vad") is None:
        return None
    problem = "Turn detection is not supported for this transcription model."
    return "invalid_value", f"{path}.audio.input.turn_detection", problem


TRANSCRIPTION_SESSION = every(
    members(type=anything, audio=members(input=AUDIO_INPUT), include=INCLUDE), turn_detection_rule
)
EXPIRY = members(("anchor", "seconds"), anchor=text("created_at"), seconds=number(10, 7200, whole=True))

#: The body of POST /realtime/client_secrets.
CLIENT_SECRETS = members(
    ("session",), session=by_type(realtime=REALTIME, transcription=TRANSCRIPTION_SESSION), expires_after=EXPIRY
)
#: The body of POST /realtime/translations/client_secrets.
TRANSLATIONS = members(
    ("session",),
    expires_after=EXPIRY,
    session=members(
        ("model",),
        model=text(),
        audio=members(
            input=members(
                transcription=null_or(members(("model",), model=text())), noise_reduction=null_or(NOISE_REDUCTION)
            ),
            output=members(language=text()),
        ),
    ),
)
