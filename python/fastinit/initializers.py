"""The named formulas (shape -> distribution): `variance_scaling`, its presets, and the plain distributions.

Each function below is a formula, and `@initializer` makes it the function that draws (see `options`).
`FORMULAS` has the formulas alone, by each of their names.
"""
# A formula leaves its `**options` to `@initializer`, and `shape` too where there are no fans.
# ruff: noqa: ARG001

from __future__ import annotations

import functools
import math
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack, get_args

from fastinit import checks
from fastinit.distributions import Bits, Constant, Normal, TruncatedNormal, Uniform
from fastinit.fans import MODES, Mode, compute_fans
from fastinit.options import BitsOptions, FanOptions, Options, Shape, initializer

if TYPE_CHECKING:
    from collections.abc import Callable

# Standard deviation of a standard normal that is cut at +-2.
TRUNCATED_STD = 0.87962566103423978

DistributionName: TypeAlias = Literal["normal", "truncated_normal", "uniform"]

_DISTRIBUTIONS = get_args(DistributionName)
_Scaled: TypeAlias = Normal | TruncatedNormal | Uniform


@initializer
def zeros(shape: Shape, **options: Unpack[Options]) -> Constant:
    """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        **options: The shared arguments.

    Example:
        >>> zeros((2, 3), dtype="bfloat16").shape
        (2, 3)
    """
    return Constant(0.0)


@initializer
def ones(shape: Shape, **options: Unpack[Options]) -> Constant:
    """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        **options: The shared arguments.

    Example:
        >>> ones(3).tolist()
        [1.0, 1.0, 1.0]
    """
    return Constant(1.0)


