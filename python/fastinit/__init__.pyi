"""Neural-network weights as a pure function of seed, tensor name and position. Made by tools/make_stubs.py."""
# fmt: off

import numpy as np
from collections.abc import Sequence
from typing import Any, Literal, SupportsFloat, SupportsIndex, TypeAlias, overload
from numpy.typing import NDArray
from fastinit.typing import Axes, CpuName, CudaArray, CudaName, DType, DeviceLike, DistributionName, Index, Layout, Mode, Order, Out, Seed, Shape, Sizes, Stream
from fastinit import checkpoint as checkpoint
from fastinit.fans import compute_fans as compute_fans
from fastinit.fans import get_default_layout as get_default_layout
from fastinit.fans import set_default_layout as set_default_layout
from fastinit import jax as jax
from fastinit import keras as keras
from fastinit.random import Generator as Generator
from fastinit.random import manual_seed as manual_seed
from fastinit.runtime import build_info as build_info
from fastinit.runtime import get_num_threads as get_num_threads
from fastinit.runtime import set_num_threads as set_num_threads
from fastinit.shards import Shard as Shard
from fastinit import torch as torch

__all__ = [
    "Generator",
    "Shard",
    "__version__",
    "build_info",
    "compute_fans",
    "constant",
    "delta",
    "delta_orthogonal",
    "dirac",
    "gain",
    "get_default_layout",
    "get_num_threads",
    "glorot_normal",
    "glorot_uniform",
    "hadamard",
    "hadamard_identity",
    "he_normal",
    "he_uniform",
    "identity",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "manual_seed",
    "modulo",
    "normal",
    "ones",
    "orthogonal",
    "ramp",
    "random_bits",
    "set_default_layout",
    "set_num_threads",
    "sincos",
    "sincos_2d",
    "sparse",
    "triangular",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
__version__: str

Nonlinearity: TypeAlias = Literal[
    "linear", "identity", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "relu", "reglu", "leaky_relu", "relu6", "relu_squared", "relu2", "squared_relu",
    "elu", "celu", "selu", "gelu", "gelu_python", "geglu", "gelu_tanh", "gelu_new", "gelu_fast",
    "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_10", "quick_gelu", "silu", "swish",
    "swiglu", "hardswish", "hard_swish", "hard_silu", "mish", "softplus", "sqrtsoftplus", "squareplus",
    "sparse_plus", "sigmoid", "glu", "hardsigmoid", "hard_sigmoid", "sparse_sigmoid", "laplace", "logsigmoid",
    "log_sigmoid", "tanh", "hardtanh", "hard_tanh", "softsign", "soft_sign", "tanhshrink", "tanh_shrink",
    "softshrink", "soft_shrink", "hardshrink", "hard_shrink", "exponential",
]

def gain(
    nonlinearity: Nonlinearity, param: float | None = None, *, exact: bool = False
) -> float:
    """Returns the gain of a nonlinearity f: 1 / sqrt(E f(z)^2) for a standard normal z.

    A weight of standard deviation gain / sqrt(fan_in) that reads f of standard normal values gives values of variance
    1. "sigmoid", "tanh" and "selu" have the numbers of `torch.nn.init.calculate_gain` instead, unless `exact` is True.

    Args:
        nonlinearity: The name of a function in PyTorch, Keras, JAX or transformers, such as "relu", "tanh", "gelu",
            "gelu_tanh", "silu", "elu" or "mish", or of a gated unit: "swiglu", "geglu", "reglu" or "glu". docs/gains.md
            defines all of them.
        param: Negative slope of "leaky_relu", 0.01 when None, or alpha of "elu", 1 when None. The others have no
            parameter.
        exact: Whether "sigmoid", "tanh" and "selu" have the gain of the formula too.

    Raises:
        TypeError: `nonlinearity` is not text, `param` is not a number, or `exact` is not a boolean.
        ValueError: An unknown nonlinearity, a `param` that is not finite or not used.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equations 9 and 14, for any f; `tools/compute_gains.py`
        computes the numbers. Those of "sigmoid", "tanh" and "selu" without `exact` are from PyTorch's table.

    Example:
        >>> gain("relu")
        1.4142135623730951
        >>> gain("tanh"), gain("tanh", exact=True)
        (1.6666666666666667, 1.5925374197228315)
        >>> gain("leaky_relu", 1.0)
        1.0
    """

@overload
def zeros(
    shape: Sizes, *, dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Example:
        >>> zeros((2, 3), dtype="bfloat16").shape
        (2, 3)
    """
@overload
def zeros(
    shape: Sizes, *, dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def zeros(
    shape: Shape, *, dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def zeros(
    shape: Sizes, *, dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def ones(
    shape: Sizes, *, dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Example:
        >>> ones(3).tolist()
        [1.0, 1.0, 1.0]
    """
@overload
def ones(
    shape: Sizes, *, dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def ones(
    shape: Shape, *, dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def ones(
    shape: Sizes, *, dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def constant(
    shape: Sizes, value: SupportsFloat, *, dtype: DType = "float32", device: CpuName = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value, such as a `value` that the element
            type cannot hold.

    Example:
        >>> constant((2, 2), 0.5).tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
@overload
def constant(
    shape: Sizes, value: SupportsFloat, *, dtype: DType = "float32", device: CudaName, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> CudaArray:
    """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def constant(
    shape: Shape, value: SupportsFloat, *, dtype: DType = "float32", device: DeviceLike = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def constant(
    shape: Sizes, value: SupportsFloat, *, dtype: DType = "float32", device: DeviceLike, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> Any:
    """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def normal(
    shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
    device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws from a normal distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        mean: Finite.
        std: Standard deviation, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Box and Muller, A note on the generation of random normal deviates, Ann. Math. Stat. 29, 1958.

    Example:
        >>> w = normal((1000, 100), std=0.02, seed=1, stream="model.embed_tokens.weight")
        >>> round(float(w.std()), 3)
        0.02
    """
@overload
def normal(
    shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
    device: CudaName, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws from a normal distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        mean: Finite.
        std: Standard deviation, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def normal(
    shape: Shape, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
    device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws from a normal distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        mean: Finite.
        std: Standard deviation, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def normal(
    shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
    device: DeviceLike, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws from a normal distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        mean: Finite.
        std: Standard deviation, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def uniform(
    shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
    device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws from a uniform distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        low: Least value, finite. float32 and float64 never leave [low, high].
        high: Greatest value, finite and >= low.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        The words of Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC'11.

    Example:
        >>> w = uniform((100, 100), low=-0.5, high=0.5, seed=1)
        >>> bool((abs(w) <= 0.5).all())
        True
    """
@overload
def uniform(
    shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
    device: CudaName, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws from a uniform distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        low: Least value, finite. float32 and float64 never leave [low, high].
        high: Greatest value, finite and >= low.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def uniform(
    shape: Shape, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
    device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws from a uniform distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        low: Least value, finite. float32 and float64 never leave [low, high].
        high: Greatest value, finite and >= low.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def uniform(
    shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
    device: DeviceLike, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws from a uniform distribution.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        low: Least value, finite. float32 and float64 never leave [low, high].
        high: Greatest value, finite and >= low.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def truncated_normal(
    shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
    upper: SupportsFloat = 2.0, dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> NDArray[Any]:
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
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

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
@overload
def truncated_normal(
    shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
    upper: SupportsFloat = 2.0, dtype: DType = "float32", device: CudaName, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> CudaArray:
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
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def truncated_normal(
    shape: Shape, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
    upper: SupportsFloat = 2.0, dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
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
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def truncated_normal(
    shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
    upper: SupportsFloat = 2.0, dtype: DType = "float32", device: DeviceLike, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> Any:
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
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def variance_scaling(
    shape: Sizes, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
    distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws with mean 0 and variance scale / fan, whatever the distribution.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        scale: Finite and >= 0.
        mode: The fan: "fan_in", "fan_out", "fan_avg" (their mean) or "fan_geo_avg" (their geometric mean).
        distribution: "normal", "truncated_normal" (cut at two standard deviations before the cut, and
            widened for what that takes away) or "uniform".
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

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
@overload
def variance_scaling(
    shape: Sizes, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
    distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws with mean 0 and variance scale / fan, whatever the distribution.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        scale: Finite and >= 0.
        mode: The fan: "fan_in", "fan_out", "fan_avg" (their mean) or "fan_geo_avg" (their geometric mean).
        distribution: "normal", "truncated_normal" (cut at two standard deviations before the cut, and
            widened for what that takes away) or "uniform".
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def variance_scaling(
    shape: Shape, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
    distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws with mean 0 and variance scale / fan, whatever the distribution.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        scale: Finite and >= 0.
        mode: The fan: "fan_in", "fan_out", "fan_avg" (their mean) or "fan_geo_avg" (their geometric mean).
        distribution: "normal", "truncated_normal" (cut at two standard deviations before the cut, and
            widened for what that takes away) or "uniform".
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def variance_scaling(
    shape: Sizes, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
    distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws with mean 0 and variance scale / fan, whatever the distribution.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        scale: Finite and >= 0.
        mode: The fan: "fan_in", "fan_out", "fan_avg" (their mean) or "fan_geo_avg" (their geometric mean).
        distribution: "normal", "truncated_normal" (cut at two standard deviations before the cut, and
            widened for what that takes away) or "uniform".
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def glorot_normal(
    shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

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
@overload
def glorot_normal(
    shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def glorot_normal(
    shape: Shape, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def glorot_normal(
    shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def glorot_uniform(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg", distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

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
@overload
def glorot_uniform(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg", distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def glorot_uniform(
    shape: Shape, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg", distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def glorot_uniform(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=gain**2, mode="fan_avg", distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite and >= 0; see `fastinit.gain`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

xavier_normal = glorot_normal

xavier_uniform = glorot_uniform

@overload
def he_normal(
    shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False, negative_slope: SupportsFloat = 0.0,
    layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> NDArray[Any]:
    """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

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
@overload
def he_normal(
    shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False, negative_slope: SupportsFloat = 0.0,
    layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def he_normal(
    shape: Shape, *, mode: Mode = "fan_in", truncated: bool = False, negative_slope: SupportsFloat = 0.0,
    layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def he_normal(
    shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False, negative_slope: SupportsFloat = 0.0,
    layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> Any:
    """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def he_uniform(
    shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode, distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

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
@overload
def he_uniform(
    shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode, distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def he_uniform(
    shape: Shape, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode, distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def he_uniform(
    shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0, layout: Layout = "keras",
    in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=2 / (1 + negative_slope**2), mode=mode, distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        mode: The fan in the formula: "fan_in" keeps the variance of activations, "fan_out" that of gradients; see
            `variance_scaling` for others.
        negative_slope: Of the rectifier after the weight; finite.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

kaiming_normal = he_normal

kaiming_uniform = he_uniform

@overload
def lecun_normal(
    shape: Sizes, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws normally with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=1)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

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
@overload
def lecun_normal(
    shape: Sizes, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws normally with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=1)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def lecun_normal(
    shape: Shape, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws normally with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=1)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def lecun_normal(
    shape: Sizes, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
    out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws normally with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(scale=1)`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        truncated: Whether to cut at two standard deviations, widened to keep the variance.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def lecun_uniform(
    shape: Sizes, *, layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> NDArray[Any]:
    """Draws uniformly with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

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
@overload
def lecun_uniform(
    shape: Sizes, *, layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws uniformly with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def lecun_uniform(
    shape: Shape, *, layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws uniformly with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def lecun_uniform(
    shape: Sizes, *, layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
    batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> Any:
    """Draws uniformly with variance 1 / fan_in.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    The same as `variance_scaling(distribution="uniform")`.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        layout: The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in,
            *kernel). The default is "keras" unless `fastinit.set_default_layout` has changed it. A
            wrong layout gives a wrong scale: see
            https://fastinit.github.io/fastinit/traps.html#the-layout-of-the-shape
        in_axis: The input axis or axes, instead of the layout's.
        out_axis: The output axis or axes, instead of the layout's.
        batch_axis: Axes that count as neither input, output nor kernel.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def random_bits(
    shape: Sizes, *, device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[np.uint32]:
    """Draws the raw 32-bit words of the stream, as uint32.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Philox4x32-10: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC'11, section 4.3.

    Example:
        >>> words = random_bits(8, seed=1)
        >>> words.dtype.name
        'uint32'
        >>> bool((words[5:] == random_bits(8, seed=1, index=slice(5, None))).all())
        True
    """
@overload
def random_bits(
    shape: Sizes, *, device: CudaName, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws the raw 32-bit words of the stream, as uint32.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def random_bits(
    shape: Shape, *, device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws the raw 32-bit words of the stream, as uint32.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def random_bits(
    shape: Sizes, *, device: DeviceLike, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws the raw 32-bit words of the stream, as uint32.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def orthogonal(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    A tensor of more dimensions is seen as the matrix of its output axis and all others. It is a product of
    Householder reflections of normals, so that it has the same bits on every machine, and every row or column
    (whichever are fewer) is drawn by itself: `index` costs the share of those that it touches.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
        ICLR 2014; uniform as by Stewart, The efficient generation of random orthogonal matrices, SIAM Journal
        on Numerical Analysis 17(3), 1980.

    Example:
        >>> import numpy as np
        >>> w = orthogonal((8, 3), dtype="float64", seed=1)
        >>> bool(np.allclose(w.T @ w, np.eye(3)))
        True
    """
@overload
def orthogonal(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: CudaName, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    A tensor of more dimensions is seen as the matrix of its output axis and all others. It is a product of
    Householder reflections of normals, so that it has the same bits on every machine, and every row or column
    (whichever are fewer) is drawn by itself: `index` costs the share of those that it touches.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def orthogonal(
    shape: Shape, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    A tensor of more dimensions is seen as the matrix of its output axis and all others. It is a product of
    Householder reflections of normals, so that it has the same bits on every machine, and every row or column
    (whichever are fewer) is drawn by itself: `index` costs the share of those that it touches.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def orthogonal(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: DeviceLike, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    A tensor of more dimensions is seen as the matrix of its output axis and all others. It is a product of
    Householder reflections of normals, so that it has the same bits on every machine, and every row or column
    (whichever are fewer) is drawn by itself: `index` costs the share of those that it touches.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def delta_orthogonal(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes with out >= in, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Xiao et al., Dynamical isometry and a mean field theory of CNNs, ICML 2018, algorithm 1.

    Example:
        >>> import numpy as np
        >>> w = delta_orthogonal((3, 4, 4), dtype="float64", seed=1)
        >>> bool(np.allclose(w[1] @ w[1].T, np.eye(4))), int(np.count_nonzero(w[0]))
        (True, 0)
    """
@overload
def delta_orthogonal(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: CudaName, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes with out >= in, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def delta_orthogonal(
    shape: Shape, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes with out >= in, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def delta_orthogonal(
    shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
    device: DeviceLike, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes with out >= in, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def identity(
    shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CpuName = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units,
        2015, section 2.

    Example:
        >>> identity((2, 3), gain=2.0).tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """
@overload
def identity(
    shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CudaName, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> CudaArray:
    """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def identity(
    shape: Shape, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def identity(
    shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def dirac(
    shape: Sizes, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
    device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes, of the whole tensor; None for the shape of `out`.
        groups: At least 1, a divisor of the number of outputs; each group returns the inputs.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Zagoruyko and Komodakis, DiracNets, 2017, section 3, as in `torch.nn.init.dirac_`.

    Example:
        >>> dirac((3, 2, 2))[1].tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
@overload
def dirac(
    shape: Sizes, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
    device: CudaName, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes, of the whole tensor; None for the shape of `out`.
        groups: At least 1, a divisor of the number of outputs; each group returns the inputs.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def dirac(
    shape: Shape, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
    device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes, of the whole tensor; None for the shape of `out`.
        groups: At least 1, a divisor of the number of outputs; each group returns the inputs.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def dirac(
    shape: Sizes, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
    device: DeviceLike, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    Args:
        shape: Three to five sizes, of the whole tensor; None for the shape of `out`.
        groups: At least 1, a divisor of the number of outputs; each group returns the inputs.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def sparse(
    shape: Sizes, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
    device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Draws a normal matrix and sets the same share of every column to zero.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        sparsity: Share of each column that is zero, in [0, 1]; rounded up to whole elements.
        std: Standard deviation of the other elements, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Martens, Deep learning via Hessian-free optimization, ICML 2010, section 5, as in
        `torch.nn.init.sparse_`.

    Example:
        >>> w = sparse((10, 4), sparsity=0.25, seed=1)
        >>> (w == 0).sum(axis=0).tolist()
        [3, 3, 3, 3]
    """
@overload
def sparse(
    shape: Sizes, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
    device: CudaName, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Draws a normal matrix and sets the same share of every column to zero.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        sparsity: Share of each column that is zero, in [0, 1]; rounded up to whole elements.
        std: Standard deviation of the other elements, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def sparse(
    shape: Shape, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
    device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Draws a normal matrix and sets the same share of every column to zero.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        sparsity: Share of each column that is zero, in [0, 1]; rounded up to whole elements.
        std: Standard deviation of the other elements, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def sparse(
    shape: Sizes, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
    device: DeviceLike, seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Draws a normal matrix and sets the same share of every column to zero.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        sparsity: Share of each column that is zero, in [0, 1]; rounded up to whole elements.
        std: Standard deviation of the other elements, finite and >= 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def hadamard(
    shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CpuName = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

    Element (i, j) is `gain` 2^(-m/2) (-1)^b, where b is the number of binary ones of i & j, and 2^m is the
    least power of two that is not less than either size. Other sizes have the upper left part of that matrix.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Sylvester, Thoughts on inverse orthogonal matrices, Philosophical Magazine 34, 1867.

    Example:
        >>> hadamard((2, 4), gain=2.0).tolist()
        [[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0]]
    """
@overload
def hadamard(
    shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CudaName, seed: Seed = None,
    stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
    out: None = None
) -> CudaArray:
    """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

    Element (i, j) is `gain` 2^(-m/2) (-1)^b, where b is the number of binary ones of i & j, and 2^m is the
    least power of two that is not less than either size. Other sizes have the upper left part of that matrix.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def hadamard(
    shape: Shape, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

    Element (i, j) is `gain` 2^(-m/2) (-1)^b, where b is the number of binary ones of i & j, and 2^m is the
    least power of two that is not less than either size. Other sizes have the upper left part of that matrix.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def hadamard(
    shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

    Element (i, j) is `gain` 2^(-m/2) (-1)^b, where b is the number of binary ones of i & j, and 2^m is the
    least power of two that is not less than either size. Other sizes have the upper left part of that matrix.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def hadamard_identity(
    shape: Sizes, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    If there are no more outputs than inputs, the weight is the identity, with zeros for the other inputs. Otherwise it
    is the upper left part of Sylvester's Hadamard matrix of order 2^m, the least with all outputs, times `gain`
    2^(-m/2). A convolution kernel has this matrix at its centre, size // 2 along each axis, and zeros around it. (The
    name "ZerO" itself would be too similar to `zeros`.)

    Args:
        shape: Two to five sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite, for the Hadamard matrix alone. The default is the paper's c = 2^(-(m-1)/2); the authors' code has
            1, which makes the rows and columns of the whole Hadamard matrix orthonormal.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Zhao, Schaefer and Anandkumar, ZerO initialization: initializing neural networks with only zeros and ones,
        TMLR 2022, algorithms 1 and 2.

    Example:
        >>> hadamard_identity((3, 2)).tolist()
        [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
        >>> hadamard_identity((2, 4), gain=1.0).tolist()
        [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]]
    """
@overload
def hadamard_identity(
    shape: Sizes, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    If there are no more outputs than inputs, the weight is the identity, with zeros for the other inputs. Otherwise it
    is the upper left part of Sylvester's Hadamard matrix of order 2^m, the least with all outputs, times `gain`
    2^(-m/2). A convolution kernel has this matrix at its centre, size // 2 along each axis, and zeros around it. (The
    name "ZerO" itself would be too similar to `zeros`.)

    Args:
        shape: Two to five sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite, for the Hadamard matrix alone. The default is the paper's c = 2^(-(m-1)/2); the authors' code has
            1, which makes the rows and columns of the whole Hadamard matrix orthonormal.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def hadamard_identity(
    shape: Shape, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    If there are no more outputs than inputs, the weight is the identity, with zeros for the other inputs. Otherwise it
    is the upper left part of Sylvester's Hadamard matrix of order 2^m, the least with all outputs, times `gain`
    2^(-m/2). A convolution kernel has this matrix at its centre, size // 2 along each axis, and zeros around it. (The
    name "ZerO" itself would be too similar to `zeros`.)

    Args:
        shape: Two to five sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite, for the Hadamard matrix alone. The default is the paper's c = 2^(-(m-1)/2); the authors' code has
            1, which makes the rows and columns of the whole Hadamard matrix orthonormal.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def hadamard_identity(
    shape: Sizes, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

    `shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).

    If there are no more outputs than inputs, the weight is the identity, with zeros for the other inputs. Otherwise it
    is the upper left part of Sylvester's Hadamard matrix of order 2^m, the least with all outputs, times `gain`
    2^(-m/2). A convolution kernel has this matrix at its centre, size // 2 along each axis, and zeros around it. (The
    name "ZerO" itself would be too similar to `zeros`.)

    Args:
        shape: Two to five sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite, for the Hadamard matrix alone. The default is the paper's c = 2^(-(m-1)/2); the authors' code has
            1, which makes the rows and columns of the whole Hadamard matrix orthonormal.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def triangular(
    shape: Sizes, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two or more sizes, of the whole tensor; the last two are the matrices'. None for the shape of `out`.
        diagonal: In [-2^64, 2^64]: 0 for the main diagonal, 1 for the one above it, -1 for the one below it.
        lower: Whether the value is on the diagonal and below it; else it is on the diagonal and above it.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        The masks of `torch.tril` and `torch.triu`.

    Example:
        >>> triangular((2, 3)).tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
        >>> triangular((2, 3), lower=False, diagonal=1, value=-float("inf")).tolist()
        [[0.0, -inf, -inf], [0.0, 0.0, -inf]]
    """
@overload
def triangular(
    shape: Sizes, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two or more sizes, of the whole tensor; the last two are the matrices'. None for the shape of `out`.
        diagonal: In [-2^64, 2^64]: 0 for the main diagonal, 1 for the one above it, -1 for the one below it.
        lower: Whether the value is on the diagonal and below it; else it is on the diagonal and above it.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def triangular(
    shape: Shape, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two or more sizes, of the whole tensor; the last two are the matrices'. None for the shape of `out`.
        diagonal: In [-2^64, 2^64]: 0 for the main diagonal, 1 for the one above it, -1 for the one below it.
        lower: Whether the value is on the diagonal and below it; else it is on the diagonal and above it.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def triangular(
    shape: Sizes, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two or more sizes, of the whole tensor; the last two are the matrices'. None for the shape of `out`.
        diagonal: In [-2^64, 2^64]: 0 for the main diagonal, 1 for the one above it, -1 for the one below it.
        lower: Whether the value is on the diagonal and below it; else it is on the diagonal and above it.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def delta(
    shape: Sizes, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

    All other elements are zero. With `place=-1` on the axis of its taps, a depthwise causal convolution returns
    its input.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        place: The place along the axis; negative ones count from the end.
        axis: Negative ones count from the end.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Kronecker's delta.

    Example:
        >>> delta((2, 1, 4), place=-1).tolist()
        [[[0.0, 0.0, 0.0, 1.0]], [[0.0, 0.0, 0.0, 1.0]]]
    """
@overload
def delta(
    shape: Sizes, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

    All other elements are zero. With `place=-1` on the axis of its taps, a depthwise causal convolution returns
    its input.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        place: The place along the axis; negative ones count from the end.
        axis: Negative ones count from the end.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def delta(
    shape: Shape, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

    All other elements are zero. With `place=-1` on the axis of its taps, a depthwise causal convolution returns
    its input.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        place: The place along the axis; negative ones count from the end.
        axis: Negative ones count from the end.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def delta(
    shape: Sizes, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

    All other elements are zero. With `place=-1` on the axis of its taps, a depthwise causal convolution returns
    its input.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        place: The place along the axis; negative ones count from the end.
        axis: Negative ones count from the end.
        value: Any number, infinities and NaN included; rounded once to the element type.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def modulo(
    shape: Sizes, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

    For a tensor of tokens by choices, modulo the number of experts, each expert gets equally many.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        divisor: In [1, 2^64 - 1]. Types narrower than float64 round large remainders: float32 is exact to 2^24.
        axis: The axis whose index counts; None for the flat index in C order.
        one_hot: Whether to give, in place of the remainder, a last axis with a one at the remainder and zeros
            elsewhere. Its size is `divisor`, and its own index does not count.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        The round robin by which torchtitan's router balances its experts for `_debug_force_load_balance`.

    Example:
        >>> modulo((3, 2), divisor=4).tolist()
        [[0.0, 1.0], [2.0, 3.0], [0.0, 1.0]]
        >>> modulo((3, 2), divisor=2, one_hot=True).tolist()
        [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
@overload
def modulo(
    shape: Sizes, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

    For a tensor of tokens by choices, modulo the number of experts, each expert gets equally many.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        divisor: In [1, 2^64 - 1]. Types narrower than float64 round large remainders: float32 is exact to 2^24.
        axis: The axis whose index counts; None for the flat index in C order.
        one_hot: Whether to give, in place of the remainder, a last axis with a one at the remainder and zeros
            elsewhere. Its size is `divisor`, and its own index does not count.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def modulo(
    shape: Shape, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

    For a tensor of tokens by choices, modulo the number of experts, each expert gets equally many.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        divisor: In [1, 2^64 - 1]. Types narrower than float64 round large remainders: float32 is exact to 2^24.
        axis: The axis whose index counts; None for the flat index in C order.
        one_hot: Whether to give, in place of the remainder, a last axis with a one at the remainder and zeros
            elsewhere. Its size is `divisor`, and its own index does not count.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def modulo(
    shape: Sizes, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

    For a tensor of tokens by choices, modulo the number of experts, each expert gets equally many.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        divisor: In [1, 2^64 - 1]. Types narrower than float64 round large remainders: float32 is exact to 2^24.
        axis: The axis whose index counts; None for the flat index in C order.
        one_hot: Whether to give, in place of the remainder, a last axis with a one at the remainder and zeros
            elsewhere. Its size is `divisor`, and its own index does not count.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def ramp(
    shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
    power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: CpuName = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

    With t = (i / (n - 1))^power at place i of n, the value is low + (high - low) t, or low (high / low)^t for `log`.
    If there is one place, its value is `low`.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        low: The first value, finite.
        high: The last value, finite.
        axis: Negative ones count from the end.
        power: Finite and > 0. Other powers than 1 take 0.1 ms for a place, and up to 2^16 places.
        log: Whether steps are equal factors; `low` and `high` are then of one sign, and not 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        The decays of RWKV (Peng et al., EMNLP 2023: `power`) and S4D-Lin (Gu et al., NeurIPS 2022), the
        slopes of ALiBi (Press et al., ICLR 2022: `log`).

    Example:
        >>> ramp((2, 3), low=-1.0).tolist()
        [[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]
        >>> ramp(4, low=0.5, high=2**-4, log=True).tolist()
        [0.5, 0.25, 0.125, 0.0625]
    """
@overload
def ramp(
    shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
    power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: CudaName,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

    With t = (i / (n - 1))^power at place i of n, the value is low + (high - low) t, or low (high / low)^t for `log`.
    If there is one place, its value is `low`.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        low: The first value, finite.
        high: The last value, finite.
        axis: Negative ones count from the end.
        power: Finite and > 0. Other powers than 1 take 0.1 ms for a place, and up to 2^16 places.
        log: Whether steps are equal factors; `low` and `high` are then of one sign, and not 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def ramp(
    shape: Shape, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
    power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: DeviceLike = "cpu",
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

    With t = (i / (n - 1))^power at place i of n, the value is low + (high - low) t, or low (high / low)^t for `log`.
    If there is one place, its value is `low`.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        low: The first value, finite.
        high: The last value, finite.
        axis: Negative ones count from the end.
        power: Finite and > 0. Other powers than 1 take 0.1 ms for a place, and up to 2^16 places.
        log: Whether steps are equal factors; `low` and `high` are then of one sign, and not 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def ramp(
    shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
    power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: DeviceLike,
    seed: Seed = None, stream: Stream = 0, index: Index | None = None,
    shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

    With t = (i / (n - 1))^power at place i of n, the value is low + (high - low) t, or low (high / low)^t for `log`.
    If there is one place, its value is `low`.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        low: The first value, finite.
        high: The last value, finite.
        axis: Negative ones count from the end.
        power: Finite and > 0. Other powers than 1 take 0.1 ms for a place, and up to 2^16 places.
        log: Whether steps are equal factors; `low` and `high` are then of one sign, and not 0.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def sincos(
    shape: Sizes, *, temperature: SupportsFloat = 10000.0, interleave: bool = True, endpoint: bool = False,
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

    With d channels, position p has sin(p f) and cos(p f) of the frequencies f = temperature^(-2 k / d), where k goes
    from 0 to d/2 - 1. Values are within 4e-16 of these formulas, relative to their size, before the last rounding.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are positions (up to 2^32) and channels
            (an even number); None for the shape of `out`.
        temperature: In [1, 2^64].
        interleave: Whether channels 2 k and 2 k + 1 have the sine and the cosine of frequency k, as in the paper; else
            the first half of the channels has all sines and the second all cosines, as in MAE and Whisper.
        endpoint: Whether the last frequency is 1 / temperature: f = temperature^(-k / (d/2 - 1)), as in Whisper.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        Vaswani et al., Attention is all you need, NeurIPS 2017, section 3.5.

    Example:
        >>> sincos((3, 4), dtype="float64").round(2).tolist()
        [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.01, 1.0], [0.91, -0.42, 0.02, 1.0]]
    """
@overload
def sincos(
    shape: Sizes, *, temperature: SupportsFloat = 10000.0, interleave: bool = True, endpoint: bool = False,
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

    With d channels, position p has sin(p f) and cos(p f) of the frequencies f = temperature^(-2 k / d), where k goes
    from 0 to d/2 - 1. Values are within 4e-16 of these formulas, relative to their size, before the last rounding.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are positions (up to 2^32) and channels
            (an even number); None for the shape of `out`.
        temperature: In [1, 2^64].
        interleave: Whether channels 2 k and 2 k + 1 have the sine and the cosine of frequency k, as in the paper; else
            the first half of the channels has all sines and the second all cosines, as in MAE and Whisper.
        endpoint: Whether the last frequency is 1 / temperature: f = temperature^(-k / (d/2 - 1)), as in Whisper.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def sincos(
    shape: Shape, *, temperature: SupportsFloat = 10000.0, interleave: bool = True, endpoint: bool = False,
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

    With d channels, position p has sin(p f) and cos(p f) of the frequencies f = temperature^(-2 k / d), where k goes
    from 0 to d/2 - 1. Values are within 4e-16 of these formulas, relative to their size, before the last rounding.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are positions (up to 2^32) and channels
            (an even number); None for the shape of `out`.
        temperature: In [1, 2^64].
        interleave: Whether channels 2 k and 2 k + 1 have the sine and the cosine of frequency k, as in the paper; else
            the first half of the channels has all sines and the second all cosines, as in MAE and Whisper.
        endpoint: Whether the last frequency is 1 / temperature: f = temperature^(-k / (d/2 - 1)), as in Whisper.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def sincos(
    shape: Sizes, *, temperature: SupportsFloat = 10000.0, interleave: bool = True, endpoint: bool = False,
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

    With d channels, position p has sin(p f) and cos(p f) of the frequencies f = temperature^(-2 k / d), where k goes
    from 0 to d/2 - 1. Values are within 4e-16 of these formulas, relative to their size, before the last rounding.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are positions (up to 2^32) and channels
            (an even number); None for the shape of `out`.
        temperature: In [1, 2^64].
        interleave: Whether channels 2 k and 2 k + 1 have the sine and the cosine of frequency k, as in the paper; else
            the first half of the channels has all sines and the second all cosines, as in MAE and Whisper.
        endpoint: Whether the last frequency is 1 / temperature: f = temperature^(-k / (d/2 - 1)), as in Whisper.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

@overload
def sincos_2d(
    shape: Sizes, *, grid: Sequence[SupportsIndex], order: Order = "wh", extra_tokens: SupportsIndex = 0,
    temperature: SupportsFloat = 10000.0, interleave: bool = False, endpoint: bool = False,
    dtype: DType = "float32", device: CpuName = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> NDArray[Any]:
    """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

    Position p is the patch in row p // width and column p mod width. One half of the channels is `sincos` of the row,
    the other half is `sincos` of the column.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are tokens and channels (a multiple of 4);
            None for the shape of `out`.
        grid: The height and width, in patches; with `extra_tokens` they make up all tokens.
        order: Which half comes first: "wh" for the column, as in MAE and DiT; "hw" for the row, as in MoCo v3 and in
            timm's `build_sincos2d_pos_embed` with `interleave_sin_cos=True`.
        extra_tokens: The number of first tokens that are zero, such as a class token.
        temperature: In [1, 2^64].
        interleave: Whether within a half each sine is followed by its cosine; else all sines come first.
        endpoint: Whether the last frequency is 1 / temperature.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Source:
        He et al., Masked autoencoders are scalable vision learners, CVPR 2022 (`get_2d_sincos_pos_embed` of its code);
        Chen, Xie and He, An empirical study of training self-supervised vision transformers, ICCV 2021.

    Example:
        >>> sincos_2d((5, 4), grid=(2, 2), extra_tokens=1, dtype="float64").round(2).tolist()[1:3]
        [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.0, 1.0]]
    """
@overload
def sincos_2d(
    shape: Sizes, *, grid: Sequence[SupportsIndex], order: Order = "wh", extra_tokens: SupportsIndex = 0,
    temperature: SupportsFloat = 10000.0, interleave: bool = False, endpoint: bool = False,
    dtype: DType = "float32", device: CudaName, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> CudaArray:
    """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

    Position p is the patch in row p // width and column p mod width. One half of the channels is `sincos` of the row,
    the other half is `sincos` of the column.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are tokens and channels (a multiple of 4);
            None for the shape of `out`.
        grid: The height and width, in patches; with `extra_tokens` they make up all tokens.
        order: Which half comes first: "wh" for the column, as in MAE and DiT; "hw" for the row, as in MoCo v3 and in
            timm's `build_sincos2d_pos_embed` with `interleave_sin_cos=True`.
        extra_tokens: The number of first tokens that are zero, such as a class token.
        temperature: In [1, 2^64].
        interleave: Whether within a half each sine is followed by its cosine; else all sines come first.
        endpoint: Whether the last frequency is 1 / temperature.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def sincos_2d(
    shape: Shape, *, grid: Sequence[SupportsIndex], order: Order = "wh", extra_tokens: SupportsIndex = 0,
    temperature: SupportsFloat = 10000.0, interleave: bool = False, endpoint: bool = False,
    dtype: DType = "float32", device: DeviceLike = "cpu", seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
) -> Out:
    """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

    Position p is the patch in row p // width and column p mod width. One half of the channels is `sincos` of the row,
    the other half is `sincos` of the column.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are tokens and channels (a multiple of 4);
            None for the shape of `out`.
        grid: The height and width, in patches; with `extra_tokens` they make up all tokens.
        order: Which half comes first: "wh" for the column, as in MAE and DiT; "hw" for the row, as in MoCo v3 and in
            timm's `build_sincos2d_pos_embed` with `interleave_sin_cos=True`.
        extra_tokens: The number of first tokens that are zero, such as a class token.
        temperature: In [1, 2^64].
        interleave: Whether within a half each sine is followed by its cosine; else all sines come first.
        endpoint: Whether the last frequency is 1 / temperature.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """
@overload
def sincos_2d(
    shape: Sizes, *, grid: Sequence[SupportsIndex], order: Order = "wh", extra_tokens: SupportsIndex = 0,
    temperature: SupportsFloat = 10000.0, interleave: bool = False, endpoint: bool = False,
    dtype: DType = "float32", device: DeviceLike, seed: Seed = None, stream: Stream = 0,
    index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
) -> Any:
    """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

    Position p is the patch in row p // width and column p mod width. One half of the channels is `sincos` of the row,
    the other half is `sincos` of the column.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are tokens and channels (a multiple of 4);
            None for the shape of `out`.
        grid: The height and width, in patches; with `extra_tokens` they make up all tokens.
        order: Which half comes first: "wh" for the column, as in MAE and DiT; "hw" for the row, as in MoCo v3 and in
            timm's `build_sincos2d_pos_embed` with `interleave_sin_cos=True`.
        extra_tokens: The number of first tokens that are zero, such as a class token.
        temperature: In [1, 2^64].
        interleave: Whether within a half each sine is followed by its cosine; else all sines come first.
        endpoint: Whether the last frequency is 1 / temperature.
        dtype: One of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, or a short
            name (fp64, double, fp32, fp16, half, bf16, fp8; fp8 is float8_e4m3fn), or the dtype of
            a framework. The default is the type of `out`, or else float32. `numpy.save` forgets
            bfloat16 and float8: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its
            current stream. The default is the device of `out`, or else "cpu".
        seed: An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors
            that are drawn with one int and no `stream` share their random words: give each tensor
            its name as `stream`, or pass a `Generator`. See
            https://fastinit.github.io/fastinit/traps.html#a-seed-without-a-stream-for-two-tensors
        stream: The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it.
            The default is 0 if `seed` is an int, or else the generator's next stream. If both a
            generator and a stream are given, only the generator's seed is used, and it does not
            advance.
        index: Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the
            shape of the whole tensor, and the fans are computed from it.
        shard: A `Shard`, or a list of them, to draw only what one rank of parallel layers holds,
            instead of `index`. `shape` is still the shape of the whole tensor, and the fans are
            computed from it.
        out: A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as
            PyTorch's tensors, with `__cuda_array_interface__`, or writable bytes. An array on a GPU
            is filled on its library's current stream. With `out`, `shape` may be None.
    """

def __dir__() -> list[str]: ...
