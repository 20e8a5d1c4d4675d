"""From a call in Python to the bytes of a real CuPy array, with the kernels' own PTX in between.

No GPU takes part: the launch goes to the PTX interpreter, and the memory is the CPU's (tests/cuda/host.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import fastinit
from fastinit.dtypes import FLOATS
from tests.cuda.host import Host, gpus, values_of
from tests.cuda.ptx import kernels

if TYPE_CHECKING:
    from collections.abc import Iterator

cupy = pytest.importorskip("cupy")

TARGETS = tuple(kernels.modules()) if kernels.BUILT else ()
DRAWS: dict[str, dict[str, Any]] = {
    "normal": {"std": 0.02},
    "uniform": {"low": -0.75, "high": 0.5},
    "truncated_normal": {"mean": 0.5, "upper": 1.5},
    "he_normal": {"truncated": True},
    "constant": {"value": 0.375},
}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with gpus(monkeypatch) as machine:
        machine.interpret(TARGETS[-1])
        yield machine


@pytest.mark.parametrize("dtype", FLOATS if kernels.BUILT else ())
@pytest.mark.parametrize("name", DRAWS)
def test_kernel_writes_the_cpus_bits_where_the_array_is(host: Host, name: str, dtype: str) -> None:
    element, options = FLOATS[dtype], {**DRAWS[name], "dtype": dtype, "seed": 3, "stream": "w"}
    draw = getattr(fastinit, name)
    expected = draw((37, 5), **options)
    memory = cupy.empty((39, 5), "uint8" if element.itemsize == 1 else element.numpy)
    before = values_of(memory).copy()
    assert draw((37, 5), out=memory[1:38], device="cuda", **options) is not None
    after = values_of(memory)
    assert after[1:38].tobytes() == expected.tobytes()
    assert after[[0, 38]].tobytes() == before[[0, 38]].tobytes()
    assert host.nothing_beside_was_written()
    assert len(host.launches) == len(host.blocks) == 1


@pytest.mark.parametrize("name", ["random_bits", "normal"] if kernels.BUILT else ())
def test_new_array_and_part_of_it(host: Host, name: str) -> None:
    draw = getattr(fastinit, name)
    whole = draw((60, 8), seed=9)
    for index in (..., (slice(2, 40), slice(5, None)), 7, (slice(5, 2),)):
        part = draw((60, 8), seed=9, index=index, device="cuda:1")
        assert values_of(part).tobytes() == whole[index].tobytes()
    assert host.nothing_beside_was_written()
