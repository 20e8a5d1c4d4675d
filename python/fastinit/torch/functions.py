"""`torch.nn.init` by the same names, signatures, defaults, formulas and errors, drawn by fastinit.

Each function fills its tensor in place without gradients and returns it, and takes two arguments more than
PyTorch's, by keyword:

    seed: An int in [0, 2^64) or a `fastinit.Generator`. If None, `generator` gives the seed and advances;
        without one PyTorch's default generator of the CPU does, for tensors on any device, so that
        `torch.manual_seed` governs.
    stream: An int in [0, 2^64), or a name such as the parameter's.

With the same `seed` and `stream` the same values come out on any device, with any number of threads, and in
any sharding of a DTensor, of which each process draws just its own shard. Fans are always those of the whole.
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, ParamSpec

import torch
from torch.nn import init

from fastinit import checks, matrices
from fastinit.distributions import Constant, Normal, Uniform
from fastinit.frameworks import scaled_by_gain, truncated_between
from fastinit.options import Rule
from fastinit.random import DEFAULT_STREAM, Seed, Stream
from fastinit.torch.sharding import is_dtensor
from fastinit.torch.tensors import copy_whole, fill, is_fillable

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")

_identity, _dirac = Rule(matrices.identity), Rule(matrices.dirac)
_sparse = Rule(matrices.sparse)

# Below, PyTorch's own fill of one value is the faster one, and it writes the same bits.
_LEAST_CONSTANT = 2**16
_OWN_ARGUMENTS = ("seed", "stream")

calculate_gain = init.calculate_gain


def _drop_in(function: Callable[P, torch.Tensor]) -> Callable[P, torch.Tensor]:
    """Lets the function of the same name in `torch.nn.init` word the errors that it has too."""
    own = getattr(init, function.__name__)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> torch.Tensor:
        try:
            return function(*args, **kwargs)
        except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
            failure = _error_of(own, args, kwargs) or error
        raise failure.with_traceback(None)

    return call


def _error_of(own: Callable[..., Any], args: Any, kwargs: Any) -> Exception | None:
    """What PyTorch's function raises for a call, if it does: seen on a small stand-in for the tensor."""
    given = {name: value for name, value in kwargs.items() if name not in _OWN_ARGUMENTS}
    with warnings.catch_warnings(), torch.random.fork_rng(devices=()):
        warnings.simplefilter("ignore")
        try:
            own(*map(_stand_in, args), **{name: _stand_in(v) for name, v in given.items()})
        except Exception as error:  # noqa: BLE001 - whatever PyTorch raises is wanted
            return error
    return None


def _stand_in(argument: Any) -> Any:
    if isinstance(argument, torch.Generator):
        return None  # the error is no reason for it to advance
    if not isinstance(argument, torch.Tensor) or torch.nn.parameter.is_lazy(argument):
        return argument
    shape = (1,) * argument.ndim if argument.numel() else argument.shape
    return torch.empty(shape, dtype=argument.dtype, layout=argument.layout, device="cpu")


@_drop_in
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

    PyTorch's never reaches `b`; here values lie symmetrically about the middle, and rounding may reach
    either end.

    Args:
        tensor: Any shape, filled in place.
        a: Least value.
        b: Greatest value.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        RuntimeError: a > b, or a dtype without such a distribution, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Example:
        >>> w = uniform_(torch.empty(3, 5), -1, 1, seed=1, stream="w")
        >>> bool((w.abs() <= 1).all())
        True
    """
    return fill(tensor, Uniform(a, b), generator, seed, stream)


@_drop_in
def normal_(
    tensor: torch.Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a tensor normally.

    Args:
        tensor: Any shape, filled in place.
        mean: Mean.
        std: Standard deviation, at least 0.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        RuntimeError: A negative `std`, or a dtype without such a distribution, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Example:
        >>> import fastinit
        >>> w = normal_(torch.empty(3, 5), std=0.02, seed=1, stream="w")
        >>> bool((w.numpy() == fastinit.normal((3, 5), std=0.02, seed=1, stream="w")).all())
        True
    """
    return fill(tensor, Normal(mean, std), generator, seed, stream)


