"""SIGHUP: sessions, keys and lists are read again, all or nothing, and clients that are being served do not notice."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

import raw
from conftest import settings_for
from crowd import token_request
from daemon import SESSION, Daemon, eventually, write_sessions
from program import run
from service_manager import NotifySocket
from test_socket_activation import Load

STORM = int(os.environ.get("BLACKBOX_RELOADS", "50"))


def reload(daemon: Daemon, outcome: str = "reloaded: ") -> str:
    """SIGHUP; waits for the line that ends it, and returns what was written on standard error since."""
    before = len(daemon.stderr)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: outcome in daemon.stderr[before:] and daemon.stderr.endswith("\n"), outcome)
    return daemon.stderr[before:]


REFUSED = "nothing is reloaded"


def test_a_new_session_file_takes_effect_and_a_removed_one_too(daemon, upstream, sessions):
    assert daemon.token("shop").status == 404
    write_sessions(sessions, shop=SESSION)
    assert "sessions +shop" in reload(daemon)
    assert daemon.token("shop").status == 200
    (sessions / "shop.json").unlink()
    assert "sessions -shop" in reload(daemon)
    assert daemon.token("shop").status == 404
    assert "nothing has changed" in reload(daemon)


def test_a_broken_file_leaves_everything_as_it_was(start, upstream, sessions, tmp_path):
    keys = tmp_path / "key"
    keys.write_text(upstream.key)
    daemon = start(upstream, sessions, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(keys))
    write_sessions(sessions, shop=SESSION)
    broken = json.loads(json.dumps(SESSION))
    broken["session"]["audio"]["output"]["speed"] = 9
    write_sessions(sessions, default=broken)
    keys.write_text("sk-another-key-0123456789")
    said = reload(daemon, REFUSED)
    assert "default.json: session.audio.output.speed" in said
    assert daemon.token().status == 200
    assert daemon.token("shop").status == 404
    ready = daemon.operations("GET", "/api/health/ready")
    assert (ready.status, ready.json()["sessions"]["default"]["file"]) == (200, "broken")

    write_sessions(sessions, default=SESSION)
    keys.write_text(upstream.key)
    reload(daemon)
    metrics = raw.exchange(int(daemon.settings["OPS_PORT"]), raw.head("GET", "/metrics")).only().body
    for line in (b'ephemerald_reloads_total{outcome="done"} 1', b'ephemerald_reloads_total{outcome="refused"} 1'):
        assert line in metrics.splitlines()
    assert daemon.token("shop").status == 200
    assert daemon.operations("GET", "/api/health/ready").json()["sessions"]["default"]["file"] == "valid"


def test_every_problem_is_told_at_once_and_no_key(start, upstream, sessions, tmp_path):
    keys, config = tmp_path / "key", tmp_path / "config.json"
    keys.write_text(upstream.key)
    config.write_text("{}")
    daemon = start(upstream, sessions, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(keys), CONFIG=str(config))
    keys.write_text("sk-canary with a space")
    config.write_text('{"limit-client-x": "1/min", "allowed-origins": ["nonsense"]}')
    (sessions / "default.json").write_text("{")
    said = reload(daemon, REFUSED)
    for words in ("OPENAI_API_KEY_FILE", "limit-client-x", "ALLOWED_ORIGINS", "default.json:1:2"):
        assert words in said, said
    assert "canary" not in said
    assert daemon.token().status == 200


def test_a_rotated_key_serves_new_requests_and_the_old_one_ends_what_it_began(start, upstream, sessions, tmp_path):
    keys = tmp_path / "key"
    keys.write_text(upstream.key)
    upstream.keys.add("sk-new-0123456789abcdef")
    daemon = start(upstream, sessions, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(keys))
    held: list = []
    upstream.fault = lambda connection, received: held.append((connection, received))
    with raw.Connection(daemon.port) as waiting:
        waiting.send(token_request())
        upstream.wait_until_held(1)
        upstream.fault = None
        keys.write_text("sk-new-0123456789abcdef")
        assert "API keys" in reload(daemon)
        assert daemon.token().status == 200
        connection, received = held[0]
        upstream.loop.call_soon_threadsafe(connection.mint, received)
        assert waiting.receive().only().status == 200
    shown = [request.all("Authorization") for request in upstream.requests]
    assert shown == [[f"Bearer {upstream.key}"], ["Bearer sk-new-0123456789abcdef"]]


def test_lists_and_limits_of_the_config_file_take_effect(start, upstream, sessions, tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"allowed-origins": ["https://a.example"], "limit-all": "off"}')
    daemon = start(upstream, sessions, CONFIG=str(config), LIMIT_ALL=None)
    assert daemon.token(origin="https://a.example").status == 200
    config.write_text('{"allowed-origins": ["https://b.example"], "limit-all": "1/h"}')
    assert "ALLOWED_ORIGINS, LIMIT_ALL" in reload(daemon)
    assert daemon.token(origin="https://a.example").status == 403
    assert [daemon.token(origin="https://b.example").status for _ in range(2)] == [200, 429]
    reload(daemon)
    assert daemon.token(origin="https://b.example").status == 429, "a reload forgives nobody"


def test_keys_of_callers_take_effect(start, upstream, sessions, tmp_path):
    keys = tmp_path / "callers"
    keys.write_text(f"ann:{hashlib.sha256(b'eph_one').hexdigest()}\n")
    daemon = start(upstream, sessions, AUTH="bearer", AUTH_KEYS_FILE=str(keys))
    assert daemon.token(fields={"Authorization": "Bearer eph_one"}).status == 200
    keys.write_text(f"bob:{hashlib.sha256(b'eph_two').hexdigest()}\n")
    assert "keys of callers" in reload(daemon)
    assert daemon.token(fields={"Authorization": "Bearer eph_one"}).status == 401
    assert daemon.token(fields={"Authorization": "Bearer eph_two"}).status == 200


def test_what_needs_a_restart_is_said(start, upstream, sessions, tmp_path):
    config = tmp_path / "config.json"
    config.write_text("{}")
    daemon = start(upstream, sessions, CONFIG=str(config))
    config.write_text('{"loops": 1, "log-level": "debug", "host": "127.0.0.2"}')
    said = reload(daemon)
    for name in ("LOOPS", "LOG_LEVEL", "HOST"):
        assert f"{name} has changed; this takes effect after a restart" in said, said
    assert daemon.token().status == 200


def test_connections_to_the_upstream_outlive_a_reload_unless_its_authorities_change(
    start, upstream, sessions, tmp_path
):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\n")
    daemon = start(upstream, sessions, UPSTREAM_CA_FILE=str(bundle), LOOPS="1")
    for _ in range(2):
        assert daemon.token().status == 200
        write_sessions(sessions, shop=SESSION)
        reload(daemon)
    assert upstream.connections == 1
    bundle.write_text("-----BEGIN CERTIFICATE-----\nanother")
    assert "reloaded: UPSTREAM_CA_FILE\n" in reload(daemon)
    assert daemon.token().status == 200
    assert upstream.connections == 2


def test_who_may_ask_is_judged_by_the_address_in_use(start, upstream, sessions, tmp_path):
    """A file that moves to loopback and drops its lists must not open the address that is still listened on."""
    config = tmp_path / "config.json"
    config.write_text('{"host": "0.0.0.0", "allowed-origins": ["https://a.example"], "auth": "none"}')
    daemon = start(upstream, sessions, CONFIG=str(config))
    config.write_text('{"host": "127.0.0.1"}')
    said = reload(daemon, REFUSED)
    assert "ALLOWED_ORIGINS" in said and "AUTH" in said
    assert daemon.token().status == 403
    assert daemon.token(origin="https://a.example").status == 200


def test_the_sandbox_does_not_turn_real_nor_the_other_way_about(start, upstream, sessions, tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"sandbox": false}')
    daemon = start(upstream, sessions, CONFIG=str(config))
    config.write_text('{"sandbox": true}')
    assert "SANDBOX" in reload(daemon, REFUSED)
    assert daemon.token().status == 200
    assert len(upstream.minted) == 1


@pytest.mark.timeout(120)
def test_a_storm_of_reloads_loses_no_request(daemon, upstream, sessions):
    with Load(daemon.port) as load:
        for number in range(STORM):
            changed = json.loads(json.dumps(SESSION))
            changed["session"]["instructions"] = f"number {number}"
            # As an editor does it: a half-written file would be refused, and rightly.
            (sessions / "new").write_text(json.dumps(changed))
            os.replace(sessions / "new", sessions / "default.json")
            reload(daemon)
        # A burst of signals is answered by one or two readings.
        for _ in range(STORM):
            daemon.process.send_signal(signal.SIGHUP)
        reload(daemon)
    print(f"{STORM} reloads: {dict(load.counts)}, longest wait {load.longest:.3f} s")
    assert set(load.counts) == {"200"}, dict(load.counts)


#: Every setting that names a file which SIGHUP reads again, and what may stand in it.
FILES = {
    "OPENAI_API_KEY_FILE": b"sk-another-0123456789",
    "AUTH_KEYS_FILE": b"ann:" + b"0" * 64,
    "JWT_KEYS": b"j" * 40,
    "SAFETY_SALT_FILE": b"s" * 32,
    "CONFIG": b"{}",
}


def settings_of_file(name: str, path: Path) -> dict[str, str | None]:
    more = {
        "OPENAI_API_KEY_FILE": {"OPENAI_API_KEY": None},
        "AUTH_KEYS_FILE": {"AUTH": "bearer"},
        "JWT_KEYS": {"AUTH": "jwt", "JWT_AUDIENCE": "voice"},
    }
    return {name: str(path)} | more.get(name, {})


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_place_of_a_file_is_refused_and_holds_up_nothing(start, upstream, sessions, tmp_path, name):
    path = tmp_path / "file"
    path.write_bytes(FILES[name])
    daemon = start(upstream, sessions, **settings_of_file(name, path))
    path.unlink()
    os.mkfifo(path)
    said = reload(daemon, REFUSED)
    assert name in said and "this is not a regular file" in said, said
    path.unlink()
    path.write_bytes(FILES[name])
    reload(daemon)
    assert daemon.stop() == 0


def test_a_start_reads_a_pipe_once_it_is_written(start, upstream, sessions, tmp_path):
    path = tmp_path / "key"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text(upstream.key))
    writer.start()
    daemon = start(upstream, sessions, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(path))
    writer.join()
    assert daemon.token().status == 200
    assert "only a start reads other kinds" in reload(daemon, REFUSED)
    assert daemon.token().status == 200


@pytest.mark.slow
def test_a_start_waits_for_no_pipe_that_nobody_writes(upstream, sessions, tmp_path):
    names = ("OPENAI_API_KEY_FILE", "CONFIG", "SAFETY_SALT_FILE", "AUTH_KEYS_FILE")
    pipes = {name: str(tmp_path / name) for name in names}
    for path in pipes.values():
        os.mkfifo(path)
    settings = settings_for(upstream, sessions, OPENAI_API_KEY=None, AUTH="bearer", PORT="0", **pipes)
    begun = time.monotonic()
    ended = run(directory=tmp_path, settings=settings, limit=40)
    took = time.monotonic() - begun
    assert 5 <= took < 5 * len(pipes), "five seconds for all of them together"
    assert ended.returncode == 78
    for name in names:
        assert any(name in line and "did not finish within 5.0 seconds" in line for line in ended.stderr.splitlines())


def test_the_service_manager_is_notified_of_a_reload(start, upstream, sessions, tmp_path):
    manager = NotifySocket(str(tmp_path / "notify"))
    daemon = start(upstream, sessions, NOTIFY_SOCKET=manager.name)
    manager.expect("READY")
    for content, outcome in ((SESSION, "reloaded: "), ({"nonsense": 1}, REFUSED)):
        write_sessions(sessions, other=content)
        reload(daemon, outcome)
        assert int(manager.expect("RELOADING")["MONOTONIC_USEC"]) > 0
        manager.expect("READY")
    manager.close()


def test_a_reload_reopens_the_log_even_when_it_fails(start, upstream, sessions, tmp_path):
    log = tmp_path / "usage.log"
    daemon = start(upstream, sessions, USAGE_LOG=str(log))
    for name, content, outcome in (("one", SESSION, "reloaded: "), ("two", {"nonsense": 1}, REFUSED)):
        daemon.token()
        log.rename(tmp_path / name)
        write_sessions(sessions, other=content)
        reload(daemon, outcome)
        daemon.token()
        assert log.read_text().count("\n") == 1


def test_a_daemon_with_settings_of_its_own_is_found_by_its_settings(start, upstream, sessions, tmp_path):
    """`healthcheck` tests liveness, and with `--ready` readiness."""
    daemon = start(upstream, sessions, DRAIN_DELAY="60s")
    settings = {"PORT": str(daemon.port)}

    def asked(*more: str) -> int:
        return run("healthcheck", *more, directory=tmp_path, settings=settings).returncode

    assert (asked(), asked("--ready")) == (0, 0)
    daemon.process.send_signal(signal.SIGTERM)
    eventually(lambda: "draining" in daemon.stderr, "the drain begins")
    assert (asked(), asked("--ready")) == (0, 1)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait() == 75


AZURE = "https://res.openai.azure.com"


def test_a_base_url_in_the_wrong_form_is_a_warning_of_check_at_the_start_and_of_a_reload(
    start, upstream, sessions, tmp_path
):
    config = tmp_path / "settings.json"
    config.write_text(json.dumps({"openai-base-url": f"{AZURE}/openai"}))
    words = [f'OPENAI_BASE_URL ("openai-base-url" in {config})', f"write {AZURE}/openai/v1", "OPENAI_AUTH_HEADER"]
    settings = settings_for(upstream, sessions, OPENAI_BASE_URL=None, CONFIG=str(config))
    checked = run("check", settings=settings, directory=tmp_path)
    daemon = start(upstream, sessions, OPENAI_BASE_URL=None, CONFIG=str(config))
    config.write_text(json.dumps({"openai-base-url": f"{AZURE}/openai", "limit-client": "5/min"}))
    reloaded = reload(daemon)
    for said in (checked.stderr, daemon.stderr.partition("listening on")[0], reloaded):
        for word in words:
            assert word in said, said
    assert checked.returncode == 0
