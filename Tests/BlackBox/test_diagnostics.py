"""Standard error: text and JSON, the id of the request, no secrets, and no waiting for a reader."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import tty

import pytest

from daemon import ORIGIN, TOKEN, eventually
from launcher import answers, end, post
from program import binary, environment, free_port

KEY = "sk-canary-key-4242424242"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def lines(daemon) -> list[dict]:
    return [json.loads(line) for line in daemon.stderr.splitlines()]


def test_lines_are_json_where_no_terminal_is(start, upstream, sessions):
    daemon = start(upstream, sessions, LOG_FORMAT="auto", LIMIT_CLIENT="1/h", HOST="127.0.0.1")
    assert daemon.token().status == 200
    refused = daemon.token(fields={"X-Forwarded-For": "192.0.2.9"})
    assert refused.status == 429
    said = lines(daemon)
    assert all({"timestamp", "severity_text", "severity_number", "body"} <= line.keys() for line in said)
    limit = next(line for line in said if "has reached" in line["body"])
    assert (limit["severity_text"], limit["severity_number"]) == ("WARN", 13)
    forwarded = next(line for line in said if "forwarding headers" in line["body"])
    assert forwarded["client.address"] == "127.0.0.1"
    assert limit["ephemerald.request.id"] == forwarded["ephemerald.request.id"] == refused.one("X-Request-Id")
    assert daemon.stop() == 0
    draining = next(line for line in lines(daemon) if line["body"] == "draining")
    assert draining["ephemerald.drain.delay"] == "0ms"


def test_a_terminal_gets_text(launch):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process, port = launch(stderr=theirs)
    os.close(theirs)
    text = ""
    # It answers before it has said so.
    while not re.search(r"(?m)^  origins .*\n", text):
        text += os.read(ours, 65536).decode()
    assert end(process) == 0
    os.close(ours)
    listening = re.search(r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z info: listening on 127\.0\.0\.1:\d+$", text)
    assert listening, text
    lines = text[listening.start() :].splitlines()
    assert f"  page      http://localhost:{port}/" in lines[:10]
    assert any(line.startswith("  more ") for line in lines[:10])


def test_the_command_that_a_terminal_shows_gets_a_token(launch):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process, port = launch("--allowed-origins", "https://*.shop.example", stderr=theirs)
    os.close(theirs)
    text = ""
    while not re.search(r"(?m)^  origins .*\n", text):
        text += os.read(ours, 65536).decode()
    command = re.search(r"(?m)^  token +(curl .*)$", text)[1]
    answer = subprocess.run(["sh", "-c", f"{command} -sS"], capture_output=True, text=True, timeout=20)
    assert json.loads(answer.stdout)["value"].startswith("ek_sandbox"), answer
    assert end(process) == 0
    os.close(ours)


def test_a_terminal_with_json_or_warnings_only_gets_no_start_guide(launch):
    for flags in (("--log-format", "json"), ("--log-level", "warning")):
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        process, _ = launch(*flags, stderr=theirs)
        os.close(theirs)
        assert end(process) == 0
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # The other side has gone.
            os.close(ours)
        assert b"  page " not in text
        assert (b'"body":"listening on' in text) == ("json" in flags)


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_journal_is_told_the_level(start, upstream, sessions, form):
    daemon = start(upstream, sessions, LOG_FORMAT=form)
    status = os.stat(daemon.stderr_path)
    assert daemon.stop() == 0
    before = len(daemon.stderr)
    daemon.settings["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
    daemon.start()
    daemon.process.send_signal(signal.SIGUSR1)
    eventually(lambda: "minting is paused" in daemon.stderr[before:], "the pause is logged")
    said = daemon.stderr[before:].splitlines()
    assert all(re.match(r"<[2-7]>", line) for line in said)
    assert next(line for line in said if "listening" in line).startswith("<6>")
    assert next(line for line in said if "is paused" in line).startswith("<4>")


def test_the_line_of_the_start_says_what_matters_and_nothing_secret(start, upstream, sessions, tmp_path):
    bearer, salt, shared = "b" * 64, "canary-salt-0123456789", "canary-jwt-secret-0123456789abcdef0123456789"
    for name, content in (("keys", f"ann:{bearer}\n"), ("salt", salt), ("jwt", shared), ("key", KEY + "\n")):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    daemon = start(
        upstream,
        sessions,
        LOG_FORMAT="json",
        LOG_LEVEL="trace",
        OPENAI_API_KEY=None,
        OPENAI_API_KEY_FILE=str(tmp_path / "key"),
        AUTH="bearer,jwt",
        AUTH_KEYS_FILE=str(tmp_path / "keys"),
        JWT_KEYS=str(tmp_path / "jwt"),
        SAFETY_SALT_FILE=str(tmp_path / "salt"),
        REDIS_URL=f"redis://ann:canary-redis@127.0.0.1:{free_port()}/1",
        LIMIT_CLIENT="7/min",
        QUOTA_SESSION="40",
        LOOPS="2",
    )
    # It answers before it has said so.
    eventually(lambda: "listening on " in daemon.stderr, "the line of the start")
    line = next(line for line in lines(daemon) if line["body"].startswith("listening on "))
    assert line["body"] == f"listening on 127.0.0.1:{daemon.port}"
    assert (line["ephemerald.loops"], line["ephemerald.api_keys"]) == (2, 1)
    assert line["ephemerald.upstream"] == upstream.base_url
    assert (line["ephemerald.sessions"], line["ephemerald.auth"]) == (["default"], ["bearer", "jwt"])
    assert (line["ephemerald.limits"], line["ephemerald.quotas"]) == (["client 7/min"], ["session 40"])
    assert line["ephemerald.metrics"] == f"127.0.0.1:{daemon.settings['OPS_PORT']}"
    assert line["service.version"] and line["ephemerald.usage_log"] == "-"
    for secret in (KEY, bearer, salt, shared, "canary"):
        assert secret not in daemon.stderr


def fill(number: int) -> None:
    """Until the pipe is full, through a separate file description: O_NONBLOCK is not for those who inherit the pipe."""
    own = os.open(f"/proc/self/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while os.write(own, b"x" * 4096):
            pass
    except BlockingIOError:
        os.close(own)


def busy(process: subprocess.Popen, port: int) -> None:
    """Everything that is reported, by a daemon that must not wait for a reader."""
    for _ in range(20):
        process.send_signal(signal.SIGHUP)
        assert answers(port)
    assert {post(port) for _ in range(12)} == {200, 429}


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_pipe_without_a_reader_delays_no_request(launch, form):
    reading, writing = os.pipe()
    fill(writing)
    process, port = launch("--log-format", form, "--loops", "2", stderr=writing)
    busy(process, port)
    # It was full from the first line on. Now there is room, and the next line says what is missing.
    size = fcntl.fcntl(writing, 1032)  # F_GETPIPE_SZ
    assert set(os.read(reading, size)) == set(b"x")
    process.send_signal(signal.SIGUSR1)
    said = b""
    while b"minting is paused" not in said:
        said += os.read(reading, size)
    assert re.search(rb"\d+ diagnostics are lost: nobody reads standard error", said)
    fill(writing)
    assert end(process) == 0
    os.close(reading)
    os.close(writing)


def test_a_socket_without_a_reader_delays_no_request(launch):
    """The journal is one."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    try:
        while theirs.send(b"x" * 4096):
            pass
    except BlockingIOError:
        theirs.setblocking(True)
    process, port = launch(stderr=theirs.fileno())
    busy(process, port)
    assert end(process) == 0
    ours.close()
    theirs.close()


