"""Who is calling: keys from a file, and the user named by a trusted proxy."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from conftest import settings_for
from program import free_port, run

CHALLENGE = 'Bearer realm="ephemerald"'


def keys_file(folder, **keys: str) -> str:
    path = folder / "callers"
    path.write_text("".join(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}\n" for name, key in keys.items()))
    return str(path)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_of_the_program_lets_its_caller_in_and_stands_nowhere(start, upstream, sessions, tmp_path):
    made = run("key", "--name", "ann", directory=tmp_path)
    assert made.returncode == 0
    key = made.stdout.strip()
    assert key.startswith("eph_") and len(key) == 47
    path = tmp_path / "callers"
    path.write_text(made.stderr)
    daemon = start(upstream, sessions, AUTH="bearer", AUTH_KEYS_FILE=str(path))
    assert daemon.token(fields=bearer(key)).status == 200
    assert daemon.token().status == 401
    assert daemon.token(fields=bearer(key[:-1])).status == 401
    admitted, missing, wrong = daemon.usage(3)
    assert admitted["enduser.pseudo.id"] == "ann"
    assert missing["error.type"] == "authentication_required"
    assert wrong["error.type"] == "authentication_failed"
    assert key not in daemon.stdout + daemon.stderr + made.stderr
    assert len(upstream.requests) == 1
    assert key not in str(upstream.requests[0].fields)


def test_a_key_is_appended_to_the_file_or_nothing_is(start, upstream, sessions, tmp_path):
    path = tmp_path / "callers"
    keys = [run("key", "--name", name, "--append", str(path), directory=tmp_path) for name in ("ann", "bob")]
    assert [made.returncode for made in keys] == [0, 0] and path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    again = run("key", "--name", "ann", "--append", str(path), directory=tmp_path)
    assert again.returncode == 78 and "has the name of line 1" in again.stderr and not again.stdout
    assert run("key", "--name", "ann smith", "--append", str(path), directory=tmp_path).returncode == 64
    assert path.read_text() == before
    # A last line without its end is not glued to.
    path.write_text(before.rstrip("\n"))
    keys.append(run("key", "--name", "cid", "--append", str(path), directory=tmp_path))
    daemon = start(upstream, sessions, AUTH="bearer", AUTH_KEYS_FILE=str(path))
    assert [daemon.token(fields=bearer(made.stdout.strip())).status for made in keys] == [200, 200, 200]
    path.write_text("nonsense\n")
    refused = run("key", "--name", "dan", "--append", str(path), directory=tmp_path)
    assert refused.returncode == 78 and path.read_text() == "nonsense\n"


def test_a_refusal_has_a_challenge_and_a_page_may_read_it(start, upstream, sessions, tmp_path):
    daemon = start(upstream, sessions, AUTH="bearer", AUTH_KEYS_FILE=keys_file(tmp_path, ann="eph_1"))
    missing = daemon.token()
    assert missing.all("WWW-Authenticate") == [CHALLENGE]
    wrong = daemon.token(fields=bearer("eph_2"))
    assert wrong.all("WWW-Authenticate") == [CHALLENGE + ', error="invalid_token"']
    for answer in (missing, wrong):
        assert answer.all("Access-Control-Allow-Origin") == ["http://localhost:3000"]


def test_a_proxy_names_the_user_and_nobody_else_does(start, upstream, sessions):
    believing = start(upstream, sessions, AUTH="proxy", TRUSTED_PROXIES="127.0.0.1")
    assert believing.token(fields={"X-Auth-Request-User": "ann"}).status == 200
    assert believing.usage(1)[0]["enduser.pseudo.id"] == "ann"
    assert believing.token().status == 401
    other = start(upstream, sessions, AUTH="proxy", TRUSTED_PROXIES="192.0.2.1")
    assert other.token(fields={"X-Auth-Request-User": "ann"}).status == 401
    assert other.token(fields={"X-Auth-Request-User": "ann", "X-Forwarded-For": "192.0.2.1"}).status == 401


def test_openai_is_told_of_callers_apart_and_the_same_after_a_restart(start, upstream, sessions, tmp_path):
    changes = {"AUTH": "proxy", "TRUSTED_PROXIES": "127.0.0.1", "STATE_DIRECTORY": str(tmp_path)}
    for _ in range(2):
        daemon = start(upstream, sessions, **changes)
        for name in ("ann", "bob"):
            fields = {"X-Auth-Request-User": name, "OpenAI-Safety-Identifier": "forged"}
            assert daemon.token(fields=fields).status == 200
    salt = tmp_path / "safety_salt"
    assert salt.stat().st_mode & 0o777 == 0o600
    expected = [hmac.new(salt.read_bytes(), f"caller:{name}".encode(), "sha256").hexdigest() for name in ("ann", "bob")]
    assert [request.all("OpenAI-Safety-Identifier") for request in upstream.requests] == [[one] for one in expected * 2]


def test_a_salt_that_is_not_kept_is_warned_of(start, upstream, sessions):
    assert start(upstream, sessions).stderr.count("safety identifiers change with every restart") == 1


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"AUTH": "bearer"}, "AUTH_KEYS_FILE"),
        ({"AUTH": "bearer", "AUTH_KEYS_FILE": "/etc/passwd"}, "line 1 "),
        ({"AUTH": "proxy"}, "TRUSTED_PROXIES"),
        ({"AUTH": "none,bearer"}, "AUTH"),
    ],
    ids=str,
)
def test_an_open_door_is_no_default(upstream, sessions, tmp_path, changes, named):
    settings = settings_for(upstream, sessions, PORT=str(free_port()), **changes)
    ended = run(directory=tmp_path, settings=settings)
    assert ended.returncode == 78, ended.stderr
    assert named in ended.stderr
