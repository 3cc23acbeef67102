"""Several daemons that count together in one Redis: exact, and bounded in time whatever happens to Redis."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import socket
import threading
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

import raw
from authority import Authority
from crowd import Reply, ask_all, tally, token_request
from daemon import Daemon, eventually
from redis_server import RedisServer
from test_metrics import series
from test_quotas import not_across_midnight, until_midnight  # noqa: F401 (a fixture)

CLIENTS = 64
#: How long a command may take. A request that gets no reply waits for all of it.
DEADLINE = 0.05
COUNTED = "limits and quotas are counted in"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(params=["plain", "tls"])
def redis(request: pytest.FixtureRequest, tmp_path: Path, authority: Authority) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis", authority=authority if request.param == "tls" else None).start()
    yield server
    server.kill()


def connected(daemon: Daemon) -> Daemon:
    """Waits until every loop of the daemon has its connection."""
    eventually(lambda: COUNTED in daemon.stderr, "the daemon says that Redis counts")
    return daemon


def was_away(daemon: Daemon) -> list[str]:
    """The lines that say that Redis was away for another reason than a reply that came late."""
    return [line for line in daemon.stderr.splitlines() if "is away: " in line and "answer in time" not in line]


def in_a_round(redis: RedisServer, ask: Callable[[], list[raw.Answer]]) -> list[raw.Answer]:
    """The answers of a round in which Redis was in time, of daemons that refuse a request otherwise.

    On a busy machine a reply may come after its deadline. Such a request may be counted, also in the next round.
    """
    was_late = False
    for _ in range(20):
        assert redis.command_reply("FLUSHALL") == b"+OK"
        answers = ask()
        is_late = 503 in [answer.status for answer in answers]
        if not is_late and not was_late:
            return answers
        was_late = is_late
    pytest.fail("Redis was late in each of twenty rounds")


def crowd(daemons: list[Daemon], waves: int, fields=lambda number: {}) -> list[Reply]:
    """Sends so many waves of 64 requests, spread over the daemons, each wave all at once."""

    async def ask() -> list[Reply]:
        replies: list[Reply] = []
        for _ in range(waves):
            parts = [
                [token_request(fields(number)) for number in range(CLIENTS) if number % len(daemons) == index]
                for index in range(len(daemons))
            ]
            asked = [ask_all(daemon.port, part) for daemon, part in zip(daemons, parts)]
            for part in await asyncio.gather(*asked):
                replies += part
        return replies

    return asyncio.run(ask())


LIMITS = {
    "LIMIT_ALL": ({"LIMIT_ALL": "100/h"}, 100),
    # Four clients behind a proxy, each of whom has 20.
    "LIMIT_CLIENT": ({"LIMIT_CLIENT": "20/h", "TRUSTED_PROXIES": "127.0.0.1"}, 80),
    "QUOTA_ALL": ({"QUOTA_ALL": "77"}, 77),
    "all of them": ({"LIMIT_ALL": "100/h", "LIMIT_SESSION": "90/h", "QUOTA_SESSION": "61"}, 61),
}


@pytest.mark.parametrize("name", LIMITS)
def test_two_daemons_admit_exactly_the_limit(start, upstream, sessions, redis, name):
    settings, admitted = LIMITS[name]
    settings = settings | redis.settings | {"REDIS_DOWN": "refuse", "LOOPS": "3"}
    daemons = [connected(start(upstream, sessions, **settings)) for _ in range(2)]

    def fields(number: int) -> dict[str, str]:
        return {"X-Forwarded-For": f"198.51.100.{number % 8 // 2}"}

    earlier = 0
    for _ in range(20):
        assert redis.command_reply("FLUSHALL") == b"+OK"
        before = len(upstream.minted)
        counts = tally(crowd(daemons, 2, fields))
        late = counts.get(503, 0)
        assert set(counts) <= {200, 429, 503}
        # Whatever happens, never more. What came too late for its deadline may be counted, also in the next round, and
        # is not admitted.
        assert admitted - late - earlier <= counts.get(200, 0) <= admitted
        assert len(upstream.minted) - before == counts.get(200, 0)
        if not late and not earlier:
            assert counts == {200: admitted, 429: 2 * CLIENTS - admitted}
            return
        earlier = late
    pytest.fail("Redis was late in each of twenty rounds")


def test_a_failed_mint_gives_back_what_it_took_of_a_quota(start, upstream, sessions, redis):
    settings = redis.settings | {"QUOTA_ALL": "2", "REDIS_DOWN": "refuse"}
    daemons = [connected(start(upstream, sessions, **settings)) for _ in range(2)]

    def ask() -> list[raw.Answer]:
        upstream.keys = {"another"}
        failed = [daemon.token() for daemon in daemons * 3]
        upstream.keys = {upstream.key}
        return failed + [daemon.token() for daemon in daemons * 2]

    left = until_midnight()
    answers = in_a_round(redis, ask)
    assert [answer.status for answer in answers] == [502] * 6 + [200, 200, 429, 429]
    refused = answers[-1]
    assert refused.json()["code"] == "quota_exhausted"
    assert until_midnight() - 2 <= int(refused.one("Retry-After")) <= left + 2


def test_an_answer_says_how_the_shared_limit_stands(start, upstream, sessions, redis):
    settings = redis.settings | {"LIMIT_CLIENT": "3/h", "LIMIT_ALL": "100/h", "REDIS_DOWN": "refuse"}
    first, second = (connected(start(upstream, sessions, **settings)) for _ in range(2))
    *admitted, refused = in_a_round(redis, lambda: [daemon.token() for daemon in (first, second, first, second)])
    assert [answer.one("RateLimit").split(";")[1] for answer in admitted] == ["r=2", "r=1", "r=0"]
    assert (refused.status, refused.json()["code"]) == (429, "rate_limited")
    assert refused.one("RateLimit").startswith('"client";r=0;t=')
    assert 1100 <= int(refused.one("Retry-After")) <= 1200


def nobody_waits(daemon: Daemon) -> bool:
    """Whether a request without a connection to Redis waits for nothing: some are answered within its deadline."""
    seconds = []
    for _ in range(40):
        begun = time.monotonic()
        daemon.token()
        seconds.append(time.monotonic() - begun)
    return sorted(seconds)[10] < DEADLINE


def answers_in_time(daemon: Daemon, count: int) -> list[int]:
    """The next answers of a daemon with a connection to Redis, without those that another decides because Redis was late.

    On a busy machine a reply may come after its deadline. Such a request has waited for all of it.
    """
    statuses: list[int] = []
    for _ in range(10 * count):
        begun = time.monotonic()
        status = daemon.token().status
        if status == 200 or time.monotonic() - begun < DEADLINE:
            statuses.append(status)
        if len(statuses) == count:
            return statuses
    pytest.fail("Redis was late nine times of ten")


class LastReply:
    """A way to Redis whose first reply while ``is_closing`` has the end of the connection in the same packet."""

    def __init__(self, redis: RedisServer):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.redis = redis
        self.is_closing = False
        threading.Thread(target=self._relay, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.listener.getsockname()[1]}"

    def _relay(self) -> None:
        client, _ = self.listener.accept()
        with self.listener, client, socket.create_connection(("127.0.0.1", self.redis.port)) as server:
            while not self.is_closing:
                server.sendall(client.recv(65_536))
                reply = server.recv(65_536)
                if self.is_closing:
                    self.listener.close()
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
                client.sendall(reply)


@pytest.mark.parametrize("redis", ["plain"], indirect=True)
def test_the_last_reply_of_a_connection_is_no_sign_that_redis_is_back(start, upstream, sessions, redis):
    way = LastReply(redis)
    daemon = connected(start(upstream, sessions, REDIS_URL=way.url, LIMIT_ALL="100/h", LOOPS="1"))
    assert [daemon.token().status for _ in range(3)] == [200] * 3
    eventually(lambda: series(daemon)["ephemerald_redis_away"] == 0, "Redis counts")
    way.is_closing = True
    assert daemon.token().status == 200
    closed = "is away: Server closed the connection"
    eventually(lambda: closed in daemon.stderr, "the daemon says so")
    assert series(daemon)["ephemerald_redis_away"] == 1
    assert daemon.token().status == 200 and "Redis is back" not in daemon.stderr.partition(closed)[2]


@pytest.mark.parametrize("down", ["local", "refuse"])
def test_a_redis_that_is_killed_and_comes_back(start, upstream, sessions, redis, down):
    settings = redis.settings | {"REDIS_DOWN": down, "LIMIT_ALL": "400/h", "LOOPS": "2"}
    daemon = connected(start(upstream, sessions, **settings))
    replies: list[Reply] = []
    asking = threading.Thread(target=lambda: replies.extend(crowd([daemon], 12)))
    asking.start()
    eventually(lambda: len(upstream.minted) > 100, "the crowd is under way")
    redis.kill()
    asking.join(60)
    assert len(replies) == 12 * CLIENTS
    assert set(tally(replies)) <= {200, 429, 503}
    # The first wave had a Redis, and measures how long 64 requests at once take by themselves.
    usual = max(reply.seconds for reply in replies[:CLIENTS])
    assert max(reply.seconds for reply in replies) < 10 * usual + 10 * DEADLINE
    eventually(lambda: "is away" in daemon.stderr, "the daemon says so")
    assert nobody_waits(daemon)
    answer = daemon.token()
    if down == "refuse":
        assert (answer.status, answer.json()["code"], answer.one("Retry-After")) == (503, "limits_unavailable", "1")
    else:
        # The memory has counted what Redis admitted, and goes on from there.
        assert sum(reply.status == 200 for reply in replies) == 400
        assert (answer.status, answer.json()["code"]) == (429, "rate_limited")
    redis.start()
    # It has forgotten everything, so who is admitted is admitted by it.
    eventually(lambda: daemon.token().status == 200, "Redis decides again")
    eventually(lambda: "Redis is back" in daemon.stderr, "the daemon says so")
    # Where Redis was late before it was killed, that was the first time.
    eventually(lambda: series(daemon)["ephemerald_redis_away"] == 0, "it counts for both loops")
    assert answers_in_time(daemon, 20) == [200] * 20
    said = re.findall("is (away|back)", daemon.stderr)
    assert all(pair != ("back", "back") for pair in itertools.pairwise(said)), "once for all loops"
    assert 1 <= said.count("away") <= 4, "each reason once"
    assert daemon.is_running


@pytest.mark.parametrize("redis", ["plain"], indirect=True)
def test_that_redis_is_gone_is_said_also_after_a_reply_that_was_late(start, upstream, sessions, redis):
    daemon = connected(start(upstream, sessions, LIMIT_ALL="1000/h", LOOPS="1", **redis.settings))
    redis.pause()
    late = "is away: Redis did not answer in time"
    eventually(lambda: daemon.token().status == 200 and late in daemon.stderr, "the daemon says that it is late")
    redis.resume()
    eventually(lambda: "Redis is back" in daemon.stderr, "and that it is back")
    redis.kill()
    eventually(lambda: "is away: Connection refused" in daemon.stderr, "and that it is gone")
    assert daemon.stderr.count(late) == 1


@pytest.mark.parametrize("down", ["local", "refuse"])
def test_a_redis_that_hangs_keeps_nobody_waiting(start, upstream, sessions, redis, down):
    settings = redis.settings | {"REDIS_DOWN": down, "LIMIT_ALL": "1000000/h", "LOOPS": "1"}
    daemon = connected(start(upstream, sessions, **settings))
    assert answers_in_time(daemon, 1) == [200]
    redis.pause()
    count = 0
    while "it does not answer any more" not in daemon.stderr:
        assert count < 200, "the connection is not given up"
        assert daemon.token().status == (503 if down == "refuse" else 200)
        count += 1
    # The connection is given up after a second. One who waited for that would hold up the next, so two were the most.
    assert count >= 4
    assert nobody_waits(daemon)
    redis.resume()
    eventually(lambda: "Redis is back" in daemon.stderr, "the daemon says so")
    assert answers_in_time(daemon, 1) == [200]


def test_a_daemon_starts_without_redis_and_finds_it_later(start, upstream, sessions, tmp_path):
    redis = RedisServer(tmp_path / "redis")
    daemon = start(upstream, sessions, REDIS_URL=redis.url, REDIS_DOWN="refuse", LIMIT_ALL="5/h", LOOPS="2")
    assert daemon.token().status == 503
    assert daemon.stderr.count("is away: Connection refused") == 1
    redis.start()
    try:
        connected(daemon)
        answers = in_a_round(redis, lambda: [daemon.token() for _ in range(6)])
        assert [answer.status for answer in answers] == [200] * 5 + [429]
    finally:
        redis.kill()


@pytest.mark.parametrize(
    ("credentials", "path", "words"),
    [
        (":canary-wrong-password@", "", "AUTH is refused: WRONGPASS"),
        ("nobody:canary-wrong-password@", "", "AUTH is refused: WRONGPASS"),
        ("", "", "GET is refused: NOAUTH"),
        (":canary-right-password@", "/99", "SELECT is refused: ERR DB index is out of range"),
    ],
)
def test_what_redis_does_not_accept_is_said_without_the_password(
    start, upstream, sessions, tmp_path, credentials, path, words
):
    redis = RedisServer(tmp_path / "redis", password="canary-right-password").start()
    try:
        url = f"redis://{credentials}127.0.0.1:{redis.port}{path}"
        daemon = start(upstream, sessions, REDIS_URL=url, REDIS_DOWN="refuse", LIMIT_ALL="5/h", LOG_LEVEL="trace")
        eventually(lambda: f"is away: {words}" in daemon.stderr, words)
        answers = [daemon.token() for _ in range(3)]
        assert [answer.status for answer in answers] == [503] * 3
        shown = daemon.stdout + daemon.stderr + "".join(str(answer) for answer in answers)
        assert "canary" not in shown
    finally:
        redis.kill()


def test_an_error_of_redis_is_one_line_without_the_password(start, upstream, sessions):
    error = b"-LOADING canary-user canary-password \x1b[31m\rforged \xff%s\r\n" % (b"x" * 9_000)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while received := connection.recv(65_536):
                if b"EVAL" in received:
                    connection.sendall(error)
                else:
                    connection.sendall(b"+OK\r\n" * received.count(b"AUTH") + b"$-1\r\n" * received.count(b"GET"))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    url = f"redis://canary-user:canary-password@127.0.0.1:{listener.getsockname()[1]}"
    with listener:
        daemon = connected(start(upstream, sessions, REDIS_URL=url, LIMIT_ALL="5/h", LOOPS="1"))
        assert daemon.token().status == 200
        eventually(lambda: "is away: LOADING [user] [password]" in daemon.stderr, "the daemon says why")
        line = next(line for line in daemon.stderr.split("\n") if "LOADING" in line)
        assert "forged" in line and "; this process counts" in line
        assert "\x1b" not in line and "\r" not in line and len(line) < 600
        assert "canary" not in daemon.stderr
        listener.shutdown(socket.SHUT_RDWR)


def test_a_password_from_a_file_opens_a_socket(start, upstream, sessions, tmp_path):
    redis = RedisServer(tmp_path / "redis", password="canary@pass/word%").start()
    secret = tmp_path / "redis-url"
    secret.write_text(f"redis+unix://:canary%40pass%2Fword%25@{redis.socket}?db=3\n")
    secret.chmod(0o600)
    try:
        settings = {"REDIS_URL_FILE": str(secret), "LIMIT_CLIENT": "2/h", "LOG_LEVEL": "trace", "REDIS_DOWN": "refuse"}
        daemon = connected(start(upstream, sessions, **settings))
        answers = in_a_round(redis, lambda: [daemon.token() for _ in range(3)])
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert redis.command_reply("DBSIZE", database=3) == b":1"
        process = Path(f"/proc/{daemon.process.pid}")
        assert "canary" not in daemon.stdout + daemon.stderr + (process / "cmdline").read_text()
    finally:
        redis.kill()


@pytest.mark.parametrize(
    ("certificate", "trusted", "words"),
    [
        ("other", True, "no alternative certificate subject name matches target host name 'localhost'"),
        ("expired", True, "certificate has expired"),
        ("localhost", False, "self-signed certificate in certificate chain"),
    ],
)
def test_a_redis_that_does_not_prove_its_name_is_not_spoken_to(
    start, upstream, sessions, tmp_path, authority, certificate, trusted, words
):
    redis = RedisServer(tmp_path / "redis", authority=authority, certificate=certificate).start()
    try:
        settings = redis.settings if trusted else {"REDIS_URL": redis.url}
        daemon = start(upstream, sessions, REDIS_DOWN="refuse", LIMIT_ALL="5/h", **settings)
        eventually(lambda: f"{words}; requests are refused" in daemon.stderr, words)
        assert f"Redis at rediss://localhost:{redis.port}/0 is away: SSL" in daemon.stderr
        assert daemon.token().status == 503
        assert redis.command_reply("DBSIZE") == b":0"
    finally:
        redis.kill()
