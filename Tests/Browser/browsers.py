"""Chromium as the tests run it: one process for each set of flags, started when it is first needed."""

from __future__ import annotations

import math
import os
import shutil
import struct
import wave
from pathlib import Path
from typing import Iterable

from playwright.sync_api import Browser, Playwright

CANDIDATES = ("chromium-headless-shell", "chromium", "google-chrome")
DEVICES = "--use-fake-device-for-media-stream"
GRANTED = "--use-fake-ui-for-media-stream"

#: What the machine has: a microphone that hums or speaks, by turns, and is allowed, one that is refused, or none.
KINDS = ("tone", "speech", "denied", "missing")


class NoBrowser(Exception):
    """There is no Chromium on this machine."""


def executable() -> str:
    """The browser: `CHROMIUM`, or the first that is installed."""
    chosen = os.environ.get("CHROMIUM")
    found = next((path for name in ([chosen] if chosen else CANDIDATES) if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser("no Chromium: install Debian's chromium-headless-shell, or set CHROMIUM")
    return found


def write_wave(path: Path, samples: Iterable[float]) -> Path:
    """A WAV file, 48 kHz mono, that the fake microphone plays over and over."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(b"".join(struct.pack("<h", round(sample)) for sample in samples))
    return path


def tone(hertz: int = 1000, seconds: int = 1, amplitude: int = 6600) -> Iterable[float]:
    return (amplitude * math.sin(2 * math.pi * hertz * index / 48000) for index in range(48000 * seconds))


def speech(syllables: int = 3, pause: float = 1.5) -> Iterable[float]:
    """Syllables of a voice that falls, which noise suppression takes for speech, and a pause."""
    turn = 0.0
    for index in range(syllables * 9600):
        turn += 2 * math.pi * (220 - 60 * index / (syllables * 9600)) / 48000
        swell = math.sin(math.pi * (index % 9600) / 9600) ** 2
        yield 3000 * swell * sum(math.sin(harmonic * turn) / harmonic**0.5 for harmonic in range(1, 12))
    yield from [0.0] * round(48000 * pause)


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
        if kind in ("tone", "speech"):
            sound = self.folder / f"{kind}.wav"
            if not sound.exists():
                write_wave(sound, {"tone": tone, "speech": speech}[kind]())
            return [DEVICES, GRANTED, f"--use-file-for-fake-audio-capture={sound}"]
        return {"denied": [DEVICES, GRANTED + "=deny"], "missing": [GRANTED]}[kind]

    def close(self) -> None:
        for browser in self.running.values():
            browser.close()
