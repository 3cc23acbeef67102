"""One page under test: a context of its own, the ledger before every script, and evaluations that cannot hang."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from patience import PATIENCE, eventually

LEDGER = (Path(__file__).resolve().parent / "pages" / "ledger.js").read_text()
NOTHING = {"tracks": 0, "peers": 0, "timers": 0, "contexts": 0, "sources": 0}

#: Runs an expression that may take time, and leaves what came of it where the test can poll for it.
RUN = """([name, code]) => {
  const outcomes = (window.outcomes ??= {});
  outcomes[name] = {pending: true};
  const failed = (error) => ({error: {name: error?.name, code: error?.code, retryable: error?.retryable,
    retryAfter: error?.retryAfter, status: error?.status, message: String(error?.message ?? error)}});
  Promise.resolve().then(() => (0, eval)(code)).then((value) => ({value: value ?? null}), failed)
    .then((outcome) => { outcomes[name] = JSON.parse(JSON.stringify(outcome)); });
}"""


class Tab:
    """A page and what it wrote on its console."""

    def __init__(self, browser: Browser, **options: Any):
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.context.add_init_script(LEDGER)
        self.page = self.context.new_page()
        self.console: list[str] = []
        self.errors: list[str] = []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go(self, url: str) -> Tab:
        self.page.goto(url)
        return self

    def js(self, code: str, argument: Any = None) -> Any:
        """The value of an expression, or of a function of one argument, that does not wait."""
        return self.page.evaluate(code, argument)

    def run(self, name: str, code: str) -> None:
        """Starts an expression that may give a promise; `outcome` has what became of it."""
        self.js(RUN, [name, code])

    def outcome(self, name: str, limit: float = PATIENCE) -> dict[str, Any]:
        """`{"value": …}` or `{"error": {name, code, retryable, …}}`, as soon as it is settled."""
        eventually(lambda: "pending" not in self.js("name => outcomes[name]", name), f"{name} is settled", limit)
        return self.js("name => outcomes[name]", name)

    def value(self, name: str, limit: float = PATIENCE) -> Any:
        outcome = self.outcome(name, limit)
        assert "value" in outcome, outcome
        return outcome["value"]

    def error(self, name: str, limit: float = PATIENCE) -> dict[str, Any]:
        outcome = self.outcome(name, limit)
        assert "error" in outcome, outcome
        return outcome["error"]

    def until(self, code: str, limit: float = PATIENCE) -> Any:
        """Waits until the expression is true, and returns it."""
        last: list[Any] = [None]

        def holds() -> bool:
            assert not self.errors, f"the page has failed: {self.errors}"
            last[0] = self.js(code)
            return bool(last[0])

        try:
            eventually(holds, code, limit)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {last[0]!r}; the log: {self.log()}") from None
        return last[0]

    def until_said(self, words: str, limit: float = PATIENCE) -> None:
        """Waits for a line on the console. Lines arrive while the browser is asked something."""

        def said() -> bool:
            self.js("0")
            return any(words in line for line in self.console)

        eventually(said, f"{words!r} on the console", limit)

    def log(self) -> str:
        """What the page noted in `window.log`, and its console, for the message of a test that fails."""
        return json.dumps([self.js("window.log ?? null"), self.console])

    def assert_nothing_is_left(self, limit: float = PATIENCE) -> None:
        """No live track, no open peer connection, no timer, no running audio context, no audio source."""
        try:
            eventually(lambda: self.js("ledger.live()") == NOTHING, "nothing of the call is left", limit)
        except AssertionError:
            left, timers = self.js("ledger.live()"), self.js("ledger.timers()")
            raise AssertionError(f"left over: {left}; timers: {timers}; the log: {self.log()}") from None

    def close(self) -> None:
        self.context.close()