@initializer
def constant(shape: Shape, value: float, **options: Unpack[Options]) -> Constant:
    """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        value: Any number, infinities and NaN included; rounded once to the element type.
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a `value` that the element
            type cannot hold.

    Example:
        >>> constant((2, 2), 0.5).tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    return Constant(value)


@initializer
def normal(shape: Shape, *, mean: float = 0.0, std: float = 1.0, **options: Unpack[Options]) -> Normal:
    """Draws from a normal distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        mean: Finite.
        std: Standard deviation, finite and >= 0.
        **options: The shared arguments.

    Source:
        Box and Muller, A note on the generation of random normal deviates, Ann. Math. Stat. 29, 1958.

    Example:
        >>> w = normal((1000, 100), std=0.02, seed=1, stream="model.embed_tokens.weight")
        >>> round(float(w.std()), 3)
        0.02
    """
    return Normal(mean, std)


@initializer
def uniform(shape: Shape, *, low: float = 0.0, high: float = 1.0, **options: Unpack[Options]) -> Uniform:
    """Draws from a uniform distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        low: Least value, finite. float32 and float64 never leave [low, high].
        high: Greatest value, finite and >= low.
        **options: The shared arguments.

    Source:
        The words of Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC'11.

    Example:
        >>> w = uniform((100, 100), low=-0.5, high=0.5, seed=1)
        >>> bool((abs(w) <= 0.5).all())
        True
    """
    return Uniform(low, high)


@initializer
def truncated_normal(
    shape: Shape,
    *,
    mean: float = 0.0,
    std: float = 1.0,
    lower: float = -2.0,
    upper: float = 2.0,
    **options: Unpack[Options],
) -> TruncatedNormal:
    """Draws from a normal distribution whose values outside two bounds are left out.

    The bounds count standard deviations, and not values as PyTorch's do: see
    https://fastinit.github.io/fastinit/traps.html#bounds-in-units-of-std

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        mean: Mean before the cut, finite.
        std: Standard deviation before the cut, finite and >= 0.
        lower: Lower bound in units of `std` from `mean`; may be -inf.
        upper: Upper bound in units of `std` from `mean`; may be inf. Some value between the bounds must
            lie within 10 standard deviations.
        **options: The shared arguments.

    Warns:
        UserWarning: Both bounds lie within a quarter of a standard deviation, as bounds do that are
            values of the weights (those of `torch.nn.init.trunc_normal_`).

    Source:
        Inversion of the distribution function: Devroye, Non-uniform random variate generation, 1986,
        section II.2.

    Example:
        >>> w = truncated_normal((100, 100), std=0.02, seed=1)
        >>> bool((abs(w) <= 0.04).all())
        True
    """
    cut = TruncatedNormal(mean, std, lower, upper)
    _warn_of_bounds_as_values(cut)
    return cut


# Bounds nearer than this on both sides leave a nearly uniform distribution, which is rarely intended.
_NARROW = 0.25


def _warn_of_bounds_as_values(cut: TruncatedNormal) -> None:
    lower, upper, std = cut.lower, cut.upper, cut.parent_std
    if not std or max(abs(lower), abs(upper)) > _NARROW:
        return
    meant = (lower - cut.mean) / std, (upper - cut.mean) / std
    if meant == (lower, upper):
        return
    rule = f"be in units of `std` (these leave values a standard deviation of {cut.std:.2g})"
    remedy = f"for bounds that are values themselves pass lower={meant[0]:.6g}, upper={meant[1]:.6g}"
    message = checks.text("lower` and `upper", rule, (lower, upper), remedy)
    warnings.warn(message, UserWarning, stacklevel=4)


@initializer
def random_bits(shape: Shape, **options: Unpack[BitsOptions]) -> Bits:
    """Draws the raw 32-bit words of the stream, as uint32.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        **options: The shared arguments.

    Source:
        Philox4x32-10: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC'11, section 4.3.

    Example:
        >>> words = random_bits(8, seed=1)
        >>> words.dtype.name
        'uint32'
        >>> bool((words[5:] == random_bits(8, seed=1, index=slice(5, None))).all())
        True
    """
    return Bits()


@initializer
def variance_scaling(
    shape: Shape,
    *,
    scale: float = 1.0,
    mode: Mode = "fan_in",
    distribution: DistributionName = "normal",
    **options: Unpack[FanOptions],
) -> _Scaled:
    """Draws with mean 0 and variance scale / fan, whatever the distribution.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        scale: Finite and >= 0.
        mode: The fan: "fan_in", "fan_out", "fan_avg" (their mean) or "fan_geo_avg" (their geometric mean).
        distribution: "normal", "truncated_normal" (cut at two standard deviations before the cut, and
            widened for what that takes away) or "uniform".
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape whose fan is zero.

    Source:
        Glorot and Bengio, AISTATS 2010, and He et al., ICCV 2015, in the common form of TensorFlow's
        `VarianceScaling`.

    Example:
        >>> w = variance_scaling((500, 200), scale=2.0, mode="fan_out", seed=1)
        >>> round(float(w.std()), 2)
        0.1
    """
    return _scaled(shape, checks.not_negative("scale", scale), mode, distribution, **options)


@initializer
def glorot_uniform(shape: Shape, *, gain: float = 1.0, **options: Unpack[FanOptions]) -> _Scaled:
    """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

    The same as `variance_scaling(scale=gain**2, mode="fan_avg", distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite and >= 0; see `fastinit.gain`.
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape whose fan is zero.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 16.

    Example:
        >>> w = glorot_uniform((300, 300), seed=1)
        >>> bool(abs(w).max() <= 0.1)
        True
    """
    return _scaled(shape, _gain_squared(gain), "fan_avg", "uniform", **options)


@initializer
def glorot_normal(
    shape: Shape, *, truncated: bool = False, gain: float = 1.0, **options: Unpack[FanOptions]
) -> _Scaled:
    """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

    The same as `variance_scaling(scale=gain**2, mode="fan_avg")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        gain: Finite and >= 0; see `fastinit.gain`.
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape whose fan is zero.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 12.

    Example:
        >>> w = glorot_normal((200, 200), seed=1)
        >>> round(float(w.std()), 2)
        0.07
    """
    return _scaled(shape, _gain_squared(gain), "fan_avg", _normal(truncated), **options)


@initializer
def he_uniform(
    shape: Shape, *, mode: Mode = "fan_in", negative_slope: float = 0.0, **options: Unpack[FanOptions]
) -> _Scaled:
    """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode, distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        negative_slope: Of the rectifier after the weight; finite.
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape whose fan is zero.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = he_uniform((600, 200), seed=1)
        >>> bool(abs(w).max() <= 0.1)
        True
    """
    return _scaled(shape, _rectifier(negative_slope), mode, "uniform", **options)


@initializer
def he_normal(
    shape: Shape,
    *,
    mode: Mode = "fan_in",
    truncated: bool = False,
    negative_slope: float = 0.0,
    **options: Unpack[FanOptions],
) -> _Scaled:
    """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        negative_slope: Of the rectifier after the weight; finite.
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape whose fan is zero.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = he_normal((3, 3, 64, 128), dtype="float64", seed=1)
        >>> round(float(w.std()), 2)
        0.06
        >>> shard = he_normal((3, 3, 64, 128), dtype="float64", seed=1, index=(..., slice(32, 64)))
        >>> bool((shard == w[..., 32:64]).all())
        True
    """
    return _scaled(shape, _rectifier(negative_slope), mode, _normal(truncated), **options)


@initializer
def lecun_uniform(shape: Shape, **options: Unpack[FanOptions]) -> _Scaled:
    """Draws uniformly with variance 1 / fan_in.

    The same as `variance_scaling(distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape whose fan is zero.

    Source:
        LeCun et al., Efficient backprop, 1998, equation 16.

    Example:
        >>> w = lecun_uniform((300, 100), seed=1)
        >>> bool(abs(w).max() <= 0.1)
        True
    """
    return _scaled(shape, 1.0, "fan_in", "uniform", **options)


@initializer
def lecun_normal(shape: Shape, *, truncated: bool = False, **options: Unpack[FanOptions]) -> _Scaled:
    """Draws normally with variance 1 / fan_in.

    The same as `variance_scaling(scale=1)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        **options: The shared arguments.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a shape whose fan is zero.

    Source:
        LeCun et al., Efficient backprop, 1998, equation 16.

    Example:
        >>> w = lecun_normal((100, 1000), seed=1)
        >>> round(float(w.std()), 2)
        0.1
    """
    return _scaled(shape, 1.0, "fan_in", _normal(truncated), **options)


xavier_uniform = glorot_uniform
xavier_normal = glorot_normal
kaiming_uniform = he_uniform
kaiming_normal = he_normal


def _scaled(shape: Any, scale: float, mode: str, distribution: str, **axes: Any) -> _Scaled:
    try:
        return _cached(shape, scale, mode, distribution, **axes)
    except TypeError:  # a list of axes cannot be a cache's key; an argument of a wrong type raises again
        pass
    return _scaled_by_fan(shape, scale, mode, distribution, **axes)


def _scaled_by_fan(shape: tuple[int, ...], scale: float, mode: str, distribution: str, **axes: Any) -> _Scaled:
    checks.choice("mode", mode, MODES)
    checks.choice("distribution", distribution, _DISTRIBUTIONS)
    fan_in, fan_out = compute_fans(shape, **axes)
    fan = {
        "fan_in": fan_in,
        "fan_out": fan_out,
        "fan_avg": (fan_in + fan_out) / 2,
        "fan_geo_avg": math.sqrt(fan_in * fan_out),
    }[mode]
    if not fan:
        rule = f"have a {mode} above 0"
        raise ValueError(checks.text("shape", rule, shape, "use `zeros` for an empty tensor"))
    std = math.sqrt(scale / fan)
    if distribution == "uniform":
        bound = math.sqrt(3 * scale / fan)
        return Uniform(-bound, bound)
    if distribution == "normal":
        return Normal(0.0, std)
    return TruncatedNormal(0.0, std / TRUNCATED_STD)


# `typed` distinguishes axis True, which is an error, from axis 1.
_cached = functools.lru_cache(maxsize=1024, typed=True)(_scaled_by_fan)


def _normal(truncated: bool) -> str:
    return "truncated_normal" if checks.boolean("truncated", truncated) else "normal"


def _rectifier(negative_slope: float) -> float:
    slope = checks.finite("negative_slope", negative_slope)
    return 2 / (1 + checks.squared("negative_slope", slope))


def _gain_squared(gain: float) -> float:
    return checks.squared("gain", checks.not_negative("gain", gain))


BY_NAME: dict[str, Callable[..., Any]] = {
    "zeros": zeros,
    "ones": ones,
    "constant": constant,
    "normal": normal,
    "uniform": uniform,
    "truncated_normal": truncated_normal,
    "variance_scaling": variance_scaling,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "xavier_normal": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "kaiming_normal": kaiming_normal,
    "kaiming_uniform": kaiming_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
}

# doctest takes a decorated function for another module's.
__test__ = {**BY_NAME, "random_bits": random_bits}
