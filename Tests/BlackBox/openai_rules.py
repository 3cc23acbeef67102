"""What OpenAI's Realtime API accepts as a session, as a table, and a checker that refuses in OpenAI's words.

Written from the public OpenAPI description of August 2026 and apart from the daemon's own rules, so that an error in
one of the two shows.
"""

from __future__ import annotations

import re
from typing import Any, Callable

Problem = tuple[str, str, str]  # code, parameter, message
Rule = Callable[[str, Any], Problem | None]


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "null")


def _wrong(path: str, expected: str, value: Any) -> Problem:
    got = f"{_kind(value)} instead" if value is not None else "null instead"
    return "invalid_type", path, f"Invalid type for '{path}': expected {expected}, but got {got}."


def text(*values: str, pattern: str | None = None) -> Rule:
    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, str):
            return _wrong(path, "a string", value)
        if values and value not in values:
            listed = ", ".join(f"'{known}'" for known in values)
            return "invalid_value", path, f"Invalid value: '{value}'. Supported values are: {listed}."
        if pattern and not re.fullmatch(pattern, value):
            return "invalid_value", path, f"Invalid '{path}': string does not match pattern."
        return None

    return check


def number(low: float, high: float, whole: bool = False) -> Rule:
    kind = "integer" if whole else "decimal"

    def check(path: str, value: Any) -> Problem | None:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            return _wrong(path, f"an {kind}" if whole else f"a {kind}", value)
        if value > high:
            return f"{kind}_above_max_value", path, f"Invalid '{path}': {kind} above maximum value. Expected a value <= {high}, but got {value} instead."
        if value < low:
            return f"{kind}_below_min_value", path, f"Invalid '{path}': {kind} below minimum value. Expected a value >= {low}, but got {value} instead."
        return None

    return check


def boolean(path: str, value: Any) -> Problem | None:
    return None if isinstance(value, bool) else _wrong(path, "a boolean", value)


def anything(path: str, value: Any) -> Problem | None:
    return None


def free_object(path: str, value: Any) -> Problem | None:
    return None if isinstance(value, dict) else _wrong(path, "an object", value)


def array(item: Rule, least: int = 0, most: int | None = None) -> Rule:
    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, list):
            return _wrong(path, "an array", value)
        if len(value) < least or (most is not None and len(value) > most):
            return "invalid_value", path, f"Invalid '{path}': array has {len(value)} elements."
        return next((p for i, v in enumerate(value) if (p := item(f"{path}[{i}]", v))), None)

    return check


def members(required: tuple[str, ...] = (), **known: Rule) -> Rule:
    """An object of these members and no others."""

    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, dict):
            return _wrong(path, "an object", value)
        for name in value:
            if name not in known:
                inner = f"{path}.{name}" if path else name
                return "unknown_parameter", inner, f"Unknown parameter: '{inner}'."
        for name in required:
            if name not in value:
                inner = f"{path}.{name}" if path else name
                return "missing_required_parameter", inner, f"Missing required parameter: '{inner}'."
        for name, inner_value in value.items():
            if problem := known[name](f"{path}.{name}" if path else name, inner_value):
                return problem
        return None

    return check


def null_or(rule: Rule) -> Rule:
    return lambda path, value: None if value is None else rule(path, value)


def by_type(**kinds: Rule) -> Rule:
    """An object whose `type` says which rule holds. Underscores stand for what a Python name cannot hold."""
    table = {name.replace("__", "/"): rule for name, rule in kinds.items()}

    def check(path: str, value: Any) -> Problem | None:
        if not isinstance(value, dict):
            return _wrong(path, "an object", value)
        if "type" not in value:
            return "missing_required_parameter", f"{path}.type", f"Missing required parameter: '{path}.type'."
        if problem := text(*table)(f"{path}.type", value["type"]):
            return problem
        return table[value["type"]](path, value)

    return check


def text_or(rule: Rule, *values: str) -> Rule:
    return lambda path, value: (text(*values) if isinstance(value, str) else rule)(path, value)


AUDIO_FORMAT = by_type(
    audio__pcm=members(("type", "rate"), type=anything, rate=number(24000, 24000, whole=True)),
    audio__pcmu=members(type=anything),
    audio__pcma=members(type=anything),
)
EFFORT = text("minimal", "low", "medium", "high", "xhigh")
TRANSCRIPTION = members(
    model=text(), language=text(), languages=array(text(), least=1), keywords=array(text()), prompt=text(), delay=EFFORT
)
NOISE_REDUCTION = members(("type",), type=text("near_field", "far_field"), strength=number(0, 1))
TURN_DETECTION = by_type(
    server_vad=members(
        type=anything, threshold=number(0, 1), prefix_padding_ms=number(0, 1 << 31, whole=True),
        silence_duration_ms=number(0, 1 << 31, whole=True), create_response=boolean, interrupt_response=boolean,
        idle_timeout_ms=null_or(number(5000, 30000, whole=True)),
    ),
    semantic_vad=members(
        type=anything, eagerness=text("low", "medium", "high", "auto"), create_response=boolean, interrupt_response=boolean
    ),
)
AUDIO_INPUT = members(
    format=AUDIO_FORMAT, transcription=null_or(TRANSCRIPTION), noise_reduction=null_or(NOISE_REDUCTION),
    turn_detection=null_or(TURN_DETECTION),
)
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
AUDIO_OUTPUT = members(format=AUDIO_FORMAT, voice=text_or(members(("id",), id=text()), *VOICES), speed=number(0.25, 1.5))
TOOL = by_type(
    function=members(("name",), type=anything, name=text(), description=text(), parameters=free_object),
    mcp=members(
        ("server_label",), type=anything, server_label=text(), server_url=text(), connector_id=text(),
        tunnel_id=text(pattern="tunnel_[a-z0-9]{32}"), authorization=text(), headers=null_or(free_object),
        server_description=text(), allowed_tools=anything, allowed_callers=anything, require_approval=anything,
        defer_loading=boolean,
    ),
)
TOOL_CHOICE = text_or(
    by_type(function=members(("name",), type=anything, name=text()), mcp=members(type=anything, server_label=text(), name=anything)),
    "none", "auto", "required",
)
TRUNCATION = text_or(
    by_type(
        retention_ratio=members(
            ("retention_ratio",), type=anything, retention_ratio=number(0, 1),
            token_limits=members(post_instructions=number(0, 1 << 31, whole=True)),
        )
    ),
    "auto", "disabled",
)
INCLUDE = null_or(array(text("item.input_audio_transcription.logprobs")))

REALTIME = members(
    type=anything, model=text(), output_modalities=array(text("text", "audio"), least=1, most=1), instructions=text(),
    audio=members(input=AUDIO_INPUT, output=AUDIO_OUTPUT), include=INCLUDE, tools=array(TOOL), tool_choice=TOOL_CHOICE,
    parallel_tool_calls=boolean, reasoning=members(effort=EFFORT),
    max_output_tokens=text_or(number(1, 4096, whole=True), "inf"),
    tracing=null_or(text_or(members(workflow_name=text(), group_id=text(), metadata=free_object), "auto")),
    truncation=TRUNCATION, prompt=null_or(members(("id",), id=text(), version=anything, variables=anything)),
)
TRANSCRIPTION_SESSION = members(type=anything, audio=members(input=AUDIO_INPUT), include=INCLUDE)
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
        ("model",), model=text(),
        audio=members(
            input=members(transcription=null_or(members(("model",), model=text())), noise_reduction=null_or(NOISE_REDUCTION)),
            output=members(language=text()),
        ),
    ),
)
