"""Measures ephemerald beside nginx, a plain C program on the same libraries, Go's net/http, and the Express server that
it replaces.

Every round measures each server after the other, so that a machine that is slow for a while is slow for all. The
figures are the medians of the rounds with the least and the most; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "BlackBox")]

import servers  # noqa: E402
from servers import NARROW, WIDE, Server, Upstream  # noqa: E402

import raw  # noqa: E402
from daemon import HEALTH, ORIGIN, TOKEN  # noqa: E402

MAKERS = {
    "ephemerald": servers.ephemerald,
    "nginx": servers.nginx,
    "plain C": servers.plain_c,
    "Go": servers.go,
    "Express": servers.express,
}
PAGE = {"Origin": ORIGIN, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def post(origin: str = ORIGIN) -> bytes:
    return raw.head("POST", TOKEN, PAGE | {"Origin": origin, "Content-Length": "0"})


@dataclass
class Case:
    """One kind of request, and the status it is answered with."""

    name: str
    request: bytes
    status: int = 200
    #: How many of them a round sends.
    requests: int = 6000
    is_refusal: bool = False


TOKENS = Case("token", post(), requests=3000)
STATIC = [
    Case("health", raw.head("GET", HEALTH, PAGE)),
    Case("preflight", raw.head("OPTIONS", TOKEN, PAGE | ASKED), 204),
    Case("403", post("https://stranger.example"), 403, is_refusal=True),
]
LIMITED = Case("429", post(), 429, is_refusal=True)
#: The same without a server between.
DIRECT = Case("direct", raw.head("POST", "/v1/realtime/client_secrets", {"Content-Length": "2"}) + b"{}")

#: For each figure, for each server, one value a round.
Samples = dict[str, dict[str, list[float]]]


class Bench:
    """The upstream, the load generator, and where servers put their files."""

    def __init__(self, directory: Path, names: list[str], upstream: Upstream | None = None):
        self.directory = directory
        self.names = names
        self.upstream = upstream or Upstream(directory / "upstream")
        self.load_program = servers.compiled("load", directory)
        self.samples: Samples = defaultdict(lambda: defaultdict(list))
        self.made = 0

    def server(self, name: str, to: int, limit: int = WIDE) -> Server:
        self.made += 1
        folder = self.directory / f"{self.made}"
        folder.mkdir()
        return MAKERS[name](folder, self.upstream, to, limit)

    def load(self, server: Server, case: Case, connections: int, requests: int) -> dict[str, float]:
        command = [self.load_program, str(server.port), str(connections), str(requests), str(case.status)]
        done = subprocess.run(command, input=case.request, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"error: {case.name} by {server.name}: {done.stderr.decode()}")
        return json.loads(done.stdout)

    def cost(self, server: Server, case: Case) -> float:
        """Microseconds of CPU time for a request, with 64 clients."""
        before = server.processor_seconds()
        self.load(server, case, 64, case.requests)
        return (server.processor_seconds() - before) / case.requests * 1e6

    def system_calls(self, server: Server, case: Case) -> float:
        """System calls for a request of one client: the difference of 500 and 100 requests."""

        def count(requests: int) -> int:
            attached = [word for pid in server.processes() for word in ("-p", str(pid))]
            trace = subprocess.Popen(["strace", "-f", "-c", *attached], stderr=subprocess.PIPE, text=True)
            for _ in server.processes():
                while "attached" not in trace.stderr.readline():
                    pass
            self.load(server, case, 1, requests)
            trace.send_signal(signal.SIGINT)
            # Its columns: share of the time, seconds, microseconds a call, calls, and errors where there are any.
            return int(trace.communicate()[1].splitlines()[-1].split()[3])

        return (count(500) - count(100)) / 400

    def measure_alone(self, rounds: int) -> None:
        """Start, idle memory, and 2,000 tokens at once: each with a fresh server and no other one running."""
        for turn in range(1, rounds + 1):
            say(f"each alone, round {turn} of {rounds}")
            for name in self.names:
                server = self.server(name, self.upstream.slow_port)
                try:
                    self.add("start to the first answer, ms", name, server.start() * 1000)
                    self.load(server, TOKENS, 1, 1)
                    self.add("idle memory, PSS, MB", name, server.memory("Pss"))
                    self.add("idle memory, anonymous, MB", name, server.memory("Anonymous"))
                    crowd = self.load(server, TOKENS, 2000, 2000)
                    self.add("2,000 tokens at once, upstream 300 ms: until all are served, s", name, crowd["seconds"])
                    self.add("2,000 tokens at once: peak RSS, MB", name, server.memory("VmHWM", "status"))
                finally:
                    server.stop()

    def measure_together(self, rounds: int) -> None:
        """CPU time, latency and system calls, with all servers running and one of them at work."""
        with ExitStack() as running:
            plain = {name: self.running(running, name, self.upstream.port) for name in self.names}
            tls = {name: self.running(running, name, self.upstream.tls_port) for name in self.names}
            cases = [("token", TOKENS, plain), ("token, TLS to the upstream", TOKENS, tls)]
            cases += [(case.name, case, plain) for case in STATIC]
            for turn in range(1, rounds + 1):
                say(f"all, round {turn} of {rounds}")
                for label, case, group in cases:
                    for name in self.able(case):
                        self.add(f"CPU, {label}, µs", name, self.cost(group[name], case))
                for name in self.able(LIMITED):
                    with self.spent(name) as server:
                        self.add("CPU, 429, µs", name, self.cost(server, LIMITED))
                direct = self.load(self.upstream, DIRECT, 1, 1000)["p50_us"]
                for name in self.names:
                    latency = self.load(plain[name], TOKENS, 1, 1000)["p50_us"]
                    self.add("added latency of a token, 1 client, p50, µs", name, latency - direct)
            say("all, system calls")
            for label, case, group in cases:
                for name in self.able(case):
                    self.add(f"system calls, {label}, 1 client", name, self.system_calls(group[name], case))
            for name in self.able(LIMITED):
                with self.spent(name) as server:
                    self.add("system calls, 429, 1 client", name, self.system_calls(server, LIMITED))

    def able(self, case: Case) -> list[str]:
        """The servers that can answer so: the documentation's has no limits and refuses nobody."""
        return [name for name in self.names if not (case.is_refusal and name == "Express")]

    def running(self, until: ExitStack, name: str, to: int) -> Server:
        """A started server that has answered each kind of request often."""
        server = self.server(name, to)
        until.callback(server.stop)
        server.start()
        for case in [TOKENS, *STATIC]:
            if name in self.able(case):
                self.load(server, case, 64, 1000)
        return server

    @contextmanager
    def spent(self, name: str) -> Iterator[Server]:
        """A server whose narrow limit has just been used up: nginx lets one request pass each minute."""
        server = self.server(name, self.upstream.port, NARROW)
        server.start()
        try:
            while raw.exchange(server.port, LIMITED.request).only().status != LIMITED.status:
                pass
            self.load(server, LIMITED, 64, 1000)
            yield server
        finally:
            server.stop()

    def add(self, figure: str, name: str, value: float) -> None:
        self.samples[figure][name].append(value)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def spread(values: list[float]) -> str:
    if not values:
        return "-"
    median = digits(statistics.median(values))
    return median if len(values) == 1 else f"{median} ({digits(min(values))} to {digits(max(values))})"


