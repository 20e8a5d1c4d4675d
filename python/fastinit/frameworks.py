"""What the adapters share: the meaning of a framework's arguments in fastinit's own terms.

An adapter translates names, buffers and errors; what is computed of arguments is computed here, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastinit.distributions import TruncatedNormal
from fastinit.initializers import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.distributions import Distribution


def bounds_in_std(mean: float, std: float, low: float, high: float) -> tuple[float, float]:
    """Returns bounds that are values, as PyTorch has them, in units of `std` from `mean`.

    Example:
        >>> bounds_in_std(1.0, 0.5, 0.0, 3.0)
        (-2.0, 4.0)
    """
    return (low - mean) / std, (high - mean) / std


def truncated_between(mean: float, std: float, low: float, high: float) -> TruncatedNormal:
    """Returns the normal distribution of `mean` and `std` that is cut at the values `low` and `high`.

    Raises:
        ZeroDivisionError: `std` is 0.
    """
    return TruncatedNormal(mean, std, *bounds_in_std(mean, std, low, high))


def scaled_by_gain(
    shape: Sequence[int], gain: float, mode: str, distribution: str
) -> Distribution:
    """Returns the distribution whose std is gain / sqrt(fan), for weights as (out, in, *kernel)."""
    return RULES["variance_scaling"](
        shape, scale=gain * gain, mode=mode, distribution=distribution, layout="torch"
    )


def seed_and_stream(words: Sequence[int]) -> tuple[int, int]:
    """Returns the seed and stream that a framework's key of 32-bit words means.

    Args:
        words: Of JAX's keys and Keras's seed states, two or four. The first two are the seed, the high
            word first, the others the stream.

    Example:
        >>> seed_and_stream([0, 42]), seed_and_stream([0, 42, 0, 7])
        ((42, 0), (42, 7))
    """
    seed, stream = _joined(words[:2]), _joined(words[2:])
    return seed, stream


def _joined(words: Sequence[int]) -> int:
    number = 0
    for word in words:
        number = number << 32 | (int(word) & 0xFFFFFFFF)
    return number
