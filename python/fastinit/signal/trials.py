"""Reads the number of steps of trials, and their seeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastinit import checks


def read_steps(steps: Any) -> int:
    """Returns a number of steps, at least 1."""
    return checks.integer("steps", steps, 1, 2**31)


def read_seeds(seeds: Any) -> tuple[int, ...]:
    """Returns seeds without repetitions.

    Raises:
        TypeError: They are not an iterable of ints.
        ValueError: There are none, or one is given twice.
    """
    rule, remedy = "be different ints", "such as (0, 1, 2)"
    if isinstance(seeds, (str, bytes)) or not isinstance(seeds, Iterable):
        raise TypeError(checks.text("seeds", rule, seeds, remedy))
    numbers = tuple(checks.integer("seeds", seed, 0, checks.UINT64 - 1) for seed in seeds)
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(checks.text("seeds", rule, numbers, remedy))
    return numbers
