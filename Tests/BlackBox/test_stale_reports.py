"""Results that arrive after what they are about has changed: none of them undoes the change, or is reported as news."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import pytest

import raw
from call_client import session
from daemon import HEALTH, ORIGIN, TOKEN, eventually, write_sessions
from redis_server import RedisServer
from test_deny import PROXY, ask, said
from test_emergencies import READY
from test_jwt import bearer, token
from test_metrics import series
from test_reload import reload


class HeldProvider:
    """An address of keys whose answer, a failure, comes when a test releases it."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.is_asked = threading.Event()
        self.is_released = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/jwks.json"

    def _serve(self) -> None:
        with self.listener, self.listener.accept()[0] as connection:
            connection.recv(65_536)
            self.is_asked.set()
            self.is_released.wait(30)
            connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")


def test_keys_that_nobody_fetches_any_longer_are_no_emergency(start, upstream, sessions, tmp_path):
    provider = HeldProvider()
    config = tmp_path / "config.json"
    tokens = {"jwt-keys": provider.url, "jwt-issuer": "https://id.example", "jwt-audience": "voice"}
    config.write_text(json.dumps({"auth": ["jwt"]} | tokens))
    daemon = start(upstream, sessions, CONFIG=str(config), LOOPS="1", AUTH=None)
    assert provider.is_asked.wait(20)
    with raw.Connection(daemon.port) as client:
        client.send(raw.head("GET", HEALTH))
        assert client.receive().answers[0].status == 200
        client.data = b""
        # It waits for the keys. The loop has it before the signal, which comes later.
        client.send(raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0"} | bearer(token())))
        config.write_text("{}")
        reload(daemon)
        provider.is_released.set()
        # It goes on after the report.
        assert client.receive().only().status == 503
    assert daemon.operations("GET", READY).json()["emergencies"] == []
    assert "no keys: " not in daemon.stderr


def test_a_reload_that_is_read_when_the_daemon_is_told_to_end_does_not_take_effect(start, upstream, sessions):
    daemon = start(upstream, sessions, DRAIN_DELAY="500ms")
    write_sessions(sessions, **{f"more-{number}": {"type": "realtime"} for number in range(50)})
    # Both signals are there when it goes on.
    daemon.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.process.pid, os.WSTOPPED | os.WNOWAIT)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.process.send_signal(signal.SIGCONT)
    assert daemon.wait() == 0
    assert "draining" in daemon.stderr and "reloaded" not in daemon.stderr


class HeldWrite:
    """A way to Redis that is closed at first, and holds back the first writing of the deny-list until ``before`` is done."""

    def __init__(self, redis: RedisServer, before: Callable[[], None]):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.redis = redis
        self.before: Callable[[], None] | None = before
        self.is_open = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            if self.is_open:
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()
            else:
                client.close()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.redis.port)) as server:
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()
            while commands := client.recv(65_536):
                if self.before and b"HSET" in commands:
                    before, self.before = self.before, None
                    before()
                server.sendall(commands)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while replies := server.recv(65_536):
                client.sendall(replies)


def test_an_order_that_is_given_while_the_list_is_on_its_way_is_not_lost(start, upstream, sessions, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    with ThreadPoolExecutor(1) as operator:

        def allow() -> None:
            operator.submit(daemon.operations, "DELETE", "/denied?address=192.0.2.8")
            eventually(lambda: len(daemon.operations("GET", "/denied").json()["denied"]) == 1, "it is carried out here")

        try:
            way = HeldWrite(redis, before=allow)
            daemon = start(upstream, sessions, **PROXY, REDIS_URL=way.url, LOOPS="1")
            for address in ("192.0.2.7", "192.0.2.8"):
                assert "other daemons do not know it yet" in said(daemon, "deny", address, code=69)
            way.is_open = True

            def denied() -> set[str]:
                return set(redis.lines("HKEYS", "{ephemerald}:denied")) - {""}

            eventually(lambda: denied() == {"address:192.0.2.7"}, "Redis has what is in force")
            assert ask(daemon, "192.0.2.7")[0] == 403 and ask(daemon, "192.0.2.8")[0] == 200
        finally:
            redis.kill()


def test_money_that_redis_has_lost_is_no_longer_shown(start, upstream, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    try:
        files = write_sessions(tmp_path / "sessions", default=session(price_per_minute=0.05))
        daemon = start(upstream, files, SPEND_ALL="20", **redis.settings)
        eventually(lambda: "are counted in" in daemon.stderr, "it is connected")
        assert daemon.token().status == 200
        eventually(lambda: series(daemon)["ephemerald_money_taken"] == pytest.approx(3), "the token is counted")
        assert redis.command_reply("FLUSHALL") == b"+OK"
        eventually(lambda: series(daemon)["ephemerald_money_taken"] == 0, "Redis begins again")
    finally:
        redis.kill()
