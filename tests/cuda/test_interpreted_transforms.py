"""The kernels of transformed draws, run without a GPU: the bits of the CPU, and nothing beside them written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit import _core
from fastinit.devices import CPU, CUDA
from fastinit.distributions import Normal, Transformed, Uniform
from fastinit.dtypes import FLOATS
from fastinit.fill import draw
from fastinit.steps import read_steps
from tests.core.test_transforms import CASES, of_case
from tests.cuda.host import Host, gpus, values_of
from tests.cuda.ptx import kernels

pytest.importorskip("cupy")

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not kernels.BUILT, reason="a build without CUDA")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with gpus(monkeypatch) as machine:
        machine.interpret([*kernels.modules()][-1])
        yield machine
        assert machine.nothing_beside_was_written()


def both(spec: Any, dtype: str, shape: tuple[int, ...] = (37, 11), index: Any = None) -> tuple[bytes, bytes]:
    """What the kernels and what the CPU write."""
    numbers: dict[str, Any] = {"dtype": dtype, "seed": 3, "stream": "w", "index": index}
    on_cpu = np.asarray(draw(spec, shape, device=CPU, **numbers).owner)
    if np.dtype(FLOATS[dtype].numpy).name.startswith("float8"):  # of which CuPy has no arrays
        spec_of = _core.FillSpec(spec.core_name, dtype, 3, 0, spec.parameters(FLOATS[dtype]), 0, 407, (), ())
        memory = np.zeros(407, np.uint8)
        _core.cuda_fill(memory.ctypes.data, _core.TransformedSpec(spec_of, spec.core_steps), 0, 0)
        expected = np.zeros(407, np.uint8)
        _core.fill(expected.ctypes.data, _core.TransformedSpec(spec_of, spec.core_steps))
        return memory.tobytes(), expected.tobytes()
    on_gpu = values_of(draw(spec, shape, device=CUDA, **numbers).owner)
    return on_gpu.tobytes(), on_cpu.tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("host")
def test_kernels_write_the_cpus_bits(case: str, dtype: str) -> None:
    on_gpu, on_cpu = both(of_case(case), dtype)
    assert on_gpu == on_cpu


@pytest.mark.parametrize("index", [np.s_[3:20, 2:9], np.s_[:, 4], np.s_[5:5]])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.usefixtures("host")
def test_parts(dtype: str, index: Any) -> None:
    on_gpu, on_cpu = both(of_case("dt_bias"), dtype, index=index)
    assert on_gpu == on_cpu


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
@pytest.mark.usefixtures("host")
def test_extremes(base: Any, steps: list[Any]) -> None:
    on_gpu, on_cpu = both(Transformed(base, read_steps(steps)), "float64", (300,))
    assert on_gpu == on_cpu


def test_a_draw_is_followed_by_its_transform() -> None:
    """Types as wide as the draw take no memory of their own; narrower ones the draw's."""
    for dtype, workspace in [("float64", 0), ("float32", 0), ("bfloat16", 400), ("float8_e5m2", 400)]:
        fill = _core.FillSpec("uniform", dtype, 0, 0, (1.0, 2.0), 0, 100, (), ())
        spec = _core.TransformedSpec(fill, (("log", ()),))
        assert _core.cuda_transform_workspace(spec) == workspace
        keys = [launch[0] for launch in _core.cuda_transformed_launches(4096, spec, 8192, 1)]
        assert keys == [("ExactUniform", "float64" if dtype == "float64" else "float32"), ("transform", dtype)]
