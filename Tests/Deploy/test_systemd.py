"""The units under a real systemd: credential, readiness, watchdog, socket, restarts, the end."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path
from typing import Iterator

import pytest
from daemon import SESSION, eventually, write_sessions
from fake_openai import FakeOpenAI
from machine import Machine
from program import binary, free_port
from test_packages import is_swift, linked
from tools import DEPLOY
from unix_client import HEALTH, TOKEN, Load, ask

pytestmark = [pytest.mark.machine, pytest.mark.timeout(1800)]

SOCKET = "/run/ephemerald/ephemerald.sock"
#: Only this test's: so that the watchdog is waited for in seconds.
SHORT = "[Service]\nWatchdogSec=2s\nTimeoutAbortSec=2s\n"


@pytest.fixture(scope="module")
def openai() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI(key="sk-credential-0123456789abcdef").start()
    yield fake
    fake.stop()


def install(root: Path, openai: FakeOpenAI) -> None:
    """What the recipe for systemd does, into the tree of the machine."""
    program = root / "usr/local/bin/ephemerald"
    shutil.copy(binary(), program)
    for _, path in linked(binary()):
        if is_swift(path):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
    folder = root / "etc/ephemerald"
    write_sessions(folder / "sessions", default=SESSION)
    (folder / "key").write_text(openai.key + "\n")
    (folder / "key").chmod(0o600)
    (folder / "ephemerald.env").write_text(
        "ALLOWED_ORIGINS=https://app.example\nAUTH=none\nLIMIT_CLIENT=off\nLIMIT_ALL=off\n"
        f"OPENAI_BASE_URL={openai.base_url}\nOPS_PORT={free_port()}\n"
    )
    for unit in ("ephemerald.service", "ephemerald.socket"):
        shutil.copy(DEPLOY / "systemd" / unit, root / "etc/systemd/system" / unit)
    extra = root / "etc/systemd/system/ephemerald.service.d/short.conf"
    extra.parent.mkdir()
    extra.write_text(SHORT)


@pytest.fixture(scope="module")
def machine(tmp_path_factory, openai) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        machine.make()
        install(machine.root, openai)
        machine.boot()
        machine.do("systemctl", "start", "ephemerald.socket")
        yield machine
    finally:
        machine.end()


@pytest.fixture
def socket_path(machine) -> str:
    """The socket, with its service up and ready."""
    machine.do("systemctl", "start", "ephemerald.service")
    return machine.path(SOCKET)


def main_pid(machine) -> int:
    return int(machine.property("MainPID"))


def outside(machine, pid: int) -> int:
    """The process of the machine, as this machine numbers it."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        numbers = lines.get("NSpid", "").split()
        if len(numbers) > 1 and int(numbers[-1]) == pid and lines["Name"].strip() == "ephemerald":
            return int(numbers[0])
    raise AssertionError(f"no process {pid} in the machine")


def test_the_first_connection_starts_it_and_gets_a_token(machine, openai):
    """No service runs yet, only the socket. The key came as a credential, or the stand-in would refuse it."""
    assert machine.property("ActiveState") == "inactive"
    answer = ask(machine.path(SOCKET), TOKEN)
    assert answer.status == 200, machine.ask("journalctl", "-u", "ephemerald", "--no-pager")[-3000:]
    assert answer.json()["value"] == openai.minted[-1]
    assert machine.property("ActiveState") == "active" and machine.property("Type") == "notify"


