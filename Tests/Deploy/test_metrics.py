"""The dashboard, the alerts and the tables of the manuals name the metrics of a scrape, and no others."""

from __future__ import annotations

import re

import client
import pytest
from conftest import Behind
from daemon import SESSION, write_sessions
from metric_names import (
    ALERTS,
    DASHBOARD,
    OF_PROMETHEUS,
    OPENMETRICS,
    PANELS,
    PROMETHEUS,
    RECORDED,
    RULE_FILES,
    TEST_FILES,
    Family,
    families,
    names,
    scrape,
    selectors,
)
from tools import DEPLOY, passes, run, tool

#: A session of which something ends, in its body.
ENDING = {**SESSION, "session": {**SESSION["session"], "model": "gpt-realtime"}}
#: What promtool has against the names, and why it stays.
EXPLAINED = {
    # People write "30 days before" into alerts, and OpenAI names days.
    'ephemerald_session_model_ends_days use base unit "seconds" instead of "days"',
}


@pytest.fixture
def scraped(tmp_path, upstream):
    """A daemon that has minted a token, with a session whose model ends."""
    sessions = write_sessions(tmp_path / "folder", default=SESSION, ending=ENDING)
    daemon = Behind(tmp_path / "daemon", upstream, None, {"SESSIONS_DIR": str(sessions)}).start()
    assert daemon.token(origin=client.ORIGIN).status == 200
    yield daemon
    assert daemon.stop() == 0, daemon.stderr


def rows(page, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading whose first cell is code, without its backticks."""
    section = re.search(rf"^#+ {heading}$(.*?)(?=^#+ |\Z)", page.read_text(), re.M | re.S)[1]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines()
        if line.startswith("| `")
    ]


@pytest.mark.parametrize("accept", [None, OPENMETRICS], ids=["text", "openmetrics"])
def test_what_dashboard_and_alerts_name_is_scraped(scraped, accept):
    named = {re.match(r"\w+", selector)[0] for selector in selectors() if not selector.startswith("job:")} - OF_PROMETHEUS
    assert named and named <= names(scrape(scraped, accept)), named - names(scrape(scraped, accept))


def test_both_formats_tell_the_same(scraped):
    assert names(scrape(scraped)) == names(scrape(scraped, OPENMETRICS))


def test_the_manual_lists_every_metric_and_no_other(scraped):
    listed = {}
    for name, kind, labels, meaning in rows(DEPLOY / "metrics.md", "Metrics"):
        assert meaning, name
        listed[name.strip("`")] = Family(kind, frozenset(re.findall(r"`(\w+)`", labels)))
    assert listed == families(scrape(scraped, OPENMETRICS))


def test_the_manual_has_a_row_for_each_alert():
    listed = [row[0].strip("`") for row in rows(DEPLOY / "metrics.md", "Alerts")]
    assert sorted(listed) == sorted(ALERTS)
    severities = {row[0].strip("`"): row[1] for row in rows(DEPLOY / "metrics.md", "Alerts")}
    assert severities == {name: rule["labels"]["severity"] for name, rule in ALERTS.items()}


def test_what_alerts_take_from_recorded_series_is_recorded():
    assert {selector for selector in selectors() if selector.startswith("job:")} == RECORDED


def test_each_alert_has_a_unit_test():
    tested = "".join(file.read_text() for file in TEST_FILES)
    assert [name for name in ALERTS if f"alertname: {name}, exp_alerts: []" not in tested] == [], "never quiet"
    assert [name for name in ALERTS if f"alertname: {name}\n" not in tested] == [], "never raised"


def test_promtool_accepts_the_rules_and_the_settings():
    passes("promtool", "check", "rules", *RULE_FILES)
    passes("promtool", "check", "config", PROMETHEUS / "prometheus.yaml")


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.name)
def test_the_alerts_are_raised_and_quiet_when_their_unit_tests_say_so(file):
    passes("promtool", "test", "rules", file)


def test_promtool_accepts_a_scrape(scraped, tmp_path):
    text = tmp_path / "scrape"
    text.write_text(scrape(scraped))
    said = run("/bin/sh", "-c", '"$1" check metrics <"$2"', "sh", tool("promtool"), text)
    # 3: it has read everything, and has something to say.
    assert said.returncode == 3 and set(said.stdout.splitlines()) == EXPLAINED, said.stdout


def test_every_panel_queries_the_chosen_prometheus():
    source = {"type": "prometheus", "uid": "${datasource}"}
    kinds = [variable["type"] for variable in DASHBOARD["templating"]["list"]]
    assert kinds == ["datasource", "query", "query"] and DASHBOARD["schemaVersion"] >= 38
    for panel in PANELS:
        assert panel["datasource"] == source and panel["title"] and panel["description"], panel["title"]
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEF"[: len(panel["targets"])])
        for target in panel["targets"]:
            assert target["datasource"] == source
            # Each selector is narrowed by both variables.
            assert target["expr"].count("{") == target["expr"].count('{job=~"$job", instance=~"$instance"'), target


def test_no_panel_covers_another():
    ids, places = [panel["id"] for panel in DASHBOARD["panels"]], set()
    assert len(ids) == len(set(ids))
    for panel in DASHBOARD["panels"]:
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        cells = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert not cells & places, panel["title"]
        places |= cells
