"""Many people with one address, as in an office: what the defaults do, and what deploy/limits.md recommends."""

from __future__ import annotations

import re
import shlex
from collections import Counter

from daemon import Daemon
from program import ROOT

COLLEAGUES = 12
(LINE,) = re.findall(r"(?m)^AUTH=proxy LIMIT_CALLER=.*$", (ROOT / "deploy/limits.md").read_text())
RECOMMENDED = dict(setting.split("=", 1) for setting in shlex.split(LINE))
#: The tests' own settings turn the limits off.
DEFAULTS = {"LIMIT_CLIENT": None, "LIMIT_ALL": None, "LIMIT_REFUSALS": None}


def ask(daemon: Daemon, user: int) -> int:
    fields = {"X-Forwarded-For": "192.0.2.1", "X-Auth-Request-User": f"user{user}@example.com"}
    return daemon.token(fields=fields).status


def test_the_defaults_are_for_one_person_at_an_address(start, upstream, sessions):
    daemon = start(upstream, sessions, TRUSTED_PROXIES="127.0.0.1", **DEFAULTS)
    assert Counter(ask(daemon, user) for user in range(COLLEAGUES)) == {200: 5, 429: 7}


def test_the_recommended_settings_admit_an_office_and_limit_each_caller(start, upstream, sessions):
    daemon = start(upstream, sessions, TRUSTED_PROXIES="127.0.0.1", **(DEFAULTS | RECOMMENDED))
    for _ in range(5):
        assert {ask(daemon, user) for user in range(COLLEAGUES)} == {200}
    # The sixth at once is too many for one person; the address has none left for a thirteenth after that.
    assert ask(daemon, 0) == 429
    assert daemon.usage(5 * COLLEAGUES + 1)[-1]["ephemerald.limit.dimension"] == "caller"
