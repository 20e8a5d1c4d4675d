"""Keras's random initializers. Each class inherits from Keras's own class and replaces only the call.

Arguments, their errors, configurations and copies are inherited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from fastinit import checks, distributions, dtypes, frameworks
from fastinit.formulas import FORMULAS
from fastinit.keras import backends
from fastinit.keras.draws import SeededDraw
from fastinit.parts import Draw

if TYPE_CHECKING:
    from fastinit.distributions import Distribution

# A saved model contains names such as "fastinit>GlorotNormal".
_serializable = keras.saving.register_keras_serializable(package="fastinit")


class _Drawn:
    """Replaces the call of Keras's initializers in the classes below."""

    seed: Any  # an int or a keras.random.SeedGenerator; Keras turns None into an int

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())  # type: ignore[attr-defined]
        return f"fastinit.keras.{type(self).__name__}({arguments})"

    def _distribution(self, shape: tuple[int, ...]) -> Distribution:
        raise NotImplementedError

    def draw_of(self, shape: Any, dtype: str) -> Draw:
        """Returns the tensor that a call draws, without its seed."""
        sizes = checks.shape(shape)
        return Draw(self._distribution(sizes), sizes, dtypes.FLOATS[dtype])

    @backends.untraced
    def __call__(self, shape: Any, dtype: Any = None, layout: Any = None) -> Any:
        """Draws a tensor of the backend's own type, on its device.

        Args:
            shape: The sizes of the tensor.
            dtype: A floating-point type that both fastinit and the backend have; None for `keras.config.floatx()`.
            layout: On the JAX backend a `keras.distribution.TensorLayout` or a sharding of JAX. Each device then draws
                only its part of the same values.

        Raises:
            TypeError: The shape or a parameter has the wrong type.
            ValueError: The shape, a parameter or `dtype` has a wrong value, or the backend has no layouts.
        """
        name = keras.backend.standardize_dtype(dtype)
        if name not in dtypes.FLOATS:
            raise ValueError(checks.text("dtype", f"be one of {', '.join(dtypes.FLOATS)}", name))
        return backends.tensor_of(SeededDraw(self.draw_of(shape, name), self.seed), layout)


@_serializable
class RandomNormal(_Drawn, keras.initializers.RandomNormal):
    """Draws from a normal distribution.

    Args:
        mean: Mean, finite.
        stddev: Standard deviation, finite and >= 0. The default is 0.05 as in Keras, whereas `fastinit.normal` has 1.
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.

    Raises:
        ValueError: `seed` is wrong, as in Keras; or, at the call, `mean` or `stddev` is.

    Example:
        >>> import fastinit
        >>> w = RandomNormal(stddev=1.0, seed=7)((3, 4))
        >>> bool(keras.ops.all(keras.ops.equal(w, fastinit.normal((3, 4), seed=7))))
        True
    """

    def _distribution(self, shape: tuple[int, ...]) -> Distribution:  # noqa: ARG002
        mean, std = checks.finite("mean", self.mean), checks.not_negative("stddev", self.stddev)
        return distributions.Normal(mean, std)


@_serializable
class RandomUniform(_Drawn, keras.initializers.RandomUniform):
    """Draws from a uniform distribution.

    Args:
        minval: Least value, finite. The default is -0.05, whereas `fastinit.uniform` has 0.
        maxval: Greatest value, finite and >= minval. The default is 0.05, whereas `fastinit.uniform` has 1. Keras's own
            class never returns `maxval`. Here rounding may give it, but no larger value in float32 and float64.
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.

    Raises:
        ValueError: `seed` is wrong, as in Keras; or, at the call, the bounds are.

    Example:
        >>> w = RandomUniform(seed=1)((100, 100))
        >>> bool(keras.ops.all(keras.ops.abs(w) <= 0.05))
        True
    """

    def _distribution(self, shape: tuple[int, ...]) -> Distribution:  # noqa: ARG002
        low, high = checks.finite("minval", self.minval), checks.finite("maxval", self.maxval)
        if low > high:
            raise ValueError(checks.text("minval", f"be <= `maxval` = {high!r}", low, "swap them"))
        return distributions.Uniform(low, high)


