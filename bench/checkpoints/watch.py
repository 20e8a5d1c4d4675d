"""Watches a command from outside: its wall time, its memory over time, and its last output."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERVAL = 0.02


@dataclass(frozen=True)
class Watched:
    seconds: float  # of the whole process
    last_line: str
    memory: list[tuple[float, int]]  # seconds since the start, resident bytes
    peak_bytes: int  # counted by the system, so it includes peaks between the readings


def watch(command: Sequence[str]) -> Watched:
    """Runs a command to its end.

    Raises:
        RuntimeError: It failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    memory, peak = [], 0
    while process.poll() is None:
        now, highest = _resident(process.pid)
        if now:
            memory.append((time.perf_counter() - start, now))
        peak = max(peak, highest)
        time.sleep(INTERVAL)
    seconds = time.perf_counter() - start
    output, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} returned {process.returncode}: {errors[-2000:]}")
    return Watched(seconds, output.strip().rpartition("\n")[2], memory, peak)


def _resident(pid: int) -> tuple[int, int]:
    """Resident bytes now and at their highest; 0 if the process has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(sizes.get("VmRSS", 0)) * 1024, int(sizes.get("VmHWM", 0)) * 1024
