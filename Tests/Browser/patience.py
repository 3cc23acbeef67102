"""How long tests wait: long enough for a busy machine."""

from __future__ import annotations

from typing import Callable

import daemon

#: Seconds. What is quick in a test costs nothing; the limits of the product are measured by the page's own clock.
PATIENCE = 20.0


def eventually(condition: Callable[[], object], what: str, limit: float = PATIENCE) -> None:
    """Polls until the condition holds."""
    daemon.eventually(condition, what, limit)
