"""The subcommands and flags, and the messages when they are wrong."""

from __future__ import annotations

import json
import re
import socket

import pytest

from conftest import settings_for
from daemon import SESSION, Daemon, write_sessions
from program import run

LEGACY = {
    "session": {"model": "gpt-realtime-2.1", "voice": "alloy", "modalities": ["audio", "text"], "temperature": 0.8}
}


def test_version_names_the_libraries(tmp_path):
    ended = run("--version", directory=tmp_path)
    assert ended.returncode == 0
    for library in ("libcurl", "OpenSSL/", "libmicrohttpd", "hiredis", "zlib"):
        assert re.search(rf"{library} ?\d+\.\d+", ended.stdout), library


COMMANDS = (
    "serve", "check", "mint", "key", "usage", "lookup", "forget", "calls", "deny", "allow", "healthcheck", "settings"
)


def test_help_begins_with_usage_and_commands(tmp_path):
    shown = run("--help", directory=tmp_path)
    assert shown.returncode == 0 and run("help", directory=tmp_path).stdout == shown.stdout
    lines = shown.stdout.splitlines()
    assert any(line.startswith("USAGE: ephemerald [serve]") for line in lines[:5]), shown.stdout
    for command in COMMANDS:
        assert any(line.startswith(f"  {command} ") for line in lines[:31]), command
    for flag in ("--host", "--port", "--allowed-origins", "--usage-log", "--sandbox"):
        assert f"\n  {flag} " in shown.stdout, flag
    assert "--limit-origin" not in shown.stdout and len(lines) < 90


def test_all_settings_have_a_command_of_their_own(tmp_path):
    shown = run("settings", directory=tmp_path)
    helped = run("help", "settings", directory=tmp_path)
    assert shown.returncode == helped.returncode == 0
    for flag in ("--host", "--socket-mode", "--limit-origin", "--openai-base-url", "--sandbox-fault"):
        assert f"\n  {flag} " in shown.stdout and f"\n  {flag} " in helped.stdout, flag


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        (("--prot", "1"), "ephemerald [serve] [--SETTING VALUE ...]"),
        (("check", "--fxi"), "ephemerald check [--fix] [--SETTING VALUE ...]"),
        (("mint", "--sesion", "x"), "ephemerald mint [--session NAME] [--SETTING VALUE ...]"),
        (("healthcheck", "x y"), "ephemerald healthcheck [--ready] [--SETTING VALUE ...]"),
        (("key", "--nam", "ann"), "ephemerald key [--name NAME] [--append FILE]"),
        (("key", "--name", "a b"), "ephemerald key [--name NAME] [--append FILE]"),
        (("usage", "--since", "soon"), "ephemerald usage [--by GROUP] [--since TIME] [--until TIME] [--json] [--log FILE]"),
        (("usage", "--by", "moon"), "ephemerald usage [--by GROUP] [--since TIME] [--until TIME] [--json] [--log FILE]"),
        (("calls", "end"), "ephemerald calls [--json] [--SETTING VALUE ...]"),
        (("lookup",), "ephemerald lookup VALUE [--since TIME] [--until TIME] [--log FILE]"),
        (("lookup", ""), "ephemerald lookup VALUE [--since TIME] [--until TIME] [--log FILE]"),
        (("settings", "x"), "ephemerald settings"),
        (("help", "setting"), "ephemerald [serve] [--SETTING VALUE ...]"),
    ],
)
def test_a_mistake_is_told_in_one_style_with_the_usage_of_its_command(tmp_path, arguments, usage):
    ended = run(*arguments, directory=tmp_path)
    assert ended.returncode == 64 and ended.stdout == ""
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("error: ") and "Error:" not in ended.stderr, ended.stderr
    assert [line for line in lines if line.startswith("Usage:")] == [f"Usage: {usage}"], ended.stderr
    assert len(lines) < 6, ended.stderr
    (pointer,) = re.findall(r"See 'ephemerald(?: (\w+))? --help'", ended.stderr)
    assert pointer in (*COMMANDS, ""), ended.stderr


def test_every_mistake_has_a_line(tmp_path):
    ended = run("--prot", "1", "--prot", "2", directory=tmp_path)
    assert [line.split(":")[0] for line in ended.stderr.splitlines()][:2] == ["error", "error"]


