"""The functions of `torch.nn.init`, with the same names, signatures, defaults, formulas and errors.

Each function fills its tensor in place without gradients and returns it. It takes two more arguments than
PyTorch's function, by keyword:

- `seed`: an int in [0, 2^64) or a `fastinit.Generator`. If it is None, `generator` gives the seed and advances.
  Without a `generator`, PyTorch's default generator of the CPU does so for tensors on any device, and
  therefore `torch.manual_seed` works as usual.
- `stream`: an int in [0, 2^64), or a name such as the parameter's. Two tensors with one int `seed` and no `stream` are
  equal: see https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors

The same `seed` and `stream` give the same values on any device, with any number of threads, and in any sharding of a
DTensor. Each process draws only its own shard, and fans are computed from the shape of the whole tensor.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import torch
from torch.nn import init

from fastinit import checks
from fastinit.distributions import FARTHEST_BOUND, Normal, TruncatedNormal, Uniform
from fastinit.formulas import FORMULAS
from fastinit.frameworks import (
    fits_range,
    scaled_as_torch,
    squared_gain,
    truncated_between,
)
from fastinit.random import DEFAULT_STREAM, Seed, Stream
from fastinit.torch.drop_in import WordedByPyTorch, drop_in
from fastinit.torch.tensors import (
    ELEMENTS,
    fill,
    is_fillable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastinit.distributions import Distribution, Real

FanMode: TypeAlias = Literal["fan_in", "fan_out"]
# The names that `calculate_gain` knows.
Nonlinearity: TypeAlias = Literal[
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
]

_MODES = get_args(FanMode)

calculate_gain = init.calculate_gain


@drop_in
def uniform_(
    tensor: torch.Tensor,
    a: float = 0.0,
    b: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a tensor uniformly on [a, b].

    PyTorch's function never returns `b`. Here values lie symmetrically about the middle, and rounding may give
    either end.

    Args:
        tensor: Any shape, filled in place.
        a: Least value.
        b: Greatest value.
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        RuntimeError: a > b, or the dtype has no such distribution, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Example:
        >>> w = uniform_(torch.empty(3, 5), -1, 1, seed=1, stream="w")
        >>> bool((w.abs() <= 1).all())
        True
    """
    return fill(tensor, _uniform(tensor.size(), tensor.dtype, a, b), generator, seed, stream)


def _uniform(_sizes: Any, dtype: torch.dtype, a: float = 0.0, b: float = 1.0) -> Uniform:
    spec = Uniform(a, b)
    if dtype in ELEMENTS and not fits_range(spec, ELEMENTS[dtype]):
        rule = f"be such that `a`, `b` and b - a are numbers of {dtype}"
        raise ValueError(checks.text("b", rule, b, f"`a` is {a}"))
    return spec


