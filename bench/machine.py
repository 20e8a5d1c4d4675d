"""Describes the machine of a run."""

from __future__ import annotations

import datetime
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "vaes", "asimd", "sve")


def describe() -> dict[str, Any]:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _first("model name") or platform.processor() or platform.machine(),
        "family_and_model": f"{_first('cpu family')} / {_first('model')}",
        "cores": allowed,
        "flags": [flag for flag in FLAGS if flag in _first("flags|Features").split()],
        "memory_gib": _memory_gib(),
        "huge_pages": _read("/sys/kernel/mm/transparent_hugepage/enabled").strip(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


@dataclass(frozen=True)
class Processors:
    """A reading of the processors' working time, in all and for this bench."""

    busy: float
    own: float
    everything: float

    @classmethod
    def read(cls) -> Processors:
        fields = _read("/proc/stat").split()[1:9] or ["0"] * 8
        user, nice, system, idle, wait, *rest = map(float, fields)
        busy = user + nice + system + sum(rest)
        own = sum(os.times()[:4]) * (os.sysconf("SC_CLK_TCK") if busy else 0)
        return cls(busy, own, busy + idle + wait)

    def taken_by_others(self, before: Processors) -> float:
        """The share that other processes and other guests of the host have used since `before`."""
        others = (self.busy - before.busy) - (self.own - before.own)
        share = others / max(1.0, self.everything - before.everything)
        return min(max(0.0, share), 1.0)  # because the two clocks do not tick at the same time


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _first(field: str) -> str:
    found = re.search(rf"^(?:{field})\s*:\s*(.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return found[1] if found else ""


def _memory_gib() -> float | None:
    found = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    return round(int(found[1]) / 2**20, 1) if found else None
