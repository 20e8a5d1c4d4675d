"""Growth by depth: how much a spread grows from one stage to the next, and how certain that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
_EXACT = 40  # steps up to which the distribution of ranks is counted; beyond, it is close to a normal one
_QUANTILE = 1.959963984540054  # of the normal distribution, at 0.975
_MOST = 1000  # steps that are compared pair by pair


@dataclass(frozen=True, slots=True)
class Growth:
    """The growth of a spread over a chain of stages.

    Attributes:
        factor: From one stage to the next; below 1 it shrinks.
        low: The lower end of the interval in which the factor lies with `confidence`.
        high: The upper end of the interval.
        confidence: 0.95, or less if there are fewer than six steps.
        steps: The number of steps from stage to stage.
    """

    factor: float
    low: float
    high: float
    confidence: float
    steps: int

    @property
    def total(self) -> float:
        """The growth over all steps."""
        return math.exp(min(math.log(self.factor) * self.steps, 700.0))

    @property
    def overall(self) -> str:
        """The growth over all steps, as text."""
        return f"x{self.total:.2g} over {self.steps + 1} layers"

    def __str__(self) -> str:
        interval = f"{self.low:.3g} to {self.high:.3g}, {100 * self.confidence:.0f} % confidence"
        return f"x{self.factor:.3g} a layer ({interval})"

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "factor": self.factor,
            "low": self.low,
            "high": self.high,
            "confidence": self.confidence,
            "steps": self.steps,
        }


def growth_of(spreads: Sequence[float]) -> Growth | None:
    """Estimates the growth from one spread to the next; None for fewer than three positive numbers.

    The estimate is Hodges and Lehmann's: the median of the means of all pairs of steps, in logarithms. The interval is
    from Wilcoxon's signed ranks. A single unusual step, such as a model's first block or its head, moves neither far,
    and a chain that grows by the same factor everywhere gives exactly that factor. A sum
    over n residual blocks, which grows as the root of n, comes out near 1.

    Source:
        Hodges and Lehmann, Estimates of location based on rank tests, Annals of Mathematical Statistics 34, 1963.

    Example:
        >>> print(growth_of([1, 2, 4, 8, 16, 32, 64]))
        x2 a layer (2 to 2, 95 % confidence)
    """
    logs = np.log(np.array([spread for spread in spreads if 0 < spread < math.inf], np.float64))
    steps = np.diff(logs)
    if len(steps) < 2:
        return None
    if len(steps) > _MOST:  # each step becomes the mean of several, which keeps the factor
        steps = np.array([part.mean() for part in np.array_split(steps, _MOST)])
    first, second = np.triu_indices(len(steps))
    means = np.sort((steps[first] + steps[second]) / 2)
    rank, confidence = _rank(len(steps))
    low, high = means[rank - 1], means[-rank]
    return Growth(math.exp(np.median(means)), math.exp(low), math.exp(high), confidence, len(logs) - 1)


def _rank(count: int) -> tuple[int, float]:
    """The rank of the mean that ends the interval, from below and from above, and the confidence."""
    most = count * (count + 1) // 2
    if count > _EXACT:
        middle, spread = most / 2, math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
        return max(int(middle - _QUANTILE * spread), 1), CONFIDENCE
    ways = np.zeros(most + 1)  # the number of ways in which ranks of positive steps add up to each sum
    ways[0] = 1
    for number in range(1, count + 1):
        ways[number:] += ways[:-number].copy()
    below = np.cumsum(ways) / 2.0**count
    rank = max(int(np.searchsorted(below, (1 - CONFIDENCE) / 2, side="right")), 1)
    return rank, CONFIDENCE if below[rank - 1] <= (1 - CONFIDENCE) / 2 else 1 - 2 * float(below[rank - 1])