@drop_in
def normal_(
    tensor: torch.Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a tensor with normally distributed values.

    Args:
        tensor: Any shape, filled in place.
        mean: Mean.
        std: Standard deviation, at least 0.
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        RuntimeError: `std` is negative, or the dtype has no such distribution, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Example:
        >>> import fastinit
        >>> w = normal_(torch.empty(3, 5), std=0.02, seed=1, stream="w")
        >>> bool((w.numpy() == fastinit.normal((3, 5), std=0.02, seed=1, stream="w")).all())
        True
    """
    return fill(tensor, Normal(mean, std), generator, seed, stream)


@drop_in
def trunc_normal_(
    tensor: torch.Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a tensor with normally distributed values and leaves out values outside [a, b].

    `a` and `b` are values, as in PyTorch, and not in units of `std` as in `fastinit.truncated_normal`. With std=0.02
    the default bounds therefore lie at 100 standard deviations: see
    https://fastinit.github.io/fastinit/traps.html#bounds-in-units-of-std

    The distribution is exact wherever the mean lies, so there is no warning about a mean far outside [a, b].

    Args:
        tensor: Any shape, filled in place.
        mean: Mean before the cut.
        std: Standard deviation before the cut, above 0.
        a: Least value; may be -inf.
        b: Greatest value; may be inf.
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        RuntimeError: a > b, or the dtype has no such distribution, as in PyTorch.
        ZeroDivisionError: `std` is 0, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.
        ValueError: `std` is negative, or [a, b] lies more than 10 standard deviations from the mean.

    Example:
        >>> w = trunc_normal_(torch.empty(100, 100), std=0.02, a=-0.04, b=0.04, seed=1)
        >>> round(float(w.std() / 0.02), 1)
        0.9
    """
    spec = truncated_between(mean, std, a, b)
    if isinstance(spec, TruncatedNormal):
        for name, bound, away in (("a", a, spec.lower), ("b", b, -spec.upper)):
            if away > FARTHEST_BOUND:
                rule = f"leave values within {FARTHEST_BOUND:g} std of the mean"
                raise ValueError(checks.text(name, rule, bound, f"`mean` is {mean}, `std` {std}"))
    return fill(tensor, spec, generator, seed, stream)


@drop_in
def xavier_uniform_(
    tensor: torch.Tensor,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a weight uniformly with variance 2 gain^2 / (fan_in + fan_out): `fastinit.glorot_uniform`.

    Args:
        tensor: (out, in, *kernel), filled in place.
        gain: Factor of the standard deviation, such as `calculate_gain("tanh")`.
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        ValueError: The tensor has fewer than two dimensions, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 16.

    Example:
        >>> w = xavier_uniform_(torch.empty(300, 300), seed=1)
        >>> bool(w.abs().max() <= 0.1)
        True
    """
    return fill(tensor, _xavier("uniform", tensor, gain), generator, seed, stream)


@drop_in
def xavier_normal_(
    tensor: torch.Tensor,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a weight normally with variance 2 gain^2 / (fan_in + fan_out): `fastinit.glorot_normal`.

    Args:
        tensor: (out, in, *kernel), filled in place.
        gain: Factor of the standard deviation, such as `calculate_gain("tanh")`.
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        ValueError: The tensor has fewer than two dimensions, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 12.

    Example:
        >>> w = xavier_normal_(torch.empty(200, 200), seed=1)
        >>> round(float(w.std()), 2)
        0.07
    """
    return fill(tensor, _xavier("normal", tensor, gain), generator, seed, stream)


def _xavier(distribution: str, tensor: torch.Tensor, gain: float) -> Distribution:
    spec = scaled_as_torch(tuple(tensor.size()), float(gain * gain), "fan_avg", distribution)
    if gain < 0 and is_fillable(tensor):  # PyTorch raises an error about the bounds or std that result
        one = torch.empty(1, device="cpu")
        if isinstance(spec, Uniform):
            one.uniform_(spec.high, spec.low)
        else:
            one.normal_(0.0, -spec.std)
    return spec


@drop_in
def kaiming_uniform_(
    tensor: torch.Tensor,
    a: float = 0,
    mode: FanMode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a weight uniformly with variance gain^2 / fan: `fastinit.he_uniform` for the default.

    Args:
        tensor: (out, in, *kernel), filled in place.
        a: Negative slope of "leaky_relu".
        mode: "fan_in" or "fan_out".
        nonlinearity: The function that reads the layer's output, which decides the gain: "relu", "leaky_relu", "tanh",
            "sigmoid", "selu", "linear", or the name of a convolution, which has the gain of "linear".
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        ValueError: The tensor has fewer than two dimensions, or the mode or nonlinearity is unknown, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = kaiming_uniform_(torch.empty(200, 600), seed=1)
        >>> bool(w.abs().max() <= 0.1)
        True
    """
    return _fill_kaiming("uniform", tensor, a, mode, nonlinearity, generator, seed, stream)


@drop_in
def kaiming_normal_(
    tensor: torch.Tensor,
    a: float = 0,
    mode: FanMode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a weight normally with variance gain^2 / fan: `fastinit.he_normal` for the default.

    Args:
        tensor: (out, in, *kernel), filled in place.
        a: Negative slope of "leaky_relu".
        mode: "fan_in" or "fan_out".
        nonlinearity: The function that reads the layer's output, which decides the gain: "relu", "leaky_relu", "tanh",
            "sigmoid", "selu", "linear", or the name of a convolution, which has the gain of "linear".
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        ValueError: The tensor has fewer than two dimensions, or the mode or nonlinearity is unknown, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = kaiming_normal_(torch.empty(400, 200), nonlinearity="relu", seed=1)
        >>> round(float(w.std()), 2)
        0.1
    """
    return _fill_kaiming("normal", tensor, a, mode, nonlinearity, generator, seed, stream)


def _fill_kaiming(
    distribution: str, tensor: torch.Tensor, a: Any, mode: str, nonlinearity: str, *numbers: Any
) -> torch.Tensor:
    sizes = tuple(tensor.size())
    if 0 in sizes:
        if torch.nn.parameter.is_lazy(tensor):  # PyTorch has an error for lazy tensors
            raise WordedByPyTorch
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=4)
        return tensor
    return fill(tensor, _kaiming(distribution, sizes, a, mode, nonlinearity), *numbers)


def _kaiming(distribution: str, sizes: tuple[int, ...], a: Any, mode: str, nonlinearity: str) -> Distribution:
    gain = calculate_gain(nonlinearity, a)
    if mode not in _MODES:
        mode = mode.lower()  # PyTorch accepts upper and lower case
        if mode not in _MODES:
            raise WordedByPyTorch
    scale = squared_gain(nonlinearity, gain, a)
    return scaled_as_torch(sizes, scale, mode, distribution)


def _kaiming_uniform(
    sizes: tuple[int, ...], _dtype: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Any:
    return _kaiming("uniform", sizes, a, mode, nonlinearity)


# The distribution that each function draws for a tensor with elements: (sizes, dtype, arguments) -> distribution.
DISTRIBUTIONS: dict[str, Callable[..., Real]] = {
    "uniform_": _uniform,
    "normal_": lambda _sizes, _dtype, mean=0.0, std=1.0: Normal(mean, std),
    "kaiming_uniform_": _kaiming_uniform,
}


@drop_in
def orthogonal_(
    tensor: torch.Tensor,
    gain: float = 1,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a weight with a (semi-)orthogonal matrix times `gain`, in any dtype.

    All dimensions after the first count as columns. The values are equal to those of `fastinit.orthogonal`, and the
    same on every machine and device. A process computes only its own shard of a DTensor; the cost depends on how many
    rows or columns (whichever are fewer) the shard touches.

    Args:
        tensor: (out, in, *kernel), filled in place.
        gain: Factor of the standard deviation, such as `calculate_gain("tanh")`.
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        ValueError: The tensor has fewer than two dimensions, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
        ICLR 2014.

    Example:
        >>> w = orthogonal_(torch.empty(3, 8), seed=1)
        >>> torch.testing.assert_close(w @ w.T, torch.eye(3))
    """
    sizes = tuple(tensor.size())
    if len(sizes) < 2:
        raise WordedByPyTorch
    return fill(tensor, FORMULAS["orthogonal"](sizes, gain=gain, layout="torch"), generator, seed, stream)


@drop_in
def sparse_(
    tensor: torch.Tensor,
    sparsity: float,
    std: float = 0.01,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a matrix with normally distributed values and sets the same share of every column to zero.

    Args:
        tensor: Two dimensions, filled in place.
        sparsity: Share of each column that is zero, in [0, 1]; rounded up to whole elements.
        std: Standard deviation of the other elements, at least 0.
        generator: Gives the seed if `seed` is None; None for PyTorch's default generator of the CPU.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name; it tells apart tensors that have one int `seed`.

    Raises:
        ValueError: The tensor does not have two dimensions, as in PyTorch; or `sparsity` is outside [0, 1].
        RuntimeError: `std` is negative, as in PyTorch.
        TypeError: fastinit cannot fill the tensor, or both `generator` and `seed` are given.

    Source:
        Martens, Deep learning via Hessian-free optimization, ICML 2010, section 5.

    Example:
        >>> w = sparse_(torch.empty(10, 4), sparsity=0.25, seed=1)
        >>> (w == 0).sum(0).tolist()
        [3, 3, 3, 3]
    """
    spec = FORMULAS["sparse"](tuple(tensor.size()), sparsity=sparsity, std=std)
    return fill(tensor, spec, generator, seed, stream)


# PyTorch's deprecated names, which give PyTorch's warning.
uniform = init._make_deprecate(uniform_)
normal = init._make_deprecate(normal_)
xavier_uniform = init._make_deprecate(xavier_uniform_)
xavier_normal = init._make_deprecate(xavier_normal_)
kaiming_uniform = init._make_deprecate(kaiming_uniform_)
kaiming_normal = init._make_deprecate(kaiming_normal_)
orthogonal = init._make_deprecate(orthogonal_)
sparse = init._make_deprecate(sparse_)

# doctest skips decorated functions, because it believes that they come from another module.
__test__ = {name: value for name, value in dict(globals()).items() if name.endswith("_") and "__" not in name}
