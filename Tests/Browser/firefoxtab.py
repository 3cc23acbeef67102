"""One page in Firefox, with what a page in Chromium offers to the tests."""

from __future__ import annotations

import json
from typing import Any

from bidi import Firefox
from tab import LEDGER, Tab

#: Evaluates an expression as Playwright does: a function is called, a promise is awaited.
EVALUATE = """(async () => {
  const value = (%s);
  return JSON.stringify(await (typeof value === "function" ? value(%s) : value)) ?? "null";
})()"""


class FirefoxTab(Tab):
    """A page in a user context of its own, and what it wrote on its console."""

    def __init__(self, firefox: Firefox):
        self.firefox = firefox
        self.console: list[str] = []
        self.errors: list[str] = []
        self.user = firefox.command("browser.createUserContext")["userContext"]
        self.id = firefox.command("browsingContext.create", type="tab", userContext=self.user)["context"]
        firefox.listeners[self.id] = self._on_log
        # The page before the first one is not secure, and has no devices.
        script = f"() => {{ if (isSecureContext) {{ {LEDGER} }} }}"
        firefox.command("script.addPreloadScript", functionDeclaration=script, contexts=[self.id])

    def _on_log(self, entry: dict[str, Any]) -> None:
        self.console.append(f"{entry['level']}: {entry['text']}")
        if entry["type"] == "javascript" and entry["level"] == "error":
            self.errors.append(entry["text"])

    def go(self, url: str) -> FirefoxTab:
        self.firefox.command("browsingContext.navigate", context=self.id, url=url, wait="complete")
        return self

    def js(self, code: str, argument: Any = None) -> Any:
        answer = self.firefox.command(
            "script.evaluate",
            expression=EVALUATE % (code, json.dumps(argument)),
            target={"context": self.id},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise AssertionError(f"{code}: {answer['exceptionDetails']['text']}")
        return json.loads(answer["result"]["value"])

    def close(self) -> None:
        self.firefox.command("browser.removeUserContext", userContext=self.user)
