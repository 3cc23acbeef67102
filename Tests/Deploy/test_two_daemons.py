"""Two daemons behind nginx, as the comment in nginx.conf lists them: restarts in turn lose no request."""

from __future__ import annotations

import re
import threading
from collections import Counter

import client
from conftest import Behind
from proxies import Proxy, Upstream
from tools import DEPLOY

SERVERS = re.findall(r"(?m)^ *# +(server 127\.0\.0\.1:\d+ max_fails=0;)$", (DEPLOY / "nginx.conf").read_text())
CLIENTS = 4


class Load:
    """Clients that request tokens until they are stopped."""

    def __init__(self, proxy: Proxy):
        self.proxy = proxy
        self.counts: Counter[int] = Counter()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def _ask(self) -> None:
        while not self.ended.is_set():
            self.counts[client.request(self.proxy).status] += 1

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(30)


def test_restarts_in_turn_lose_no_request(tmp_path, upstream):
    settings = {"LIMIT_CLIENT": "off", "LIMIT_ALL": "off", "DRAIN_DELAY": "300ms"}
    daemons = [Behind(tmp_path / name, upstream, None, settings) for name in ("one", "two")]
    proxy = Proxy("nginx", tmp_path / "nginx", Upstream(port=daemons[0].port))
    site = (tmp_path / "nginx/site").read_text()
    single = f"server 127.0.0.1:{daemons[0].port};"
    assert site.count(single) == 1 and len(SERVERS) == len(daemons)
    both = [re.sub(r":\d+", f":{daemon.port}", server) for server, daemon in zip(SERVERS, daemons, strict=True)]
    (tmp_path / "nginx/site").write_text(site.replace(single, " ".join(both)))
    try:
        for daemon in daemons:
            daemon.start()
        proxy.start()
        with Load(proxy) as load:
            for daemon in daemons:
                assert daemon.stop() == 0
                daemon.start()
        print(f"restarts of both: {dict(load.counts)}")
        assert set(load.counts) == {200}
        assert all(daemon.usage() for daemon in daemons)
    finally:
        proxy.stop()
        for daemon in daemons:
            if daemon.is_running:
                daemon.stop()
