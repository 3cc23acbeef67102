"""The line of requests beyond MAX_IN_FLIGHT: fair, bounded, and left at once by a client that has gone."""

from __future__ import annotations

import asyncio
import time

from concurrent.futures import ThreadPoolExecutor

import raw
from call_client import create
from crowd import ask_all, tally, token_request
from daemon import eventually
from test_metrics import series
from test_quotas import hurried


#: The clock of a daemon with which requests wait for five seconds of ours, so that none gives up before it is served.
PATIENT = hurried(0.2)


def waiting(daemon) -> int:
    return int(series(daemon)["ephemerald_waiting"])


def ask(daemon) -> raw.Connection:
    """Sends a request for a token, and does not wait for the answer."""
    connection = raw.Connection(daemon.port)
    connection.send(token_request())
    return connection


def test_a_short_burst_waits_and_is_answered(start, upstream, sessions):
    daemon = start(upstream, sessions, MAX_IN_FLIGHT="10", QUEUE="40")
    upstream.delay = 0.02
    replies = asyncio.run(ask_all(daemon.port, [token_request()] * 50))
    assert tally(replies) == {200: 50}
    assert upstream.most_held <= 10
    assert waiting(daemon) == 0 and series(daemon)["ephemerald_in_flight"] == 0


class Held:
    """The first mint, which the upstream holds until it is released; the others are answered at once."""

    def __init__(self, upstream):
        self.upstream = upstream
        upstream.script.append(lambda connection, received: setattr(self, "mint", (connection, received)))

    def release(self) -> None:
        connection, received = self.mint
        self.upstream.loop.call_soon_threadsafe(connection.mint, received)


def test_the_first_in_line_is_the_first_served(start, upstream, sessions):
    daemon = start(upstream, sessions, MAX_IN_FLIGHT="1", QUEUE="3", **PATIENT)
    held, connections = Held(upstream), [ask(daemon)]
    upstream.wait_until_held(1)
    for number in range(1, 4):
        connections.append(ask(daemon))
        eventually(lambda: waiting(daemon) == number, "it waits")
    with ask(daemon) as late:
        assert late.receive().only().json()["code"] == "overloaded", "the line is full"
    held.release()
    answers = [connection.receive().only() for connection in connections]
    assert [answer.status for answer in answers] == [200] * 4
    served = [request.all("X-Client-Request-Id")[0] for request in upstream.requests]
    assert served == [answer.one("X-Request-Id") for answer in answers]
    daemon.usage(5)


def test_nobody_waits_longer_than_a_second(start, upstream, sessions, calls):
    """Nor does a call, and what a limit had counted for it is given back."""
    daemon = start(upstream, sessions, MAX_IN_FLIGHT="1", QUEUE="2", MAX_CALLS="1")
    held = Held(upstream)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(daemon.token)
        upstream.wait_until_held(1)
        begun = time.monotonic()
        others = [pool.submit(daemon.token), pool.submit(create, daemon)]
        for other in others:
            answer = other.result()
            assert (answer.status, answer.json()["code"], answer.one("Retry-After")) == (503, "overloaded", "1")
        assert time.monotonic() - begun > 0.9
        held.release()
        assert first.result().status == 200
    assert create(daemon).status == 201


def test_a_client_that_goes_leaves_the_line_at_once(start, upstream, sessions):
    daemon = start(upstream, sessions, MAX_IN_FLIGHT="1", QUEUE="2", **PATIENT)
    held, first = Held(upstream), ask(daemon)
    upstream.wait_until_held(1)
    gone = ask(daemon)
    eventually(lambda: waiting(daemon) == 1, "it waits")
    gone.socket.close()
    eventually(lambda: waiting(daemon) == 0, "its place is free")
    stays = ask(daemon)
    eventually(lambda: waiting(daemon) == 1, "it waits")
    held.release()
    assert [one.receive().only().status for one in (first, stays)] == [200, 200]
    assert len(upstream.minted) == 2
    left, *served = daemon.usage(3)
    assert [line["http.response.status_code"] for line in (left, *served)] == [503, 200, 200]
    assert left["http.server.request.duration"] < 0.9, "it left before the longest wait"


def test_without_a_line_one_too_many_is_refused_at_once(start, upstream, sessions):
    daemon = start(upstream, sessions, MAX_IN_FLIGHT="20", QUEUE="0")
    held: list = []
    upstream.fault = lambda connection, received: held.append((connection, received))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: asyncio.run(ask_all(daemon.port, [token_request()] * 30)))
        upstream.wait_until_held(20)
        assert {line["http.response.status_code"] for line in daemon.usage(10)} == {503}
        for connection, received in held:
            upstream.loop.call_soon_threadsafe(connection.mint, received)
        assert tally(asked.result()) == {200: 20, 503: 10}
