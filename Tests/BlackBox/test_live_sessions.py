"""Sessions of the type `live`: `check` judges them as OpenAI's types do, and they have no tokens."""

from __future__ import annotations

import copy
import json
import random
import re

import pytest

import openai_live_rules
from conftest import settings_for
from daemon import SESSION, write_sessions
from problem import problem
from program import ROOT, run
from test_harness_calls import BAD_LIVE, GOOD_LIVE, LIVE, PREDICATE, RESPONSES, TRIGGER
from test_reload import reload

#: What a mutation puts in the place of a value.
VALUES = [None, True, 0, 1, -1, 1.5, "", "all", "auto", "marin", "client", [], ["x"], {}, {"type": "x"}, {"id": "v"}]
#: Names that a mutation adds, known somewhere or nowhere.
NAMES = ["type", "model", "instructions", "audio", "input", "voice", "tools", "name", "store", "text", "zzz", "id"]
#: OpenAI publishes this limit in prose: the stand-in refuses what breaks it, and `check` has a warning.
PROSE = "max_output_tokens"
CHOICE = {"type": "choice", "choices": [{"value": True}, {"value": "b", "description": "d"}], "instructions": "Which?"}
SCORE = {
    "type": "score",
    "levels": [{"label": "low"}],
    "instructions": [{"type": "input_text", "text": "a"}, {"type": "input_json", "data": [{}]}],
}
TOOLS = [
    {"type": "function", "name": "f", "description": None, "parameters": {"type": "object"}, "strict": True},
    {
        "type": "mcp",
        "server_label": "l",
        "server_url": "https://mcp.example",
        "headers": {"x-shop": "7"},
        "allowed_tools": {"tool_names": ["a"], "read_only": None},
        "require_approval": {"never": {"tool_names": None}},
        "allowed_callers": ["direct"],
    },
    {
        "type": "shell",
        "environment": {
            "type": "container_auto",
            "file_ids": ["f"],
            "memory_limit": "4g",
            "network_policy": {"type": "allowlist", "allowed_domains": ["a.example"]},
        },
    },
    {"type": "web_search", "search_context_size": "low"},
]
BACKEND = {
    "model": "m",
    "instructions": None,
    "max_output_tokens": 100,
    "parallel_tool_calls": None,
    "reasoning": {"effort": "low", "summary": None},
    "service_tier": "flex",
    "text": {"verbosity": "low"},
    "tool_choice": {"type": "function", "name": "f"},
    "tools": TOOLS,
}
SEEDS = [
    LIVE | {"delegation": {"type": "responses", "acknowledgement_delay_ms": 5, "responses": BACKEND}},
    LIVE | {"delegation": {"type": "decisions", "decisions": {"model": "m", "questions": [PREDICATE, CHOICE, SCORE]}}},
    LIVE | {"delegation": RESPONSES, "triggers": [TRIGGER]},
]


def places(value: object, path: tuple = ()) -> list[tuple]:
    """The paths of everything in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for name, item in inner for place in places(item, path + (name,))]


def mutated(session: dict, chance: random.Random) -> dict:
    """The session with one thing changed: a value replaced, a member or element removed, added or repeated."""
    session = copy.deepcopy(session)
    *outer, name = chance.choice(places(session))
    holder = session
    for step in outer:
        holder = holder[step]
    match chance.randrange(4):
        case 0:
            del holder[name]
        case 1 if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[name]))
        case 1:
            holder[chance.choice(NAMES)] = copy.deepcopy(chance.choice(VALUES))
        case _:
            holder[name] = copy.deepcopy(chance.choice(VALUES))
    return session


def sample() -> dict[str, dict]:
    """Sessions that are right, and changed ones, by the names of their files; the same in every run."""
    chance = random.Random(20261128)
    right = [LIVE | row for row in GOOD_LIVE] + SEEDS
    sessions = right + [LIVE | row for row, _ in BAD_LIVE]
    # The sessions with the most members have the most rules.
    for _ in range(1500):
        session = chance.choice(SEEDS * 3 + right)
        for _ in range(chance.choice((1, 1, 2))):
            session = mutated(session, chance) if session else session
        sessions.append(session)
    # The service sends the identifier itself, and the type is the file's own.
    sessions = [session for session in sessions if not {"safety_identifier", "type"} & session.keys()]
    return {f"s{index}": session for index, session in enumerate(sessions)}


def refusal(session: dict) -> str | None:
    """The member that OpenAI would name, by the stand-in's rules; nothing if it accepts the session."""
    voice = session.get("audio") and openai_live_rules.SESSION("session", session) is None
    if voice and session["audio"].get("output", {}).get("voice") in openai_live_rules.REFUSED_VOICES:
        return "session.audio.output.voice"
    found = openai_live_rules.SESSION("session", session)
    return found[1] if found else None


