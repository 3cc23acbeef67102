"""Everything that keeps a call from starting, how it is reported to the page, and that nothing is left of the attempt."""

from __future__ import annotations

import json

import pytest

from callpage import begin, calls_url, connect, disconnect, token_url
from calls import Failure
from daemon import SESSION
from patience import eventually


def fail(tab) -> dict:
    """Connects, expects that to fail, and returns the error."""
    tab.run("connect", "client.connect()")
    error = tab.error("connect")
    assert error["name"] == "RealtimeError"
    assert tab.js("[client.state, client.reason, client.error?.code]") == ["closed", "failed", error["code"]]
    tab.assert_nothing_is_left()
    return error


#: What makes a browser ask for permission before it sends the request, and what does not.
REQUESTS = {
    "without a preflight": {},
    "with a body": {"session": "default"},
    "with an authorization": {"authorization": "Bearer eph_1"},
    "with both": {"variables": {"customer": "Ann"}, "authorization": "Bearer eph_1"},
}


@pytest.mark.parametrize("options", REQUESTS.values(), ids=REQUESTS)
def test_a_page_of_another_origin_reads_that_and_does_not_try_again(open_tab, web, daemon, peer, options):
    page = f"http://127.0.0.1:{web.port}"
    tab = begin(open_tab(), web, daemon, page, **options)
    error = fail(tab)
    assert (error["code"], error["status"], error["retryable"]) == ("token_refused", 403, False)
    assert tab.js("client.error.serverCode") == "origin_not_allowed"
    assert error["message"].endswith(f"This page: {page}")
    assert tab.js("said('retry')") == []
    assert peer.mint_requests == 0 and peer.offers == 0
    [line] = daemon.usage(1)
    assert (line["http.response.status_code"], line["ephemerald.origin"]) == (403, page)
    assert tab.js("client.error.requestId") == line["ephemerald.request.id"]


def test_a_page_of_another_origin_that_sends_cookies_reads_nothing(open_tab, web, start, peer):
    daemon = start(peer.base_url, ALLOWED_ORIGINS=web.origin, ALLOW_CREDENTIALS="true")
    tab = begin(open_tab(), web, daemon, f"http://127.0.0.1:{web.port}", reconnect=False, credentials="include")
    assert fail(tab)["code"] == "token_unreachable"
    assert peer.mint_requests == 0


@pytest.mark.parametrize("options", REQUESTS.values(), ids=REQUESTS)
def test_a_listed_page_that_sends_cookies_needs_the_setting(open_tab, web, start, peer, options):
    options = {name: value for name, value in options.items() if name != "variables"}
    closed = start(peer.base_url, ALLOWED_ORIGINS=web.origin)
    tab = begin(open_tab(), web, closed, reconnect=False, credentials="include", **options)
    assert fail(tab)["code"] == "token_unreachable"
    opened = start(peer.base_url, ALLOWED_ORIGINS=web.origin, ALLOW_CREDENTIALS="true")
    tab = begin(open_tab(), web, opened, credentials="include", **options)
    connect(tab, peer)
    disconnect(tab, peer)
    tab = begin(open_tab(), web, opened, reconnect=False, credentials="include", session="nobody")
    error = fail(tab)
    assert (error["code"], error["status"]) == ("token_refused", 404)


def test_a_spent_limit_is_waited_out_and_then_tried_again(open_tab, web, start, peer):
    daemon = start(peer.base_url, LIMIT_CLIENT="20/min burst 1")
    tab = begin(open_tab(), web, daemon)
    spent = []

    def spend(route):
        # Another request takes the only token when the page's is on its way, as the next one comes after 3 s.
        if not spent:
            spent.append(daemon.token(origin=web.origin).status)
        route.continue_()

    tab.page.route(token_url(daemon), spend)
    tab.run("connect", "client.connect()")
    tab.until("said('retry').length > 0")
    assert spent == [200]
    [retry] = tab.js("said('retry')")
    wait = retry["error"]["retryAfter"]
    assert (retry["error"]["code"], retry["error"]["status"]) == ("rate_limited", 429) and 1 <= wait <= 3
    assert 1000 * wait <= retry["delay"] < 1000 * wait + 1000
    tab.value("connect")
    waited = tab.js("log.findLast(({type}) => type === 'statechange').at - log.find(({type}) => type === 'retry').at")
    assert waited >= 1000 * wait
    disconnect(tab, peer)


def test_a_wait_longer_than_the_cap_is_not_waited(open_tab, web, start, peer):
    daemon = start(peer.base_url, LIMIT_CLIENT="1/h burst 1")
    tab = begin(open_tab(), web, daemon)
    assert daemon.token(origin=web.origin).status == 200
    error = fail(tab)
    assert (error["code"], error["status"]) == ("rate_limited", 429)
    assert error["retryAfter"] > 3000


def test_a_401_at_the_call_ends_the_attempt_at_once(open_tab, web, daemon, peer):
    peer.failures.append(Failure(401, "invalid_api_key", "Incorrect API key provided."))
    tab = begin(open_tab(), web, daemon)
    error = fail(tab)
    assert (error["code"], error["status"], error["retryable"]) == ("call_refused", 401, False)
    assert tab.js("client.error.serverCode") == "invalid_api_key"
    assert peer.offers == 1 and len(peer.keys) == 1


