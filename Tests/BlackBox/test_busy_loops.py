"""No input costs a loop more than its own work: none keeps it busy afterwards, whether the client stays or leaves."""

from __future__ import annotations

import queue
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterator

import pytest
import raw
from daemon import HEALTH, ORIGIN, SESSION, TOKEN, Daemon, eventually, write_sessions
from hostile import CASES
from hostile_stalls import BRIMFUL, CHUNKS, EMPTY, STALLS
from test_bodies import MALFORMED

#: Seconds of a processor that the daemon may spend in the second after an input.
BUDGET = 0.020
DAEMONS = 8
#: Inputs are replayed in groups that share one budget; those that are long are work, so fewer of them share.
GROUP, LONG_GROUP, LONG = 16, 2, 8_000
#: With more groups than this over their budget, measuring the inputs one by one is pointless.
HOPELESS = 40


def cpu_seconds(daemon: Daemon) -> float:
    """The clock of clock_getcpuclockid(3): /proc counts in ticks of 10 ms."""
    return time.clock_gettime((~daemon.process.pid << 3) | 2)


def inputs() -> dict[str, bytes]:
    bodies = {
        f"body: {name}": raw.head(
            "POST", TOKEN, {"Origin": ORIGIN, "Content-Type": "application/json", "Content-Length": str(len(body))}
        )
        + body
        for name, body in MALFORMED.items()
    }
    return {case.name: case.data for case in CASES} | bodies | {f"stall: {name}": data for name, data in STALLS.items()}


def stays(connection: socket.socket) -> None:
    """A client that waits forever."""


def half_closes(connection: socket.socket) -> None:
    """A client that sends no more, and waits for an answer."""
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # refused, and reset by now


def closes(connection: socket.socket) -> None:
    connection.close()


@pytest.fixture(scope="module")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Daemon]]:
    """Each with one loop and a stand-in for OpenAI that is slow, so that requests wait for it."""
    folder: Path = tmp_path_factory.mktemp("busy")
    settings = {"SANDBOX": "true", "SANDBOX_LATENCY": "20ms", "LOOPS": "1", "LIMIT_CLIENT": "off", "LIMIT_ALL": "off"}
    settings["SESSIONS_DIR"] = str(write_sessions(folder / "sessions", default=SESSION))
    started = [Daemon(folder / str(number), settings).start() for number in range(DAEMONS)]
    try:
        yield started
        # A connection that is stuck must not hold up the end either.
        assert [daemon.stop() for daemon in started] == [0] * DAEMONS
    finally:
        for daemon in started:
            daemon.process.kill()
            daemon.process.wait()


def cost(daemon: Daemon, port: int, leave: Callable[[socket.socket], None], sent: list[bytes]) -> float:
    """What the daemon spends on these inputs, and in the second after the last of them."""
    before = cpu_seconds(daemon)
    connections = []
    for data in sent:
        connection = raw.Connection(port, limit=2)
        connection.send(data)
        leave(connection.socket)
        connections.append(connection)
    time.sleep(1.0)
    spent = cpu_seconds(daemon) - before
    for connection in connections:
        connection.socket.close()
    return spent


