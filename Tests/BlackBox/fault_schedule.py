"""One run of the fault schedules: a daemon between a faulty network, a clock that jumps, a full disk and scarce memory, all
by a seed, and what must be true at its end."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import ssl
import time
from pathlib import Path

import call_client
from call_client import session
from conftest import settings_for
from daemon import SESSION, Daemon, eventually, write_sessions
from fake_calls import Calls
from fake_openai import FakeOpenAI
from fault_proxy import FaultProxy
from mixed_load import MixedLoad
from scarcity import HAS_SANITIZER, Scarcity
from test_metrics import series
from test_quotas import DAY, faked

#: Places for calls; the run ends with as many calls as that, to see that each place was given back.
PLACES = 60
QUOTA = 1_000_000
#: Whether Redis and memory fail as well. By hand only: whether Redis answers within 50 ms depends on the machine.
IS_ALL = "BLACKBOX_FAULT_ALL" in os.environ
#: From so many requests on the upstream's name is rarely wrong, and clients pause after a 503. Otherwise an open circuit
#: breaker refuses nine of ten requests within seconds, and few connections are hurt.
LONG = 1_000
PATHS = {"/api/realtime/token", "/api/realtime/calls"}


class Schedule:
    """What fails is chosen by the number of the seed, so that twenty seeds in a row have every combination of two."""

    def __init__(self, seed: int, folder: Path, library: Path, redis=None, authority=None):
        self.seed, self.folder, self.redis = seed, folder, redis
        self.random = random.Random(f"schedule {seed}")
        self.has_tls = authority is not None
        self.has_few_descriptors = seed % 5 == 0
        self.clock = folder / "clock" if seed % 4 == 1 and not HAS_SANITIZER else None
        self.has_full_disk = seed % 4 == 2
        self.has_scarce_memory = seed % 4 == 3 and IS_ALL and not HAS_SANITIZER
        self.authority = authority
        self.upstream = FakeOpenAI(tls=self._context("localhost"), delay=0.002)
        self.calls = Calls(self.upstream)
        self.stray = FakeOpenAI(tls=self._context("other")) if self.has_tls else None
        self.scarcity = Scarcity(folder, library)
        self.config = folder / "config.json"
        #: How often the daemon had to be started again.
        self.deaths = 0
        self.is_over, self.is_up = False, True

    def _context(self, name: str) -> ssl.SSLContext | None:
        if self.authority is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority[f"{name}.pem"], self.authority[f"{name}.key"])
        return context

    def run(self, requests: int) -> MixedLoad:
        """The whole schedule; raises what is wrong at its end."""
        self.upstream.start()
        if self.stray:
            self.stray.start()
        try:
            return asyncio.run(self._run(requests))
        finally:
            self.upstream.stop()
            if self.stray:
                self.stray.stop()

    async def _run(self, requests: int) -> MixedLoad:
        self.proxies = [await FaultProxy(f"upstream {self.seed}", self.upstream.port).start()]
        if self.redis is not None:
            self.proxies.append(await FaultProxy(f"redis {self.seed}", self.redis.port, stall=0.2).start())
        if self.stray:
            self.proxies[0].stray = self.stray.port
        daemon = await asyncio.to_thread(self._start)
        try:
            # A Live session keeps its place for the time that its creation pays for: most schedules have none.
            names = ("default", "live") if self.seed % 7 == 4 else ("default",)
            clients = 8 if self.has_few_descriptors else 24
            load = MixedLoad(daemon.port, f"load {self.seed}", clients, names, pause=0.25 if requests >= LONG else 0.0)
            self.names = [self.base] * (9 if requests >= LONG else 1) + ["https://nowhere.invalid/v1"]
            faults = [asyncio.create_task(self._hurt(daemon)), asyncio.create_task(self._revive(daemon))]
            await load.run(requests)
            self.is_over = True
            await asyncio.gather(*faults)
            self.scarcity.set()
            if not daemon.is_running:
                await asyncio.to_thread(self._start_again, daemon)
            await asyncio.to_thread(self._heal, daemon)
            await asyncio.to_thread(self._judge, daemon, load)
            return load
        finally:
            daemon.process.kill()
            daemon.process.wait()
            for proxy in self.proxies:
                await proxy.stop()

    def _start(self) -> Daemon:
        sessions = write_sessions(self.folder / "sessions", default=SESSION, live=call_client.LIVE)
        write_sessions(sessions, default=session(call={"lease_seconds": 10}), last=SESSION)
        self.base = f"{'https' if self.has_tls else 'http'}://127.0.0.1:{self.proxies[0].port}/v1"
        self.config.write_text(json.dumps({"openai-base-url": self.base}))
        settings = settings_for(
            self.upstream, sessions, OPENAI_BASE_URL=None, CONFIG=str(self.config), LOOPS="2",
            USAGE_LOG=str(self.folder / "usage.log"), MAX_CALLS=str(PLACES), MAX_CALLS_CLIENT="100000",
            QUOTA_ALL=str(QUOTA), UPSTREAM_TIMEOUT="2s", UPSTREAM_CONNECT_TIMEOUT="500ms", MAX_IN_FLIGHT="16",
        )  # fmt: skip
        if self.has_tls:
            settings["UPSTREAM_CA_FILE"] = self.authority["ca.pem"]
        if self.redis is not None:
            settings["REDIS_URL"] = f"redis://127.0.0.1:{self.proxies[1].port}"
        environment = dict(self.scarcity.environment)
        if self.clock:
            clocks = faked(0)
            # Around noon, so that no step leaves the day.
            self.noon = DAY / 2 - time.time() % DAY
            self.clock.write_text(f"{self.noon:+.0f}")
            del clocks["FAKETIME"]
            environment |= clocks | {"FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1"}
            environment["LD_PRELOAD"] += ":" + self.scarcity.environment["LD_PRELOAD"]
        environment["SWIFT_BACKTRACE"] = "enable=no"
        daemon = Daemon(self.folder / "daemon", settings | environment)
        if self.has_few_descriptors:
            # The limit of descriptors, hard and soft.
            daemon.wrapper = ["prlimit", "--nofile=64:64"]
        started = daemon.start()
        if self.redis is not None:
            eventually(lambda: series(daemon)["ephemerald_redis_away"] == 0, "Redis counts")
        return started

    async def _hurt(self, daemon: Daemon) -> None:
        """Turns one knob after the other until all requests are answered."""
        while not self.is_over:
            for proxy in self.proxies:
                proxy.rate = self.random.choice((0.0, 0.05, 0.2))
                proxy.is_down = self.random.random() < 0.1
            if self.has_scarce_memory:
                self.scarcity.set(one_in=self.random.choice((0, 200, 1_000)))
            if self.has_full_disk:
                self.scarcity.set(is_full=self.random.random() < 0.4)
            if self.clock:
                self.clock.write_text(f"{self.noon + self.random.choice((-3, 0, 3)) * 3_600:+.0f}")
            if self.random.random() < 0.3:
                self.config.write_text(json.dumps({"openai-base-url": self.random.choice(self.names)}))
                # Only a process that serves is ready for it.
                if self.is_up and daemon.is_running:
                    daemon.process.send_signal(signal.SIGHUP)
            await asyncio.sleep(0.05 + self.random.random() * 0.1)

    async def _revive(self, daemon: Daemon) -> None:
        """Does what a service manager does: Swift ends a process that has no memory."""
        while not self.is_over:
            await asyncio.sleep(0.02)
            if not daemon.is_running:
                await asyncio.to_thread(self._start_again, daemon)

    def _start_again(self, daemon: Daemon) -> None:
        self.deaths += 1
        self.scarcity.set()
        self.is_up = False
        daemon.start()
        self.is_up = True

    def _heal(self, daemon: Daemon) -> None:
        """Nothing fails any more, and all calls are ended."""
        for proxy in self.proxies:
            proxy.rate, proxy.is_down, proxy.stray = 0.0, False, None
        self.scarcity.set()
        self.config.write_text(json.dumps({"openai-base-url": self.base}))
        before = daemon.stderr.count("reload")
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: daemon.stderr.count("reload") > before, "the last reload")
        if self.redis is not None:
            eventually(lambda: series(daemon)["ephemerald_redis_away"] == 0, "Redis counts again")
        # A daemon that died while it was ending a call leaves it to the next one after 30 seconds.
        deadline = time.monotonic() + 40
        while left := self._left(daemon):
            assert time.monotonic() < deadline, (left, daemon.stderr[-2000:])
            time.sleep(0.02)

    def _left(self, daemon: Daemon) -> list[str]:
        """What is not over yet. A call whose hang-up was answered into a broken connection is over for the upstream, but
        for a minute the daemon does not believe that it is not found."""
        daemon.operations("DELETE", "/calls?all=true")
        found = series(daemon)
        self.ending = daemon.operations("GET", "/calls").json()["calls"]
        text = (self.folder / "usage.log").read_text()
        return (
            [name for name in ("ephemerald_in_flight", "ephemerald_waiting") if found[name]]
            + [call["id"] for call in self.ending if call["state"] != "ending"]
            + [call.id for call in self.calls.open if call.id in text]
        )

    def _judge(self, daemon: Daemon, load: MixedLoad) -> None:
        # Only what was under way when the daemon ended for lack of memory has no answer.
        assert len(load.wrong) <= self.deaths * load.clients, (load.wrong[:5], daemon.stderr[-2000:])
        assert self.deaths == 0 or self.has_scarce_memory, daemon.stderr[-2000:]
        assert load.refused == 0 or self.deaths
        assert "Sanitizer" not in daemon.stderr, daemon.stderr
        found = series(daemon)
        text = (self.folder / "usage.log").read_text()
        # A log that cannot be read to see how it ends, for lack of descriptors, goes on after an empty line.
        lines = [json.loads(line) for line in text.splitlines() if line]
        lines = [line for line in lines if "event.name" not in line and line.get("url.path") in PATHS]
        unwritten = found["ephemerald_usage_log_failures_total"]
        assert unwritten == 0 or self.has_full_disk
        # A client that has left may never have been heard.
        unheard = load.left + len(load.wrong)
        assert load.requests - unwritten <= len(lines) <= load.requests + unheard, (len(lines), load.answers)
        good = sum(line["http.response.status_code"] in (200, 201) for line in lines)
        answered = load.count("token", 200) + load.count("call", 201)
        assert answered - unwritten <= good <= answered + unheard, (good, load.answers)
        if self.redis is None and not unwritten:
            assert found["ephemerald_quota_taken"] == good
        # A call may be open upstream only if its creation was never answered to the daemon, or while it is being ended.
        failed = [line for line in lines if line["http.response.status_code"] in (502, 504)]
        lost = sum(line["url.path"] == "/api/realtime/calls" for line in failed)
        # Nobody can end a Live session whose creation had no answer, so it keeps its place as if it had been created.
        self.lost = sum(line.get("ephemerald.session.name") == "live" for line in failed)
        assert len(self.calls.open) <= lost + unwritten + len(load.wrong) + len(self.ending), lost
        self._fill(daemon, load)

    def _fill(self, daemon: Daemon, load: MixedLoad) -> None:
        """Every place is free again, and there is not one more."""
        # An open circuit breaker lets one creation through every two seconds.
        eventually(lambda: call_client.create(daemon).status in (201, 429), "the upstream is called again")
        eventually(lambda: not self._left(daemon), "that call is ended, too")
        kept = self.lost + len(self.ending) + sum(call.kind == "live" for call in self.calls.all)
        # A place whose reservation or return Redis did not answer is free after a minute.
        kept += (load.codes["limits_unavailable"] + len(load.wrong)) if self.redis else 0
        statuses = []
        while len(statuses) <= PLACES:
            status = call_client.create(daemon, "last").status
            if status != 503:
                statuses.append(status)
            elif self.redis:
                kept += 1
        free = statuses.count(201)
        assert PLACES - kept <= free <= PLACES, statuses
        # A place that was kept may become free at any moment.
        assert kept or statuses == [201] * free + [429] * (PLACES + 1 - free), statuses
