"""Hostile requests with odd line ends, control characters, folds and field values."""

from __future__ import annotations

from hostile_cases import BASE, LINE, SMUGGLED, case, post

SOUND = BASE + b"Content-Length: 0\r\n\r\n"

# The head: line ends, control characters, folds.
case("bare LF throughout", (LINE + SOUND).replace(b"\r\n", b"\n") + SMUGGLED, paired=True)
case(
    "bare LF after the request line",
    LINE.replace(b"\r\n", b"\n") + SOUND + SMUGGLED,
    paired=True,
)
case("bare CR throughout", (LINE + SOUND).replace(b"\r\n", b"\r") + SMUGGLED)
case("CR CR LF", LINE + BASE + b"Content-Length: 0\r\r\n\r\n" + SMUGGLED)
case("LF CR", LINE + BASE + b"Content-Length: 0\n\r\n\r" + SMUGGLED)
post("a head that ends in LF LF inside", b"X: y\n\n" + SMUGGLED + b"X: z\r\nContent-Length: 0\r\n")
post(
    "a head that ends in CR CR inside",
    b"X: y\r\r" + SMUGGLED.replace(b"\r\n", b"\r") + b"X: z\r\nContent-Length: 0\r\n",
)
# A field whose name is empty, or cut to nothing, ends the head for a parser that looks for an empty line.
for written, line in {
    "an empty name": b": a",
    "an empty name in front of a space": b" : a",
    "a line that begins with NUL": b"\0X: a",
    "a line of NUL": b"\0",
    "a line of a space": b" ",
}.items():
    post(f"a head that goes on after {written}", b"Content-Length: 0\r\n" + line + b"\r\n" + SMUGGLED + b"X: z\r\n")
for written, field in {
    "NUL in a value": b"X: a\0b",
    "NUL in a name": b"X\0Y: a",
    "CR in a value": b"X: a\rb",
    "CR in a name": b"X\rY: a",
    "BEL in a value": b"X: a\x07b",
    "DEL in a value": b"X: a\x7fb",
    "DEL in a name": b"X\x7f: a",
    "a space in a name": b"X Y: a",
    "a space before the colon": b"X : a",
    "no name": b": a",
    "no colon": b"X",
    "a fold": b"X: a\r\n b",
    "a fold of a tab": b"X: a\r\n\tb",
    "a fold of nothing": b"X: a\r\n \r\n ",
    "a name of UTF-8": "Ü: a".encode(),
    "a name in parentheses": b"(X): a",
    "a name with an at sign": b"X@Y: a",
    "a value of Latin-1": b"X: \xe9",
    "a value of broken UTF-8": b"X: \xff\xfe\xc0\x80",
    "an escape sequence": b"User-Agent: \x1b[31mred",
    "a second Host": b"Host: evil.example",
    "a second Host that is equal": b"Host: localhost",
    "a header of 40 KiB": b"X: " + b"a" * 40960,
    "a name of 40 KiB": b"a" * 40960 + b": b",
    "10,000 fields": b"\r\n".join(b"X-%d: a" % i for i in range(10000)),
    "an Expect of nonsense": b"Expect: the-unexpected",
    "two Expects": b"Expect: 100-continue\r\nExpect: 100-continue",
    "an Upgrade to h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "an Upgrade to websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
    "a Connection that names Content-Length": b"Connection: Content-Length, close",
    "a Connection of nonsense": b"Connection: keep-alive, close",
    "a method override": b"X-HTTP-Method-Override: GET",
    "a path override": b"X-Original-URL: /api/health",
}.items():
    post(written, field + b"\r\nContent-Length: 0\r\n", paired=True)
case("a fold at the first field", LINE + b" X: a\r\n" + SOUND + SMUGGLED, paired=True)
case("an empty line in front", b"\r\n" + LINE + SOUND + SMUGGLED, paired=True)
case(
    "a thousand empty lines in front",
    b"\r\n" * 1000 + LINE + SOUND + SMUGGLED,
    paired=True,
)
case("a bare LF in front", b"\n" + LINE + SOUND + SMUGGLED, paired=True)
case("NUL in front", b"\0" + LINE + SOUND + SMUGGLED, paired=True)
case("a byte order mark in front", b"\xef\xbb\xbf" + LINE + SOUND + SMUGGLED, paired=True)
