"""The metrics of a scrape, and those that the dashboard and the alerts use."""

from __future__ import annotations

import json
import re
from typing import Iterator, NamedTuple

import raw
import yaml
from daemon import Daemon
from tools import DEPLOY

PROMETHEUS = DEPLOY / "prometheus"
RULE_FILES = sorted(PROMETHEUS.glob("*.rules.yaml"))
TEST_FILES = sorted(PROMETHEUS.glob("*.test.yaml"))
RULES = [
    rule for file in RULE_FILES for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARD = json.loads((DEPLOY / "grafana/ephemerald.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

#: Prometheus makes it of every scrape.
OF_PROMETHEUS = {"up"}
#: A metric, recorded or not, with the labels in braces after it.
SELECTOR = re.compile(r"(?<![\w:])((?:job:)?(?:ephemerald|process|http_server)_[\w:]+|up)(?![\w:])(\{[^}]*\})?")
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class Family(NamedTuple):
    """What a scrape says of one metric, under the name that its series have (a histogram's without `_bucket`)."""

    kind: str
    labels: frozenset[str]


def plain(expression: str, job: str = "ephemerald", instance: str = ".+") -> str:
    """An expression of the dashboard as Grafana sends it."""
    return expression.replace("$job", job).replace("$instance", instance).replace("$__rate_interval", "5s")


def dashboard_expressions(**variables: str) -> Iterator[tuple[str, str]]:
    """Title and expression of each query, the variables put in."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", plain(target["expr"], **variables)


def selectors() -> set[str]:
    """Everything that the dashboard and the alerts select, with its labels and without its range."""
    expressions = [expression for _, expression in dashboard_expressions()]
    expressions += [rule["expr"] for rule in RULES]
    expressions += [plain(variable["definition"]) for variable in DASHBOARD["templating"]["list"][1:]]
    return {"".join(found) for expression in expressions for found in SELECTOR.findall(expression)}


def scrape(daemon: Daemon, accept: str | None = None) -> str:
    """What the operations listener answers."""
    port = int(daemon.settings["OPS_PORT"])
    fields = {"Accept": accept} if accept else {}
    answer = raw.exchange(port, raw.head("GET", "/metrics", fields, host=f"127.0.0.1:{port}")).only()
    assert answer.status == 200
    return answer.body.decode()


def names(text: str) -> set[str]:
    """The names of the series."""
    return {re.match(r"\w+", line)[0] for line in text.splitlines() if not line.startswith("#")}


def families(text: str) -> dict[str, Family]:
    """Each metric of a scrape in OpenMetrics, the only format that marks infos."""
    suffixes = {"counter": "_total", "info": "_info"}
    found = {}
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M):
        series = re.findall(rf"^{name}(?:_total|_info|_bucket|_count|_sum)?(?:{{(.*)}})? \S+$", text, re.M)
        labels = {label for line in series for label in re.findall(r'(\w+)="', line)}
        found[name + suffixes.get(kind, "")] = Family(kind, frozenset(labels))
    return found
