"""Many calls in one page."""

from __future__ import annotations

import pytest

from callpage import begin, connect, disconnect

#: After about fifty calls the heap stays as it is: until then functions are compiled that few calls need.
WARM_UP, CALLS = 30, 50


def metrics(session) -> dict[str, float]:
    """Heap in bytes, DOM nodes and event listeners, after everything that is garbage has been collected."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    values = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return {name: values[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}


@pytest.mark.slow
def test_fifty_calls_leave_neither_memory_nor_nodes_nor_tracks(open_tab, web, daemon, peer, record_property):
    tab = begin(open_tab(), web, daemon)
    session = tab.context.new_cdp_session(tab.page)
    session.send("Performance.enable")

    def calls(count: int) -> dict[str, float]:
        for _ in range(count):
            connect(tab, peer)
            disconnect(tab, peer)
        tab.js("() => { log.length = 0; window.outcomes = {}; }")
        return metrics(session)

    before = calls(WARM_UP)
    after = calls(CALLS)
    record_property("metrics", f"{before} -> {after}")
    assert after["Nodes"] <= before["Nodes"]
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] < 200_000
    assert tab.js("ledger.tracks.size + ledger.peers.size") == 0
    assert len(peer.used) == WARM_UP + CALLS
