"""The table of hostile requests, and which of them the daemon promises to refuse."""

from __future__ import annotations

# Importing them fills the table.
import hostile_codings  # noqa: F401
import hostile_heads  # noqa: F401
import hostile_lengths  # noqa: F401
import hostile_targets  # noqa: F401
from hostile_cases import CASES, MARK, Case

__all__ = ["CASES", "MARK", "MUST_REFUSE", "Case"]

#: What the daemon promises to refuse with an answer of 4xx and a close, though some parsers, h11 among them, accept it.
MUST_REFUSE = {
    *(known.name for known in CASES if "fold" in known.name),
    *(known.name for known in CASES if known.name.startswith(("CL.CL", "CL.TE", "TE.CL", "CL with Transfer-Encoding"))),
    *(known.name for known in CASES if known.name.startswith(("NUL in a ", "CR in a "))),
    "Content-Length with a list of equals",
    "Content-Length with NUL in the name",
    "Transfer-Encoding with NUL",
    "Transfer-Encoding with CR in the value",
    "Transfer-Encoding with identity",
    "Transfer-Encoding with gzip",
    "Transfer-Encoding with gzip, chunked",
    "Transfer-Encoding with x before",
    "BEL in a value",
    "DEL in a value",
    "an escape sequence",
    "a second Host",
    "a second Host that is equal",
    "no Host",
    "a header of 40 KiB",
    "a name of 40 KiB",
    "10,000 fields",
    "a target of 40 KiB",
    "Content-Length too long by far",
    "chunked body with 70 kB",
    "chunked body with an extension of 30 kB",
    "chunked body with an extension of 100 kB",
    "chunked body with an extension of 30 kB that has no end",
    "chunked body with a size of 30,000 zeros",
    "chunked body with 70,000 chunks of a byte",
}
