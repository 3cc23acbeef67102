"""Wrong settings are reported all at once, by name and without secrets, before anything is served."""

from __future__ import annotations

import os

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
        said = ended.stderr + ended.stdout
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
            assert word in said, f"{arguments}: {word} is not named in {said}"
        assert secret not in said and "canary" not in said


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


@pytest.mark.parametrize("command", [(), ("check",), ("mint",)], ids=lambda command: " ".join(command) or "serve")
def test_a_wrong_setting_beside_a_key_from_a_pipe_is_the_only_problem(upstream, sessions, tmp_path, command):
    """A pipe, such as that of `<(…)` in a shell, has its content once: it must not be read again for the report."""
    reading, writing = os.pipe()
    os.write(writing, upstream.key.encode())
    os.close(writing)
    key = {"OPENAI_API_KEY": None, "OPENAI_API_KEY_FILE": f"/dev/fd/{reading}"}
    settings = settings_for(upstream, sessions, LOOPS="many", PORT=str(free_port()), **key)
    try:
        ended = run(*command, directory=tmp_path, settings=settings, pass_fds=(reading,))
    finally:
        os.close(reading)
    assert ended.returncode == 78
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert errors == ['error: LOOPS (environment): "many": write a whole number, 1 to 256'], ended.stderr


def test_a_start_that_cannot_listen_names_the_cause_and_the_flag(start, upstream, sessions, tmp_path):
    first = start(upstream, sessions)
    metrics = int(first.settings["OPS_PORT"])
    reachable = {"ALLOWED_ORIGINS": "https://a.example", "AUTH": "none"}
    place = f"127.0.0.1:{first.port}"
    for changes, words in (
        ({"PORT": str(first.port)}, (f"cannot listen on {place}: another program uses", "--port (PORT)")),
        ({"OPS_PORT": str(metrics)}, (f"127.0.0.1:{metrics} for metrics: another", "--ops-port (OPS_PORT), or off")),
        (reachable | {"HOST": "203.0.113.1"}, ("this machine does not have this address", "--host (HOST)")),
        (reachable | {"HOST": f"unix:{tmp_path}/none/s"}, ("its directory does not exist", "--host (HOST)")),
        (reachable | {"HOST": f"unix:{sessions}"}, ("the file is not a socket", "--host (HOST)")),
    ):
        settings = settings_for(upstream, sessions, PORT=str(free_port()), OPS_PORT=str(free_port()))
        ended = run(directory=tmp_path, settings=settings | changes)
        assert ended.returncode == 69, ended.stderr
        assert all(word in ended.stderr for word in words), ended.stderr


def test_a_file_of_settings_that_is_not_json_is_named_with_its_setting(sessions, tmp_path):
    file = tmp_path / "c.json"
    file.write_text('{"port": 3001,}')
    for arguments, settings, place in (
        (("--config", str(file)), {}, "CONFIG (--config)"),
        ((), {"CONFIG": str(file)}, "CONFIG (environment)"),
    ):
        ended = run("check", *arguments, directory=tmp_path, settings={"SANDBOX": "true"} | settings)
        assert ended.returncode == 78
        assert f"error: {place}: {file}: line 1, column 15: this is not valid JSON" in ended.stderr, ended.stderr


def test_a_usage_log_without_its_directory_says_what_to_do(sessions, tmp_path):
    settings = {"SANDBOX": "true", "SESSIONS_DIR": str(sessions), "PORT": "0", "OPS_PORT": "0"}
    for command in ((), ("check",)):
        ended = run(*command, directory=tmp_path, settings=settings | {"USAGE_LOG": f"{tmp_path}/none/usage.log"})
        assert ended.returncode == 78
        assert f'there is no directory "{tmp_path}/none/"; create it, or write another path' in ended.stderr, ended.stderr


def test_a_key_beside_the_sandbox_is_not_used_and_that_is_told(start, upstream, sessions):
    daemon = start(upstream, sessions, "--sandbox", OPENAI_BASE_URL=None)
    assert "warning: OPENAI_API_KEY (environment): the key is not used" in daemon.stderr
    assert daemon.token().status == 200 and upstream.connections == 0


def test_a_short_deadline_needs_no_second_setting(start, upstream, sessions):
    """The default for connecting bends to the deadline of the whole."""
    assert start(upstream, sessions, UPSTREAM_TIMEOUT="1s").token().status == 200
