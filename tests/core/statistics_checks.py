"""Checks of a distribution that return how surprising a sample is, in standard deviations.

A sample is reduced to a Tally first (a fine histogram, power sums, products of neighbours, products
between sequences), so that 10^9 draws pass through memory once. Each check takes a Tally and the
Theory and returns a number: around 1 to 3 for a right sample, far above LIMIT for a wrong one.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT = 5.0  # standard deviations; seeds are fixed, so a test does not flicker
LAGS = (1, 2, 3, 4)
BINS = 1 << 16


@dataclasses.dataclass(frozen=True)
class Theory:
    """A SciPy distribution, the interval of the histogram, its central moments 0 .. 8."""

    law: Any
    low: float
    high: float
    mean: float
    moments: tuple[float, ...]

    @classmethod
    def of(cls, law: Any, low: float, high: float) -> Theory:
        mean = float(law.mean())
        moments = (law.expect(lambda x, k=k: (x - mean) ** k) for k in range(9))
        return cls(law, low, high, mean, tuple(float(m) for m in moments))

    def probabilities(self) -> NDArray[np.float64]:
        """Of each fine bin; the outer ones hold everything beyond the interval."""
        edges = np.linspace(self.low, self.high, BINS + 1)[1:-1]
        below, above = self.law.cdf(edges), self.law.sf(edges)
        steps = np.where(below[1:] < 0.5, np.diff(below), -np.diff(above))
        return np.concatenate([below[:1], steps, above[-1:]])


def dot(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Without BLAS, whose waiting threads and the core's take turns at stalling each other."""
    return float(np.einsum("i,i->", x, y))


@dataclasses.dataclass
class Tally:
    """What the checks need of `rows` sequences drawn side by side."""

    theory: Theory
    rows: int
    count: int = 0  # draws of all rows together

    def __post_init__(self) -> None:
        self.histogram = np.zeros(BINS, np.int64)
        self.powers = np.zeros(5)
        self.neighbours = np.zeros((2, len(LAGS)))
        self.neighbour_pairs = np.zeros(len(LAGS))
        self.between = np.zeros((2, self.rows, self.rows))

    def add(self, sample: NDArray[Any]) -> None:
        """One chunk, shape (rows, n): row r continues sequence r."""
        theory = self.theory
        x = sample.astype(np.float64)
        scale = BINS / (theory.high - theory.low)
        bins = ((x - theory.low) * scale).astype(np.int64)
        np.clip(bins, 0, BINS - 1, out=bins)
        self.histogram += np.bincount(bins.reshape(-1), minlength=BINS)
        x -= theory.mean
        square = x * x
        flat, flat_square = x.reshape(-1), square.reshape(-1)
        self.powers += [
            flat.size,
            flat.sum(),
            flat_square.sum(),
            dot(flat, flat_square),
            dot(flat_square, flat_square),
        ]
        square -= theory.moments[2]
        for quantity, y in enumerate((x, square)):
            for column, lag in enumerate(LAGS):
                for row in y:
                    self.neighbours[quantity, column] += dot(row[:-lag], row[lag:])
            self.between[quantity] += np.einsum("ik,jk->ij", y, y)
        self.neighbour_pairs += [sample.shape[0] * (sample.shape[1] - lag) for lag in LAGS]
        self.count += sample.size

    def scaled(self, factor: float) -> Tally:
        """Only the power sums, as of a sample whose spread is `factor` times this one's."""
        wrong = Tally(self.theory, self.rows, self.count)
        wrong.powers = self.powers * factor ** np.arange(5)
        return wrong


def sigmas(p_value: float) -> float:
    """A probability as the normal deviate exceeded that rarely."""
    return float(stats.norm.isf(p_value)) if p_value > 0 else math.inf


def moments(tally: Tally) -> float:
    """Mean, variance, third and fourth central moment against their exact standard errors."""
    exact = tally.theory.moments
    worst = 0.0
    for k in range(1, 5):
        error = math.sqrt((exact[2 * k] - exact[k] ** 2) / tally.count)
        worst = max(worst, abs(tally.powers[k] / tally.count - exact[k]) / error)
    return worst


def kolmogorov_smirnov(tally: Tally) -> float:
    """Largest gap of the distribution functions over the 2^16 fine edges."""
    got = np.cumsum(tally.histogram) / tally.count
    gap = np.abs(got - np.cumsum(tally.theory.probabilities()))[:-1].max()
    return sigmas(float(stats.kstwobign.sf(gap * math.sqrt(tally.count))))


def chi_square(tally: Tally, cells: int = 1000) -> float:
    """Pearson's statistic over cells of nearly equal probability, made of whole fine bins."""
    probability = tally.theory.probabilities()
    edge = np.cumsum(probability)
    cell = np.minimum((edge - probability / 2) * cells, cells - 1).astype(np.intp)
    expected = tally.count * np.bincount(cell, probability, cells)
    got = np.bincount(cell, tally.histogram, cells)
    used = expected > 0
    statistic = ((got - expected)[used] ** 2 / expected[used]).sum()
    return sigmas(float(stats.chi2.sf(statistic, np.count_nonzero(used) - 1)))


def tails_of(tally: Tally, beyond: tuple[float, ...] = (3, 4, 5, 6)) -> float:
    """Draws beyond so many sigma on each side, of a standard normal."""
    worst = -math.inf
    width = (tally.theory.high - tally.theory.low) / BINS
    for limit in beyond:
        below = int(tally.histogram[: round((-limit - tally.theory.low) / width)].sum())
        above = int(tally.histogram[round((limit - tally.theory.low) / width) :].sum())
        worst = max(worst, tail_counts(tally.count, {limit: below + above}))
        for side in (below, above):
            worst = max(worst, tail_counts(tally.count / 2, {limit: side}))
    return worst


def tail_counts(count: float, beyond: dict[float, int]) -> float:
    """Counts with |z| beyond each limit, of `count` standard normals: Poisson, both sides."""
    worst = -math.inf
    for limit, got in beyond.items():
        expected = count * 2 * float(stats.norm.sf(limit))
        few = float(stats.poisson.cdf(got, expected))
        many = float(stats.poisson.sf(got - 1, expected))
        worst = max(worst, sigmas(min(few, many)))
    return worst


def neighbours(tally: Tally) -> float:
    """Correlation of each draw, and of each draw's square, with the next four."""
    m = tally.theory.moments
    variances = np.array([m[2], m[4] - m[2] ** 2])
    deviates = tally.neighbours / variances[:, None] / np.sqrt(tally.neighbour_pairs)
    return float(np.abs(deviates).max())


def between(tally: Tally) -> float:
    """Correlation of equal indices of different sequences, of draws and of their squares."""
    m = tally.theory.moments
    variances = np.array([m[2], m[4] - m[2] ** 2])
    length = tally.count / tally.rows
    deviates = tally.between / variances[:, None, None] / math.sqrt(length)
    apart = ~np.eye(tally.rows, dtype=bool)
    return float(np.abs(deviates[:, apart]).max())


CHECKS = (moments, kolmogorov_smirnov, chi_square, neighbours, between)