@_serializable
class TruncatedNormal(_Drawn, keras.initializers.TruncatedNormal):
    """Draws from a normal distribution that is cut at two standard deviations.

    Args:
        mean: Mean, finite.
        stddev: Standard deviation before the cut, finite and >= 0; after the cut it is 0.88 times as large. The
            default is 0.05 as in Keras, whereas `fastinit.truncated_normal` has 1.
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.

    Raises:
        ValueError: `seed` is wrong, as in Keras; or, at the call, `mean` or `stddev` is.

    Example:
        >>> w = TruncatedNormal(stddev=0.02, seed=1)((100, 100))
        >>> bool(keras.ops.all(keras.ops.abs(w) <= 0.04))
        True
    """

    def _distribution(self, shape: tuple[int, ...]) -> Distribution:  # noqa: ARG002
        mean, std = checks.finite("mean", self.mean), checks.not_negative("stddev", self.stddev)
        return distributions.TruncatedNormal(mean, std, -2.0, 2.0)


@_serializable
class VarianceScaling(_Drawn, keras.initializers.VarianceScaling):
    """Draws with mean 0 and variance scale / fan, whatever the distribution.

    Fans are computed as in Keras, for shapes (*kernel, in, out) as in fastinit's functions. Both fans of a vector are
    its length, and both fans of a scalar are 1.

    Args:
        scale: Factor of the variance, above 0.
        mode: The fan: "fan_in", "fan_out" or "fan_avg" (their mean).
        distribution: "truncated_normal" (cut at two standard deviations, and widened before the cut to keep the
            variance), "untruncated_normal" or "uniform". "normal" means the truncated normal here, unlike in
            `fastinit.variance_scaling`.
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in, only together with `output_axes`. Older versions of Keras do not have
            this argument. All other axes are then ignored, whereas with fastinit's `in_axis` they are the kernel.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: An argument is wrong, as in Keras.

    Source:
        Glorot and Bengio, AISTATS 2010, and He et al., ICCV 2015, in the common form of TensorFlow's
        `VarianceScaling`.

    Example:
        >>> init = VarianceScaling(scale=2.0, mode="fan_out", distribution="untruncated_normal", seed=1)
        >>> round(float(keras.ops.std(init((500, 200)))), 2)
        0.1
    """

    def _distribution(self, shape: tuple[int, ...]) -> Distribution:
        # Older versions of Keras have no axes.
        axes = (getattr(self, name, None) for name in ("input_axes", "output_axes"))
        return frameworks.scaled_by_keras(shape, self.scale, self.mode, self.distribution, *axes)


@_serializable
class GlorotUniform(VarianceScaling, keras.initializers.GlorotUniform):
    """Draws uniformly with variance 2 / (fan_in + fan_out). Also called Xavier initialization.

    It draws the same values as `fastinit.glorot_uniform`. Fans are computed as in Keras, see `VarianceScaling`.

    Args:
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in, only together with `output_axes`.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: `seed` is wrong, as in Keras.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 16.

    Example:
        >>> w = GlorotUniform(seed=1)((300, 300))
        >>> bool(keras.ops.all(keras.ops.abs(w) <= 0.1))
        True
    """


@_serializable
class GlorotNormal(VarianceScaling, keras.initializers.GlorotNormal):
    """Draws normally with variance 2 / (fan_in + fan_out). Also called Xavier initialization.

    The normal is cut at two standard deviations, and widened before the cut to keep the variance. It draws the same
    values as `fastinit.glorot_normal` with `truncated=True`. Fans are computed as in Keras, see `VarianceScaling`.

    Args:
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in, only together with `output_axes`.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: `seed` is wrong, as in Keras.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 12.

    Example:
        >>> round(float(keras.ops.std(GlorotNormal(seed=1)((200, 200)))), 2)
        0.07
    """


