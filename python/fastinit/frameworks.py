"""The common part of the adapters: the meaning of a framework's arguments in fastinit's terms.

An adapter translates names, buffers and errors. Calculations with arguments are here.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import ml_dtypes

from fastinit import checks
from fastinit.distributions import TruncatedNormal, Uniform
from fastinit.dtypes import FLOATS
from fastinit.fans import compute_fans
from fastinit.formulas import FORMULAS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastinit.distributions import Distribution
    from fastinit.dtypes import ElementType

_LARGEST = {
    name: float(ml_dtypes.finfo(element.numpy).max)  # type: ignore[no-untyped-call]
    for name, element in FLOATS.items()
}


def arguments(
    args: Sequence[Any], kwargs: Mapping[str, Any], names: Sequence[str], defaults: Sequence[Any]
) -> tuple[Any, ...]:
    """Returns a call's arguments of these names, whether they were given by place or by name.

    Example:
        >>> arguments((1,), {"std": 3.0}, ("tensor", "mean", "std"), (None, 0.0, 1.0))
        (1, 0.0, 3.0)
    """
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return tuple(given.get(name, default) for name, default in zip(names, defaults, strict=True))


def bounds_in_std(mean: float, std: float, low: float, high: float) -> tuple[float, float]:
    """Converts bounds that are values, as in PyTorch, into units of `std` from `mean`.

    Example:
        >>> bounds_in_std(1.0, 0.5, 0.0, 3.0)
        (-2.0, 4.0)
    """
    return (low - mean) / std, (high - mean) / std


def truncated_between(mean: float, std: float, low: float, high: float) -> Distribution:
    """Returns the normal distribution of `mean` and `std` that is cut at the values `low` and `high`.

    Raises:
        ZeroDivisionError: `std` is 0.
        ValueError: A number is not finite, `std` is negative, or low > high.
    """
    lower, upper = bounds_in_std(mean, checks.not_negative("std", std), low, high)
    return Uniform(low, high) if low == high else TruncatedNormal(mean, std, lower, upper)


def fits_range(spec: Uniform, element: ElementType) -> bool:
    """Whether both bounds and their difference fit the element type, as PyTorch requires.

    Example:
        >>> from fastinit.dtypes import FLOATS
        >>> fits_range(Uniform(0.0, 1e5), FLOATS["float16"])
        False
    """
    return max(-spec.low, spec.high, spec.high - spec.low) <= _LARGEST[element.name]


def squared_gain(nonlinearity: str, gain: float, slope: float) -> float:
    """Returns the square of PyTorch's gain, without the rounding of its root where it has one.

    Example:
        >>> squared_gain("relu", math.sqrt(2), 0.0), math.sqrt(2) ** 2
        (2.0, 2.0000000000000004)
    """
    if nonlinearity in ("relu", "leaky_relu"):
        return 2 / (1 + (slope if nonlinearity == "leaky_relu" else 0.0) ** 2)
    return float(gain * gain)


@functools.lru_cache(maxsize=1024)
def scaled_as_torch(shape: tuple[int, ...], scale: float, mode: str, distribution: str) -> Distribution:
    """Returns the distribution whose variance is scale / fan, for weights as (out, in, *kernel)."""
    return FORMULAS["variance_scaling"](shape, scale=scale, mode=mode, distribution=distribution, layout="torch")


def scaled_by_keras(
    shape: Sequence[int],
    scale: float,
    mode: str,
    distribution: str,
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> Distribution:
    """Returns the distribution of Keras's `VarianceScaling`, whose fans differ from fastinit's.

    A shape of no or one dimension has fans too. Axes are used only if both are given. The other axes
    are then ignored, whereas `fastinit.compute_fans` would count them as the kernel's.

    Example:
        >>> scaled_by_keras((3,), 3.0, "fan_in", "untruncated_normal")
        Normal(mean=0.0, std=1.0)
        >>> scaled_by_keras((5, 4, 4), 4.0, "fan_out", "untruncated_normal", [0], [1, 2])
        Normal(mean=0.0, std=0.5)
    """
    if input_axes is not None and output_axes is not None:
        fans = tuple(math.prod(shape[axis] for axis in axes) for axes in (input_axes, output_axes))
    elif len(shape) < 2:
        fans = (math.prod(shape),) * 2
    else:
        fans = compute_fans(shape, layout="keras")
    name = "normal" if distribution == "untruncated_normal" else distribution
    # The scale is that of a matrix whose sizes are these fans. A fan of 0 belongs to an empty tensor without values.
    matrix = tuple(max(1, fan) for fan in fans)
    return FORMULAS["variance_scaling"](matrix, scale=scale, mode=mode, distribution=name)


def scaled_by_axes(
    shape: Sequence[int],
    scale: float,
    mode: str,
    distribution: str,
    in_axis: int | Sequence[int],
    out_axis: int | Sequence[int],
    batch_axis: int | Sequence[int],
) -> Distribution:
    """Returns the distribution whose variance is scale / fan, with JAX's fans.

    Unlike in `fastinit.compute_fans`, an axis may be input and output at once, as in flax's embeddings:
    each kind of axis divides the size of the tensor once.

    Args:
        shape: Of the whole tensor, without a zero.
        scale: See `fastinit.variance_scaling`; likewise `mode` and `distribution`.
        mode: The fan.
        distribution: Its kind.
        in_axis: Axis or axes; likewise `out_axis` and `batch_axis`.
        out_axis: Output.
        batch_axis: Axes that count as neither.

    Example:
        >>> scaled_by_axes((1000, 25), 1.0, "fan_in", "normal", -2, 0, ()).std
        0.2
    """
    inputs, outputs, batches = (
        math.prod(shape[axis] for axis in (axes if isinstance(axes, tuple) else (axes,)))
        for axes in (in_axis, out_axis, batch_axis)
    )
    size, shared = math.prod(shape), inputs * outputs * batches
    # The fans are size * inputs / shared and size * outputs / shared. If axes are named twice,
    # these may be fractions; the part that does not divide is moved to the scale.
    whole = math.gcd(size * inputs, size * outputs, shared)
    fans = (size * inputs // whole, size * outputs // whole)
    return FORMULAS["variance_scaling"](fans, scale=scale * (shared // whole), mode=mode, distribution=distribution)


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


def seed_and_stream_of_count(seed: int, count: int) -> tuple[int, int]:
    """Returns the seed and stream for a seed and a number of earlier draws, as Keras counts them.

    Args:
        seed: In [-2^63, 2^64). A negative one counts from 2^64 down, as the same bits without a sign.
        count: The stream, likewise.

    Raises:
        ValueError: A seed of more than 64 bits.

    Example:
        >>> seed_and_stream_of_count(2**40, 3)
        (1099511627776, 3)
    """
    checks.integer("seed", seed, -(2**63), checks.UINT64 - 1)
    return seed_and_stream([seed >> 32, seed, count >> 32, count])


def _joined(words: Sequence[int]) -> int:
    number = 0
    for word in words:
        number = number << 32 | (int(word) & 0xFFFFFFFF)
    return number
