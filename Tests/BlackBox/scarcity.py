"""Memory that is scarce and a disk that is full, for one daemon: the knobs of `scarcity.c`, which is preloaded."""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
from pathlib import Path

#: Whether the daemon has a sanitizer, whose memory is its own, and with which libfaketime stops it at its start.
HAS_SANITIZER = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ


def build(folder: Path) -> Path:
    """The library that makes memory and disk scarce."""
    library = folder / "scarcity.so"
    source = Path(__file__).with_name("scarcity.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True, capture_output=True)
    return library


class Scarcity:
    """The knobs of `scarcity.c`, preloaded into one daemon."""

    def __init__(self, folder: Path, library: Path):
        self.file = folder / "scarcity"
        self.file.write_bytes(bytes(16))
        self.environment = {"SCARCITY": str(self.file), "LD_PRELOAD": str(library)}
        with open(self.file, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 16)

    def set(self, one_in: int = 0, is_full: bool = False) -> None:
        struct.pack_into("II", self.page, 0, one_in, is_full)

    @property
    def failed(self) -> tuple[int, int]:
        """Allocations and lines."""
        return struct.unpack_from("II", self.page, 8)
