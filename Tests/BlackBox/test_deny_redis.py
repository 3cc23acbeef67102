"""The deny-list of several daemons: they share it in Redis, and what Redis has not got is said."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import raw
from daemon import eventually
from redis_server import RedisServer
from test_deny import PROXY, ask, said
from test_redis import was_away


def test_two_daemons_with_one_redis_refuse_within_a_second(start, upstream, sessions, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    try:
        pair = [start(upstream, sessions, **PROXY, **redis.settings) for _ in range(2)]
        for daemon in pair:
            eventually(lambda daemon=daemon: "are counted in" in daemon.stderr, "it is connected")
        took = []
        for number, address in enumerate(("192.0.2.1", "192.0.2.2", "192.0.2.8")):
            said(pair[number % 2], "deny", address)
            begun = time.monotonic()
            eventually(lambda: all(ask(daemon, address)[0] == 403 for daemon in pair), "both refuse")  # noqa: B023
            took.append(time.monotonic() - begun)
        print(f"refused by both after {', '.join(f'{seconds:.3f}' for seconds in took)} s")
        # The machine of a test may be busy with other tests.
        assert sorted(took)[1] < 1
        said(pair[0], "deny", "192.0.2.7", "--for", "5s")
        eventually(lambda: all(ask(daemon)[0] == 403 for daemon in pair), "both refuse")
        eventually(lambda: all(ask(daemon)[0] == 200 for daemon in pair), "both serve again")
        # A Redis that has lost everything gets the list again, and a daemon that starts later has it from there.
        redis.kill()
        # A script can tell by the exit status, and the address is denied where it was ordered.
        assert "other daemons do not know it yet" in said(pair[0], "deny", "192.0.2.9", code=69)
        assert ask(pair[0], "192.0.2.9") == (403, "denied") and ask(pair[1], "192.0.2.9")[0] == 200
        assert "other daemons do not know it yet" in said(pair[0], "deny", "192.0.2.10", "--for", "1h", code=69)
        assert "other daemons do not know it yet" in said(pair[0], "allow", "192.0.2.10", code=69)
        redis.start()
        third = start(upstream, sessions, **PROXY, **redis.settings)
        everybody = [*pair, third]
        eventually(
            lambda: all(ask(daemon, f"192.0.2.{n}")[0] == 403 for daemon in everybody for n in (8, 9)), "all refuse", 20
        )
        said(third, "allow", "192.0.2.8")
        eventually(lambda: all(ask(daemon, "192.0.2.8")[0] == 200 for daemon in pair), "both serve again")
    finally:
        redis.kill()


def test_a_thousand_denials_are_shared(start, upstream, sessions, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    try:
        first = start(upstream, sessions, **PROXY, **redis.settings)
        eventually(lambda: "are counted in" in first.stderr, "it is connected")
        port = int(first.settings["OPS_PORT"])

        def deny(number: int) -> None:
            name = f"{number:04}" + "n" * 252
            put = raw.head("PUT", f"/denied?caller={name}", {"Content-Length": "0"}, host=f"127.0.0.1:{port}")
            # On a busy machine Redis may have got it only after the answer.
            eventually(lambda: raw.exchange(port, put).only().status == 200, "Redis has it")

        with ThreadPoolExecutor(16) as several:
            list(several.map(deny, range(1000)))
        second = start(upstream, sessions, **PROXY, **redis.settings)
        eventually(lambda: len(said(second, "deny").splitlines()) == 1001, "the other daemon has all of them")
        assert not was_away(first) and not was_away(second)
    finally:
        redis.kill()


def test_what_redis_refuses_to_keep_is_denied_here_and_said(start, upstream, sessions, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    try:
        daemon = start(upstream, sessions, **PROXY, **redis.settings)
        eventually(lambda: "are counted in" in daemon.stderr, "it is connected")
        said(daemon, "deny", "192.0.2.1")
        redis.command_reply("CONFIG", "SET", "min-replicas-to-write", "1")
        assert "other daemons do not know it yet" in said(daemon, "deny", "192.0.2.7", code=69)
        eventually(lambda: "the deny-list is not shared: Redis refuses it: NOREPLICAS" in daemon.stderr, "it is said")
        assert ask(daemon) == (403, "denied")
        assert "other daemons do not know it yet" in said(daemon, "deny", "192.0.2.8", code=69)
        redis.command_reply("CONFIG", "SET", "min-replicas-to-write", "0")
        said(daemon, "deny", "192.0.2.9")
        assert [ask(daemon, f"192.0.2.{number}")[0] for number in (1, 7, 8, 9)] == [403] * 4
    finally:
        redis.kill()
