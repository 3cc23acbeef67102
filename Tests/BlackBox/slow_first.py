"""A hook of pytest that lets the workers of xdist begin with the slow tests; both suites of Python import it."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Starts the slow tests first: each worker begins with an equal share of the list, and of the slow ones."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    rest = [item for item in items if not item.get_closest_marker("slow")]
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    share = -(-len(items) // workers)
    items[:] = []
    for worker in range(workers):
        first = slow[worker::workers]
        items += first + rest[: share - len(first)]
        del rest[: share - len(first)]
    items += rest