@pytest.mark.parametrize(
    ("flag", "nearest"),
    [("--prot", "--port"), ("--allowed-origin", "--allowed-origins"), ("--limitclient", "--limit-client")],
)
def test_an_unknown_flag_is_64_with_the_nearest_name(tmp_path, flag, nearest):
    ended = run(flag, "1", directory=tmp_path)
    assert ended.returncode == 64
    assert nearest in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("swerve",), "did you mean serve?"),
        (("helthcheck",), "did you mean healthcheck?"),
        (("help", "setting"), "did you mean settings?"),
        (("usage", "--by", "sessions"), "did you mean session?"),
        (("--demo", "yes"), "--demo accepts true or false"),
        (("mint", "--sandbox", "defualt"), "--sandbox accepts true or false"),
        (("check", "sessions"), "--sessions-dir"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_64_with_the_right_one(tmp_path, arguments, words):
    (tmp_path / "sessions").mkdir()
    ended = run(*arguments, directory=tmp_path)
    assert ended.returncode == 64 and words in ended.stderr.splitlines()[0], ended.stderr


def test_usage_looks_back_by_days(tmp_path):
    (tmp_path / "log").write_text("")
    assert run("usage", "--since", "7d", "--log", "log", directory=tmp_path).returncode == 0
    refused = run("usage", "--since", "7y", "--log", "log", directory=tmp_path)
    assert refused.returncode == 64 and "ms, s, min, h, d" in refused.stderr
    assert run("--drain-delay", "1d", directory=tmp_path).returncode == 78, "settings take no days"


def test_ports_that_another_daemon_has_are_named_together(start, upstream, sessions, tmp_path):
    daemon: Daemon = start(upstream, sessions)
    ports = {name: daemon.settings[name] for name in ("PORT", "OPS_PORT")}
    ended = run(directory=tmp_path, settings=settings_for(upstream, sessions, **ports))
    lines = ended.stderr.splitlines()
    assert ended.returncode == 69 and [line.split(" (")[0].rsplit(" ", 1)[1] for line in lines[-2:]] == [
        "--port",
        "--ops-port",
    ], ended.stderr


def test_a_flag_is_a_setting_and_wins_over_the_environment(start, upstream, sessions):
    daemon = start(
        upstream,
        sessions,
        "--allowed-origins",
        "https://shop.example",
        "--limit-client",
        "off",
        ALLOWED_ORIGINS="https://other.example",
        LIMIT_CLIENT="1/h burst 1",
    )
    assert [daemon.token(origin="https://shop.example").status for _ in range(3)] == [200] * 3
    assert daemon.token(origin="https://other.example").status == 403


def test_check_is_content_with_what_is_right(upstream, sessions, tmp_path):
    ended = run("check", directory=tmp_path, settings=settings_for(upstream, sessions))
    assert ended.returncode == 0, ended.stderr
    assert upstream.requests == []


def test_check_names_each_legacy_field_and_fix_writes_the_new_shape(upstream, sessions, tmp_path):
    write_sessions(sessions, old=LEGACY)
    settings = settings_for(upstream, sessions)
    looked = run("check", directory=tmp_path, settings=settings)
    shown = looked.stdout + looked.stderr
    assert looked.returncode == 0, shown
    for word in (
        "old.json",
        "session.voice",
        "session.audio.output.voice",
        "session.modalities",
        "session.temperature",
    ):
        assert word in shown, shown
    assert json.loads((sessions / "old.json").read_text()) == LEGACY, "a look must not write"
    fixed = run("check", "--fix", directory=tmp_path, settings=settings)
    assert fixed.returncode == 0, fixed.stderr
    assert json.loads((sessions / "old.json").read_text()) == {
        "session": {
            "type": "realtime",
            "model": "gpt-realtime-2.1",
            "output_modalities": ["audio"],
            "audio": {"output": {"voice": "alloy"}},
        }
    }
    again = run("check", directory=tmp_path, settings=settings)
    assert again.returncode == 0 and "session.voice" not in again.stdout + again.stderr


def test_mint_prints_one_token_for_a_script(upstream, sessions, tmp_path):
    write_sessions(sessions, sales=SESSION)
    for arguments in (("mint",), ("mint", "--session", "sales")):
        ended = run(*arguments, directory=tmp_path, settings=settings_for(upstream, sessions))
        assert ended.returncode == 0, ended.stderr
        assert upstream.minted[-1] in ended.stdout
        assert upstream.minted[-1] not in ended.stderr
    assert len(upstream.minted) == 2


def test_mint_fails_with_words_when_it_cannot(upstream, sessions, tmp_path):
    upstream.keys = {"another"}
    refused = run("mint", directory=tmp_path, settings=settings_for(upstream, sessions))
    unknown = run("mint", "--session", "nobody", directory=tmp_path, settings=settings_for(upstream, sessions))
    for ended in (refused, unknown):
        assert ended.returncode not in (0, -4, -6, -11) and ended.stdout == "" and ended.stderr.strip()
        assert upstream.key not in ended.stderr


def test_healthcheck_is_0_for_a_daemon_that_answers_and_1_for_none(start, upstream, sessions, tmp_path):
    daemon: Daemon = start(upstream, sessions)
    settings = {"PORT": str(daemon.port)}
    assert run("healthcheck", directory=tmp_path, settings=settings).returncode == 0
    daemon.stop()
    assert run("healthcheck", directory=tmp_path, settings=settings).returncode == 1


def test_healthcheck_does_not_wait_for_ever(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings = {"PORT": str(mute.getsockname()[1])}
        assert run("healthcheck", directory=tmp_path, settings=settings).returncode == 1


def test_the_name_of_a_session_file_cannot_steer_a_terminal(upstream, sessions, tmp_path):
    (sessions / "a\x1b[31m\nerror: b\u202e.json").write_text("{}")
    ended = run("check", directory=tmp_path, settings=settings_for(upstream, sessions))
    assert ended.returncode == 78
    assert "/a\\u{1B}[31m\\nerror: b\\u{202E}.json: a session's name" in ended.stderr
    assert "\x1b" not in ended.stderr and "\nerror: b" not in ended.stderr and "\u202e" not in ended.stderr
