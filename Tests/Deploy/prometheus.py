"""Debian's Prometheus with the files of `deploy/prometheus`; only ports and durations differ."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from daemon import eventually
from metric_names import RULE_FILES
from program import free_port
from proxies import substitute
from tools import passes, tool

#: What the files contain, and what replaces it here.
INTERVALS = {"scrape_interval: 15s": "scrape_interval: 1s", "evaluation_interval: 15s": "evaluation_interval: 1s"}
RANGE, FOR = "[5s]", "for: 1s"
#: Another program that the same Prometheus scrapes, with process metrics: itself.
OTHER = """
  - job_name: other
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


class Prometheus:
    """One process that scrapes a daemon each second and judges the alerts as often."""

    def __init__(self, folder: Path, target: int):
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.config = folder / "prometheus.yaml"
        place = {"127.0.0.1:9464": f"127.0.0.1:{target}"}
        self.config.write_text(substitute("prometheus/prometheus.yaml", INTERVALS | place))
        with self.config.open("a") as config:
            config.write(OTHER.format(port=self.port))
        for file in RULE_FILES:
            rules = file.read_text()
            for pattern, shorter in ((r"\[\d+[mhd]\]", RANGE), (r"for: \d+[mh]", FOR)):
                rules, count = re.subn(pattern, shorter, rules)
                assert count, f"{file.name} no longer holds {pattern}"
            (folder / file.name).write_text(rules)
        passes("promtool", "check", "config", self.config)

    def start(self) -> Prometheus:
        command = [
            tool("prometheus"), f"--config.file={self.config}", f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn",
        ]
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self._is_ready, "Prometheus is ready", 30)
        return self

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")[-2000:]
        try:
            return self._get("/-/ready").startswith(b"Prometheus")
        except OSError:
            return False

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read()

    def query(self, expression: str) -> list[float]:
        """The values of an expression at this moment; a wrong one is an error."""
        try:
            said = self._get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        return [float(series["value"][1]) for series in json.loads(said)["data"]["result"]]

    def labels(self, definition: str) -> list[str]:
        """What Grafana offers for a variable whose definition is `label_values(SELECTOR, LABEL)`."""
        selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", definition).groups()
        query = urllib.parse.urlencode({"match[]": selector})
        return json.loads(self._get(f"/api/v1/label/{label}/values?{query}"))["data"]

    def value(self, expression: str) -> float:
        """The value of what has one; 0 for what has none yet."""
        return sum(self.query(expression))

    def alerts(self, state: str = "firing") -> set[str]:
        """The names of the alerts in this state."""
        found = json.loads(self._get("/api/v1/alerts"))["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in found if alert["state"] == state}
