"""A reload takes away what open calls were created with. They go on by the terms that they began with."""

from __future__ import annotations

import json
import signal

import pytest

from daemon import SESSION, Daemon, eventually, write_sessions
from call_client import create, location, serve, session
from test_calls_redis import create_in_time, in_time, lease_in_time, redis  # noqa: F401
from test_redis import connected

OTHER = "sk-another-key-0123456789"


@pytest.fixture(params=["alone", "over Redis"])
def pair(request, start, calls, tmp_path) -> list[Daemon]:  # noqa: F811
    """Two daemons that share their calls, and a key file and sessions; or twice the same one."""
    (tmp_path / "key").write_text(calls.owner.key)
    settings = {"OPENAI_API_KEY": None, "OPENAI_API_KEY_FILE": str(tmp_path / "key")}
    files = {"default": session(call={"max_seconds": 900, "lease_seconds": 40})}
    if request.param == "alone":
        return [serve(start, calls, tmp_path, files, **settings)] * 2
    settings["REDIS_URL"] = request.getfixturevalue("redis").url
    logs = [{"USAGE_LOG": str(tmp_path / name)} for name in ("usage.log", "second.log")]
    return [connected(serve(start, calls, tmp_path, files, **settings, **log)) for log in logs]


def reload(pair: list[Daemon]) -> None:
    for daemon in set(pair):
        before = len(daemon.stderr)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: "reloaded" in daemon.stderr[before:], "the reload is complete")


def ends(folder) -> list[str]:
    """Why calls have ended, by the logs of both daemons."""
    logs = [path.read_text() for path in (folder / "usage.log", folder / "second.log") if path.exists()]
    written = [json.loads(line) for log in logs for line in log.splitlines()]
    return [line["ephemerald.call.reason"] for line in written if line.get("event.name") == "call.ended"]


def take_the_session(pair, upstream, folder) -> None:
    write_sessions(folder / "sessions", other=SESSION)
    (folder / "sessions" / "default.json").unlink()
    reload(pair)
    assert [create(daemon).status for daemon in pair] == [404, 404]


def take_calls_from_the_session(pair, upstream, folder) -> None:
    write_sessions(folder / "sessions", default=session(call=False))
    reload(pair)
    assert [create(daemon).status for daemon in pair] == [409, 409]


def change_the_terms(pair, upstream, folder) -> None:
    write_sessions(folder / "sessions", default=session(call={"max_seconds": 60, "lease_seconds": 10}))
    reload(pair)


def take_the_key(pair, upstream, folder) -> None:
    """Twice, so that it is not only the one before that is remembered. OpenAI still knows it."""
    for key in (OTHER + "-1", OTHER + "-2"):
        upstream.keys = upstream.keys | {key}
        (folder / "key").write_text(key)
        reload(pair)


CHANGES = [take_the_session, take_calls_from_the_session, change_the_terms, take_the_key]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_open_calls_keep_their_terms_and_the_key_that_ends_them(calls, tmp_path, pair, change):  # noqa: F811
    upstream = calls.owner
    first, second = pair
    paths = [location(create_in_time(first)) for _ in range(3)]
    change(pair, upstream, tmp_path)
    for path in paths:
        for daemon in pair:
            renewed = lease_in_time(daemon, path).json()
            assert 890 <= renewed["seconds_left"] <= 900 and renewed["lease_seconds"] == 40
    # By the page at either daemon, and by the operator. To another key OpenAI has no such call.
    assert first.request("DELETE", paths[0]).status == 200
    assert second.request("DELETE", paths[1]).status == 200
    calls.wait_until(lambda calls: len(calls.open) == 1)
    assert in_time(lambda: second.operations("DELETE", "/calls?all=true")).status == 202
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: sorted(ends(tmp_path)) == ["client", "client", "operator"], "each end has its line")
    assert {call.ended for call in calls.all} == {"close_requested"}
    assert {call.key for call in calls.all} == {upstream.key}
    assert not any("could not be ended" in daemon.stderr for daemon in pair)
