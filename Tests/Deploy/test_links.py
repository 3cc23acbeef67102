"""Every relative link or picture in a Markdown file of the repository leads to a file, and its anchor to a heading."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tools import ROOT

LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
LINK = re.compile(r'(?<=\]\()[^)\s]+(?=\))|(?<=\bsrc=")[^"]+|(?<=\bsrcset=")[^"]+')


def pages() -> list[Path]:
    listed = subprocess.run(LISTED, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def prose(page: Path) -> str:
    """The page without its blocks and pieces of code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`(?!\]\()", "code", text)


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings; a repeated one gets a number."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S), re.M):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(name if name not in found else f"{name}-{sum(other.startswith(name) for other in found)}")
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    broken = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (page.parent / file).resolve() if file else page
        if not goal.exists() or not goal.is_relative_to(ROOT) or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert not broken


def test_the_links_are_found():
    assert len(pages()) > 15 and sum(len(LINK.findall(prose(page))) for page in pages()) > 100


def test_the_tests_of_each_trust_boundary_exist():
    page = ROOT / "deploy/security.md"
    table = page.read_text().partition("## Trust boundaries")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if "→" in line]
    named = [re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", row) for row in rows]
    assert len(rows) > 15 and all(named), "a boundary without a test"
    missing = [
        (test, file)
        for test, file in sum(named, [])
        if not re.search(
            rf"^def {re.escape(test)}\(" if file.endswith(".py") else rf"func `{re.escape(test)}`",
            (page.parent / file).read_text(),
            re.M,
        )
    ]
    assert not missing
