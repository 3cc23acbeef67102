"""Calls as an operator sees them: listed, ended, found and counted, by processes of this machine only."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest

import raw
from daemon import Daemon, eventually
from program import binary, environment, run
from call_client import LIVE, create, ended, lease, location, raw_digest, serve, session
from test_metrics import series

NAMES = ("ann", "bob")


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer key-of-{name}"}


def several(start, calls, folder: Path, **settings: str) -> tuple[Daemon, dict[str, str]]:
    """A daemon with three calls, and their locations: ann's, bob's, and one of bob's with the session `live`."""
    keys = folder / "keys"
    keys.write_text("".join(f"{name}:{raw_digest(f'key-of-{name}')}\n" for name in NAMES))
    files = {"default": session(price_per_minute=0.05, call={"lease_seconds": 0}), "live": LIVE}
    daemon = serve(start, calls, folder, files, AUTH="bearer", AUTH_KEYS_FILE=str(keys), **settings)
    made = [("ann", "default", "ann"), ("bob", "default", "bob"), ("live", "live", "bob")]
    return daemon, {name: location(create(daemon, of, **bearer(caller))) for name, of, caller in made}


def command(daemon: Daemon, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    """The command beside the daemon, with its settings."""
    return subprocess.run(
        [binary(), *arguments],
        env=environment(daemon.settings, daemon.directory),
        cwd=daemon.directory,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=20,
    )


def listed(daemon: Daemon) -> list[dict]:
    answer = daemon.operations("GET", "/calls")
    assert (answer.status, answer.one("Content-Type")) == (200, "application/json")
    assert answer.one("Cache-Control") == "no-store"
    return answer.json()["calls"]


def test_the_calls_are_listed_the_oldest_first(start, calls, tmp_path):
    daemon, _ = several(start, calls, tmp_path)
    found = listed(daemon)
    assert [(call["caller"], call["session"], call["type"], call["state"]) for call in found] == [
        ("ann", "default", "realtime", "open"),
        ("bob", "default", "realtime", "open"),
        ("bob", "live", "live", "open"),
    ]
    assert [call["model"] for call in found] == ["gpt-realtime-2.1", "gpt-realtime-2.1", "gpt-live-1"]
    for call, lease_seconds in zip(found, (0, 0, 60), strict=True):
        assert 0 <= call["age_seconds"] <= 5 and 1790 <= call["seconds_left"] <= 1800
        assert call["lease_seconds"] == lease_seconds and call["due_seconds"] <= (lease_seconds or 1800)
    # The names are those of the usage log.
    written = [json.loads(line) for line in (tmp_path / "usage.log").read_text().splitlines()]
    assert [call["id"] for call in found] == [line["ephemerald.call.id"] for line in written]
    shown = command(daemon, "calls")
    assert (shown.returncode, shown.stderr) == (0, "")
    head, *rows = shown.stdout.splitlines()
    assert head.split() == "call type session model caller state age left lease due".split()
    assert [row.split()[:6] for row in rows] == [
        [call["id"], call["type"], call["session"], call["model"], call["caller"], "open"] for call in found
    ]
    assert re.search(r" 0:0\d +29:5\d +1:00 +0:5\d$", rows[2]), rows
    lines = command(daemon, "calls", "--json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [call["id"] for call in found]


def test_the_operator_ends_a_call(start, calls, tmp_path):
    daemon, paths = several(start, calls, tmp_path)
    name = listed(daemon)[0]["id"]
    said = command(daemon, "calls", "end", name)
    assert (said.returncode, said.stdout, said.stderr) == (0, "1 call is ending\n", "")
    calls.wait_until(lambda calls: len(calls.open) == 2)
    eventually(lambda: ended(tmp_path), "the end has its line")
    [end] = ended(tmp_path)
    assert (end["ephemerald.call.id"], end["ephemerald.call.reason"]) == (name, "operator")
    gone = lease(daemon, paths["ann"], **bearer("ann"))
    assert (gone.status, gone.json()["reason"]) == (410, "operator")
    assert [call["caller"] for call in listed(daemon)] == ["bob", "bob"]
    again = command(daemon, "calls", "end", name)
    assert (again.returncode, again.stdout, again.stderr) == (1, "", "no such call was open\n")


@pytest.mark.parametrize(
    "selection, left",
    [(("--caller", "bob"), ["ann"]), (("--session", "default"), ["bob"]), (("--all",), []), (("--caller", "eve"), None)],
)
def test_the_operator_ends_several_calls(start, calls, tmp_path, selection, left):
    daemon, _ = several(start, calls, tmp_path)
    said = command(daemon, "calls", "end", *selection)
    if left is None:
        assert (said.returncode, len(calls.open)) == (1, 3)
        return
    count = 3 - len(left)
    assert (said.returncode, said.stdout) == (0, f"{count} calls are ending\n")
    calls.wait_until(lambda calls: len(calls.open) == len(left))
    eventually(lambda: len(ended(tmp_path)) == count, "each end has its line")
    assert {end["ephemerald.call.reason"] for end in ended(tmp_path)} == {"operator"}
    assert [call["caller"] for call in listed(daemon)] == left


def test_the_routes_are_the_same_over_a_unix_socket(start, calls, tmp_path):
    path = tmp_path / "ops.sock"
    daemon, _ = several(start, calls, tmp_path, OPS_HOST=f"unix:{path}")

    def ask(method: str, target: str, fields: dict[str, str] | None = None, host: str = "localhost") -> raw.Answer:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(path))
            connection.sendall(raw.head(method, target, {"Connection": "close"} | (fields or {}), host=host))
            data = b""
            while piece := connection.recv(65536):
                data += piece
        [answer], rest = raw.parse(data)
        assert rest == b""
        return answer

    assert len(ask("GET", "/calls").json()["calls"]) == 3
    assert {ask("GET", "/calls", host="evil.example").status, ask("GET", "/calls", {"Origin": "null"}).status} == {404}
    ended_one = ask("DELETE", "/calls?session=live")
    assert (ended_one.status, ended_one.json()) == (202, {"ending": 1})
    eventually(lambda: len(command(daemon, "calls", "--json").stdout.splitlines()) == 2, "the call is over")
    assert command(daemon, "calls", "end", "--all").stdout == "2 calls are ending\n"
    calls.wait_until(lambda calls: not calls.open)


def own_address() -> str:
    """An address of this machine that is not loopback: to the daemon, a client that uses it is another machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has loopback only")
        return probe.getsockname()[0]


def test_neither_pages_nor_other_machines_see_that_there_are_calls(start, calls, tmp_path):
    daemon, paths = several(start, calls, tmp_path, OPS_HOST="0.0.0.0")
    port = int(daemon.settings["OPS_PORT"])
    call = f"/calls/{listed(daemon)[0]['id']}"
    requests = [("GET", "/calls"), ("DELETE", "/calls?all=true"), ("DELETE", "/calls"), ("DELETE", call), ("GET", call)]
    pages = [
        # A name that leads here (DNS rebinding): to the browser it is the page's own origin.
        ({}, f"evil.example:{port}"),
        ({}, f"localhost.evil.example:{port}"),
        # An image, a script or a no-cors fetch; and what the user has typed, which may be somebody's link.
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, f"127.0.0.1:{port}"),
        ({"Sec-Fetch-Site": "same-origin"}, f"127.0.0.1:{port}"),
        ({"Sec-Fetch-Site": "none"}, f"localhost:{port}"),
        ({"Origin": "https://evil.example"}, f"localhost:{port}"),
        ({"Origin": "null"}, f"127.0.0.1:{port}"),
        ({"Origin": f"http://127.0.0.1:{port}"}, f"127.0.0.1:{port}"),
    ]

    def plain(answer: raw.Answer) -> tuple:
        return answer.status, answer.body, [field for field in answer.fields if field[0] != "Date"]

    unknown = plain(daemon.operations("GET", "/nowhere"))
    assert unknown[0] == 404
    for method, target in requests:
        for fields, host in pages:
            assert plain(daemon.operations(method, target, fields, host)) == unknown, (method, target, fields, host)
    address = own_address()

    def ask(method: str, target: str) -> raw.Answer:
        with raw.Connection(port, host=address) as connection:
            connection.send(raw.head(method, target, host=f"{address}:{port}"))
            return connection.receive().only()

    for method, target in requests:
        assert plain(ask(method, target)) == unknown, (method, target)
    assert ask("GET", "/metrics").status == 200
    assert len(calls.open) == len(listed(daemon)) == 3
    # The command of this machine connects to loopback.
    assert command(daemon, "calls", "end", "--all").returncode == 0
    # At another address it is another machine, and says so.
    refused = run("calls", directory=tmp_path, settings={"OPS_HOST": address, "OPS_PORT": str(port)})
    assert (refused.returncode, refused.stdout) == (69, "")
    assert "loopback or a unix socket (OPS_HOST)" in refused.stderr
    # The listener for browsers has no such routes.
    assert daemon.request("GET", "/calls").status == daemon.request("DELETE", "/calls?all=true").status == 404


def test_an_end_that_fails_is_shown(start, calls, tmp_path):
    daemon, _ = several(start, calls, tmp_path)
    calls.fail("hangup-fails")
    assert command(daemon, "calls", "end", "--caller", "ann").returncode == 0
    eventually(lambda: listed(daemon)[0].get("failures", 0) >= 2, "the end is tried again")
    call = listed(daemon)[0]
    assert (call["state"], call["reason"]) == ("ending", "operator") and call["ending_seconds"] <= 20
    assert "ending (operator)" in command(daemon, "calls").stdout
    # The line that says so is no foreign one.
    assert '"call.ending"' in (tmp_path / "usage.log").read_text()
    assert command(daemon, "usage").stderr == ""
    found = series(daemon)
    assert found["ephemerald_calls_ending"] == 1 and found["ephemerald_call_end_failures_total"] >= 2
    assert found['ephemerald_calls_open{session="default"}'] == 1
    # It has been ending: another end of the operator begins nothing.
    assert command(daemon, "calls", "end", call["id"]).returncode == 1
    eventually(lambda: series(daemon)["ephemerald_calls_ending_age_seconds"] >= 1, "the age is counted")
    calls.work()
    calls.wait_until(lambda calls: len(calls.open) == 2)
    eventually(lambda: series(daemon)["ephemerald_calls_ending"] == 0, "the call is over")
    assert series(daemon)["ephemerald_calls_ending_age_seconds"] == 0


def test_calls_are_counted(start, calls, tmp_path):
    daemon, paths = several(start, calls, tmp_path, MAX_CALLS="3", LOOPS="2")
    assert create(daemon, **bearer("ann")).status == 429
    daemon.request("DELETE", paths["live"])
    eventually(lambda: len(ended(tmp_path)) == 1, "the call is over")
    found = series(daemon)
    assert {name: value for name, value in found.items() if name.startswith("ephemerald_calls_") and value} == {
        'ephemerald_calls_created_total{session="default"}': 2,
        'ephemerald_calls_created_total{session="live"}': 1,
        'ephemerald_calls_open{session="default"}': 2,
        "ephemerald_calls_max": 3,
        'ephemerald_calls_ended_total{reason="client"}': 1,
    }
    assert found['ephemerald_call_seconds_total{session="live"}'] == ended(tmp_path)[0]["ephemerald.call.seconds"]
    assert found['ephemerald_refusals_total{code="too_many_calls",dimension="all"}'] == 1
    assert found["ephemerald_spent_beyond_worst_case_total"] == 0


def test_a_call_is_found_by_each_of_its_names_and_its_minutes_are_counted(start, calls, tmp_path):
    daemon, paths = several(start, calls, tmp_path)
    daemon.request("DELETE", paths["ann"])
    eventually(lambda: ended(tmp_path), "the call is over")
    [end] = ended(tmp_path)
    secret, name = paths["ann"].rsplit("/", 1)[1], end["ephemerald.call.id"]
    [upstream_id] = [call.id for call in calls.all if call not in calls.open]
    for value in (secret, name, upstream_id):
        found = command(daemon, "lookup", "-", stdin=f"{value}\n")
        assert (found.returncode, found.stderr) == (0, ""), value
        assert re.findall(r"^\S+  (.*)$", found.stdout, re.M) == ["created", "ended (client)"]
        assert f"  call      {name} {upstream_id}\n" in found.stdout and "  caller    ann\n" in found.stdout
        assert secret not in found.stdout
    assert command(daemon, "lookup", "-", stdin=secret[:-1] + "x\n").returncode == 1
    usage = command(daemon, "usage", "--by", "caller")
    assert usage.stderr == ""
    head, ann, *_ = (line.split() for line in sorted(usage.stdout.splitlines(), key=lambda line: line[:3] != "cal"))
    assert head == ["caller", "minted", "refused", "failed", "minutes", "spent"]
    [row] = [json.loads(line) for line in command(daemon, "usage", "--by", "caller", "--json").stdout.splitlines() if "ann" in line]
    assert row["minutes"] == round(end["ephemerald.call.seconds"] / 60, 1)
    assert row["spent"] == end["ephemerald.call.spent"] / 1e6 > 0


def test_the_id_of_a_call_is_in_nothing_that_an_operator_reads(start, calls, tmp_path):
    daemon, paths = several(start, calls, tmp_path, LOG_LEVEL="debug")
    secrets = [path.rsplit("/", 1)[1] for path in paths.values()]
    shown = [command(daemon, "calls"), command(daemon, "calls", "--json"), command(daemon, "calls", "end", secrets[0])]
    shown += [command(daemon, "lookup", "bob"), command(daemon, "usage"), command(daemon, "calls", "end", "--all")]
    texts = [said.stdout + said.stderr for said in shown]
    texts += [daemon.operations("GET", target).body.decode() for target in ("/calls", "/metrics")]
    texts.append(daemon.operations("DELETE", f"/calls/{secrets[0]}").body.decode())
    eventually(lambda: len(ended(tmp_path)) == 3, "the calls are over")
    texts += [daemon.stdout, daemon.stderr, (tmp_path / "usage.log").read_text()]
    assert [said.returncode for said in shown] == [0, 0, 64, 0, 0, 0]
    for secret in secrets:
        assert len(secret) == 22
        assert not [text for text in texts if secret in text]


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (("end",), "write one of CALL, --caller NAME, --session NAME and --all"),
        (("end", "--caller", ""), "write one of"),
        (("end", "--all", "--session", "default"), "write one of"),
        (("end", "0123456789abcdef0123456789abcdef", "--all"), "write one of"),
        (("end", "AAAAAAAAAAAAAAAAAAAAAA"), "32 hexadecimal digits"),
        (("end", "--all", "--json"), "--json is for the list"),
        (("--all",), "ephemerald calls end"),
        (("--caller", "ann"), "ephemerald calls end"),
        (("--prot", "1"), "did you mean --port?"),
        (("list",), "is neither a command nor a flag"),
    ],
)
def test_a_mistake_ends_no_call(start, calls, tmp_path, arguments, reason):
    daemon, _ = several(start, calls, tmp_path)
    said = command(daemon, "calls", *arguments)
    assert (said.returncode, said.stdout) == (64, "") and reason in said.stderr, said.stderr
    assert len(listed(daemon)) == 3


def test_the_command_says_why_it_has_no_list(tmp_path):
    closed = run("calls", directory=tmp_path, settings={"OPS_PORT": "1"})
    assert (closed.returncode, closed.stdout) == (69, "") and "127.0.0.1:1: Connection refused" in closed.stderr
    off = run("calls", "--ops-port", "off", directory=tmp_path)
    assert (off.returncode, off.stdout) == (78, "") and "OPS_PORT is off" in off.stderr


def test_a_daemon_that_creates_no_calls_has_an_empty_list(daemon):
    assert daemon.operations("GET", "/calls").json() == {"calls": []}
    said = command(daemon, "calls", "--ops-port", daemon.settings["OPS_PORT"])
    assert (said.returncode, len(said.stdout.splitlines())) == (0, 1)
    answer = daemon.operations("DELETE", "/calls?all=true")
    assert (answer.status, answer.json()) == (202, {"ending": 0})
    for target in ("/calls", "/calls?all=yes", "/calls?caller=", "/calls?caller=a&session=b"):
        assert daemon.operations("DELETE", target).status == 400
