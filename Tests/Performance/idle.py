"""100,000 open, idle connections to one daemon: its memory for each, and how long a token takes beside them.

    python3 Tests/Performance/idle.py [CONNECTIONS]

Needs the sandbox's binary (`EPHEMERALD`, or the release build) and a limit of descriptors of a little more than
CONNECTIONS, which root may set. The clients have addresses 127.0.0.2 and following, because one address has 28,000 ports.
"""

from __future__ import annotations

import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/BlackBox"))

from program import binary, free_port  # noqa: E402

#: Connections from one address.
FROM_ONE = 20_000
REQUEST = b"POST /api/realtime/token HTTP/1.1\r\nHost: l\r\nOrigin: http://localhost:3000\r\nContent-Length: 0\r\n\r\n"


def resident(pid: int) -> int:
    """Bytes of resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def kernel_sockets() -> int:
    """Bytes of the kernel's memory for TCP buffers on this machine."""
    line = next(line for line in Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:"))
    return int(line.split()[-1]) * resource.getpagesize()


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
    client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    client.bind((f"127.0.0.{2 + number // FROM_ONE}", 0))
    client.connect(("127.0.0.1", port))
    # Each has sent a request before, as a browser's connection has.
    client.sendall(b"GET /api/health HTTP/1.1\r\nHost: l\r\n\r\n")
    assert client.recv(4_096).startswith(b"HTTP/1.1 200")
    return client


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1_000,) * 2)
    port = free_port()
    settings = {"PORT": str(port), "OPS_PORT": str(free_port()), "LIMIT_CLIENT": "off", "LIMIT_ALL": "off"}
    settings |= {"IDLE_TIMEOUT": "10min", "LOOPS": "2", "USAGE_LOG": "/dev/null", "WATCH": "false"}
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
    before, kernel = resident(pid), kernel_sockets()
    begun, clients = time.monotonic(), []
    for number in range(count):
        clients.append(connect(port, number))
    took = time.monotonic() - begun
    held = len(os.listdir(f"/proc/{pid}/fd"))
    beside = [tokens(port) for _ in range(3)]
    each, of_kernel = (resident(pid) - before) / count, (kernel_sockets() - kernel) / count
    print(f"{count} connections in {took:.1f} s; the daemon holds {held} descriptors")
    print(f"{each:.0f} bytes of the daemon's memory each, and {of_kernel:.0f} of the kernel's buffers")
    usual, now = statistics.median(alone), statistics.median(beside)
    print(f"a token takes {now:.3f} ms beside them, and {usual:.3f} ms without: {now / usual:.2f} times as long")
    assert held > count and now < 2 * usual


main()