def test_a_reader_that_has_gone_does_not_end_the_daemon(launch):
    reading, writing = os.pipe()
    process, port = launch(stderr=writing)
    os.close(writing)
    os.close(reading)
    busy(process, port)
    assert end(process) == 0


def test_a_start_that_fails_says_so_in_plain_words(tmp_path, sessions):
    settings = {"SANDBOX": "true", "SESSIONS_DIR": str(sessions), "LOG_FORMAT": "json", "PORT": "70000"}
    ended = subprocess.run([binary()], env=environment(settings, tmp_path), capture_output=True, text=True, timeout=20)
    assert ended.returncode == 78 and "error: PORT" in ended.stderr


@pytest.mark.parametrize(("trusted", "asked"), [("127.0.0.1", "true"), ("127.0.0.1", None), ("192.0.2.1", "true")])
def test_a_trace_is_handed_on_when_asked_and_never_a_strangers(start, upstream, sessions, trusted, asked):
    daemon = start(upstream, sessions, TRUSTED_PROXIES=trusted, UPSTREAM_TRACE=asked)
    fields = {"Origin": ORIGIN, "traceparent": PARENT, "tracestate": "vendor=canary"}
    assert daemon.request("POST", TOKEN, fields).status == 200
    received, line = upstream.requests[0], daemon.usage(1)[0]
    assert received.all("tracestate") == []
    if trusted != "127.0.0.1":
        assert received.all("traceparent") == [] and not {"trace_id", "span_id"} & line.keys()
        return
    assert line["trace_id"] == TRACE
    assert re.fullmatch("[0-9a-f]{16}", line["span_id"]) and line["span_id"] not in PARENT
    assert received.all("traceparent") == ([f"00-{TRACE}-{line['span_id']}-01"] if asked else [])
