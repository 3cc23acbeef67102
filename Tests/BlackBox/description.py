"""The OpenAPI description that the daemon serves: narrowed to one deployment, and used to validate answers."""

from __future__ import annotations

import copy
import json
import re

from jsonschema_rs import Draft202012Validator

from daemon import ORIGIN, Daemon
from raw import Answer

PATH = "/api/openapi.json"


def described(daemon: Daemon) -> dict:
    return daemon.request("GET", PATH).json()


def narrowed(document: dict, overrides: dict, secured: bool, offer: str) -> dict:
    """What the description leaves to the settings and the session files, said for one deployment: without it no
    generated request could be known to be valid. `overrides` is the schema of those of its one session, `offer` the one
    SDP offer."""
    document = copy.deepcopy(document)
    components = document["components"]
    components["schemas"]["SessionName"] |= {"enum": ["default"]}
    components["schemas"]["Overrides"] = overrides
    components["schemas"]["Variables"] = {"type": "object", "additionalProperties": False}
    post = document["paths"]["/api/realtime/token"]["post"]
    origin = components["parameters"]["Origin"] | {"required": True, "schema": {"enum": [ORIGIN]}}
    post["parameters"] = [origin if p.get("$ref", "").endswith("/Origin") else p for p in post["parameters"]]
    post["security"] = [{"bearer": []}] if secured else []
    components["schemas"]["Offer"] |= {"enum": [offer]}
    for path, item in document["paths"].items():
        if path.startswith("/api/realtime/calls") and "post" in item:
            item["post"]["security"] = post["security"] if "security" in item["post"] else []
            item["post"]["parameters"] = [
                origin if p.get("$ref", "").endswith("/Origin") else p for p in item["post"]["parameters"]
            ]
    return document


class Judge:
    """Says what an answer is that the description does not allow, and keeps what it has seen."""

    def __init__(self, document: dict):
        self.document = document
        #: (operation, status, code) of every answer; a code of None is an answer without one.
        self.seen: set[tuple[str, int, str | None]] = set()

    def resolved(self, node: dict) -> dict:
        while "$ref" in node:
            at = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                at = at[step]
            node = at
        return node

    def validator(self, schema: dict) -> Draft202012Validator:
        return Draft202012Validator({**schema, "components": self.document["components"]}, validate_formats=True)

    def operation(self, method: str, target: str) -> tuple[str, dict] | None:
        """The operation that the description has for a request, and its path."""
        path = target.split("?")[0]
        for template, item in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
                return template, item.get(method.lower())
        return None

    def described(self, method: str, target: str, status: int) -> tuple[str, dict]:
        components = self.document["components"]["responses"]
        found = self.operation(method, target)
        if found is None:
            return "other path", components["NotFound"]
        path, operation = found
        if operation is None:
            return f"other method of {path}", components["MethodNotAllowed"]
        assert str(status) in operation["responses"], f"{method} {target} answers {status}, which is not described"
        return f"{method} {path}", self.resolved(operation["responses"][str(status)])

    def judge(self, method: str, target: str, answer: Answer) -> Answer:
        """Fails unless the description allows this answer to this request."""
        operation, response = self.described(method, target, answer.status)
        for name, header in response.get("headers", {}).items():
            header = self.resolved(header)
            value = answer.one(name)
            assert value is not None or not header.get("required"), f"{operation} {answer.status}: no {name}"
            if value is not None:
                self.validator(header["schema"]).validate(value)
        if answer.one("Content-Type") is None and answer.body.startswith(b"<html>"):
            # The library sends these itself, as the descriptions of the four say.
            assert answer.status in (400, 414, 431, 505) and answer.one("X-Request-Id") is None
            self.seen.add((operation, answer.status, None if answer.status in (414, 505) else "html"))
            return answer
        content = response.get("content", {}) if method != "HEAD" else {}
        code = None
        if content:
            media_type = answer.one("Content-Type").split(";")[0]
            assert media_type in content, f"{operation} {answer.status} is {media_type}"
            if media_type.endswith("json"):
                self.validator(content[media_type]["schema"]).validate(answer.json())
                code = answer.json().get("code") if "problem" in media_type else None
        else:
            assert answer.body == b"", f"{operation} {answer.status} has a body"
        self.seen.add((operation, answer.status, code))
        return answer

    def promised(self) -> set[tuple[str, int, str | None]]:
        """Everything that can be seen, as `seen` has it."""
        promised = set()
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                for status, response in operation["responses"].items():
                    for code in self._codes(self.resolved(response), method):
                        promised.add((f"{method.upper()} {path}", int(status), code))
        return promised

    def _codes(self, response: dict, method: str) -> list[str | None]:
        problem = response.get("content", {}).get("application/problem+json")
        if problem is None or method == "head":
            return [None]
        return next(part["properties"]["code"]["enum"] for part in problem["schema"]["allOf"] if "properties" in part)


def dump(document: dict, path) -> str:
    path.write_text(json.dumps(document))
    return str(path)
