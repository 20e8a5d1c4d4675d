"""What an opcode means: the kinds of operation, and how rules read an opcode's modifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.cuda.ptx.errors import UnknownInstruction
from tests.cuda.ptx.syntax import SIZES, Register

if TYPE_CHECKING:
    from collections.abc import Callable

DTYPES = {  # how NumPy holds a type; untyped bits and narrow floats as unsigned integers
    name: np.dtype(
        bool
        if name == "pred"
        else f"f{bits // 8}"
        if name in ("f32", "f64")
        else f"{'i' if name[0] == 's' else 'u'}{bits // 8}"
    )
    for name, bits in SIZES.items()
}
SIGNED = ("s16", "s32", "s64")
UNSIGNED = ("u16", "u32", "u64")
INTEGERS = (*SIGNED, *UNSIGNED)
ALL_INTEGERS = ("s8", "u8", *INTEGERS)
BITS = ("b16", "b32", "b64")
FLOATS = ("f32", "f64")
SCALARS = (*INTEGERS, *BITS, *FLOATS)
ROUNDINGS = ("rn", "rz", "rm", "rp")
CARRY = Register("%cc", 1)  # the carry flag, which no instruction names


@dataclass(frozen=True)
class Operation:
    """Reads sources, computes, writes destinations; all by their types."""

    destinations: tuple[str, ...]
    sources: tuple[str, ...]
    compute: Callable
    carry_in: bool = False  # one more source
    carry_out: bool = False  # one more destination
    resizes: bool = False  # registers may be wider than the types: cut on reading, extended on writing
    packs: bool = False  # a vector of registers may stand for a wider one
    spare: int = 0  # how many of the last destinations may be left out


@dataclass(frozen=True)
class Access:
    """A load or a store of `count` neighbouring items."""

    store: bool
    space: str
    type: str
    count: int


@dataclass(frozen=True)
class Jump:
    """To the instruction's label, or out of the kernel."""

    leaves: bool


@dataclass(frozen=True)
class Barrier:
    """Waits for all threads of the block that have not ended."""


Decoded = Operation | Access | Jump | Barrier
FORMULAS: dict[str, Callable[[Modifiers], Decoded]] = {}


class Modifiers:
    """An opcode's dotted words, read from left to right."""

    def __init__(self, opcode: str) -> None:
        self.name, *self.left = opcode.split(".")

    def take(self, *choices: str) -> str:
        """The next word, which must be one of the choices."""
        if not self.left or self.left[0] not in choices:
            found = f".{self.left[0]}" if self.left else "the end"
            raise UnknownInstruction(f"`{self.name}`: {found} where .{', .'.join(choices)} is known")
        return self.left.pop(0)

    def takes(self, *choices: str) -> str:
        """The next word if it is one of the choices, else nothing."""
        return self.left.pop(0) if self.left and self.left[0] in choices else ""

    def end(self) -> None:
        if self.left:
            raise UnknownInstruction(f"`{self.name}`: unknown modifier .{self.left[0]}")


def rule(*names: str) -> Callable:
    """Registers how the opcodes of these names are read."""

    def register(read: Callable[[Modifiers], Decoded]) -> Callable[[Modifiers], Decoded]:
        FORMULAS.update(dict.fromkeys(names, read))
        return read

    return register


def same(type_name: str, sources: int, compute: Callable, **more: bool) -> Operation:
    """An operation on one type."""
    return Operation((type_name,), (type_name,) * sources, compute, **more)


def rounded(m: Modifiers) -> str:
    """The float type of an operation that must say `.rn`."""
    if not m.takes("rn"):
        raise UnknownInstruction(f"`{m.name}` on floats is known with .rn only")
    return m.take(*FLOATS)