def groups(names: list[str], size: int) -> list[list[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]


@pytest.mark.slow
def test_no_input_keeps_a_loop_busy(daemons):
    table = inputs()
    free: queue.SimpleQueue[Daemon] = queue.SimpleQueue()
    for daemon in daemons:
        free.put(daemon)

    #: The groups that were over their budget, and by what they cost.
    over: list[tuple[tuple, float]] = []

    def measure(job: tuple[bool, Callable, list[str]]) -> None:
        if len(over) > HOPELESS:
            return
        is_public, leave, names = job
        daemon = free.get()
        port = daemon.port if is_public else int(daemon.settings["OPS_PORT"])
        try:
            spent = cost(daemon, port, leave, [table[name] for name in names])
        finally:
            free.put(daemon)
        if spent > BUDGET:
            over.append((job, round(spent, 4)))

    long = [name for name, data in table.items() if len(data) > LONG]
    rest = [name for name in table if name not in set(long)]
    jobs = [
        (is_public, leave, names)
        for is_public in (True, False)
        for leave in (stays, half_closes, closes)
        for names in groups(long, LONG_GROUP) + groups(rest, GROUP)
    ]
    with ThreadPoolExecutor(len(daemons)) as pool:
        while jobs:
            over.clear()
            list(pool.map(measure, jobs))
            assert len(over) <= HOPELESS, over
            assert [found for found in over if len(found[0][2]) == 1] == []
            # A group may be over its budget because its members are many; then each of them is measured.
            jobs = [(public, leave, [name]) for (public, leave, names), _ in over for name in names]
            print(f"over as a group: {over}")
    assert all(daemon.is_running for daemon in daemons)


def test_silent_clients_with_a_full_memory_cost_nothing(daemons):
    daemon = daemons[0]
    connections = [raw.Connection(daemon.port, limit=2) for _ in BRIMFUL]
    for connection, data in zip(connections, BRIMFUL, strict=True):
        connection.send(data)
    eventually(lambda: is_quiet(daemon), "what has arrived is read, and what cannot go on is cut", limit=15)
    for connection in connections:
        connection.socket.close()


def is_quiet(daemon: Daemon) -> bool:
    """Whether it spends nothing in a second. One that spins never is, however busy the machine."""
    before = cpu_seconds(daemon)
    time.sleep(1.0)
    return cpu_seconds(daemon) - before < BUDGET


def test_a_client_that_never_reads_costs_nothing_once_it_is_waited_for(daemons):
    daemon = daemons[0]
    with raw.Connection(daemon.port, limit=2) as greedy:
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        greedy.send(raw.head("GET", HEALTH) * 20_000)
        eventually(lambda: is_quiet(daemon), "its answers fill the buffers", limit=15)


@pytest.mark.parametrize("size", [1, 7, 5_000])
def test_chunks_that_come_byte_by_byte_are_a_body(daemons, size):
    """Also beside a client that has stopped in the middle of a chunk-size line."""
    daemon = daemons[0]
    body = b'{"session": "default"}'.ljust(max(size, 22))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    sent = CHUNKS + b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    slow_part = len(CHUNKS) + 200
    with raw.Connection(daemon.port) as stuck, raw.Connection(daemon.port) as honest:
        stuck.send(CHUNKS + b"2;" + b"a" * 30_000)
        for index in range(slow_part):
            honest.send(sent[index : index + 1])
            time.sleep(0.002)
        honest.send(sent[slow_part:])
        assert honest.receive().only().status == 200
        assert stuck.receive_to_close(limit=3).closed


@pytest.mark.slow
def test_a_slow_body_in_chunks_after_a_large_head_is_not_cut(daemons):
    """Fields cost libmicrohttpd memory besides their bytes, so that these leave little for chunks."""
    fields = {"Origin": ORIGIN, "Transfer-Encoding": "chunked"} | {f"X-{number}": "v" * 125 for number in range(118)}
    with raw.Connection(daemons[0].port) as slow:
        slow.send(raw.head("POST", TOKEN, fields))
        for piece in [b"{}".ljust(200)] + [b" " * 200] * 20:
            slow.send(b"c8\r\n" + piece + b"\r\n")
            time.sleep(0.15)
        slow.send(b"0\r\n\r\n")
        assert slow.receive().only().status == 200


@pytest.mark.parametrize("request_", [EMPTY, CHUNKS + b"2\r\n{}\r\n0\r\n\r\n"], ids=["without a body", "in chunks"])
def test_a_client_that_half_closes_after_its_request_gets_its_answer(daemons, request_):
    port = daemons[0].port
    # libmicrohttpd looks at its oldest connection first, which is not to be the client's.
    with raw.Connection(port) as older, raw.Connection(port) as client:
        older.send(raw.head("GET", HEALTH))
        assert older.receive().only().status == 200
        client.send(request_)
        client.socket.shutdown(socket.SHUT_WR)
        assert client.receive().only().status == 200
