"""Several daemons that count together in a Redis cluster, whose nodes have the keys in turns."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from authority import Authority
from crowd import tally
from daemon import Daemon, eventually
from fake_calls import Calls
from redis_cluster import RedisCluster
from call_client import location
from test_calls_redis import create_in_time, lease_in_time
from test_redis import CLIENTS, authority, connected, crowd, was_away  # noqa: F401 (a fixture)


@pytest.fixture(params=["plain", "tls"])
def cluster(request: pytest.FixtureRequest, tmp_path: Path, authority: Authority) -> Iterator[RedisCluster]:  # noqa: F811
    cluster = RedisCluster(tmp_path / "cluster", authority if request.param == "tls" else None).start()
    yield cluster
    cluster.kill()


def start_two(start, upstream, sessions, cluster: RedisCluster, **settings: str) -> list[Daemon]:
    """Two daemons that each know a node which does not have the keys."""
    settings = {"REDIS_DOWN": "refuse", "LOOPS": "2"} | settings
    return [connected(start(upstream, sessions, **settings, **node.settings)) for node in cluster.others]


def test_two_daemons_admit_exactly_the_limit(start, upstream, sessions, cluster):
    daemons = start_two(start, upstream, sessions, cluster, LIMIT_ALL="100/h", QUOTA_ALL="90")
    earlier = 0
    for _ in range(20):
        assert cluster.owner.command_reply("FLUSHALL") == b"+OK"
        before = len(upstream.minted)
        counts = tally(crowd(daemons, 2))
        late = counts.get(503, 0)
        assert set(counts) <= {200, 429, 503}
        # What came too late for its deadline may be counted, also in the next round, and is not admitted.
        assert 90 - late - earlier <= counts.get(200, 0) <= 90
        assert len(upstream.minted) - before == counts.get(200, 0)
        if not late and not earlier:
            assert counts == {200: 90, 429: 2 * CLIENTS - 90}
            assert cluster.owner.command_reply("DBSIZE") == b":2"
            return
        earlier = late
    pytest.fail("Redis was late in each of twenty rounds")


def test_nothing_is_lost_or_counted_twice_while_the_keys_move(start, upstream, sessions, cluster):
    daemons = start_two(start, upstream, sessions, cluster, LIMIT_ALL="40/h")
    source, target = cluster.owner, cluster.others[1]

    statuses: list[int] = []

    def ask() -> set[int]:
        asked = [daemon.token().status for daemon in daemons * 5]
        statuses.extend(asked)
        # On a busy machine a reply may come after its deadline. Such a request may be counted, and is not admitted.
        return set(asked) - {503}

    assert ask() == {200}
    cluster.announce_move(source, target)
    assert ask() == {200}
    assert cluster.move_keys(source, target) == 1
    # Each daemon is redirected for each request, because the key has moved, and follows.
    assert ask() == {200}
    cluster.finish_move(target)
    assert ask() == {200}
    ask()
    late = statuses.count(503)
    assert late < 10 and 40 - late <= statuses.count(200) <= 40
    assert late or statuses == [200] * 40 + [429] * 10
    assert cluster.owner is target
    assert not any(was_away(daemon) for daemon in daemons)


def test_calls_go_where_their_keys_go(start, upstream, sessions, cluster):
    calls = Calls(upstream)
    first, second = start_two(start, upstream, sessions, cluster)
    paths = [location(create_in_time(first)) for _ in range(2)]
    source, target = cluster.owner, cluster.others[1]
    cluster.announce_move(source, target)
    assert lease_in_time(second, paths[0]).status == 200
    # Two calls, when they are due, and their places: of the address, of the session and of all.
    assert cluster.move_keys(source, target) == 6
    assert lease_in_time(second, paths[0]).status == 200
    assert second.request("DELETE", paths[0]).status == 200
    calls.wait_until(lambda calls: len(calls.open) == 1)
    cluster.finish_move(target)
    assert lease_in_time(second, paths[1]).status == 200
    assert first.request("DELETE", paths[1]).status == 200
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: target.command_reply("EXISTS", "{ephemerald}:due") == b":0", "both ends are recorded")
    assert not was_away(first) and not was_away(second)


@pytest.mark.slow
def test_a_node_that_is_gone_is_named_as_the_reason_and_found_again(start, upstream, sessions, cluster):
    daemon, _ = start_two(start, upstream, sessions, cluster, LIMIT_ALL="1000/h")
    owner = cluster.owner
    eventually(lambda: daemon.token().status == 200, "Redis decides")
    owner.kill()
    assert daemon.token().status == 503
    eventually(lambda: "is away: Connection refused" in daemon.stderr, "the node is gone")
    eventually(lambda: "is away: GET is refused: CLUSTERDOWN" in daemon.stderr, "the cluster says so", 30)
    assert daemon.token().json()["code"] == "limits_unavailable"
    owner.start()
    eventually(lambda: "Redis is back" in daemon.stderr, "the daemon says so", 30)
    eventually(lambda: daemon.token().status == 200, "Redis decides again")
