"""What is scarce runs out: descriptors, the reader of a log, the time of a drain, the patience of a comparison."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import subprocess
import time

import raw
from daemon import HEALTH, ORIGIN, TOKEN, eventually
from program import binary, environment, free_port

#: Combining marks that are not in canonical order: comparing such text as Unicode sorts every run of them.
MARKS = "\u0301\u0323\u0316\u0345"


def launch(tmp_path, sessions, *flags: str, **options) -> tuple[subprocess.Popen, int]:
    """The binary with the sandbox, and what `subprocess.Popen` can do for it."""
    port = free_port()
    settings = {"PORT": str(port), "SANDBOX": "true", "SESSIONS_DIR": str(sessions)}
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
    process = subprocess.Popen([binary(), *flags], env=environment(settings, tmp_path), cwd=tmp_path, **options)
    eventually(lambda: answers(port), "the daemon answers")
    return process, port


def answers(port: int) -> bool:
    try:
        return raw.exchange(port, raw.head("GET", HEALTH), limit=2).only().status == 200
    except (OSError, AssertionError):
        return False


def end(process: subprocess.Popen, limit: float = 10.0) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(limit)
    finally:
        process.kill()
        process.wait()


def post(port: int, body: bytes = b"", origin: str = ORIGIN, limit: float = 10.0) -> int:
    fields = {"Origin": origin, "Content-Length": str(len(body))}
    return raw.exchange(port, raw.head("POST", TOKEN, fields) + body, limit=limit).only().status


def test_requests_on_idle_connections_do_not_break_the_end(tmp_path, sessions):
    """libmicrohttpd aborts when it is stopped while a connection is suspended, as one that has just asked is."""
    flags = ("--sandbox-latency", "4s", "--loops", "1", "--drain-timeout", "1s", "--limit-client", "off")
    process, port = launch(tmp_path, sessions, *flags, "--limit-all", "off")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(600)]
    for connection in idle:
        connection.sendall(raw.head("GET", HEALTH))
        assert connection.recv(4096)
    ask = raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0"})
    for index, connection in enumerate(idle):
        if index == 50:
            process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
        try:
            connection.sendall(ask)
        except OSError:
            pass
        # Spread over the whole of the drain, which lasts a second.
        select.select([], [], [], 0.003)
    try:
        assert process.wait(20) == 0
        assert time.monotonic() - begun < 8
    finally:
        process.kill()
        for connection in idle:
            connection.close()


def test_descriptors_that_come_back_are_used_again(tmp_path, sessions):
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))  # noqa: E731
    process, port = launch(tmp_path, sessions, "--loops", "1", preexec_fn=few)
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
    held = lambda: len(os.listdir(f"/proc/{process.pid}/fd"))  # noqa: E731
    # Half of 64 are for connections, and the daemon has some of its own.
    eventually(lambda: held() >= 38, "all descriptors are taken")
    # The library notices in its next turn that there is none for the next connection.
    select.select([], [], [], 1.1)
    for connection in crowd:
        connection.close()
    eventually(lambda: held() < 32, "the descriptors come back", 15)
    eventually(lambda: answers(port), "the daemon accepts again", 12)
    assert end(process) == 0


def test_a_log_that_nobody_reads_holds_up_nobody(tmp_path, sessions):
    flags = ("--loops", "1")
    with open(tmp_path / "stderr", "wb") as stderr:
        process, port = launch(tmp_path, sessions, *flags, stdout=subprocess.PIPE, stderr=stderr)
    statuses = {post(port, origin="http://stranger.example") for _ in range(300)}
    assert statuses == {403}
    assert answers(port)
    assert end(process) == 0
    assert "usage lines are lost" in (tmp_path / "stderr").read_text()
    lines = process.stdout.read().splitlines()
    assert 10 < len(lines) < 300 and all(line.endswith(b"}") for line in lines)


def test_a_strangers_text_is_not_compared_for_long(tmp_path, sessions):
    """One such body took a second of a loop, and one such origin a thirtieth, before any limit counted them."""
    process, port = launch(tmp_path, sessions, "--loops", "1")
    name = ('{"a' + MARKS * 7900 + '":1}').encode()
    session = ('{"session":"a' + MARKS * 7900 + '"}').encode()
    used = cpu_seconds(process.pid)
    for _ in range(5):
        assert post(port, name) == 400
        assert post(port, session) == 404
        assert post(port, origin=("http://" + MARKS * 1500).encode().decode("latin-1")) == 403
    assert cpu_seconds(process.pid) - used < 2
    assert end(process) == 0


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rsplit(") ", 1)[1].split()[11:13]
    return (int(user) + int(system)) / 100


def test_a_file_that_is_no_socket_is_not_replaced_by_one(tmp_path, sessions):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    settings = {"SANDBOX": "true", "SESSIONS_DIR": str(sessions), "AUTH": "none", "ALLOWED_ORIGINS": ORIGIN}
    settings["HOST"] = f"unix:{precious}"
    ended = subprocess.run(
        [binary()], env=environment(settings, tmp_path), cwd=tmp_path, capture_output=True, timeout=20
    )
    assert ended.returncode == 69
    assert precious.read_text() == "precious"
