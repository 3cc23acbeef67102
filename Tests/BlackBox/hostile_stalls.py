"""Inputs that stop in the middle, fill the daemon's memory, or wait for something that never comes."""

from __future__ import annotations

import raw
from daemon import HEALTH, ORIGIN, TOKEN

JSON = {"Origin": ORIGIN, "Content-Type": "application/json"}
EMPTY = raw.head("POST", TOKEN, {"Origin": ORIGIN, "Content-Length": "0"})
BODY = raw.head("POST", TOKEN, JSON | {"Content-Length": "2000"})
CHUNKS = raw.head("POST", TOKEN, JSON | {"Transfer-Encoding": "chunked"})
WAITING = raw.head("POST", TOKEN, JSON | {"Content-Length": "2000", "Expect": "100-continue"})
WAITING_CHUNKS = raw.head("POST", TOKEN, JSON | {"Transfer-Encoding": "chunked", "Expect": "100-continue"})

#: Each is sent as it is, and nothing follows it.
STALLS: dict[str, bytes] = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "half a request line": EMPTY[:20],
    "half a head": EMPTY[:60],
    "half a head of 15 kB": EMPTY[:-2] + b"X-Filler: " + b"a" * 15_000,
    "half a head of 23 kB": EMPTY[:-2] + b"X-Filler: " + b"a" * 23_000,
    "half a request line of 23 kB": b"GET /" + b"a" * 23_000,
    "half a body": BODY + b'{"session": "default"',
    "no body": BODY,
    "no body after an Expect": WAITING,
    "no chunk after an Expect": WAITING_CHUNKS,
    "no chunk": CHUNKS,
    "half a chunk size": CHUNKS + b"a",
    "half the end of a chunk size": CHUNKS + b"a\r",
    "half a chunk": CHUNKS + b"a\r\n{",
    "half the end of a chunk": CHUNKS + b"2\r\n{}\r",
    "half an extension of 20 kB": CHUNKS + b"2;" + b"a" * 20_000,
    "half an extension of 30 kB": CHUNKS + b"2;" + b"a" * 30_000,
    "half an extension of 100 kB": CHUNKS + b"2;" + b"a" * 100_000,
    "half an extension of 30 kB after a chunk": CHUNKS + b"1\r\n{\r\n1;" + b"a" * 30_000,
    "half an extension of 30 kB after an Expect": WAITING_CHUNKS + b"2;" + b"a" * 30_000,
    # libmicrohttpd removes a suspended connection from its epoll set.
    "half an extension of 60 kB after a token": EMPTY + CHUNKS + b"2;" + b"a" * 60_000,
    "a chunk size of 30,000 zeros": CHUNKS + b"0" * 30_000,
    "half a trailer": CHUNKS + b"2\r\n{}\r\n0\r\nX-Trailer: a",
    "half a trailer of 20 kB": CHUNKS + b"2\r\n{}\r\n0\r\nX-Trailer: " + b"a" * 20_000,
    "ten tokens and half a request": EMPTY * 10 + EMPTY[:60],
    "ten tokens and 100 kB": EMPTY * 10 + BODY + b" " * 100_000,
    "a hundred probes": raw.head("GET", HEALTH) * 100,
}

#: Unfinished extensions of all lengths at which the memory may be full, and nothing is left unread.
BRIMFUL = [CHUNKS + b"2;" + b"a" * length for length in range(23_800, 24_400, 10)]
