"""matrices.py and closed_forms.py on a GPU: computed there, on the right device and stream, by what CuPy has.

CuPy computes nothing without a GPU, so NumPy stands in (tests/cuda/numpy_as_cupy.py) and gives the CPU's values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.cuda import Gpu
from fastinit.dtypes import FLOATS
from fastinit.formulas import FIXED
from tests.cuda.host import Host, gpus, values_of

pytest.importorskip("cupy")

from tests.cuda.numpy_as_cupy import Array, NumpyAsCupy, numpy_as_cupy

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("orthogonal", (7, 3), {"gain": 1.5}),
    ("orthogonal", (3, 7), {"layout": "torch"}),
    ("orthogonal", (0, 3), {}),
    ("delta_orthogonal", (3, 2, 4), {}),
    ("delta_orthogonal", (4, 2, 3, 3), {"layout": "torch"}),
    ("delta_orthogonal", (0, 2, 4), {}),
    ("identity", (3, 5), {"gain": 2.0}),
    ("dirac", (3, 4, 4), {"groups": 2}),
    ("dirac", (4, 2, 3), {"layout": "torch"}),
    ("sparse", (10, 6), {"sparsity": 0.25}),
    ("sparse", (0, 6), {"sparsity": 0.25}),
    ("hadamard", (5, 9), {}),
    ("hadamard_identity", (3, 4, 9), {}),
    ("hadamard_identity", (3, 9, 4), {}),
    ("triangular", (2, 5, 4), {"diagonal": 1, "value": 0.5}),
    ("delta", (5, 4), {"axis": 0, "place": 2}),
    ("modulo", (5, 4), {"divisor": 3}),
    ("modulo", (5, 3), {"divisor": 3, "one_hot": True}),
    ("ramp", (5, 4), {"axis": 0}),
    ("sincos", (9, 6), {}),
    ("sincos", (0, 6), {}),
    ("sincos_2d", (13, 8), {"grid": (3, 4), "extra_tokens": 1}),
]


BY_CORE = ("orthogonal", "delta_orthogonal")  # without CuPy, but for memory


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with gpus(monkeypatch) as machine:
        yield machine


@pytest.fixture
def module(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[NumpyAsCupy]:
    with numpy_as_cupy(host, monkeypatch) as stand_in:
        yield stand_in


class OnGpu:
    """An array that says it is on device 1, with a stream of its own."""

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        self.values = values
        self.__cuda_array_interface__ = {
            "shape": values.shape,
            "typestr": f"|V{values.itemsize}",
            "data": (values.ctypes.data, False),
            "version": 3,
            "stream": 77,
        }


@pytest.mark.parametrize(("name", "shape", "options"), CASES)
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_new_array(
    host: Host,
    module: NumpyAsCupy,
    name: str,
    shape: tuple[int, ...],
    options: dict[str, Any],
    device: str,
) -> None:
    function, number = getattr(fastinit, name), int(device == "cuda:1")
    drawn = function(shape, seed=2, device=device, **options)
    expected = function(shape, seed=2, **options)
    assert (drawn.dtype, drawn.shape) == (expected.dtype, expected.shape)
    found = np.asarray(drawn) if isinstance(drawn, Array) else values_of(drawn)
    np.testing.assert_array_equal(found, expected)
    where = Gpu(number, host.streams[number])
    assert module.entered == ([] if name in BY_CORE else [where])
    assert all(launch[1:] == where for launch in host.launches)
    assert bool(host.launches) == (name not in FIXED and (name, shape) != ("orthogonal", (0, 3)))


@pytest.mark.parametrize(("name", "shape", "options"), CASES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_out_is_computed_on_its_owners_stream(
    host: Host,
    module: NumpyAsCupy,
    name: str,
    shape: tuple[int, ...],
    options: dict[str, Any],
    dtype: str,
) -> None:
    function = getattr(fastinit, name)
    out = OnGpu(np.full(shape, 7.0, FLOATS[dtype].numpy))
    assert function(None, seed=2, out=out, dtype=dtype, **options) is out
    expected = function(shape, seed=2, dtype=dtype, **options)
    assert out.values.tobytes() == expected.tobytes()
    where = (1, 77)
    assert module.entered == ([] if name in BY_CORE else [where])
    assert all(launch[1:] == where for launch in host.launches)
    assert host.streams[1] == 0x2000  # put back


def test_part(module: NumpyAsCupy) -> None:
    for name, options in (("orthogonal", {}), ("sparse", {"sparsity": 0.5})):
        whole = getattr(fastinit, name)((6, 4), seed=2, **options)
        for index in (np.s_[2:4, 1:], 3, np.s_[..., -1], np.s_[2, 3]):
            part = getattr(fastinit, name)((6, 4), seed=2, index=index, device="cuda", **options)
            found = np.asarray(part) if isinstance(part, Array) else values_of(part)
            np.testing.assert_array_equal(found, whole[index])
    assert module.entered


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["normal", "orthogonal", "hadamard", "zeros"])
@pytest.mark.parametrize("dim", [0, 1])
def test_shard_of_several_boxes(host: Host, module: NumpyAsCupy, name: str, dtype: str, dim: int) -> None:
    """Contiguous memory is filled in place; other memory is filled by a copy of CuPy's, on the owner's stream."""
    shard, function = fastinit.Shard(dim, 1, 2, stride=2), getattr(fastinit, name)
    expected = function((8, 12), seed=2, dtype=dtype, shard=shard)
    out = OnGpu(np.full(expected.shape, 7.0, FLOATS[dtype].numpy))
    function((8, 12), seed=2, dtype=dtype, shard=shard, out=out)
    assert out.values.tobytes() == expected.tobytes()
    assert set(module.entered) == {(1, 77)}
    assert all(launch[1:] == (1, 77) for launch in host.launches)


def test_random_ones_take_one_stream_and_others_none(module: NumpyAsCupy) -> None:
    generator = fastinit.Generator(seed=1)
    for name, shape, options in CASES:
        getattr(fastinit, name)(shape, seed=generator, device="cuda", **options)
    random = [name for name, _, _ in CASES if name not in FIXED]
    assert generator.next_stream() == len(random)
    assert len(module.entered) == sum(name not in BY_CORE for name, _, _ in CASES)
