"""How long it takes from a click to an open data channel, in a real browser, with an upstream that answers at once."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "Browser"), str(TESTS / "BlackBox")]

from playwright.sync_api import sync_playwright  # noqa: E402

from browsers import Browsers  # noqa: E402
from callpage import begin, disconnect  # noqa: E402
from daemon import SESSION, Daemon, write_sessions  # noqa: E402
from peer import KEY, Peer  # noqa: E402
from program import ROOT  # noqa: E402
from tab import Tab  # noqa: E402
from web import Web  # noqa: E402

BUTTON = """() => {
  const button = document.body.appendChild(document.createElement("button"));
  button.textContent = "Connect";
  button.onclick = async (event) => {
    await client.connect();
    window.took = performance.now() - event.timeStamp;
  };
}"""
#: The limit for the median, in milliseconds.
LIMIT = 300


def measure(tab: Tab, peer: Peer) -> float:
    """Milliseconds from one click to the open channel; hangs up afterwards."""
    tab.js("() => { window.took = null; }")
    tab.page.click("button")
    tab.until("window.took", 10)
    took = tab.js("window.took")
    disconnect(tab, peer)
    return took


def run(count: int, warm_up: int) -> list[float]:
    peer = Peer().start()
    web = Web(TESTS / "Browser" / "pages", ROOT / "Sources" / "BrowserClient").start()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": peer.base_url,
            "SESSIONS_DIR": str(write_sessions(Path(folder) / "sessions", default=SESSION)),
            "LIMIT_CLIENT": "off",
            "LIMIT_ALL": "off",
        }
        daemon = Daemon(Path(folder), settings).start()
        browsers = Browsers(playwright, Path(folder))
        tab = begin(Tab(browsers["tone"]), web, daemon)
        tab.js(BUTTON)
        try:
            return [measure(tab, peer) for _ in range(warm_up + count)][warm_up:]
        finally:
            tab.close()
            browsers.close()
            daemon.stop()
            web.stop()
            peer.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30, help="how many calls are measured (default 30)")
    parser.add_argument("--warm-up", type=int, default=3, help="how many go before them (default 3)")
    arguments = parser.parse_args()
    took = sorted(run(arguments.count, arguments.warm_up))
    figures = {
        "benchmark": "browser_connect",
        "unit": "ms",
        "count": len(took),
        "min": round(took[0], 1),
        "median": round(statistics.median(took), 1),
        "p90": round(took[int(0.9 * (len(took) - 1))], 1),
        "max": round(took[-1], 1),
        "limit_median": LIMIT,
    }
    print(json.dumps(figures))
    return 0 if figures["median"] < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
