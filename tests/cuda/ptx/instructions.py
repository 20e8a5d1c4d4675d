"""Turns an instruction into a function, and raises an error if its operands do not fit."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tests.cuda.ptx import rules  # noqa: F401  (fills the table)
from tests.cuda.ptx.errors import UnknownInstruction
from tests.cuda.ptx.operations import (
    ALL_INTEGERS,
    BITS,
    FLOATS,
    FORMULAS,
    Access,
    Barrier,
    Modifiers,
    Operation,
)
from tests.cuda.ptx.syntax import (
    SIZES,
    Address,
    Immediate,
    Negated,
    Register,
    Sink,
    Special,
    Symbol,
    Vector,
)

if TYPE_CHECKING:
    from tests.cuda.ptx.operations import Decoded
    from tests.cuda.ptx.syntax import Instruction, Operand


@functools.lru_cache(maxsize=1 << 17)  # instructions are told apart by identity
def decode(instruction: Instruction) -> Decoded:
    """What an instruction does; raises UnknownInstruction where that is not exactly known."""
    modifiers = Modifiers(instruction.opcode)
    try:
        if modifiers.name not in FORMULAS:
            raise UnknownInstruction(f"unknown opcode `{modifiers.name}`")
        decoded = FORMULAS[modifiers.name](modifiers)
        modifiers.end()
        if isinstance(decoded, Operation):
            check_operands(decoded, instruction.operands)
        elif isinstance(decoded, Access):
            check_access(decoded, instruction.operands)
        elif isinstance(decoded, Barrier) and instruction.operands != (Immediate(0),):
            raise UnknownInstruction("only barrier 0 is known, for all threads")
        return decoded
    except UnknownInstruction as error:
        message = f"line {instruction.line}: {instruction.text}: {error}"
        raise UnknownInstruction(message) from None


def check_operands(operation: Operation, operands: tuple[Operand, ...]) -> None:
    """Refuses operands of another number or size than the operation's."""
    outputs = len(operands) - len(operation.sources)
    most = len(operation.destinations)
    if not most - operation.spare <= outputs <= most:
        raise UnknownInstruction(f"{len(operands)} operands")
    types = (*operation.destinations[:outputs], *operation.sources)
    for i, (operand, type_name) in enumerate(zip(operands, types, strict=True)):
        check_operand(operation, operand, type_name, is_source=i >= outputs)


def check_operand(operation: Operation, operand: Operand, type_name: str, is_source: bool) -> None:
    if type_name == "literal":
        fits = isinstance(operand, Immediate) and not operand.float_bits
    elif isinstance(operand, Register):
        bits = SIZES[type_name]
        may_resize = operation.resizes and type_name in ALL_INTEGERS
        fits = operand.bits == bits or (may_resize and operand.bits > bits)
    elif isinstance(operand, Vector):
        part = SIZES[type_name] // len(operand.items)
        fits = operation.packs and all(_fills(item, part, is_source) for item in operand.items)
    elif not is_source:
        fits = False
    elif isinstance(operand, Immediate):
        if operand.float_bits:
            fits = operand.float_bits == SIZES[type_name] and type_name in (*FLOATS, *BITS)
        else:
            fits = type_name not in FLOATS
    elif isinstance(operand, Special):
        fits = SIZES[type_name] == 32
    elif isinstance(operand, Negated):
        fits = type_name == "pred"
    else:
        wide = isinstance(operand, Symbol) and SIZES[type_name] in (64, operand.bits)
        fits = wide and operation.packs
    if not fits:
        raise UnknownInstruction(f"operand {operand} for .{type_name}")


def _fills(item: Operand, bits: int, is_source: bool) -> bool:
    """Whether a vector's item stands for this many bits."""
    if isinstance(item, Register):
        return item.bits == bits
    return isinstance(item, Immediate) if is_source else isinstance(item, Sink)


def _fits_base(base: Operand, space: str) -> bool:
    """Whether an address is as wide as its space's are: shared ones may have 32 bits."""
    return not isinstance(base, Register) or base.bits == 64 or (base.bits == 32 and space == "shared")


def check_access(access: Access, operands: tuple[Operand, ...]) -> None:
    """Refuses a load or store whose registers are too few or too narrow."""
    address, items = operands if access.store else operands[::-1]
    parts = items.items if isinstance(items, Vector) else (items,)
    bits = SIZES[access.type]
    wide = all(item.bits >= bits if isinstance(item, Register) else _fills(item, bits, access.store) for item in parts)
    fits = isinstance(address, Address) and _fits_base(address.base, access.space)
    if not (fits and len(parts) == access.count and wide):
        raise UnknownInstruction(f"operands {operands}")