@_serializable
class HeUniform(VarianceScaling, keras.initializers.HeUniform):
    """Draws uniformly with variance 2 / fan_in. Also called Kaiming initialization.

    It draws the same values as `fastinit.he_uniform`. Fans are computed as in Keras, see `VarianceScaling`.

    Args:
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in, only together with `output_axes`.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: `seed` is wrong, as in Keras.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = HeUniform(seed=1)((600, 200))
        >>> bool(keras.ops.all(keras.ops.abs(w) <= 0.1))
        True
    """


@_serializable
class HeNormal(VarianceScaling, keras.initializers.HeNormal):
    """Draws normally with variance 2 / fan_in. Also called Kaiming initialization.

    The normal is cut at two standard deviations, and widened before the cut to keep the variance. It draws the same
    values as `fastinit.he_normal` with `truncated=True`. Fans are computed as in Keras, see `VarianceScaling`.

    Args:
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in, only together with `output_axes`.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: `seed` is wrong, as in Keras.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> round(float(keras.ops.std(HeNormal(seed=1)((3, 3, 64, 128)))), 2)
        0.06
    """


@_serializable
class LecunUniform(VarianceScaling, keras.initializers.LecunUniform):
    """Draws uniformly with variance 1 / fan_in.

    It draws the same values as `fastinit.lecun_uniform`. Fans are computed as in Keras, see `VarianceScaling`.

    Args:
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in, only together with `output_axes`.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: `seed` is wrong, as in Keras.

    Source:
        LeCun et al., Efficient backprop, 1998, equation 16.

    Example:
        >>> w = LecunUniform(seed=1)((300, 100))
        >>> bool(keras.ops.all(keras.ops.abs(w) <= 0.1))
        True
    """


@_serializable
class LecunNormal(VarianceScaling, keras.initializers.LecunNormal):
    """Draws normally with variance 1 / fan_in.

    The normal is cut at two standard deviations, and widened before the cut to keep the variance. It draws the same
    values as `fastinit.lecun_normal` with `truncated=True`. Fans are computed as in Keras, see `VarianceScaling`.

    Args:
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in, only together with `output_axes`.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: `seed` is wrong, as in Keras.

    Source:
        LeCun et al., Efficient backprop, 1998, equation 16.

    Example:
        >>> round(float(keras.ops.std(LecunNormal(seed=1)((100, 1000)))), 2)
        0.1
    """


@_serializable
class Orthogonal(_Drawn, keras.initializers.Orthogonal):
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    A tensor of more dimensions counts as a matrix whose columns are its last axis, as in `fastinit.orthogonal`. Unlike
    in Keras's own class, narrow types work too: they are computed in float32 and rounded.

    Args:
        gain: Factor of the matrix, finite.
        seed: An int, which gives the same values at each call; a `keras.random.SeedGenerator`; or None for an int
            from Python's `random`. See `fastinit.keras`.

    Raises:
        ValueError: `seed` is wrong, or the shape has fewer than two dimensions, as in Keras.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
        ICLR 2014; made uniform as by Mezzadri, Notices of the AMS 54(5), 2007, section 5.

    Example:
        >>> w = Orthogonal(seed=1)((8, 3))
        >>> product = keras.ops.matmul(keras.ops.transpose(w), w)
        >>> bool(keras.ops.all(keras.ops.abs(product - keras.ops.eye(3)) < 1e-6))
        True
    """

    def _distribution(self, shape: tuple[int, ...]) -> Distribution:
        if len(shape) < 2:
            keras.initializers.Orthogonal.__call__(self, shape)  # raises Keras's error
        return FORMULAS["orthogonal"](shape, gain=self.gain)


# Maps Keras's classes to fastinit's. Keras's class is the last base of fastinit's.
BY_KERAS_CLASS = {
    cls.__bases__[-1]: cls
    for cls in (
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        GlorotUniform,
        GlorotNormal,
        HeUniform,
        HeNormal,
        LecunUniform,
        LecunNormal,
        Orthogonal,
    )
}
