"""Calls that end without the user ending them."""

from __future__ import annotations

import pytest

from callpage import begin, connect
from patience import eventually


@pytest.mark.parametrize("way", ["hang_up", "close_channel"])
def test_the_servers_hang_up_is_seen_at_once(open_tab, web, daemon, peer, way):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    getattr(call, way)()
    tab.until("client.state === 'closed'")
    assert tab.js("client.reason") == "hangup"
    assert tab.js("states().slice(-2)") == ["connected", "closed"], "not only when the connection is found dead"
    tab.assert_nothing_is_left()
    assert peer.mint_requests == 1


def test_the_last_word_of_the_server_is_kept(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    error = {"type": "invalid_request_error", "code": "session_expired", "message": "Your session hit the maximum."}
    call.say({"type": "error", "error": error})
    tab.until("said('error').length === 1")
    call.hang_up()
    tab.until("client.state === 'closed'")
    assert tab.js("[client.reason, client.error?.serverCode]") == ["hangup", "session_expired"]
    tab.assert_nothing_is_left()


def test_leaving_the_page_ends_the_call(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.go(web.origin + "/blank.html")
    assert tab.js("sessionStorage.getItem('closed')") == "1", "the client closes its connection, not only the browser"
    eventually(lambda: call.ended_at is not None, "the peer has seen the end")


def test_a_page_that_is_kept_for_later_has_ended_its_call(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.js("() => window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert tab.js("[client.state, client.reason]") == ["closed", "page-hidden"]
    tab.assert_nothing_is_left()
    eventually(lambda: call.ended_at is not None, "the peer has seen the end")
    connect(tab, peer)


def test_a_hidden_page_that_is_not_left_keeps_its_call(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.js("() => document.dispatchEvent(new Event('visibilitychange'))")
    assert tab.js("client.state") == "connected" and call.is_open
