"""A certificate authority for one test, and the certificates that it signed."""

from __future__ import annotations

import subprocess
from pathlib import Path

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
#: Name of the files: what the certificate is for, and for how many days from now it is good.
CERTIFICATES = {
    "localhost": ("DNS:localhost,IP:127.0.0.1", "2"),
    "other": ("DNS:other.example", "2"),
    "expired": ("DNS:localhost", "-1"),
    "openai": ("DNS:api.openai.com", "2"),
}


class Authority:
    """`ca.pem`, and for each of `CERTIFICATES` a `.pem` and a `.key`."""

    def __init__(self, directory: Path):
        self.directory = directory
        files = ["-keyout", self["ca.key"], "-out", self["ca.pem"]]
        self._run("req", "-x509", *KEY, "-days", "2", "-subj", "/CN=Test", *files)
        for name, (subject, days) in CERTIFICATES.items():
            extensions = ["-addext", f"subjectAltName={subject}", "-addext", "basicConstraints=critical,CA:FALSE"]
            request = ["-keyout", self[f"{name}.key"], "-out", self[f"{name}.csr"]]
            self._run("req", *KEY, "-subj", f"/CN=Test {name}", *extensions, *request)
            signed = ["-in", self[f"{name}.csr"], "-CA", self["ca.pem"], "-CAkey", self["ca.key"]]
            copied = ["-copy_extensions", "copyall", "-days", days]
            self._run("x509", "-req", *signed, *copied, "-out", self[f"{name}.pem"])

    def __getitem__(self, name: str) -> str:
        return str(self.directory / name)

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
