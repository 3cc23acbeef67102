"""What a request costs as connections, sessions, keys and origins become many.

Connections are measured in CPU time, in rounds that measure each number after the other. The others are counted in
instructions, which a busy machine does not change: the request names the last session, key or origin of the list.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "BlackBox")]

import instructions  # noqa: E402
import servers  # noqa: E402
from compare import STATIC, TOKENS, Bench, spread  # noqa: E402
from servers import WIDE  # noqa: E402

import raw  # noqa: E402
from daemon import ORIGIN, SESSION, TOKEN, write_sessions  # noqa: E402

CONNECTIONS = [10, 100, 1000, 5000]
SESSIONS = [1, 30, 1000]
KEYS = [1, 100, 10000]
ORIGINS = [1, 20, 200]


def connections(directory: Path, rounds: int) -> list[list[str]]:
    """Rows of the CPU time of health and of a token, with so many connections that all request at once."""
    directory.mkdir()
    bench = Bench(directory, ["ephemerald"])
    folder = directory / "daemon"
    folder.mkdir()
    # A busy machine may need longer than ten seconds for 5,000 tokens at once.
    settings = {"MAX_IN_FLIGHT": "10000", "UPSTREAM_TIMEOUT": "60s"}
    daemon = servers.ephemerald(folder, bench.upstream, bench.upstream.port, WIDE, **settings)
    costs: dict[tuple[str, int], list[float]] = defaultdict(list)
    bench.upstream.start()
    try:
        daemon.start()
        # The first round only warms up.
        for turn in range(rounds + 1):
            for number in CONNECTIONS:
                for case in (STATIC[0], TOKENS):
                    requests = 2 * max(case.requests, number)
                    before = daemon.processor_seconds()
                    bench.load(daemon, case, number, requests)
                    if turn > 0:
                        cost = (daemon.processor_seconds() - before) / requests * 1e6
                        costs[case.name, number].append(cost)
    finally:
        daemon.stop()
        bench.upstream.stop()
    return [[str(n), spread(costs[STATIC[0].name, n]), spread(costs[TOKENS.name, n])] for n in CONNECTIONS]


def session_case(number: int, directory: Path) -> instructions.Case:
    folder = write_sessions(directory / f"sessions-{number}", **{f"s{index}": SESSION for index in range(number)})
    request = raw.head("POST", f"{TOKEN}?session=s{number - 1}", {"Origin": ORIGIN, "Content-Length": "0"})
    return instructions.Case(f"sessions: {number}", request, 200, {"SESSIONS_DIR": str(folder)})


def key_case(number: int, directory: Path) -> instructions.Case:
    file = directory / f"keys-{number}"
    keys = [f"eph_{hashlib.sha256(str(index).encode()).hexdigest()}" for index in range(number)]
    lines = [f"caller{index}:{hashlib.sha256(key.encode()).hexdigest()}\n" for index, key in enumerate(keys)]
    file.write_text("".join(lines))
    file.chmod(0o600)
    fields = {"Origin": ORIGIN, "Authorization": f"Bearer {keys[-1]}"}
    settings = {"AUTH": "bearer", "AUTH_KEYS_FILE": str(file)}
    return instructions.Case(f"keys: {number}", instructions.post(fields), 200, settings)


def origin_case(number: int, directory: Path) -> instructions.Case:
    origins = [f"https://shop{index}.example" for index in range(number)]
    settings = {"ALLOWED_ORIGINS": ",".join(origins)}
    return instructions.Case(f"origins: {number}", instructions.post({"Origin": origins[-1]}), 200, settings)


def print_rows(heads: list[str], rows: list[list[str]]) -> None:
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="of the connections")
    chosen = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        cases = [session_case(number, directory) for number in SESSIONS]
        cases += [key_case(number, directory) for number in KEYS]
        cases += [origin_case(number, directory) for number in ORIGINS]
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {servers.LOAD_CORE})
        rows = connections(directory / "connections", chosen.rounds)
        os.sched_setaffinity(0, cores)
        print_rows(["connections", "health, µs of CPU time", "token, µs of CPU time"], rows)
        counts = instructions.measure(cases, directory)
        print_rows(["token with", "instructions"], [[name, f"{count:,}"] for name, count in counts.items()])


if __name__ == "__main__":
    main()
