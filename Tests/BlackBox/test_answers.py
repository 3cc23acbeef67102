"""After the fact: which caller got this token, and how many tokens each caller got."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import signal

import pytest

from daemon import eventually
from program import run

NOBODY = 1


@pytest.fixture
def log(start, upstream, sessions, tmp_path):
    """A log in three files, one of them compressed: ann, bob and a refusal, in that order."""
    path = tmp_path / "usage.log"
    daemon = start(upstream, sessions, AUTH="proxy", TRUSTED_PROXIES="127.0.0.1", USAGE_LOG=str(path))
    for name, rotated in (("ann", "usage.log.2"), ("bob", "usage.log.1")):
        answer = daemon.token(fields={"X-Auth-Request-User": name, "X-Forwarded-For": "198.51.100.7"})
        assert answer.status == 200
        os.rename(path, tmp_path / rotated)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(path.exists, "the file is opened again")
    assert daemon.token(session="nobody", fields={"X-Auth-Request-User": "ann"}).status == 404
    old = tmp_path / "usage.log.2"
    with open(old, "rb") as source, gzip.open(f"{old}.gz", "wb") as target:
        shutil.copyfileobj(source, target)
    shutil.copystat(old, f"{old}.gz")
    old.unlink()
    return path


def test_a_leaked_secret_leads_to_who_was_given_it(log, upstream, tmp_path):
    settings = {"USAGE_LOG": str(log)}
    secret = upstream.minted[0]
    digest = hashlib.sha256(secret.encode()).hexdigest()
    shown = run("lookup", secret, directory=tmp_path, settings=settings)
    assert shown.returncode == 0, shown.stderr
    for word in ("minted", "ann", "198.51.100.7", "http://localhost:3000", "default", digest):
        assert word in shown.stdout, shown.stdout
    assert secret not in shown.stdout + shown.stderr
    line = json.loads(gzip.open(f"{log}.2.gz").read())
    for value in (digest, line["ephemerald.session.id"], line["ephemerald.request.id"]):
        again = run("lookup", value, "--log", str(log), directory=tmp_path)
        assert (again.returncode, again.stdout) == (0, shown.stdout)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"usage-log": str(log)}))
    assert run("lookup", secret, "--config", str(config), directory=tmp_path).stdout == shown.stdout


def test_a_caller_leads_to_all_he_did_in_the_order_of_time(log, tmp_path):
    shown = run("lookup", "ann", "--log", str(log), directory=tmp_path)
    heads = [line for line in shown.stdout.splitlines() if not line.startswith(" ")]
    assert [head.split("  ")[1] for head in heads] == ["minted", "unknown_session 404"]
    assert heads == sorted(heads)


@pytest.mark.parametrize(
    ("value", "code"),
    [("ek_nobody", NOBODY), ("sess_nobody", NOBODY), ("nobody", NOBODY), ("", 64), ("sk-proj-secret", 64), ("a\x1b", 64)],
)
def test_what_is_not_found_has_a_code_of_its_own(log, tmp_path, value, code):
    ended = run("lookup", value, "--log", str(log), directory=tmp_path)
    assert ended.returncode == code, ended.stderr
    assert ended.stdout == "" and ended.stderr.strip()
    assert "sk-proj-secret" not in ended.stderr


@pytest.mark.parametrize("command", [("lookup", "ann"), ("usage",)], ids=lambda command: command[0])
def test_a_log_that_is_not_there_has_words(tmp_path, command):
    missing = run(*command, "--log", str(tmp_path / "none.log"), directory=tmp_path)
    assert missing.returncode == 69 and "none.log" in missing.stderr
    output = run(*command, directory=tmp_path)
    assert output.returncode == 64 and "--log" in output.stderr


def test_usage_is_a_table(log, tmp_path):
    shown = run("usage", "--by", "caller", "--log", str(log), directory=tmp_path)
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert rows == [
        ["caller", "minted", "refused", "failed"],
        ["ann", "1", "1", "0"],
        ["bob", "1", "0", "0"],
        ["total", "2", "1", "0"],
    ]
    assert len({len(line) for line in shown.stdout.splitlines()}) == 1
    machine = run("usage", "--by", "session", "--json", directory=tmp_path, settings={"USAGE_LOG": str(log)})
    assert [json.loads(line) for line in machine.stdout.splitlines()] == [
        {"session": "default", "minted": 2, "refused": 0, "failed": 0},
        {"session": "nobody", "minted": 0, "refused": 1, "failed": 0},
    ]


def test_usage_looks_back_as_far_as_it_is_told(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    daemon = start(upstream, sessions, USAGE_LOG=str(log))
    daemon.token()
    line = log.read_text()
    log.write_text('{"timestamp":"2020-01-01' + line[len('{"timestamp":"2020-01-01') :] + line)
    for since, minted in (("1h", "1"), ("87600h", "2")):
        shown = run("usage", "--since", since, "--log", str(log), directory=tmp_path)
        assert shown.stdout.splitlines()[-1].split() == ["total", minted, "0", "0"]
    assert run("usage", "--since", "yesterday", "--log", str(log), directory=tmp_path).returncode == 64
    assert run("usage", "--by", "mood", "--log", str(log), directory=tmp_path).returncode == 64


@pytest.mark.parametrize("kind", ["fifo", "device", "directory"])
@pytest.mark.parametrize("command", [["usage"], ["lookup", "ann"]])
def test_a_log_that_is_no_regular_file_is_refused_and_not_waited_for(command, kind, tmp_path):
    path = tmp_path / "usage.log"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    shown = run(*command, "--log", str(path), directory=tmp_path)
    assert shown.returncode == 69
    assert f"{path}: it is not a regular file" in shown.stderr
