"""The issue slots per element, and the rate that an H100 can reach with them. This is a model; nothing is run.

Sources: NVIDIA's CUDA C++ Programming Guide, table "Throughput of Native Arithmetic Instructions",
compute capability 9.0; the H100 data sheet for memory. The pipe of each instruction is
from Nsight Compute's documentation, "Pipelines".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .flow import Path
    from .listing import Instruction, Key

MULTIPROCESSORS = 132
CLOCK = 1.755e9  # per second
PEAK_BYTES = 3.35e12  # per second, the data sheet's
REACHABLE_BYTES = 3.0e12  # about the rate that a fill reaches
ISSUE = 128  # thread instructions per clock in a multiprocessor: 4 schedulers with 32 threads each
RATES = {  # results per clock in a multiprocessor
    "float32": 128,
    "integer": 64,  # add, logic, compare, select, shift, move; int <-> float on 32 bits
    "multiply": 64,
    "special": 16,  # reciprocal root; conversions to and from 8, 16 and 64 bits
    "float64": 64,
}
_FLOAT32 = {"FADD", "FMUL", "FFMA", "HFMA2"}
_SPECIAL = {"MUFU", "I2F", "F2I", "F2F"}
_OTHER = {"STG", "LDG", "LDC", "LDCU", "ULDC", "BRA", "BSSY", "BSYNC", "NOP", "WARPSYNC", "EXIT"}
# The multiplier can also move, shift and add, at the rate of any integer instruction.
_NOT_PRODUCTS = {"MOV", "SHL", "IADD", "X"}


def is_product(i: Instruction) -> bool:
    if i.base not in ("IMAD", "IMUL"):
        return False
    return not _NOT_PRODUCTS & set(i.modifiers) and "RZ" not in [o.strip("-~") for o in i.operands[1:3]]


def slots(code: Iterable[Instruction]) -> int:
    """Every instruction takes one slot. A product of integers takes two, because it has half the rate."""
    return sum(2 if is_product(i) else 1 for i in code)


def pipe(i: Instruction) -> str | None:
    """The pipe that executes an instruction; None if only its issue is modelled."""
    if i.base in _OTHER or i.base.startswith("U") or i.base == "R2UR":
        return None
    if i.base in _FLOAT32:
        return "float32"
    if i.base in ("IMAD", "IMUL"):
        return "multiply"
    if i.base in _SPECIAL:
        return "special"
    if i.base in ("DADD", "DMUL", "DFMA", "DSETP"):
        return "float64"
    return "integer"


@dataclass(frozen=True)
class Count:
    """One kernel's loop body, per element."""

    elements: int  # that a lane writes in a pass
    slots: float
    slots_with_rare: float  # with the blocks for far tails
    instructions: float
    products: float
    pipes: dict[str, float]

    def clocks(self) -> dict[str, float]:
        """The clocks of a multiprocessor per element, for the issue and for each pipe."""
        found = {name: count / RATES[name] for name, count in self.pipes.items()}
        return {"issue": self.slots / ISSUE, **found}


def count(ways: tuple[Path, Path], stored: int, key: Key) -> Count:
    """Counts the instructions of a body that stores so many bytes in a pass."""
    shortest, longest = (way.code for way in ways)
    elements = stored // key.item_bytes

    def each(total: float) -> float:
        return round(total / elements, 4)

    pipes = Counter(name for i in shortest if (name := pipe(i)))
    return Count(
        elements,
        each(slots(shortest)),
        each(slots(longest)),
        each(len(shortest)),
        each(sum(map(is_product, shortest))),
        {name: each(number) for name, number in sorted(pipes.items())},
    )


@dataclass(frozen=True)
class Prediction:
    """The rate at which an H100 would write, if the model is right."""

    arithmetic_bytes: float  # per second, without the limit of memory
    bound: str  # what limits the arithmetic

    @property
    def bytes_written(self) -> float:
        return min(self.arithmetic_bytes, REACHABLE_BYTES)


def predict(counted: Count, key: Key) -> Prediction:
    clocks = counted.clocks()
    slowest = max(clocks, key=lambda name: (clocks[name], name))
    elements = MULTIPROCESSORS * CLOCK / clocks[slowest]
    return Prediction(elements * key.item_bytes, slowest)
