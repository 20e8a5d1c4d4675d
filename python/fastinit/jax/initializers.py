"""The names of `jax.nn.initializers`, with the same arguments and defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import jax

from fastinit import checks
from fastinit.distributions import Normal, TruncatedNormal, Uniform
from fastinit.formulas import FORMULAS
from fastinit.frameworks import scaled_by_axes
from fastinit.jax.protocol import RandomInitializer
from fastinit.structures import Orthogonal

if TYPE_CHECKING:
    from fastinit.distributions import Distribution

Axes: TypeAlias = int | Sequence[int]

# Kept, as the functions below may be put in their place.
_THEIRS = dict(vars(jax.nn.initializers))

# What has no randomness is JAX's own.
Initializer = jax.nn.initializers.Initializer
constant = jax.nn.initializers.constant
ones = jax.nn.initializers.ones
zeros = jax.nn.initializers.zeros


def uniform(scale: float = 1e-2, dtype: Any = None) -> RandomInitializer:
    """Builds an initializer that draws uniformly between 0 and `scale`.

    As in JAX all values have the sign of `scale`, where `fastinit.uniform` takes both bounds. JAX leaves
    `scale` itself out; here the values next to it may be rounded to it.

    Args:
        scale: The bound other than 0, finite.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors, and ValueError for a
        `scale` that is not finite.

    Example:
        >>> init = uniform(0.5)
        >>> w = init(jax.random.key(42), (100, 100))
        >>> bool(0.0 <= w.min() < w.max() <= 0.5)
        True
    """
    return _made("uniform", _uniform, dtype, scale=scale)


def normal(stddev: float = 1e-2, dtype: Any = None) -> RandomInitializer:
    """Builds an initializer that draws normally with mean 0.

    As in JAX the standard deviation is 0.01 unless given, where `fastinit.normal` has 1.

    Args:
        stddev: Standard deviation, finite and >= 0.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors, and ValueError for a
        `stddev` that is negative or not finite.

    Example:
        >>> import fastinit
        >>> w = normal(1.0)(jax.random.key(42), (2, 3))
        >>> bool((w == fastinit.normal((2, 3), seed=42)).all())
        True
    """
    return _made("normal", _normal, dtype, stddev=stddev)


def truncated_normal(
    stddev: float = 1e-2, dtype: Any = None, lower: float = -2.0, upper: float = 2.0
) -> RandomInitializer:
    """Builds an initializer that draws normally and leaves out what lies beyond two bounds.

    As in JAX and `fastinit.truncated_normal`, `stddev` is that before the cut and the bounds are in units
    of it: with the default bounds the values' standard deviation is 0.88 `stddev`.

    Args:
        stddev: Standard deviation before the cut, finite and >= 0.
        dtype: The initializer's default; None for JAX's default float.
        lower: Lower bound in units of `stddev`; may be -inf.
        upper: Upper bound in units of `stddev`; may be inf.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors, and ValueError for a
        `stddev` that is negative or not finite, or bounds that `fastinit.truncated_normal` refuses.

    Example:
        >>> w = truncated_normal(0.02)(jax.random.key(42), (100, 100))
        >>> bool(abs(w).max() <= 0.04)
        True
    """
    return _made("truncated_normal", _truncated_normal, dtype, stddev=stddev, lower=lower, upper=upper)


def variance_scaling(
    scale: float,
    mode: str,
    distribution: str,
    in_axis: Axes = -2,
    out_axis: Axes = -1,
    batch_axis: Axes = (),
    dtype: Any = None,
) -> RandomInitializer:
    """Builds an initializer that draws with mean 0 and variance scale / fan.

    The fans are JAX's, which differ from `fastinit.compute_fans` where an axis is named twice. The
    variance is that of the values drawn, as in `fastinit.variance_scaling`.

    Args:
        scale: Finite and >= 0.
        mode: "fan_in", "fan_out", "fan_avg" (their mean) or "fan_geo_avg" (their geometric mean).
        distribution: "truncated_normal" (cut at two standard deviations before the cut, and widened for
            what that takes away), "normal" or "uniform" (in [-bound, bound]).
        in_axis: Input axis or axes.
        out_axis: Output axis or axes.
        batch_axis: Axis or axes that count neither as input, output nor kernel.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors, and ValueError for a
        negative `scale`.

    Source:
        Glorot and Bengio, AISTATS 2010, and He et al., ICCV 2015, in the common form of TensorFlow's
        `VarianceScaling`.

    Example:
        >>> init = variance_scaling(1.0, "fan_in", "normal", out_axis=0)  # flax's embeddings
        >>> w = init(jax.random.key(42), (100, 100))
        >>> round(float(w.std()), 2)
        0.1
    """
    return _made(
        "variance_scaling",
        scaled_by_axes,
        dtype,
        scale=scale,
        mode=mode,
        distribution=distribution,
        in_axis=in_axis,
        out_axis=out_axis,
        batch_axis=batch_axis,
    )


def glorot_uniform(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None
) -> RandomInitializer:
    """Builds an initializer that draws uniformly with variance 2 / (fan_in + fan_out). Also called `xavier_uniform`.

    The same as `fastinit.glorot_uniform`: between plus and minus a bound.

    Args:
        in_axis: See `variance_scaling`.
        out_axis: See `variance_scaling`.
        batch_axis: See `variance_scaling`.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 16.

    Example:
        >>> w = glorot_uniform()(jax.random.key(42), (100, 100))
        >>> bool(abs(w).max() <= 0.1733)
        True
    """
    return variance_scaling(1.0, "fan_avg", "uniform", in_axis, out_axis, batch_axis, dtype)


def glorot_normal(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None
) -> RandomInitializer:
    """Builds an initializer that draws normally with variance 2 / (fan_in + fan_out). Also called `xavier_normal`.

    As in JAX the normal is cut at two standard deviations before the cut, and widened to keep the
    variance: `fastinit.glorot_normal` with `truncated=True`.

    Args:
        in_axis: See `variance_scaling`.
        out_axis: See `variance_scaling`.
        batch_axis: See `variance_scaling`.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 12.

    Example:
        >>> w = glorot_normal()(jax.random.key(42), (100, 100))
        >>> round(float(w.std()), 2)
        0.1
    """
    return variance_scaling(1.0, "fan_avg", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def lecun_uniform(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None
) -> RandomInitializer:
    """Builds an initializer that draws uniformly with variance 1 / fan_in.

    The same as `fastinit.lecun_uniform`: between plus and minus a bound.

    Args:
        in_axis: See `variance_scaling`.
        out_axis: See `variance_scaling`.
        batch_axis: See `variance_scaling`.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors.

    Source:
        LeCun et al., Efficient backprop, 1998, equation 16.

    Example:
        >>> w = lecun_uniform()(jax.random.key(42), (100, 100))
        >>> bool(abs(w).max() <= 0.1733)
        True
    """
    return variance_scaling(1.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def lecun_normal(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None
) -> RandomInitializer:
    """Builds an initializer that draws normally with variance 1 / fan_in.

    As in JAX the normal is cut at two standard deviations before the cut, and widened to keep the
    variance: `fastinit.lecun_normal` with `truncated=True`.

    Args:
        in_axis: See `variance_scaling`.
        out_axis: See `variance_scaling`.
        batch_axis: See `variance_scaling`.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors.

    Source:
        LeCun et al., Efficient backprop, 1998, equation 16.

    Example:
        >>> w = lecun_normal()(jax.random.key(42), (100, 100))
        >>> round(float(w.std()), 2)
        0.1
    """
    return variance_scaling(1.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def he_uniform(in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None) -> RandomInitializer:
    """Builds an initializer that draws uniformly with variance 2 / fan_in. Also called `kaiming_uniform`.

    The same as `fastinit.he_uniform`: between plus and minus a bound.

    Args:
        in_axis: See `variance_scaling`.
        out_axis: See `variance_scaling`.
        batch_axis: See `variance_scaling`.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = he_uniform()(jax.random.key(42), (100, 100))
        >>> bool(abs(w).max() <= 0.245)
        True
    """
    return variance_scaling(2.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def he_normal(in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None) -> RandomInitializer:
    """Builds an initializer that draws normally with variance 2 / fan_in. Also called `kaiming_normal`.

    As in JAX the normal is cut at two standard deviations before the cut, and widened to keep the
    variance: `fastinit.he_normal` with `truncated=True`.

    Args:
        in_axis: See `variance_scaling`.
        out_axis: See `variance_scaling`.
        batch_axis: See `variance_scaling`.
        dtype: The initializer's default; None for JAX's default float.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 10.

    Example:
        >>> w = he_normal()(jax.random.key(42), (100, 100))
        >>> round(float(w.std()), 2)
        0.14
    """
    return variance_scaling(2.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


xavier_uniform = glorot_uniform
xavier_normal = glorot_normal
kaiming_uniform = he_uniform
kaiming_normal = he_normal


def orthogonal(scale: float = 1.0, column_axis: int = -1, dtype: Any = None) -> RandomInitializer:
    """Builds an initializer of orthogonal matrices, times `scale`.

    Seen as the matrix of all other axes and `column_axis`, the array has orthonormal rows or columns,
    whichever are fewer. `scale` is what `fastinit.orthogonal` calls `gain`.

    Args:
        scale: Finite.
        column_axis: Axis of the columns.
        dtype: The initializer's default; None for JAX's default float. Narrow types are rounded from
            float32.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors, of which one refuses an
        `out_sharding` over explicit axes (`make` takes it), and ValueError for a `scale` that is not finite.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
        ICLR 2014.

    Example:
        >>> w = orthogonal()(jax.random.key(42), (8, 3))
        >>> bool(abs(w.T @ w - jax.numpy.eye(3)).max() < 1e-5)
        True
    """
    return _made("orthogonal", _orthogonal, dtype, scale=scale, column_axis=column_axis)


def delta_orthogonal(scale: float = 1.0, column_axis: int = -1, dtype: Any = None) -> RandomInitializer:
    """Builds an initializer of convolution kernels, orthogonal at their centre and zero around it.

    `scale` is what `fastinit.delta_orthogonal` calls `gain`.

    Args:
        scale: Finite.
        column_axis: Axis of the columns of the matrix at the centre, whose rows are orthonormal either
            way: it changes nothing.
        dtype: The initializer's default; None for JAX's default float. Narrow types are rounded from
            float32.

    Returns:
        `init(key, shape, dtype, out_sharding=None)` for shapes (*kernel, in, out) of three to five sizes
        with out >= in. It raises JAX's own errors, of which one refuses an `out_sharding` over explicit axes
        (`make` takes it), and ValueError for a `scale` that is not finite.

    Source:
        Xiao et al., Dynamical isometry and a mean field theory of CNNs, ICML 2018, algorithm 1.

    Example:
        >>> w = delta_orthogonal()(jax.random.key(42), (3, 4, 4))
        >>> bool(abs(w[1] @ w[1].T - jax.numpy.eye(4)).max() < 1e-5), int((w[0] != 0).sum())
        (True, 0)
    """
    return _made("delta_orthogonal", _delta_orthogonal, dtype, scale=scale, column_axis=column_axis)


def _made(name: str, formula: Any, dtype: Any, **arguments: Any) -> RandomInitializer:
    hashable = tuple((key, _hashable(value)) for key, value in arguments.items())
    return RandomInitializer(_THEIRS[name], formula, hashable, dtype)


def _hashable(argument: Any) -> Any:
    """The same argument as a key of caches: arrays of one number as numbers, sequences as tuples."""
    plain = argument.tolist() if hasattr(argument, "tolist") else argument
    return tuple(plain) if isinstance(plain, list) else plain


def _uniform(_shape: tuple[int, ...], *, scale: float) -> Uniform:
    return Uniform(*sorted((0.0, checks.finite("scale", scale))))


def _normal(_shape: tuple[int, ...], *, stddev: float) -> Normal:
    return Normal(0.0, checks.not_negative("stddev", stddev))


def _truncated_normal(_shape: tuple[int, ...], *, stddev: float, lower: float, upper: float) -> TruncatedNormal:
    return TruncatedNormal(0.0, checks.not_negative("stddev", stddev), lower, upper)


def _orthogonal(shape: tuple[int, ...], *, scale: float, column_axis: int) -> Distribution:
    gain = checks.finite("scale", scale)
    FORMULAS["orthogonal"](shape, gain=gain)  # has the errors
    return Orthogonal(shape, range(len(shape))[column_axis], True, gain)


def _delta_orthogonal(
    shape: tuple[int, ...],
    *,
    scale: float,
    column_axis: int,  # noqa: ARG001 - the rows of a square or wide matrix are orthonormal either way
) -> Distribution:
    return FORMULAS["delta_orthogonal"](shape, gain=checks.finite("scale", scale))
