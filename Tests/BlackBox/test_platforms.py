"""What platforms send about a client, imitated, with forged fields beside it, by the settings of deploy/platforms.md."""

from __future__ import annotations

import re

import pytest

from daemon import ORIGIN, TOKEN
from program import ROOT
import raw

Lines = list[tuple[str, str]]

#: What a client may write to be somebody else.
FORGED = "203.0.113.66"
FORGERY: Lines = [
    ("Forwarded", f"for={FORGED}"),
    ("X-Forwarded-For", FORGED),
    ("X-Real-IP", FORGED),
    ("CF-Connecting-IP", FORGED),
    ("True-Client-IP", FORGED),
    ("Fly-Client-IP", FORGED),
    ("X-Azure-ClientIP", FORGED),
    ("X-Request-Id", "forged-id"),
    ("X-Correlation-Id", "forged-id"),
]


def appended(*proxies: str):
    """The address at the end of `X-Forwarded-For`, as most load balancers write it, and then those of more proxies."""

    def send(client: str) -> Lines:
        others = [line for line in FORGERY if line[0] != "X-Forwarded-For"]
        return others + [("X-Forwarded-For", ", ".join((FORGED, client) + proxies))]

    return send


def own(name: str, *overwritten: str):
    """The address in a field that the platform always overwrites, and what it does with `X-Forwarded-For`."""

    def send(client: str) -> Lines:
        others = [line for line in FORGERY if line[0] not in (name, *overwritten)]
        return others + [(name, client), *((field, client) for field in overwritten)]

    return send


PLATFORMS = {
    "AWS Application Load Balancer, ECS": appended(),
    "Azure Container Apps": appended(),
    "Cloudflare": own("CF-Connecting-IP"),
    "Envoy Gateway": appended(),
    "Fly": own("Fly-Client-IP"),
    "Google Cloud Run": appended(),
    "Google Cloud Load Balancing": appended("198.51.100.7"),
    "ingress-nginx": own("X-Forwarded-For", "X-Real-IP"),
    "Railway": own("X-Real-IP"),
    "Render": own("CF-Connecting-IP"),
    "Traefik": own("X-Forwarded-For", "X-Real-IP"),
}
ROWS = {
    cells[0]: [cell.strip("`") for cell in cells[1:]]
    for row in re.findall(r"^\| (.+) \|$", (ROOT / "deploy/platforms.md").read_text(), re.M)
    if not row.startswith(("platform |", "---"))
    for cells in [row.split(" | ")]
}


def test_the_manual_has_every_platform():
    assert ROWS.keys() == PLATFORMS.keys()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_limit_is_exact_and_the_log_has_the_true_address(start, upstream, sessions, platform):
    field, _, idle, _ = ROWS[platform]
    daemon = start(
        upstream, sessions, TRUSTED_PROXIES="127.0.0.1", CLIENT_ADDRESS_FROM=field, IDLE_TIMEOUT=idle,
        LIMIT_CLIENT="60/h burst 2",
    )

    def ask(client: str) -> int:
        lines = [f"{name}: {value}" for name, value in [("Host", "x"), ("Origin", ORIGIN), *PLATFORMS[platform](client)]]
        request = "\r\n".join([f"POST {TOKEN} HTTP/1.1", *lines, "Content-Length: 0", "", ""]).encode()
        return raw.exchange(daemon.port, request).only().status

    asked = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.2", "192.0.2.2"]
    assert [ask(client) for client in asked] == [200, 200, 429, 200, 200, 200, 429]
    assert [line["client.address"] for line in daemon.usage(len(asked))] == asked
    assert FORGED not in daemon.stdout and "forged-id" not in daemon.stdout and "X-Forwarded-For" not in daemon.stderr


def test_a_request_id_counts_only_from_a_trusted_proxy_and_the_field_of_the_setting(start, upstream, sessions):
    daemon = start(upstream, sessions, TRUSTED_PROXIES="127.0.0.1", REQUEST_ID_FROM="CF-Ray")
    given = daemon.token(fields={"CF-Ray": "8c1f-FRA", "X-Request-Id": "forged-id"})
    assert given.one("X-Request-Id") == daemon.usage(1)[0]["ephemerald.request.id"] == "8c1f-FRA"
    own = daemon.token(fields={"X-Request-Id": "forged-id"}).one("X-Request-Id")
    assert re.fullmatch("[0-9a-f]{32}", own)
    stranger = start(upstream, sessions, REQUEST_ID_FROM="CF-Ray")
    assert re.fullmatch("[0-9a-f]{32}", stranger.token(fields={"CF-Ray": "8c1f-FRA"}).one("X-Request-Id"))
    assert "REQUEST_ID_FROM (environment): has no effect without TRUSTED_PROXIES" in stranger.stderr


def test_a_connection_is_closed_after_the_idle_timeout_and_not_before(start, upstream, sessions):
    daemon = start(upstream, sessions, IDLE_TIMEOUT="1s")
    with raw.Connection(daemon.port, limit=10) as connection:
        connection.send(raw.head("GET", "/api/health"))
        connection.receive().only()
        connection.data = b""
        connection.send(raw.head("GET", "/api/health"))
        exchange = connection.receive(2)
    assert len(exchange.answers) == 1 and exchange.closed
