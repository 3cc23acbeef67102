"""Calls that the daemon creates for pages: created, renewed, ended and bounded."""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from call_client import raw_digest, CALLS, LIVE, OFFER, create, ended, lease, lines, location, serve, session
from daemon import ORIGIN, SESSION, eventually
from fake_calls import ANSWER
from program import ROOT, binary


def test_a_realtime_call_is_created_with_the_session_and_the_offer_byte_for_byte(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    answer = create(daemon)
    assert (answer.status, answer.one("Content-Type"), answer.body) == (201, "application/sdp", ANSWER)
    assert answer.one("Access-Control-Allow-Origin") == ORIGIN
    assert "Location" in answer.one("Access-Control-Expose-Headers")
    [call] = calls.all
    assert (call.kind, call.offer, call.session) == ("realtime", OFFER, SESSION["session"])
    assert call.request.all("OpenAI-Safety-Identifier") and call.request.all("Accept") == ["application/sdp"]


def test_a_live_call_is_created_with_the_least_that_a_page_needs(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    body = json.dumps({"sdp": OFFER.decode(), "session": "live", "dcid": 3}).encode()
    answer = daemon.request("POST", CALLS, {"Origin": ORIGIN, "Content-Type": "application/json"}, body)
    assert (answer.status, answer.one("Content-Type")) == (201, "application/json")
    told = answer.json()
    assert told["sdp"].encode() == ANSWER
    assert told["call"] == {
        "url": answer.one("Location"),
        "session": "live",
        "type": "live",
        "model": "gpt-live-1",
        "seconds_left": 1800,
        "lease_seconds": 60,
    }
    [call] = calls.all
    sent = json.loads(call.request.body)
    assert (call.kind, sent["transport"]["dcid"], "type" in sent["session"]) == ("live", 3, False)
    assert sent["session"]["client"]["data_channel"]["allowed_client_events"][0] == "session.close"
    assert sent["session"]["safety_identifier"]


def test_a_call_is_renewed_and_ended_by_its_owner(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    path = location(create(daemon))
    renewed = lease(daemon, path)
    assert renewed.status == 200 and renewed.json()["lease_seconds"] == 60
    assert 1790 <= renewed.json()["seconds_left"] <= 1800
    assert daemon.request("POST", f"{path}/end", {"Origin": ORIGIN}, b"ignored").status == 204
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: ended(tmp_path), "the end has its line")
    gone = lease(daemon, path)
    assert (gone.status, gone.json()["code"], gone.json()["reason"]) == (410, "call_ended", "client")
    # At once, and repeatable.
    assert daemon.request("POST", f"{path}/end").status == 204
    assert daemon.request("DELETE", path).status == 200
    opened, refused = [line for line in lines(tmp_path) if "event.name" not in line]
    [end] = ended(tmp_path)
    assert opened["ephemerald.call.id"] == end["ephemerald.call.id"]
    assert (end["ephemerald.call.reason"], end["ephemerald.call.confirmed"]) == ("client", True)
    assert (refused["url.path"], refused["error.type"]) == ("/api/realtime/calls/{id}/lease", "call_ended")


def test_the_id_is_in_nothing_that_is_written(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, LOG_LEVEL="debug")
    path = location(create(daemon))
    secret = path.rsplit("/", 1)[1]
    lease(daemon, path, origin="https://evil.example")
    daemon.request("GET", path)
    daemon.request("GET", f"{path}/unknown/path")
    daemon.request("POST", f"{path}/lease", {"Origin": ORIGIN, "Content-Length": "99999999"})
    metrics = daemon.operations("GET", "/metrics").body.decode()
    daemon.request("DELETE", path)
    eventually(lambda: ended(tmp_path), "the call is over")
    assert len(secret) == 22
    for text in (daemon.stdout, daemon.stderr, (tmp_path / "usage.log").read_text(), metrics):
        assert secret not in text


def test_the_manual_lists_every_member_of_the_lines(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, {"default": session(price_per_minute=0.05)})
    calls.fail("hangup-fails")
    daemon.request("DELETE", location(create(daemon)))
    eventually(lambda: "a call could not be ended" in daemon.stderr, "the daemon says so")
    calls.work()
    eventually(lambda: ended(tmp_path), "the call is over")
    written = {name for line in lines(tmp_path) for name in line if name.startswith("ephemerald.call.")}
    manual = (ROOT / "deploy" / "logs.md").read_text().split("## Lines about calls")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in manual.splitlines() if row.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == written
    events = {line["event.name"] for line in lines(tmp_path) if "event.name" in line}
    assert set(re.findall(r'"event.name":"([a-z.]+)"', manual)) == events
    [end] = ended(tmp_path)
    assert 0 < end["ephemerald.call.spent"] <= end["ephemerald.call.seconds"] * 834


def test_anybody_else_finds_no_call(start, calls, tmp_path):
    keys = tmp_path / "keys"
    digests = {name: raw_digest(f"key-of-{name}") for name in ("ann", "bob")}
    keys.write_text("".join(f"{name}:{digest}\n" for name, digest in digests.items()))
    daemon = serve(
        start, calls, tmp_path, AUTH="bearer", AUTH_KEYS_FILE=str(keys), ALLOWED_ORIGINS=f"{ORIGIN},https://b.example"
    )
    ann, bob = ({"Authorization": f"Bearer key-of-{name}"} for name in ("ann", "bob"))
    path = location(create(daemon, **ann))
    forged = f"{CALLS}/{'A' * 22}"
    answers = [
        lease(daemon, path, **bob),
        lease(daemon, path, origin="https://b.example", **ann),
        lease(daemon, forged, **ann),
        lease(daemon, f"{CALLS}/short", **ann),
        daemon.request("DELETE", forged),
        daemon.request("POST", f"{forged}/end"),
    ]
    assert {(answer.status, answer.json()["code"]) for answer in answers} == {(404, "call_not_found")}
    assert len({json.dumps({**answer.json(), "request_id": ""}) for answer in answers}) == 1
    assert lease(daemon, path).status == 401
    assert lease(daemon, path, **ann).status == 200


def test_a_page_that_sends_unknown_ids_stops_no_other_page_of_its_address(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    path = location(create(daemon))
    # What any page can send with `fetch` and `no-cors`.
    foreign = {"Origin": "https://evil.example", "Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site"}
    for _ in range(40):
        assert daemon.request("POST", f"{CALLS}/{'A' * 22}/end", foreign, b"x").status == 404
    assert lease(daemon, path).status == 200
    assert daemon.request("POST", f"{path}/end").status == 204
    calls.wait_until(lambda calls: not calls.open, 10)


@pytest.mark.slow
def test_a_lost_lease_and_a_deadline_end_a_call(start, calls, tmp_path):
    files = {"default": session(call={"lease_seconds": 10}), "short": session(call={"max_seconds": 60})}
    daemon = serve(start, calls, tmp_path, files)
    location(create(daemon))
    location(create(daemon, "short"))
    calls.wait_until(lambda calls: len(calls.open) == 1)
    eventually(lambda: ended(tmp_path), "the end has its line")
    [end] = ended(tmp_path)
    assert end["ephemerald.call.reason"] == "lease" and 10 <= end["ephemerald.call.seconds"] <= 20
    assert [call.session["model"] for call in calls.open] == ["gpt-realtime-2.1"]


def test_only_so_many_calls_are_open_at_once(start, calls, tmp_path):
    files = {"default": SESSION, "narrow": session(call={"max_open": 2})}
    daemon = serve(start, calls, tmp_path, files, MAX_CALLS="8", LOOPS="2")
    paths = [location(create(daemon, "narrow")) for _ in range(2)]
    full = create(daemon, "narrow")
    told = (full.status, full.json()["code"], full.json()["dimension"], full.one("Retry-After"))
    assert told == (429, "too_many_calls", "session", "10")
    with ThreadPoolExecutor(64) as pool:
        statuses = list(pool.map(lambda _: create(daemon).status, range(64)))
    assert (statuses.count(201), statuses.count(429)) == (6, 58)
    # Each once.
    for said in ("calls session: narrow has reached 2 open calls", "calls all: everybody has reached 8 open calls"):
        assert daemon.stderr.count(said) == 1
    assert len(calls.all) == 8
    daemon.request("DELETE", paths[0])
    eventually(lambda: create(daemon, "narrow").status == 201, "its slot is free again")


def test_a_caller_and_an_address_have_fewer_places(start, calls, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("".join(f"{name}:{raw_digest(f'key-of-{name}')}\n" for name in ("ann", "bob")))
    settings = {"AUTH": "bearer", "AUTH_KEYS_FILE": str(keys), "MAX_CALLS_CLIENT": "3"}
    daemon = serve(start, calls, tmp_path, **settings)

    def answers(name: str, count: int) -> list[int | str]:
        made = [create(daemon, Authorization=f"Bearer key-of-{name}") for _ in range(count)]
        return [answer.json()["dimension"] if answer.status == 429 else answer.status for answer in made]

    assert answers("ann", 3) == [201, 201, "caller"]
    assert answers("bob", 2) == [201, "client"]


def test_usage_and_lookup_read_the_lines_of_calls(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    daemon.request("DELETE", location(create(daemon)))
    eventually(lambda: ended(tmp_path), "the call is over")
    name = ended(tmp_path)[0]["ephemerald.call.id"]

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [binary(), *arguments, "--log", str(tmp_path / "usage.log")]
        return subprocess.run(command, capture_output=True, text=True, timeout=20)

    usage = run("usage", "--by", "session")
    assert usage.stderr == ""
    assert re.search(r"^default +1 +0 +0 +0\.\d$", usage.stdout, re.MULTILINE)
    found = run("lookup", name)
    assert (found.returncode, name in found.stdout, "created" in found.stdout) == (0, True, True)


@pytest.mark.parametrize(
    "body, kind, status, code",
    [
        (b"", "application/sdp", 400, "invalid_offer"),
        (OFFER.rstrip(), "application/sdp", 400, "invalid_offer"),
        (OFFER.replace(b"m=audio", b"m=video"), "application/sdp", 400, "invalid_offer"),
        (OFFER, "text/plain", 415, "unsupported_media_type"),
        (OFFER, "application/json", 400, "invalid_request"),
        (b"{}", "application/json", 400, "invalid_request"),
        (b'{"sdp":"v=0","model":"x"}', "application/json", 400, "invalid_request"),
        (b'{"sdp":"v=0","dcid":65535}', "application/json; charset=utf-8", 400, "invalid_offer"),
    ],
)
def test_what_is_not_an_offer_reaches_nobody_and_keeps_no_slot(
    start, calls, tmp_path, body, kind, status, code
):
    daemon = serve(start, calls, tmp_path, MAX_CALLS="1")
    answer = create(daemon, offer=body, **{"Content-Type": kind})
    assert (answer.status, answer.json()["code"]) == (status, code)
    if status == 415:
        assert answer.one("Accept-Post") == "application/sdp, application/json"
    assert calls.all == []
    assert create(daemon).status == 201


def test_a_session_says_what_it_offers(start, calls, tmp_path):
    files = {
        "default": session(call=False),
        "only": session(token=False),
        "live": LIVE,
        "words": {"session": {"type": "transcription"}},
    }
    daemon = serve(start, calls, tmp_path, files)
    refusals = [create(daemon), create(daemon, "words"), daemon.token("only"), daemon.token("live")]
    assert [(answer.status, answer.json()["code"]) for answer in refusals] == [
        (409, "token_required"),
        (409, "token_required"),
        (409, "call_required"),
        (409, "call_required"),
    ]
    assert [create(daemon, "only").status, daemon.token().status] == [201, 200]


def test_a_preflight_is_the_same_on_all_paths(daemon):
    paths = [CALLS, *(f"{CALLS}/{'A' * 22}{end}" for end in ("", "/lease", "/end"))]
    for method in ("POST", "DELETE"):
        fields = {"Origin": ORIGIN, "Access-Control-Request-Method": method}
        fields["Access-Control-Request-Headers"] = "authorization,content-type"
        answers = [daemon.request("OPTIONS", path, fields) for path in paths]
        assert {answer.status for answer in answers} == {204}
        assert {answer.one("Access-Control-Allow-Methods") for answer in answers} == {"DELETE, POST"}
        assert {answer.one("Accept-Post") for answer in answers} == {"application/sdp, application/json"}
    allowed = [daemon.request("PUT", path).one("Allow") for path in paths]
    assert allowed == ["OPTIONS, POST", "DELETE, OPTIONS", "OPTIONS, POST", "OPTIONS, POST"]


def test_the_upstream_is_asked_once(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path, UPSTREAM_TIMEOUT="2s")
    assert create(daemon).status == 201
    # The kept connection dies after the next creation was read: libcurl would send it again by itself.
    calls.fail("close-after-create")
    failed = create(daemon)
    assert (failed.status, failed.json()["code"]) == (502, "upstream_error")
    assert len(calls.all) == 2
    calls.fail("no-answer-after-create")
    late = create(daemon)
    assert (late.status, late.json()["code"]) == (504, "upstream_timeout")
    assert len(calls.all) == 3


def test_a_hang_up_that_fails_is_tried_again(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    path = location(create(daemon))
    for fault in ("hangup-fails", "not-found-without-code"):
        calls.fail(fault)
        assert daemon.request("DELETE", path).status == 200
        eventually(lambda: "a call could not be ended" in daemon.stderr, "the daemon says so")
        assert len(calls.open) == 1 and ended(tmp_path) == []
    calls.work()
    calls.wait_until(lambda calls: not calls.open)
    eventually(lambda: ended(tmp_path), "the end has its line")
    assert len(ended(tmp_path)) == 1
