"""Lost connections: how soon they are noticed, and how calls recover."""

from __future__ import annotations

from typing import Iterator

import pytest

from callpage import begin, connect, disconnect
from patience import eventually
from peer_process import PeerProcess

#: Milliseconds between the first entry of one state and that of another, in the page's own clock.
FIRST = "state => log.find(entry => entry.type === 'statechange' && entry.detail.state === state)?.at"

#: Notes when the connection is lost. This event comes before the one that begins the client's grace, and the
#: client's own event comes after that: on a busy machine a tenth of a second after.
NOTE_LOSS = """() => client.peerConnection.addEventListener("iceconnectionstatechange", ({target}) => {
  if (target.iceConnectionState === "disconnected") window.lostAt ??= performance.now();
})"""


@pytest.fixture
def process() -> Iterator[PeerProcess]:
    running = PeerProcess().start()
    yield running
    running.kill()


@pytest.mark.slow
def test_a_killed_peer_is_noticed_and_replaced(open_tab, web, start, process):
    daemon = start(process.base_url)
    tab = begin(open_tab(), web, daemon)
    tab.run("connect", "client.connect()")
    tab.value("connect")
    tab.js("() => client.mute()")
    tab.js(NOTE_LOSS)
    killed = tab.js("performance.now()")
    process.kill()
    process.start()
    # The new process may take longer to start than the state lasts.
    tab.until("states().includes('unstable')")
    # Chromium notices after 7 s.
    assert tab.js(FIRST, "unstable") - killed < 20_000
    tab.until("states().includes('reconnecting') && client.state === 'connected'")
    assert tab.js("states().slice(2)") == ["connected", "unstable", "reconnecting", "connected"]
    back = tab.js("log.findLast(entry => entry.type === 'statechange').at")
    # Chromium's timers count whole milliseconds, and its clock does not.
    assert tab.js(FIRST, "reconnecting") - tab.js("lostAt") > 4998
    assert back - killed < 40_000
    eventually(lambda: process.state()["open"] == 1, "the new peer has the call")
    assert process.state() == {"minted": 1, "used": 1, "open": 1}
    assert tab.js("client.muted") is True
    assert tab.js("ledger.live().peers") == 1 and tab.js("ledger.live().tracks") == 1
    tab.js("() => client.disconnect()")
    tab.assert_nothing_is_left()
    eventually(lambda: process.state()["open"] == 0, "the new peer has seen the end")


@pytest.mark.slow
def test_a_lost_connection_waits_until_the_browser_is_online(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    call = connect(tab, peer)
    tab.context.set_offline(True)
    call.go_silent()
    # Chromium notices after 7 s, and the grace is 5 s.
    tab.until("said('retry').some(retry => retry.offline)", 40)
    assert tab.js("client.state") == "reconnecting"
    assert peer.mint_requests == 1
    tab.context.set_offline(False)
    tab.until("client.state === 'connected'")
    assert len(peer.keys) == 2 and len(peer.used) == 2
    disconnect(tab, peer)


def test_a_connection_that_recovers_by_itself_stays(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    connect(tab, peer)
    tab.js("() => { ledger.pretend('disconnected'); ledger.pretend('connected'); }")
    assert tab.js("states().slice(2)") == ["connected", "unstable", "connected"]
    disconnect(tab, peer)
    assert peer.offers == 1


def test_a_failed_connection_is_replaced_by_one_with_a_new_token(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    connect(tab, peer)
    tab.js("() => client.mute()")
    tab.js("() => ledger.pretend('failed')")
    tab.until("client.state === 'connected' && states().at(-2) === 'reconnecting'")
    assert len(peer.used) == 2 and tab.js("client.muted") is True
    assert tab.js("ledger.live().peers") == 1 and tab.js("ledger.made.tracks") == 1
    disconnect(tab, peer)


def test_an_attempt_that_finds_no_network_waits_until_there_is_one(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    tab.context.set_offline(True)
    tab.run("connect", "client.connect()")
    tab.until("said('retry').some(retry => retry.offline)")
    assert tab.js("client.state") == "connecting" and peer.mint_requests == 0
    assert tab.js("said('retry').length") == 1
    tab.context.set_offline(False)
    tab.value("connect")
    disconnect(tab, peer)


def test_hanging_up_while_offline_leaves_nothing(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    tab.context.set_offline(True)
    tab.run("connect", "client.connect()")
    tab.until("said('retry').some(retry => retry.offline)")
    tab.js("() => client.disconnect()")
    assert tab.error("connect")["code"] == "aborted"
    tab.assert_nothing_is_left()
    tab.context.set_offline(False)
    assert peer.mint_requests == 0


def test_the_new_session_is_told_what_was_said(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon)
    connect(tab, peer)
    tab.js("() => client.sendText('My name is Ann.')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: My name is Ann.' && client.transcripts.at(-1).final")
    tab.js("() => client.updateSession({instructions: 'Be brief.'})")
    tab.js("() => ledger.pretend('failed')")
    eventually(lambda: len(peer.calls) == 2 and "session.update" in peer.calls[-1].types(), "the session is restored")
    assert peer.calls[-1].types() == ["conversation.item.create"] * 2 + ["session.update"]
    restored = tab.js("said('clientevent')")[-3:-1]
    assert [event["item"]["content"][0] for event in restored] == [
        {"type": "input_text", "text": "My name is Ann."},
        {"type": "output_text", "text": "You said: My name is Ann."},
    ]
    tab.until("client.state === 'connected'")
    assert tab.js("client.transcripts.map(({text}) => text)") == ["My name is Ann.", "You said: My name is Ann."]
    assert [error["code"] for error in tab.js("said('error')")] == ["connection_lost"]
    disconnect(tab, peer)


def test_a_connection_that_is_lost_before_the_part_that_restores_is_loaded_is_restored(open_tab, web, daemon, peer):
    held = []
    tab = open_tab()
    tab.page.route("**/realtime-care.js", lambda route: held.append(route))
    begin(tab, web, daemon)
    connect(tab, peer)
    tab.js("() => client.sendText('My name is Ann.')")
    tab.until("client.transcripts.at(-1)?.text === 'You said: My name is Ann.' && client.transcripts.at(-1).final")
    eventually(lambda: tab.js("client.state") and held, "the part is asked for")
    tab.js("() => ledger.pretend('failed')")
    eventually(lambda: len(peer.calls) == 2 and peer.calls[-1].is_open, "another session has begun")
    tab.until("client.state === 'connected'")
    held[0].continue_()
    eventually(lambda: peer.calls[-1].types() == ["conversation.item.create"] * 2, "the session is restored")
    disconnect(tab, peer)


def test_a_part_that_does_not_load_is_loaded_with_the_next_connection(open_tab, web, daemon, peer):
    asked = []

    def hold_first(route):
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    tab = open_tab()
    tab.page.route("**/realtime-turns.js", hold_first)
    begin(tab, web, daemon)
    connect(tab, peer)
    eventually(lambda: tab.js("client.activity") == "idle" and asked, "the part is asked for")
    # The page waits for the same request as the client, so that both know of the failure before the next connection.
    tab.run("part", "import('/realtime-turns.js')")
    asked[0].abort()
    tab.error("part")
    tab.js("() => ledger.pretend('failed')")
    tab.until("client.activity === 'listening'")
    assert len(peer.calls) == 2 and len(asked) == 2
    disconnect(tab, peer)
