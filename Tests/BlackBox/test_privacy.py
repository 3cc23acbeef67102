"""Privacy: how the log names people, and how they are taken out of it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import threading

import pytest

from daemon import eventually
from program import binary, environment, run
from call_client import create, ended, lease, location, serve

USER = {"AUTH": "proxy", "TRUSTED_PROXIES": "127.0.0.1"}
SALT = "a salt of sixteen bytes or more"


def ask(daemon, name, client="192.0.2.77"):
    fields = {"X-Auth-Request-User": name, "X-Forwarded-For": client, "User-Agent": f"{name} on a phone"}
    return daemon.token(fields=fields)


def contents(folder):
    """All lines of the log and its rotated files."""
    files = sorted(folder.glob("usage.log*"))
    return b"".join(gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes() for path in files)


@pytest.fixture
def logged(start, upstream, sessions, tmp_path):
    """A daemon with three files, one of them compressed, and in each a line of ann and one of bob."""
    log = tmp_path / "log" / "usage.log"
    log.parent.mkdir()
    daemon = start(upstream, sessions, **USER, USAGE_LOG=str(log), QUOTA_ALL="100", LIMIT_CLIENT="off", LIMIT_ALL="off")
    for number in (2, 1, 0):
        assert [ask(daemon, name).status for name in ("ann", "bob")] == [200, 200]
        if number:
            os.rename(log, f"{log}.{number}")
            daemon.process.send_signal(signal.SIGHUP)
            eventually(log.exists, "the file is opened again")
    old = log.with_name("usage.log.2")
    old.with_name("usage.log.2.gz").write_bytes(gzip.compress(old.read_bytes()))
    old.unlink()
    for age, name in enumerate(("usage.log.2.gz", "usage.log.1")):
        path = log.with_name(name)
        path.chmod(0o604)
        os.chown(path, 12, 34) if os.geteuid() == 0 else None
        os.utime(path, (1_800_000_000 + age, 1_800_000_000 + age))
    return daemon, log


def state(path):
    status = path.stat()
    return status.st_uid, status.st_gid, status.st_mode, status.st_mtime


def test_a_caller_is_forgotten_while_the_daemon_writes_and_nobody_else_is(logged, upstream, tmp_path):
    daemon, log = logged
    before = [line for line in contents(log.parent).splitlines() if b'"bob"' in line]
    states = {path: state(path) for path in log.parent.iterdir() if path != log}
    stop = threading.Event()
    asked = []

    def go_on():
        while not stop.is_set():
            asked.append(ask(daemon, "bob").status)

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        eventually(lambda: len(asked) > 3, "requests are answered")
        shown = run("forget", "ann", "--log", str(log), directory=tmp_path)
    finally:
        stop.set()
        writer.join()
    assert shown.returncode == 0, shown.stderr
    assert set(shown.stdout.splitlines()) == {
        f"{path}: 1 line changed" for path in (log, log.with_name("usage.log.1"), log.with_name("usage.log.2.gz"))
    }
    text = contents(log.parent)
    assert b"ann" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    mine = [line for line in text.splitlines() if b'"bob"' in line]
    assert len(lines) == 3 + len(mine) and len(mine) == 3 + len(asked) and set(before) <= set(mine)
    assert [line["http.response.status_code"] for line in lines if "enduser.pseudo.id" not in line] == [200] * 3
    assert {path: state(path) for path in states} == states
    again = run("forget", "ann", "--log", str(log), directory=tmp_path)
    assert (again.returncode, again.stdout, again.stderr) == (1, "", "nothing was found\n")
    daemon.stop()
    daemon.start()
    minted = sum(line["http.response.status_code"] == 200 for line in lines)
    assert f"quotas: {minted} tokens of today are in the usage log" in daemon.stderr


def test_an_address_is_forgotten_and_its_callers_stay(logged, tmp_path):
    _, log = logged
    assert run("forget", "::ffff:192.0.2.77", "--log", str(log), directory=tmp_path).returncode == 0
    lines = [json.loads(line) for line in contents(log.parent).splitlines()]
    assert [sorted(line.keys() & {"client.address", "user_agent.original", "enduser.pseudo.id"}) for line in lines] == [
        ["enduser.pseudo.id"]
    ] * 6


def test_a_compressed_file_that_is_cut_off_is_left_alone(logged, tmp_path):
    _, log = logged
    path = log.with_name("usage.log.2.gz")
    cut = gzip.compress(os.urandom(99_000).hex().encode() + b"\n" + gzip.open(path).read() * 3000)[:-40]
    path.write_bytes(cut)
    shown = run("forget", "ann", "--log", str(log), directory=tmp_path)
    assert shown.returncode == 0 and "was not changed" in shown.stderr and path.read_bytes() == cut


def test_a_log_that_is_rotated_meanwhile_is_read_again(logged, tmp_path):
    daemon, log = logged
    old, current = log.with_name("usage.log.2.gz"), log.with_name("usage.log.1")
    for path in (old, current):
        path.unlink()
    # It takes a while to read.
    old.write_bytes(gzip.compress(b"{}\n" * 10_000_000, 1))
    command = [binary(), "forget", "ann", "--log", str(log)]
    forget = subprocess.Popen(command, env=environment({}, tmp_path), stdout=subprocess.PIPE, text=True)
    fds = f"/proc/{forget.pid}/fd"
    eventually(lambda: str(old) in [os.path.realpath(f"{fds}/{number}") for number in os.listdir(fds)], "it is read")
    os.rename(log, current)
    log.touch()
    assert forget.communicate(timeout=20)[0] == f"{current}: 1 line changed\n" and forget.returncode == 0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("203.0.113.300", "this is not an address"), ("10.0.0.0/33", '"33" is not a prefix length'),
        ("2001:db8::1::2", "this is not an address"),
    ],
)
@pytest.mark.parametrize("name", ["lookup", "forget"])
def test_an_address_with_a_mistake_is_said(tmp_path, name, value, words):
    (tmp_path / "log").write_text("")
    shown = run(name, value, "--log", "log", directory=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "") and words in shown.stderr, shown.stderr
    assert "it is looked for as the name of a caller" in shown.stderr


def test_forget_takes_neither_a_network_nor_a_time(tmp_path):
    (tmp_path / "log").write_text("")
    network = run("forget", "192.0.2.0/24", "--log", "log", directory=tmp_path)
    assert network.returncode == 64 and "write one address" in network.stderr
    assert "--since" not in run("forget", "--help", directory=tmp_path).stdout
    assert run("forget", "ann", "--since", "1h", "--log", "log", directory=tmp_path).returncode == 64


@pytest.mark.parametrize("form", ["hashed", "none"])
def test_names_are_hidden_from_every_line_and_quotas_count_them(form, start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    settings = USER | {"USAGE_LOG": str(log), "LOG_CALLER": form, "LOG_CLIENT": form, "SAFETY_SALT": SALT}
    daemon = start(upstream, sessions, **settings, QUOTA_CALLER="2", LIMIT_CLIENT="off", LIMIT_REFUSALS="1/h burst 1")
    warning = "LOG_CALLER (environment): a restart forgets what QUOTA_CALLER counted on that day"
    assert (warning in daemon.stderr) == (form == "none")
    assert [ask(daemon, "ann").status for _ in range(4)] == [200, 200, 429, 429]
    daemon.stop()
    daemon.start()
    assert ask(daemon, "ann").status == (429 if form == "hashed" else 200)
    daemon.stop()
    hidden = (log.read_text() + daemon.stderr).replace("ann on a phone", "")
    assert '"ann"' not in hidden and " ann " not in hidden and "192.0.2.77" not in hidden
    found = run("lookup", "ann", "--log", str(log), directory=tmp_path, settings={"SAFETY_SALT": SALT})
    assert found.returncode == (0 if form == "hashed" else 1)
    if form == "hashed":
        caller = json.loads(log.read_text().splitlines()[0])["enduser.pseudo.id"]
        assert upstream.requests[0].all("OpenAI-Safety-Identifier") == [caller]
        gone = run("forget", "ann", "--log", str(log), directory=tmp_path, settings={"SAFETY_SALT": SALT})
        assert gone.returncode == 0 and caller not in log.read_text()


@pytest.mark.parametrize("form", ["hashed", "none"])
def test_lines_about_calls_hide_the_caller_who_can_renew_the_call_after_a_restart(form, start, calls, tmp_path):
    settings = USER | {"LOG_CALLER": form, "SAFETY_SALT": SALT, "MAX_CALLS_CALLER": "1"}
    daemon = serve(start, calls, tmp_path, **settings)
    ann = {"X-Auth-Request-User": "ann"}
    path = location(create(daemon, **ann))
    assert create(daemon, **ann).json()["code"] == "too_many_calls"
    daemon.stop()
    daemon.start()
    assert lease(daemon, path, **ann).status == 200
    assert lease(daemon, path, **{"X-Auth-Request-User": "bob"}).status == 404
    assert daemon.request("DELETE", path).status == 200
    eventually(lambda: ended(tmp_path), "the call is over")
    text = (tmp_path / "usage.log").read_text()
    assert "ann" not in text and ("enduser.pseudo.id" in text) == (form == "hashed")


def test_an_address_is_truncated(start, upstream, sessions):
    daemon = start(upstream, sessions, **USER, LOG_CLIENT="truncated", LIMIT_CLIENT="1/h")
    clients = ("192.0.2.77", "192.0.2.78", "192.0.2.77", "2001:db8::1:2")
    assert [ask(daemon, "ann", client).status for client in clients] == [200, 200, 429, 200], "limits count whole addresses"
    assert [line["client.address"] for line in daemon.usage(4)] == ["192.0.2.0"] * 3 + ["2001:db8::"]
    assert "limit client: 192.0.2.0 has reached 1/h" in daemon.stderr


def test_a_reload_that_renames_callers_warns_about_their_open_calls(start, calls, tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"log-caller": "hashed"}')
    daemon = serve(start, calls, tmp_path, **USER, SAFETY_SALT=SALT, CONFIG=str(config), WATCH="false")
    ann = {"X-Auth-Request-User": "ann"}
    path = location(create(daemon, **ann))
    warning = "callers can no longer renew or end their open calls"
    for form, count, status in (("none", 0, 200), ("full", 1, 404), ("hashed", 2, 200)):
        config.write_text(json.dumps({"log-caller": form}))
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: daemon.stderr.count("reloaded: LOG_CALLER") > ("none", "full", "hashed").index(form), form)
        assert daemon.stderr.count(warning) == count
        assert lease(daemon, path, **ann).status == status
    assert daemon.request("DELETE", path).status == 200
