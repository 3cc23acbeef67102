"""The sandbox's parrot: it repeats what the microphone says, and plays OpenAI's side of a call."""

from __future__ import annotations

import json

import pytest

from callpage import PLAIN, begin, calls_url
from daemon import SESSION, Daemon
from patience import eventually
from program import ROOT
from tab import Tab

LIVE = json.loads((ROOT / "sessions" / "live.json").read_text())
ANSWER = "{answer: async (call) => (await import('/sandbox-peer.js')).parrot(call)}"


@pytest.fixture
def talk(open_tab, web, start):
    """Opens a call with the parrot."""

    def open_call(kind: str, session: dict = SESSION, call: bool = False, **options) -> tuple[Tab, Daemon]:
        content = json.dumps(session).encode()
        daemon = start("http://127.0.0.1:9", content, SANDBOX="true", OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
        if call:
            options |= {"token": None, "call": calls_url(daemon)}
        tab = begin(open_tab(kind), web, daemon, audio=PLAIN, code=ANSWER, **options)
        tab.run("connect", "client.connect()")
        tab.value("connect")
        return tab, daemon

    return open_call


def end(tab: Tab) -> None:
    tab.js("() => client.disconnect()")
    tab.assert_nothing_is_left()


def types(tab: Tab) -> list[str]:
    return [event["type"] for event in tab.js("said('serverevent')")]


WAYS = [(SESSION, False), (SESSION, True), (LIVE, True)]


@pytest.mark.parametrize(("session", "call"), WAYS, ids=["token", "call", "live"])
def test_the_voice_comes_back_and_both_sides_have_a_transcript(talk, session, call):
    tab, daemon = talk("speech", session, call)
    tab.js("() => listen(client.peerConnection.getReceivers()[0].track)")
    tab.until("loudness() > 0.01")
    tab.until("(({hertz, decibels}) => hertz < 1500 && decibels > -60)(tone())")
    tab.js("() => hearing.stop()")
    tab.until("['user', 'assistant'].every(side => client.transcripts.some(({role, text}) => role === side && text))")
    end(tab)
    if call:
        assert daemon.usage(2)[1]["ephemerald.call.reason"] == "client"


def test_a_turn_has_the_events_of_openai_in_their_order(talk):
    tab, _ = talk("speech")
    tab.until("said('serverevent').some(({type}) => /^output_audio_buffer.(stopped|cleared)$/.test(type))")
    seen = types(tab)
    expected = [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "output_audio_buffer.started",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
        "response.done",
    ]
    places = [seen.index(name) for name in expected]
    assert places == sorted(places), seen
    end(tab)


def test_it_answers_what_is_typed_calls_a_function_once_and_fails_on_demand(talk):
    tab, _ = talk("missing", microphone=False)
    tab.js("() => client.sendText('Polly?')")
    tab.until("client.transcripts.at(-1)?.text.endsWith('You wrote: Polly?') && client.transcripts.at(-1).final")

    parameters = {"type": "object", "properties": {"zone": {"enum": ["UTC"]}}}
    tool = {"type": "function", "name": "now", "parameters": parameters}
    tab.js("tool => client.updateSession({tools: [tool]})", tool)
    tab.js("() => client.sendText('What time is it?')")
    done = "said('serverevent').findLast(({type}) => type === 'response.done')"
    call = tab.until(f"{done}?.response.output.find(({{name}}) => name)")
    assert (call["name"], call["arguments"]) == ("now", '{"zone":"UTC"}')
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "noon"}
    tab.js("item => client.send({type: 'conversation.item.create', item})", output)
    tab.js("() => client.send({type: 'response.create'})")
    tab.until("client.transcripts.at(-1)?.text === 'The function answered noon' && client.transcripts.at(-1).final")

    tab.js("() => client.sendText('/error too_long That was too long.', {respond: false})")
    # What was typed before may have come just before the end of an answer, which then cannot be cancelled any more.
    error = tab.until("said('error').find(({serverCode}) => serverCode !== 'response_cancel_not_active')")
    assert (error["serverCode"], error["message"]) == ("too_long", "That was too long.")
    tab.js("() => client.sendText('/hangup', {respond: false})")
    tab.until("client.state === 'closed' && client.reason === 'hangup'")
    tab.assert_nothing_is_left()


def test_an_answer_is_interrupted_by_the_page(talk):
    tab, _ = talk("missing", microphone=False)
    # The page interrupts by itself: the parrot speaks for two seconds, and the test may be later.
    tab.js("""() => {
      const end = client.on('transcript', ({text}) => {
        if (!text.includes('parrot')) return;
        end();
        client.interrupt();
      });
      client.sendText('One two three four five six seven eight nine ten eleven twelve');
    }""")
    tab.until("client.transcripts.at(-1)?.interrupted")
    both = {"conversation.item.truncated", "output_audio_buffer.cleared"}
    eventually(lambda: both <= set(types(tab)), "the parrot says what it cut off")
    end(tab)


def test_without_the_sandbox_the_parrot_keeps_out(open_tab, web, daemon, peer):
    tab = begin(open_tab(), web, daemon, code=ANSWER)
    tab.run("connect", "client.connect()")
    tab.value("connect")
    assert peer.offers == 1
    end(tab)
