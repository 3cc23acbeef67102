"""A certificate authority for one test, and the certificates that it signed."""

from __future__ import annotations

import subprocess
from pathlib import Path

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
#: Name of the files: what the certificate is for, and how far from now it begins to be good for two days.
CERTIFICATES = {
    "localhost": ("DNS:localhost,IP:127.0.0.1", "+0d"),
    "other": ("DNS:other.example", "+0d"),
    "expired": ("DNS:localhost", "-3d"),
    "openai": ("DNS:api.openai.com", "+0d"),
}


class Authority:
    """`ca.pem`, and for each of `CERTIFICATES` a `.pem` and a `.key`."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._request("+0d", "-subj", "/CN=Test", "-keyout", self["ca.key"], "-out", self["ca.pem"])
        for name, (subject, age) in CERTIFICATES.items():
            extensions = ["-addext", f"subjectAltName={subject}", "-addext", "basicConstraints=critical,CA:FALSE"]
            signed = ["-CA", self["ca.pem"], "-CAkey", self["ca.key"]]
            files = ["-keyout", self[f"{name}.key"], "-out", self[f"{name}.pem"]]
            self._request(age, "-subj", f"/CN=Test {name}", *extensions, *signed, *files)

    def __getitem__(self, name: str) -> str:
        return str(self.directory / name)

    def _request(self, age: str, *arguments: str) -> None:
        command = ["faketime", "-f", age, "openssl", "req", "-x509", *KEY, *arguments]
        subprocess.run(command, check=True, capture_output=True)
