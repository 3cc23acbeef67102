"""Hostile requests with Transfer-Encoding: beside a length, misspelt, or with broken chunks."""

from __future__ import annotations

from hostile_cases import BASE, CHUNKED_END, SMUGGLED, case, chunk, length_of, post

# Content-Length with Transfer-Encoding.
post("CL.TE", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKED_END)
post("TE.CL", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", chunk(SMUGGLED) + CHUNKED_END, after=b"")
post(
    "CL.TE all in the body",
    b"Content-Length: " + length_of(CHUNKED_END + SMUGGLED) + b"\r\nTransfer-Encoding: chunked\r\n",
    CHUNKED_END,
)
post("CL.TE of length zero", b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")
for written, field in {
    "identity": b"Transfer-Encoding: identity",
    "gzip": b"Transfer-Encoding: gzip",
    "gzip, chunked": b"Transfer-Encoding: gzip, chunked",
    "chunked, gzip": b"Transfer-Encoding: chunked, gzip",
    "chunked, chunked": b"Transfer-Encoding: chunked, chunked",
    "chunked, identity": b"Transfer-Encoding: chunked, identity",
    "two lines": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "two lines the other way": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "x before": b"Transfer-Encoding: xchunked",
    "a space before the colon": b"Transfer-Encoding : chunked",
    "a tab before the value": b"Transfer-Encoding:\tchunked",
    "a vertical tab": b"Transfer-Encoding:\x0bchunked",
    "a form feed": b"Transfer-Encoding: chunked\x0c",
    "NUL": b"Transfer-Encoding: chunked\0",
    "quotes": b'Transfer-Encoding: "chunked"',
    "a parameter": b"Transfer-Encoding: chunked;q=1",
    "a fold": b"Transfer-Encoding:\r\n chunked",
    "a bare CR before": b"X: y\rTransfer-Encoding: chunked",
    "a bare LF before": b"X: y\nTransfer-Encoding: chunked",
    "CR in the value": b"Transfer-Encoding: chu\rnked",
    "nothing": b"Transfer-Encoding:",
    "a comma": b"Transfer-Encoding: ,chunked",
    "a trailing comma": b"Transfer-Encoding: chunked,",
    "capitals": b"TRANSFER-ENCODING: CHUNKED",
    "a Kelvin sign": "Transfer-Encoding: chun\u212aed".encode(),
    "a control before the name": b"\x01Transfer-Encoding: chunked",
    "a no-break space": b"Transfer-Encoding:\xa0chunked",
    "a prefix of spaces": b" Transfer-Encoding: chunked",
}.items():
    post(f"Transfer-Encoding with {written}", field + b"\r\n", CHUNKED_END)
    if written in (
        "identity",
        "x before",
        "a vertical tab",
        "a space before the colon",
        "a fold",
        "capitals",
        "two lines",
        "a bare CR before",
    ):
        post(f"CL with Transfer-Encoding with {written}", field + b"\r\nContent-Length: 5\r\n", CHUNKED_END)
post("Transfer-Encoding made by a fold", b"Transfer-Encodin: chunked\r\n g\r\n", CHUNKED_END)
# A parser that drops a folded field reads the length; one that unfolds it reads chunks.
for written, field in {
    "after a fold": b"Transfer-Encoding:\r\n chunked",
    "after a fold of a tab": b"Transfer-Encoding:\r\n\tchunked",
    "after two folds": b"Transfer-Encoding:\r\n \r\n chunked",
    "with a fold after": b"Transfer-Encoding: chunked\r\n ",
    "with NUL after": b"Transfer-Encoding: chunked\0",
    "with NUL before": b"Transfer-Encoding: \0chunked",
    "with NUL in the name": b"Transfer-Encoding\0: chunked",
    "at the end of a fold": b"X: y\r\n Transfer-Encoding: chunked",
}.items():
    post(f"TE.CL {written}", field + b"\r\nContent-Length: 4\r\n", chunk(SMUGGLED) + CHUNKED_END, after=b"")
case(
    "chunked in HTTP/1.0",
    b"POST /api/realtime/token HTTP/1.0\r\n"
    + BASE
    + b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
    + CHUNKED_END
    + SMUGGLED,
)


# Chunks. What follows a broken one belongs to nobody.
CHUNKED = b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n"
for written, body in {
    "size 2^64": b"10000000000000000\r\n",
    "size 2^64 plus two": b"10000000000000002\r\n{}\r\n0\r\n\r\n",
    "size 2^63": b"8000000000000000\r\n",
    "seventeen zeros in front": b"0" * 17 + b"2\r\n{}\r\n0\r\n\r\n",
    "a size of 2,000 zeros": b"0" * 2000 + b"\r\n\r\n",
    "a size with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "a size with a plus": b"+2\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-1\r\n{}\r\n0\r\n\r\n",
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "a size of letters": b"zz\r\n{}\r\n0\r\n\r\n",
    "a space before the size": b" 2\r\n{}\r\n0\r\n\r\n",
    "a space after the size": b"2 \r\n{}\r\n0\r\n\r\n",
    "an underscore in the size": b"0_2\r\n{}\r\n0\r\n\r\n",
    "an extension": b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "a quoted extension": b'2;a="b;c"\r\n{}\r\n0\r\n\r\n',
    "CR in an extension": b"2;a\rb\r\n{}\r\n0\r\n\r\n",
    "LF in an extension": b"2;a\n{}\r\n0\r\n\r\n",
    "NUL in an extension": b"2;a\0b\r\n{}\r\n0\r\n\r\n",
    "an extension of 20 kB": b"2;" + b"a" * 20000 + b"\r\n{}\r\n0\r\n\r\n",
    "an extension of 30 kB": b"2;" + b"a" * 30_000 + b"\r\n{}\r\n0\r\n\r\n",
    "an extension of 100 kB": b"2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    "an extension of 30 kB that has no end": b"2;" + b"a" * 30_000,
    "a size of 30,000 zeros": b"0" * 30_000 + b"2\r\n{}\r\n0\r\n\r\n",
    "bare LF after the size": b"2\n{}\r\n0\r\n\r\n",
    "bare CR after the size": b"2\r{}\r\n0\r\n\r\n",
    "no line end after the data": b"2\r\n{}0\r\n\r\n",
    "two bytes in place of the line end": b"2\r\n{}XX0\r\n\r\n",
    "bare LF after the data": b"2\r\n{}\n0\r\n\r\n",
    "bare LF at the end": b"0\n\n",
    "a last chunk with a size line only": b"0\r\n",
    "a trailer": b"2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n",
    "a Content-Length in the trailer": b"2\r\n{}\r\n0\r\nContent-Length: 400\r\n\r\n",
    "a Transfer-Encoding in the trailer": b"2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a broken trailer": b"2\r\n{}\r\n0\r\nno colon\r\n\r\n",
    "a trailer of 40 kB": b"2\r\n{}\r\n0\r\nX: " + b"a" * 40000 + b"\r\n\r\n",
    "70 kB": chunk(b"x" * 70000) + CHUNKED_END,
    "70,000 chunks of a byte": b"1\r\n \r\n" * 70000 + CHUNKED_END,
    "a size of two lines": b"2\r\n\r\n{}\r\n0\r\n\r\n",
    "a fold after the size": b"2\r\n {}\r\n0\r\n\r\n",
}.items():
    # The grammar allows any number of leading zeros, so a request may follow them.
    post(f"chunked body with {written}", CHUNKED, body, paired=written == "a size of 2,000 zeros")
