"""Hostile request lines and hosts, and requests that are sound and hold another."""

from __future__ import annotations

from hostile_cases import BASE, CHUNKED_END, LINE, SMUGGLED, case, chunk, length_of, post

# Host.
for written, field in {
    "no Host": b"",
    "an empty Host": b"Host:\r\n",
    "a Host with a space": b"Host: a b\r\n",
    "a Host with a path": b"Host: localhost/x\r\n",
    "a Host with a user": b"Host: a@localhost\r\n",
    "a Host with a comma": b"Host: a, b\r\n",
    "a Host with a broken port": b"Host: localhost:x\r\n",
    "a Host with a port too large": b"Host: localhost:99999\r\n",
    "a Host with an open bracket": b"Host: [::1\r\n",
    "a Host of Latin-1": b"Host: \xe9\r\n",
    "a Host with a quote": b'Host: "localhost"\r\n',
    "a Host with a space before the colon": b"Host : localhost\r\n",
    "a Host with a percent": b"Host: local%00host\r\n",
    "a folded Host": b"Host: local\r\n host\r\n",
}.items():
    case(written, LINE + field + b"Origin: http://localhost:3000\r\nContent-Length: 0\r\n\r\n" + SMUGGLED, paired=True)


# The request line.
for written, line in {
    "absolute form": b"POST http://localhost/api/realtime/token HTTP/1.1",
    "absolute form of another host": b"POST http://evil.example/api/realtime/token HTTP/1.1",
    "authority form": b"POST localhost:80 HTTP/1.1",
    "CONNECT": b"CONNECT localhost:443 HTTP/1.1",
    "CONNECT of a path": b"CONNECT /api/realtime/token HTTP/1.1",
    "asterisk": b"POST * HTTP/1.1",
    "OPTIONS of everything": b"OPTIONS * HTTP/1.1",
    "TRACE": b"TRACE /api/realtime/token HTTP/1.1",
    "PRI": b"PRI * HTTP/2.0",
    "no slash": b"POST api/realtime/token HTTP/1.1",
    "NUL in the target": b"POST /api/realtime/token\0x HTTP/1.1",
    "%00 in the target": b"POST /api/realtime/token%00 HTTP/1.1",
    "%0d%0a in the target": b"POST /api/realtime/token%0d%0aX:%20y HTTP/1.1",
    "CR in the target": b"POST /api/realtime/token\rx HTTP/1.1",
    "dot segments": b"POST /x/../api/realtime/token HTTP/1.1",
    "encoded dot segments": b"POST /x/%2e%2e/api/realtime/token HTTP/1.1",
    "a double slash": b"POST //api/realtime/token HTTP/1.1",
    "a backslash": b"POST /api\\realtime\\token HTTP/1.1",
    "a fragment": b"POST /api/realtime/token#x HTTP/1.1",
    "a space in the target": b"POST /api/realtime/token x HTTP/1.1",
    "a tab in the target": b"POST /api/realtime/token\tx HTTP/1.1",
    "two spaces": b"POST  /api/realtime/token  HTTP/1.1",
    "tabs for spaces": b"POST\t/api/realtime/token\tHTTP/1.1",
    "a trailing space": b"POST /api/realtime/token HTTP/1.1 ",
    "Latin-1 in the target": b"POST /api/realtime/token?x=\xe9 HTTP/1.1",
    "DEL in the target": b"POST /api/realtime/token?\x7f HTTP/1.1",
    "a target of 40 KiB": b"POST /api/realtime/token?x=" + b"a" * 40960 + b" HTTP/1.1",
    "an angle bracket": b"POST /api/realtime/token?<script> HTTP/1.1",
    "HTTP/0.9": b"POST /api/realtime/token",
    "HTTP/1": b"POST /api/realtime/token HTTP/1",
    "HTTP/1.": b"POST /api/realtime/token HTTP/1.",
    "HTTP/1.2": b"POST /api/realtime/token HTTP/1.2",
    "HTTP/1.10": b"POST /api/realtime/token HTTP/1.10",
    "HTTP/2.0": b"POST /api/realtime/token HTTP/2.0",
    "HTTP/9.9": b"POST /api/realtime/token HTTP/9.9",
    "HTTP/-1.1": b"POST /api/realtime/token HTTP/-1.1",
    "http/1.1": b"POST /api/realtime/token http/1.1",
    "HTTP/ 1.1": b"POST /api/realtime/token HTTP/ 1.1",
    "HTP/1.1": b"POST /api/realtime/token HTP/1.1",
    "ICY": b"POST /api/realtime/token ICY/1.1",
    "a lower-case method": b"post /api/realtime/token HTTP/1.1",
    "a method with a NUL": b"PO\0ST /api/realtime/token HTTP/1.1",
    "a method with a colon": b"POST: /api/realtime/token HTTP/1.1",
    "a method of symbols": b"!#$%&'*+-.^_`|~ /api/realtime/token HTTP/1.1",
    "a method in parentheses": b"(POST) /api/realtime/token HTTP/1.1",
    "a method of 10 kB": b"P" * 10000 + b" /api/realtime/token HTTP/1.1",
    "no method": b" /api/realtime/token HTTP/1.1",
    "an unknown method": b"BREW /api/realtime/token HTTP/1.1",
    "nothing but a method": b"POST",
}.items():
    case(written, line + b"\r\n" + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED, paired=True)
case("HTTP/1.0", b"POST /api/realtime/token HTTP/1.0\r\n" + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED, paired=True)
case(
    "HTTP/1.0 that stays",
    b"POST /api/realtime/token HTTP/1.0\r\n" + BASE + b"Connection: keep-alive\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    paired=True,
)
case("HTTP/0.9 only", b"GET /api/health\r\n" + SMUGGLED)
case("TLS", bytes.fromhex("1603010200010001fc0303") + bytes(range(200)) + b"\r\n\r\n" + SMUGGLED)
case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0" + SMUGGLED)
case(
    "a GET with a body",
    b"GET /api/health HTTP/1.1\r\n" + BASE + b"Content-Length: " + length_of(SMUGGLED) + b"\r\n\r\n" + SMUGGLED,
)
case(
    "a HEAD with a chunked body",
    b"HEAD /api/health HTTP/1.1\r\n" + BASE + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(SMUGGLED) + CHUNKED_END,
)
case(
    "an OPTIONS with a body",
    b"OPTIONS /api/realtime/token HTTP/1.1\r\n"
    + BASE
    + b"Content-Length: "
    + length_of(SMUGGLED)
    + b"\r\n\r\n"
    + SMUGGLED,
)
post(
    "a body that holds a request",
    b"Content-Type: application/json\r\nContent-Length: " + length_of(SMUGGLED) + b"\r\n",
    b"",
)
post("an Expect that is met", b"Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n", b"{}")
post("an Expect and a refusal", b"Expect: 100-continue\r\nContent-Length: 70000\r\n", b"")
post("a pipelined pair", b"Content-Length: 0\r\n")
post("a pair that ends the connection", b"Connection: close\r\nContent-Length: 0\r\n")
case(
    "a proxy protocol line",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + LINE + BASE + b"Content-Length: 0\r\n\r\n" + SMUGGLED,
)
