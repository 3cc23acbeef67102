"""Every state of the demo page, and the ways into them: visits, each of which goes through several states."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Callable, Iterator

from calls import Failure
from demopage import DemoPage
from patience import eventually
from peer import Peer

QUESTION = "How deep is the Königssee, and who measured it first? I would like to know both."
#: Round trips of 0.9 s, which the page calls a poor connection.
SLOW = """() => {
  const {getStats} = RTCPeerConnection.prototype;
  let trips = 0;
  RTCPeerConnection.prototype.getStats = async function () {
    const report = new Map((await getStats.call(this)).entries());
    trips += 1;
    for (const [id, stat] of report) {
      if (stat.type !== "candidate-pair") continue;
      report.set(id, {...stat, totalRoundTripTime: trips * 0.9, responsesReceived: trips});
    }
    return report;
  };
}"""
BLOCK = """() => {
  HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("no click", "NotAllowedError"));
}"""


@dataclass
class Visit:
    """One visit to the page, and who plays OpenAI."""

    page: DemoPage
    peer: Peer

    def start(self) -> None:
        self.page.tab.page.click("#call")

    def connect(self) -> None:
        self.start()
        self.page.until_phase("connected")

    def write(self, text: str, answer: str = "You said: ") -> None:
        self.page.tab.page.fill("#message", text)
        self.page.tab.page.keyboard.press("Enter")
        self.page.until_text("transcript", answer + text)

    def says(self, kind: str, **members: object) -> None:
        self.peer.calls[-1].say({"type": kind, "event_id": "event_0", **members})

    def refuse_tokens(self, status: int, code: str, message: str = "The server says so.", **fields: str) -> None:
        """From now on the daemon's route for tokens answers with an error."""
        content = json.dumps({"error": {"code": code, "message": message}})
        fields = {"Content-Type": "application/json", "X-Request-Id": "0123456789abcdef"} | fields
        self.page.tab.page.unroute_all()
        self.page.tab.page.route(
            "**/api/realtime/token", lambda route: route.fulfill(status=status, body=content, headers=fields)
        )


def before_a_call(visit: Visit) -> Iterator[str]:
    page = visit.page
    yield "idle"
    page.tab.js("() => { ledger.microphone.held = true; }")
    visit.peer.mint_gate.shut()
    visit.start()
    page.until_phase("requesting-microphone")
    yield "asking for the microphone"
    page.tab.js("() => { ledger.microphone.held = false; ledger.microphone.release(); }")
    page.until_phase("connecting")
    yield "connecting"
    visit.start()
    page.until_phase("closed")
    yield "cancelled"
    visit.peer.mint_gate.open()


def in_a_call(visit: Visit) -> Iterator[str]:
    page = visit.page
    visit.connect()
    page.until_text("status", "Connected.")
    yield "connected"
    visit.write(QUESTION)
    page.until_text("headline", "Listening.")
    yield "listening"
    visit.says("input_audio_buffer.speech_started", item_id="item_spoken", audio_start_ms=0)
    page.until_text("headline", "Hearing you.")
    yield "hearing"
    visit.says("input_audio_buffer.speech_stopped", item_id="item_spoken", audio_end_ms=900)
    visit.says("response.created", response={"id": "resp_0", "status": "in_progress", "output": []})
    page.until_text("headline", "Thinking.")
    yield "thinking"
    visit.says("response.done", response={"id": "resp_0", "status": "completed", "output": []})
    page.until_text("headline", "Listening.")
    page.tab.page.click("#mute")
    page.until_text("headline", "You are muted.")
    yield "muted"
    visit.says("error", error={"type": "invalid_request_error", "code": "x", "message": "That cannot be done now."})
    page.until_text("alert", "The model reports a problem")
    yield "a problem in the call"
    page.tab.page.click("#dismiss")
    page.tab.js(SLOW)
    page.until_text("status", "The connection is poor")
    yield "a poor connection"
    page.tab.page.click("#call")
    page.until_phase("closed")
    page.until_text("status", "You ended the call")
    yield "ended"


