"""Each file of `deploy`, checked by its own tool."""

from __future__ import annotations

import re
import shutil

import client
import pytest
import yaml
from program import binary
from proxies import Proxy, Upstream
from tools import DEPLOY, ROOT, passes, run

#: The scripts.
SCRIPTS = ["run", "test", "packages", "binary", "image", "image-tree", "sbom"]
#: The highest exposure that systemd-analyze may find, in tenths.
EXPOSURE = 11


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_sound(script):
    passes("shellcheck", "--external-sources", DEPLOY / script, cwd=ROOT)


def test_every_example_of_nginx_allows_bodies_of_one_size():
    """Twice MAX_BODY, so that the daemon's own refusal, which a page can read, comes first."""
    examples = [DEPLOY / "nginx.conf", *ROOT.glob("*.md"), *DEPLOY.glob("*.md")]
    sizes = re.findall(r"client_max_body_size +(\S+);", "".join(path.read_text() for path in examples))
    largest = re.search(r"MAX_BODY` \| `(\d+)KiB`", "".join(path.read_text() for path in examples))[1]
    assert len(sizes) >= 2 and set(sizes) == {f"{2 * int(largest)}k"}


def test_the_dockerfile_is_sound():
    assert passes("hadolint", "--no-color", ROOT / "Dockerfile") == ""


def units(folder):
    """The units with a program that is there, as `verify` wants it."""
    for unit in ("ephemerald.service", "ephemerald.socket"):
        text = (DEPLOY / "systemd" / unit).read_text()
        (folder / unit).write_text(text.replace("/usr/local/bin/ephemerald", binary()))
    return [folder / "ephemerald.service", folder / "ephemerald.socket"]


def test_systemd_accepts_the_units(tmp_path):
    assert passes("systemd-analyze", "verify", "--man=no", *units(tmp_path)) == ""


def test_the_service_is_exposed_to_little():
    service = DEPLOY / "systemd" / "ephemerald.service"
    said = passes("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", service)
    found = re.search(r"Overall exposure level for ephemerald.service: (\d+\.\d+)", said)
    assert found and float(found[1]) * 10 <= EXPOSURE, said


@pytest.mark.parametrize("name", ["nginx", "caddy", "haproxy"])
@pytest.mark.parametrize("place", ["unix", "tcp"])
def test_each_proxy_accepts_its_file(tmp_path, name, place):
    upstream = Upstream(path=tmp_path / "s") if place == "unix" else Upstream(port=3001)
    said = Proxy(name, tmp_path / name, upstream).validate()
    assert not re.search(r"warn", said.replace("warnings", ""), re.I), said


def test_the_caddy_of_debian_accepts_its_file_too(tmp_path):
    """2.6.2; the newer one is what the other tests run."""
    assert passes("/usr/bin/caddy", "version").startswith("2.6.")
    environment = {"HOME": str(tmp_path), "SITE": "https://app.example", "UPSTREAM": "127.0.0.1:3001"}
    passes("/usr/bin/caddy", "validate", "--config", DEPLOY / "Caddyfile", "--adapter", "caddyfile", env=environment)


def test_caddy_would_not_format_its_file_otherwise():
    passes("caddy", "fmt", "--diff", DEPLOY / "Caddyfile")


def test_nginx_has_no_known_trap(tmp_path):
    """gixy: forged hosts, splitting, headers that a location loses, and the like."""
    proxy = Proxy("nginx", tmp_path, Upstream(path=tmp_path / "s"))
    said = passes("gixy", tmp_path / "nginx.conf", "--skips", ",".join(GIXY_SKIPS))
    assert "No issues found" in said and proxy.check, said


#: About the frame that the test puts around the site; and HSTS, which binds all of app.example, so its owner decides.
GIXY_SKIPS = ["worker_rlimit_nofile_vs_connections", "hsts_header"]


@pytest.mark.parametrize("file", sorted(p.name for p in (DEPLOY / "kubernetes").glob("*.yaml")))
def test_kubernetes_knows_each_member(file):
    said = run("kubernetes-validate", "--strict", DEPLOY / "kubernetes" / file)
    if file in ("kustomization.yaml", "httproute.yaml", "podmonitor.yaml"):
        # Not of the API itself; test_kubernetes.py looks at them.
        assert "Couldn't find schema" in said.stdout
    else:
        assert said.returncode == 0 and "passed" in said.stdout and "WARN" not in said.stdout, said.stdout


#: What the recipes mount: the sessions, and the directory in which the image finds the key.
DIRECTORIES = set(re.findall(r"(?:SESSIONS_DIR|CREDENTIALS_DIRECTORY)=(\S+)", (ROOT / "Dockerfile").read_text()))


def test_the_recipe_for_docker_mounts_directories():
    mounts = re.findall(r"--mount type=bind,src=\S+?,dst=([^,\s]+)", (DEPLOY / "README.md").read_text())
    assert len(mounts) == 2 and set(mounts) == DIRECTORIES


def test_compose_accepts_its_file(tmp_path):
    said = yaml.safe_load(passes("docker-compose", "-f", DEPLOY / "compose.yaml", "config", cwd=tmp_path))
    daemon = said["services"]["ephemerald"]
    assert daemon["read_only"] and daemon["cap_drop"] == ["ALL"]
    assert "ports" not in daemon, "only Caddy is reached from outside"
    # The one address that the daemon trusts is Caddy's.
    caddy = said["services"]["caddy"]
    assert daemon["environment"]["TRUSTED_PROXIES"] == caddy["networks"]["front"]["ipv4_address"]
    # Directories: a container keeps a file that is mounted on its own, even if another one replaces it.
    assert {volume.split(":")[1] for volume in daemon["volumes"]} == DIRECTORIES and "secrets" not in daemon
    assert said["networks"]["limits"]["internal"] and list(said["services"]["redis"]["networks"]) == ["limits"]


def test_caddy_accepts_the_file_as_compose_passes_it(tmp_path):
    """Its environment, from compose.yaml, with a certificate that this machine does not have."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    environment = {"SITE": "app.example", "UPSTREAM": compose["services"]["caddy"]["environment"]["UPSTREAM"]}
    shutil.copy(DEPLOY / "Caddyfile", tmp_path)
    options = {"env": {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"} | environment, "cwd": tmp_path}
    said = passes("caddy", "adapt", "--config", "Caddyfile", **options)
    assert '"dial":"ephemerald:3001"' in said and client.HOST in said


CONFIGURATIONS = [ROOT / "Dockerfile"] + sorted(
    path
    for path in DEPLOY.rglob("*")
    if path.is_file() and path.suffix not in (".md", ".json") and ".test." not in path.name and path.name not in SCRIPTS
)


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda path: path.name)
def test_each_file_says_who_trusts_whom(file):
    comment = "\n".join(line for line in file.read_text().splitlines() if line.lstrip().startswith("#"))
    assert re.search("[Tt]rust|[Aa]nyone who can", comment), f"{file.name} does not say who trusts whom"
