"""Fails unless runs of the core's tests executed every instruction set and drew the same bits.

python .ci/check_paths.py LOG RUNS

LOG holds what RUNS runs printed, by different compilers, for different processors.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SETS = ("scalar", "avx2", "avx512", "neon")


def faults(log: str, runs: int) -> list[str]:
    """What is missing or differs."""
    found = []
    sums = re.findall(r"checksum of all streams: (\w+)", log)
    if len(sums) != runs:
        found.append(f"{len(sums)} checksums, not {runs}")
    if len(set(sums)) > 1:
        found.append(f"different checksums: {sums}")
    tested = set(re.findall(r"(\w+): tested$", log, re.MULTILINE))
    found += [f"{name} was not executed" for name in SETS if name not in tested]
    return found


def main(path: str, runs: str) -> int:
    found = faults(Path(path).read_text(), int(runs))
    print(*found or [f"{runs} runs, the same bits; executed: {', '.join(SETS)}"], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
