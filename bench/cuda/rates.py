"""The rates in a result: of subjects, and of the device's own writes and copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cases import COPY, FULL_BYTES, MEMSET

if TYPE_CHECKING:
    from collections.abc import Iterator


def traffic(row: dict[str, Any], subject: dict[str, Any]) -> int:
    """The bytes that one call moves through memory. A copy reads them too."""
    return int(row["work"]["bytes"]) * (2 if subject["label"] == COPY.label else 1)


def rate(row: dict[str, Any], subject: dict[str, Any]) -> float | None:
    """The bytes per second of the best sample; None if it was not measured."""
    return traffic(row, subject) / min(subject["samples"]) if subject["samples"] else None


def rates(result: dict[str, Any], label: str, smallest: int = 0) -> Iterator[float]:
    """The rates of the subjects with this label, in rows of at least so many bytes."""
    for row in result["rows"]:
        for subject in row["subjects"]:
            if subject["label"] == label and row["work"]["bytes"] >= smallest:
                found = rate(row, subject)
                if found is not None:
                    yield found


def copy_rate(result: dict[str, Any]) -> float | None:
    """The bytes per second that the device's copy reads and writes at best."""
    return max(rates(result, COPY.label), default=None)


def write_rate(result: dict[str, Any]) -> float | None:
    """The bytes per second that the device writes at best, past its caches: by memset or by fastinit's zeros."""
    smallest = 0 if result["quick"] else FULL_BYTES
    labels = (MEMSET.label, "fastinit zeros")
    return max((best for label in labels for best in rates(result, label, smallest)), default=None)


def rate_of(result: dict[str, Any], name: str, label: str) -> float | None:
    """The rate of one subject of the row `name`; None if it was not measured."""
    rows = [row for row in result["rows"] if row["name"] == name]
    return next(rates({**result, "rows": rows}, label), None)
