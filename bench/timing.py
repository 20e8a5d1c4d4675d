"""Clocks, and the few numbers that are made from their readings."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHORTEST_SAMPLE = 0.05


def seconds_of(run: Callable[[], Any], calls: int = 1) -> tuple[float, Any]:
    """Returns seconds per call, and the last result, so that the time does not include freeing it."""
    result = None
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(calls):
            result = run()
        return (time.perf_counter() - start) / calls, result
    finally:
        gc.enable()


def calls_for(seconds: float, shortest: float = SHORTEST_SAMPLE) -> int:
    """Returns how many calls a sample needs so that the clock's own error does not matter."""
    return max(1, round(shortest / max(seconds, 1e-9)))


@dataclass(frozen=True)
class Summary:
    best: float
    median: float
    spread: float  # interquartile range / median


def summary(samples: Sequence[float]) -> Summary:
    median = statistics.median(samples)
    if len(samples) < 2:
        return Summary(min(samples), median, 0.0)
    low, _, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Summary(min(samples), median, (high - low) / median)


def ratio(peer: Sequence[float], subject: Sequence[float]) -> float:
    """The peer's best time, divided by the subject's."""
    return min(peer) / min(subject)


def median_ratio(peer: Sequence[float], subject: Sequence[float]) -> float:
    return statistics.median(peer) / statistics.median(subject)
