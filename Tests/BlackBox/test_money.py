"""The money of a day: exact at an admission whatever is requested, and the same after a kill."""

from __future__ import annotations

import gzip
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import settings_for
from daemon import SESSION, Daemon, eventually, write_sessions
import raw
from program import free_port, run
from redis_server import RedisServer
from call_client import LIVE, create, ended, lines, location, serve, session
from test_metrics import series
from test_quotas import not_across_midnight  # noqa: F401 (a fixture)
from test_redis import connected
from test_reload import REFUSED, reload

#: What a minute costs, and what a token and the calls below take, in millionths.
PRICE = 0.07
TOKEN = 60 * 70_000
CALL = 105_000
FILES = {
    "default": session(price_per_minute=PRICE, token=True, call={"max_seconds": 60}),
    "live": session(LIVE, price_per_minute=PRICE, call={"max_seconds": 60}),
}


def refused(daemon: Daemon, folder: Path) -> str:
    """The dimension for which a token is refused."""
    answer = daemon.token()
    assert (answer.status, answer.json()["code"]) == (429, "quota_exhausted")
    return lines(folder)[-1]["ephemerald.limit.dimension"]


def taken(folder: Path) -> int:
    """What the lines of the usage log have taken from the day, in millionths."""
    calls: dict[str, int] = {}
    tokens = 0
    for line in lines(folder):
        tokens += line.get("ephemerald.spent", 0)
        if "ephemerald.call.reserved" in line:
            calls[line["ephemerald.call.id"]] = line["ephemerald.call.reserved"]
        elif "ephemerald.call.spent" in line:
            calls[line["ephemerald.call.id"]] = line["ephemerald.call.spent"]
    return tokens + sum(calls.values())


def fill(daemon: Daemon) -> int:
    """Creates calls until one is refused; returns how many."""
    count = 0
    while (answer := create(daemon)).status == 201:
        count += 1
    assert (answer.status, answer.json()["code"]) == (429, "quota_exhausted")
    return count


