"""What is sent to OpenAI for calls, beside what OpenAI's own Python package sends, and by the package's types."""

from __future__ import annotations

import email.parser
import email.policy
import json
from collections import abc
from typing import Any, Iterator, Literal, get_args, get_origin

import pytest
from openai import OpenAI
from openai.types.live.live_create_params import LiveCreateParams
from openai.types.live.session_close_event_param import SessionCloseEventParam
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from daemon import ORIGIN, SESSION, Daemon, eventually
from fake_calls import ANSWER
from fake_connection import Received
from fake_openai import FakeOpenAI
from program import ROOT
from call_client import CALLS, LIVE, create, location, serve

#: What Chromium offers for a microphone and a data channel.
OFFER = (ROOT / "Tests" / "Performance" / "offer.sdp").read_bytes()
LIVE_FILES = ["sessions/live.json"] + [
    f"Tests/SessionsTests/Cases/live-{name}.json" for name in ("full", "all-events")
]
#: The types of the package are dictionaries, which would let any other member pass.
STRICT = ConfigDict(extra="forbid")


@pytest.fixture
def package(upstream: FakeOpenAI) -> Iterator[OpenAI]:
    with OpenAI(api_key=upstream.key, base_url=upstream.base_url, max_retries=0) as client:
        yield client


def eager(kind: Any) -> Any:
    """The same type with lists in the place of iterables, which would be judged only when they are read."""
    if is_typeddict(kind):
        members = {name: eager(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
        return TypedDict(kind.__name__, members, total=kind.__total__)
    origin = get_origin(kind)
    if origin is None or origin is Literal:
        return kind
    arguments = tuple(eager(argument) for argument in get_args(kind))
    if origin is abc.Iterable:
        return list[arguments[0]]
    return origin[arguments[0] if len(arguments) == 1 else arguments]


def judge(kind: type, value: Any) -> None:
    """Raises ValidationError for what the type does not have."""
    # In a list, because a dictionary's own type takes no settings.
    TypeAdapter(list[eager(kind)], config=STRICT).validate_python([value])


def parts(received: Received) -> tuple[str, list[tuple[str, str, str, bytes]]]:
    """The boundary of a form, and of each part in order its disposition, name, type and content."""
    [content_type] = received.all("Content-Type")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + received.body)
    assert form.get_content_type() == "multipart/form-data" and not form.defects
    found = []
    for part in form.iter_parts():
        assert not part.defects and part.get_filename() is None
        assert {name.lower() for name in part.keys()} == {"content-disposition", "content-type"}
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        found.append((part.get_content_disposition(), name, part.get_content_type(), content))
    return form.get_boundary(), found


def address(received: Received) -> tuple[str, str, list[str], list[str]]:
    return received.method, received.target, received.all("Authorization"), received.all("Accept")


def create_json(daemon: Daemon, **members: Any) -> dict:
    body = json.dumps({"sdp": OFFER.decode()} | members).encode()
    answer = daemon.request("POST", CALLS, {"Origin": ORIGIN, "Content-Type": "application/json"}, body)
    assert answer.status == 201, answer.body
    return answer.json()


def test_a_realtime_call_is_created_by_the_same_form(start, calls, package, tmp_path):
    daemon = serve(start, calls, tmp_path)
    assert create(daemon, offer=OFFER).status == 201
    answer = package.realtime.calls.create(sdp=OFFER.decode(), session=SESSION["session"])
    assert answer.content == ANSWER
    ours, theirs = calls.owner.requests
    assert address(ours) == address(theirs)
    boundary, own = parts(ours)
    assert [part[:3] for part in own] == [part[:3] for part in parts(theirs)[1]]
    (_, _, _, offer), (_, _, _, session) = own
    assert offer == parts(theirs)[1][0][3] == OFFER
    assert json.loads(session) == json.loads(parts(theirs)[1][1][3]) == SESSION["session"]
    # Nothing else is in the body.
    pieces = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for _, name, kind, content in own
    ]
    assert ours.body == b"".join(pieces) + f"--{boundary}--\r\n".encode()


