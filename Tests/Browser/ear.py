"""The sound that the peer receives in one call: a track that measures every frame and passes it on, as an echo."""

from __future__ import annotations

import array
import math
import time
from collections import deque
from dataclasses import dataclass

from aiortc import MediaStreamTrack
from av import AudioFrame

#: Below this a muted microphone was measured, against 4,700 for the tone.
SILENCE = 10.0
#: The frames that are kept: five seconds.
KEPT = 250


@dataclass(frozen=True)
class Heard:
    """One frame of 20 ms, its first channel."""

    at: float
    rate: int
    samples: array.array
    level: float


class Ear(MediaStreamTrack):
    """Plays what the page sends back to it. Read by the test's thread; every step is one operation of a deque."""

    kind = "audio"

    def __init__(self, source: MediaStreamTrack):
        super().__init__()
        self.source = source
        self.heard: deque[Heard] = deque(maxlen=KEPT)

    async def recv(self) -> AudioFrame:
        frame = await self.source.recv()
        channels = len(frame.layout.channels)
        samples = array.array("h", bytes(frame.planes[0])[: frame.samples * channels * 2])[::channels]
        level = math.sqrt(sum(value * value for value in samples) / max(1, len(samples)))
        self.heard.append(Heard(time.monotonic(), frame.sample_rate, samples, level))
        return frame

    def since(self, moment: float) -> list[Heard]:
        return [heard for heard in tuple(self.heard) if heard.at > moment]

    def level(self, frames: int = 10) -> float | None:
        """The loudest of the last frames, or None while there are fewer."""
        last = tuple(self.heard)[-frames:]
        return max(heard.level for heard in last) if len(last) == frames else None

    def frequency(self, frames: int = 25) -> float | None:
        """The tone of the last half second in hertz, by its rising zero crossings; None while there is no tone."""
        last = tuple(self.heard)[-frames:]
        if len(last) < frames or min(heard.level for heard in last) < 100 * SILENCE:
            return None
        samples = [value for heard in last for value in heard.samples]
        rising = [
            index - after / (after - before)
            for index, (before, after) in enumerate(zip(samples, samples[1:], strict=False), start=1)
            if before < 0 <= after
        ]
        if len(rising) < 2:
            return None
        return (len(rising) - 1) * last[0].rate / (rising[-1] - rising[0])
