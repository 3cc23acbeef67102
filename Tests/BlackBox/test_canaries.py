"""Secrets are planted everywhere a secret can be, and looked for everywhere it must not be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import faults
from conftest import settings_for
from daemon import ORIGIN, TOKEN, Daemon
from program import run

CANARIES = {
    "Authorization": "Bearer canary-bearer-6b1f",
    "Cookie": "session=canary-cookie-77aa",
    "X-Api-Key": "canary-header-0c2d",
    "Proxy-Authorization": "Basic canary-proxy-19fe",
    "Referer": "https://page.example/?t=canary-referer-5e5e",
    "api-key": "canary-azure-8a8a",
}
WORDS = [value.split("=")[-1].split()[-1] for value in CANARIES.values()] + [
    "canary-query-31d4",
    "canary-body-f00d",
    "canary-member-beef",
]
KEY = "sk-canary-key-4242424242"
SECRET = "ek_canary-secret-9999999999"


def traces(daemon: Daemon) -> str:
    """Everything that the daemon exposes besides its answers."""
    process = Path(f"/proc/{daemon.process.pid}")
    shown = [daemon.stdout, daemon.stderr]
    shown += [(process / name).read_bytes().decode("latin-1") for name in ("cmdline", "comm", "status")]
    shown += [(thread / "comm").read_text() for thread in (process / "task").iterdir()]
    return "\n".join(shown)


def provoke(daemon: Daemon, upstream) -> list[bytes]:
    """Requests of every outcome, with canaries in all their parts. Returns the bodies of the refusals."""
    bodies: list[bytes] = []
    query = "&token=canary-query-31d4"
    for target in (
        TOKEN + "?session=default" + query,
        TOKEN + "?session=nobody" + query,
        TOKEN + "x?a=canary-query-31d4",
    ):
        for origin in (ORIGIN, "https://evil.example"):
            for body in (
                b"",
                b'{"canary-member-beef": "canary-body-f00d"}',
                b'canary-body-f00d"',
                b'{"session": "canary-body-f00d"}',
            ):
                answer = daemon.request(
                    "POST", target, {"Origin": origin, "Content-Type": "application/json", **CANARIES}, body
                )
                if answer.status != 200:
                    # A refusal may name the member that it refuses, to the one who sent it, and nothing else.
                    bodies.append(answer.body.replace(b"canary-member-beef", b""))
    for fault in (
        faults.error(401, "invalid_api_key"),
        faults.error(400, KEY),
        faults.error(500, "x"),
        faults.body(SECRET.encode()),
        faults.reset_in_body,
    ):
        upstream.fault = fault
        bodies.append(daemon.token(fields=CANARIES).body)
    upstream.fault = None
    return bodies


@pytest.mark.parametrize("place", ["environment", "file"])
@pytest.mark.parametrize("level", ["info", "trace"])
def test_no_canary_is_found_anywhere(start, upstream, sessions, tmp_path, place, level):
    upstream.keys, upstream.key = {KEY}, KEY
    upstream.secret = lambda: SECRET
    keys = {"OPENAI_API_KEY": KEY}
    if place == "file":
        (tmp_path / "key").write_text(KEY + "\n")
        (tmp_path / "key").chmod(0o600)
        keys = {"OPENAI_API_KEY": None, "OPENAI_API_KEY_FILE": str(tmp_path / "key")}
    daemon = start(upstream, sessions, LOG_LEVEL=level, UPSTREAM_TIMEOUT="1s", UPSTREAM_CONNECT_TIMEOUT="1s", **keys)
    assert daemon.token(fields=CANARIES).json()["value"] == SECRET
    bodies = provoke(daemon, upstream)
    shown = traces(daemon)
    for word in (*WORDS, KEY, SECRET, "canary-key", "canary-secret", "instructions-stay-here"):
        assert word not in shown, [line for line in shown.splitlines() if word in line][:3]
        assert not any(word.encode() in body for body in bodies), word
    assert faults.UPSTREAM_TEXT.encode() not in b"".join(bodies)
    if place == "file":
        assert KEY.encode() not in Path(f"/proc/{daemon.process.pid}/environ").read_bytes()
    assert hashlib.sha256(SECRET.encode()).hexdigest()[:16] in daemon.stdout, (
        "no fingerprint of the secret in the usage log"
    )


def test_a_key_may_not_be_given_as_a_flag_that_everybody_can_read(upstream, sessions, tmp_path):
    """The process list shows flags. If the flag exists it must be refused or hidden."""
    ended = run(
        "check",
        "--openai-api-key",
        KEY,
        directory=tmp_path,
        settings=settings_for(upstream, sessions, OPENAI_API_KEY=None),
    )
    assert ended.returncode in (64, 78)
    assert KEY not in ended.stdout + ended.stderr


def test_a_core_dump_of_the_secrets_is_not_left(daemon):
    """Another user's debugger cannot read the keys from memory either."""
    limits = Path(f"/proc/{daemon.process.pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4] == "0", core
