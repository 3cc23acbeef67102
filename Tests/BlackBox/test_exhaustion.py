"""When something runs out: descriptors, the reader of a log, the time of a drain, the budget of a comparison."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import subprocess
import time
from contextlib import suppress

import raw
from daemon import HEALTH, ORIGIN, TOKEN, eventually
from launcher import answers, end, post
from hostile_stalls import STALLS
from program import binary, environment

#: Combining marks that are not in canonical order: comparing such text as Unicode sorts every run of them.
MARKS = "\u0301\u0323\u0316\u0345"


def test_requests_on_idle_connections_do_not_break_the_end(launch):
    """libmicrohttpd aborts when it is stopped while a connection is suspended, as one that has just asked is."""
    flags = ("--loops", "1", "--drain-timeout", "1s", "--limit-client", "off", "--limit-all", "off")
    # Nothing but the end of the drain ends these requests while the test waits.
    process, port = launch(*flags, "--sandbox-latency", "60s", "--upstream-timeout", "60s")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(600)]
    for connection in idle:
        connection.sendall(raw.head("GET", HEALTH))
        assert connection.recv(4096)
    ask = raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0"})
    for index, connection in enumerate(idle):
        if index == 50:
            process.send_signal(signal.SIGTERM)
        with suppress(OSError):
            connection.sendall(ask)
        # Spread over the whole of the drain, which lasts a second.
        select.select([], [], [], 0.003)
    assert process.wait(25) == 0
    for connection in idle:
        connection.close()


def test_descriptors_that_come_back_are_used_again(launch):
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))  # noqa: E731
    process, port = launch("--loops", "1", preexec_fn=few)
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
    held = lambda: len(os.listdir(f"/proc/{process.pid}/fd"))  # noqa: E731
    # Half of 64 are for connections, and the daemon has some of its own.
    eventually(lambda: held() >= 38, "all descriptors are taken")
    # The library notices in its next turn that there is none for the next connection.
    select.select([], [], [], 1.1)
    for connection in crowd:
        connection.close()
    eventually(lambda: held() < 32, "the descriptors come back")
    eventually(lambda: answers(port), "the daemon accepts again")
    assert end(process) == 0


def test_a_daemon_without_a_free_descriptor_rests_until_there_is_one(launch):
    process, port = launch("--loops", "1")
    # The limit is the lowest number that a new descriptor may not have; the first three are in use.
    _, most = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (3, most))
    client = socket.create_connection(("127.0.0.1", port), 5)
    client.sendall(raw.head("GET", HEALTH))
    used = cpu_seconds(process.pid)
    assert not select.select([client], [], [], 2)[0]
    used = cpu_seconds(process.pid) - used
    print(f"{used:.3f} s of a processor in 2 s")
    assert used < 0.3
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (most, most))
    assert client.recv(4096).startswith(b"HTTP/1.1 200")
    assert end(process) == 0


#: Fails as epoll_ctl(2) may while a file exists: a set that is added to another needs memory of the kernel.
FAULT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

int epoll_ctl(int set, int operation, int descriptor, struct epoll_event *event) {
    int (*next)(int, int, int, struct epoll_event *) = dlsym(RTLD_NEXT, "epoll_ctl");
    char path[64], kind[64] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    if (operation == EPOLL_CTL_ADD && access(getenv("EPOLL_FAULT"), F_OK) == 0
        && readlink(path, kind, sizeof kind - 1) > 0 && strcmp(kind, "anon_inode:[eventpoll]") == 0) {
        unlink(getenv("EPOLL_FAULT_SEEN"));
        errno = ENOMEM;
        return -1;
    }
    return next(set, operation, descriptor, event);
}
"""


def test_a_loop_goes_on_while_the_kernel_has_no_memory_for_a_watch(start, upstream, sessions, tmp_path):
    library, fault, unseen = tmp_path / "fault.so", tmp_path / "fault", tmp_path / "unseen"
    # Swift brings it.
    compile_ = ["clang", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(compile_, input=FAULT.encode(), check=True)
    surroundings = {"LD_PRELOAD": str(library), "EPOLL_FAULT": str(fault), "EPOLL_FAULT_SEEN": str(unseen)}
    daemon = start(upstream, sessions, LOOPS="1", **surroundings)
    for path in (fault, unseen):
        path.touch()
    # A library that is stuck waits no longer for the loop, which then needs a watch.
    with raw.Connection(daemon.port) as stuck:
        stuck.send(STALLS["half an extension of 100 kB"])
        eventually(lambda: not unseen.exists(), "a watch was refused")
        assert [daemon.token().status for _ in range(20)] == [200] * 20
    fault.unlink()
    assert [daemon.token().status for _ in range(20)] == [200] * 20


def test_a_log_without_a_reader_delays_no_request(launch, tmp_path):
    flags = ("--loops", "1")
    with open(tmp_path / "stderr", "wb") as stderr:
        process, port = launch(*flags, stdout=subprocess.PIPE, stderr=stderr)
    statuses = {post(port, origin="http://stranger.example") for _ in range(300)}
    assert statuses == {403}
    assert answers(port)
    assert end(process) == 0
    assert "usage lines are lost" in (tmp_path / "stderr").read_text()
    lines = process.stdout.read().splitlines()
    assert 10 < len(lines) < 300 and all(line.endswith(b"}") for line in lines)


def test_a_strangers_text_is_not_compared_for_long(launch):
    """One such body took a second of a loop, and one such origin a thirtieth, before any limit counted them."""
    process, port = launch("--loops", "1")
    # Both have as many bytes, so what they cost without a comparison is the same.
    plain, marked = (cost_of(text, process.pid, port) for text in ("a" * len(MARKS.encode()), MARKS))
    print(f"plain text {plain:.4f} s, marks {marked:.4f} s")
    assert marked < 50 * plain
    assert end(process) == 0


def cost_of(text: str, pid: int, port: int) -> float:
    """The seconds of a processor that text costs in the name of a member, of a session, and of an origin."""
    name = ('{"a' + text * 7900 + '":1}').encode()
    session = ('{"session":"a' + text * 7900 + '"}').encode()
    origin = ("http://" + text * 1500).encode().decode("latin-1")
    used = cpu_seconds(pid)
    for _ in range(5):
        assert post(port, name) == 400
        assert post(port, session) == 404
        assert post(port, origin=origin) == 403
    return cpu_seconds(pid) - used


def cpu_seconds(pid: int) -> float:
    """The clock of clock_getcpuclockid(3): /proc counts in ticks, of which a few requests take less than one."""
    return time.clock_gettime((~pid << 3) | 2)


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
