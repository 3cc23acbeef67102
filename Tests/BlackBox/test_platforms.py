"""What platforms send about a client, imitated, with forged fields beside it, by the settings of deploy/platforms.md."""

from __future__ import annotations

import re

import pytest

from daemon import ORIGIN, TOKEN
from program import ROOT
import raw

Lines = list[tuple[str, str]]

#: The fields by which a client may pretend to be somebody else.
FORGED = (
    "Forwarded", "X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "Fly-Client-IP",
    "X-Azure-ClientIP", "x-forwarded-for",
)


def forgery(address: str) -> Lines:
    """What a client writes to be at that address, one field also twice and in lower case, under an id of its own."""
    ids = [("X-Request-Id", "forged-id"), ("X-Correlation-Id", "forged-id")]
    return [(name, f"for={address}" if name == "Forwarded" else address) for name in FORGED] + ids


def appended(*proxies: str):
    """The address at the end of `X-Forwarded-For`, as most load balancers write it, and then those of more proxies."""

    def send(client: str, forged: str) -> Lines:
        others = [line for line in forgery(forged) if line[0] != "X-Forwarded-For"]
        return others + [("X-Forwarded-For", ", ".join((forged, client) + proxies))]

    return send


def own(name: str, *overwritten: str):
    """The address in a field that the platform always overwrites, and what it does with `X-Forwarded-For`."""

    def send(client: str, forged: str) -> Lines:
        names = {name.lower(), *(field.lower() for field in overwritten)}
        others = [line for line in forgery(forged) if line[0].lower() not in names]
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
    for row in re.findall(r"^\| (.+) \|$", (ROOT / "deploy/platforms.md").read_text().partition("\n## ")[0], re.M)
    if not row.startswith(("platform |", "---"))
    for cells in [row.split(" | ")]
}


def trusted(cell: str) -> str:
    """`TRUSTED_PROXIES` by a cell of the table, with the test: ranges, everybody where none are documented, or words."""
    if cell == "not documented":
        return "0.0.0.0/0,::/0"
    return f"127.0.0.1,{cell}" if re.fullmatch("[0-9./,]+", cell) else "127.0.0.1"


def test_the_manual_has_every_platform():
    assert ROWS.keys() == PLATFORMS.keys()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_limit_is_exact_and_the_log_has_the_true_address(start, upstream, sessions, platform):
    field, proxies, _, idle, _ = ROWS[platform]
    daemon = start(
        upstream, sessions, TRUSTED_PROXIES=trusted(proxies), CLIENT_ADDRESS_FROM=field, IDLE_TIMEOUT=idle,
        LIMIT_CLIENT="60/h burst 2",
    )

    forged = [f"203.0.113.{number}" for number in range(1, 8)]

    def ask(client: str, forged: str) -> int:
        fields = [("Host", "x"), ("Origin", ORIGIN), *PLATFORMS[platform](client, forged)]
        lines = [f"{name}: {value}" for name, value in fields]
        request = "\r\n".join([f"POST {TOKEN} HTTP/1.1", *lines, "Content-Length: 0", "", ""]).encode()
        return raw.exchange(daemon.port, request).only().status

    asked = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.2", "192.0.2.2"]
    # Another forged address each time: a limit that believed one of them would never refuse.
    assert [ask(*pair) for pair in zip(asked, forged, strict=True)] == [200, 200, 429, 200, 200, 200, 429]
    assert [line["client.address"] for line in daemon.usage(len(asked))] == asked
    assert "203.0.113." not in daemon.stdout and "forged-id" not in daemon.stdout
    assert "X-Forwarded-For" not in daemon.stderr


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
    daemon = start(upstream, sessions, IDLE_TIMEOUT="3s")
    with raw.Connection(daemon.port, limit=10) as connection:
        connection.send(raw.head("GET", "/api/health"))
        connection.receive().only()
        connection.data = b""
        connection.send(raw.head("GET", "/api/health"))
        exchange = connection.receive(2)
    assert len(exchange.answers) == 1 and exchange.closed
