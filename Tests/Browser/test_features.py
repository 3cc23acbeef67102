"""What a page adds to a call by an option or a part: a greeting, its own stream, a check of the devices, the screen."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from callpage import PLAIN, begin, connect, disconnect
from conftest import LIBRARY
from daemon import HEALTH, SESSION
from patience import eventually
from test_sound import hears_silence, hears_tone

#: A tone that the page makes itself.
MIXER = """{microphone: (window.mixer = (() => {
  const context = new AudioContext();
  const note = context.createOscillator();
  const out = context.createMediaStreamDestination();
  note.frequency.value = 1000;
  note.connect(out);
  note.start();
  return {context, stream: out.stream};
})()).stream}"""
PARROT = "{answer: async (call) => (await import('/sandbox-peer.js')).parrot(call)}"


def test_the_assistant_greets_and_the_page_sees_who_speaks_and_what_it_cost(open_tab, web, start):
    daemon = start(
        "http://127.0.0.1:9", json.dumps(SESSION).encode(), SANDBOX="true", OPENAI_API_KEY=None, OPENAI_BASE_URL=None
    )
    tab = begin(open_tab("missing"), web, daemon, code=PARROT, microphone=False, greet="Say hello.")
    tab.js("() => client.on('activity', ({activity}) => (window.seen ??= []).push(activity))")
    tab.run("connect", "client.connect()")
    tab.value("connect")
    tab.until("client.activity === 'listening' && window.seen.includes('speaking')")
    assert tab.js("seen") == ["listening", "thinking", "speaking", "listening"]
    assert tab.js("client.transcripts.map(({role}) => role)") == ["assistant"]
    assert tab.js("client.usage.responses.total_tokens") == 2
    tab.js("() => client.disconnect()")
    assert tab.js("[client.activity, seen.at(-1)]") == ["idle", "idle"]
    tab.assert_nothing_is_left()


def test_a_stream_of_the_page_is_heard_without_a_microphone_and_outlives_the_call(open_tab, web, daemon, peer):
    tab = begin(open_tab("missing"), web, daemon, code=MIXER)
    call = connect(tab, peer)
    hears_tone(call)
    tab.js("() => client.mute()")
    hears_silence(call)
    tab.js("() => client.unmute()")
    hears_tone(call)
    assert tab.js("ledger.constraints") == []
    tab.js("() => client.disconnect()")
    assert tab.js("mixer.stream.getTracks().map(({readyState, enabled}) => [readyState, enabled])") == [["live", True]]
    tab.js("() => { mixer.context.close(); }")
    tab.assert_nothing_is_left()
    eventually(lambda: not peer.open_calls, "the peer has seen the end")


CHECK = """(async () => {
  const {DeviceCheck, microphonePermission} = await import("/device-check.js");
  window.check = new DeviceCheck({audio: %s});
  const permission = await microphonePermission();
  await check.start();
  return {permission, microphone: check.microphone, list: (await check.microphones()).length};
})()"""


def test_the_devices_are_checked_before_the_call(open_tab, web, daemon):
    tab = begin(open_tab(), web, daemon)
    tab.run("check", CHECK % json.dumps(PLAIN))
    seen = tab.value("check")
    assert seen["permission"] in ("granted", "prompt") and seen["list"] > 1 and seen["microphone"]["label"]
    tab.until("check.level() > 0.05 && check.hasHeard")
    tab.run("tone", "check.playTone()")
    tab.value("tone")
    tab.js("() => check.stop()")
    tab.assert_nothing_is_left()


def test_a_refused_microphone_is_known_before_the_call(open_tab, web, daemon):
    tab = begin(open_tab("denied"), web, daemon)
    tab.run("check", CHECK % "{}")
    assert tab.error("check")["code"] == "microphone_denied"
    tab.assert_nothing_is_left()


def test_the_screen_stays_on_for_the_time_of_a_call(open_tab, web, daemon, peer):
    tab = begin(open_tab(permissions=["microphone", "screen-wake-lock"]), web, daemon, wakeLock=True)
    tab.js("""() => {
      window.locks = [];
      const request = navigator.wakeLock.request.bind(navigator.wakeLock);
      navigator.wakeLock.request = async (kind) => { locks.push(await request(kind)); return locks.at(-1); };
    }""")
    connect(tab, peer)
    assert tab.until("locks.map(({released, type}) => [released, type])") == [[False, "screen"]]
    disconnect(tab, peer)
    tab.until("locks[0].released")


def test_the_readmes_first_page_talks(open_tab, daemon, peer):
    source = (LIBRARY / "README.md").read_text().split("```html\n")[1].split("```")[0]
    # A page of the daemon's origin: one that a route fulfils is a stranger's to Chromium, and may not reach loopback.
    tab = open_tab().go(f"http://localhost:{daemon.port}{HEALTH}")
    tab.page.set_content(source)
    tab.page.get_by_role("button", name="Talk").click()
    eventually(lambda: peer.calls and "response.create" in peer.calls[-1].types(), "the assistant is asked to greet")
    expect(tab.page.locator("output")).to_have_text("listening")
    peer.calls[-1].say({"type": "response.output_text.delta", "item_id": "a", "content_index": 0, "delta": "Good day"})
    peer.calls[-1].say({"type": "output_audio_buffer.started", "response_id": "r"})
    expect(tab.page.locator("output")).to_have_text("speaking")
    expect(tab.page.get_by_role("listitem").last).to_have_text("Good day")
