"""What a token in flight keeps allocated, by owner: the heap of ephemerald and of plain C, counted by massif.

A figure is the difference between the largest heaps with 120 and with 20 tokens at once, divided by 100. The heap is
what is allocated, and not only what is resident: a page that nobody has written takes no memory.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "BlackBox")]

import instructions  # noqa: E402
from compare import TOKENS, Bench  # noqa: E402
from servers import Upstream  # noqa: E402

NAMES = ["ephemerald", "plain C"]
MANY, FEW = 120, 20
#: How long the upstream waits. valgrind is slow, and the last request is to arrive before the first answer; plain C
#: gives up after 10 seconds.
SECONDS = 8.0


def heap(name: str, bench: Bench, requests: int) -> Counter[str]:
    """The bytes of each owner when the heap is largest, with so many tokens in flight."""
    server = bench.server(name, bench.upstream.slow_port)
    profile = server.directory / "massif"
    massif = ["valgrind", "-q", "--tool=massif", "--threshold=0", "--peak-inaccuracy=0", f"--massif-out-file={profile}"]
    server.command = massif + server.command
    server.start()
    try:
        bench.load(server, TOKENS, requests, requests)
    finally:
        server.stop()
    (peak,) = re.findall(r"heap_tree=peak\n(.*?)(?:\n#|\Z)", profile.read_text(), re.S)
    held: Counter[str] = Counter()
    # Below the total, indented by one: the functions that allocate. What calls them is indented further.
    for size, function in re.findall(r"^ n\d+: (\d+) (.*)$", peak, re.M):
        held[owner(function)] += int(size)
    return held


def owner(function: str) -> str:
    """What the Swift runtime allocates for, or the library of the function that allocates."""
    if "TaskAllocator" in function:
        return "Swift tasks and async frames"
    if "swift_slowAlloc" in function:
        return "Swift objects and arrays"
    library = re.search(r"\(in .*/([^/)]+?)(\.so[^/)]*)?\)$", function)
    return library[1] if library else "other"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        os.environ["EPHEMERALD"] = str(instructions.stripped(directory))
        bench = Bench(directory, NAMES, Upstream(directory / "upstream", slow=SECONDS))
        bench.upstream.start()
        try:
            held = {name: heap(name, bench, MANY) for name in NAMES}
            for name in NAMES:
                held[name].subtract(heap(name, bench, FEW))
        finally:
            bench.upstream.stop()
    owners = sorted(set().union(*held.values()), key=lambda owner: -held[NAMES[0]][owner])
    print(f"| bytes for a token in flight | {' | '.join(NAMES)} |\n|---|{'---|' * len(NAMES)}")
    for label, chosen in [*((owner, [owner]) for owner in owners), ("all", owners)]:
        sums = [sum(held[name][owner] for owner in chosen) / (MANY - FEW) for name in NAMES]
        if max(sums) >= 100:
            print(f"| {label} | {' | '.join(f'{size:,.0f}' for size in sums)} |")


if __name__ == "__main__":
    main()
