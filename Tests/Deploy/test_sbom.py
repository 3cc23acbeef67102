"""The bill of materials: is it CycloneDX, and does it name every package of binary and image with its version?"""

from __future__ import annotations

import hashlib
import json
import re

import jsonschema
import pytest
from program import binary
from test_packages import listed
from tools import DEPLOY, ROOT, passes

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
