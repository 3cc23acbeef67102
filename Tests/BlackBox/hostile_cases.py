"""Raw requests that parsers have been known to disagree about, as data.

Every case ends in a second request that carries the marker. Where the first request is ambiguous, the marker stands
where the other reading of it would see a request of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Replaced by a name of its own in every case, and found again in answers and in the usage log.
MARK = b"MARKER"

SMUGGLED = (
    b"POST /api/realtime/token?session="
    + MARK
    + b" HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost:3000\r\nX-Request-Id: "
    + MARK
    + b"\r\nContent-Length: 0\r\n\r\n"
)
LINE = b"POST /api/realtime/token HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"
BASE = HOST + b"Origin: http://localhost:3000\r\n"


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    #: Whether every reading ends the first request where the marked one begins: then only the first is in question.
    paired: bool = False


CASES: list[Case] = []


def case(name: str, data: bytes, paired: bool = False) -> None:
    CASES.append(Case(name, data, paired))


def post(name: str, fields: bytes, body: bytes = b"", paired: bool = False, after: bytes = SMUGGLED) -> None:
    """A token request with these field lines and this body, and then the marked request."""
    case(name, LINE + BASE + fields + b"\r\n" + body + after, paired)


#: The last chunk.
CHUNKED_END = b"0\r\n\r\n"


def length_of(data: bytes) -> bytes:
    return str(len(data)).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)
