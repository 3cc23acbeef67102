"""How a strict parser, h11, reads a byte stream: the requests it accepts, and whether it refuses what follows."""

from __future__ import annotations

from dataclasses import dataclass, field

import h11


@dataclass
class View:
    #: The targets of the requests that were accepted whole, in order.
    targets: list[bytes] = field(default_factory=list)
    #: Why the rest was refused; None when h11 waits for more or the stream ended with a request.
    refusal: str | None = None


def view(data: bytes) -> View:
    """Reads the stream as a server that answers every request and keeps the connection."""
    seen = View()
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    target = b""
    try:
        while True:
            event = connection.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return seen
            if isinstance(event, h11.Request):
                target = event.target
            elif isinstance(event, h11.EndOfMessage):
                seen.targets.append(target)
                # A refusal, so that neither CONNECT nor Upgrade ends HTTP on the connection.
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return seen
                connection.start_next_cycle()
    except h11.RemoteProtocolError as error:
        seen.refusal = str(error)
        return seen
