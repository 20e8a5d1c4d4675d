"""The kernels of transformed draws, run without a GPU: the CPU's bits, and no write outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit import _core
from fastinit.buffers import Buffer
from fastinit.cuda import Gpu
from fastinit.distributions import Normal, Transformed, Uniform
from fastinit.dtypes import FLOATS
from fastinit.fill import fill_buffer
from fastinit.index import box_of
from fastinit.steps import read_steps
from tests.core.test_transforms import CASES, of_case
from tests.cuda.host import PRESET, Host, gpus_without_cupy
from tests.cuda.ptx import kernels

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not kernels.BUILT, reason="a build without CUDA")

BESIDE = 24  # bytes kept on both sides of what is drawn: whole elements, other than whole 128-bit stores


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with gpus_without_cupy(monkeypatch) as machine:
        machine.interpret([*kernels.modules()][-1])
        yield machine


def filled(spec: Any, dtype: str, shape: tuple[int, ...], index: Any, gpu: Gpu | None) -> bytes:
    """The result of a fill, and the memory around it."""
    box, element = box_of(index, shape), FLOATS[dtype]
    memory = np.full(box.size * element.itemsize + 2 * BESIDE, PRESET, np.uint8)
    buffer = Buffer(memory.ctypes.data + BESIDE, box.shape, element, memory, gpu=gpu)
    fill_buffer(spec, buffer, box, seed=3, stream="w")
    return memory.tobytes()


def assert_same(host: Host, spec: Any, dtype: str, shape: tuple[int, ...] = (37, 11), index: Any = None) -> None:
    """The kernels write what the CPU writes."""
    assert filled(spec, dtype, shape, index, Gpu(0, 0)) == filled(spec, dtype, shape, index, None)
    assert len(host.launches) == 1


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("case", CASES)
def test_kernels_write_the_cpus_bits(host: Host, case: str, dtype: str) -> None:
    assert_same(host, of_case(case), dtype)


@pytest.mark.parametrize("index", [np.s_[3:20, 2:9], np.s_[:, 4], np.s_[5:5]])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_parts(host: Host, dtype: str, index: Any) -> None:
    assert_same(host, of_case("dt_bias"), dtype, index=index)


# From the least to the greatest results, and every branch of the steps: subnormal numbers, huge ones, zeros.
EXTREMES = [
    (Uniform(-745.0, 709.0), ["exp"]),
    (Uniform(-745.0, -700.0), ["exp", {"clamp": [5e-324, 1.0]}, "log"]),
    (Uniform(1e300, 1.7e308), ["log", {"shift": -700.0}]),
    (Normal(0.0, 1e-308), ["abs", {"clamp": [5e-324, 1.0]}, "softplus_inverse"]),
    (Uniform(30.0, 90.0), ["softplus_inverse", "reciprocal", "reciprocal"]),
    (Uniform(-1.0, 1.0), [{"scale": 0.0}, {"clamp": [0.0, 1.0]}, "abs"]),
]


@pytest.mark.parametrize(("base", "steps"), EXTREMES)
def test_extremes(host: Host, base: Any, steps: list[Any]) -> None:
    assert_same(host, Transformed(base, read_steps(steps)), "float64", (300,))


def test_a_draw_is_followed_by_its_transform() -> None:
    """Types as wide as the draw take no memory of their own; narrower ones the draw's."""
    for dtype, workspace in [("float64", 0), ("float32", 0), ("bfloat16", 400), ("float8_e5m2", 400)]:
        fill = _core.FillSpec("uniform", dtype, 0, 0, (1.0, 2.0), 0, 100, (), ())
        spec = _core.TransformedSpec(fill, (("log", ()),))
        assert _core.cuda_transform_workspace(spec) == workspace
        keys = [launch[0] for launch in _core.cuda_transformed_launches(4096, spec, 8192, 1)]
        assert keys == [("ExactUniform", "float64" if dtype == "float64" else "float32"), ("transform", dtype)]
