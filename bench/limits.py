"""The machine's limit: the highest speed at which memory was written in this run.

Every fill with one value counts: memset in one and two threads, NumPy's fill, fastinit's. No fill
can be faster, so its share of the limit shows whether memory or arithmetic limits it. Zeros have a
limit of their own, because some processors write them faster.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT_ROWS = ("zeros", "constant")


def write_limits(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The best seconds per byte in each of LIMIT_ROWS that was measured, and the subject that reached it."""
    limits = {}
    for row in rows:
        measured = [subject for subject in row["subjects"] if subject["samples"]]
        if row["name"] in LIMIT_ROWS and measured:
            best = min(measured, key=lambda subject: min(subject["samples"]))
            seconds = min(best["samples"]) / row["work"]["bytes"]
            limits[row["name"]] = {"seconds_per_byte": seconds, "subject": best["label"]}
    return limits


def limit_of(row: dict[str, Any], limits: dict[str, dict[str, Any]]) -> float:
    """The seconds in which the machine writes as many bytes as this row; NaN if the limit was not measured."""
    kind = "zeros" if row["work"]["kind"] == "zeros" else "constant"
    return row["work"]["bytes"] * limits[kind]["seconds_per_byte"] if kind in limits else math.nan
