"""ephemerald and the servers it is compared with: how each is started, and what the kernel counts of it.

All of them have one thread or one worker process for requests, on one core; the upstream and the load share another.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "BlackBox")]

import raw  # noqa: E402
from daemon import HEALTH, SESSION, write_sessions  # noqa: E402
from program import binary, environment, free_port  # noqa: E402

KEY = "sk-performance-0123456789abcdef0123456789abcdef"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
#: The limit of a client address: one that nobody meets, and one that everybody meets after the first request.
WIDE, NARROW = 1_000_000, 1


def compiled(name: str, directory: Path, *libraries: str) -> Path:
    """A program of `Compare/`, with every warning an error."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        sys.exit("error: no C compiler; install gcc and libc6-dev")
    program = directory / name
    source = HERE / "Compare" / f"{name}.c"
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source, *libraries], check=True)
    return program


def filled(name: str, directory: Path, **words: object) -> Path:
    """A file of `Compare/` with each @WORD@ replaced."""
    text = (HERE / "Compare" / name).read_text()
    for word, value in (words | {"DIRECTORY": directory}).items():
        text = text.replace(f"@{word}@", str(value))
    unknown = re.search(r"@[A-Z_]+@", text)
    assert unknown is None, f"{name}: nothing for {unknown}"
    path = directory / name
    path.write_text(text)
    return path


