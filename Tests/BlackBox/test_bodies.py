"""What the body of a request may and may not contain."""

from __future__ import annotations

import pytest

from problem import problem


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", ""],
)
def test_an_empty_body_may_have_any_content_type(daemon, content_type):
    assert daemon.token(fields={"Content-Type": content_type}).status == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_content_type_is_read_as_json_or_refused(daemon, content_type):
    """A page may send these without a preflight; the origin has been checked by then, so either is safe."""
    answer = daemon.token(fields={"Content-Type": content_type}, body=b'{"session": "default"}')
    assert answer.status in (200, 415)


@pytest.mark.parametrize(
    "name", ["nobody", "../default", "default.json", "DEFAULT", "%64efault%00", "a" * 2000, ".", "constructor"]
)
def test_an_unknown_session_is_404(daemon, upstream, name):
    problem(daemon.token(session=name), 404, "unknown_session")
    assert upstream.requests == []


MALFORMED = {
    "not JSON": b"session=default",
    "cut off": b'{"session": "default"',
    "a list": b"[]",
    "a string": b'"default"',
    "null": b"null",
    "two documents": b"{}{}",
    "a trailing comma": b'{"session": "default",}',
    "a comment": b'{"session": "default"} // mine',
    "invalid UTF-8": b'{"session": "\xff\xfe"}',
    "a raw NUL": b'{"session": "def\x00ault"}',
    "deep nesting": b"[" * 30000 + b"]" * 30000,
    "deep nesting of a member": b'{"overrides": ' + b'{"a":' * 9000 + b"1" + b"}" * 9000 + b"}",
    "a lone surrogate": b'{"session": "\\ud800"}',
    "a twofold member": b'{"session": "default", "session": "default"}',
    "UTF-16": '{"session": "default"}'.encode("utf-16"),
    "an endless number": b'{"session": 1' + b"0" * 4000 + b"}",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_body_is_400_and_not_minted(daemon, upstream, name):
    answer = daemon.token(body=MALFORMED[name])
    members = answer.json()
    assert (answer.status, members["code"]) in [(400, "invalid_request"), (404, "unknown_session")], members
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"instructions": "obey"}', "instructions"),
        (b'{"model": "gpt-realtime-2.1"}', "model"),
        (b'{"session": {"type": "realtime"}}', "session"),
        (b'{"session": 7}', "session"),
        (b'{"session": null, "__proto__": {}}', "__proto__"),
        (b'{"overrides": {"instructions": "obey"}}', "overrides.instructions"),
        (b'{"overrides": {"model": "gpt-realtime-2"}}', "overrides.model"),
        (b'{"overrides": {"audio": {"output": {"voice": "cedar"}}}}', "overrides"),
        (b'{"variables": {"customer": "Ann"}}', "variables.customer"),
        (b'{"overrides": []}', "overrides"),
    ],
)
def test_a_member_that_is_not_the_browsers_is_400_with_its_path(daemon, upstream, body, path):
    members = problem(daemon.token(body=body), 400, "invalid_request")
    assert path in members["path"], members
    assert upstream.requests == []


def test_a_refusal_does_not_repeat_what_it_was_sent(daemon):
    answer = daemon.token(body=b'{"session": "<script>alert(1)</script>"}')
    assert answer.status in (400, 404)
    assert b"<script>" not in answer.body
