"""The instructions of a request are those of instructions.json: what gets slower by 5 % does so on purpose."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import instructions
import pytest

TOLERANCE = 0.05
TABLE = json.loads(instructions.TABLE.read_text())

#: The C library picks its routines by what the processor can do.
IS_LIKE_THE_TABLE = platform.machine() == "x86_64" and "avx2" in Path("/proc/cpuinfo").read_text()

pytestmark = pytest.mark.skipif(not IS_LIKE_THE_TABLE, reason="the table is of x86-64 with AVX2")


@pytest.fixture(scope="module")
def figures(tmp_path_factory) -> dict[str, int]:
    directory = tmp_path_factory.mktemp("instructions")
    return instructions.measure(instructions.cases(directory), directory)


def test_the_table_has_every_kind_of_request(figures):
    assert figures.keys() == TABLE.keys()


@pytest.mark.parametrize("kind", TABLE)
def test_a_request_costs_what_the_table_says(figures, kind):
    change = figures[kind] / TABLE[kind] - 1
    assert abs(change) <= TOLERANCE, (
        f"{kind}: {figures[kind]} instructions instead of {TABLE[kind]} ({change:+.1%}); "
        "if that is the purpose of the change: Tests/Performance/instructions.py --update"
    )
