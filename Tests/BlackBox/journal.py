"""A usage log that takes long to read, so that something can happen while the daemon starts and reads it."""

from __future__ import annotations

import gzip
import os
from pathlib import Path


def long_journal(log: Path, megabytes: int) -> str:
    """Makes a rotated file beside the log, of that many megabytes of empty lines, compressed; returns its path."""
    log.touch()
    piece = gzip.compress(b"\n" * (1 << 20))
    rotated = log.with_name(log.name + ".1.gz")
    rotated.write_bytes(piece * megabytes)
    return str(rotated)


def open_files(process: int) -> list[str]:
    """The paths of the files that the process has open."""
    paths = []
    try:
        for number in os.listdir(f"/proc/{process}/fd"):
            paths.append(os.readlink(f"/proc/{process}/fd/{number}"))
    except FileNotFoundError:
        # It has closed one of them in the meantime.
        pass
    return paths
