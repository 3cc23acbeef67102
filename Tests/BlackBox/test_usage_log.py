"""The usage log: one line for every token request, machine-readable and impossible to forge."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import shutil
import signal
import tty

import pytest

import faults
import raw
from crowd import ask_all, token_request
from daemon import HEALTH, ORIGIN, SESSION, TOKEN, NotStarted, eventually, write_sessions
from launcher import answers, end, post
from program import run

NAMES = {
    "timestamp",
    "http.request.method",
    "url.path",
    "http.route",
    "http.response.status_code",
    "client.address",
    "user_agent.original",
}


def test_a_token_is_one_line_with_the_names_of_opentelemetry(daemon, upstream):
    answer = daemon.token(fields={"User-Agent": "page/1.0"})
    line = daemon.usage(1)[0]
    assert NAMES | {"gen_ai.request.model", "server.address"} <= line.keys()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert (line["http.request.method"], line["url.path"], line["http.route"]) == ("POST", TOKEN, TOKEN)
    assert (line["http.response.status_code"], line["client.address"]) == (200, "127.0.0.1")
    assert (line["user_agent.original"], line["gen_ai.request.model"]) == ("page/1.0", "gpt-realtime-2.1")
    assert line["server.address"] == "127.0.0.1"
    assert "error.type" not in line
    assert answer.one("X-Request-Id") in line.values()
    assert "default" in line.values()


def test_refusals_are_lines_too(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/h burst 1")
    expected = [
        (daemon.token(), 200, None),
        (daemon.token(), 429, "rate_limited"),
        (daemon.token(origin="https://evil.example"), 403, "origin_not_allowed"),
        (daemon.token(session="nobody"), 404, "unknown_session"),
        (daemon.token(body=b"{"), 400, "invalid_request"),
        (daemon.request("GET", TOKEN), 405, "method_not_allowed"),
        (daemon.token(body=b" " * 70_000), 413, "body_too_large"),
    ]
    lines = daemon.usage(len(expected))
    for (answer, status, code), line in zip(expected, lines, strict=True):
        assert answer.status == status == line["http.response.status_code"]
        assert line.get("error.type") == code
        assert answer.one("X-Request-Id") in line.values()


def test_health_and_preflights_are_no_lines(daemon):
    daemon.request("GET", HEALTH)
    daemon.request("OPTIONS", TOKEN, {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    daemon.token()
    assert [line["http.request.method"] for line in daemon.usage(1)] == ["POST"]


HOSTILE_AGENTS = {
    "invalid UTF-8": b"\xff\xfe agent \xc3",
    "an overlong slash": b"\xc0\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "quotes": b'"}\\",{"http.response.status_code":200',
    "a line separator": "a\u2028b\u2029c".encode(),
    "C1 controls": "a\u0085b\u009bc".encode(),
    "a tab": b"a\tb",
    "right to left": "a\u202eb".encode(),
    "long": b"a" * 5000,
    "long of four bytes": "\U0001f600".encode() * 1000,
    "long and cut in a character": b"a" * 255 + "é".encode() * 20,
}


@pytest.mark.parametrize("name", HOSTILE_AGENTS)
def test_a_user_agent_cannot_forge_or_swell_a_line(daemon, name):
    head = (
        raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0"})[:-2]
        + b"User-Agent: "
        + HOSTILE_AGENTS[name]
        + b"\r\n\r\n"
    )
    answer = raw.exchange(daemon.port, head).only()
    assert answer.status in (200, 400)
    daemon.usage(1)
    written = daemon.stdout_path.read_bytes()
    text = written.decode("utf-8")  # or it is not UTF-8, and this fails
    assert text.count("\n") == 1 and text.endswith("\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text), text
    agent = json.loads(text).get("user_agent.original", "")
    assert len(agent) <= 256 and not re.search(r"[\x00-\x1f\x7f-\x9f]", agent)
    assert len(text.encode()) <= 4096, "longer than one write to a pipe is whole"


def test_no_field_of_a_request_swells_a_line(daemon):
    daemon.token(session="x" * 6000)
    daemon.token(origin="https://" + "o" * 6000 + ".example")
    daemon.request(
        "POST",
        TOKEN,
        {"Origin": ORIGIN, "Referer": "r" * 3000, "X-Forwarded-For": "f" * 3000, "X-Request-Id": "i" * 3000},
    )
    daemon.usage(3)
    assert max(map(len, daemon.stdout.splitlines())) <= 4096


def test_no_field_of_an_upstreams_answer_swells_a_line(daemon, upstream):
    upstream.fault = faults.shape(session={"id": "sess_" + "s" * 9000, "model": "m" * 9000})
    daemon.token()
    upstream.fault = faults.error(400, "c" * 9000, {"x-request-id": "r" * 6000})
    daemon.token()
    daemon.usage(2)
    assert max(map(len, daemon.stdout.splitlines())) <= 4096


def test_an_address_behind_a_trusted_proxy_is_the_clients(start, upstream, sessions):
    daemon = start(upstream, sessions, TRUSTED_PROXIES="127.0.0.1")
    daemon.token(fields={"X-Forwarded-For": "192.0.2.1, 198.51.100.7"})
    daemon.token(fields={"X-Forwarded-For": "198.51.100.7\x1b, nonsense"})
    lines = daemon.usage()
    assert lines[0]["client.address"] == "198.51.100.7"
    assert all(line["client.address"] in ("198.51.100.7", "127.0.0.1") for line in lines)


def test_a_file_is_appended_to_and_sighup_opens_it_anew(start, upstream, sessions, tmp_path):
    log, rotated = tmp_path / "usage.log", tmp_path / "usage.log.1"
    log.write_text('{"kept":"yes"}\n')
    daemon = start(upstream, sessions, USAGE_LOG=str(log))
    daemon.token()
    eventually(lambda: log.read_text().count("\n") == 2, "the line is appended")
    os.rename(log, rotated)
    daemon.token()
    eventually(lambda: rotated.read_text().count("\n") == 3, "the renamed file is written until the signal")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(log.exists, "the file is opened again")
    daemon.token()
    eventually(lambda: log.read_text().count("\n") == 1, "the new file is written")
    assert rotated.read_text().count("\n") == 3 and daemon.stdout == ""
    assert daemon.is_running and daemon.token().status == 200
    flags = next(
        (
            entry
            for entry in os.listdir(f"/proc/{daemon.process.pid}/fd")
            if os.path.realpath(f"/proc/{daemon.process.pid}/fd/{entry}") == str(log)
        ),
        None,
    )
    opened = int(re.search(r"flags:\s+0(\d+)", open(f"/proc/{daemon.process.pid}/fdinfo/{flags}").read())[1], 8)
    assert opened & os.O_APPEND


def test_a_usage_log_is_not_for_everybodys_eyes(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    daemon = start(upstream, sessions, USAGE_LOG=str(log))
    daemon.token()
    assert log.stat().st_mode & 0o027 == 0


def test_lines_of_many_at_once_are_not_torn(start, upstream, sessions):
    daemon = start(upstream, sessions, LOOPS="4")
    asyncio.run(ask_all(daemon.port, [token_request({"User-Agent": "u" * 250})] * 800))
    assert len(daemon.usage(800)) == 800


def test_a_file_may_become_a_pipe_without_a_reader(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    daemon = start(upstream, sessions, USAGE_LOG=str(log), LOOPS="2")
    log.rename(tmp_path / "usage.log.1")
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: " in daemon.stderr, "the log is opened again")
    # Twice what a pipe holds.
    asyncio.run(ask_all(daemon.port, [token_request({"User-Agent": "u" * 250})] * 300))
    assert daemon.token().status == 200
    eventually(lambda: "usage lines are lost" in daemon.stderr, "lost lines are reported")
    assert daemon.stop() == 0
    text = os.read(reader, 1 << 20).decode()
    assert all(json.loads(line) for line in text.splitlines()) and text.endswith("\n")
    os.close(reader)


def test_a_terminal_that_nobody_reads_holds_up_no_loop(launch, tmp_path):
    """Its multiplexer hangs, or somebody has stopped its output with Ctrl-S."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with open(tmp_path / "stderr", "wb") as stderr:
        process, port = launch("--loops", "2", stdout=theirs, stderr=stderr)
    os.close(theirs)
    assert {post(port, origin="http://stranger.example") for _ in range(400)} == {403}
    assert all(answers(port) for _ in range(8))
    assert "usage lines are lost" in (tmp_path / "stderr").read_text()
    text = os.read(ours, 1 << 12).decode()
    assert json.loads(text.splitlines()[0])["error.type"] == "origin_not_allowed"
    assert end(process) == 0
    os.close(ours)


