"""What OpenAI's Live API accepts as a session, as a table.

Written from the types of the `openai` Python package 3.57.0, and apart from the daemon's own rules, so that an error in
one of the two shows.
"""

from __future__ import annotations

from typing import Any

from json_rules import (
    Problem,
    Rule,
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

#: The voices that OpenAI refuses, with 403 and no word of the voice.
REFUSED_VOICES = ("fable", "nova", "onyx")
#: Models that have "live" or "realtime" in their name and belong to the Realtime API.
REALTIME_MODELS = ("gpt-live-transcribe", "gpt-realtime")
MILLISECONDS = number(0, 1 << 31, whole=True)


def model(path: str, value: Any) -> Problem | None:
    if problem := text()(path, value):
        return problem
    if not value or value.startswith(REALTIME_MODELS):
        return "invalid_model", path, f"The model '{value}' is not supported by this API."
    return None


def server_event(path: str, value: Any) -> Problem | None:
    """An inner event is named for `response.event` and for nothing else."""
    if problem := members(("type",), type=text(), response_event=text())(path, value):
        return problem
    inner = f"{path}.response_event"
    if value["type"] == "response.event" and "response_event" not in value:
        return "missing_required_parameter", inner, f"Missing required parameter: '{inner}'."
    if value["type"] != "response.event" and "response_event" in value:
        return "unknown_parameter", inner, f"Unknown parameter: '{inner}'."
    return None


DATA_CHANNEL = members(
    allowed_client_events=text_or(array(text()), "all"), allowed_server_events=text_or(array(server_event), "all")
)
TOOL_CHOICE = text_or(
    by_type(
        function=members(("name",), type=anything, name=text()),
        mcp=members(("server_label", "name"), type=anything, server_label=text(), name=text()),
        custom=members(("name",), type=anything, name=text()),
        file_search=members(type=anything),
        web_search=members(type=anything),
        web_search_preview=members(type=anything),
        image_generation=members(type=anything),
        computer=members(type=anything),
        code_interpreter=members(type=anything),
        programmatic_tool_calling=members(type=anything),
        shell=members(type=anything),
        apply_patch=members(type=anything),
        allowed_tools=members(
            ("tools",), type=anything, tools=array(free_object), mode=null_or(text("none", "auto", "required"))
        ),
    ),
    "auto",
    "none",
    "required",
)
#: Of tools other than these three the types know the name only.
OTHER_TOOLS: dict[str, Rule] = dict.fromkeys(
    (
        "web_search",
        "file_search",
        "code_interpreter",
        "image_generation",
        "custom",
        "namespace",
        "tool_search",
        "programmatic_tool_calling",
        "computer",
        "apply_patch",
    ),
    free_object,
)


def string_map(path: str, value: Any) -> Problem | None:
    if problem := free_object(path, value):
        return problem
    return next((problem for name in value if (problem := text()(f"{path}.{name}", value[name]))), None)


def text_or_boolean(path: str, value: Any) -> Problem | None:
    return None if isinstance(value, bool) else text()(path, value)


def object_or_objects(path: str, value: Any) -> Problem | None:
    return (array(free_object) if isinstance(value, list) else free_object)(path, value)


def texts_or(rule: Rule) -> Rule:
    return lambda path, value: (array(text()) if isinstance(value, list) else rule)(path, value)


TOOL_FILTER = members(tool_names=null_or(array(text())), read_only=null_or(boolean))
ENVIRONMENT = by_type(
    container_auto=members(
        type=anything,
        file_ids=array(text()),
        memory_limit=text("1g", "4g", "16g", "64g"),
        network_policy=by_type(
            disabled=members(type=anything),
            allowlist=members(("allowed_domains",), type=anything, allowed_domains=array(text())),
        ),
        skills=anything,
    ),
    container_reference=members(("container_id",), type=anything, container_id=text()),
    local=members(type=anything, skills=anything),
)
TOOL = by_type(
    function=members(
        ("name",),
        type=anything,
        name=text(),
        description=null_or(text()),
        parameters=null_or(free_object),
        strict=null_or(boolean),
    ),
    mcp=every(
        members(
            ("server_label",),
            type=anything,
            server_label=text(),
            server_url=null_or(text(pattern=".*://.*")),
            connector_id=null_or(text()),
            tunnel_id=null_or(text()),
            authorization=null_or(text()),
            headers=null_or(string_map),
            server_description=null_or(text()),
            allowed_tools=null_or(texts_or(TOOL_FILTER)),
            allowed_callers=null_or(array(text("direct", "programmatic"))),
            require_approval=null_or(text_or(members(always=TOOL_FILTER, never=TOOL_FILTER), "always", "never")),
            defer_loading=null_or(boolean),
        ),
        one_of("server_url", "connector_id", "tunnel_id"),
    ),
    shell=members(("environment",), type=anything, environment=null_or(ENVIRONMENT)),
    **OTHER_TOOLS,
)
RESPONSES = members(
    ("model",),
    model=text(),
    instructions=null_or(text()),
    max_output_tokens=null_or(number(16, 1 << 31, whole=True)),
    parallel_tool_calls=null_or(boolean),
    reasoning=null_or(
        members(
            effort=null_or(text("none", "minimal", "low", "medium", "high", "xhigh")),
            summary=null_or(text("concise", "detailed", "auto")),
        )
    ),
    service_tier=null_or(text("auto", "default", "fast_tier_temp_pilot", "flex", "priority", "ultrafast")),
    text=null_or(members(verbosity=null_or(text("low", "medium", "high")))),
    tool_choice=TOOL_CHOICE,
    tools=array(TOOL),
)
QUESTION_INSTRUCTIONS = text_or(
    array(
        by_type(
            input_text=members(("text",), type=anything, text=text()),
            input_image=members(
                ("image_url",),
                type=anything,
                image_url=text(),
                detail=text("low", "high", "auto", "original"),
            ),
            input_json=members(("data",), type=anything, data=object_or_objects),
        )
    )
)
QUESTION = by_type(
    choice=members(
        ("choices", "instructions"),
        type=anything,
        choices=array(members(("value",), value=text_or_boolean, description=text())),
        instructions=QUESTION_INSTRUCTIONS,
        name=text(),
    ),
    predicate=members(("instructions",), type=anything, instructions=QUESTION_INSTRUCTIONS, name=text()),
    score=members(
        ("levels", "instructions"),
        type=anything,
        levels=array(members(("label",), label=anything, description=text())),
        instructions=QUESTION_INSTRUCTIONS,
        name=text(),
    ),
)
DELEGATION = by_type(
    client=members(type=anything, acknowledgement_delay_ms=MILLISECONDS),
    responses=members(("responses",), type=anything, acknowledgement_delay_ms=MILLISECONDS, responses=RESPONSES),
    decisions=members(
        ("decisions",),
        type=anything,
        acknowledgement_delay_ms=MILLISECONDS,
        decisions=members(("model", "questions"), model=text(), questions=array(QUESTION)),
    ),
)
TRIGGER = members(
    ("type", "event_type", "decisions"),
    type=text("decisions"),
    event_type=text("session.input_transcript.delta", "session.output_transcript.delta"),
    decisions=members(("questions",), questions=array(QUESTION)),
)


def message(path: str, value: Any) -> Problem | None:
    """A message has one part of text; which type it has depends on the role."""
    shape = members(
        ("role", "content"),
        type=text("message"),
        role=text("developer", "user", "assistant"),
        content=array(members(("text",), type=text(), text=text()), least=1, most=1),
        id=null_or(text()),
        status=null_or(text("incomplete", "completed")),
    )
    if problem := shape(path, value):
        return problem
    types = ("output_text", "text") if value["role"] == "assistant" else ("input_text",)
    part = value["content"][0]
    return text(*types)(f"{path}.content[0].type", part["type"]) if "type" in part else None


def session_rules(path: str, session: dict[str, Any]) -> Problem | None:
    """What two members, or two elements of one, say of each other."""
    if "idle_timeout_s" in session and "wake_policy" not in session:
        inner = f"{path}.idle_timeout_s"
        return "invalid_value", inner, f"'{inner}' requires '{path}.wake_policy'."
    events = [trigger["event_type"] for trigger in session.get("triggers", [])]
    if len(set(events)) < len(events):
        return "invalid_value", f"{path}.triggers", f"'{path}.triggers' has two triggers for one event type."
    return None


SESSION = every(
    members(
        ("model",),
        model=model,
        instructions=null_or(text()),
        audio=members(output=members(voice=text_or(members(("id",), id=text())))),
        client=members(("data_channel",), data_channel=DATA_CHANNEL),
        delegation=null_or(DELEGATION),
        triggers=array(TRIGGER),
        input=array(message, most=128),
        wake_policy=members(("type",), type=text("speech"), vad_threshold=number(0, 1)),
        idle_timeout_s=number(1, 1 << 31, whole=True),
        safety_identifier=null_or(text()),
        store=boolean,
    ),
    session_rules,
)
#: A transport `sip` exists too and dials a number: a browser's call must never have it.
TRANSPORT = members(("type", "sdp"), type=text("webrtc"), sdp=text(), dcid=number(0, 65534, whole=True))
#: The body of POST /live/sessions.
LIVE_SESSIONS = members(("session", "transport"), session=SESSION, transport=TRANSPORT)