@pytest.mark.parametrize("file", LIVE_FILES)
def test_a_live_session_is_created_by_the_same_json(start, calls, package, tmp_path, file):
    content = json.loads((ROOT / file).read_text())
    for tool in content["session"].get("delegation", {}).get("responses", {}).get("tools", []):
        # The types know the name of this tool only; the daemon passes on what a file has besides.
        if tool["type"] == "web_search":
            tool.pop("search_context_size")
    daemon = serve(start, calls, tmp_path, {"live": content})
    create_json(daemon, session="live")
    [ours] = calls.owner.requests
    body = json.loads(ours.body)
    judge(LiveCreateParams, body)
    written = {name: value for name, value in content["session"].items() if name not in ("type", "client")}
    assert {name: body["session"][name] for name in written} == written
    assert body["transport"] == {"type": "webrtc", "sdp": OFFER.decode()}
    answer = package.live.create(**body)
    assert (answer.session.id, answer.transport.sdp.encode()) == (calls.all[1].id, ANSWER)
    theirs = calls.owner.requests[1]
    assert json.loads(theirs.body) == body
    assert address(ours) == address(theirs) and ours.all("Content-Type") == theirs.all("Content-Type")


def test_only_the_stream_of_a_data_channel_is_not_in_the_types(start, calls, tmp_path):
    """It is in OpenAI's guide, and sent only when a page asks for it."""
    daemon = serve(start, calls, tmp_path)
    create_json(daemon, session="live", dcid=3)
    [received] = calls.owner.requests
    body = json.loads(received.body)
    with pytest.raises(ValidationError) as raised:
        judge(LiveCreateParams, body)
    assert [error["loc"] for error in raised.value.errors()] == [(0, "transport", "dcid")]
    assert body["transport"].pop("dcid") == 3
    judge(LiveCreateParams, body)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "live"},
        {"audio": {"input": {}}},
        {"client": {"data_channel": {"allowed_server_events": [{"type": "error", "event": "x"}]}}},
        {"delegation": {"type": "responses"}},
    ],
)
def test_the_types_would_show_a_wrong_member(change):
    session = {name: value for name, value in LIVE["session"].items() if name != "type"}
    transport = {"type": "webrtc", "sdp": "v=0\r\n"}
    judge(LiveCreateParams, {"session": session, "transport": transport})
    with pytest.raises(ValidationError):
        judge(LiveCreateParams, {"session": session | change, "transport": transport})


def test_calls_are_ended_by_the_same_requests(start, calls, package, tmp_path):
    daemon = serve(start, calls, tmp_path)
    calls.fail("sideband-fails")
    for kind in ("default", "live"):
        create(daemon, kind, OFFER)
        path = location(create(daemon, kind, OFFER))
        theirs, ours = calls.all[-2:]
        (package.realtime.calls.hangup if ours.kind == "realtime" else package.live.sessions.hangup)(theirs.id)
        requested = calls.owner.requests[-1]
        assert daemon.request("DELETE", path).status == 200
        eventually(lambda ours=ours: ours.ended, "the call is ended")
        [sent] = [received for received in calls.owner.requests if received.target.endswith(f"{ours.id}/hangup")]
        assert sent.target == requested.target.replace(theirs.id, ours.id)
        assert address(sent)[::2] == address(requested)[::2]
        assert sent.body == requested.body == b""


def test_a_live_session_is_closed_by_an_event_of_the_types(start, calls, tmp_path):
    daemon = serve(start, calls, tmp_path)
    path = location(create(daemon, "live", OFFER))
    calls.drains, calls.drain_time = True, 3600
    [call] = calls.open
    assert daemon.request("DELETE", path).status == 200
    eventually(lambda: call.sidebands and call.sidebands[0].received, "the sideband is attached")
    [event] = call.sidebands[0].received
    judge(SessionCloseEventParam, event)
    calls.owner.loop.call_soon_threadsafe(calls.finish, call)
    calls.wait_until(lambda calls: not calls.open)
