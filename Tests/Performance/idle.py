"""Open, idle connections to one daemon: its memory for each, and how long a token takes beside them.

    python3 Tests/Performance/idle.py [CONNECTIONS]

The default is 100,000, or as many as the hard limit of descriptors allows. The daemon gives half of its descriptors to
connections, the same number to each loop. The kernel spreads connections over the loops only roughly, so a tenth of the
room stays free: 100,000 need a limit of 222,223. The clients are in processes of 5,000. Their addresses are 127.0.0.2
and following, because one address has 28,000 ports. It needs the binary (`EPHEMERALD`, or the release build).
"""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/BlackBox"))

from program import binary, free_port  # noqa: E402

#: Connections from one address, and from one process.
FROM_ONE, IN_ONE = 20_000, 5_000
MOST = 100_000
#: Descriptors for a connection, and the most connections that a loop accepts.
SHARE, OF_A_LOOP = 2 / 0.9, 8_192 * 0.9
REQUEST = b"POST /api/realtime/token HTTP/1.1\r\nHost: l\r\nOrigin: http://localhost:3000\r\nContent-Length: 0\r\n\r\n"


def resident(pid: int) -> int:
    """Bytes of resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def kernel() -> int:
    """Bytes of the kernel's memory for TCP buffers and for objects such as sockets, on this machine."""
    sockets = next(line for line in Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:"))
    memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(sockets.split()[-1]) * resource.getpagesize() + int(memory["Slab"].split()[0]) * 1_024


def limit_of_connections() -> int:
    """The most connections that the daemon can have, up to `MOST`. Raises the limit, which children inherit."""
    wanted, hard = math.ceil(MOST * SHARE), resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except ValueError:
        wanted = hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return math.floor(wanted / SHARE)


def tokens(port: int, count: int = 2_000) -> float:
    """The median of so many tokens, one after the other on one connection, in milliseconds."""
    took = []
    with socket.create_connection(("127.0.0.1", port)) as client:
        for _ in range(count):
            begun = time.perf_counter()
            client.sendall(REQUEST)
            answer = client.recv(65_536)
            took.append(time.perf_counter() - begun)
            assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    return statistics.median(took) * 1_000


def connect(port: int, number: int) -> socket.socket:
    client = socket.socket()
    client.settimeout(30)
    client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    client.bind((f"127.0.0.{2 + number // FROM_ONE}", 0))
    client.connect(("127.0.0.1", port))
    # Each has sent a request before, as a browser's connection has.
    client.sendall(b"GET /api/health HTTP/1.1\r\nHost: l\r\n\r\n")
    assert client.recv(4_096).startswith(b"HTTP/1.1 200")
    return client


def hold(port: int, numbers: range, pipe: Connection) -> None:
    """Opens the connections, says so, and holds them until it is told to go."""
    clients = [connect(port, number) for number in numbers]
    pipe.send(len(clients))
    pipe.recv()


def holding(port: int, count: int, stack: ExitStack) -> int:
    """Opens that many connections, in processes that end with the stack. Returns how many there are."""
    opened = 0
    for first in range(0, count, IN_ONE):
        here, there = multiprocessing.Pipe()
        numbers = range(first, min(first + IN_ONE, count))
        process = multiprocessing.Process(target=hold, args=(port, numbers, there), daemon=True)
        process.start()
        there.close()
        stack.callback(process.join)
        stack.callback(here.send, None)
        opened += here.recv()
    return opened


def main() -> None:
    most = limit_of_connections()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else most
    if count > most:
        sys.exit(f"error: the limit of descriptors allows {most} connections")
    port = free_port()
    settings = {"PORT": str(port), "OPS_PORT": str(free_port()), "LIMIT_CLIENT": "off", "LIMIT_ALL": "off"}
    settings |= {"IDLE_TIMEOUT": "10min", "USAGE_LOG": "/dev/null", "WATCH": "false"}
    settings["LOOPS"] = str(max(2, math.ceil(count / OF_A_LOOP)))
    with tempfile.TemporaryDirectory() as home:
        command = [binary(), "--sandbox", "--sessions-dir", str(ROOT / "sessions")]
        environment = {"HOME": home, "PATH": os.environ["PATH"]} | settings
        daemon = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            measure(daemon.pid, port, count)
        finally:
            daemon.terminate()
            daemon.wait()


def measure(pid: int, port: int, count: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            alone = [tokens(port) for _ in range(3)]
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the daemon does not answer"
            time.sleep(0.05)
    before, of_kernel = resident(pid), kernel()
    with ExitStack() as stack:
        begun = time.monotonic()
        assert holding(port, count, stack) == count
        took = time.monotonic() - begun
        held = len(os.listdir(f"/proc/{pid}/fd"))
        each, of_kernel = (resident(pid) - before) / count, (kernel() - of_kernel) / count
        beside = [tokens(port) for _ in range(3)]
    print(f"{count} connections in {took:.1f} s; the daemon holds {held} descriptors")
    print(f"{each:.0f} bytes of the daemon's memory each, and {of_kernel:.0f} of the kernel's for both ends")
    alone += [tokens(port) for _ in range(3)]
    usual, now = statistics.median(alone), statistics.median(beside)
    print(f"a token takes {now:.3f} ms beside them, and {usual:.3f} ms without: {now / usual:.2f} times as long")
    assert held > count and now < 2 * usual


main()
