"""The two routes of the fake OpenAI, and what each refuses, with OpenAI's messages."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

import openai_rules
from call import Call

if TYPE_CHECKING:
    from peer import Peer

#: The fields a browser may send; OpenAI's own rules refuse others.
CORS_FIELDS = {"authorization", "content-type"}
OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Location, x-request-id"}


@dataclass(frozen=True)
class Failure:
    """What one offer gets instead of an answer."""

    status: int
    code: str = "server_error"
    message: str = "The server had an error while processing your request."
    fields: dict[str, str] = field(default_factory=dict)


class Routes:
    """POST /v1/realtime/client_secrets and POST /v1/realtime/calls."""

    def __init__(self, peer: Peer):
        self.peer = peer

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/v1/realtime/client_secrets", self.mint)
        application.router.add_post("/v1/realtime/calls", self.call)
        application.router.add_options("/v1/realtime/calls", self.preflight)
        application.router.add_get("/state", self.state)
        return application

    def refuse(self, status: int, code: str, message: str, param: str | None = None, **more) -> web.Response:
        self.peer.refusals.append((status, code))
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        fields = OPEN | {"x-request-id": "req_" + secrets.token_hex(8)} | more.get("fields", {})
        return web.json_response({"error": error}, status=status, headers=fields)

    async def mint(self, request: web.Request) -> web.Response:
        self.peer.mint_requests += 1
        await self.peer.mint_gate.passed()
        if request.headers.getall("Authorization", []) != [f"Bearer {self.peer.key}"]:
            return self.refuse(401, "invalid_api_key", "Incorrect API key provided.")
        if "OpenAI-Beta" in request.headers:
            return self.refuse(400, "beta_api_shape_disabled", "The Realtime Beta API is no longer supported.")
        if request.headers.getall("Content-Type", []) != ["application/json"]:
            return self.refuse(400, "unsupported_content_type", "Unsupported content type.")
        try:
            body = json.loads(await request.read())
        except ValueError:
            return self.refuse(400, "invalid_json", "We could not parse the JSON body of your request.")
        if problem := openai_rules.CLIENT_SECRETS("", body):
            return self.refuse(400, problem[0], problem[2], problem[1])
        value, now = "ek_" + secrets.token_hex(16), int(time.time())
        seconds = body.get("expires_after", {}).get("seconds", 600)
        session = {"id": "sess_" + secrets.token_hex(8), "object": "realtime.session", **body["session"]}
        self.peer.keys[value] = session
        if self.peer.keys_are_late:
            self.peer.late.add(value)
        return web.json_response({"value": value, "expires_at": now + seconds, "session": session})

    async def preflight(self, request: web.Request) -> web.Response:
        asked = request.headers.get("Access-Control-Request-Headers", "")
        if not {name.strip().lower() for name in asked.split(",") if name.strip()} <= CORS_FIELDS:
            self.peer.refusals.append((403, "cors"))
            return web.Response(status=403)
        fields = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": ", ".join(CORS_FIELDS)}
        return web.Response(status=204, headers=OPEN | fields)

    async def call(self, request: web.Request) -> web.Response:
        self.peer.offers += 1
        await self.peer.calls_gate.passed()
        if self.peer.failures:
            failure = self.peer.failures.popleft()
            return self.refuse(failure.status, failure.code, failure.message, fields=failure.fields)
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or key not in self.peer.keys:
            return self.refuse(401, "invalid_api_key", "Incorrect API key provided.")
        if key in self.peer.late:
            return self.refuse(401, "ephemeral_token_expired", "The ephemeral token has expired.")
        if key in self.peer.used:
            return self.refuse(401, "ephemeral_token_already_used", "The ephemeral token has been used.")
        if request.headers.getall("Content-Type", []) != ["application/sdp"]:
            return self.refuse(400, "unsupported_content_type", "Unsupported content type.")
        offer = (await request.read()).decode("utf-8", "replace")
        if not offer.startswith("v=0\r\n") or "m=application" not in offer:
            return self.refuse(400, "invalid_offer", "The SDP offer cannot be read.")
        self.peer.used.add(key)
        session = self.peer.keys[key]
        call = Call(session, self.peer.linger)
        self.peer.calls.append(call)
        answer = await call.answer(offer)
        if self.peer.unreachable:
            answer = "".join(line for line in answer.splitlines(True) if not line.startswith("a=candidate"))
        location = {"Location": f"/v1/realtime/calls/{call.id}"}
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=OPEN | location)

    async def state(self, request: web.Request) -> web.Response:
        """What the peer counts, for the test that runs it as a process of its own."""
        opened = sum(call.is_open for call in self.peer.calls)
        return web.json_response({"minted": len(self.peer.keys), "used": len(self.peer.used), "open": opened})
