"""The built core, called directly on NumPy memory: no Python face in between."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

from fastinit import _core
from tests.core import reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DTYPES: dict[str, np.dtype[Any]] = {
    "float64": np.dtype(np.float64),
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float8_e4m3fn": np.dtype(ml_dtypes.float8_e4m3fn),
    "float8_e5m2": np.dtype(ml_dtypes.float8_e5m2),
    "uint32": np.dtype(np.uint32),
}
FLOATS = [name for name in DTYPES if name != "uint32"]
NARROW = ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]

# One ordinary case of each distribution, as the user gives it (see reference.values).
CASES: dict[str, tuple[float, ...]] = {
    "uniform": (-0.75, 0.75),
    "normal": (0.0, 0.02),
    "truncated_normal": (0.5, 1.25, -2.0, 2.0),
}
PRESET = 0xA5  # what memory holds before a fill, so that "never written" shows


def core_parameters(distribution: str, user: tuple[float, ...]) -> tuple[float, ...]:
    """What the core takes for what the user gives."""
    if distribution != "truncated_normal":
        return user
    mean, std, lower, upper = user
    tails = (float(t) for t in reference.exact_tails(lower, upper))
    return (mean, std, mean + std * lower, mean + std * upper, *tails)


def draw(
    distribution: str,
    dtype: str,
    user: tuple[float, ...] = (),
    count: int = 0,
    *,
    seed: int = 1,
    stream: int = 0,
    start: int = 0,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """`count` consecutive elements from flat index `start`."""
    if out is None:
        out = np.full(count * DTYPES[dtype].itemsize, PRESET, np.uint8).view(DTYPES[dtype])
    parameters = core_parameters(distribution, user)
    spec = _core.FillSpec(distribution, dtype, seed, stream, parameters, start, count, (), ())
    _core.fill(out.ctypes.data, spec)
    return out


def transform(distribution: str, dtype: str, words: Any, user: tuple[float, ...]) -> NDArray[Any]:
    """The distribution applied to chosen words; any multiple of four.

    Philox is a bijection for each key, so every block of words is drawn somewhere: run backwards it
    tells the seed, the stream and the index, and the core fills that one block.
    """
    chosen = np.ascontiguousarray(words, np.uint32).reshape(-1, 4)
    seeds, blocks, streams = find_blocks(chosen.tobytes())
    size = 2 if dtype == "float64" else 4  # elements in a block
    out = np.empty((len(chosen), size), DTYPES[dtype])
    parameters = core_parameters(distribution, user)
    address = out.ctypes.data
    for seed, block, stream in zip(seeds.tolist(), blocks.tolist(), streams.tolist(), strict=True):
        place = (size * block, size, (), ())
        _core.fill(address, _core.FillSpec(distribution, dtype, seed, stream, parameters, *place))
        address += out.itemsize * size
    return out.reshape(-1)


@functools.lru_cache(maxsize=4)
def find_blocks(words: bytes) -> Any:
    """Where these words are drawn; the same ones are often asked for many distributions."""
    return reference.find_blocks(np.frombuffer(words, np.uint32).reshape(-1, 4))


def bits_of(array: NDArray[Any]) -> NDArray[Any]:
    """The same memory as unsigned integers, so that NaN and -0 compare as stored."""
    return array.view(np.dtype(f"uint{8 * array.dtype.itemsize}"))


def assert_same_bits(actual: NDArray[Any], expected: NDArray[Any]) -> None:
    """Equal to the bit."""
    np.testing.assert_array_equal(bits_of(actual), bits_of(expected))


def usable_isas() -> list[str]:
    """Instruction sets built into the core that this processor has."""
    return [name for name, built, supported in _core.isas() if built and supported]


@contextlib.contextmanager
def isa(name: str) -> Iterator[None]:
    """The core on one instruction set, then on the previous one again."""
    before = _core.isa()
    _core.set_isa(name)
    try:
        yield
    finally:
        _core.set_isa(before)


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """The core with this many threads, then with the previous number again."""
    before = _core.get_num_threads()
    _core.set_num_threads(count)
    try:
        yield
    finally:
        _core.set_num_threads(before)
