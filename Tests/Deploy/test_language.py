"""Plain language in everything that a user reads: documents, the OpenAPI description, and texts in the code.

Each pattern is a habit with no other meaning, so that a finding is always a sentence to rewrite.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Iterator

import pytest
from tools import DEPLOY, ROOT

SOURCES = ROOT / "Sources"

#: What to write instead of each habit.
HABITS = {
    r"anew": "again",
    r"who(?:m)?ever": "anyone who, a client that",
    r"be it": "even if",
    r"stands? (?:twice|behind|alone)": "is repeated, follows, alone",
    r"(?:is|are|was|were|be) told|told of|hears? of|heard of": "is reported, logged, notified",
    r"comes? of (?:it|its|that|them|this)|becomes? of": "the result, the outcome",
    r"reckons?(?: with)?": "expects",
    r"(?:hold|holds|held) (?:\w+ )?against": "compare with, check against",
    r"at the most": "at most",
    r"mends?|mended": "fixes",
    r"remarks?|remarked": "logs, reports",
    r"belongs? into": "belongs in",
    r"he|him|his|himself|she|her": "they, the caller",
    r"(?:it|this|that|which|they|code) (?:is|are) no (?!(?:longer|such|more|less|fewer|later)\b)\w+": "is not a",
    r"(?-i:Counted|Compared|Needed|Listed|Allowed|Tried|Measured|Shown|Kept) (?:is|are)": "the subject first",
}
PATTERN = re.compile("|".join(rf"(\b(?:{habit})\b)" for habit in HABITS), re.I)

DOCUMENTS = sorted(
    {
        *(ROOT / name for name in ("README.md", "sessions/README.md")),
        *DEPLOY.rglob("*.md"),
        *SOURCES.rglob("*.md"),
        *(ROOT / ".github").glob("*.md"),
        *(path for path in (ROOT / "Tests").rglob("README.md") if ".pytest_cache" not in path.parts),
    }
)


def findings(texts: Iterator[tuple[int, str]]) -> list[str]:
    """A line for each habit found, with the words around it and what to write instead."""
    found = []
    for line, text in texts:
        for match in PATTERN.finditer(text):
            around = " ".join(text[max(match.start() - 40, 0) : match.end() + 40].split())
            instead = list(HABITS.values())[match.lastindex - 1]
            found.append(f"line {line}: {match[0]!r} in “{around}”; write: {instead}")
    return found


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The paragraphs of a document, each with the line that it begins on, without code."""
    text = re.sub(r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), path.read_text(), flags=re.M | re.S)
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", text):
        yield line, re.sub(r"`[^`]*`", "code", paragraph)
        line += paragraph.count("\n")


#: In code: a comment, the begin of a literal, or a parenthesis.
CODE = re.compile(r'//[^\n]*|/\*.*?\*/|(?P<begin>#*(?:"""|"))|[()]', re.S)


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The strings in a Swift file, each with its line. What is interpolated in a string is code, with strings in it."""
    text = path.read_text()
    found: list[tuple[int, str]] = []

    def code(place: int, depth: int) -> int:
        """Reads code up to the parenthesis that ends an interpolation, or up to the end of the file."""
        while (match := CODE.search(text, place)) is not None:
            place = match.end()
            if match["begin"]:
                place = literal(place, match["begin"])
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            if depth < 0:
                return place
        return len(text)

    def literal(place: int, begin: str) -> int:
        """Reads a literal up to its end."""
        start, hashes, words = place, begin.rstrip('"'), ""
        end = begin[len(hashes) :] + hashes
        while not text.startswith(end, place):
            if text.startswith(f"\\{hashes}(", place):
                place = code(place + 2 + len(hashes), 0)
                words += "code"
                continue
            step = 2 if text[place] == "\\" and not hashes else 1
            words += text[place : place + step]
            place += step
        found.append((text.count("\n", 0, start) + 1, words))
        return place + len(end)

    code(0, 0)
    return iter(sorted(found))


def described(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of the OpenAPI description. The line is that of a text's first words."""
    text = path.read_text()

    def texts(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for name, member in value.items():
                if name in ("description", "summary", "title", "detail") and isinstance(member, str):
                    yield member
                else:
                    yield from texts(member)
        elif isinstance(value, list):
            for member in value:
                yield from texts(member)

    for found in texts(json.loads(text)):
        place = text.find(json.dumps(found, ensure_ascii=False)[:40])
        yield text.count("\n", 0, max(place, 0)) + 1, re.sub(r"`[^`]*`", "code", found)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_are_plain(path):
    found = findings(prose(path))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("target", sorted(path.name for path in SOURCES.iterdir() if any(path.rglob("*.swift"))))
def test_texts_in_the_code_are_plain(target):
    found = [
        f"{path.relative_to(ROOT)}, {line}"
        for path in sorted((SOURCES / target).rglob("*.swift"))
        for line in findings(literals(path))
    ]
    assert not found, "\n".join(found)


def test_the_description_is_plain():
    found = findings(described(SOURCES / "COpenAPI" / "openapi.json"))
    assert not found, "\n".join(found)


def test_habits_are_found_and_code_is_not(tmp_path):
    document = tmp_path / "a.md"
    document.write_text("# A\n\nThe file is read\nanew. `whoever`\n\n```\nbe it\n```\n")
    (found,) = findings(prose(document))
    assert found == "line 3: 'anew' in “The file is read anew. code”; write: again"
    source = tmp_path / "a.swift"
    source.write_text(
        '// whoever\nlet a = "\\(told(anew: "is told")) of"\n'
        'let b = #"a "b" anew"#\nlet c = """\n  He reads.\n  """\n'
    )
    assert [found.split(" in ")[0] for found in findings(literals(source))] == [
        "line 2: 'is told'",
        "line 3: 'anew'",
        "line 4: 'He'",
    ]
    description = tmp_path / "a.json"
    description.write_text('{\n"his": {"description": "Mended."}}')
    assert [found.split(" in ")[0] for found in findings(described(description))] == ["line 2: 'Mended'"]
