"""The demo page as the daemon serves it, and what axe-core finds in it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

from daemon import Daemon
from patience import PATIENCE, eventually
from tab import Tab

#: Every rule in the colours of the day; at night, only what depends on colours.
AXE = """async (rules) => {
  let limit;
  const late = new Promise((_, reject) => { limit = setTimeout(() => reject(new Error("axe is too slow")), 15000); });
  // Only what is wrong is of interest, which takes half the time. The style sheets are of this origin.
  const options = {preload: false, resultTypes: ["violations"]};
  if (rules) options.runOnly = {type: "rule", values: rules};
  const {violations} = await Promise.race([axe.run(document, options), late]);
  clearTimeout(limit);
  return violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => [id, target, failureSummary]));
}"""
FOCUSED = "document.activeElement?.id || document.activeElement?.tagName"


class DemoPage:
    """One visit to the page. Takes note of every request that it makes."""

    def __init__(self, tab: Tab, daemon: Daemon, host: str = "localhost", query: str = ""):
        self.tab = tab
        self.requests: list[str] = []
        tab.page.on("request", lambda request: self.requests.append(request.url))
        tab.go(f"http://{host}:{daemon.port}/{query}")
        tab.until("document.querySelector('#call') && !document.querySelector('#call').disabled")

    def text(self, name: str) -> str:
        return self.tab.js("id => document.getElementById(id).innerText", name)

    def until_text(self, name: str, words: str, limit: float = PATIENCE) -> None:
        eventually(lambda: words in self.text(name), f"#{name} says {words!r}, not {self.text(name)!r}", limit)

    def until_phase(self, phase: str, limit: float = PATIENCE) -> None:
        self.tab.until(f"document.body.dataset.phase === '{phase}'", limit)

    def focused(self) -> str:
        return self.tab.js(FOCUSED)

    def tab_to(self, name: str, backwards: bool = False) -> None:
        """Presses the tabulator until the element of that id has the focus."""
        passed = []
        for _ in range(60):
            if self.focused() == name:
                return
            self.tab.page.keyboard.press("Shift+Tab" if backwards else "Tab")
            passed.append(self.focused())
        raise AssertionError(f"#{name} cannot be reached by keyboard; the way went over {passed}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.page.keyboard.press(key)

    def assert_accessible(self, state: str, schemes: tuple[str, ...] = ("light", "dark")) -> None:
        """No violation of any rule of axe-core in light colours, and enough contrast in dark ones."""
        if not self.tab.js("'axe' in window"):
            self.tab.js(AXE_SCRIPT)
        for scheme in schemes:
            rules = None if scheme == "light" else ["color-contrast"]
            self.tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found: list[Any] = self.tab.js(AXE, rules)
            assert found == [], f"{state}, {scheme}: {found}"

    def screenshot(self, folder: str) -> None:
        """The pictures of the README: the page as it is now, in light and in dark colours."""
        self.tab.page.set_viewport_size({"width": 1040, "height": 720})
        for scheme in ("light", "dark"):
            self.tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.tab.page.screenshot(path=f"{folder}/demo-{scheme}.png")

    def assert_at_home(self, *origins: str) -> None:
        """Nothing was asked of anybody but the daemon and these, and no policy was broken."""
        own = self.tab.js("location.origin")
        strangers = [url for url in self.requests if not url.startswith((own, *origins, "blob:" + own, "data:"))]
        assert strangers == []
        assert [line for line in self.tab.console if "Content Security Policy" in line] == []
