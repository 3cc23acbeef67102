"""The far side of a Live session's data channel, which keeps to the session's two lists of allowed events."""

from __future__ import annotations

import secrets
import time
from typing import Any, Callable

#: What a page may send over WebRTC when the session has no list.
CLIENT_EVENTS = {
    "session.close",
    "session.input_audio.mute",
    "session.input_audio.unmute",
    "session.instructions.append",
    "session.thinking.append",
    "session.commentary.append",
    "session.update",
    "response.item.create",
    "response.create",
}
#: Hours until a session ends by itself.
LIFE = 2
Event = dict[str, Any]


class LiveConversation:
    """Answers what the page sends, as far as the session allows; `close` is called for `session.close`."""

    def __init__(self, name: str, session: Event, send: Callable[[Event], None], close: Callable[[], None]):
        lists = session.get("client", {}).get("data_channel", {})
        taken, given = (lists.get(f"allowed_{side}_events", "all") for side in ("client", "server"))
        self.taken = CLIENT_EVENTS if taken == "all" else CLIENT_EVENTS & set(taken)
        self.given = None if given == "all" else {rule["type"] for rule in given}
        self.session = session | {"id": name, "status": "active", "expires_at": int(time.time()) + LIFE * 3600}
        self.emit = send
        self.close = close

    def send(self, kind: str, **members: Any) -> None:
        """Sends an event, unless the session withholds it from the page."""
        if self.given is None or kind in self.given:
            self.emit({"type": kind, "event_id": "event_" + secrets.token_hex(6), **members})

    def begin(self) -> None:
        self.send("session.started", session=self.session)

    def closed(self, reason: str, usage: Event) -> None:
        self.send("session.closed", reason=reason, session=self.session | {"status": "closed"}, usage=usage)

    def speak(self, side: str, *pieces: str) -> None:
        """The transcript of what one side says, `input` or `output`, piece by piece."""
        for place, piece in enumerate(pieces):
            times = {"start_ms": 200 * place, "end_ms": 200 * place + 200}
            self.send(f"session.{side}_transcript.delta", delta=piece, **times)

    def receive(self, event: Event) -> None:
        kind = event.get("type")
        if kind not in self.taken:
            error = {"type": "invalid_request_error", "code": "forbidden", "message": f"Not allowed: '{kind}'."}
            self.send("error", error=error | {"param": None, "client_event_id": event.get("event_id")})
        elif kind == "session.close":
            self.close()
        elif kind in ("session.input_audio.mute", "session.input_audio.unmute"):
            self.send(kind + "d")
        elif kind.endswith(".append"):
            self.send(kind + "ed", start_ms=0, end_ms=0)
            if kind == "session.commentary.append":
                self.speak("output", event["content"])
