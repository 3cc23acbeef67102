"""What memcheck finds in two daemons after 2,000 mixed requests each, or as many as are given.

    .build/blackbox-venv/bin/python Tests/Performance/leaks.py [REQUESTS]

One of them counts in memory, the other has Redis, a collector and a stand-in for OpenAI over TLS. It ends with 1 for lost
memory that `KNOWN` does not have. valgrind is needed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "BlackBox")]

import instructions  # noqa: E402

import faults  # noqa: E402
import hostile  # noqa: E402
import raw  # noqa: E402
from authority import Authority  # noqa: E402
from call_client import CALLS, LIVE, OFFER, session  # noqa: E402
from collector import Collector  # noqa: E402
from conftest import settings_for  # noqa: E402
from daemon import HEALTH, ORIGIN, TOKEN, Daemon, eventually, write_sessions  # noqa: E402
from fake_calls import Calls  # noqa: E402
from fake_openai import FakeOpenAI  # noqa: E402
from mixed_load import MixedLoad  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from test_callers import bearer, keys_file  # noqa: E402
from test_jwt import jwks, token  # noqa: E402

#: Requests other than good ones for tokens and calls, and their statuses.
OTHERS: list[tuple[int, str, str, dict[str, str], bytes]] = [
    *((200, method, HEALTH, {}, b"") for method in ("GET", "HEAD")),
    (200, "GET", "/api/openapi.json", {"Accept-Encoding": "gzip"}, b""),
    *((204, "OPTIONS", path, {"Access-Control-Request-Method": "POST"}, b"") for path in (TOKEN, CALLS)),
    (403, "OPTIONS", TOKEN, {"Access-Control-Request-Method": "POST", "Origin": "null"}, b""),
    (403, "POST", TOKEN, {"Origin": "https://evil.example"}, b""),
    (400, "POST", TOKEN, {"Content-Type": "application/json"}, b"[]"),
    (400, "POST", CALLS, {"Content-Type": "application/sdp"}, b"v=0"),
    (404, "POST", f"{TOKEN}?session=nobody", {}, b""),
    (404, "POST", f"{CALLS}/{'A' * 22}/lease", {}, b""),
    (405, "DELETE", TOKEN, {}, b""),
    (409, "POST", f"{TOKEN}?session=live", {}, b""),
    (413, "POST", TOKEN, {"Content-Type": "application/json"}, b" " * 100_000),
    (414, "GET", "/" + "x" * 30_000, {}, b""),
    (415, "POST", CALLS, {"Content-Type": "text/plain"}, OFFER),
    (431, "GET", HEALTH, {"X-Long": "x" * 17_000}, b""),
]
ALGORITHMS = ("HS256", "RS256", "PS256", "ES256", "EdDSA")
OPEN = {"limit-client": "off", "limit-all": "off"}
#: What memcheck reports though nothing is lost, as suppressions. The schema is made once and kept; memcheck does not
#: follow Swift's tagged pointers to indirect enum cases. The objects of the first loop refer to each other until
#: the process ends; memcheck calls one of them lost, and the others lost through it: `run` allows one block.
KNOWN = """
{schema\nMemcheck:Leak\nmatch-leak-kinds: definite\n...\nfun:$s8Sessions6SchemaO*_WZ\n}
{first-loop\nMemcheck:Leak\nmatch-leak-kinds: definite\n...\nfun:$s10ephemerald6DaemonC*\n}
{runtime\nMemcheck:Cond\nfun:swift_initEnumMetadataMultiPayload\n}
""".replace("{", "{\n")


class Mixture:
    """The requests to one daemon under memcheck, with the reloads and failures between them."""

    def __init__(self, folder: Path, requests: int, settings: dict[str, str], tls: ssl.SSLContext | None = None):
        self.folder, self.requests, self.report = folder, requests, folder / "memcheck"
        self.answers: Counter[int] = Counter()
        self.upstream = FakeOpenAI(tls=tls, delay=0.002).start()
        Calls(self.upstream)
        folder.mkdir()
        self.sessions = write_sessions(folder / "sessions", default=session(call={"lease_seconds": 10}), live=LIVE)
        self.config = folder / "config.json"
        self.config.write_text(json.dumps(OPEN))
        own = settings_for(
            self.upstream, self.sessions, LIMIT_CLIENT=None, LIMIT_ALL=None, CONFIG=str(self.config), LOOPS="2",
            USAGE_LOG=str(folder / "usage.log"), QUOTA_ALL="100000", UPSTREAM_TIMEOUT="3s", MAX_CALLS="1000",
            MAX_CALLS_CLIENT="1000",
        )  # fmt: skip
        self.daemon = Daemon(folder / "daemon", own | settings)
        (folder / "known").write_text(KNOWN)
        leaks = ["--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]
        files = [f"--log-file={self.report}", f"--suppressions={folder / 'known'}"]
        self.daemon.wrapper = ["valgrind", "-v", "--num-callers=30", "--error-exitcode=99", *leaks, *files]

    def run(self) -> bool:
        """Whether the daemon ended without lost memory and without an error."""
        try:
            self.daemon.start(120)
            load = MixedLoad(self.daemon.port, "memory", clients=8, patience=60)
            for _ in range(4):
                asyncio.run(load.run(self.requests // 8))
                self._reload(OPEN, default=session(call={"lease_seconds": 10 + self.daemon.stderr.count("reload")}))
            with ThreadPoolExecutor(16) as pool:
                list(pool.map(self._attack, hostile.CASES))
            self._callers()
            self._limits()
            self._failures()
            while sum(self.answers.values()) + sum(load.answers.values()) < self.requests:
                for status, method, target, fields, body in OTHERS:
                    self._ask(status, method, target, fields, body)
                for target in ("/metrics", "/status", "/calls", "/"):
                    assert self.daemon.operations("GET", target).status == 200, target
            assert load.wrong == [], load.wrong[:3]
        finally:
            code = self.daemon.stop(120)
            self.upstream.stop()
        self.answers.update(Counter([status for _, status in load.answers.elements()]))
        report = self.report.read_text()
        first_loop = re.search(r"used_suppression: +\d+ first-loop .* in ([\d,]+) blocks", report)
        found = re.sub(r"(?m)^==\d+== ", "", report).partition("HEAP SUMMARY:")[2].partition("Reachable blocks")[0]
        errors = re.findall("ERROR SUMMARY: .*", report)[-1]
        print(f"{sum(self.answers.values())} answers: {dict(sorted(self.answers.items()))}\n{found}\n{errors}")
        return code == 0 and (first_loop is None or first_loop[1] == "1")

    def _ask(self, status: int, method: str, target: str, fields: dict[str, str], body: bytes = b"") -> None:
        try:
            answer = self.daemon.request(method, target, {"Origin": ORIGIN} | fields, body)
        except AssertionError:
            # The daemon refuses and closes before it has read everything; then a client may not get the answer.
            assert status in (413, 414, 431), (method, target)
            return
        self.answers[answer.status] += 1
        assert answer.status == status, (method, target, answer.status, answer.body)

    def _token(self, status: int, **fields: str) -> None:
        self._ask(status, "POST", TOKEN, fields)

    def _attack(self, case: hostile.Case) -> None:
        answers = raw.exchange(self.daemon.port, case.data, count=2, limit=3).answers
        self.answers.update(answer.status for answer in answers)

    def _reload(self, configuration: dict[str, str], outcome: str = "reloaded: ", **files: dict) -> None:
        write_sessions(self.sessions, **files)
        self.config.write_text(json.dumps(configuration))
        before = self.daemon.stderr.count(outcome)
        self.daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: self.daemon.stderr.count(outcome) > before, outcome, 60)

    def _callers(self) -> None:
        self._reload(OPEN | {"auth": "bearer", "auth-keys-file": keys_file(self.folder, ann="eph_1")})
        for _ in range(10):
            self._token(401)
            self._token(401, **bearer("eph_2"))
            self._token(200, **bearer("eph_1"))
        keys = self.folder / "jwks.json"
        keys.write_text(jwks(*ALGORITHMS))
        claims = {"jwt-keys": str(keys), "jwt-issuer": "https://id.example", "jwt-audience": "voice"}
        self._reload(OPEN | {"auth": "jwt"} | claims)
        for algorithm in ALGORITHMS * 3:
            self._token(200, **bearer(token(algorithm)))
            self._token(401, **bearer(token(algorithm, exp=1)))
            self._token(403, **bearer(token(algorithm, sessions=["other"])))
        self._reload(OPEN | {"auth": "nonsense"}, "nothing is reloaded")
        self._reload(OPEN)

    def _limits(self) -> None:
        for target in ("/denied?address=127.0.0.1", "/denied?origin=http://localhost:3000"):
            assert self.daemon.operations("PUT", target, {"Content-Length": "0"}).status < 300
            self._token(403)
            assert self.daemon.operations("DELETE", target).status < 300
        self._reload({"limit-client": "1/h", "limit-all": "off"})
        eventually(lambda: self.daemon.token().status == 429, "the limit is reached")
        self._reload(OPEN)
        for number, status in ((signal.SIGUSR1, 503), (signal.SIGUSR2, 200)):
            self.daemon.process.send_signal(number)
            eventually(lambda wanted=status: self.daemon.token().status == wanted, "minting is paused or resumed")

    def _failures(self) -> None:
        for failure in (faults.error(429, "rate_limit_exceeded"), faults.garbage, faults.silence, faults.huge):
            self.upstream.fault = failure
            self.answers.update(self.daemon.token().status for _ in range(3))
        self.upstream.fault = None
        eventually(lambda: self.daemon.token().status == 200, "the circuit breaker closes", 30)


def is_clean(requests: int, folder: Path) -> bool:
    """Whether both daemons end without lost memory and without errors; prints what memcheck found in each."""
    authority, redis = Authority(folder), RedisServer(folder / "redis").start()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority["localhost.pem"], authority["localhost.key"])
    collector = Collector()
    shared = {"UPSTREAM_CA_FILE": authority["ca.pem"], "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url} | redis.settings
    try:
        mixtures = Mixture(folder / "memory", requests, {}), Mixture(folder / "shared", requests, shared, tls)
        return all([mixture.run() for mixture in mixtures])
    finally:
        redis.kill()
        collector.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        os.environ["EPHEMERALD"] = str(instructions.stripped(directory))
        if not is_clean(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, directory):
            sys.exit(1)


if __name__ == "__main__":
    main()
