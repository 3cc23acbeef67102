"""Every state of the demo page in every size and both colour schemes: axe-core finds nothing, and everything fits."""

from __future__ import annotations

import pytest

from demopage import DemoPage
from demostates import WAYS, Visit

BOTH = ("light", "dark")
#: From the smallest phone to a laptop; 640 × 400 is a laptop's page at 200 %. Each layout is seen in dark colours, too.
SIZES = {(320, 640): BOTH, (390, 844): ("light",), (844, 390): ("light",), (640, 400): BOTH, (768, 1024): ("light",)}
SIZES |= {(1280, 800): BOTH}
#: Texts differ between the reasons of a refusal, and nothing else does.
NARROW = {(320, 640): BOTH}
#: What is wider than the page, and every button that is narrower than its text.
TOO_WIDE = """() => {
  const buttons = [...document.querySelectorAll("button")].filter((button) => button.checkVisibility());
  const pages = [document.documentElement, document.body, document.getElementById("conversation")];
  return [...buttons, ...pages].filter(({scrollWidth, clientWidth}) => scrollWidth > clientWidth)
    .map((element) => element.id || element.tagName);
}"""


@pytest.fixture
def visit(request, open_tab, start, peer) -> Visit:
    parrot = {"SANDBOX": "true", "OPENAI_API_KEY": None, "OPENAI_BASE_URL": None}
    sandboxed = request.node.callspec.params["way"] == "with the parrot"
    daemon = start(peer.base_url, DEMO="true", **(parrot if sandboxed else {}))
    width, height = request.node.callspec.params.get("size", (1280, 800))
    tab = open_tab(viewport={"width": width, "height": height})
    return Visit(DemoPage(tab, daemon, query="?call" if sandboxed else ""), peer)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_state_is_for_everyone_in_every_size(visit, way):
    # A row of the list of events is like the next one, and every row costs time.
    visit.page.tab.page.select_option("#events-side", "page")
    for state in WAYS[way](visit):
        for (width, height), schemes in (NARROW if way == "refusals" else SIZES).items():
            visit.page.tab.page.set_viewport_size({"width": width, "height": height})
            visit.page.assert_accessible(f"{state}, {width} x {height}", schemes)
            assert visit.page.tab.js(TOO_WIDE) == [], f"{state}, {width} px"
    visit.page.tab.assert_nothing_is_left()