@_drop_in
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
    """Fills a tensor normally, without values outside [a, b].

    `a` and `b` are values, as in PyTorch, and not in units of `std` as in `fastinit.truncated_normal`: the
    default with std=0.02 cuts at 100 standard deviations. The distribution is exact wherever the mean lies,
    so there is no warning about that.

    Args:
        tensor: Any shape, filled in place.
        mean: Mean before the cut.
        std: Standard deviation before the cut, above 0.
        a: Least value; may be -inf.
        b: Greatest value; may be inf.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        RuntimeError: a > b, a negative `std`, or a dtype without such a distribution, as in PyTorch.
        ZeroDivisionError: `std` is 0, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.
        ValueError: [a, b] lies beyond 10 standard deviations from the mean.

    Example:
        >>> w = trunc_normal_(torch.empty(100, 100), std=0.02, a=-0.04, b=0.04, seed=1)
        >>> round(float(w.std() / 0.02), 1)
        0.9
    """
    return fill(tensor, truncated_between(mean, std, a, b), generator, seed, stream)


def constant_(tensor: torch.Tensor, val: float) -> torch.Tensor:
    """Fills a tensor of any dtype with one value.

    Args:
        tensor: Any shape, filled in place.
        val: The value.

    Raises:
        RuntimeError: A value that the dtype cannot hold, as in PyTorch.

    Example:
        >>> constant_(torch.empty(2), 0.5)
        tensor([0.5000, 0.5000])
    """
    if tensor.numel() < _LEAST_CONSTANT or type(val) is not float or not is_fillable(tensor):
        return init.constant_(tensor, val)
    try:
        return fill(tensor, Constant(val))
    except ValueError:  # which PyTorch words
        return init.constant_(tensor, val)


def ones_(tensor: torch.Tensor) -> torch.Tensor:
    """Fills a tensor of any dtype with ones.

    Args:
        tensor: Any shape, filled in place.

    Example:
        >>> ones_(torch.empty(2))
        tensor([1., 1.])
    """
    return init.ones_(tensor) if tensor.numel() < _LEAST_CONSTANT else constant_(tensor, 1.0)


def zeros_(tensor: torch.Tensor) -> torch.Tensor:
    """Fills a tensor of any dtype with zeros.

    Args:
        tensor: Any shape, filled in place.

    Example:
        >>> zeros_(torch.empty(2))
        tensor([0., 0.])
    """
    return init.zeros_(tensor) if tensor.numel() < _LEAST_CONSTANT else constant_(tensor, 0.0)


def eye_(tensor: torch.Tensor) -> torch.Tensor:
    """Fills a matrix with ones on the main diagonal and zeros beside it.

    Args:
        tensor: Two dimensions, filled in place.

    Raises:
        ValueError: Another number of dimensions, as in PyTorch.

    Example:
        >>> eye_(torch.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    return fill(tensor, _identity(tensor.shape)) if is_dtensor(tensor) else init.eye_(tensor)


def dirac_(tensor: torch.Tensor, groups: int = 1) -> torch.Tensor:
    """Fills a convolution kernel so that it hands its input through.

    Args:
        tensor: (out, in, *kernel), three to five dimensions, filled in place.
        groups: A divisor of `out`; each group hands the inputs through.

    Raises:
        ValueError: Another number of dimensions, or of groups, as in PyTorch.

    Source:
        Zagoruyko and Komodakis, DiracNets, 2017, section 3.

    Example:
        >>> dirac_(torch.empty(1, 1, 3))
        tensor([[[0., 1., 0.]]])
    """
    if is_dtensor(tensor):
        return fill(tensor, _dirac(tensor.shape, groups=groups, layout="torch"))
    return init.dirac_(tensor, groups)


@_drop_in
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
        gain: See `calculate_gain`.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        ValueError: Fewer than two dimensions, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 16.

    Example:
        >>> w = xavier_uniform_(torch.empty(300, 300), seed=1)
        >>> bool(w.abs().max() <= 0.1)
        True
    """
    return fill(tensor, _xavier("uniform", tensor, gain), generator, seed, stream)


@_drop_in
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
        gain: See `calculate_gain`.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        ValueError: Fewer than two dimensions, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, equation 12.

    Example:
        >>> w = xavier_normal_(torch.empty(200, 200), seed=1)
        >>> round(float(w.std()), 2)
        0.07
    """
    return fill(tensor, _xavier("normal", tensor, gain), generator, seed, stream)


def _xavier(distribution: str, tensor: torch.Tensor, gain: float) -> Any:
    return scaled_by_gain(tuple(tensor.shape), gain, "fan_avg", distribution)


@_drop_in
def kaiming_uniform_(
    tensor: torch.Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
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
        nonlinearity: Decides the gain; see `calculate_gain`.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        ValueError: Fewer than two dimensions, an unknown mode or nonlinearity, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = kaiming_uniform_(torch.empty(200, 600), seed=1)
        >>> bool(w.abs().max() <= 0.1)
        True
    """
    return _kaiming("uniform", tensor, a, mode, nonlinearity, generator, seed, stream)


