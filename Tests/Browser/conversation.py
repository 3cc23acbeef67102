"""The far side of the data channel: the events of the GA interface, strict about what it receives."""

from __future__ import annotations

import secrets
from typing import Any, Callable

import openai_rules

CLIENT_EVENTS = {
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
}
Event = dict[str, Any]


class Conversation:
    """Answers what the page sends. `linger` leaves a response unfinished until the page cancels it."""

    def __init__(self, session: Event, send: Callable[[Event], None], linger: bool = False):
        self.session = session
        self.emit = send
        self.linger = linger
        self.items: dict[str, Event] = {}
        self.response: Event | None = None

    def send(self, kind: str, **members: Any) -> None:
        self.emit({"type": kind, "event_id": "event_" + secrets.token_hex(6), **members})

    def begin(self) -> None:
        self.send("session.created", session=self.session)

    def receive(self, event: Event) -> None:
        kind = event.get("type")
        if kind not in CLIENT_EVENTS:
            self.refuse(event, "invalid_value", "type", f"Invalid value: '{kind}'.")
            return
        steps = {
            "session.update": self.update,
            "conversation.item.create": self.create_item,
            "response.create": self.respond,
            "response.cancel": self.cancel,
            "output_audio_buffer.clear": lambda event: self.send("output_audio_buffer.cleared", response_id="resp_0"),
            "input_audio_buffer.clear": lambda event: self.send("input_audio_buffer.cleared"),
        }
        if kind in steps:
            steps[kind](event)

    def refuse(self, event: Event, code: str, param: str | None, message: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": param}
        self.send("error", error=error | {"event_id": event.get("event_id")})

    def update(self, event: Event) -> None:
        rule = openai_rules.by_type(realtime=openai_rules.REALTIME, transcription=openai_rules.TRANSCRIPTION_SESSION)
        problem = rule("session", event.get("session"))
        if problem:
            self.refuse(event, *problem)
            return
        self.session = self.session | event["session"]
        self.send("session.updated", session=self.session)

    def create_item(self, event: Event) -> None:
        item = event.get("item")
        if not isinstance(item, dict) or item.get("type") not in ("message", "function_call_output"):
            self.refuse(event, "invalid_value", "item.type", "Invalid value for 'item.type'.")
            return
        self.add_item({"id": "item_" + secrets.token_hex(6), **item, "status": "completed"})

    def add_item(self, item: Event) -> None:
        previous = next(reversed(self.items), None)
        self.items[item["id"]] = item
        for kind in ("conversation.item.added", "conversation.item.done"):
            self.send(kind, previous_item_id=previous, item=item)

    def question(self) -> str:
        """The text of the last thing the user said."""
        said = [item for item in self.items.values() if item.get("role") == "user"]
        parts = said[-1].get("content", []) if said else []
        return " ".join(part.get("text", "") for part in parts)

    def respond(self, event: Event) -> None:
        if self.response is not None:
            self.refuse(event, "conversation_already_has_active_response", None, "There is an active response.")
            return
        modalities = event.get("response", {}).get("output_modalities") or self.session.get("output_modalities")
        kind = "output_text" if modalities == ["text"] else "output_audio_transcript"
        response, item = "resp_" + secrets.token_hex(6), "item_" + secrets.token_hex(6)
        place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        self.response = {"id": response, "item": item, "kind": kind, "place": place}
        self.send("response.created", response={"id": response, "status": "in_progress", "output": []})
        shell = {"id": item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.send("response.output_item.added", response_id=response, output_index=0, item=shell)
        self.send("conversation.item.added", previous_item_id=next(reversed(self.items), None), item=shell)
        part = {"type": "text", "text": ""} if kind == "output_text" else {"type": "audio", "transcript": ""}
        self.send("response.content_part.added", **place, part=part)
        if kind != "output_text":
            self.send("output_audio_buffer.started", response_id=response)
        self.send(f"response.{kind}.delta", **place, delta="You said: ")
        if not self.linger:
            self.finish()

    def finish(self) -> None:
        """Says the rest of the answer and ends the response."""
        kind, place = self.response["kind"], self.response["place"]
        words = self.question()
        answer = "You said: " + words
        self.send(f"response.{kind}.delta", **place, delta=words)
        text = kind == "output_text"
        self.send(f"response.{kind}.done", **place, **({"text": answer} if text else {"transcript": answer}))
        part = {"type": "output_text", "text": answer} if text else {"type": "output_audio", "transcript": answer}
        self.send("response.content_part.done", **place, part=part)
        item = {"id": self.response["item"], "type": "message", "role": "assistant", "status": "completed"}
        self.items[item["id"]] = item | {"content": [part]}
        where = {"response_id": self.response["id"], "output_index": 0}
        self.send("response.output_item.done", **where, item=self.items[item["id"]])
        self.send("conversation.item.done", item=self.items[item["id"]])
        self.end("completed")

    def end(self, status: str) -> None:
        response, self.response = self.response, None
        output = [self.items[response["item"]]] if response["item"] in self.items else []
        self.send("response.done", response={"id": response["id"], "status": status, "output": output})
        if response["kind"] != "output_text":
            self.send("output_audio_buffer.stopped", response_id=response["id"])

    def cancel(self, event: Event) -> None:
        if self.response is None:
            self.refuse(event, "response_cancel_not_active", None, "Cancellation failed: no active response found.")
        else:
            self.end("cancelled")
