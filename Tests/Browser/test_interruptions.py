"""What the system does to the sound of a call: each case recovers by itself, or says what the user must do."""

from __future__ import annotations

import pytest

from callpage import PLAIN, begin, connect, disconnect
from ear import SILENCE
from patience import eventually

ELEMENT = "{element: document.body.appendChild(new Audio())}"
#: The default microphone, as Chromium lists it, belongs to another device from now on.
FOLLOW = """group => {
  const devices = navigator.mediaDevices;
  window.list ??= devices.enumerateDevices.bind(devices);
  devices.enumerateDevices = async () => (await list()).map((device) => device.deviceId === "default"
    ? {...device.toJSON(), groupId: group} : device);
  devices.dispatchEvent(new Event("devicechange"));
}"""


@pytest.fixture
def call(open_tab, web, daemon, peer):
    """A page in a call whose part for interruptions is loaded, and the peer's half."""
    tab = begin(open_tab(), web, daemon, audio=PLAIN, code=ELEMENT)
    there = connect(tab, peer)
    tab.js("() => { window.interruptions = []; client.on('interruption', ({active}) => interruptions.push(active)); }")
    # The activity comes with that part.
    tab.until("client.activity !== 'idle'")
    tab.until("!document.querySelector('audio').paused")
    yield tab, there
    disconnect(tab, peer)


def hears_tone(there) -> None:
    eventually(lambda: (there.ear.level() or 0) > 100 * SILENCE, "the peer hears the tone")


def test_a_microphone_that_the_system_mutes_is_reported_and_opened_again(call):
    tab, there = call
    tab.js("() => Object.defineProperty([...ledger.tracks][0], 'muted', {get: () => true}) && undefined")
    tab.until("interruptions.join() === 'true,false'")
    # The old track ends when the new one is sent.
    tab.until("ledger.made.tracks === 2 && ledger.live().tracks === 1")
    hears_tone(there)


def test_an_element_that_the_system_pauses_plays_on(call):
    tab, _ = call
    tab.js("() => document.querySelector('audio').pause()")
    tab.until("!document.querySelector('audio').paused")
    assert tab.js("client.playbackBlocked") is False


def test_an_element_that_may_not_play_on_needs_a_click(call):
    tab, _ = call
    tab.js("""() => {
      const {play} = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("a click is missing", "NotAllowedError"));
      window.unblock = () => { HTMLMediaElement.prototype.play = play; };
      document.querySelector('audio').pause();
    }""")
    tab.until("client.playbackBlocked")
    tab.js("() => unblock()")
    tab.run("start", "client.startAudio()")
    tab.value("start")
    assert tab.js("[client.playbackBlocked, document.querySelector('audio').paused]") == [False, False]


def test_a_context_that_the_system_suspends_runs_on(call):
    tab, _ = call
    tab.until("client.levels().output > 0.01")
    tab.run("suspend", "[...ledger.contexts][0].suspend()")
    tab.value("suspend")
    tab.until("[...ledger.contexts][0].state === 'running' && client.levels().output > 0.01")


def test_a_new_default_microphone_is_followed(call):
    tab, there = call
    # The first change may come before the client knows the device.
    tab.js(FOLLOW, "one")
    tab.js(FOLLOW, "another")
    tab.until("ledger.made.tracks > 1 && ledger.live().tracks === 1")
    hears_tone(there)
