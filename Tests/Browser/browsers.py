"""Chromium as the tests run it: one process for each set of flags, started when it is first needed."""

from __future__ import annotations

import math
import os
import shutil
import struct
import wave
from pathlib import Path

from playwright.sync_api import Browser, Playwright

CANDIDATES = ("chromium-headless-shell", "chromium", "google-chrome")
DEVICES = "--use-fake-device-for-media-stream"
GRANTED = "--use-fake-ui-for-media-stream"

#: What the machine has: a microphone that hums and is allowed, one that is refused, or none.
KINDS = ("tone", "denied", "missing")


class NoBrowser(Exception):
    """There is no Chromium on this machine."""


def executable() -> str:
    """The browser: `CHROMIUM`, or the first that is installed."""
    chosen = os.environ.get("CHROMIUM")
    found = next((path for name in ([chosen] if chosen else CANDIDATES) if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser("no Chromium: install Debian's chromium-headless-shell, or set CHROMIUM")
    return found


def write_tone(path: Path, hertz: int = 1000, seconds: int = 1, amplitude: int = 6600) -> Path:
    """A WAV file, 48 kHz mono, that the fake microphone plays over and over."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        turns = (2 * math.pi * hertz * index / 48000 for index in range(48000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", round(amplitude * math.sin(turn))) for turn in turns))
    return path


class Browsers:
    """The processes that run, by kind."""

    def __init__(self, playwright: Playwright, folder: Path):
        self.playwright = playwright
        self.folder = folder
        self.running: dict[str, Browser] = {}

    def __getitem__(self, kind: str) -> Browser:
        if kind not in self.running:
            path = executable()
            self.running[kind] = self.playwright.chromium.launch(executable_path=path, args=self.flags(kind))
        return self.running[kind]

    def flags(self, kind: str) -> list[str]:
        if kind == "tone":
            tone = self.folder / "tone.wav"
            if not tone.exists():
                write_tone(tone)
            return [DEVICES, GRANTED, f"--use-file-for-fake-audio-capture={tone}"]
        return {"denied": [DEVICES, GRANTED + "=deny"], "missing": [GRANTED]}[kind]

    def close(self) -> None:
        for browser in self.running.values():
            browser.close()