@pytest.mark.parametrize("round", range(3))
def test_tokens_and_calls_together_take_it_to_the_last_unit_and_never_more(start, calls, tmp_path, round):
    daemon = serve(start, calls, tmp_path, FILES, SPEND_ALL="42", MAX_CALLS="1000", LOOPS="4")

    def request(number: int) -> tuple[str, int]:
        if number % 3 == 0:
            return "token", daemon.token().status
        return "call", create(daemon, "live" if number % 3 == 1 else "default").status

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(request, range(round, round + 64)))
    assert {status for _, status in answers} == {200, 201, 429}
    tokens = answers.count(("token", 200))
    cost = tokens * TOKEN + answers.count(("call", 201)) * CALL
    assert cost <= 42_000_000
    # A token is 40 calls, so calls use up whatever is left.
    assert cost + fill(daemon) * CALL == 42_000_000 == taken(tmp_path)
    assert (len(calls.owner.minted), len(calls.all)) == (tokens, (42_000_000 - tokens * TOKEN) // CALL)
    assert refused(daemon, tmp_path) == "spend_all"
    [call, *_] = [line for line in lines(tmp_path) if "ephemerald.call.reserved" in line]
    assert call["ephemerald.call.reserved"] == CALL


def test_a_call_that_is_over_gives_back_what_it_did_not_cost(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, FILES, SPEND_ALL="0.22")
    path = location(create(daemon))
    assert fill(daemon) == 1
    assert daemon.request("DELETE", path).status == 200
    eventually(lambda: ended(tmp_path), "the call is over")
    [end] = ended(tmp_path)
    assert 0 < end["ephemerald.call.spent"] < CALL
    assert fill(daemon) == 1, "what it cost was left over before"
    assert taken(tmp_path) == 2 * CALL + end["ephemerald.call.spent"] <= 220_000
    found = series(daemon)
    assert found["ephemerald_money_taken"] * 1e6 == pytest.approx(taken(tmp_path))
    assert found["ephemerald_money_max"] == 0.22


def test_what_is_not_created_takes_nothing(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, FILES, SPEND_ALL="4.2")
    calls.owner.keys = {"another"}
    assert [daemon.token().status, create(daemon).status] == [502, 502]
    calls.owner.keys = {calls.owner.key}
    calls.fail("close-after-create")
    assert create(daemon).status == 502
    assert daemon.token().status == 200, "a lost realtime call is not billed"
    assert taken(tmp_path) == TOKEN


def test_one_caller_has_less_than_all_together(start, calls, tmp_path):
    proxy = {"AUTH": "proxy", "AUTH_PROXY_HEADER": "X-User", "TRUSTED_PROXIES": "127.0.0.1"}
    daemon = serve(start, calls, tmp_path, FILES, SPEND_CALLER="4.2", SPEND_ALL="8.4", **proxy)

    def token(user: str) -> int | str:
        answer = daemon.token(fields={"X-User": user})
        return lines(tmp_path)[-1]["ephemerald.limit.dimension"] if answer.status == 429 else answer.status

    assert [token(user) for user in ("ann", "ann", "bob", "eve")] == [200, "spend_caller", 200, "spend_all"]
    assert create(daemon, **{"X-User": "ann"}).status == 429


@pytest.mark.parametrize("rotation", ["none", "gzip"])
def test_a_kill_forgets_no_money(start, calls, tmp_path, rotation):
    changes = {"SPEND_ALL": "9", "MAX_CALLS": "1000"}
    daemon = serve(start, calls, tmp_path, FILES, **changes)
    assert daemon.token().status == 200
    paths = [location(create(daemon, name)) for name in ("default", "live", "default")]
    daemon.request("DELETE", paths[1])
    eventually(lambda: ended(tmp_path), "the call is over")
    calls.fail("close-after-create")
    assert create(daemon, "live").status == 502
    calls.work()
    daemon.process.send_signal(signal.SIGKILL)
    daemon.wait()
    cost = taken(tmp_path)
    spent = [line["ephemerald.spent"] for line in lines(tmp_path) if "ephemerald.spent" in line]
    assert spent == [TOKEN, 17_500], "15 s of the live call whose answer was lost"
    log = tmp_path / "usage.log"
    if rotation == "gzip":
        (tmp_path / "usage.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()
    second = serve(start, calls, tmp_path, FILES, **changes)
    assert f"money: {cost / 1_000_000:.6f}".rstrip("0") + " of today is in the usage log" in second.stderr
    left = (9_000_000 - cost) // CALL
    assert [second.token().status, fill(second)] == [200, left - TOKEN // CALL]
    # The calls of the first daemon give back too.
    second.request("DELETE", paths[0])
    eventually(lambda: len(ended(tmp_path)) == (2 if rotation == "none" else 1), "the call is over")
    assert create(second).status == 201


@pytest.mark.slow
def test_live_calls_that_come_and_go_cost_at_most_their_places(start, calls, tmp_path):
    """A place is taken for the 15 seconds that its creation costs, whether the call is lost or ended at once."""
    daemon = serve(start, calls, tmp_path, FILES, MAX_CALLS="2", SPEND_ALL="1000")
    begun = time.monotonic()
    created = []
    while time.monotonic() < begun + 17 or len(created) < 4 and time.monotonic() < begun + 29:
        is_lost = len(created) % 2 == 1
        calls.work()
        if is_lost:
            calls.fail("close-after-create")
        before, asked = len(calls.all), time.monotonic()
        answer = create(daemon, "live")
        if answer.status == 201:
            daemon.request("DELETE", location(answer))
        if len(calls.all) > before:
            created.append((asked, time.monotonic()))
        time.sleep(0.02)
    assert len(created) == 4, created
    assert all(later[1] - earlier[0] >= 15 for earlier, later in zip(created, created[2:]))
    calls.wait_until(lambda calls: not [call for call in calls.open if call.sidebands])
    eventually(lambda: len(ended(tmp_path)) == 2, "the calls are over")
    elapsed = time.monotonic() - begun
    assert 4 * 17_500 == taken(tmp_path) <= 2 * 70_000 * (elapsed + 15) / 60


def test_what_a_call_costs_beyond_its_worst_case_is_on_top(start, calls, tmp_path):
    """Its end is refused, and it goes on for longer than is reserved."""
    daemon = serve(start, calls, tmp_path, FILES, SPEND_ALL="0.3")
    calls.fail("hangup-fails")
    calls.fail("sideband-fails")
    daemon.request("DELETE", location(create(daemon, "live")))
    eventually(lambda: "a call could not be ended" in daemon.stderr, "the daemon says so")
    assert create(daemon).status == 201, "the worst cases of two calls fit"
    [call, _] = calls.all
    call.created -= 200
    calls.work()
    eventually(lambda: ended(tmp_path), "the call is over")
    [end] = ended(tmp_path)
    assert end["ephemerald.call.seconds_by"] == "upstream" and end["ephemerald.call.seconds"] >= 200
    assert end["ephemerald.call.spent"] == -(-end["ephemerald.call.seconds"] * 70_000 // 60) > CALL
    assert taken(tmp_path) > 300_000
    assert create(daemon).status == 429
    daemon.process.send_signal(signal.SIGKILL)
    daemon.wait()
    again = serve(start, calls, tmp_path, FILES, SPEND_ALL="0.3")
    assert create(again).status == 429, "the next process counts it too"


def test_two_daemons_share_it_in_redis(start, calls, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    try:
        settings = redis.settings | {"SPEND_ALL": "42.05", "REDIS_DOWN": "refuse", "MAX_CALLS": "1000", "LOOPS": "2"}
        folders = [tmp_path / "first", tmp_path / "second"]
        daemons = [connected(serve(start, calls, folder, FILES, **settings)) for folder in folders]

        def request(number: int) -> raw.Answer:
            daemon = daemons[number % 2]
            return daemon.token() if number % 3 == 0 else create(daemon, "live" if number % 3 == 1 else "default")

        def create_in_time(daemon: Daemon) -> int:
            while (status := create(daemon).status) == 503:
                pass
            return status

        was_late = False
        for _ in range(20):
            assert redis.command_reply("FLUSHALL") == b"+OK"
            with ThreadPoolExecutor(64) as pool:
                answers = list(pool.map(request, range(64)))
            statuses = [answer.status for answer in answers]
            cost = statuses.count(200) * TOKEN + statuses.count(201) * CALL
            assert cost <= 42_050_000 and set(statuses) <= {200, 201, 429, 503}
            left = (42_050_000 - cost) // CALL
            filled = [create(daemons[number % 2]).status for number in range(left + 1)]
            # What came too late for its deadline may be counted, also in the next round, and is not admitted.
            was_late, is_disturbed = 503 in statuses + filled, was_late or 503 in statuses + filled
            if is_disturbed:
                continue
            assert filled == [201] * left + [429]
            # The call of one daemon ends at the other, and leaves room for another one.
            index = statuses.index(201)
            other = daemons[(index + 1) % 2]
            path = location(answers[index])
            eventually(lambda: other.request("DELETE", path).status == 200, "the other daemon ends it")
            eventually(lambda: ended(folders[0]) + ended(folders[1]), "the call is over")
            eventually(lambda: create(other).status == 201, "its money is back")
            assert create_in_time(other) == 429, "and only once"
            return
        pytest.fail("Redis was late in each of twenty rounds")
    finally:
        redis.kill()


def test_check_start_and_reload_name_the_file_without_a_price(start, upstream, tmp_path):
    folder = write_sessions(tmp_path / "sessions", default=FILES["default"], shop=SESSION)
    log = str(tmp_path / "usage.log")
    settings = settings_for(upstream, folder, PORT=str(free_port()), SPEND_ALL="5", USAGE_LOG=log)
    wrong = "shop.json: access.price_per_minute: is required while SPEND_ALL or SPEND_CALLER is set"
    doubt = "shop.json: access.token: is not given: a token counts as one session of 60 minutes"
    for flags in (("check",), ()):
        broken = run(*flags, directory=tmp_path, settings=settings)
        assert (broken.returncode, wrong in broken.stderr + broken.stdout) == (78, True), broken.stderr
        assert doubt in broken.stderr + broken.stdout
        assert "default.json: access" not in broken.stderr + broken.stdout
    config = tmp_path / "config.json"
    config.write_text("{}")
    daemon = start(upstream, folder, CONFIG=str(config), USAGE_LOG=log)
    config.write_text('{"spend-all": "5"}')
    assert wrong in reload(daemon, REFUSED)
    assert daemon.token("shop").status == 200, "the old settings stay in force"
    write_sessions(folder, shop=session(price_per_minute=0.5))
    reload(daemon)
    assert [daemon.token("shop").status, daemon.token().status] == [429, 200], "30 and 4.2"