def table(samples: Samples, names: list[str]) -> str:
    own, *others = names
    lines = ["| | " + " | ".join(names + [f"÷ {name}" for name in others]) + " |"]
    lines.append("|---|" + "---|" * (len(names) + len(others)))
    for figure, by_name in samples.items():
        cells = [spread(by_name[name]) for name in names]
        for name in others:
            ratios = [mine / other for mine, other in zip(by_name[own], by_name[name], strict=False) if other > 0]
            cells.append(digits(statistics.median(ratios)) if ratios else "-")
        lines.append(f"| {figure} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], choices=list(MAKERS)[1:], help="servers to leave out")
    parser.add_argument("--json", type=Path, help="a file for every value of every round")
    chosen = parser.parse_args()
    left_out = chosen.without + ([] if shutil.which("go") else ["Go"])
    names = [name for name in MAKERS if name not in left_out]
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.sched_setaffinity(0, {servers.LOAD_CORE})
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), names)
        bench.upstream.start()
        try:
            bench.measure_alone(chosen.rounds)
            bench.measure_together(chosen.rounds)
        finally:
            bench.upstream.stop()
    if chosen.json:
        chosen.json.write_text(json.dumps(bench.samples, indent=1))
    print(table(bench.samples, names))


if __name__ == "__main__":
    main()