def an_answer(visit: Visit) -> Iterator[str]:
    visit.peer.linger = True
    visit.page.tab.js(BLOCK)
    visit.connect()
    visit.page.tab.until("!document.querySelector('#start-audio').hidden")
    yield "blocked playback"
    visit.write("A long story, please.", answer="")
    visit.page.until_text("headline", "Answering.")
    yield "speaking"
    visit.peer.mint_gate.shut()
    visit.page.tab.js("() => ledger.pretend('disconnected')")
    visit.page.until_phase("unstable")
    yield "unstable"
    visit.page.tab.js("() => ledger.pretend('failed')")
    visit.page.until_phase("reconnecting")
    yield "reconnecting"
    visit.peer.mint_gate.open()
    visit.page.until_text("transcript", "The model still knows what was said.")
    visit.page.until_phase("connected")
    yield "connected again"
    visit.peer.calls[-1].hang_up()
    visit.page.until_text("alert", "The other side hung up")
    yield "hung up by the other side"


def trouble(visit: Visit) -> Iterator[str]:
    page = visit.page
    page.tab.js("() => { ledger.microphone.refusal = 'NotAllowedError'; }")
    visit.start()
    page.until_text("alert", "The microphone is not allowed")
    yield "microphone refused"
    page.tab.js("() => { ledger.microphone.refusal = null; }")
    visit.refuse_tokens(404, "unknown_session")
    visit.start()
    page.until_text("alert", "This session does not exist")
    yield "unknown session"
    visit.refuse_tokens(429, "rate_limited", **{"Retry-After": "300"})
    visit.start()
    page.until_text("countdown-text", "Trying again in 4:")
    yield "waiting"
    visit.start()
    page.until_phase("closed")
    page.tab.page.unroute_all()
    page.tab.context.set_offline(True)
    visit.start()
    page.until_text("alert", "You are offline")
    yield "offline"
    page.tab.context.set_offline(False)
    page.until_phase("connected")
    visit.write(QUESTION)
    visit.refuse_tokens(503, "overloaded")
    page.tab.js("() => ledger.pretend('failed')")
    page.until_text("countdown-text", "Trying again in 0:0")
    yield "trying again in a call"
    page.tab.page.click("#call")
    page.until_phase("closed")


def refusals(visit: Visit) -> Iterator[str]:
    page = visit.page
    # Those of the server; 401 and 400 of the calls URL have texts of their own.
    codes = ["origin_not_allowed", "authentication_required", "authentication_failed", "upstream_auth"]
    codes += ["upstream_quota", "upstream_rejected", "upstream_not_found", "token_required", "too_many_calls"]
    codes += ["quota_exhausted", "limits_unavailable", "anything_else"]
    for code in codes:
        visit.refuse_tokens(403, code, "Something that nobody has foreseen, in a sentence of the server.")
        said = page.text("alert")
        visit.start()
        eventually(lambda said=said: page.text("alert") not in ("", said), f"the page explains {code}")
        page.until_phase("closed")
        yield code
    page.tab.page.unroute_all()
    for status in (401, 400):
        visit.peer.failures.append(Failure(status, "invalid_offer", "The offer cannot be read."))
        visit.start()
        page.until_text("alert", "was not accepted" if status == 401 else "refused the call")
        page.until_phase("closed")
        yield f"{status} at the call"
    visit.refuse_tokens(409, "call_required")
    visit.start()
    # The page takes the other way, and this peer refuses the daemon's key.
    page.until_text("alert", "The model’s service refused the server")
    page.until_phase("closed")
    yield "refused upstream"


def with_the_parrot(visit: Visit) -> Iterator[str]:
    yield "idle, on the sandbox"
    visit.connect()
    visit.write("Polly?", answer="")
    visit.page.until_text("transcript", "Parrot")
    visit.page.tab.until("!document.querySelector('#left').hidden")
    yield "a call of the server, with the parrot"
    visit.page.tab.page.click("#call")
    visit.page.until_phase("closed")


WAYS: dict[str, Callable[[Visit], Iterator[str]]] = {
    "before a call": before_a_call,
    "in a call": in_a_call,
    "an answer": an_answer,
    "trouble": trouble,
    "refusals": refusals,
    "with the parrot": with_the_parrot,
}
