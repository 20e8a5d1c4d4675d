"""Fills that the interpreter and the CPU both do, and the comparison of all that they leave."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit import _core
from tests.core.corefill import CASES, DTYPES, PRESET, core_parameters
from tests.cuda.ptx import kernels

if TYPE_CHECKING:
    from tests.cuda.ptx.machine import Counts
    from tests.cuda.ptx.syntax import Kernel

GUARD = 64  # bytes on either side of the target


@dataclasses.dataclass(frozen=True)
class Fill:
    """A fill, and the memory around its target."""

    distribution: str = "normal"
    dtype: str = "float32"
    user: tuple[float, ...] | None = None
    seed: int = 0x0123456789ABCDEF
    stream: int = 0xFEDCBA9876543210
    start: int = 0
    run: int = 1000
    extents: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    skip: int = 0  # elements between a 128-bit boundary and the target
    multiprocessors: int = 1

    @property
    def item(self) -> int:
        return DTYPES[self.dtype].itemsize

    @property
    def size(self) -> int:
        return self.run * math.prod(self.extents)

    def room(self) -> tuple[np.ndarray, np.ndarray]:
        """Preset memory, and the part of it to fill."""
        size = self.size * self.item
        memory = np.full(2 * GUARD + size + 32, PRESET, np.uint8)
        begin = GUARD - (memory.ctypes.data + GUARD) % 16 + 16 + self.skip * self.item
        return memory, memory[begin : begin + size]

    @property
    def spec(self) -> _core.FillSpec:
        user = CASES.get(self.distribution, ()) if self.user is None else self.user
        parameters = core_parameters(self.distribution, user)
        key = (self.distribution, self.dtype, self.seed, self.stream, parameters)
        return _core.FillSpec(*key, self.start, self.run, self.extents, self.strides)

    def plan(self, target: np.ndarray) -> Any:
        return _core.cuda_launch(target.ctypes.data, self.spec, self.multiprocessors)


def by_cpu(fill: Fill) -> np.ndarray:
    """The bytes that the CPU leaves."""
    _, target = fill.room()
    _core.fill(target.ctypes.data, fill.spec)
    return target


def check(fill: Fill, ptx: str | Kernel, grid: int | None = None, most_steps: int = 1_000_000) -> Counts:
    """Runs the fill's kernel; its target must equal the CPU's, and the rest be as it was.

    Args:
        fill: What to fill.
        ptx: Whose PTX, as "sm_90", or the kernel itself.
        grid: Another number of blocks than the launcher's.
        most_steps: Of the interpreter.

    Raises:
        AssertionError: Some byte differs.
        PtxError: The kernel did what it must not.
    """
    memory, target = fill.room()
    counts = kernels.run(fill.plan(target), target, ptx, grid=grid, most_steps=most_steps)
    expected = np.full_like(memory, PRESET)
    begin = target.ctypes.data - memory.ctypes.data
    expected[begin : begin + target.size] = by_cpu(fill)
    assert memory.tobytes() == expected.tobytes(), f"bytes differ: {fill}"
    return counts


def notices(fill: Fill, ptx: str | Kernel) -> bool:
    """Whether the bytes alone show that a kernel is broken."""
    try:
        check(fill, ptx)
    except AssertionError:
        return True
    return False
