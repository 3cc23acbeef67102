"""What the connection monitor reports for a call on loopback."""

from __future__ import annotations

from callpage import begin, connect, disconnect
from patience import PATIENCE


def test_the_monitor_measures_differences(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, monitor={"interval": 150})
    tab.js("() => { window.stats = []; client.on('stats', (detail) => stats.push(detail)); }")
    connect(tab, peer)
    tab.until("stats.length > 2 && stats.at(-1).receivedBitrate > 0 && stats.at(-1).sentBitrate > 0")
    for stats in tab.js("stats"):
        assert 0 < stats["interval"] < 60_000, stats
        # The peer answers when the machine lets it; what the differences are, the unit tests compare.
        assert 0 <= (stats["rtt"] or 0) < 1000 * PATIENCE and 0 <= (stats["loss"] or 0) <= 1, stats
        assert 0 <= stats["receivedBitrate"] < 1e6 and 0 <= stats["sentBitrate"] < 1e6, stats
    assert tab.js("client.monitor.stats !== undefined && client.monitor.quality !== 'unknown'")
    disconnect(tab, peer)
    assert tab.js("[client.monitor.quality, client.monitor.stats ?? null]") == ["unknown", None]


def test_a_change_of_quality_is_told(open_tab, web, daemon, peer):
    fair, poor = {"rtt": 0, "jitter": 0, "loss": 0}, {"rtt": 1e6, "jitter": 1e6, "loss": 2}
    tab = begin(open_tab(), web, daemon, monitor={"interval": 150, "fair": fair, "poor": poor})
    connect(tab, peer)
    tab.until("said('quality').length > 0")
    [change] = tab.js("said('quality').slice(0, 1).map(({quality, previous}) => [previous, quality])")
    assert change == ["unknown", "fair"]
    disconnect(tab, peer)
