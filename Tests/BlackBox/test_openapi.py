"""The description at /api/openapi.json, tested by schemathesis."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys

import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from daemon import SESSION, write_sessions
from description import PATH, described, dump, narrowed
from problem import problem
from program import ROOT
from call_client import OFFER

KEY = "eph_of-schemathesis"

#: What the one session lets a request change: as its file says it, and as a schema.
ACCESS = {"overrides": {"audio.output.voice": ["marin", "cedar"], "audio.output.speed": {"min": 0.8, "max": 1.2}}}
OVERRIDES = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "audio.output.voice": {"enum": ["marin", "cedar"]},
        "audio.output.speed": {"type": "number", "minimum": 0.8, "maximum": 1.2},
    },
}


def test_it_is_served_to_any_page_as_it_stands_in_the_repository(daemon):
    answer = daemon.request("GET", PATH, {"Origin": "https://anybody.example"})
    assert answer.status == 200 and answer.body == (ROOT / "Sources" / "COpenAPI" / "openapi.json").read_bytes()
    assert answer.one("Content-Type") == "application/json"
    assert answer.one("Access-Control-Allow-Origin") == "*"
    headed = daemon.request("HEAD", PATH)
    assert (headed.status, headed.one("Content-Length")) == (200, str(len(answer.body)))
    assert daemon.request("GET", PATH, {"If-None-Match": answer.one("ETag")}).status == 304
    for method in ("POST", "PUT", "OPTIONS", "DELETE"):
        refused = daemon.request(method, PATH)
        problem(refused, 405, "method_not_allowed")
        assert refused.one("Allow") == "GET, HEAD"


def test_it_is_openapi_3_1(daemon):
    OPENAPI_31_VALIDATOR.validate(described(daemon))


def test_every_part_of_it_is_used_or_named_in_its_words(daemon):
    text = (ROOT / "Sources" / "COpenAPI" / "openapi.json").read_text()
    for kind, parts in described(daemon)["components"].items():
        for name in parts if kind != "securitySchemes" else ():
            assert re.search(rf"#/components/{kind}/{re.escape(name)}[\"`]", text), f"{kind}/{name}"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("secured", [False, True], ids=["open to anybody", "with keys"])
def test_schemathesis_finds_nothing(start, upstream, tmp_path, secured):
    sessions = write_sessions(tmp_path / "described", default=SESSION | {"access": ACCESS})
    (tmp_path / "keys").write_text(f"tester:{hashlib.sha256(KEY.encode()).hexdigest()}\n")
    keys = {"AUTH": "bearer", "AUTH_KEYS_FILE": str(tmp_path / "keys")} if secured else {}
    sandbox = {"OPENAI_API_KEY": None, "OPENAI_BASE_URL": None}
    daemon = start(upstream, sessions, "serve", "--sandbox", **sandbox, **keys)
    document = narrowed(described(daemon), OVERRIDES, secured, OFFER.decode())
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"]
    command += [dump(document, tmp_path / "narrowed.json"), "--url", f"http://127.0.0.1:{daemon.port}", "--no-color"]
    command += ["--checks", "all", "--seed", "20261122", "--max-examples", "10", "--continue-on-failure"]
    # Only these routes require keys.
    routes = ["--include-path", "/api/realtime/token", "--include-path", "/api/realtime/calls"]
    command += ["-H", f"Authorization: Bearer {KEY}", *routes] if secured else []
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    assert f"Tested: {4 if secured else 22}" in ended.stdout
    assert upstream.connections == 0
