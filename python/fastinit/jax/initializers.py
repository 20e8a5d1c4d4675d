"""The functions of `jax.nn.initializers`, with the same names, arguments and defaults."""

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
    from fastinit.typing import DistributionName, Mode

Axes: TypeAlias = int | Sequence[int]

# Kept here, because a user may assign the functions below to JAX's names.
_THEIRS = dict(vars(jax.nn.initializers))

# Initializers without randomness are JAX's own.
Initializer = jax.nn.initializers.Initializer
constant = jax.nn.initializers.constant
ones = jax.nn.initializers.ones
zeros = jax.nn.initializers.zeros


def uniform(scale: float = 1e-2, dtype: Any = None) -> RandomInitializer:
    """Builds an initializer that draws uniformly between 0 and `scale`.

    As in JAX, all values have the sign of `scale`, whereas `fastinit.uniform` takes both bounds. JAX never returns
    `scale` itself. Here rounding may give it.

    Args:
        scale: The bound other than 0, finite.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    As in JAX, the default standard deviation is 0.01, whereas that of `fastinit.normal` is 1.

    Args:
        stddev: Standard deviation, finite and >= 0.
        dtype: The element type unless a call gives one; None for JAX's default float.

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
    """Builds an initializer that draws normally and leaves out values outside two bounds.

    As in JAX and `fastinit.truncated_normal`, `stddev` is the standard deviation before the cut, and the bounds are in
    units of it. With the default bounds the values have a standard deviation of 0.88 `stddev`: see
    https://fastinit.github.io/fastinit/traps.html#the-std-after-a-cut

    Args:
        stddev: Standard deviation before the cut, finite and >= 0.
        dtype: The element type unless a call gives one; None for JAX's default float.
        lower: Lower bound in units of `stddev`; may be -inf.
        upper: Upper bound in units of `stddev`; may be inf.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors, and ValueError for a
        `stddev` that is negative or not finite, or for bounds that are wrong for `fastinit.truncated_normal` too.

    Example:
        >>> w = truncated_normal(0.02)(jax.random.key(42), (100, 100))
        >>> bool(abs(w).max() <= 0.04)
        True
    """
    return _made("truncated_normal", _truncated_normal, dtype, stddev=stddev, lower=lower, upper=upper)


def variance_scaling(
    scale: float,
    mode: Mode,
    distribution: DistributionName,
    in_axis: Axes = -2,
    out_axis: Axes = -1,
    batch_axis: Axes = (),
    dtype: Any = None,
) -> RandomInitializer:
    """Builds an initializer that draws with mean 0 and variance scale / fan.

    The fans are computed as in JAX, which differs from `fastinit.compute_fans` if an axis is named twice. As in
    `fastinit.variance_scaling`, the drawn values have this variance, also after a cut.

    Args:
        scale: Finite and >= 0.
        mode: "fan_in", "fan_out", "fan_avg" (their mean) or "fan_geo_avg" (their geometric mean).
        distribution: "truncated_normal" (cut at two standard deviations, and widened before the cut to keep the
            variance), "normal" or "uniform" (in [-bound, bound]).
        in_axis: The axis or axes of the inputs.
        out_axis: The axis or axes of the outputs.
        batch_axis: The axis or axes that count neither as input, output nor kernel.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    It draws the same values as `fastinit.glorot_uniform`, between plus and minus a bound.

    Args:
        in_axis: The axis or axes of the inputs.
        out_axis: The axis or axes of the outputs.
        batch_axis: The axis or axes that count neither as input, output nor kernel.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    As in JAX, the normal is cut at two standard deviations, and widened before the cut to keep the variance. It draws
    the same values as `fastinit.glorot_normal` with `truncated=True`.

    Args:
        in_axis: The axis or axes of the inputs.
        out_axis: The axis or axes of the outputs.
        batch_axis: The axis or axes that count neither as input, output nor kernel.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    It draws the same values as `fastinit.lecun_uniform`, between plus and minus a bound.

    Args:
        in_axis: The axis or axes of the inputs.
        out_axis: The axis or axes of the outputs.
        batch_axis: The axis or axes that count neither as input, output nor kernel.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    As in JAX, the normal is cut at two standard deviations, and widened before the cut to keep the variance. It draws
    the same values as `fastinit.lecun_normal` with `truncated=True`.

    Args:
        in_axis: The axis or axes of the inputs.
        out_axis: The axis or axes of the outputs.
        batch_axis: The axis or axes that count neither as input, output nor kernel.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    It draws the same values as `fastinit.he_uniform`, between plus and minus a bound.

    Args:
        in_axis: The axis or axes of the inputs.
        out_axis: The axis or axes of the outputs.
        batch_axis: The axis or axes that count neither as input, output nor kernel.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    As in JAX, the normal is cut at two standard deviations, and widened before the cut to keep the variance. It draws
    the same values as `fastinit.he_normal` with `truncated=True`.

    Args:
        in_axis: The axis or axes of the inputs.
        out_axis: The axis or axes of the outputs.
        batch_axis: The axis or axes that count neither as input, output nor kernel.
        dtype: The element type unless a call gives one; None for JAX's default float.

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

    The array counts as a matrix whose columns are `column_axis` and whose rows are all other axes. It has orthonormal
    rows or columns, whichever are fewer. `scale` is called `gain` in `fastinit.orthogonal`.

    Args:
        scale: Factor of the matrix, finite.
        column_axis: The axis of the columns.
        dtype: The element type unless a call gives one; None for JAX's default float. Narrow types are rounded
            from float32.

    Returns:
        `init(key, shape, dtype, out_sharding=None)`. It raises JAX's own errors, one of which is for an
        `out_sharding` over explicit axes (use `make` there), and ValueError for a `scale` that is not finite.

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

    `scale` is called `gain` in `fastinit.delta_orthogonal`.

    Args:
        scale: Factor of the matrix, finite.
        column_axis: The axis of the columns of the matrix at the centre. It changes nothing, because the rows of this
            matrix are orthonormal either way.
        dtype: The element type unless a call gives one; None for JAX's default float. Narrow types are rounded
            from float32.

    Returns:
        `init(key, shape, dtype, out_sharding=None)` for shapes (*kernel, in, out) of three to five sizes
        with out >= in. It raises JAX's own errors, one of which is for an `out_sharding` over explicit axes (use
        `make` there), and ValueError for a `scale` that is not finite.

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
    """Returns an argument as a key of a cache: an array of one number as a number, a sequence as a tuple."""
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
    FORMULAS["orthogonal"](shape, gain=gain)  # raises the errors for wrong shapes
    return Orthogonal(shape, range(len(shape))[column_axis], True, gain)


def _delta_orthogonal(
    shape: tuple[int, ...],
    *,
    scale: float,
    column_axis: int,  # noqa: ARG001 - the rows of a square or wide matrix are orthonormal either way
) -> Distribution:
    return FORMULAS["delta_orthogonal"](shape, gain=checks.finite("scale", scale))
