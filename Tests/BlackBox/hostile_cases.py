"""Raw requests that parsers have been known to disagree about, as data.

Every case ends in a second request that carries the marker. Where the first request is ambiguous, the marker stands
where the other reading of it would see a request of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Replaced by a name of its own in every case, and found again in answers and in the usage log.
MARK = b"MARKER"

SMUGGLED = b"POST /api/realtime/token?session=" + MARK + b" HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost:3000\r\nX-Request-Id: " + MARK + b"\r\nContent-Length: 0\r\n\r\n"
LINE = b"POST /api/realtime/token HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"
BASE = HOST + b"Origin: http://localhost:3000\r\n"


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes


CASES: list[Case] = []


def case(name: str, data: bytes) -> None:
    CASES.append(Case(name, data))


def post(name: str, fields: bytes, body: bytes = b"") -> None:
    """A token request with these field lines and this body, and the marked request behind it."""
    case(name, LINE + BASE + fields + b"\r\n" + body + SMUGGLED)


def length_of(data: bytes) -> bytes:
    return str(len(data)).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


# Content-Length against Content-Length: one reading takes the marked request for a body.
post("CL.CL equal", b"Content-Length: 0\r\nContent-Length: 0\r\n")
post("CL.CL short first", b"Content-Length: 0\r\nContent-Length: " + length_of(SMUGGLED) + b"\r\n")
post("CL.CL long first", b"Content-Length: " + length_of(SMUGGLED) + b"\r\nContent-Length: 0\r\n")
post("CL.CL in two cases", b"Content-Length: 0\r\ncontent-length: " + length_of(SMUGGLED) + b"\r\n")
post("CL.CL apart", b"Content-Length: 0\r\nX-A: b\r\nContent-Length: 5\r\n")
for written, value in {
    "a plus sign": b"+0", "a minus sign": b"-0", "negative": b"-1", "hexadecimal": b"0x0", "hexadecimal digits": b"0x1A",
    "a list of equals": b"0, 0", "a list that differs": b"0, 34", "a list with a gap": b"0,,0", "a leading comma": b",0",
    "an inner space": b"0 0", "letters": b"abc", "a trailing letter": b"0a", "nothing": b"", "a fraction": b"0.0",
    "an exponent": b"0e1", "2^64": b"18446744073709551616", "2^64 plus a little": b"18446744073709551620",
    "2^63": b"9223372036854775808", "2^32": b"4294967296", "twenty-eight digits": b"0" * 27 + b"9" * 1 + b"x",
    "quotes": b'"0"', "a semicolon": b"0;0", "an underscore": b"0_0", "an Arabic digit": "٠".encode(), "a vertical tab": b"\x0b0",
    "a form feed": b"0\x0c", "a no-break space": b"\xa00", "leading zeros": b"000",
}.items():
    post(f"Content-Length with {written}", b"Content-Length: " + value + b"\r\n")
post("Content-Length with a space before the colon", b"Content-Length : " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with a tab before the colon", b"Content-Length\t: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with a space before the name", b"X-A: b\r\n Content-Length: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with NUL in the name", b"Content-Length\0: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with an underscore in the name", b"Content-Length: 0\r\nContent_Length: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length behind a bare CR", b"X-A: b\rContent-Length: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length behind a bare LF", b"X-A: b\nContent-Length: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length too long by far", b"Content-Length: 70000\r\n", b"x" * 70000)

# Content-Length with Transfer-Encoding.
CHUNKED_END = b"0\r\n\r\n"
post("CL.TE", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKED_END)
post("TE.CL", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", chunk(SMUGGLED) + CHUNKED_END)
post("CL.TE all in the body", b"Content-Length: " + length_of(CHUNKED_END + SMUGGLED) + b"\r\nTransfer-Encoding: chunked\r\n", CHUNKED_END)
post("CL.TE of length zero", b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")
for written, field in {
    "identity": b"Transfer-Encoding: identity", "gzip": b"Transfer-Encoding: gzip", "gzip, chunked": b"Transfer-Encoding: gzip, chunked",
    "chunked, gzip": b"Transfer-Encoding: chunked, gzip", "chunked, chunked": b"Transfer-Encoding: chunked, chunked",
    "chunked, identity": b"Transfer-Encoding: chunked, identity", "two lines": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "two lines the other way": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "x before": b"Transfer-Encoding: xchunked",
    "a space before the colon": b"Transfer-Encoding : chunked", "a tab before the value": b"Transfer-Encoding:\tchunked",
    "a vertical tab": b"Transfer-Encoding:\x0bchunked", "a form feed": b"Transfer-Encoding: chunked\x0c", "NUL": b"Transfer-Encoding: chunked\0",
    "quotes": b'Transfer-Encoding: "chunked"', "a parameter": b"Transfer-Encoding: chunked;q=1", "a fold": b"Transfer-Encoding:\r\n chunked",
    "a bare CR before": b"X: y\rTransfer-Encoding: chunked", "a bare LF before": b"X: y\nTransfer-Encoding: chunked",
    "CR in the value": b"Transfer-Encoding: chu\rnked", "nothing": b"Transfer-Encoding:", "a comma": b"Transfer-Encoding: ,chunked",
    "a trailing comma": b"Transfer-Encoding: chunked,", "capitals": b"TRANSFER-ENCODING: CHUNKED", "a Kelvin sign": "Transfer-Encoding: chun\u212aed".encode(),
    "a control before the name": b"\x01Transfer-Encoding: chunked", "a no-break space": b"Transfer-Encoding:\xa0chunked",
    "a prefix of spaces": b" Transfer-Encoding: chunked",
}.items():
    post(f"Transfer-Encoding with {written}", field + b"\r\n", CHUNKED_END)
    if written in ("identity", "x before", "a vertical tab", "a space before the colon", "a fold", "capitals", "two lines", "a bare CR before"):
        post(f"CL with Transfer-Encoding with {written}", field + b"\r\nContent-Length: 5\r\n", CHUNKED_END)
case("chunked in HTTP/1.0", b"POST /api/realtime/token HTTP/1.0\r\n" + BASE + b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n" + CHUNKED_END + SMUGGLED)

# Chunks. What follows a broken one belongs to nobody.
CHUNKED = b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n"
for written, body in {
    "size 2^64": b"10000000000000000\r\n", "size 2^64 plus two": b"10000000000000002\r\n{}\r\n0\r\n\r\n", "size 2^63": b"8000000000000000\r\n",
    "seventeen zeros in front": b"0" * 17 + b"2\r\n{}\r\n0\r\n\r\n", "a size of 2,000 zeros": b"0" * 2000 + b"\r\n\r\n", "a size with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "a size with a plus": b"+2\r\n{}\r\n0\r\n\r\n", "a negative size": b"-1\r\n{}\r\n0\r\n\r\n", "no size": b"\r\n{}\r\n0\r\n\r\n", "a size of letters": b"zz\r\n{}\r\n0\r\n\r\n",
    "a space before the size": b" 2\r\n{}\r\n0\r\n\r\n", "a space behind the size": b"2 \r\n{}\r\n0\r\n\r\n", "an underscore in the size": b"0_2\r\n{}\r\n0\r\n\r\n",
    "an extension": b"2;a=b\r\n{}\r\n0\r\n\r\n", "a quoted extension": b'2;a="b;c"\r\n{}\r\n0\r\n\r\n', "CR in an extension": b"2;a\rb\r\n{}\r\n0\r\n\r\n",
    "LF in an extension": b"2;a\n{}\r\n0\r\n\r\n", "NUL in an extension": b"2;a\0b\r\n{}\r\n0\r\n\r\n", "an extension of 20 kB": b"2;" + b"a" * 20000 + b"\r\n{}\r\n0\r\n\r\n",
    "bare LF behind the size": b"2\n{}\r\n0\r\n\r\n", "bare CR behind the size": b"2\r{}\r\n0\r\n\r\n", "no line end behind the data": b"2\r\n{}0\r\n\r\n",
    "two bytes in place of the line end": b"2\r\n{}XX0\r\n\r\n", "bare LF behind the data": b"2\r\n{}\n0\r\n\r\n", "bare LF at the end": b"0\n\n",
    "a last chunk with a size line only": b"0\r\n", "a trailer": b"2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n", "a Content-Length in the trailer": b"2\r\n{}\r\n0\r\nContent-Length: 400\r\n\r\n",
    "a Transfer-Encoding in the trailer": b"2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", "a broken trailer": b"2\r\n{}\r\n0\r\nno colon\r\n\r\n",
    "a trailer of 40 kB": b"2\r\n{}\r\n0\r\nX: " + b"a" * 40000 + b"\r\n\r\n", "70 kB": chunk(b"x" * 70000) + CHUNKED_END, "70,000 chunks of a byte": b"1\r\n \r\n" * 70000 + CHUNKED_END,
    "a size of two lines": b"2\r\n\r\n{}\r\n0\r\n\r\n", "a fold behind the size": b"2\r\n {}\r\n0\r\n\r\n",
}.items():
    post(f"chunked body with {written}", CHUNKED, body)

# The head: line ends, control characters, folds.
case("bare LF throughout", (LINE + BASE + b"Content-Length: 0\r\n\r\n").replace(b"\r\n", b"\n") + SMUGGLED)
case("bare LF behind the request line", LINE.replace(b"\r\n", b"\n") + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("bare CR throughout", (LINE + BASE + b"Content-Length: 0\r\n\r\n").replace(b"\r\n", b"\r") + SMUGGLED)
case("CR CR LF", LINE + BASE + b"Content-Length: 0\r\r\n\r\n" + SMUGGLED)
case("LF CR", LINE + BASE + b"Content-Length: 0\n\r\n\r" + SMUGGLED)
post("a head that ends in LF LF inside", b"X: y\n\n" + SMUGGLED + b"X: z\r\nContent-Length: 0\r\n")
post("a head that ends in CR CR inside", b"X: y\r\r" + SMUGGLED.replace(b"\r\n", b"\r") + b"X: z\r\nContent-Length: 0\r\n")
for written, field in {
    "NUL in a value": b"X: a\0b", "NUL in a name": b"X\0Y: a", "CR in a value": b"X: a\rb", "CR in a name": b"X\rY: a", "BEL in a value": b"X: a\x07b", "DEL in a value": b"X: a\x7fb",
    "DEL in a name": b"X\x7f: a", "a space in a name": b"X Y: a", "a space before the colon": b"X : a", "no name": b": a", "no colon": b"X", "a fold": b"X: a\r\n b", "a fold of a tab": b"X: a\r\n\tb",
    "a fold of nothing": b"X: a\r\n \r\n ", "a name of UTF-8": "Ü: a".encode(), "a name in parentheses": b"(X): a", "a name with an at sign": b"X@Y: a", "a value of Latin-1": b"X: \xe9",
    "a value of broken UTF-8": b"X: \xff\xfe\xc0\x80", "an escape sequence": b"User-Agent: \x1b[31mred", "a second Host": b"Host: evil.example", "a second Host that is equal": b"Host: localhost",
    "a header of 40 KiB": b"X: " + b"a" * 40960, "a name of 40 KiB": b"a" * 40960 + b": b", "10,000 fields": b"\r\n".join(b"X-%d: a" % i for i in range(10000)),
    "an Expect of nonsense": b"Expect: the-unexpected", "two Expects": b"Expect: 100-continue\r\nExpect: 100-continue", "an Upgrade to h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "an Upgrade to websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
    "a Connection that names Content-Length": b"Connection: Content-Length, close", "a Connection of nonsense": b"Connection: keep-alive, close", "a method override": b"X-HTTP-Method-Override: GET", "a path override": b"X-Original-URL: /api/health",
}.items():
    post(written, field + b"\r\nContent-Length: 0\r\n")
case("a fold at the first field", LINE + b" X: a\r\n" + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("an empty line in front", b"\r\n" + LINE + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("a thousand empty lines in front", b"\r\n" * 1000 + LINE + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("a bare LF in front", b"\n" + LINE + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("NUL in front", b"\0" + LINE + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("a byte order mark in front", b"\xef\xbb\xbf" + LINE + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)

# Host.
for written, field in {
    "no Host": b"", "an empty Host": b"Host:\r\n", "a Host with a space": b"Host: a b\r\n", "a Host with a path": b"Host: localhost/x\r\n", "a Host with a user": b"Host: a@localhost\r\n", "a Host with a comma": b"Host: a, b\r\n",
    "a Host with a broken port": b"Host: localhost:x\r\n", "a Host with a port too large": b"Host: localhost:99999\r\n", "a Host with an open bracket": b"Host: [::1\r\n", "a Host of Latin-1": b"Host: \xe9\r\n", "a Host with a quote": b'Host: "localhost"\r\n',
    "a Host with a space before the colon": b"Host : localhost\r\n", "a Host with a percent": b"Host: local%00host\r\n", "a folded Host": b"Host: local\r\n host\r\n",
}.items():
    case(written, LINE + field + b"Origin: http://localhost:3000\r\nContent-Length: 0\r\n\r\n" + SMUGGLED)

# The request line.
for written, line in {
    "absolute form": b"POST http://localhost/api/realtime/token HTTP/1.1", "absolute form of another host": b"POST http://evil.example/api/realtime/token HTTP/1.1", "authority form": b"POST localhost:80 HTTP/1.1", "CONNECT": b"CONNECT localhost:443 HTTP/1.1",
    "CONNECT of a path": b"CONNECT /api/realtime/token HTTP/1.1", "asterisk": b"POST * HTTP/1.1", "OPTIONS of everything": b"OPTIONS * HTTP/1.1", "TRACE": b"TRACE /api/realtime/token HTTP/1.1", "PRI": b"PRI * HTTP/2.0", "no slash": b"POST api/realtime/token HTTP/1.1",
    "NUL in the target": b"POST /api/realtime/token\0x HTTP/1.1", "%00 in the target": b"POST /api/realtime/token%00 HTTP/1.1", "%0d%0a in the target": b"POST /api/realtime/token%0d%0aX:%20y HTTP/1.1", "CR in the target": b"POST /api/realtime/token\rx HTTP/1.1",
    "dot segments": b"POST /x/../api/realtime/token HTTP/1.1", "encoded dot segments": b"POST /x/%2e%2e/api/realtime/token HTTP/1.1", "a double slash": b"POST //api/realtime/token HTTP/1.1", "a backslash": b"POST /api\\realtime\\token HTTP/1.1", "a fragment": b"POST /api/realtime/token#x HTTP/1.1",
    "a space in the target": b"POST /api/realtime/token x HTTP/1.1", "a tab in the target": b"POST /api/realtime/token\tx HTTP/1.1", "two spaces": b"POST  /api/realtime/token  HTTP/1.1", "tabs for spaces": b"POST\t/api/realtime/token\tHTTP/1.1", "a trailing space": b"POST /api/realtime/token HTTP/1.1 ",
    "Latin-1 in the target": b"POST /api/realtime/token?x=\xe9 HTTP/1.1", "DEL in the target": b"POST /api/realtime/token?\x7f HTTP/1.1", "a target of 40 KiB": b"POST /api/realtime/token?x=" + b"a" * 40960 + b" HTTP/1.1", "an angle bracket": b"POST /api/realtime/token?<script> HTTP/1.1",
    "HTTP/0.9": b"POST /api/realtime/token", "HTTP/1": b"POST /api/realtime/token HTTP/1", "HTTP/1.": b"POST /api/realtime/token HTTP/1.", "HTTP/1.2": b"POST /api/realtime/token HTTP/1.2", "HTTP/1.10": b"POST /api/realtime/token HTTP/1.10", "HTTP/2.0": b"POST /api/realtime/token HTTP/2.0",
    "HTTP/9.9": b"POST /api/realtime/token HTTP/9.9", "HTTP/-1.1": b"POST /api/realtime/token HTTP/-1.1", "http/1.1": b"POST /api/realtime/token http/1.1", "HTTP/ 1.1": b"POST /api/realtime/token HTTP/ 1.1", "HTP/1.1": b"POST /api/realtime/token HTP/1.1", "ICY": b"POST /api/realtime/token ICY/1.1",
    "a lower-case method": b"post /api/realtime/token HTTP/1.1", "a method with a NUL": b"PO\0ST /api/realtime/token HTTP/1.1", "a method with a colon": b"POST: /api/realtime/token HTTP/1.1", "a method of symbols": b"!#$%&'*+-.^_`|~ /api/realtime/token HTTP/1.1",
    "a method in parentheses": b"(POST) /api/realtime/token HTTP/1.1", "a method of 10 kB": b"P" * 10000 + b" /api/realtime/token HTTP/1.1", "no method": b" /api/realtime/token HTTP/1.1", "an unknown method": b"BREW /api/realtime/token HTTP/1.1", "nothing but a method": b"POST",
}.items():
    case(written, line + b"\r\n" + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("HTTP/1.0", b"POST /api/realtime/token HTTP/1.0\r\n" + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)
case("HTTP/1.0 that stays", b"POST /api/realtime/token HTTP/1.0\r\n" + BASE + b"Connection: keep-alive\r\nContent-Length: 0\r\n\r\n" + SMUGGLED)
case("HTTP/0.9 alone", b"GET /api/health\r\n" + SMUGGLED)
case("TLS", bytes.fromhex("1603010200010001fc0303") + bytes(range(200)) + b"\r\n\r\n" + SMUGGLED)
case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0" + SMUGGLED)
case("a GET with a body", b"GET /api/health HTTP/1.1\r\n" + BASE + b"Content-Length: " + length_of(SMUGGLED) + b"\r\n\r\n" + SMUGGLED)
case("a HEAD with a chunked body", b"HEAD /api/health HTTP/1.1\r\n" + BASE + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(SMUGGLED) + CHUNKED_END)
case("an OPTIONS with a body", b"OPTIONS /api/realtime/token HTTP/1.1\r\n" + BASE + b"Content-Length: " + length_of(SMUGGLED) + b"\r\n\r\n" + SMUGGLED)
post("a body that holds a request", b"Content-Type: application/json\r\nContent-Length: " + length_of(SMUGGLED) + b"\r\n", b"")
post("an Expect that is met", b"Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n", b"{}")
post("an Expect and a refusal", b"Expect: 100-continue\r\nContent-Length: 70000\r\n", b"")
post("a pipelined pair", b"Content-Length: 0\r\n")
post("a pair that ends the connection", b"Connection: close\r\nContent-Length: 0\r\n")
case("a proxy protocol line", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + LINE + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED)

#: What the daemon promises to refuse with an answer of 4xx and a close, though some parsers, h11 among them, accept it.
MUST_REFUSE = {
    *(known.name for known in CASES if known.name.startswith(("CL.CL", "CL.TE", "TE.CL", "CL with Transfer-Encoding"))),
    *(known.name for known in CASES if "NUL in a" in known.name or "CR in a" in known.name),
    "Content-Length with a list of equals", "Content-Length with NUL in the name", "Transfer-Encoding with NUL", "Transfer-Encoding with CR in the value",
    "Transfer-Encoding with identity", "Transfer-Encoding with gzip", "Transfer-Encoding with gzip, chunked", "Transfer-Encoding with x before",
    "BEL in a value", "DEL in a value", "an escape sequence", "a second Host", "a second Host that is equal", "no Host",
    "a header of 40 KiB", "a name of 40 KiB", "10,000 fields", "a target of 40 KiB",
    "Content-Length too long by far", "chunked body with 70 kB", "chunked body with 70,000 chunks of a byte",
}
