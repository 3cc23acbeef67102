"""The form of every refusal: a problem document (RFC 9457) with our members."""

from __future__ import annotations

from raw import Answer

PROBLEM = {"type", "title", "status", "detail", "code", "request_id", "error"}


def problem(answer: Answer, status: int, code: str) -> dict:
    """Checks that the answer is a complete problem document of that status and code."""
    assert answer.status == status, answer
    assert answer.one("Content-Type").split(";")[0] == "application/problem+json"
    members = answer.json()
    assert PROBLEM <= members.keys()
    assert (members["status"], members["code"], members["error"]) == (status, code, members["title"])
    assert members["detail"].strip() and members["type"].strip()
    assert members["request_id"] == answer.one("X-Request-Id")
    return members