def test_a_pipe_without_a_reader_stays_what_it_is_at_sighup(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    daemon = start(upstream, sessions, USAGE_LOG=str(log))
    os.close(reader)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: " in daemon.stderr, "the reload ends")
    assert "the usage log stays as it is: nobody reads this pipe" in daemon.stderr
    assert daemon.token().status == 200
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    assert daemon.token().status == 200
    assert json.loads(os.read(reader, 1 << 16))["http.response.status_code"] == 200
    os.close(reader)
    assert daemon.stop() == 0


def test_a_lookup_accepts_addresses_and_origins(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    daemon = start(upstream, sessions, USAGE_LOG=str(log), TRUSTED_PROXIES="127.0.0.1")
    assert daemon.token(fields={"X-Forwarded-For": "2001:db8::9"}).status == 200
    for value in ("2001:db8::9", "2001:0DB8:0:0:0:0:0:9", "http://localhost:3000"):
        found = run("lookup", value, "--log", str(log), directory=tmp_path)
        assert found.returncode == 0 and "client    2001:db8::9" in found.stdout, value
    for value in ("2001:db8::", "http://localhost:300"):
        assert run("lookup", value, "--log", str(log), directory=tmp_path).returncode == 1, value


def test_a_log_that_cannot_be_made_is_told_by_check(sessions, tmp_path):
    for log, reason in ((tmp_path / "none/usage.log", "there is no directory"), (tmp_path, "this is a directory")):
        ended = run("check", "--sandbox", "--sessions-dir", str(sessions), "--usage-log", str(log), directory=tmp_path)
        assert ended.returncode == 78 and f"USAGE_LOG: \"{log}\": {reason}" in ended.stderr, ended.stderr


def test_a_log_whose_directory_is_gone_does_not_stop_a_reload(start, upstream, sessions, tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    daemon = start(upstream, sessions, USAGE_LOG=str(folder / "usage.log"))
    shutil.rmtree(folder)
    write_sessions(sessions, shop=SESSION)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: sessions +shop" in daemon.stderr, "the reload ends")
    assert "the usage log stays as it is" in daemon.stderr
    assert daemon.token("shop").status == 200


def test_a_start_on_a_pipe_without_a_reader_ends_with_words(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    os.mkfifo(log)
    with pytest.raises(NotStarted, match=r"USAGE_LOG: \".*/usage.log\": nobody reads this pipe") as failure:
        start(upstream, sessions, USAGE_LOG=str(log))
    assert failure.value.code == 78


def test_refusals_beyond_their_limit_have_no_line_and_lock_no_client_out(start, upstream, sessions):
    """All clients have one address here, as behind a proxy that TRUSTED_PROXIES does not name."""
    daemon = start(upstream, sessions, LOOPS="2", LIMIT_REFUSALS="1/h burst 3")
    codes = [daemon.token(origin="https://stranger.example").json()["code"] for _ in range(20)]
    assert codes == ["origin_not_allowed"] * 3 + ["too_many_refusals"] * 17
    answers = [daemon.request("GET", "/nowhere"), daemon.token(session="nobody"), daemon.token(body=b"{")]
    assert {(answer.status, answer.json()["code"]) for answer in answers} == {(429, "too_many_refusals")}
    assert all(0 < int(answer.one("Retry-After")) <= 3600 for answer in answers)
    assert [daemon.token().status for _ in range(5)] == [200] * 5
    assert daemon.request("GET", HEALTH).status == 200
    lines = daemon.usage(8)
    assert [line.get("ephemerald.refusals.unlogged") for line in lines] == [None] * 3 + [20] + [None] * 4
    metrics = daemon.operations("GET", "/metrics").body.decode().splitlines()
    assert "ephemerald_unlogged_refusals_total 20" in metrics
    assert 'ephemerald_refusals_total{code="too_many_refusals",dimension=""} 20' in metrics
    assert daemon.stderr.count("limit refusals: 127.0.0.1 has reached 1/h burst 3") == 1
    table = run("usage", "--log", str(daemon.stdout_path), "--by", "outcome", directory=daemon.directory)
    assert ["too_many_refusals", "0", "20", "0"] in [row.split() for row in table.stdout.splitlines()]


def test_the_last_refusals_without_a_line_are_counted_by_a_line_of_their_own(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_REFUSALS="1/h burst 3")
    for _ in range(20):
        daemon.token(origin="https://stranger.example")
    assert daemon.stop() == 0
    line = json.loads(daemon.stdout.splitlines()[-1])
    assert (line["event.name"], line["ephemerald.refusals.unlogged"]) == ("refusals.unlogged", 17)
    table = run("usage", "--log", str(daemon.stdout_path), "--by", "outcome", directory=daemon.directory)
    rows = {name: refused for name, _, refused, _ in (row.split() for row in table.stdout.splitlines()[1:])}
    assert rows == {"origin_not_allowed": "3", "too_many_refusals": "17", "total": "20"} and not table.stderr


def test_refusals_are_limited_by_default(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_REFUSALS=None)
    statuses = [daemon.token(origin="https://stranger.example").status for _ in range(150)]
    assert statuses[:120] == [403] * 120 and 429 in statuses[120:]
