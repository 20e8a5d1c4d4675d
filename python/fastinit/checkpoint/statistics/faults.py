"""Finds statistics that a tensor cannot have if it was drawn as its rule says.

The limits are bounds that hold for any distribution and any size, not approximations for large samples: a right tensor
exceeds one with a probability of at most 2 exp(-t), t = 20. With 50,000 tensors and three such tests for each, fewer
than one run in a thousand marks any tensor falsely. For large tensors the limit is 6.3 standard errors.

Sources: Bernstein's inequality for means of bounded independent variables, Chernoff's for counts (Boucheron,
Lugosi and Massart, Concentration Inequalities, 2013, sections 2.8 and 2.2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fastinit.checkpoint.statistics.expectations import Law
    from fastinit.checkpoint.statistics.moments import Moments

_EXPONENT = 20.0  # 50,000 tensors * 3 tests * 2 sides * exp(-20) = 6e-4


class Spread(NamedTuple):
    """The standard deviation over the expected one, and the limits between which chance keeps it."""

    ratio: float
    least: float
    most: float

    @property
    def is_chance(self) -> bool:
        """Whether the ratio lies within the limits."""
        return self.least <= self.ratio <= self.most


def find_faults(found: Moments, law: Law) -> list[str]:
    """Compares measurements with expectations: returns a text for every difference too large to be chance."""
    faults = _nonfinite(found, law)
    if found.count == 0 or math.isnan(law.low):
        return faults
    assert found.low is not None
    assert found.high is not None
    if law.low == law.high:
        if not found.low == found.high == law.low:
            faults.append(f"values from {found.low:.9g} to {found.high:.9g} where all must be {law.low:.9g}")
        return faults
    if found.low < law.low:
        faults.append(f"min {found.low:.6g} is below {law.low:.6g}, the least possible")
    if found.high > law.high:
        faults.append(f"max {found.high:.6g} is above {law.high:.6g}, the greatest possible")
    least, most = found.count * law.zeros, found.count * min(1.0, law.zeros + law.extra_zeros)
    if _is_rare(found.zeros, least, most):
        faults.append(f"{_count(found.zeros, 'zero')} where about {least:,.0f} should be")
    if law.std > 0:  # false for NaN, when there are no moments to expect
        faults += _moments(found, law)
    return faults


def unlike_padding(found: Moments) -> list[str]:
    """Returns the text for a padding row that is not zero."""
    wrong = found.size - found.zeros
    return [f"{_count(wrong, 'value')} of the padding row {_are(wrong)} not zero"] if wrong else []


def tell_nonfinite(found: Moments) -> list[str]:
    """Returns a text about values that no weight should have under any rule."""
    wrong = found.nans + found.infinities
    return [f"{_count(wrong, 'value')} {_are(wrong)} not finite"] if wrong else []


def _nonfinite(found: Moments, law: Law) -> list[str]:
    wrong = found.nans + found.infinities
    if law.nonfinite == 0:
        return tell_nonfinite(found)
    expected = found.size * law.nonfinite
    if law.nonfinite == 1 and found.count:
        return [f"{_count(found.count, 'value')} {_are(found.count)} finite where none should be"]
    if law.nonfinite < 1 and _is_rare(wrong, expected, expected):
        return [f"{_count(wrong, 'value')} not finite where about {expected:,.0f} should be"]
    return []


def spread_of(found: Moments, law: Law) -> Spread | None:
    """Compares the standard deviation with the law's; None if there are no elements, or the law has no spread."""
    # False for NaN, when there are no moments to expect. Squares past float64's largest say nothing.
    if not (found.count and law.std > 0 and math.isfinite(found.squares)):
        return None
    # The spread about the tensor's own mean is smaller than the spread about the law's mean, by at most this much.
    own_mean = (_mean_limit(found, law) / law.std) ** 2
    limit = _bernstein(max(law.kurtosis - 1, 0.0), _farthest(law) ** 2, found.count) + own_mean
    limit += 2 * law.error / law.std + (law.error / law.std) ** 2
    return Spread(found.std / law.std, math.sqrt(max(1 - limit, 0.0)), math.sqrt(1 + limit))


def _moments(found: Moments, law: Law) -> list[str]:
    faults = []
    if math.isfinite(found.mean) and abs(found.mean - law.mean) > _mean_limit(found, law):
        faults.append(_far("mean", found.mean, law.mean, law.std / math.sqrt(found.count)))
    spread = spread_of(found, law)
    if spread is not None and not spread.is_chance:
        standard_error = law.std * math.sqrt(max(law.kurtosis - 1, 0.0) / (4 * found.count))
        faults.append(_far("std", found.std, law.std, standard_error))
    return faults


def _mean_limit(found: Moments, law: Law) -> float:
    return law.std * _bernstein(1.0, _farthest(law), found.count) + law.error


def _farthest(law: Law) -> float:
    """The greatest distance from the mean, in standard deviations."""
    return max(law.high - law.mean, law.mean - law.low) / law.std


def _far(what: str, found: float, expected: float, standard_error: float) -> str:
    away = f"{abs(found - expected) / standard_error:.3g} standard errors" if standard_error else "far"
    return f"{what} {found:.6g} is {away} from {expected:.6g}"


def _bernstein(variance: float, farthest: float, n: int) -> float:
    """The largest plausible error of the mean of n variables with this variance and farthest value."""
    reach = farthest * _EXPONENT / 3
    return (reach + math.sqrt(reach * reach + 2 * n * variance * _EXPONENT)) / n


def _is_rare(count: int, least: float, most: float) -> bool:
    """Whether `count` hits are too few or too many if between `least` and `most` are expected."""
    expected = min(max(count, least), most)
    if count == expected:
        return False
    if expected == 0:
        return True
    exponent = expected - count + (count * math.log(count / expected) if count else 0.0)
    return exponent > _EXPONENT


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
