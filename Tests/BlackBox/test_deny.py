"""The deny-list: an operator refuses a caller, an address or an origin, at once, for a time, on all daemons."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import raw
from daemon import ORIGIN, Daemon, NotStarted, eventually
from call_client import create, lease, location, raw_digest, serve, session
from test_calls_operator import bearer, command
from test_metrics import series

NAMES = ("ann", "bob")
PROXY = {"TRUSTED_PROXIES": "127.0.0.1"}


def callers(folder: Path) -> dict[str, str]:
    """The settings for two callers."""
    keys = folder / "keys"
    keys.write_text("".join(f"{name}:{raw_digest(f'key-of-{name}')}\n" for name in NAMES))
    return {"AUTH": "bearer", "AUTH_KEYS_FILE": str(keys)}


def said(daemon: Daemon, *arguments: str, code: int = 0) -> str:
    done = command(daemon, *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def ask(daemon: Daemon, address: str = "192.0.2.7", origin: str = ORIGIN, **fields: str) -> tuple[int, str]:
    answer = daemon.token(origin=origin, fields={"X-Forwarded-For": address} | fields)
    return answer.status, answer.json().get("code", "")


def test_a_caller_is_refused_until_they_are_allowed(start, upstream, sessions, tmp_path):
    daemon = start(upstream, sessions, **callers(tmp_path), DENY_FILE=str(tmp_path / "denied.json"), LOOPS="3")
    assert said(daemon, "deny", "ann") == "denied: caller ann\n"
    for _ in range(6):
        answer = daemon.token(fields=bearer("ann"))
        assert (answer.status, answer.json()["code"]) == (403, "denied")
        assert answer.one("Access-Control-Allow-Origin") == ORIGIN and not answer.all("Retry-After")
    assert daemon.token(fields=bearer("bob")).status == 200
    assert daemon.token(fields=bearer("eve")).status == 401
    assert len(upstream.requests) == 1
    line = daemon.usage()[0]
    assert (line["error.type"], line["ephemerald.limit.dimension"]) == ("denied", "caller")
    found = series(daemon)
    assert found['ephemerald_refusals_total{code="denied",dimension="caller"}'] == 6
    assert found['ephemerald_denied{kind="caller"}'] == 1
    assert said(daemon, "deny").splitlines()[1].split() == ["caller", "ann", "-"]
    assert json.loads(said(daemon, "deny", "--json")) == {"kind": "caller", "value": "ann", "seconds_left": None}
    assert said(daemon, "allow", "ann") == "not denied any longer: caller ann\n"
    assert daemon.token(fields=bearer("ann")).status == 200
    assert said(daemon, "allow", "ann", code=1) == "nobody was denied by that name\n"
    assert daemon.stderr.count("caller ann") == 2


@pytest.mark.parametrize(
    ("value", "kind", "denied", "other"),
    [
        ("192.0.2.7", "address", {"address": "192.0.2.7"}, {"address": "192.0.2.8"}),
        ("192.0.2.0/24", "address", {"address": "192.0.2.200"}, {"address": "192.0.3.1"}),
        ("2001:db8::7", "address", {"address": "2001:db8::8"}, {"address": "2001:db8:0:1::7"}),
        (ORIGIN, "origin", {}, {"origin": "http://localhost:4000"}),
    ],
)
def test_addresses_and_origins_are_refused(start, upstream, sessions, value, kind, denied, other):
    daemon = start(upstream, sessions, **PROXY)
    assert ask(daemon, **denied)[0] == ask(daemon, **other)[0] == 200
    assert "a restart forgets it" in said(daemon, "deny", value, "--for", "1h")
    # An order about somebody else is answered with the same list.
    port = int(daemon.settings["OPS_PORT"])
    end = raw.head("DELETE", "/denied?caller=nobody", {"Content-Length": "0"}, host=f"127.0.0.1:{port}")
    unknown = raw.exchange(port, end).only().json()
    assert unknown["unknown"] and [row["kind"] for row in unknown["denied"]] == [kind]
    assert ask(daemon, **denied) == (403, "denied")
    assert ask(daemon, **other)[0] == 200
    assert daemon.usage()[2]["ephemerald.limit.dimension"] == kind
    said(daemon, "allow", value)
    assert ask(daemon, **denied)[0] == 200


def test_a_denial_ends_by_itself(start, upstream, sessions):
    daemon = start(upstream, sessions, **PROXY)
    said(daemon, "deny", "192.0.2.7", "--for", "4s")
    assert ask(daemon) == (403, "denied")
    eventually(lambda: ask(daemon)[0] == 200, "the denial is over")
    eventually(lambda: "not denied any longer: address 192.0.2.7" in daemon.stderr, "the end is logged")


def test_a_denial_outlives_a_restart_and_the_file_can_be_written_by_hand(start, upstream, sessions, tmp_path):
    file = tmp_path / "state" / "denied.json"
    file.parent.mkdir()
    settings = PROXY | {"STATE_DIRECTORY": str(file.parent), "WATCH": "true"}
    daemon = start(upstream, sessions, **settings)
    said(daemon, "deny", "192.0.2.7")
    said(daemon, "deny", "192.0.2.8", "--for", "1h")
    assert set(json.loads(file.read_text())) == {"address:192.0.2.7", "address:192.0.2.8"}
    daemon.process.kill()
    daemon.wait()
    second = start(upstream, sessions, **settings)
    assert [ask(second, f"192.0.2.{number}")[0] for number in (7, 8, 9)] == [403, 403, 200]
    new = tmp_path / "state" / "new"
    new.write_text(json.dumps({"address:192.0.2.9": None, "address:192.0.2.7": int(time.time()) - 1}))
    new.rename(file)
    eventually(lambda: ask(second, "192.0.2.9") == (403, "denied"), "the file is read")
    assert [ask(second, f"192.0.2.{number}")[0] for number in (7, 8)] == [200, 200]
    # The daemon writes the file when a denial is over.
    eventually(lambda: set(json.loads(file.read_text())) == {"address:192.0.2.9"}, "what is over is gone")
    file.write_text("{")
    eventually(lambda: "the old list stays in force" in second.stderr, "the file is refused")
    assert ask(second, "192.0.2.9") == (403, "denied")
    file.unlink()
    eventually(lambda: "is gone; the old list stays in force" in second.stderr, "it is said")
    assert ask(second, "192.0.2.9") == (403, "denied"), "a file that is lost lifts no denial"
    said(second, "deny", "192.0.2.8")
    assert set(json.loads(file.read_text())) == {"address:192.0.2.8", "address:192.0.2.9"}
    file.write_text("{}")
    eventually(lambda: ask(second, "192.0.2.9")[0] == 200, "the operator ends all of them")


def test_the_calls_of_a_denied_caller_end(start, calls, tmp_path):  # noqa: F811
    daemon = serve(start, calls, tmp_path, {"default": session(call={"lease_seconds": 60})}, **callers(tmp_path))
    paths = {name: location(create(daemon, **bearer(name))) for name in NAMES}
    assert said(daemon, "deny", "ann").splitlines()[0:1] == ["denied: caller ann"]
    calls.wait_until(lambda calls: len(calls.open) == 1)
    refused = create(daemon, **bearer("ann"))
    assert (refused.status, refused.json()["code"]) == (403, "denied")
    assert said(daemon, "deny", "--caller", "bob", "--keep-calls")
    assert len(calls.open) == 1
    # Nobody who is denied prolongs a call.
    assert lease(daemon, paths["bob"], **bearer("bob")).status == 403
    said(daemon, "allow", "bob")
    assert lease(daemon, paths["bob"], **bearer("bob")).status == 200
    said(daemon, "deny", "bob", "--keep-calls")
    assert daemon.request("POST", f"{paths['bob']}/end").status == 204, "an end is never refused"


@pytest.mark.parametrize(
    ("fields", "host"), [({"Origin": ORIGIN}, ""), ({"Sec-Fetch-Site": "none"}, ""), ({}, "rebound.example")]
)
def test_no_page_can_deny_anybody(daemon, fields, host):
    for method in ("GET", "PUT", "DELETE"):
        answer = daemon.operations(method, "/denied?address=192.0.2.7", {"Content-Length": "0"} | fields, host)
        assert answer.status == 404
    assert daemon.operations("GET", "/denied").json() == {"denied": []}


@pytest.mark.parametrize(
    "target",
    ["/denied", "/denied?caller=", "/denied?address=here", "/denied?origin=app", "/denied?all=true"]
    + [f"/denied?caller=ann&seconds={seconds}" for seconds in ("0", "-1", "x", "999999999999")]
    + ["/denied?caller=ann&caller=bob", "/denied?caller=%FF"],
)
def test_a_mistake_denies_nobody(daemon, target):
    assert daemon.operations("PUT", target, {"Content-Length": "0"}).status == 400
    assert daemon.operations("GET", "/denied").json() == {"denied": []}


def test_a_list_that_is_full_is_said(daemon):
    port = int(daemon.settings["OPS_PORT"])
    for number in range(1000):
        put = raw.head("PUT", f"/denied?caller={number}", {"Content-Length": "0"}, host=f"127.0.0.1:{port}")
        assert raw.exchange(port, put).only().status == 200
    assert "There are 1000 denials already" in said(daemon, "deny", "ann", code=69)


@pytest.mark.parametrize(
    "arguments",
    [("203.0.113.300",), ("10.0.0.0/33",), ("2001:db8::1::2",), ("192.0.2.1/24",), ("https://app.example/path",), ("--for", "2h"), ("ann", "--for", "2"), ("ann", "--json")],
)
def test_what_the_command_does_not_understand(daemon, arguments):
    done = command(daemon, "deny", *arguments)
    assert (done.returncode, done.stdout) == (64, ""), done.stderr
    assert daemon.operations("GET", "/denied").json() == {"denied": []}


@pytest.mark.parametrize("text", ["{", "[]", '{"ann": null}', '{"caller:ann": "soon"}', '{"address:192.0.2.1/24": null}'])
def test_a_wrong_file_stops_the_start(start, upstream, sessions, tmp_path, text):
    (tmp_path / "denied.json").write_text(text)
    with pytest.raises(NotStarted) as failure:
        start(upstream, sessions, DENY_FILE=str(tmp_path / "denied.json"))
    assert failure.value.code == 78 and "DENY_FILE: " in failure.value.stderr


def test_a_caller_whom_the_log_hides_is_denied_by_name_and_by_hash(start, calls, tmp_path):
    files = {"default": session(call={"lease_seconds": 60})}
    settings = callers(tmp_path) | {"LOG_CALLER": "hashed", "DENY_FILE": str(tmp_path / "denied.json")}
    daemon = serve(start, calls, tmp_path, files, SAFETY_SALT="0" * 64, **settings)
    for name in NAMES:
        location(create(daemon, **bearer(name)))
    hashes = [json.loads(line)["enduser.pseudo.id"] for line in (tmp_path / "usage.log").read_text().splitlines()]
    assert said(daemon, "deny", "ann") == "denied: caller ann\n1 call is ending\n"
    assert said(daemon, "deny", hashes[1]).splitlines()[1:] == ["1 call is ending"]
    for name in NAMES:
        assert daemon.token(fields=bearer(name)).json()["code"] == "denied"


@pytest.mark.parametrize("until", [-1, 1795367892000, 1795367892000000000])
def test_a_time_that_is_none_is_refused(start, upstream, sessions, tmp_path, until):
    file = tmp_path / "denied.json"
    daemon = start(upstream, sessions, DENY_FILE=str(file), WATCH="true")
    file.write_text(json.dumps({"caller:ann": until}))
    eventually(lambda: "write null or a Unix time in seconds" in daemon.stderr, "the file is refused")
    assert daemon.token().status == 200


def test_a_part_of_a_network_is_the_network(start, upstream, sessions, tmp_path):
    daemon = start(upstream, sessions, **PROXY)
    said(daemon, "deny", "2001:db8::7/128")
    assert ask(daemon, "2001:db8::8")[0] == 403
    said(daemon, "allow", "2001:db8::9")
    assert ask(daemon, "2001:db8::8")[0] == 200