class Server:
    """One process that answers at a port, with the processes it starts."""

    def __init__(self, name: str, port: int, directory: Path, command: list, core: int, **variables: str):
        self.name = name
        self.port = port
        self.directory = directory
        self.command = [str(word) for word in command]
        self.core = core
        self.environment = environment(variables, directory)
        self.process: subprocess.Popen | None = None

    def start(self, limit: float = 60.0) -> float:
        """Starts it, and returns the seconds until its first answer to the health route."""
        begun = time.monotonic()
        with open(self.directory / "output", "ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=lambda: os.sched_setaffinity(0, {self.core}),
            )
        while not self._answers():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > begun + limit:
                self.process.kill()
                sys.exit(f"error: {self.name} does not start: {(self.directory / 'output').read_text()[-2000:]}")
            time.sleep(0.0002)
        return time.monotonic() - begun

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(raw.head("GET", HEALTH))
                return connection.recv(65536).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def processes(self) -> list[int]:
        pid = self.process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def processor_seconds(self) -> float:
        """CPU time of all threads, in the program and in the kernel on its behalf, to the nanosecond."""
        threads = (thread for pid in self.processes() for thread in Path(f"/proc/{pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory(self, field: str, file: str = "smaps_rollup") -> float:
        """Megabytes of a field of that file under /proc, over all processes."""
        pattern = re.compile(rf"^{field}:\s+(\d+) kB", re.M)
        texts = [Path(f"/proc/{pid}/{file}").read_text() for pid in self.processes()]
        return sum(int(pattern.search(text)[1]) for text in texts) / 1024


class Upstream(Server):
    """The stand-in for OpenAI: nginx with an answer of fixed text, plain, over TLS, and after `slow` seconds."""

    def __init__(self, directory: Path, slow: float = 0.3):
        directory.mkdir()
        self.certificate = directory / "certificate.pem"
        key = directory / "key.pem"
        names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        made += ["-days", "2", "-subj", "/CN=localhost", "-addext", names, "-keyout", key, "-out", self.certificate]
        subprocess.run(made, check=True, capture_output=True)
        port, self.tls_port, self.slow_port = free_port(), free_port(), free_port()
        session = {"id": "sess_0123456789abcdefghijk", "object": "realtime.session", **SESSION["session"]}
        session["instructions"] += " A sentence as long as others." * 25
        answer = {"value": "ek_0123456789abcdef0123456789abcdef", "expires_at": 4102444800, "session": session}
        file = filled(
            "upstream.conf",
            directory,
            PORT=port,
            TLS_PORT=self.tls_port,
            SLOW_PORT=self.slow_port,
            SLOW=slow,
            CERTIFICATE=self.certificate,
            CERTIFICATE_KEY=key,
            ANSWER=json.dumps(answer),
        )
        super().__init__("the upstream", port, directory, ["nginx", "-c", file, "-p", directory], LOAD_CORE)

    def address(self, port: int) -> str:
        return f"{'https' if port == self.tls_port else 'http'}://localhost:{port}/v1"


def ephemerald(directory: Path, upstream: Upstream, to: int, limit: int, **changes: str) -> Server:
    """The daemon with everything on: limits, a usage log in a file, metrics, and files that are watched."""
    port = free_port()
    wide, narrow = f"{WIDE}/s burst {WIDE}", "1/h burst 1"
    settings = {
        "PORT": str(port),
        "OPS_PORT": str(free_port()),
        "LOOPS": "1",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": upstream.address(to),
        "UPSTREAM_CA_FILE": str(upstream.certificate),
        "SESSIONS_DIR": str(write_sessions(directory / "sessions", default=SESSION)),
        "LIMIT_CLIENT": wide if limit == WIDE else narrow,
        "LIMIT_ALL": wide,
        "LIMIT_REFUSALS": wide,
        "USAGE_LOG": str(directory / "usage.log"),
    }
    return Server("ephemerald", port, directory, [binary()], SERVER_CORE, **(settings | changes))


def nginx(directory: Path, upstream: Upstream, to: int, limit: int) -> Server:
    port = free_port()
    file = filled(
        "nginx.conf",
        directory,
        PORT=port,
        UPSTREAM_PORT=to,
        SCHEME=upstream.address(to).split(":")[0],
        CERTIFICATE=upstream.certificate,
        KEY=KEY,
        SESSION=json.dumps(SESSION),
        RATE=f"{WIDE}r/s" if limit == WIDE else "1r/m",
        BURST=WIDE if limit == WIDE else 1,
    )
    return Server("nginx", port, directory, ["nginx", "-c", file, "-p", directory], SERVER_CORE)


def settings_of_peer(directory: Path, upstream: Upstream, to: int, limit: int, port: int) -> dict[str, str]:
    """What the programs of `Compare/` read from their environment."""
    return {
        "PORT": str(port),
        "UPSTREAM": upstream.address(to) + "/realtime/client_secrets",
        "CA": str(upstream.certificate),
        "KEY": KEY,
        "SESSION": json.dumps(SESSION),
        "RATE": str(WIDE if limit == WIDE else 1 / 3600),
        "BURST": str(limit),
        "USAGE_LOG": str(directory / "usage.log"),
    }


def plain_c(directory: Path, upstream: Upstream, to: int, limit: int) -> Server:
    program = directory.parent / "floor"
    if not program.exists():
        compiled("floor", directory.parent, "-lmicrohttpd", "-lcurl")
    port = free_port()
    settings = settings_of_peer(directory, upstream, to, limit, port)
    return Server("plain C", port, directory, [program], SERVER_CORE, **settings)


def go(directory: Path, upstream: Upstream, to: int, limit: int) -> Server:
    """Go's net/http. On one core its runtime has one thread for goroutines."""
    program = directory.parent / "peer"
    if not program.exists():
        subprocess.run(["go", "build", "-o", program, HERE / "Compare" / "peer.go"], check=True)
    port = free_port()
    settings = settings_of_peer(directory, upstream, to, limit, port)
    return Server("Go", port, directory, [program], SERVER_CORE, **settings)


def express(directory: Path, upstream: Upstream, to: int, limit: int) -> Server:
    """The documentation's server, which has no limits and refuses nobody."""
    port = free_port()
    settings = {
        "PORT": str(port),
        "NODE_ENV": "production",
        # Where Debian's packages of Node's modules are; other builds of Node do not look there.
        "NODE_PATH": "/usr/share/nodejs",
        "NODE_EXTRA_CA_CERTS": str(upstream.certificate),
        "UPSTREAM": upstream.address(to) + "/realtime/client_secrets",
        "OPENAI_API_KEY": KEY,
        "SESSION": json.dumps(SESSION),
    }
    return Server("Express", port, directory, ["node", HERE / "Compare" / "express.js"], SERVER_CORE, **settings)