def test_a_token_that_expired_before_its_use_ends_the_attempt(open_tab, web, daemon, peer):
    peer.keys_are_late = True
    tab = begin(open_tab(), web, daemon)
    error = fail(tab)
    assert (error["code"], error["status"]) == ("call_refused", 401)
    assert tab.js("client.error.serverCode") == "ephemeral_token_expired"
    peer.keys_are_late = False
    connect(tab, peer)
    disconnect(tab, peer)


def test_a_500_at_the_call_is_tried_again_with_a_new_token(open_tab, web, daemon, peer):
    peer.failures.extend([Failure(500), Failure(503)])
    tab = begin(open_tab(), web, daemon)
    connect(tab, peer)
    assert peer.offers == 3 and len(peer.keys) == 3 and len(peer.used) == 1
    assert tab.js("said('retry').map(({error}) => [error.code, error.status])") == [
        ["call_refused", 500],
        ["call_refused", 503],
    ]
    assert tab.js("ledger.made.tracks") == 1
    disconnect(tab, peer)


def test_a_500_that_stays_is_reported_at_last(open_tab, web, daemon, peer):
    peer.failures.extend([Failure(500)] * 3)
    tab = begin(open_tab(), web, daemon, code="{reconnect: library.backoff({delays: [0, 20]})}")
    error = fail(tab)
    assert (error["code"], error["status"], error["retryable"]) == ("call_refused", 500, True)
    assert peer.offers == 3


@pytest.mark.parametrize(("kind", "code"), [("denied", "microphone_denied"), ("missing", "microphone_missing")])
def test_without_a_microphone_no_token_is_asked_for(open_tab, web, daemon, peer, kind, code):
    tab = begin(open_tab(kind), web, daemon)
    error = fail(tab)
    assert (error["code"], error["retryable"]) == (code, False)
    assert peer.mint_requests == 0


def test_a_slow_answer_to_the_offer_has_a_limit(open_tab, web, daemon, peer):
    peer.calls_gate.shut()
    tab = begin(open_tab(), web, daemon, reconnect=False, timeouts={"call": 200})
    assert fail(tab)["code"] == "call_timeout"
    peer.calls_gate.open()


def test_a_slow_token_has_a_limit(open_tab, web, daemon, peer):
    peer.mint_gate.shut()
    tab = begin(open_tab(), web, daemon, reconnect=False, timeouts={"token": 200})
    assert fail(tab)["code"] == "token_timeout"
    peer.mint_gate.open()


def test_a_connection_that_does_not_open_has_a_limit(open_tab, web, daemon, peer):
    peer.unreachable = True
    tab = begin(open_tab(), web, daemon, reconnect=False, timeouts={"open": 300})
    assert fail(tab)["code"] == "open_timeout"


def test_an_upstream_that_refuses_the_daemon_is_told_as_a_refused_token(open_tab, web, start, peer):
    daemon = start(peer.base_url, OPENAI_API_KEY="sk-wrong")
    tab = begin(open_tab(), web, daemon, reconnect=False)
    error = fail(tab)
    assert (error["code"], error["status"]) == ("token_refused", 502)
    assert tab.js("client.error.serverCode") == "upstream_auth"
    eventually(lambda: peer.mint_requests > 0, "the peer was asked")


@pytest.mark.parametrize(
    ("access", "way", "code"), [("call", "call", "token_required"), ("token", "token", "call_required")]
)
def test_a_session_that_has_only_the_other_way_is_refused_once(open_tab, web, start, peer, access, way, code):
    daemon = start(peer.base_url, json.dumps(SESSION | {"access": {access: False}}).encode())
    served = {"token": None, "call": calls_url(daemon)} if way == "call" else {}
    error = fail(tab := begin(open_tab(), web, daemon, **served))
    assert (error["code"], error["status"], tab.js("client.error.serverCode")) == (f"{way}_refused", 409, code)
    assert peer.mint_requests == 0 and peer.offers == 0
    assert len(daemon.usage(1)) == 1


def test_a_page_of_another_origin_reads_why_no_call_is_created(open_tab, web, daemon, peer):
    page = f"http://127.0.0.1:{web.port}"
    error = fail(tab := begin(open_tab(), web, daemon, page, token=None, call=calls_url(daemon)))
    seen = (error["code"], error["status"], tab.js("client.error.serverCode"))
    assert seen == ("call_refused", 403, "origin_not_allowed")
    assert error["message"].endswith(f"This page: {page}")
    assert peer.offers == 0


def test_an_offer_of_the_browser_reaches_the_upstream_which_may_refuse_it(open_tab, web, daemon, peer):
    error = fail(tab := begin(open_tab(), web, daemon, token=None, call=calls_url(daemon)))
    assert (error["code"], error["status"], tab.js("client.error.serverCode")) == ("call_refused", 502, "upstream_auth")
    assert peer.offers == 1 and peer.mint_requests == 0
