"""A request through each proxy: the daemon sees the real client, and the client gets the daemon's answer."""

from __future__ import annotations

import re
import socket

import client
import pytest
import raw
from fake_calls import Calls
from call_client import OFFER

CALLS = "/api/realtime/calls"
#: A page of another site.
OTHER = "https://other.example"
#: What a client may write to be somebody else.
FORGED = "203.0.113.66"
FORGERIES = [
    pytest.param([("X-Forwarded-For", FORGED)], id="x-forwarded-for"),
    pytest.param([("X-Forwarded-For", f"{FORGED}, 127.0.0.1")], id="a list that ends with the proxy"),
    pytest.param([("X-Forwarded-For", FORGED), ("X-Forwarded-For", "127.0.0.1")], id="two lines"),
    pytest.param([("x-forwarded-for", FORGED)], id="lower case"),
    pytest.param([("X-Forwarded-For", "")], id="empty"),
    pytest.param([("X-Forwarded-For", "garbage, \x22")], id="garbage"),
    pytest.param([("Forwarded", f"for={FORGED}")], id="forwarded"),
    pytest.param([("Forwarded", f"for={FORGED};by=127.0.0.1, for=127.0.0.1")], id="forwarded, a list"),
    pytest.param([("Forwarded", f"for={FORGED}"), ("X-Forwarded-For", FORGED)], id="both"),
    pytest.param([("X-Real-IP", FORGED)], id="x-real-ip"),
    pytest.param([("True-Client-IP", FORGED), ("CF-Connecting-IP", FORGED)], id="of other networks"),
    pytest.param([("Connection", "X-Forwarded-For")], id="its removal, hop by hop"),
    pytest.param([("Connection", "close, X-Forwarded-For, X-Request-Id"), ("X-Forwarded-For", FORGED)], id="both ways"),
    pytest.param([("X_Forwarded_For", FORGED)], id="underscores"),
]

#: Fields of a connection, of a moment, or of the proxy's own.
OWN = {"date", "server", "via", "connection", "keep-alive", "alt-svc", "x-request-id", "transfer-encoding",
       "content-length"}


def test_a_token_comes_with_origin_address_and_request_id(proxy, behind, upstream):
    answer = client.request(proxy, address="127.0.0.9")
    assert answer.status == 200, proxy.log
    assert answer.one("Access-Control-Allow-Origin") == client.ORIGIN
    assert answer.json()["value"] == upstream.minted[0]
    (line,) = behind.usage(1)
    assert line["client.address"] == "127.0.0.9"
    assert line["ephemerald.origin"] == client.ORIGIN
    assert line["ephemerald.request.id"] == answer.one("X-Request-Id")
    # The proxy's, and not one that the daemon made: it would be 32 digits, as nginx's is, too.
    sent = upstream.requests[0].fields
    assert dict(sent).get("x-client-request-id", line["ephemerald.request.id"]) == line["ephemerald.request.id"]
    if proxy.name != "nginx":
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", line["ephemerald.request.id"])
    assert "warning" not in behind.stderr.split("listening", 1)[1], behind.stderr


@pytest.mark.parametrize("fields", FORGERIES)
@pytest.mark.parametrize("transport", ["unix"], indirect=True)
def test_a_forged_address_is_never_believed(proxy, behind, fields):
    assert client.request(proxy, fields=fields, address="127.0.0.9").status in (200, 400)
    for line in behind.usage():
        assert line["client.address"] == "127.0.0.9", line
    assert FORGED not in behind.stdout


