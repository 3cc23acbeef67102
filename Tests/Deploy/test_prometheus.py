"""Debian's Prometheus scrapes a daemon under load, and alerts on an outage."""

from __future__ import annotations

import math
import threading
from typing import Iterator

import client
import faults
import pytest
from conftest import Behind
from daemon import SESSION, eventually, write_sessions
from metric_names import DASHBOARD, dashboard_expressions, plain, selectors
from prometheus import Prometheus
from test_metrics import ENDING

#: How many times Prometheus looks, once a second; a machine that does other things as well skips one now and then.
SHORT, LONG = 12, 60


class Load:
    """Clients that request tokens without pause, until they are stopped."""

    def __init__(self, daemon: Behind, clients: int = 2):
        self.statuses: dict[int, int] = {}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(daemon,)) for _ in range(clients)]

    def _ask(self, daemon: Behind) -> None:
        while not self._ended.is_set():
            status = daemon.token(origin=client.ORIGIN).status
            self.statuses[status] = self.statuses.get(status, 0) + 1
            # A pace, so that the machine has something left for the daemon and Prometheus.
            self._ended.wait(0.01)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def daemon(tmp_path, upstream) -> Iterator[Behind]:
    """Without limits, and with a session of which something ends."""
    sessions = write_sessions(tmp_path / "folder", default=SESSION, ending=ENDING)
    settings = {"SESSIONS_DIR": str(sessions), "LIMIT_CLIENT": "off", "LIMIT_ALL": "1000000/min burst 1000000"}
    daemon = Behind(tmp_path / "daemon", upstream, None, settings).start()
    yield daemon
    assert daemon.stop() == 0, daemon.stderr


@pytest.fixture
def prometheus(tmp_path, daemon) -> Iterator[Prometheus]:
    prometheus = Prometheus(tmp_path / "prometheus", int(daemon.settings["OPS_PORT"]))
    try:
        yield prometheus.start()
    finally:
        prometheus.stop()


def variables(prometheus: Prometheus) -> dict[str, str]:
    """The dashboard's variables with "All" selected: the values that Grafana finds, unless one is written there."""
    chosen: dict[str, str] = {}
    for variable in DASHBOARD["templating"]["list"][1:]:
        values = prometheus.labels(plain(variable["definition"], **chosen))
        chosen[variable["name"]] = variable.get("allValue") or "|".join(values)
    return chosen


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [SHORT, pytest.param(LONG, marks=pytest.mark.machine)])
@pytest.mark.timeout(240)
def test_every_series_of_dashboard_and_alerts_is_there_under_load(daemon, prometheus, upstream, wanted):
    with Load(daemon) as load:
        scrapes = f'count_over_time(up{{job="ephemerald"}}[{2 * wanted}s])'
        eventually(lambda: prometheus.value(scrapes) >= wanted, f"{wanted} scrapes", 2 * wanted + 10)
        absent = {selector for selector in selectors() if not prometheus.query(selector)}
        all_of_ours = variables(prometheus)
        panels = {title: prometheus.query(expression) for title, expression in dashboard_expressions(**all_of_ours)}
        firing = prometheus.alerts()
    assert absent == set()
    assert {title for title, values in panels.items() if not values or any(map(math.isnan, values))} == set()
    assert prometheus.query(f'min_over_time(up{{job="ephemerald"}}[{2 * wanted}s])') == [1], "a scrape failed"
    # The same Prometheus scrapes another program, which has a processor, memory and files as well.
    assert all_of_ours["job"] == "ephemerald" and prometheus.value("count(process_open_fds)") == 2
    for panel in ("Answering A", "Answering B", "File descriptors A", "Processor A", "Memory A"):
        assert len(panels[panel]) == 1, panel
    assert panels["Answering B"] == [1]
    assert firing == set(), "an alert without a cause"
    assert load.statuses.keys() == {200}
    # Prometheus has what the daemon counted, which is what OpenAI gave out.
    minted = 'ephemerald_mints_total{session="default",outcome="minted"}'
    eventually(lambda: prometheus.value(minted) == len(upstream.minted), "the last tokens are scraped", 10)
    print(f"{prometheus.value(scrapes):.0f} scrapes, {len(upstream.minted)} tokens")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_an_outage_of_openai_raises_its_alert_and_its_end_lowers_it(daemon, prometheus, upstream):
    failing, burning = "EphemeraldUpstreamFailing", "EphemeraldErrorBudgetBurns"
    with Load(daemon):
        eventually(lambda: prometheus.value("rate(ephemerald_upstream_exchanges_total[5s])") > 0, "load", 20)
        assert not {failing, burning} & (prometheus.alerts("pending") | prometheus.alerts())
        upstream.fault = faults.error(500, "server_error", kind="server_error")
        raised = {failing, burning, "EphemeraldErrorBudgetShrinks"}
        eventually(lambda: prometheus.alerts() == raised, "the outage raises its alerts only", 40)
        upstream.fault = None
        eventually(lambda: prometheus.alerts() == set(), "the end of the outage is seen", 40)
