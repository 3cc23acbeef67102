"""Work that grows with the number of keys, files, origins or clients: each of 10,000 costs what each of 1,000 costs.

Instructions are counted, by valgrind's callgrind, so that the result does not depend on how busy the machine is.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import raw
from conftest import settings_for
from daemon import TOKEN, Daemon, write_sessions
from program import binary, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COUNTS = (10, 1_000, 10_000)
#: Ten thousand of them are read under valgrind, which takes fifty times as long.
SMALL = {"session": {"type": "realtime", "model": "gpt-realtime-2.1"}}
#: How much more one of the many may cost than one of the few. Sorting names takes a few percent; work that looks at all
#: others for each of them takes several times as much.
TOLERANCE = 1.15


@pytest.fixture
def stripped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program without its debug sections, which valgrind 3.19 cannot read."""
    program = tmp_path / "ephemerald"
    shutil.copy(binary(), program)
    subprocess.run(["strip", "-g", program], check=True)
    monkeypatch.setenv("EPHEMERALD", str(program))


def counting(profile: Path) -> list[str]:
    return ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}"]


def instructions(profile: Path) -> int:
    return int(re.search(r"(?m)^totals: (\d+)$", profile.read_text())[1])


def grows_evenly(totals: list[int]) -> None:
    """Each of the last thousands costs what each of the first thousand costs."""
    (few, some, many), (first, second, third) = COUNTS, totals
    before, after = (second - first) / (some - few), (third - second) / (many - some)
    print(f"instructions for each: {before:,.0f} of the first, {after:,.0f} of the last")
    assert 0 < after < TOLERANCE * before


def callers(path: Path, count: int) -> dict[str, str]:
    path.write_text("".join(f"name{n}:{hashlib.sha256(b'eph_%d' % n).hexdigest()}\n" for n in range(count)))
    path.chmod(0o600)
    return {"AUTH": "bearer", "AUTH_KEYS_FILE": str(path)}


def origins(path: Path, count: int, prefix: str = "a") -> dict[str, str]:
    path.write_text(json.dumps({"allowed-origins": ",".join(f"https://{prefix}{n}.example" for n in range(count))}))
    return {"CONFIG": str(path)}


@pytest.mark.parametrize("kind", ["callers", "origins", "patterns", "sessions"])
def test_reading_the_configuration_costs_the_same_for_each(tmp_path, stripped, kind):
    totals = []
    for count in COUNTS:
        folder = tmp_path / str(count)
        names = [f"session-{n}" for n in range(count if kind == "sessions" else 1)]
        settings = {"SANDBOX": "true", "SESSIONS_DIR": str(folder / "sessions")}
        write_sessions(folder / "sessions", **dict.fromkeys(names, SMALL))
        settings |= {
            "callers": lambda: callers(folder / "callers", count),
            "origins": lambda: origins(folder / "settings", count),
            "patterns": lambda: origins(folder / "settings", count, "*.a"),
            "sessions": dict,
        }[kind]()
        command = [*counting(folder / "profile"), binary(), "check"]
        ended = subprocess.run(command, env=environment(settings, folder), capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        totals.append(instructions(folder / "profile"))
    grows_evenly(totals)


def test_a_request_costs_the_same_among_many_keys_origins_and_clients(upstream, tmp_path, stripped):
    """As many requests as there are keys, each by another key, from another origin and another client.

    They name a session that does not exist, so that they are counted by the limit on refusals and no token is minted.
    """
    totals = []
    for count in COUNTS:
        folder = tmp_path / str(count)
        sessions = write_sessions(folder / "sessions", default=SMALL)
        settings = callers(folder / "callers", count) | origins(folder / "settings", count)
        settings |= {"LOOPS": "1", "TRUSTED_PROXIES": "127.0.0.1", "LIMIT_REFUSALS": "10/min"}
        daemon = Daemon(folder / "daemon", settings_for(upstream, sessions, **settings))
        daemon.wrapper = counting(folder / "profile")
        daemon.start(200)
        try:
            for start in range(0, count, 100):
                asked = [unknown(n) for n in range(start, min(start + 100, count))]
                answers = raw.exchange(daemon.port, b"".join(asked), len(asked), limit=120).answers
                assert [answer.json()["code"] for answer in answers] == ["unknown_session"] * len(asked)
            assert daemon.stop(120) == 0
        finally:
            daemon.process.kill()
            daemon.process.wait()
        totals.append(instructions(folder / "profile"))
    grows_evenly(totals)


def unknown(number: int) -> bytes:
    body = b'{"session":"nobody"}'
    fields = {
        "Origin": f"https://a{number}.example",
        "Authorization": f"Bearer eph_{number}",
        "X-Forwarded-For": f"10.1.{number // 250}.{number % 250}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    return raw.head("POST", TOKEN, fields) + body