def test_forging_neither_evades_a_limit_nor_uses_up_anothers(proxy, behind):
    for number in range(3):
        forged = [("X-Forwarded-For", f"198.51.100.{number}"), ("X-Real-IP", f"198.51.100.{number}")]
        assert client.request(proxy, fields=forged, address="127.0.0.9").status == 200
    refused = client.request(proxy, fields=[("X-Forwarded-For", FORGED)], address="127.0.0.9")
    assert refused.status == 429
    assert refused.json()["code"] == "rate_limited"
    assert int(refused.one("Retry-After")) >= 1
    assert refused.one("Access-Control-Allow-Origin") == client.ORIGIN
    # The forger named a victim, whose own limit is untouched.
    assert client.request(proxy, fields=[("X-Forwarded-For", "127.0.0.9")], address="127.0.0.10").status == 200
    assert [line["client.address"] for line in behind.usage(5)] == ["127.0.0.9"] * 4 + ["127.0.0.10"]


def test_a_clients_own_request_id_trace_and_user_are_not_taken(proxy, behind):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    fields = [("X-Request-Id", "mine"), ("traceparent", trace), ("X-Auth-Request-User", "root")]
    answer = client.request(proxy, fields=fields)
    assert answer.status == 200
    (line,) = behind.usage(1)
    assert line["ephemerald.request.id"] == answer.one("X-Request-Id") != "mine"
    assert "trace_id" not in line and "enduser.pseudo.id" not in line


def ask_directly(behind, data: bytes) -> raw.Answer:
    """The same bytes without a proxy."""
    if behind.path is None:
        return raw.exchange(behind.port, data).only()
    connection = raw.Connection.__new__(raw.Connection)
    connection.limit, connection.data = 15.0, b""
    connection.socket = socket.socket(socket.AF_UNIX)
    connection.socket.connect(str(behind.path))
    with connection:
        connection.send(data)
        return connection.receive().only()


PREFLIGHT = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")]
ANSWERS = [
    pytest.param("POST", client.ORIGIN, [], b"", 200, id="a token"),
    pytest.param("POST", "https://evil.example", [], b"", 403, id="a stranger's page"),
    pytest.param("POST", client.ORIGIN, [], b"{", 400, id="a broken body"),
    pytest.param("POST", client.ORIGIN, [], b'{"session":"none"}', 404, id="an unknown session"),
    pytest.param("POST", client.ORIGIN, [], b" " * 70000, 413, id="a body too large"),
    pytest.param("GET", client.ORIGIN, [], b"", 405, id="another method"),
    pytest.param("OPTIONS", client.ORIGIN, PREFLIGHT, b"", 204, id="a preflight"),
    pytest.param("OPTIONS", "https://evil.example", PREFLIGHT, b"", 204, id="a stranger's preflight"),
    pytest.param("OPTIONS", "null", PREFLIGHT, b"", 403, id="a preflight without a page's origin"),
]


@pytest.mark.parametrize("method, origin, fields, body, status", ANSWERS)
@pytest.mark.parametrize("transport", ["tcp"], indirect=True)
def test_answers_pass_through_unchanged(proxy, behind, method, origin, fields, body, status):
    through = client.request(proxy, method, fields=fields, body=body, origin=origin)
    own = dict(fields) | {"Origin": origin} | ({"Content-Length": str(len(body))} if method == "POST" else {})
    direct = ask_directly(behind, raw.head(method, "/api/realtime/token", own, client.HOST) + body)
    assert through.status == direct.status == status
    shown, known = (
        sorted((name.lower(), value) for name, value in answer.fields if name.lower() not in OWN)
        for answer in (through, direct)
    )
    # The second token is counted in another address's limit, or in the same one's.
    moving = ("ratelimit", "retry-after")
    assert [f for f in shown if f[0] not in moving] == [f for f in known if f[0] not in moving]
    assert [name for name, _ in shown] == [name for name, _ in known]


@pytest.mark.parametrize("transport", ["unix"], indirect=True)
def test_a_call_is_created_renewed_and_ended(proxy, behind, upstream):
    calls = Calls(upstream)
    offered = client.request(proxy, target=CALLS, fields=[("Content-Type", "application/sdp")], body=OFFER)
    assert offered.status == 201, proxy.log
    path = offered.one("Location")
    assert client.request(proxy, target=f"{path}/lease").json()["lease_seconds"] == 60
    assert client.request(proxy, "DELETE", path).status == 200
    calls.wait_until(lambda calls: not calls.open)
    assert client.request(proxy, target=f"{path}/end", origin=None).status == 204
    assert path not in proxy.log


