"""Firefox, driven by WebDriver BiDi, which it speaks by itself: this client replaces a driver.

Playwright drives only a Firefox of its own, and Debian has no geckodriver.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import select
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable

import aiohttp

from patience import PATIENCE

CANDIDATES = ("firefox-esr", "firefox")
#: A microphone that hums and is allowed, and sound without a click.
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # One page at a time needs no processes in reserve.
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    # The browser asks nobody for anything by itself.
    "browser.startup.page": 0,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
#: Seconds until it listens, on a machine that is busy.
START = 60.0
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class NoFirefox(Exception):
    """There is no Firefox on this machine, or it does not start."""


def executable() -> str:
    """The browser: `FIREFOX`, or the first that is installed."""
    chosen = os.environ.get("FIREFOX")
    found = next((path for name in ([chosen] if chosen else CANDIDATES) if (path := shutil.which(name))), None)
    if found is None:
        raise NoFirefox("no Firefox: install Debian's firefox-esr, or set FIREFOX")
    return found


class Firefox:
    """One process with a profile of its own. Commands wait for their answers; events go to who listens to a page."""

    def __init__(self, profile: Path):
        profile.mkdir(parents=True)
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
        (profile / "user.js").write_text("".join(lines))
        self.listeners: dict[str, Callable[[dict[str, Any]], None]] = {}
        self.numbers = itertools.count(1)
        self.answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="firefox", daemon=True)
        self.thread.start()
        command = [executable(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ | {"HOME": str(profile)}
        )
        address = self._address()
        # Firefox writes on, and must not wait for a reader.
        threading.Thread(target=self.process.stderr.read, name="firefox-stderr", daemon=True).start()
        self._wait(self._open(address + "/session"))
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])

    def _address(self) -> str:
        """What Firefox writes on standard error as soon as it listens."""
        said, deadline = b"", time.monotonic() + START
        while not (found := LISTENING.search(said.decode(errors="replace"))):
            descriptor = self.process.stderr.fileno()
            if not select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
                raise NoFirefox(f"not within {START} s: {said!r}")
            piece = os.read(descriptor, 4096)
            if not piece:
                raise NoFirefox(f"ended with {self.process.wait()}: {said!r}")
            said += piece
        return found[1]

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    async def _open(self, address: str) -> None:
        self.http = aiohttp.ClientSession()
        self.socket = await self.http.ws_connect(address, max_msg_size=0)
        self.reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            content = json.loads(message.data)
            if "id" in content:
                self.answers.pop(content["id"]).set_result(content)
            elif listener := self.listeners.get(content["params"].get("source", {}).get("context")):
                listener(content["params"])

    async def _send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self.numbers)
        self.answers[number] = self.loop.create_future()
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        return await self.answers[number]

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        answer = self._wait(self._send(method, parameters))
        assert answer["type"] == "success", f"{method}: {answer}"
        return answer["result"]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        self._wait(self.http.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
