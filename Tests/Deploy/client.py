"""In place of a browser: raw requests over TLS, from a separate address."""

from __future__ import annotations

import functools
import socket
import ssl
import tempfile
from pathlib import Path

import raw
from tools import passes

HOST = "app.example"
ORIGIN = "https://app.example"


@functools.cache
def _made() -> bytes:
    """Certificate and key, made once."""
    with tempfile.TemporaryDirectory(prefix="ephemerald-") as folder:
        key, certificate = Path(folder) / "key", Path(folder) / "certificate"
        passes(
            *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(),
            *("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", certificate),
        )
        return certificate.read_bytes() + key.read_bytes()


def certificate(folder: Path) -> Path:
    """The certificate and its key, in one file in that folder."""
    copy = folder / "app.example.pem"
    copy.write_bytes(_made())
    return copy


def connect(proxy, address: str = "127.0.0.1", limit: float = 15.0) -> ssl.SSLSocket:
    """A TLS connection to the proxy from this address of loopback, its certificate verified."""
    context = ssl.create_default_context(cafile=str(proxy.certificate))
    context.set_alpn_protocols(["http/1.1"])
    plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=limit, source_address=(address, 0))
    return context.wrap_socket(plain, server_hostname=HOST)


class Connection(raw.Connection):
    """As the black-box suite's, over TLS."""

    def __init__(self, proxy, address: str = "127.0.0.1", limit: float = 15.0):
        self.limit = limit
        self.socket = connect(proxy, address, limit)
        self.data = b""


def request(
    proxy,
    method: str = "POST",
    target: str = "/api/realtime/token",
    fields: list[tuple[str, str]] | None = None,
    body: bytes = b"",
    address: str = "127.0.0.1",
    origin: str | None = ORIGIN,
) -> raw.Answer:
    """One request on a connection of its own; a field may be given several times."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}"]
    if origin is not None:
        lines.append(f"Origin: {origin}")
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in fields or []]
    with Connection(proxy, address) as connection:
        connection.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        return connection.receive(head_requests=int(method == "HEAD")).only()
