"""Three real redis-servers that form a cluster, each the master of a third of the slots, without replicas."""

from __future__ import annotations

from pathlib import Path

from authority import Authority
from daemon import eventually
from program import free_port
from redis_server import RedisServer

SLOTS = 16_384
#: What all keys of the daemon are hashed by.
TAG = "{ephemerald}"


class RedisCluster:
    def __init__(self, directory: Path, authority: Authority | None):
        self.nodes = []
        for number in range(3):
            options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--cluster-node-timeout", "5000"]
            if authority is not None:
                options += ["--tls-cluster", "yes"]
            self.nodes.append(RedisServer(directory / str(number), *options, authority=authority))

    def start(self) -> RedisCluster:
        try:
            for node in self.nodes:
                node.start()
            first = self.nodes[0]
            bounds = [SLOTS * number // 3 for number in range(4)]
            for number, node in enumerate(self.nodes):
                assert node.command_reply("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1)) == b"+OK"
                slots = str(bounds[number]), str(bounds[number + 1] - 1)
                assert node.command_reply("CLUSTER", "ADDSLOTSRANGE", *slots) == b"+OK"
                bus = node.command[node.command.index("--cluster-port") + 1]
                assert first.command_reply("CLUSTER", "MEET", "127.0.0.1", str(node.port), bus) == b"+OK"
            eventually(self._is_whole, "the cluster knows its nodes", 30)
        except BaseException:
            self.kill()
            raise
        self.slot = int(first.command_reply("CLUSTER", "KEYSLOT", TAG)[1:])
        return self

    def _is_whole(self) -> bool:
        states = [node.command_reply("CLUSTER", "INFO") for node in self.nodes]
        return all(b"cluster_state:ok" in state and b"cluster_known_nodes:3" in state for state in states)

    @property
    def owner(self) -> RedisServer:
        """The node that the daemon's keys belong to."""
        return next(node for node in self.nodes if node.command_reply("GET", TAG) == b"$-1")

    @property
    def others(self) -> list[RedisServer]:
        owner = self.owner
        return [node for node in self.nodes if node is not owner]

    def announce_move(self, source: RedisServer, target: RedisServer) -> None:
        """From now on the slot is on its way; its keys still are where they were."""
        names = [node.command_reply("CLUSTER", "MYID").decode() for node in (source, target)]
        slot = str(self.slot)
        assert target.command_reply("CLUSTER", "SETSLOT", slot, "IMPORTING", names[0]) == b"+OK"
        assert source.command_reply("CLUSTER", "SETSLOT", slot, "MIGRATING", names[1]) == b"+OK"

    def move_keys(self, source: RedisServer, target: RedisServer) -> int:
        keys = source.lines("CLUSTER", "GETKEYSINSLOT", str(self.slot), "1000")
        place = "127.0.0.1", str(target.port), "", "0", "5000", "KEYS"
        assert source.command_reply("MIGRATE", *place, *keys) == b"+OK"
        return len(keys)

    def finish_move(self, target: RedisServer) -> None:
        name = target.command_reply("CLUSTER", "MYID").decode()
        for node in [target, *self.nodes]:
            assert node.command_reply("CLUSTER", "SETSLOT", str(self.slot), "NODE", name) == b"+OK"

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()