@_drop_in
def kaiming_normal_(
    tensor: torch.Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
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
        nonlinearity: Decides the gain; see `calculate_gain`.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        ValueError: Fewer than two dimensions, an unknown mode or nonlinearity, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14.

    Example:
        >>> w = kaiming_normal_(torch.empty(400, 200), nonlinearity="relu", seed=1)
        >>> round(float(w.std()), 2)
        0.1
    """
    return _kaiming("normal", tensor, a, mode, nonlinearity, generator, seed, stream)


def _kaiming(
    distribution: str, tensor: torch.Tensor, a: Any, mode: str, nonlinearity: str, *numbers: Any
) -> torch.Tensor:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=4)
        return tensor
    gain = calculate_gain(nonlinearity, a)
    if mode not in ("fan_in", "fan_out"):
        mode = mode.lower()  # PyTorch takes either case
        if mode not in ("fan_in", "fan_out"):
            raise ValueError(mode)  # and words the error
    return fill(tensor, scaled_by_gain(tuple(tensor.shape), gain, mode, distribution), *numbers)


@_drop_in
def orthogonal_(
    tensor: torch.Tensor,
    gain: float = 1,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a weight with a (semi-)orthogonal matrix times `gain`, in any dtype.

    The trailing dimensions count as columns. PyTorch's LAPACK works on fastinit's draws: the values are those
    of `fastinit.orthogonal` up to rounding, and reproducible on one machine and device only. Each process
    computes the whole of a DTensor before it keeps its shard.

    Args:
        tensor: (out, in, *kernel), filled in place.
        gain: See `calculate_gain`.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        ValueError: Fewer than two dimensions, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
        ICLR 2014.

    Example:
        >>> w = orthogonal_(torch.empty(3, 8), seed=1)
        >>> torch.testing.assert_close(w @ w.T, torch.eye(3))
    """
    if tensor.ndim < 2:
        raise ValueError(tensor.shape)  # PyTorch words the error
    factor = checks.finite("gain", gain)
    if not (is_fillable(tensor) and tensor.numel()) or tensor.is_meta:
        return fill(tensor, Normal(0.0, 1.0))  # which refuses it, or has nothing to do
    dtype = tensor.dtype if tensor.dtype is torch.float64 else torch.float32
    size = (tensor.shape[0], tensor.numel() // tensor.shape[0])
    normal = torch.empty(size, dtype=dtype, device=tensor.device)
    fill(normal, Normal(0.0, 1.0), generator, seed, stream)
    whole = matrices.orthonormalized(normal, factor, torch)
    copy_whole(tensor, whole.reshape(tensor.shape))
    return tensor


@_drop_in
def sparse_(
    tensor: torch.Tensor,
    sparsity: float,
    std: float = 0.01,
    generator: torch.Generator | None = None,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a matrix normally and sets the same share of every column to zero.

    Each process computes the whole of a DTensor before it keeps its shard.

    Args:
        tensor: Two dimensions, filled in place.
        sparsity: Share of each column that is zero, in [0, 1]; rounded up to whole elements.
        std: Standard deviation of the others, at least 0.
        generator: Gives the seed; see `fastinit.torch.functions`.
        seed: See `fastinit.torch.functions`.
        stream: See `fastinit.torch.functions`.

    Raises:
        ValueError: Another number of dimensions, as in PyTorch; `sparsity` outside [0, 1].
        RuntimeError: A negative `std`, as in PyTorch.
        TypeError: A tensor that fastinit does not fill, or both `generator` and `seed`.

    Source:
        Martens, Deep learning via Hessian-free optimization, ICML 2010, section 5.

    Example:
        >>> w = sparse_(torch.empty(10, 4), sparsity=0.25, seed=1)
        >>> (w == 0).sum(0).tolist()
        [3, 3, 3, 3]
    """
    return fill(tensor, _sparse(tensor.shape, sparsity=sparsity, std=std), generator, seed, stream)


# The names that PyTorch has deprecated, with its warning.
uniform = init._make_deprecate(uniform_)
normal = init._make_deprecate(normal_)
constant = init._make_deprecate(constant_)
eye = init._make_deprecate(eye_)
dirac = init._make_deprecate(dirac_)
xavier_uniform = init._make_deprecate(xavier_uniform_)
xavier_normal = init._make_deprecate(xavier_normal_)
kaiming_uniform = init._make_deprecate(kaiming_uniform_)
kaiming_normal = init._make_deprecate(kaiming_normal_)
orthogonal = init._make_deprecate(orthogonal_)
sparse = init._make_deprecate(sparse_)

# doctest takes a decorated function for another module's.
__test__ = {
    name: value
    for name, value in dict(globals()).items()
    if name.endswith("_") and "__" not in name
}
