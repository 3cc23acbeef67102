"""The operator's page as the daemon serves it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

from daemon import Daemon
from demopage import AXE
from patience import eventually
from tab import Tab

SIZES = ((320, 640), (1280, 900))
SCHEMES = ("light", "dark")


class OperatorPage:
    """One visit to the page. Takes note of every request that it makes."""

    def __init__(self, tab: Tab, daemon: Daemon):
        self.tab = tab
        self.origin = f"http://localhost:{daemon.settings['OPS_PORT']}"
        self.requests: list[str] = []
        self.ended: list[str] = []
        tab.page.on("request", lambda request: self.requests.append(request.url))
        for way in ("requestfinished", "requestfailed"):
            tab.page.on(way, lambda request: self.ended.append(request.url))
        tab.go(self.origin + "/")
        tab.until("!document.querySelector('#content').hidden")

    def text(self, selector: str) -> str:
        return self.tab.js("name => document.querySelector(name).innerText", selector)

    def number(self, selector: str) -> int:
        """The first number of a text."""
        return int(self.text(selector).split()[0].replace(",", ""))

    def until_text(self, selector: str, words: str) -> None:
        self.tab.until(f"document.querySelector({selector!r}).innerText.includes({words!r})")

    def reads(self) -> int:
        """How often the state was read. Requests are noted while the browser is asked something."""
        self.tab.js("0")
        return sum(url.endswith("/status") for url in self.requests)

    def until_it_rests(self) -> int:
        """Waits for the reading that is under way, and returns how often the state was read."""

        def rests() -> bool:
            return self.reads() == sum(url.endswith("/status") for url in self.ended)

        eventually(rests, "no reading is under way")
        return self.reads()

    def assert_accessible(self, state: str) -> None:
        """No violation of any rule of axe-core in any size and colours, and nothing beyond the right edge."""
        if not self.tab.js("'axe' in window"):
            self.tab.js(AXE_SCRIPT)
        for width, height in SIZES:
            self.tab.page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                self.tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                found: list[Any] = self.tab.js(AXE, None)
                assert found == [], f"{state}, {width} px, {scheme}: {found}"
            assert self.tab.js("document.documentElement.scrollWidth - innerWidth") <= 0, (state, width)

    def assert_at_home(self) -> None:
        """Nothing was asked of anybody but the daemon, and no policy was broken."""
        assert [url for url in self.requests if not url.startswith(self.origin + "/")] == []
        assert [line for line in self.tab.console if "Content Security Policy" in line] == []
