"""deploy/run on a terminal: what it prints first, and whether that is true. And how deploy/test runs the suites."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import tty
from pathlib import Path
from typing import Iterator

import pytest
import raw
from program import binary, environment, free_port
from tools import DEPLOY, ROOT, run

#: Reports a version that is new enough; the binary is there without a build.
SWIFT = """#!/bin/sh
echo "$@" >> swift.log
[ "$1" = build ] || echo "Swift version 6.3 (a stand-in)"
"""


class Run:
    """`deploy/run` in a separate tree, with the existing binary instead of a build."""

    def __init__(self, tree: Path):
        self.tree = tree
        (tree / "deploy").mkdir(parents=True)
        for name in ("run", "packages"):
            shutil.copy(DEPLOY / name, tree / "deploy")
        shutil.copytree(ROOT / "sessions", tree / "sessions")
        (tree / ".build/release").mkdir(parents=True)
        (tree / ".build/release/ephemerald").symlink_to(binary())
        (tree / "bin").mkdir()
        (tree / "bin/swift").write_text(SWIFT)
        (tree / "bin/swift").chmod(0o755)
        self.process: subprocess.Popen | None = None
        self.terminal = -1
        self.text = ""

    def start(self, *arguments: str, **settings: str) -> Run:
        """Returns when the daemon has said how to go on."""
        self.terminal, theirs = pty.openpty()
        tty.setraw(theirs)
        self.process = subprocess.Popen(
            [self.tree / "deploy/run", *arguments],
            env=environment(settings | {"PATH": f"{self.tree}/bin:{os.environ['PATH']}"}, self.tree),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        )
        os.close(theirs)
        while not re.search(r"(?m)^  origins .*\n", self.text):
            # It fails when the other side has gone.
            self.text += os.read(self.terminal, 65536).decode()
        return self

    def line(self, name: str) -> str:
        """What the line of that name says, among the first ten."""
        first = self.text.splitlines()[:10]
        return next(line[12:] for line in first if line.startswith(f"  {name} "))

    def shell(self, command: str) -> subprocess.CompletedProcess:
        return run("sh", "-c", command, cwd=self.tree)

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(25) == 0, self.text
            os.close(self.terminal)


@pytest.fixture
def deploy_run(tmp_path) -> Iterator[Run]:
    run = Run(tmp_path / "tree")
    yield run
    run.end()


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (("--port", "{port}"), {}),
        (("--port={port}",), {"PORT": "1"}),
        ((), {"PORT": "{port}"}),
        (("--allowed-origins", "https://app.example,https://b.example"), {"PORT": "{port}"}),
        (("--allowed-origins=https://*.example.com",), {"PORT": "{port}", "ALLOWED_ORIGINS": "https://b.example"}),
        ((), {"PORT": "{port}", "ALLOWED_ORIGINS": "capacitor://localhost"}),
        (("--host", "::1"), {"PORT": "{port}"}),
        (("--host", "0.0.0.0", "--auth", "none", "--allowed-origins", "https://a.example"), {"PORT": "{port}"}),
        (("--host", "unix:{socket}", "--auth", "none", "--allowed-origins", "https://a.example"), {}),
    ],
    ids=str,
)
def test_its_command_gets_a_token_wherever_it_listens(deploy_run, tmp_path, arguments, settings):
    places = {"port": free_port(), "socket": tmp_path / "a socket"}
    arguments = [argument.format(**places) for argument in arguments]
    settings = {name: value.format(**places) for name, value in settings.items()}
    deploy_run.start(*arguments, OPS_PORT=str(free_port()), **settings)
    assert deploy_run.text.count("curl -X POST") == 1, deploy_run.text
    answer = deploy_run.shell(deploy_run.line("token") + " -sS")
    assert json.loads(answer.stdout)["value"].startswith("ek_sandbox"), answer.stdout


def test_the_first_lines_name_the_page_the_command_and_where_to_go_on(deploy_run):
    port = free_port()
    deploy_run.start("--port", str(port), OPS_PORT=str(free_port()))
    first = deploy_run.text.splitlines()[:10]
    assert deploy_run.line("page") == f"http://localhost:{port}/"
    assert raw.exchange(port, raw.head("GET", "/", host=f"localhost:{port}")).only().status == 200
    assert any(line.startswith("starting: .build/release/ephemerald serve --sandbox --usage-log ") for line in first)
    assert "warning" not in deploy_run.text
    assert "ephemerald settings" in deploy_run.line("more") and "README.md" in deploy_run.line("more")


@pytest.mark.parametrize("version", ["6.3", "6.4"])
def test_it_builds_with_the_flags_of_deploy_test(tmp_path, version):
    """SwiftPM compiles everything again when one flag differs, and adds one by itself on a terminal."""
    calls = []
    for script in ("run", "test"):
        tree = Run(tmp_path / script).tree
        (tree / "bin/swift").write_text(SWIFT.replace("6.3", version))
        (tree / "deploy/packages").open("a").write("\ninstall() { :; }\n")
        shutil.copy(DEPLOY / script, tree / "deploy")
        # Only the build: what comes before and after it has its own tests.
        lines = (DEPLOY / script).read_text().splitlines()
        (build,) = {line.strip().split(" ||")[0] for line in lines if "build_release" in line}
        command = ["sh", "-euc", f". deploy/packages; {build}"]
        assert run(*command, cwd=tree, env=os.environ | {"PATH": f"{tree}/bin:{os.environ['PATH']}"}).returncode == 0
        calls.append((tree / "swift.log").read_text())
    assert calls[0] == calls[1] and "--no-color-diagnostics" in calls[0]
    assert ("-warnings-as-errors" in calls[0]) == (version == "6.3")
    others = [
        line
        for script in DEPLOY.iterdir()
        if script.is_file()
        for line in script.read_text(errors="replace").splitlines()
        if line.startswith("swift build")
    ]
    assert others == [], "deploy/packages has the one build into .build"


#: Writes down where and how it is called, by the name of the file.
STAND_IN = """#!/bin/sh
printf '%s' "${0##*/} in ${PWD##*/} with ${EPHEMERALD##*/.build/}:" >> "$LOG"
printf ' [%s]' "$@" >> "$LOG"
echo >> "$LOG"
"""


@pytest.fixture
def deploy_test(tmp_path):
    """Runs `deploy/test` in a tree in which every tool is a stand-in, and returns what they were called with."""
    tree = Run(tmp_path / "tree").tree
    shutil.copy(DEPLOY / "test", tree / "deploy")
    (tree / "deploy/packages").open("a").write("\ninstall() { :; }\n")
    (tree / "bin/node").write_text("#!/bin/sh\n")
    tools = [tree / f".build/{suite.lower()}-venv/bin/{name}" for suite in SUITES for name in ("pytest", "pip")]
    for suite in SUITES:
        (tree / f"Tests/{suite}").mkdir(parents=True)
    for tool in tools:
        tool.parent.mkdir(parents=True, exist_ok=True)
        tool.write_text(STAND_IN)
    for tool in [*tools, tree / "bin/node"]:
        tool.chmod(0o755)
    log = tree / "log"

    def start(*arguments: str) -> tuple[int, list[str]]:
        variables = {"PATH": f"{tree}/bin:{os.environ['PATH']}", "LOG": str(log)}
        ended = run(tree / "deploy/test", *arguments, cwd=tree, env=os.environ | variables)
        said = log.read_text().splitlines() if log.exists() else []
        return ended.returncode, [line for line in said if line.startswith("pytest")]

    return start


SUITES = ("BlackBox", "Browser", "Deploy")


@pytest.mark.parametrize("suite", SUITES)
def test_deploy_test_runs_one_suite_with_options(deploy_test, suite):
    called = f"pytest in {suite} with release/ephemerald: [-q] [test_a.py] [-k] [two words]"
    assert deploy_test(suite, "test_a.py", "-k", "two words") == (0, [called])


def test_deploy_test_quick_leaves_out_what_is_slow(deploy_test):
    code, called = deploy_test("--quick")
    chosen = ["not slow", "not slow", "not machine and not slow"]
    options = [f"with release/ephemerald: [-q] [-m] [{expression}]" for expression in chosen]
    assert (code, called) == (0, [f"pytest in {suite} {option}" for suite, option in zip(SUITES, options, strict=True)])


@pytest.mark.parametrize("suite", SUITES)
def test_the_suites_declare_the_markers(suite):
    """pytest refuses an expression with a marker that is not declared."""
    declared = (ROOT / "Tests" / suite / "pytest.ini").read_text()
    assert re.search(r"(?m)^    slow: .*deploy/test --quick", declared)
    assert ("\n    machine: " in declared) == (suite == "Deploy")


@pytest.mark.parametrize("argument", ["--fast", "blackbox"])
def test_deploy_test_refuses_what_it_does_not_know(deploy_test, argument):
    assert deploy_test(argument) == (1, [])


def test_its_usage_log_can_be_read_while_it_runs(deploy_run):
    deploy_run.start("--port", str(free_port()), OPS_PORT=str(free_port()))
    assert deploy_run.shell(deploy_run.line("token") + " -sS").returncode == 0
    table = deploy_run.shell(deploy_run.line("usage"))
    assert re.search(r"(?m)^total +1 +0 +0$", table.stdout), table.stdout
    # The README's own lines.
    (block,) = [
        block
        for block in re.findall(r"(?ms)^```\w*\n(.*?)^```$", (ROOT / "README.md").read_text())
        if block.startswith(".build/release/ephemerald usage")
    ]
    for command in block.splitlines():
        assert deploy_run.shell(command).returncode == 0, command


@pytest.mark.parametrize(
    ("arguments", "settings", "log"),
    [
        (("--usage-log", "mine.log"), {}, "mine.log"),
        (("--usage-log=mine.log",), {}, "mine.log"),
        ((), {"USAGE_LOG": "mine.log"}, "mine.log"),
    ],
)
def test_a_usage_log_that_is_named_stays(deploy_run, arguments, settings, log):
    deploy_run.start(*arguments, PORT=str(free_port()), OPS_PORT=str(free_port()), **settings)
    assert deploy_run.line("usage").endswith(f" usage --log {log}")
    assert not (deploy_run.tree / ".build/usage.log").exists()


def test_a_key_in_the_environment_makes_it_real(deploy_run, upstream):
    """As the README's first lines say: OPENAI_API_KEY=sk-... deploy/run --demo true."""
    port = free_port()
    settings = {"OPENAI_API_KEY": upstream.key, "OPENAI_BASE_URL": upstream.base_url}
    deploy_run.start("--demo", "true", PORT=str(port), OPS_PORT=str(free_port()), **settings)
    assert deploy_run.line("OpenAI") == f"{upstream.base_url} with one key"
    page = raw.exchange(port, raw.head("GET", "/", host=f"localhost:{port}")).only()
    assert page.status == 200 and b'id="sandbox" hidden' in page.body
    # As the page itself asks.
    fields = {"Origin": f"http://localhost:{port}", "Content-Length": "0"}
    token = raw.exchange(port, raw.head("POST", "/api/realtime/token", fields)).only()
    assert token.status == 200 and upstream.minted == [token.json()["value"]]
    assert upstream.key not in deploy_run.text
    assert "SAFETY_SALT_FILE" not in deploy_run.text, "identifiers survive a restart"
