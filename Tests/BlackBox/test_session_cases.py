"""The sessions that people paste: what `check` reports for each, and that OpenAI accepts what the daemon sends."""

from __future__ import annotations

import json
import re
import shutil

import pytest

import openai_rules
from conftest import settings_for
from daemon import write_sessions
from program import ROOT, run
from test_reload import reload

CASES = ROOT / "Tests" / "SessionsTests" / "Cases"
#: What models and features end on changes by the day, and so is left to the Swift tests, which set it.
ENDING = re.compile(r" (ends|ended) on \d{4}-\d\d-\d\d")


def verdicts() -> dict[str, list[str]]:
    """The lines of the table for each file."""
    table: dict[str, list[str]] = {}
    for line in (CASES / "verdicts.txt").read_text().splitlines():
        if line.startswith("  "):
            table[next(reversed(table))].append(line[2:])
        elif not line.startswith("#"):
            table[line] = []
    return table


def errors(findings: list[str]) -> list[str]:
    return [finding for finding in findings if finding.startswith("error ")]


@pytest.mark.parametrize(
    ("folder", "settings"),
    [
        ("", {"SANDBOX": "true"}),
        (
            "elsewhere/",
            {
                "OPENAI_API_KEY": "sk-0123456789abcdefghij",
                "OPENAI_BASE_URL": "https://res.openai.azure.com/openai/v1",
            },
        ),
    ],
)
def test_check_says_of_each_file_what_the_table_says(tmp_path, folder, settings):
    directory = CASES / folder.rstrip("/")
    ended = run("check", directory=tmp_path, settings={**settings, "SESSIONS_DIR": str(directory)})
    assert ended.returncode == 78, ended.stderr
    found: dict[str, list[str]] = {name: [] for name in verdicts() if ("/" in name) == bool(folder)}
    for line in ended.stderr.splitlines():
        # A line begins with the directory as it was given.
        place = re.fullmatch(rf"(error|warning): {re.escape(str(directory))}/+([\w.-]+?\.json):\s?(.*)", line)
        if place and not ENDING.search(line):
            found[folder + place[2]].append(f"{place[1]} {place[3]}")
    expected = {
        name: sorted(line for line in lines if not ENDING.search(line))
        for name, lines in verdicts().items()
        if name in found
    }
    assert {name: sorted(lines) for name, lines in found.items()} == expected


def test_the_strict_upstream_accepts_every_file_without_an_error(start, upstream, tmp_path):
    """The stand-in has rules of its own, so this compares the two."""
    names = [name for name, lines in verdicts().items() if not errors(lines) and "/" not in name]
    names = [name for name in names if '"variables"' not in (CASES / name).read_text()]
    without_tokens = [name for name in names if name.startswith(("live-", "calls-"))]
    sessions = tmp_path / "usable"
    sessions.mkdir()
    for name in names:
        shutil.copy(CASES / name, sessions)
    daemon = start(upstream, sessions, LIMIT_CLIENT="off")
    for name in names:
        status = 409 if name in without_tokens else 200
        assert daemon.token(name.removesuffix(".json")).status == status, f"{name}: {upstream.refusals}"
    assert upstream.refusals == [] and len(names) >= 40


@pytest.mark.parametrize("name", [name for name in verdicts() if name.startswith(("row-01", "row-03", "row-11-two"))])
def test_the_strict_upstream_refuses_what_check_refuses(name):
    """Or else the test above would prove nothing."""
    problem = openai_rules.CLIENT_SECRETS("", json.loads((CASES / name).read_text()))
    assert problem is not None
    refused = [finding.split(" ")[1].rstrip(":") for finding in errors(verdicts()[name])]
    assert problem[1] in refused


def test_another_upstreams_names_are_its_own_at_the_start_at_a_reload_and_for_mint(start, upstream, sessions, tmp_path):
    """OpenAI's calendar and models bind on its hosts only, and the stand-in's is none of them."""
    prod = {"session": {"type": "realtime", "model": "gpt-4o-realtime-preview-prod"}}
    write_sessions(sessions, prod=prod)
    daemon = start(upstream, sessions)
    assert "prod.json: session.model: gpt-4o-realtime-preview-prod ended on" in daemon.stderr
    assert daemon.token("prod").status == 200
    write_sessions(sessions, live={"session": {**prod["session"], "model": "gpt-live-prod"}})
    assert "sessions +live" in reload(daemon)
    assert daemon.token("live").status == 200
    ended = run("mint", "--session", "prod", directory=tmp_path, settings=settings_for(upstream, sessions))
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("command", ["serve", "check", "mint"])
def test_openais_hosts_are_held_to_its_calendar(sessions, tmp_path, command):
    write_sessions(sessions, default={"session": {"type": "realtime", "model": "gpt-4o-realtime-preview-prod"}})
    settings = {
        "SESSIONS_DIR": str(sessions),
        "OPENAI_API_KEY": "sk-0123456789abcdefghij",
        "OPENAI_BASE_URL": "https://eu.api.openai.com/v1",
    }
    ended = run(command, directory=tmp_path, settings=settings)
    assert ended.returncode == 78
    assert "default.json: session.model: gpt-4o-realtime-preview-prod ended on 2026-05-07" in ended.stderr
