"""After the fact: which caller got this token, and how many tokens each caller got."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pty
import shutil
import signal
import subprocess

import pytest

from daemon import ORIGIN, eventually
from program import binary, run

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


def test_times_choose_lines_and_files(log, tmp_path):
    years = ("2024", "2025", "2026")
    for year, path in zip(years, (log.with_name("usage.log.2.gz"), log.with_name("usage.log.1"), log), strict=True):
        line = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
        line = b'{"timestamp":"' + year.encode() + line[len('{"timestamp":"2026') :]
        path.write_bytes(gzip.compress(line) if path.suffix == ".gz" else line)

    def found(*times):
        shown = run("lookup", ORIGIN, *times, "--log", str(log), directory=tmp_path)
        return [line[:4] for line in shown.stdout.splitlines() if not line.startswith(" ")]

    assert found() == list(years)
    assert found("--since", "2025-01-01") == ["2025", "2026"]
    assert found("--until", "2026-01-01T00:00:00Z") == ["2024", "2025"]
    assert found("--since", "2024-12-31T23:00:00-01:00", "--until", "2026-01-01 00:00") == ["2025"]
    counted = run("usage", "--until", "2026-01-01", "--log", str(log), directory=tmp_path)
    assert counted.stdout.splitlines()[-1].split() == ["total", "2", "0", "0"]
    assert run("lookup", "ann", "--since", "1h", "--until", "2h", directory=tmp_path).returncode == 64
    old = log.with_name("usage.log.2.gz")
    old.write_bytes(old.read_bytes()[:-9])
    os.utime(old, (1_700_000_000, 1_700_000_000))
    shown = run("lookup", "bob", "--since", "2025-01-01", "--log", str(log), directory=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, ""), "a cut file that was last changed before is not read"


def docker(line):
    return json.dumps({"log": line + "\n", "stream": "stdout", "time": "2026-11-22T12:00:00.1Z"})


@pytest.mark.parametrize(
    "form",
    [str, docker, "2026-11-22T12:00:00.123456789Z stdout F {}".format, "ephemerald-1  | {}".format],
    ids=["plain", "json-file", "CRI", "compose"],
)
def test_a_stream_is_read_with_the_lines_of_others_in_it(form, start, upstream, sessions, tmp_path):
    daemon = start(upstream, sessions, AUTH="proxy", TRUSTED_PROXIES="127.0.0.1")
    for name in ("ann", "bob"):
        daemon.token(fields={"X-Auth-Request-User": name, "X-Forwarded-For": "198.51.100.7"})
    daemon.usage(2)
    lines = ["listening on 0.0.0.0:3001", *daemon.stdout.splitlines(), '{"body":"drained"}', "{", ""]
    stream = "\n".join(form(line) for line in lines)
    found = run("lookup", "ann", "--log", "-", directory=tmp_path, input=stream)
    assert found.returncode == 0 and "caller    ann" in found.stdout and "bob" not in found.stdout, found.stderr
    counted = run("usage", "--by", "caller", "--log", "-", directory=tmp_path, input=stream)
    assert [row.split() for row in counted.stdout.splitlines()][1:] == [
        ["ann", "1", "0", "0"],
        ["bob", "1", "0", "0"],
        ["total", "2", "0", "0"],
    ]
    assert counted.stderr == ""
    missing = run("lookup", "eve", "--log", "-", directory=tmp_path, input=stream)
    assert (missing.returncode, missing.stderr.strip()) == (NOBODY, "nothing was found in standard input")
    assert run("lookup", "-", "--log", "-", directory=tmp_path, input=stream).returncode == 64


def test_a_line_of_a_stream_is_answered_before_the_stream_ends(log, tmp_path):
    """On a terminal, for one: to a pipe, lines are written together."""
    terminal, output = pty.openpty()
    process = subprocess.Popen([binary(), "lookup", "bob", "--log", "-"], stdin=subprocess.PIPE, stdout=output)
    with process:
        process.stdin.write((tmp_path / "usage.log.1").read_bytes())
        process.stdin.flush()
        assert b"minted" in os.read(terminal, 4096)
        process.stdin.close()
    os.close(terminal)
    os.close(output)
    assert process.returncode == 0


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
