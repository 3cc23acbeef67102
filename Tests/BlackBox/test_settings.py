"""Settings that are wrong: named, all at once, without a secret, before anything is served."""

from __future__ import annotations

import pytest

from conftest import settings_for
from daemon import write_sessions
from program import free_port, run


def test_every_problem_is_told_at_once_and_no_secret_with_it(upstream, sessions, tmp_path):
    secret = "sk-with a space-canary"
    write_sessions(
        sessions, one={"session": {"type": "realtime", "instruction": "x"}}, two={"session": {"type": "nonsense"}}
    )
    (sessions / "three.json").write_text("{ not json")
    settings = settings_for(
        upstream,
        sessions,
        PORT="seventy",
        ALLOWED_ORIGINS="null,https://shop.example/path",
        LIMIT_CLIENT="ten a minute",
        UPSTREAM_TIMEOUT="soon",
        MAX_IN_FLIGHT="-1",
        TRUSTED_PROXIES="proxy.example",
        OPENAI_API_KEY=secret,
    )
    for arguments in ((), ("serve",), ("check",)):
        ended = run(*arguments, directory=tmp_path, settings=settings)
        assert ended.returncode == 78, arguments
        told = ended.stderr + ended.stdout
        for word in (
            "PORT",
            "ALLOWED_ORIGINS",
            "null",
            "https://shop.example/path",
            "LIMIT_CLIENT",
            "UPSTREAM_TIMEOUT",
            "MAX_IN_FLIGHT",
            "TRUSTED_PROXIES",
            "one.json",
            "instruction",
            "two.json",
            "three.json",
        ):
            assert word in told, f"{arguments}: {word} is not named in {told}"
        assert secret not in told and "canary" not in told


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"OPENAI_API_KEY": None}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": ""}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": None, "OPENAI_API_KEY_FILE": "/nowhere/key"}, "OPENAI_API_KEY_FILE"),
        ({"HOST": "0.0.0.0"}, "ALLOWED_ORIGINS"),
        ({"HOST": "0.0.0.0", "ALLOWED_ORIGINS": "https://shop.example"}, "AUTH"),
        ({"SESSIONS_DIR": "/nowhere"}, "SESSIONS_DIR"),
        ({"PORT": "65536"}, "PORT"),
        ({"PORT": "-1"}, "PORT"),
        ({"OPENAI_BASE_URL": "http://api.example/v1"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "ftp://api.example"}, "OPENAI_BASE_URL"),
        ({"ALLOWED_ORIGINS": "*"}, "ALLOWED_ORIGINS"),
        ({"ALLOWED_ORIGINS": "https://*"}, "ALLOWED_ORIGINS"),
        ({"ALLOWED_ORIGINS": "https://shop.example:443"}, "ALLOWED_ORIGINS"),
        ({"ALLOWED_ORIGINS": "https://müller.example"}, "ALLOWED_ORIGINS"),
        ({"ALLOW_MISSING_ORIGIN": "perhaps"}, "ALLOW_MISSING_ORIGIN"),
        ({"LIMIT_ALL": "0/min"}, "LIMIT_ALL"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"USAGE_LOG": "/nowhere/usage.log"}, "USAGE_LOG"),
        ({"MAX_BODY": "many"}, "MAX_BODY"),
        ({"AUTH": "password"}, "AUTH"),
    ],
    ids=lambda value: str(value),
)
def test_a_wrong_setting_is_78_and_named(upstream, sessions, tmp_path, changes, named):
    port = {"PORT": str(free_port())}
    ended = run(directory=tmp_path, settings=settings_for(upstream, sessions, **(port | changes)))
    assert ended.returncode == 78, ended.stderr
    assert named in ended.stderr


def test_a_short_deadline_needs_no_second_setting(start, upstream, sessions):
    """The default for connecting bends to the deadline of the whole."""
    assert start(upstream, sessions, UPSTREAM_TIMEOUT="1s").token().status == 200
