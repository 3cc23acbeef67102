"""WATCH: a changed file takes effect without a signal, however it was replaced, all or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import threading
import time

import pytest

from conftest import settings_for
from daemon import SESSION, Daemon, eventually, write_sessions
from journal import long_journal, open_files
from replacing import WAYS, Projected, by_rename, in_place
from service_manager import NotifySocket

#: Half a second is what is promised; the machine of a test may be busy with other tests.
SOON = 0.5
REFUSED = "nothing is reloaded"
MODELS = ("gpt-realtime-2.1", "gpt-realtime-2")
#: Twice as long as the daemon waits for further changes: a wrong reload would have happened by then.
PAUSE = 0.4


@pytest.fixture
def watched(start):
    """Daemons as they come: files are watched."""
    return lambda *arguments, **changes: start(*arguments, **({"WATCH": None} | changes))


def session(model: str) -> str:
    return json.dumps({"session": {"type": "realtime", "model": model}})


def caller(*keys: str) -> str:
    return "".join(f"name{index}:{hashlib.sha256(key.encode()).hexdigest()}\n" for index, key in enumerate(keys))


def is_watching(daemon: Daemon) -> bool:
    return "anon_inode:inotify" in open_files(daemon.process.pid)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("replace", WAYS)
def test_each_way_to_replace_a_file_is_seen(watched, upstream, tmp_path, replace):
    """A file in the directory of sessions, one that a setting names, and both again."""
    folder, secrets = tmp_path / "sessions", tmp_path / "secrets"
    write_sessions(folder, default=SESSION, shop=SESSION)
    secrets.mkdir()
    callers = secrets / "callers"
    callers.write_text(caller("eph_0"))
    daemon = watched(upstream, folder, AUTH="bearer", AUTH_KEYS_FILE=str(callers))

    def model_of(name: str, key: str) -> str | None:
        answer = daemon.token(name, fields=bearer(key))
        return answer.json()["session"]["model"] if answer.status == 200 else None

    for number in (1, 2, 3):
        replace(folder / "shop.json", session(MODELS[number % 2]))
        replace(callers, caller(f"eph_{number}"))
        eventually(lambda: daemon.token(fields=bearer(f"eph_{number}")).status == 200, "the caller is known")
        # One loop after the other.
        eventually(lambda: daemon.token(fields=bearer(f"eph_{number - 1}")).status == 401, "and the one before is not")
        # Of a directory that is made again, file by file, a part may be read on the way.
        eventually(lambda: model_of("shop", f"eph_{number}") == MODELS[number % 2], "the session is read")


def test_volumes_of_kubernetes_are_seen_to_change(watched, upstream, tmp_path):
    sessions = Projected(tmp_path / "config", default_json=json.dumps(SESSION))
    secrets = Projected(tmp_path / "secrets", callers=caller("eph_0"))
    daemon = watched(upstream, sessions.folder, AUTH="bearer", AUTH_KEYS_FILE=str(secrets.folder / "callers"))
    for number in range(1, 4):
        secrets.update(callers=caller(f"eph_{number}"))
        eventually(lambda: daemon.token(fields=bearer(f"eph_{number}")).status == 200, "the caller is known")
    sessions.update(**{"shop.json": session("gpt-realtime-2.1")})
    eventually(lambda: daemon.token("shop", fields=bearer("eph_3")).status == 200, "the session is there")
    sessions.update(**{"shop.json": session("gpt-realtime-2")})
    eventually(lambda: "sessions shop" in daemon.stderr, "the session changes")
    sessions.update(**{"shop.json": None})
    eventually(lambda: daemon.token("shop", fields=bearer("eph_3")).status == 404, "the session is gone")
    assert REFUSED not in daemon.stderr


def test_sessions_come_and_go(watched, upstream, sessions):
    daemon = watched(upstream, sessions)
    write_sessions(sessions, shop=SESSION)
    eventually(lambda: daemon.token("shop").status == 200, "the session is there")
    (sessions / "shop.json").unlink()
    eventually(lambda: daemon.token("shop").status == 404, "the session is gone")
    eventually(lambda: "sessions -shop" in daemon.stderr, "both are in the log")
    lines = [line.split("info: ")[1] for line in daemon.stderr.splitlines() if "reloaded" in line]
    assert lines == ["reloaded: sessions +shop", "reloaded: sessions -shop"]


def test_settings_that_name_other_files_are_followed(watched, upstream, sessions, tmp_path):
    """The file that a changed file names is watched from then on, even before it is there."""
    config, one, two = (tmp_path / name for name in ("config.json", "one", "two"))
    one.write_text(caller("eph_1"))
    config.write_text(json.dumps({"auth": "bearer", "auth-keys-file": str(one)}))
    daemon = watched(upstream, sessions, CONFIG=str(config))
    config.write_text(json.dumps({"auth": "bearer", "auth-keys-file": str(two)}))
    eventually(lambda: REFUSED in daemon.stderr, "there is no such file yet")
    assert daemon.token(fields=bearer("eph_1")).status == 200
    two.write_text(caller("eph_2"))
    eventually(lambda: daemon.token(fields=bearer("eph_2")).status == 200, "the new file counts")
    two.write_text(caller("eph_3"))
    eventually(lambda: daemon.token(fields=bearer("eph_3")).status == 200, "and is watched")


#: Every file that a reload reads, what it holds at first and then, and what the log says.
KEY = "sk-another-key-0123456789"
FILES = {
    "OPENAI_API_KEY_FILE": ("{key}", KEY, "API keys (now 1)"),
    "JWT_KEYS": ("j" * 40, "k" * 40, "keys of callers"),
    "SAFETY_SALT_FILE": ("s" * 32, "t" * 32, "SAFETY_SALT_FILE"),
    "REDIS_URL_FILE": ("redis://127.0.0.1:1/0", "redis://127.0.0.1:1/1", "REDIS_URL_FILE has changed"),
    "CONFIG": ("{}", '{"limit-all": "7/min"}', "LIMIT_ALL"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_that_a_reload_reads_is_watched(watched, upstream, sessions, tmp_path, name):
    first, second, words = FILES[name]
    path = tmp_path / "file"
    path.write_text(first.format(key=upstream.key) if "{key}" in first else first)
    more = {"OPENAI_API_KEY_FILE": {"OPENAI_API_KEY": None}, "JWT_KEYS": {"AUTH": "jwt"}, "CONFIG": {"LIMIT_ALL": None}}
    daemon = watched(upstream, sessions, **({name: str(path)} | more.get(name, {})))
    path.write_text(second)
    eventually(lambda: words in daemon.stderr, words)


def test_a_file_that_is_being_written_is_waited_for(watched, upstream, sessions, tmp_path):
    """Half a file of callers would be as good as a whole one, and lock the other half out."""
    callers = tmp_path / "callers"
    callers.write_text(caller("eph_0", "eph_1"))
    daemon = watched(upstream, sessions, AUTH="bearer", AUTH_KEYS_FILE=str(callers))
    write_sessions(sessions, other=SESSION)
    eventually(lambda: daemon.token("other", fields=bearer("eph_1")).status == 200, "the watch has begun")
    first, second = caller("eph_0", "eph_2").splitlines(keepends=True)
    with open(callers, "w") as file:
        file.write(first)
        file.flush()
        # A change of another file is not a reason to read it.
        write_sessions(sessions, shop=SESSION)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert daemon.token(fields=bearer("eph_1")).status == 200
        assert daemon.token("shop", fields=bearer("eph_1")).status == 404
        file.write(second)
    eventually(lambda: daemon.token("shop", fields=bearer("eph_2")).status == 200, "both files count")
    eventually(lambda: daemon.token(fields=bearer("eph_1")).status == 401, "for each loop")
    eventually(lambda: daemon.stderr.count("reloaded: ") == 2, "each reload has its line")


def test_each_save_has_one_line_and_only_new_problems_are_reported(watched, upstream, sessions):
    """Beside a file that stays broken a good change is not dropped in silence, and nothing is reported twice."""
    daemon = watched(upstream, sessions)
    broken, worse = dict(SESSION, nonsense=1), dict(SESSION, nonsense=1, rubbish=2)
    write_sessions(sessions, shop=broken, other=worse)
    # On a busy machine one after the other.
    eventually(lambda: REFUSED in daemon.stderr.partition("rubbish")[2], "both are refused")
    lines_before, refused = len(daemon.stderr.splitlines()), daemon.stderr.count(REFUSED)
    write_sessions(sessions, default=SESSION | {"expires_after": {"anchor": "created_at", "seconds": 61}})
    eventually(lambda: daemon.stderr.count(REFUSED) == refused + 1, "a good change has its line")
    added = daemon.stderr.splitlines()[lines_before:]
    assert len(added) == 1, added
    assert f"{sessions}/shop.json still has 1 error" in added[0], added
    assert f"{sessions}/other.json still has 2 errors" in added[0], added
    write_sessions(sessions, shop=dict(broken, scraps=3))
    eventually(lambda: daemon.stderr.count(REFUSED) == refused + 2, "another mistake")
    added = daemon.stderr.splitlines()[lines_before + 1 :]
    assert len(added) == 2 and "scraps" in added[0] and "shop.json still has 1 error" in added[1], added
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: daemon.stderr.count(REFUSED) == refused + 3, "a signal")
    assert daemon.stderr.count("rubbish") == daemon.stderr.count("scraps") == 2, "a signal gets everything"
    write_sessions(sessions, shop=SESSION, other=SESSION)
    eventually(lambda: "reloaded: sessions +other +shop default" in daemon.stderr, "all take effect")
    write_sessions(sessions, other=worse)
    eventually(lambda: daemon.stderr.count("rubbish") == 3, "what was corrected is new when it comes back")


def test_a_warning_that_stays_is_not_repeated_with_every_save(watched, upstream, sessions):
    daemon = watched(upstream, sessions, SANDBOX="true")
    warning = "the key is not used"
    assert daemon.stderr.count(warning) == 1
    for name in ("one", "two"):
        write_sessions(sessions, **{name: SESSION})
        eventually(lambda: f"reloaded: sessions +{name}" in daemon.stderr, "it takes effect")
    assert daemon.stderr.count(warning) == 1, daemon.stderr


def test_what_is_wrong_is_said_once_and_everything_stays(watched, upstream, sessions):
    daemon = watched(upstream, sessions)
    write_sessions(sessions, shop=SESSION)
    eventually(lambda: daemon.token("shop").status == 200, "the session is there")
    in_place(sessions / "shop.json", '{"session": {"type": "realtime", "model": "gpt-realtime-2.1", "speed": 9}}')
    eventually(lambda: REFUSED in daemon.stderr, "it is refused")
    for number in range(3):
        write_sessions(sessions, default=SESSION | {"expires_after": {"anchor": "created_at", "seconds": 60 + number}})
        eventually(lambda: daemon.stderr.count(REFUSED) == number + 2, "each save has a line")
    assert daemon.stderr.count("must be 0.25 to 1.5") == 1, daemon.stderr
    assert daemon.token("shop").status == 200
    assert daemon.operations("GET", "/api/health/ready").json()["sessions"]["shop"]["file"] == "broken"
    in_place(sessions / "shop.json", "{")
    eventually(lambda: "shop.json:1:2" in daemon.stderr, "another mistake is another line")
    write_sessions(sessions, default=SESSION, shop=SESSION)
    eventually(lambda: "reloaded: nothing has changed" in daemon.stderr, "all is well again")
    assert daemon.operations("GET", "/api/health/ready").json()["sessions"]["shop"]["file"] == "valid"


def test_nothing_is_logged_when_nothing_changes(watched, upstream, sessions, tmp_path):
    """Reading, writing the same, other files of the directory, the usage log, and a reload itself."""
    config = sessions / "settings"
    config.write_text("{}")
    manager = NotifySocket(str(tmp_path / "notify"))
    log = sessions / "usage.log"
    daemon = watched(upstream, sessions, CONFIG=str(config), USAGE_LOG=str(log), NOTIFY_SOCKET=manager.name)
    manager.expect("READY")
    (sessions / "default.json").read_text()
    write_sessions(sessions, default=SESSION)
    os.utime(config)
    (sessions / "README").write_text("not a session")
    (sessions / ".hidden.json").write_text("{")
    assert daemon.token().status == 200
    log.rename(sessions / "usage.log.1")
    time.sleep(PAUSE)
    assert "reload" not in daemon.stderr
    eventually(lambda: is_watching(daemon), "the watch begins")
    daemon.process.send_signal(signal.SIGHUP)
    manager.expect("RELOADING")
    manager.expect("READY")
    time.sleep(PAUSE)
    assert daemon.stderr.count("reloaded: nothing has changed") == daemon.stderr.count("reload") == 1
    by_rename(config, '{"limit-caller": "7/min"}')
    eventually(lambda: daemon.stderr.count("reloaded: LIMIT_CALLER") == 1, "the next change is seen")
    manager.close()


def test_without_it_files_wait_for_a_signal(watched, upstream, sessions):
    daemon = watched(upstream, sessions, "--watch", "false")
    write_sessions(sessions, shop=SESSION)
    assert daemon.token("shop").status == 404
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: daemon.token("shop").status == 200, "the signal reads it")
    assert not is_watching(daemon)


def test_beside_a_pipe_nothing_is_watched(watched, upstream, sessions, tmp_path):
    """What a shell hands over by `<(…)` is read once, so no reload can succeed."""
    pipe = tmp_path / "key"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(upstream.key))
    writer.start()
    daemon = watched(upstream, sessions, OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(pipe))
    writer.join()
    eventually(lambda: "files are not watched" in daemon.stderr, "it says so")
    assert "can be read only once" in daemon.stderr and not is_watching(daemon)
    assert daemon.token().status == 200


@pytest.mark.parametrize("limit", ["max_inotify_instances", "max_inotify_watches"])
def test_where_the_system_allows_no_watch_there_is_one_warning(start, upstream, sessions, tmp_path, limit):
    inside = ["unshare", "--user", "--map-root-user", "sh", "-c", f'echo 0 > /proc/sys/user/{limit} && exec "$@"', "sh"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        pytest.skip("this user may not make a namespace")
    daemon = start.take(Daemon(tmp_path / "daemon", settings_for(upstream, sessions, WATCH=None)))
    daemon.wrapper = inside
    daemon.start()
    eventually(lambda: "is reached" in daemon.stderr, "the warning")
    write_sessions(sessions, shop=SESSION)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: daemon.token("shop").status == 200, "SIGHUP still reads")
    assert daemon.stderr.count("some changed files are not noticed (WATCH)") == 1
    assert f"fs.inotify.{limit.replace('inotify', 'user')} is reached" in daemon.stderr


def test_a_change_during_the_start_is_not_lost(watched, upstream, sessions, tmp_path):
    """It falls between the reading of the settings and the first look of the watch."""
    log = tmp_path / "usage.log"
    journal = long_journal(log, megabytes=400)
    daemon = Daemon(tmp_path / "daemon", settings_for(upstream, sessions, USAGE_LOG=str(log), QUOTA_ALL="9", WATCH=None))
    starting = threading.Thread(target=daemon.start)
    starting.start()
    eventually(lambda: daemon.process and journal in open_files(daemon.process.pid), "the journal is read")
    write_sessions(sessions, shop=SESSION)
    starting.join()
    eventually(lambda: daemon.token("shop").status == 200, "the session is there")
    assert daemon.stop() == 0
