"""Pictures of every state of both pages at four sizes, in both colour schemes, for people to look at. No test:

.build/browser-venv/bin/pytest Tests/Browser/screenshots.py --screenshots DIR
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import pytest
from playwright.sync_api import Page

from demostates import WAYS, Visit
from operatorpage import OperatorPage
from test_demo_states import visit  # noqa: F401
from test_operator import OLD, calls, create  # noqa: F401

SIZES = [(390, 844), (844, 390), (320, 640), (1280, 800)]


sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def take(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Writes the pictures of one state."""
    folder = Path(request.config.getoption("--screenshots"))
    folder.mkdir(parents=True, exist_ok=True)

    def both(page: Page, state: str, whole: bool = False) -> None:
        size = "{width}x{height}".format(**page.viewport_size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            name = f"{state}-{size}-{scheme}.png".replace(" ", "_").replace(",", "")
            page.screenshot(path=folder / name, full_page=whole)

    return both


@sizes
@pytest.mark.parametrize("way", WAYS)
def test_the_demo_page(visit: Visit, take, way, size) -> None:  # noqa: F811
    for number, state in enumerate(WAYS[way](visit)):
        take(visit.page.tab.page, f"{way}-{number:02}-{state}")


@sizes
def test_the_operators_page(open_tab, start, calls, take, size, tmp_path) -> None:  # noqa: F811
    settings = {"QUOTA_ALL": "20", "WATCH": "true", "OPENAI_API_KEY": calls.owner.key, "MAX_CALLS_CLIENT": "60"}
    settings["USAGE_LOG"] = str(tmp_path / "usage.log")
    daemon = start(calls.owner.base_url, json.dumps(OLD).encode(), **settings)
    width, height = size
    page = OperatorPage(open_tab(viewport={"width": width, "height": height}), daemon)
    browser = page.tab.page
    take(browser, "operator-0 before the first request", whole=True)
    for _ in range(12):
        daemon.token()
        daemon.token(origin="https://stranger.example")
    for _ in range(4):
        create(daemon)
    page.tab.until("document.querySelectorAll('#calls-rows button').length === 4")
    take(browser, "operator-1 with calls", whole=True)
    browser.click("#calls-rows button")
    take(browser, "operator-2 the question")
    browser.keyboard.press("Escape")
    Path(daemon.settings["SESSIONS_DIR"], "default.json").write_text("{")
    page.until_text("#attention", "A session file is wrong: default.")
    browser.click("summary")
    take(browser, "operator-3 with things that need attention", whole=True)
    browser.route("**/status", lambda route: route.abort())
    page.until_text("#headline", "The daemon does not answer.")
    take(browser, "operator-4 without the daemon", whole=True)
