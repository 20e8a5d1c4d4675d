"""Keras's initializers that draw: each class is Keras's own, but for the call.

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

# A saved model names "fastinit>GlorotNormal" and the like.
_serializable = keras.saving.register_keras_serializable(package="fastinit")


class _Drawn:
    """What the classes below put in place of Keras's call."""

    seed: Any  # an int or a keras.random.SeedGenerator: Keras makes an int of None

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())  # type: ignore[attr-defined]
        return f"fastinit.keras.{type(self).__name__}({arguments})"

    def _distribution(self, shape: tuple[int, ...]) -> Distribution:
        raise NotImplementedError

    def draw_of(self, shape: Any, dtype: str) -> Draw:
        """Returns what the call draws, with any seed."""
        sizes = checks.shape(shape)
        return Draw(self._distribution(sizes), sizes, dtypes.FLOATS[dtype])

    @backends.untraced
    def __call__(self, shape: Any, dtype: Any = None, layout: Any = None) -> Any:
        """Draws a tensor of the backend's own kind, on its device.

        Args:
            shape: Sizes of the tensor.
            dtype: A floating-point type of the stream that the backend has too; None for
                `keras.config.floatx()`.
            layout: A `keras.distribution.TensorLayout` or a sharding of JAX's, on the JAX backend: each
                device gets its part of the same values, drawn by itself.

        Raises:
            TypeError: A shape or parameter of the wrong kind.
            ValueError: One of the right kind with a wrong value, another dtype, or a layout that the backend
                does not have.
        """
        name = keras.backend.standardize_dtype(dtype)
        if name not in dtypes.FLOATS:
            raise ValueError(checks.text("dtype", f"be one of {', '.join(dtypes.FLOATS)}", name))
        return backends.tensor_of(SeededDraw(self.draw_of(shape, name), self.seed), layout)


@_serializable
class RandomNormal(_Drawn, keras.initializers.RandomNormal):
    """Draws from a normal distribution.

    Args:
        mean: Finite.
        stddev: Standard deviation, finite and >= 0. The default, 0.05, is Keras's; that of
            `fastinit.normal` is 1.
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.

    Raises:
        ValueError: As Keras raises it, for another seed; at the call, for a wrong `mean` or `stddev`.

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
        minval: Least value, finite. The default is -0.05; that of `fastinit.uniform` is 0.
        maxval: Greatest value, finite and >= minval. The default is 0.05; that of `fastinit.uniform` is 1.
            Keras's own class leaves `maxval` out of the range. Here it can be reached, as by rounding,
            and in float32 and float64 no value lies beyond it.
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.

    Raises:
        ValueError: As Keras raises it, for another seed; at the call, for wrong bounds.

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
        mean: Finite.
        stddev: Standard deviation before the cut, finite and >= 0; after it, 0.88 times that. The
            default, 0.05, is Keras's; that of `fastinit.truncated_normal` is 1.
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.

    Raises:
        ValueError: As Keras raises it, for another seed; at the call, for a wrong `mean` or `stddev`.

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

    Fans are Keras's: (*kernel, in, out) as in fastinit's functions, but a vector has its length for both, and
    a scalar 1.

    Args:
        scale: Above 0.
        mode: The fan: "fan_in", "fan_out" or "fan_avg" (their mean).
        distribution: "truncated_normal" (cut at two standard deviations before the cut, and widened for
            what that takes away), "untruncated_normal" or "uniform". "normal" means truncated here, and not
            in `fastinit.variance_scaling`.
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.
        input_axes: Axes whose sizes make fan_in; only together with `output_axes`, and from the version of
            Keras on that has them. The other axes then count for nothing, where fastinit's `in_axis`
            takes them for the kernel's.
        output_axes: Axes whose sizes make fan_out.

    Raises:
        ValueError: As Keras raises it.

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
    """Draws uniformly with variance 2 / (fan_in + fan_out). Also called Xavier's.

    What `fastinit.glorot_uniform` draws; fans are Keras's, see `VarianceScaling`.

    Args:
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Raises:
        ValueError: As Keras raises it, for another seed.

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
    """Draws normally with variance 2 / (fan_in + fan_out). Also called Xavier's.

    Cut at two standard deviations before the cut, and widened to keep the variance: what
    `fastinit.glorot_normal` draws with `truncated=True`. Fans are Keras's, see `VarianceScaling`.

    Args:
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Raises:
        ValueError: As Keras raises it, for another seed.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 12.

    Example:
        >>> round(float(keras.ops.std(GlorotNormal(seed=1)((200, 200)))), 2)
        0.07
    """


@_serializable
class HeUniform(VarianceScaling, keras.initializers.HeUniform):
    """Draws uniformly with variance 2 / fan_in. Also called Kaiming's.

    What `fastinit.he_uniform` draws; fans are Keras's, see `VarianceScaling`.

    Args:
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Raises:
        ValueError: As Keras raises it, for another seed.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = HeUniform(seed=1)((600, 200))
        >>> bool(keras.ops.all(keras.ops.abs(w) <= 0.1))
        True
    """


@_serializable
class HeNormal(VarianceScaling, keras.initializers.HeNormal):
    """Draws normally with variance 2 / fan_in. Also called Kaiming's.

    Cut at two standard deviations before the cut, and widened to keep the variance: what
    `fastinit.he_normal` draws with `truncated=True`. Fans are Keras's, see `VarianceScaling`.

    Args:
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Raises:
        ValueError: As Keras raises it, for another seed.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> round(float(keras.ops.std(HeNormal(seed=1)((3, 3, 64, 128)))), 2)
        0.06
    """


@_serializable
class LecunUniform(VarianceScaling, keras.initializers.LecunUniform):
    """Draws uniformly with variance 1 / fan_in.

    What `fastinit.lecun_uniform` draws; fans are Keras's, see `VarianceScaling`.

    Args:
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Raises:
        ValueError: As Keras raises it, for another seed.

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

    Cut at two standard deviations before the cut, and widened to keep the variance: what
    `fastinit.lecun_normal` draws with `truncated=True`. Fans are Keras's, see `VarianceScaling`.

    Args:
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.
        input_axes: See `VarianceScaling`.
        output_axes: See `VarianceScaling`.

    Raises:
        ValueError: As Keras raises it, for another seed.

    Source:
        LeCun et al., Efficient backprop, 1998, equation 16.

    Example:
        >>> round(float(keras.ops.std(LecunNormal(seed=1)((100, 1000)))), 2)
        0.1
    """


@_serializable
class Orthogonal(_Drawn, keras.initializers.Orthogonal):
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    A tensor of more dimensions is seen as the matrix of its last axis and all others, as by
    `fastinit.orthogonal`. The narrow types work too, which Keras's own class refuses: they are computed in
    float32 and rounded.

    Args:
        gain: Finite.
        seed: An int, None or a `keras.random.SeedGenerator`; see `fastinit.keras`.

    Raises:
        ValueError: As Keras raises it, for another seed and, at the call, for fewer than two dimensions.

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


# Each class in place of the one it is made of, its last base.
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
