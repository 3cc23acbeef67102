"""Load: every client is answered, limits are exact, memory stays bounded."""

from __future__ import annotations

import asyncio
import os

import pytest

from crowd import ask_all, tally, token_request

CLIENTS = int(os.environ.get("BLACKBOX_CLIENTS", "2000"))


def test_two_thousand_at_once_are_all_answered(start, upstream, sessions):
    daemon = start(upstream, sessions)
    upstream.delay = 0.3
    replies = asyncio.run(ask_all(daemon.port, [token_request()] * CLIENTS))
    assert tally(replies) == {200: CLIENTS}
    values = {reply.answers[0].json()["value"] for reply in replies}
    assert len(values) == CLIENTS == len(upstream.minted), "a secret was given twice, or minted and not given"
    assert daemon.memory() < 256 << 20
    assert len(daemon.usage(CLIENTS)) == CLIENTS


@pytest.mark.slow
def test_memory_does_not_grow_with_requests(start, upstream, sessions):
    daemon = start(upstream, sessions)
    rounds = [asyncio.run(ask_all(daemon.port, [token_request()] * 500)) for _ in range(2)]
    warm = daemon.memory("VmRSS")
    rounds += [asyncio.run(ask_all(daemon.port, [token_request()] * 500)) for _ in range(6)]
    assert all(tally(replies) == {200: 500} for replies in rounds)
    assert daemon.memory("VmRSS") - warm < 16 << 20


@pytest.mark.parametrize(("setting", "burst"), [("LIMIT_CLIENT", 7), ("LIMIT_ALL", 23)])
def test_exactly_the_burst_is_admitted(start, upstream, sessions, setting, burst):
    daemon = start(upstream, sessions, **{setting: f"1/h burst {burst}"})
    replies = asyncio.run(ask_all(daemon.port, [token_request()] * 100))
    assert tally(replies) == {200: burst, 429: 100 - burst}
    assert len(upstream.minted) == len(upstream.requests) == burst
    for answer in (reply.answers[0] for reply in replies if reply.status == 429):
        assert answer.json()["code"] == "rate_limited"
        assert 1 <= int(answer.one("Retry-After")) <= 3600


def test_an_answer_says_how_its_limit_stands(start, upstream, sessions):
    """draft-ietf-httpapi-ratelimit-headers-11, on what is admitted and on what is refused."""
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/min burst 2")
    answers = [daemon.token() for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.one("RateLimit-Policy") for answer in answers] == ['"client";q=1;w=60'] * 3
    standings = [answer.one("RateLimit").split(";t=")[0] for answer in answers]
    assert standings == ['"client";r=1', '"client";r=0', '"client";r=0']
    assert 30 <= int(answers[2].one("Retry-After")) <= 60


def test_clients_behind_a_trusted_proxy_are_limited_apart(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/h burst 2", TRUSTED_PROXIES="127.0.0.0/8")
    requests = [token_request({"X-Forwarded-For": f"198.51.100.{host}"}) for host in range(20) for _ in range(5)]
    replies = asyncio.run(ask_all(daemon.port, requests))
    assert tally(replies) == {200: 40, 429: 60}
    forged = [token_request({"X-Forwarded-For": f"203.0.113.{host}, 198.51.100.1"}) for host in range(20)]
    assert tally(asyncio.run(ask_all(daemon.port, forged))) == {429: 20}


def test_an_ipv6_client_counts_by_its_64(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/h burst 2", TRUSTED_PROXIES="127.0.0.1")
    same = [token_request({"X-Forwarded-For": f"2001:db8::{host:x}"}) for host in range(1, 11)]
    assert tally(asyncio.run(ask_all(daemon.port, same))) == {200: 2, 429: 8}
    other = [token_request({"X-Forwarded-For": "2001:db8:0:1::1"})]
    assert tally(asyncio.run(ask_all(daemon.port, other))) == {200: 1}


def test_a_stranger_cannot_choose_his_address(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT="1/h burst 3")
    forged = [token_request({"X-Forwarded-For": f"198.51.100.{host}"}) for host in range(30)]
    assert tally(asyncio.run(ask_all(daemon.port, forged))) == {200: 3, 429: 27}


def test_the_limits_are_on_as_it_comes(start, upstream, sessions):
    daemon = start(upstream, sessions, LIMIT_CLIENT=None, LIMIT_ALL=None)
    replies = asyncio.run(ask_all(daemon.port, [token_request()] * 40))
    counts = tally(replies)
    assert counts[200] in (5, 6) and counts[200] + counts[429] == 40, counts  # one more when it takes six seconds


def test_too_many_in_flight_are_503_with_retry_after(start, upstream, sessions):
    daemon = start(upstream, sessions, MAX_IN_FLIGHT="10")
    upstream.delay = 0.5
    replies = asyncio.run(ask_all(daemon.port, [token_request()] * 60))
    counts = tally(replies)
    assert counts.keys() == {200, 503} and counts[200] + counts[503] == 60, counts
    assert counts[503] >= 1 and len(upstream.minted) == counts[200]
    for answer in (reply.answers[0] for reply in replies if reply.status == 503):
        assert answer.json()["code"] == "overloaded" and int(answer.one("Retry-After")) >= 1
    assert daemon.token().status == 200
