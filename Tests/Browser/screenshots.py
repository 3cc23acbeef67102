"""Pictures of every state of the demo page at four sizes, in both colour schemes, for people to look at. No test:

.build/browser-venv/bin/pytest Tests/Browser/screenshots.py --screenshots DIR
"""

from __future__ import annotations

from pathlib import Path

import pytest

from demostates import WAYS, Visit
from test_demo_states import visit  # noqa: F401

SIZES = [(390, 844), (844, 390), (320, 640), (1280, 800)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("way", WAYS)
def test_pictures(visit: Visit, way: str, size: tuple[int, int], request: pytest.FixtureRequest) -> None:  # noqa: F811
    folder = Path(request.config.getoption("--screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    for number, state in enumerate(WAYS[way](visit)):
        for scheme in ("light", "dark"):
            visit.page.tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            name = f"{way}-{number:02}-{state}-{size[0]}x{size[1]}-{scheme}.png".replace(" ", "_").replace(",", "")
            visit.page.tab.page.screenshot(path=folder / name)
