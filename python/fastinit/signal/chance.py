"""Checks whether a difference over seeds is more than chance: Student's t, without a statistics library."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def spread(values: Sequence[float]) -> float | None:
    """The standard deviation of the population that a few values are from; None for fewer than two."""
    return statistics.stdev(values) if len(values) > 1 else None


def chance_of(differences: Sequence[float]) -> float | None:
    """Returns the probability that chance gives a mean as large as the differences have, if the true mean is 0.

    The test is one-sided, by Student's t. The result is None for fewer than two differences.

    Example:
        >>> round(chance_of([1.0, 2.0, 3.0]), 4)
        0.0371
    """
    if len(differences) < 2:
        return None
    mean, error = statistics.fmean(differences), statistics.stdev(differences) / math.sqrt(len(differences))
    if error == 0:
        return 0.0 if mean > 0 else 1.0
    return upper_tail(mean / error, len(differences) - 1)


def upper_tail(t: float, degrees: int) -> float:
    """The probability that Student's t exceeds a value.

    Source:
        Abramowitz and Stegun, Handbook of mathematical functions, 26.7.3 and 26.7.4.
    """
    angle = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    total = term = 1.0 if degrees > 1 else 0.0
    for k in range(2 + degrees % 2, degrees, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    within = (angle + sine * cosine * total) * 2 / math.pi if degrees % 2 else sine * total
    return (1 - within) / 2
