"""Requests written to be misunderstood: none starts a second one, none hangs, none gets a token."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

import raw
import strict
from conftest import settings_for
from daemon import SESSION, TOKEN, Daemon, write_sessions
from fake_openai import FakeOpenAI
from hostile import CASES, MARK, MUST_REFUSE, Case

#: The daemon's total deadline for head and body is 10 s; on a busy machine its end is seen later.
BOUND = 25.0
#: For the rest of these the daemon waits until that deadline.
UNFINISHED = {"chunked body with size 2^63"}
#: How long a connection is watched for an answer too many, or for an end that nobody has promised.
WATCH = 0.7
#: Its second request is answered.
PAIR = "a pipelined pair"

NUMBERED = {case.name: (index, case) for index, case in enumerate(CASES)}

EMPTY_LINES = "a server should ignore empty lines in front of a request (RFC 9112 section 2.2)"
CHUNKS = "libmicrohttpd decodes chunks before we see them; nothing after such a request may be answered"

#: Answers of 2xx to what h11 refuses, each with the reason why it is not dangerous.
EXCEPTIONS: dict[str, str] = {
    "an empty line in front": EMPTY_LINES,
    "a thousand empty lines in front": EMPTY_LINES,
    "a bare LF in front": EMPTY_LINES,
    "chunked body with a size of 2,000 zeros": "leading zeros are valid (RFC 9112 section 7.1); h11 reads 20 digits",
    "chunked body with LF in an extension": CHUNKS,
    "chunked body with bare LF after the size": CHUNKS,
    "chunked body with bare LF after the data": CHUNKS,
    "chunked body with bare LF at the end": CHUNKS,
}


@dataclass
class Outcome:
    answers: list[raw.Answer]
    rest: bytes
    ended: bool
    closed: bool
    next_status: int | None

    def to_the_marked_request(self) -> list[raw.Answer]:
        """Only the marked request names a session, and it names one that does not exist."""
        return [answer for answer in self.answers if b"unknown_session" in answer.body]


#: One head of a refusal of libmicrohttpd's own.
LIBRARY_HEAD = rb"HTTP/1\.1 4\d\d [\w ]+\r\nDate: [^\r]+\r\nConnection: close\r\nContent-Length: \d+\r\n\r\n"


def is_doubled(outcome: Outcome) -> bool:
    """libmicrohttpd 0.9.75 writes the head of some of its own refusals twice, and closes; the daemon adds nothing to them."""
    if not outcome.closed or not outcome.answers:
        return False
    after_the_first_head = outcome.answers[-1].body + outcome.rest
    return re.fullmatch(LIBRARY_HEAD + rb"<html>[^\r]*</html>", after_the_first_head) is not None


def marker(index: int) -> bytes:
    return b"smuggled-%04d" % index


def attack(daemon: Daemon, index: int, case: Case) -> Outcome:
    data = case.data.replace(MARK, marker(index).ljust(len(MARK), b"-"))
    with raw.Connection(daemon.port, limit=BOUND) as connection:
        connection.send(data)
        heads = int(data.startswith(b"HEAD "))
        count = 1
        exchange = connection.receive(count, heads)
        ended = not exchange.timed_out
        while not exchange.closed and not exchange.timed_out:
            count = len(exchange.answers) + 1
            is_due = case.name in MUST_REFUSE or case.name == PAIR and count == 2
            exchange = connection.receive(count, heads, limit=BOUND if is_due else WATCH)
    try:
        next_status = daemon.token().status
    except (OSError, AssertionError):
        next_status = None
    return Outcome(exchange.answers, exchange.rest, ended, exchange.closed, next_status)


Attacked = tuple[dict[str, Outcome], Daemon, FakeOpenAI]


@contextmanager
def attacking(folder: Path, names: Iterable[str]) -> Iterator[Attacked]:
    """These cases against one daemon, many at a time; then the daemon is stopped, so that its usage log is complete."""
    upstream = FakeOpenAI().start()
    settings = settings_for(upstream, write_sessions(folder / "sessions", default=SESSION), TRUSTED_PROXIES="127.0.0.1")
    daemon = Daemon(folder, settings).start()
    try:
        with ThreadPoolExecutor(48) as pool:
            met = {name: pool.submit(attack, daemon, *NUMBERED[name]) for name in names}
            outcomes = {name: outcome.result() for name, outcome in met.items()}
        assert daemon.is_running, daemon.stderr[-2000:]
        assert daemon.stop() == 0, daemon.stderr[-2000:]
    finally:
        daemon.process.kill()
        daemon.process.wait()
    yield outcomes, daemon, upstream
    upstream.stop()


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacking(tmp_path_factory.mktemp("hostile"), (name for name in NUMBERED if name not in UNFINISHED)) as met:
        yield met


def test_the_table_is_long_enough():
    assert len(CASES) >= 100 and len(NUMBERED) == len(CASES)
    assert UNFINISHED < NUMBERED.keys() and not UNFINISHED & MUST_REFUSE


def test_the_marked_request_is_seen_where_it_is_a_request(attacked):
    """Otherwise the tests below would look for something that never appears."""
    outcomes, daemon, _ = attacked
    index, _ = NUMBERED[PAIR]
    assert len(outcomes[PAIR].to_the_marked_request()) == 1
    assert any(marker(index).decode() in line and "unknown_session" in line for line in daemon.stdout.splitlines())


@pytest.mark.parametrize("name", [case.name for case in CASES if case.name not in UNFINISHED])
def test_hostile(attacked, name):
    is_harmless(attacked[0][name], NUMBERED[name][1])


@pytest.mark.slow
def test_hostile_and_never_finished(tmp_path):
    with attacking(tmp_path, UNFINISHED) as met:
        for name in UNFINISHED:
            is_harmless(met[0][name], NUMBERED[name][1])
        nothing_marked_was_asked(met)
        the_upstream_was_asked_for_tokens_only(met)


def is_harmless(outcome: Outcome, case: Case) -> None:
    view = strict.view(case.data)
    shown = [(answer.status, answer.body[:120]) for answer in outcome.answers]
    assert outcome.ended, f"no end within {BOUND} s: {shown}"
    assert outcome.next_status == 200, "the next request did not work"
    assert outcome.rest == b"" or is_doubled(outcome), f"not an answer: {outcome.rest[:200]!r}"
    accepted = len(view.targets)
    for answer in outcome.answers[accepted : accepted + 1]:
        assert answer.status >= 400 or case.name in EXCEPTIONS, f"h11: {view.refusal}; the daemon: {shown}"
    # After a request whose end is ambiguous nothing more is read.
    most = max(accepted, 1) + (0 if accepted == 0 and not case.paired else 1)
    assert len(outcome.answers) <= most, f"an answer too many: {shown}"
    if not case.paired and not any(MARK in target for target in view.targets):
        assert outcome.to_the_marked_request() == [], f"the marked request was answered: {shown}"


@pytest.mark.parametrize("name", sorted(MUST_REFUSE))
def test_what_must_be_refused_is_refused_and_the_connection_closed(attacked, name):
    outcome = attacked[0][name]
    shown = [(answer.status, answer.body[:120]) for answer in outcome.answers]
    # A close without an answer is all that is left when the daemon refuses before everything is sent.
    assert outcome.closed, f"left open: {shown}"
    assert len(outcome.answers) <= 1 and all(400 <= answer.status < 600 for answer in outcome.answers), shown


def test_the_exceptions_are_still_needed(attacked):
    outcomes, _, _ = attacked
    for name in EXCEPTIONS:
        accepted = len(strict.view(NUMBERED[name][1].data).targets)
        assert any(answer.status < 400 for answer in outcomes[name].answers[accepted:]), f"{name} is refused by now"


def test_no_marked_request_is_in_the_usage_log(attacked):
    nothing_marked_was_asked(attacked)


def nothing_marked_was_asked(attacked: Attacked) -> None:
    outcomes, daemon, _ = attacked
    lines = [line for line in daemon.stdout.splitlines() if "unknown_session" in line]
    for index, case in map(NUMBERED.get, outcomes):
        if case.paired or any(MARK in target for target in strict.view(case.data).targets):
            continue
        assert [line for line in lines if marker(index).decode() in line] == [], case.name


def test_the_upstream_was_asked_once_for_every_token_and_for_nothing_else(attacked):
    the_upstream_was_asked_for_tokens_only(attacked)


def the_upstream_was_asked_for_tokens_only(attacked: Attacked) -> None:
    """By the usage log: an answer may come after the end of a watch."""
    outcomes, daemon, upstream = attacked
    seen = sum(
        answer.status == 200 and b'"client_secret"' in answer.body for o in outcomes.values() for answer in o.answers
    )
    lines = daemon.usage()
    tokens = sum((line["http.response.status_code"], line["url.path"]) == (200, TOKEN) for line in lines)
    assert len(upstream.requests) == len(upstream.minted) == tokens
    assert seen + len(outcomes) <= tokens
    assert upstream.refusals == []
