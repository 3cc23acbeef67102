"""The bill of materials: is it CycloneDX, and does it name every package of binary and image with its version?"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
from program import binary
from test_packages import listed
from tools import DEPLOY, ROOT, passes, run, tool

TEXT = {"type": "string", "minLength": 1}
PURL = {"type": "string", "pattern": r"^pkg:(deb/debian|swift/github\.com/[a-z-]+|generic)/[A-Za-z0-9.%+-]+@[^ ]+$"}
HASH = {
    "type": "object",
    "required": ["alg", "content"],
    "properties": {"alg": {"const": "SHA-256"}, "content": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
}
COMPONENT = {
    "type": "object",
    "required": ["type", "name", "version", "bom-ref", "purl"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["library", "framework"]},
        "name": TEXT,
        "version": TEXT,
        "bom-ref": TEXT,
        "purl": PURL,
    },
}
#: What the schema of CycloneDX 1.5 (bom-1.5.schema.json) requires, and says of the members that are written here.
SCHEMA = {
    "type": "object",
    "required": ["bomFormat", "specVersion", "version", "metadata", "components", "dependencies"],
    "additionalProperties": False,
    "properties": {
        "bomFormat": {"const": "CycloneDX"},
        "specVersion": {"const": "1.5"},
        "version": {"type": "integer", "minimum": 1},
        "metadata": {
            "type": "object",
            "required": ["component"],
            "properties": {
                "component": {
                    "type": "object",
                    "required": ["type", "name", "version", "bom-ref", "hashes"],
                    "properties": {
                        "type": {"const": "application"},
                        "hashes": {"type": "array", "minItems": 1, "items": HASH},
                    },
                }
            },
        },
        "components": {"type": "array", "uniqueItems": True, "items": COMPONENT},
        "dependencies": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["ref", "dependsOn"],
                "properties": {"dependsOn": {"type": "array", "uniqueItems": True, "items": TEXT}},
            },
        },
    },
}
FIELDS = "Package: ${Package}\nVersion: ${Version}\nArchitecture: ${Architecture}\n"


@pytest.fixture(scope="module")
def versions() -> dict[str, str]:
    """Of the packages of the image, as this machine has them."""
    said = passes("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *sorted(listed()))
    return dict(line.split() for line in said.splitlines())


@pytest.fixture(scope="module")
def bill(tmp_path_factory, versions) -> dict:
    tree = tmp_path_factory.mktemp("tree")
    folder = tree / "var/lib/dpkg/status.d"
    folder.mkdir(parents=True)
    for name in versions:
        (folder / name).write_text(passes("dpkg-query", "-W", "-f", FIELDS, name))
    return json.loads(passes(DEPLOY / "sbom", binary(), tree))


def test_it_has_what_the_schema_requires(bill):
    jsonschema.validate(bill, SCHEMA)
    names = [component["bom-ref"] for component in bill["components"]]
    assert len(set(names)) == len(names), "references are unique"
    (dependency,) = bill["dependencies"]
    assert dependency == {"ref": bill["metadata"]["component"]["bom-ref"], "dependsOn": names}


def test_it_names_the_binary_and_each_package_with_its_version(bill, versions):
    with open(binary(), "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    component = bill["metadata"]["component"]
    assert component["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert passes(binary(), "--version").startswith(f"ephemerald {component['version']} ")
    found = {kind: {} for kind in ("deb", "swift", "generic")}
    for component in bill["components"]:
        found[re.match("pkg:([a-z]+)/", component["purl"])[1]][component["name"]] = component["version"]
    assert found["deb"] == versions
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    assert found["swift"] == {pin["identity"]: pin["state"]["version"] for pin in pins}
    assert list(found["generic"]) == ["swift"]


def described(tree: Path, text: str = "Package: zlib1g\nVersion: 1\nArchitecture: amd64\n") -> Path:
    """A tree with one package, described by that text."""
    folder = tree / "var/lib/dpkg/status.d"
    folder.mkdir(parents=True)
    (folder / "zlib1g").write_text(text)
    return tree


@pytest.mark.parametrize("text", ["", "Package: zlib1g\nArchitecture: amd64\n", "Package: zlib1g\nVersion: 1\n"])
def test_a_package_without_name_version_or_architecture_fails_it(tmp_path, text):
    ended = run(DEPLOY / "sbom", binary(), described(tmp_path, text))
    assert ended.returncode == 66
    assert ended.stdout.endswith("status.d/zlib1g does not describe a package\n")


def test_a_package_that_cannot_be_read_fails_it(tmp_path):
    tree = described(tmp_path)
    (tree / "var/lib/dpkg/status.d/libc6").symlink_to(tmp_path / "nowhere")
    ended = run(DEPLOY / "sbom", binary(), tree)
    assert ended.returncode == 66 and "bomFormat" not in ended.stdout


def test_a_failure_to_read_the_packages_of_swift_fails_it(tmp_path):
    tree = described(tmp_path / "tree")
    assert "pkg:swift/" in passes(DEPLOY / "sbom", binary(), tree)
    sed = f'#!/bin/sh\ncase "$*" in *Package.resolved*) exit 4 ;; esac\nexec {tool("sed")} "$@"\n'
    (tmp_path / "sed").write_text(sed)
    (tmp_path / "sed").chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    ended = run(DEPLOY / "sbom", binary(), tree, env=os.environ | {"PATH": path})
    assert ended.returncode == 4 and "bomFormat" not in ended.stdout
