"""Hostile requests whose length is malformed or given twice."""

from __future__ import annotations

from hostile_cases import SMUGGLED, length_of, post

# Content-Length against Content-Length: one reading treats the marked request as a body.
post("CL.CL equal", b"Content-Length: 0\r\nContent-Length: 0\r\n")
post("CL.CL short first", b"Content-Length: 0\r\nContent-Length: " + length_of(SMUGGLED) + b"\r\n")
post("CL.CL long first", b"Content-Length: " + length_of(SMUGGLED) + b"\r\nContent-Length: 0\r\n")
post("CL.CL in two cases", b"Content-Length: 0\r\ncontent-length: " + length_of(SMUGGLED) + b"\r\n")
post("CL.CL apart", b"Content-Length: 0\r\nX-A: b\r\nContent-Length: 5\r\n")
for written, value in {
    "a plus sign": b"+0",
    "a minus sign": b"-0",
    "negative": b"-1",
    "hexadecimal": b"0x0",
    "hexadecimal digits": b"0x1A",
    "a list of equals": b"0, 0",
    "a list that differs": b"0, 34",
    "a list with a gap": b"0,,0",
    "a leading comma": b",0",
    "an inner space": b"0 0",
    "letters": b"abc",
    "a trailing letter": b"0a",
    "nothing": b"",
    "a fraction": b"0.0",
    "an exponent": b"0e1",
    "2^64": b"18446744073709551616",
    "2^64 plus a little": b"18446744073709551620",
    "2^63": b"9223372036854775808",
    "2^32": b"4294967296",
    "twenty-eight digits": b"0" * 27 + b"9" * 1 + b"x",
    "quotes": b'"0"',
    "a semicolon": b"0;0",
    "an underscore": b"0_0",
    "an Arabic digit": "٠".encode(),
    "a vertical tab": b"\x0b0",
    "a form feed": b"0\x0c",
    "a no-break space": b"\xa00",
    "leading zeros": b"000",
}.items():
    post(f"Content-Length with {written}", b"Content-Length: " + value + b"\r\n")
post("Content-Length with a space before the colon", b"Content-Length : " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with a tab before the colon", b"Content-Length\t: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with a space before the name", b"X-A: b\r\n Content-Length: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with NUL in the name", b"Content-Length\0: " + length_of(SMUGGLED) + b"\r\n")
post(
    "Content-Length with an underscore in the name",
    b"Content-Length: 0\r\nContent_Length: " + length_of(SMUGGLED) + b"\r\n",
)
post("Content-Length after a bare CR", b"X-A: b\rContent-Length: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length after a bare LF", b"X-A: b\nContent-Length: " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length too long by far", b"Content-Length: 70000\r\n", b"x" * 70000)

# libmicrohttpd 0.9.75 adds a folded line to the name, so that the field is none that anybody looks for.
post("Content-Length after a fold", b"Content-Length:\r\n " + length_of(SMUGGLED) + b"\r\n")
post("Content-Length with a fold after", b"Content-Length: " + length_of(SMUGGLED) + b"\r\n \r\n")
post("Content-Length with a fold and a digit after", b"Content-Length: " + length_of(SMUGGLED) + b"\r\n 0\r\n")
post("Content-Length made by a fold", b"Content-Lengt: " + length_of(SMUGGLED) + b"\r\n h\r\n")
post("Content-Length with NUL and digits after", b"Content-Length: 0\0" + length_of(SMUGGLED) + b"\r\n")