@pytest.mark.parametrize("transport", ["tcp"], indirect=True)
def test_a_page_can_read_that_the_daemon_is_away(proxy, behind):
    assert behind.stop() == 0
    preflight = client.request(proxy, "OPTIONS", fields=PREFLIGHT, origin=OTHER)
    assert (preflight.status, preflight.body) == (204, b"")
    assert "POST" in preflight.one("Access-Control-Allow-Methods")
    assert "content-type" in preflight.one("Access-Control-Allow-Headers").lower()
    answer = client.request(proxy, origin=OTHER)
    assert answer.status in (502, 503)
    assert answer.one("Retry-After") == "2"
    assert answer.one("Access-Control-Expose-Headers") == "Retry-After"
    for one in preflight, answer:
        assert one.one("Access-Control-Allow-Origin") == OTHER


HIDDEN = [
    "/metrics", "/api/health/ready", "/api/health/ready/", "/api/health%2fready", "/api/health/%72eady",
    "/api/health/../health/ready", "/api/realtime/token/../../health/ready", "//api/health/ready",
    "/api/health/./ready", "/api/health/ready?x", "/API/HEALTH/READY", "/", "/api", "/api/realtime/token/x",
]


@pytest.mark.parametrize("transport", ["unix"], indirect=True)
def test_readiness_and_metrics_stay_inside(proxy, behind):
    answers = {target: client.request(proxy, "GET", target, origin=None) for target in HIDDEN}
    assert {target: answer.status for target, answer in answers.items() if answer.status not in (400, 404)} == {}
    assert client.request(proxy, "GET", "/api/health", origin=None).json()["status"] == "ok"


@pytest.mark.parametrize("transport", ["unix"], indirect=True)
def test_a_kept_connection_carries_many_requests(proxy, behind):
    head = raw.head("GET", "/api/health", host=client.HOST)
    with client.Connection(proxy) as connection:
        for _ in range(20):
            connection.send(head)
            assert connection.receive().only().status == 200
            connection.data = b""


CANARY = b"GET /canary HTTP/1.1\r\nHost: app.example\r\n\r\n"
CHUNKS = b"0\r\n\r\n" + CANARY
SMUGGLED = {
    "both lengths": f"Content-Length: {len(CHUNKS)}\r\nTransfer-Encoding: chunked\r\n",
    "two lengths": f"Content-Length: 0\r\nContent-Length: {len(CHUNKS)}\r\n",
    "a space": f"Content-Length : {len(CHUNKS)}\r\nTransfer-Encoding: chunked\r\n",
    "a tab": f"Transfer-Encoding:\tchunked\r\nContent-Length: {len(CHUNKS)}\r\n",
    "another coding": f"Transfer-Encoding: xchunked\r\nContent-Length: {len(CHUNKS)}\r\n",
}


@pytest.mark.parametrize("fields", SMUGGLED.values(), ids=SMUGGLED)
@pytest.mark.parametrize("transport", ["unix"], indirect=True)
def test_a_second_request_is_not_smuggled_in_a_first(proxy, behind, fields):
    """The proxy answers the canary itself, with 404; it must never come to the daemon, which would log it."""
    head = f"POST /api/realtime/token HTTP/1.1\r\nHost: app.example\r\nOrigin: {client.ORIGIN}\r\n{fields}\r\n"
    with client.Connection(proxy, limit=5) as connection:
        connection.send(head.encode() + CHUNKS)
        connection.receive()
    # On another connection to the proxy, and so perhaps on the same one to the daemon.
    client.request(proxy, "GET", "/api/realtime/token")
    assert {line["url.path"] for line in behind.usage()} == {"/api/realtime/token"}