def test_it_has_no_privilege_and_its_files_are_its_own(machine, socket_path):
    status = Path(f"/proc/{outside(machine, main_pid(machine))}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split()
    assert {fields[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    machine.do("test", "-s", "/var/log/ephemerald/usage.log")
    machine.do("test", "-s", "/var/lib/ephemerald/safety_salt")
    assert machine.do("stat", "-c", "%a %U %G", SOCKET).split() == ["660", "root", "www-data"]
    # The key is neither in the environment that systemd displays nor in the log.
    shown = machine.ask("systemctl", "show", "ephemerald.service") + machine.ask("journalctl", "--no-pager")
    assert "sk-credential" not in shown


def test_a_reload_keeps_the_process(machine, socket_path):
    before = main_pid(machine)
    machine.do("systemctl", "reload", "ephemerald.service")
    assert ask(socket_path, HEALTH).status == 200
    assert main_pid(machine) == before


def test_the_watchdog_ends_one_that_hangs_and_another_takes_over(machine, socket_path):
    before = main_pid(machine)
    os.kill(outside(machine, before), signal.SIGSTOP)
    # Sent while it hangs: it waits in the socket's queue for the next one.
    assert ask(socket_path, HEALTH, limit=60).status == 200
    eventually(lambda: main_pid(machine) not in (0, before), "another process", 20)
    assert "Watchdog timeout" in machine.log.read_text(errors="replace")


def test_restarts_refuse_and_lose_nobody(machine, socket_path):
    with Load(socket_path) as load:
        for _ in range(10):
            machine.do("systemctl", "restart", "ephemerald.service")
    print(f"restarts: {load.answered} answered")
    assert (load.refused, load.broken, load.others) == (0, 0, [])
    assert load.answered > 10


def test_a_killed_daemon_comes_back_and_nobody_is_refused(machine, socket_path):
    with Load(socket_path) as load:
        for _ in range(5):
            pid = main_pid(machine)
            os.kill(outside(machine, pid), signal.SIGKILL)
            eventually(lambda pid=pid: main_pid(machine) not in (0, pid), "another process", 20)
            eventually(lambda: machine.property("ActiveState") == "active", "it is back", 20)
    print(f"kill -9: {load.answered} answered, {load.broken} cut")
    assert (load.refused, load.others) == (0, [])
    # Those in its hands went with it, one for each client and kill at most.
    assert load.broken <= 5 * load.clients


def test_the_check_of_the_recipe_sees_what_the_service_gets(machine):
    pages = (DEPLOY / "README.md").read_text() + (DEPLOY / "tasks.md").read_text()
    before, upgrade = re.findall(r"^systemd-run (?:.*\\\n)+.*\n", pages, re.M)
    assert upgrade == before.replace("bin/ephemerald check", "bin/ephemerald.new check")
    check = f"{before.strip()} 2>&1; echo ended with $?"
    file = machine.root / "etc/ephemerald/ephemerald.env"
    right = file.read_text()
    file.write_text(right + "QUOTA_ALL=500\n")
    assert "ended with 0" in machine.ask("sh", "-c", check)
    file.write_text(right + "ALLOWED_ORIGINS=https://app.example/path\nAUTH=non\n")
    try:
        said = machine.ask("sh", "-c", check)
    finally:
        file.write_text(right)
    assert "ended with 78" in said and "error: ALLOWED_ORIGINS" in said and "error: AUTH" in said


def test_a_wrong_setting_is_said_and_not_tried_for_ever(machine, socket_path):
    file = machine.root / "etc/ephemerald/ephemerald.env"
    right = file.read_text()
    file.write_text(right + "ALLOWED_ORIGINS=nonsense\n")
    try:
        machine.ask("systemctl", "restart", "ephemerald.service")
        eventually(lambda: machine.property("ActiveState") == "failed", "it has failed", 20)
        assert machine.property("ExecMainStatus") == "78"
        assert "ALLOWED_ORIGINS" in machine.ask("journalctl", "-u", "ephemerald", "--no-pager")
    finally:
        file.write_text(right)
        machine.do("systemctl", "reset-failed", "ephemerald.service", "ephemerald.socket")
        machine.do("systemctl", "start", "ephemerald.socket", "ephemerald.service")
    assert ask(socket_path, HEALTH).status == 200


def test_a_stop_is_told_and_clean(machine, socket_path):
    machine.do("systemctl", "stop", "ephemerald.service")
    assert machine.property("Result") == "success" and machine.property("ExecMainStatus") == "0"
