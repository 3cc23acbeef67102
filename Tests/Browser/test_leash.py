"""Calls that the daemon creates for pages, with media: every way to end one, after which nothing is heard any more."""

from __future__ import annotations

import hashlib
import json
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from daemon import SESSION, Daemon
from fake_creations import Call
from fake_openai import FakeOpenAI
from media import MediaCalls
from patience import eventually
from program import ROOT, free_port
from tab import Tab

KINDS = ("realtime", "live")
LIVE = json.loads((ROOT / "sessions" / "live.json").read_text())
CALLS = "/api/realtime/calls"
KEY = "key-of-ann"
LEASE = 10
TRANSCRIPTION = "conversation.item.input_audio_transcription.completed"


@pytest.fixture
def calls() -> Iterator[MediaCalls]:
    upstream = FakeOpenAI().start()
    running = MediaCalls(upstream)
    yield running
    running.stop()
    upstream.stop()


class Leash:
    """A daemon before the stand-in with media, a page, and what became of the page's call."""

    def __init__(self, kind: str, calls: MediaCalls, folder: Path, start: Callable[..., Daemon], tab: Tab, page: str):
        self.kind, self.calls, self.tab, self.page = kind, calls, tab, page
        self.start = start
        self.log = folder / "usage.log"
        self.port = str(free_port())
        self.options: dict[str, Any] = {"session": "default", "call": f"http://127.0.0.1:{self.port}{CALLS}"}

    def serve(self, **settings: str) -> Daemon:
        session = SESSION | {"access": {"call": {"lease_seconds": LEASE}}}
        live = LIVE | {"access": {"call": {"lease_seconds": LEASE}}}
        own = {"PORT": self.port, "USAGE_LOG": str(self.log), "WATCH": "false"} | settings
        content = json.dumps(session if self.kind == "realtime" else live).encode()
        self.daemon = self.start(self.calls.owner.base_url, content, **own)
        return self.daemon

    def open(self) -> Call:
        """Opens the call, and waits until both sides hear something and the lease was renewed."""
        self.tab.go(self.page + "/call.html").until("window.ready")
        self.tab.js("options => begin(options)", self.options)
        self.tab.run("connect", "client.connect()")
        self.tab.value("connect")
        self.tab.js("() => watch()")
        [call] = self.calls.open
        eventually(lambda: self.peer.ear is not None and self.peer.ear.heard, "the peer hears the page")
        self.tab.until("lastPacket > 0")
        self.tab.until("said('lease').length > 1")
        assert all(1790 < lease["secondsLeft"] <= 1800 for lease in self.tab.js("said('lease')"))
        return call

    @property
    def call(self) -> Call:
        return self.calls.all[0]

    @property
    def peer(self) -> Any:
        return self.calls.peers[self.call.id]

    def end(self) -> None:
        """Ends the call without the page, as anybody can who has its id."""
        path = f"{CALLS}/{self.tab.js('client.callId')}/end"
        assert self.daemon.request("POST", path).status == 204

    def assert_explained(self, reason: str | None) -> None:
        """The page knows that the call is over, and why."""
        self.tab.until("client.state === 'closed'")
        assert self.tab.js("[client.reason, client.error?.reason ?? null]") == ["hangup", reason]
        self.tab.assert_nothing_is_left()

    def line(self) -> dict:
        """The line of the end, which there must be once."""

        def lines() -> list[dict]:
            own = self.log.read_text() if self.log.exists() else self.daemon.stdout
            return [line for line in map(json.loads, own.splitlines()) if line.get("event.name") == "call.ended"]

        eventually(lines, "the end has its line")
        [line] = lines()
        return line

    def assert_over(self, reason: str, since: float, within: float = 1.0, sees: bool = True) -> None:
        """The call ends at the upstream within that time of a moment, the media within a second of that, and the line
        of the end says why."""
        self.calls.wait_until(lambda calls: not calls.open)
        over = self.calls.over[self.call.id]
        assert -0.1 <= over - since <= within
        eventually(lambda: self.peer.ended_at is not None, "the peer is closed")
        heard = self.peer.ear.heard[-1].at - time.monotonic() + time.time()
        assert heard <= over + 1
        if sees:
            eventually(lambda: time.time() > over + 1, "a second has passed")
            assert self.tab.js("lastPacket") / 1000 <= over + 1
        line = self.line()
        by = "upstream" if self.kind == "live" and self.call.ended == "close_requested" else "clock"
        told = [line[f"ephemerald.call.{name}"] for name in ("reason", "confirmed", "seconds_by")]
        assert told == [reason, True, by]
        if by == "upstream":
            assert line["ephemerald.call.seconds"] == self.call.usage["seconds"]


@pytest.fixture(params=KINDS)
def leash(request, calls, tmp_path, start, open_tab, web) -> Leash:
    return Leash(request.param, calls, tmp_path, start, open_tab(), web.origin)


