"""Calls that must be right to type checkers, and the types of what they return."""

from typing import Any, assert_type

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

import fastinit
from fastinit.typing import CudaArray, DType, Layout

# Arrays: of NumPy, of CuPy, or what was given to be filled.
assert_type(fastinit.he_normal((3, 4)), NDArray[Any])
assert_type(fastinit.he_normal((3, 4), device="cpu"), NDArray[Any])
assert_type(fastinit.he_normal((3, 4), device="cuda"), CudaArray)
assert_type(fastinit.normal(5, device="cuda:1"), CudaArray)
assert_type(fastinit.normal(None, out=bytearray(16)), bytearray)
assert_type(fastinit.normal(None, out=np.empty((2, 3), np.float32)), np.ndarray[tuple[int, int], np.dtype[np.float32]])
assert_type(fastinit.random_bits(5), NDArray[np.uint32])
assert_type(fastinit.kaiming_uniform((3, 4), mode="fan_out"), NDArray[Any])


def on(device: str) -> None:
    assert_type(fastinit.zeros(3, device=device), Any)


# Shapes, element types, streams, parts.
fastinit.normal([np.int64(3), 4], std=1, dtype="bf16")
fastinit.normal(5, dtype=np.float64, seed=fastinit.Generator(1), stream="w")
fastinit.normal(5, dtype=np.dtype("float16"))
fastinit.normal(5, dtype=ml_dtypes.bfloat16)
fastinit.normal(5, std=np.float32(3), seed=np.uint64(1), stream=np.int64(2), index=np.int64(0))
fastinit.Shard(0, 0, 2, sections=[2, 2])
fastinit.he_normal((3, 4), layout="torch", truncated=True, seed=1, stream=2, index=(..., slice(2)))
fastinit.he_uniform((3, 4), in_axis=0, out_axis=(1,), shard=fastinit.Shard(dim=0, rank=0, world=1))
fastinit.constant(3, 0.5)
fastinit.variance_scaling((3, 4), scale=2.0, mode="fan_geo_avg", distribution="truncated_normal")
fastinit.sincos_2d((4, 8), grid=(2, 2), order="hw")


def embedding(size: int, dtype: DType = "float32", layout: Layout = "torch") -> NDArray[Any]:
    return fastinit.orthogonal((size, 8), dtype=dtype, layout=layout)


# The rest of the package.
assert_type(fastinit.Generator(0).he_normal((4, 4)), NDArray[Any])
assert_type(fastinit.manual_seed(0).normal(3, device="cuda", stream="w"), CudaArray)
assert_type(fastinit.Generator().zeros(None, out=bytearray(8)), bytearray)
assert_type(fastinit.gain("gelu"), float)
assert_type(fastinit.gain("leaky_relu", 0.2, exact=True), float)
assert_type(fastinit.compute_fans((3, 4), layout="torch"), tuple[int, int])
assert_type(fastinit.get_default_layout(), Layout)
assert_type(fastinit.__version__, str)
fastinit.set_default_layout("torch")
assert_type(fastinit.checkpoint.load_recipe("gpt2.toml"), fastinit.checkpoint.Recipe)
fastinit.checkpoint.load_recipe("gpt2", dtype="bf16", layout="torch")
fastinit.checkpoint.recipe_from_checkpoint("folder", dtype="float16", layout="keras")
fastinit.checkpoint.recipe_from_config("config.json", dtype="bfloat16")


def fill(tensor: Any) -> None:
    fastinit.torch.kaiming_normal_(tensor, mode="fan_out", nonlinearity="relu", seed=0, stream="fc1.weight")
    fastinit.torch.kaiming_uniform_(tensor, 0.2, "fan_in", "leaky_relu")


fastinit.jax.variance_scaling(1.0, "fan_geo_avg", "truncated_normal")
