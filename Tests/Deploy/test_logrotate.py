"""The rotation of the usage log by the real logrotate, with a daemon that goes on writing."""

from __future__ import annotations

import datetime
import gzip
import json
import re
import time

import pytest
from daemon import eventually
from proxies import substitute
from tools import DEPLOY, passes


def test_logrotate_accepts_the_file(tmp_path):
    file = tmp_path / "ephemerald"
    file.write_bytes((DEPLOY / "logrotate").read_bytes())
    file.chmod(0o644)
    said = passes("logrotate", "--debug", "--state", tmp_path / "state", file)
    assert "error" not in said.lower(), said


@pytest.mark.parametrize("transport", ["tcp"], indirect=True)
def test_a_rotation_loses_no_line(tmp_path, behind):
    folder = tmp_path / "log"
    folder.mkdir(mode=0o750)
    log = folder / "usage.log"
    behind.stop()
    behind.settings |= {"USAGE_LOG": str(log), "LIMIT_CLIENT": "off"}
    behind.start()
    config = tmp_path / "logrotate"
    config.write_text(
        substitute(
            "logrotate",
            {
                "/var/log/ephemerald/usage.log": str(log),
                "systemctl kill --kill-who=main --signal=HUP ephemerald.service": f"kill -HUP {behind.process.pid}",
            },
        )
    )
    config.chmod(0o644)
    ids = [behind.token(origin="https://app.example").one("X-Request-Id")]
    rotate = ("logrotate", "--force", "--state", tmp_path / "state", config)
    passes(*rotate)
    eventually(log.exists, "the daemon made a new file")
    [today] = folder.glob(f"usage.log-{datetime.date.today():%Y%m%d}-*")
    ids.append(behind.token(origin="https://app.example").one("X-Request-Id"))
    # As if that had been yesterday: the next rotation compresses it.
    before = datetime.date.today() - datetime.timedelta(1)
    yesterday = today.rename(folder / f"usage.log-{before:%Y%m%d}-{int(time.time()) - 86_400}")
    passes(*rotate)
    eventually(log.exists, "the daemon made a new file")
    [today] = folder.glob(f"usage.log-{datetime.date.today():%Y%m%d}-*")
    compressed = yesterday.with_name(yesterday.name + ".gz")
    assert re.fullmatch(r"usage\.log-\d{8}-\d{10}\.gz", compressed.name) and not yesterday.exists()
    lines = gzip.open(compressed, "rt").read() + today.read_text() + log.read_text()
    assert [json.loads(line)["ephemerald.request.id"] for line in lines.splitlines()] == ids
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}