def test_a_call_is_created_written_down_renewed_and_ended(leash):
    leash.serve()
    leash.open()
    talk = leash.peer.conversation
    if leash.kind == "realtime":
        spoken = {"item_id": "item_1", "content_index": 0, "transcript": "What is the time?"}
        leash.peer.say({"type": TRANSCRIPTION, "event_id": "event_1", **spoken})
        leash.peer.loop.call_soon_threadsafe(talk.respond, {})
    else:
        for side, words in (("input", ("What is ", "the time?")), ("output", ("You said: ", ""))):
            leash.peer.loop.call_soon_threadsafe(talk.speak, side, *words)
    leash.tab.until("client.transcripts.length === 2 && client.transcripts.every(words => words.final)")
    words = sorted(leash.tab.js("client.transcripts.map(({role, text}) => [role, text])"))
    assert words == [["assistant", "You said: "], ["user", "What is the time?"]]
    now = time.time()
    leash.tab.js("() => client.disconnect()")
    assert leash.tab.js("[client.state, client.reason]") == ["closed", "disconnected"]
    leash.tab.assert_nothing_is_left()
    leash.assert_over("client", now)


@pytest.mark.parametrize("auth", ["none", "bearer"])
def test_a_page_that_is_closed_ends_its_call(leash, tmp_path, auth):
    """The page has another origin than the daemon, and its last request no header field."""
    keys = tmp_path / "keys"
    keys.write_text(f"ann:{hashlib.sha256(KEY.encode()).hexdigest()}\n")
    if auth == "bearer":
        leash.options["authorization"] = f"Bearer {KEY}"
        leash.serve(AUTH="bearer", AUTH_KEYS_FILE=str(keys))
    else:
        leash.serve()
    leash.open()
    now = time.time()
    leash.tab.page.close()
    leash.assert_over("client", now, sees=False)


@pytest.mark.slow
def test_a_page_that_does_not_renew_loses_its_call(leash):
    leash.serve()
    leash.open()
    # Its requests get through again as soon as it is too late.
    leash.tab.page.route("**/lease", lambda route: route.abort() if leash.calls.open else route.continue_())
    leash.tab.until("client.state !== 'connected'")
    # Only now is it sure which renewal was the last. The page knows of it later than the daemon.
    renewed = leash.tab.js("log.findLast(({type}) => type === 'lease').at + performance.timeOrigin") / 1000
    leash.assert_over("lease", renewed + LEASE - 1, within=2)
    leash.assert_explained("lease")


@pytest.mark.slow
@pytest.mark.parametrize("leash", ["live"], indirect=True)
def test_a_call_that_drains_is_heard_until_it_is_closed(leash):
    # Until the test ends it.
    leash.calls.drains, leash.calls.drain_time = True, 3600.0
    leash.serve()
    leash.open()
    # The answer to a renewal would be that the call is ending, and the page would leave.
    leash.tab.page.route("**/lease", lambda route: route.abort())
    leash.end()
    leash.tab.until(f"lastPacket > {(time.time() + 2) * 1000}")
    assert leash.calls.open
    drained = time.time()
    leash.calls.end_by_itself(leash.call, "close_requested")
    leash.assert_over("client", drained)


def test_a_call_that_is_ended_without_its_page_says_so_to_the_page(leash):
    leash.serve()
    leash.open()
    now = time.time()
    leash.end()
    leash.assert_over("client", now)
    if leash.kind == "live":
        leash.tab.until("said('serverevent').at(-1).type === 'session.closed'")
        assert leash.tab.js("said('serverevent').at(-1).usage") == leash.call.usage
    leash.assert_explained("client")


def test_a_call_that_the_operator_ends_says_so_to_the_page(leash):
    daemon = leash.serve()
    leash.open()
    now = time.time()
    answer = daemon.operations("DELETE", "/calls?session=default")
    assert answer.status == 202, answer.body
    leash.assert_over("operator", now)
    leash.assert_explained("operator")


def test_a_call_ends_at_its_deadline_in_the_next_process_too(leash):
    first = leash.serve()
    leash.open()
    assert first.stop() == 0
    heard, opened = leash.tab.js("lastPacket"), json.loads(leash.log.read_text())
    # The deadline is a minute away at least; the journal says when it is.
    now = time.time()
    opened["ephemerald.call.ends_at"] = int(now) + 4
    leash.log.write_text(json.dumps(opened, separators=(",", ":")) + "\n")
    leash.serve()
    leash.tab.until(f"lastPacket > {heard}")
    # Both processes count whole seconds, so the end is up to a second earlier or later, and takes a moment.
    leash.assert_over("deadline", int(now) + 3, within=3)
    leash.assert_explained("deadline")


def test_a_daemon_without_a_journal_ends_its_calls_before_it_exits(leash):
    daemon = leash.serve(USAGE_LOG="-")
    leash.open()
    now = time.time()
    daemon.process.send_signal(signal.SIGTERM)
    leash.assert_over("exit", now)
    assert daemon.wait() == 0
    leash.tab.until("client.state === 'closed'")


def test_a_call_that_the_upstream_ends_is_over_when_its_page_says_so(leash):
    first = leash.serve()
    leash.open()
    # In its first minute a call that is not found may still begin; the journal says how old it is.
    assert first.stop() == 0
    opened = json.loads(leash.log.read_text())
    earlier = datetime.fromisoformat(opened["timestamp"]) - timedelta(minutes=2)
    opened["timestamp"] = earlier.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    leash.log.write_text(json.dumps(opened, separators=(",", ":")) + "\n")
    leash.serve()
    leash.calls.end_by_itself(leash.call)
    eventually(lambda: leash.call.id in leash.calls.over, "the call is over")
    leash.assert_over("client", leash.calls.over[leash.call.id])
    leash.assert_explained(None if leash.kind == "realtime" else "expired")