def concern(one: str, other: str) -> bool:
    """Whether two paths are of one member, or of a member and what it is in."""
    return one == other or one.startswith((other + ".", other + "[")) or other.startswith((one + ".", one + "["))


def test_check_refuses_what_the_types_refuse_and_nothing_else(tmp_path):
    sessions = sample()
    files = {name: {"session": {"type": "live"} | session} for name, session in sessions.items()}
    folder = write_sessions(tmp_path / "sessions", **files)
    ended = run("check", directory=tmp_path, settings={"SANDBOX": "true", "SESSIONS_DIR": str(folder)}, limit=120)
    assert ended.returncode == 78
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in sessions}
    for line in ended.stderr.splitlines():
        if place := re.fullmatch(rf"(error|warning): {re.escape(str(folder))}/(s\d+)\.json: ([^ ]*): .*", line):
            found[place[2]].append((place[1], place[3]))
    wrong = {}
    verdicts = {name: refusal(session) for name, session in sessions.items()}
    for name, member in verdicts.items():
        errors = [path for level, path in found[name] if level == "error"]
        named = [path for level, path in found[name] if level == "error" or path.endswith(PROSE)]
        if member is None and errors or member is not None and not any(concern(member, path) for path in named):
            wrong[name] = (member, found[name], sessions[name])
    assert wrong == {}
    refused = sum(member is not None for member in verdicts.values())
    assert refused > 500 and len(verdicts) - refused > 200


@pytest.mark.parametrize(
    "file", ["sessions/live.json"] + [f"Tests/SessionsTests/Cases/live-{name}.json" for name in ("full", "all-events")]
)
def test_the_live_sessions_of_the_repository_are_accepted_by_openai(file):
    session = json.loads((ROOT / file).read_text())["session"]
    assert session.pop("type") == "live"
    assert openai_live_rules.SESSION("session", session) is None


LIVE_FILE = {"session": {"type": "live"} | LIVE}
CALLS_ONLY = {**SESSION, "access": {"token": False, "call": {"max_seconds": 600}}}


@pytest.mark.parametrize("content", [LIVE_FILE, CALLS_ONLY], ids=["live", "token-false"])
def test_a_session_without_tokens_answers_409(start, upstream, sessions, content):
    write_sessions(sessions, voice=content)
    daemon = start(upstream, sessions)
    problem(daemon.token("voice"), 409, "call_required")
    assert daemon.token("default").status == 200
    assert len(upstream.requests) == 1
    line = daemon.usage(2)[0]
    assert (line["error.type"], line["ephemerald.session.name"]) == ("call_required", "voice")
    assert "server.address" not in line


@pytest.mark.parametrize("content", [LIVE_FILE, CALLS_ONLY], ids=["live", "token-false"])
def test_mint_says_so_too(upstream, sessions, tmp_path, content):
    write_sessions(sessions, voice=content)
    ended = run("mint", "--session", "voice", directory=tmp_path, settings=settings_for(upstream, sessions))
    assert ended.returncode == 78
    assert "error: voice: call_required: This session has no tokens." in ended.stderr
    assert ended.stdout == "" and upstream.requests == []


def test_a_reload_can_take_the_tokens_away(start, upstream, sessions):
    daemon = start(upstream, sessions, WATCH="false")
    assert daemon.token("default").status == 200
    write_sessions(sessions, default=CALLS_ONLY)
    reload(daemon)
    assert daemon.token("default").status == 409
