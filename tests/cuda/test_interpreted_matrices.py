"""The kernels of orthogonal matrices, run without a GPU: the CPU's bits, and no write outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit import _core, dtypes
from fastinit.index import index_box
from tests.cuda.ptx import kernels
from tests.cuda.ptx.errors import PtxError
from tests.cuda.ptx.machine import launch
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.parser import parse

if TYPE_CHECKING:
    from tests.cuda.ptx.syntax import Kernel

pytestmark = pytest.mark.skipif(not kernels.BUILT, reason="a build without CUDA")

PRESET = 0xA5
MULTIPROCESSORS = 1  # four strips at work
TARGET = "sm_100"  # the newest PTX that a build has


def interpreted(
    shape: tuple[int, int], dtype: str, index: Any = np.s_[:, :], programs: dict[str, Kernel] | None = None
) -> bytes:
    """A part of a matrix as the kernels leave it; NaNs where they work, so that nothing unset counts."""
    length, count = max(shape), min(shape)
    rows = index_box((index[0],), (shape[0],))
    columns = index_box((index[1],), (shape[1],))
    boxes = (rows, columns) if shape[0] >= shape[1] else (columns, rows)
    strides = (columns.size, 1) if shape[0] >= shape[1] else (1, columns.size)
    spec = _core.OrthogonalSpec(dtype, 7, 3, 1.5, length, count, boxes[0][1:5], boxes[1][1:5], *strides)
    item = dtypes.STORED[dtype].itemsize
    out = np.full(rows.size * columns.size * item + 64, PRESET, np.uint8)
    begin = -out.ctypes.data % 16 + 16
    part = out[begin : begin + rows.size * columns.size * item]
    size = _core.cuda_orthogonal_workspace(spec, MULTIPROCESSORS)
    workspace = np.full(size + 256, 0xFF, np.uint8)
    workspace = workspace[-workspace.ctypes.data % 256 :][:size]
    planned = _core.cuda_orthogonal_launches(part.ctypes.data, spec, workspace.ctypes.data, MULTIPROCESSORS)
    for key, grid, block, arguments in planned:
        memory = Memory()
        memory.add(part)
        memory.add(workspace)
        program = (programs or {}).get(key[0]) or kernels.kernel(TARGET, key)
        launch(program, grid, block, arguments, memory)
    beside = np.delete(out, np.s_[begin : begin + part.size])
    assert (beside == PRESET).all()
    return part.tobytes()


@pytest.mark.parametrize("dtype", dtypes.FLOATS)
def test_bits_are_the_cpus(dtype: str) -> None:
    expected = fastinit.orthogonal((45, 37), gain=1.5, dtype=dtype, seed=7, stream=3)
    assert interpreted((45, 37), dtype) == expected.tobytes()


@pytest.mark.parametrize("shape", [(1, 1), (70, 33), (33, 70), (32, 32), (200, 3)])
def test_shapes(shape: tuple[int, int]) -> None:
    expected = fastinit.orthogonal(shape, gain=1.5, seed=7, stream=3)
    assert interpreted(shape, "float32") == expected.tobytes()


@pytest.mark.parametrize("index", [np.s_[3:50, 30:36], np.s_[69:70, :], np.s_[10:12, 5:6]])
@pytest.mark.parametrize("shape", [(70, 40), (70, 80)])
def test_parts(shape: tuple[int, int], index: Any) -> None:
    expected = fastinit.orthogonal(shape, gain=1.5, seed=7, stream=3, index=index)
    assert interpreted(shape, "float32", index) == expected.tobytes()


# The others stand beside another barrier, or end a loop that goes through once here.
@pytest.mark.parametrize(("method", "others"), [("reflectors", 3), ("orthogonal", 1)])
def test_a_missing_barrier_is_noticed(method: str, others: int) -> None:
    key = (method, "float32")
    expected = fastinit.orthogonal((70, 33), gain=1.5, seed=7, stream=3)
    source = kernels.source(TARGET, key)
    barriers = [found.start() for found in re.finditer(r"^\s*bar\.sync", source, re.MULTILINE)]
    unnoticed = 0
    for at in barriers:
        (program,) = parse(source[:at] + source[source.index(";", at) + 1 :]).kernels.values()
        try:
            bits = interpreted((70, 33), "float32", programs={method: program})
        except PtxError:
            continue
        unnoticed += bits == expected.tobytes()
    assert unnoticed == others < len(barriers) / 2
