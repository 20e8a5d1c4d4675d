"""Recognises square roots and ptxas's expansion of integer division, step by step.

The hardware has neither. For sqrt.rn, ptxas computes the approximate reciprocal root (MUFU.RSQ),
corrects it by Newton's method so that the result is correctly rounded, and calls a subroutine for
numbers out of range. The core's own root (csrc/lanes/cuda.h) has the same steps for numbers that
are never out of range. For a quotient, ptxas computes an approximate reciprocal, and corrects the
error in integers. These instructions, some of them .FTZ, are correct there and nowhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .listing import Instruction

INTEGER = {"FLO", "DEPBAR", "FENCE"}  # despite their names they do not compute with floats
ADDITIONS = {"IADD", "IADD3", "VIADD"}
REACH = 120  # instructions from the first step to the last, unrelated ones included, NOPs not


@dataclass(frozen=True)
class Expansion:
    """The steps of an expansion on its fast path, and the float instructions of its subroutine.

    A step is an instruction, its result and its operands. Letters are registers, and `?` is
    anything; a sign before the second factor belongs to the product. `+` is any integer addition.
    """

    steps: tuple[str, ...]
    subroutine: dict[str, int] = field(hash=False)
    check: tuple[str, str] | None = None  # of the range: instruction and bound
    pairs: bool = False  # of registers, named by the lower one

    @property
    def start(self) -> str:
        return self.steps[0].split()[0]


_OWN_S, _OWN_H, _OWN_ERROR = "FMUL s x y", "FMUL h y 0.5", "FFMA e s -s x"
OWN_ROOTS = tuple(  # float32, of a number in range; ptxas puts the steps in any order that works
    Expansion(("MUFU.RSQ y ?", *steps, "FFMA r e h s"), {})
    for steps in (
        (_OWN_S, _OWN_H, _OWN_ERROR),
        (_OWN_H, _OWN_S, _OWN_ERROR),
        (_OWN_S, _OWN_ERROR, _OWN_H),
    )
)
ROOTS = (
    Expansion(  # float32: s = x y, r = s + (x - s s) (y / 2)
        ("MUFU.RSQ y x", "FMUL.FTZ s x y", "FMUL.FTZ h y 0.5", "FFMA e s -s x", "FFMA r e h s"),
        {
            "FSETP.GEU.FTZ.AND": 1,
            "FSETP.GTU.FTZ.AND": 1,
            "FSETP.NEU.FTZ.AND": 1,
            "FADD.FTZ": 2,
            "FFMA": 3,
            "MUFU.RSQ": 1,
            "FMUL.FTZ": 3,
        },
        check=("ISETP.GT.U32.AND", "0x727fffff"),
    ),
    Expansion(  # float64: y by one Halley step, then s = x y, r = s + (x - s s) (y / 2)
        (
            "MUFU.RSQ64H y x",
            "DMUL a y y",
            "DFMA b x -a 1",
            "DFMA c b ? 0.5",
            "DMUL d y b",
            "DFMA f c d y",
            "DMUL s x f",
            "DFMA e s -s x",
            "DFMA r e ? s",
        ),
        {
            "DFMA.RM": 1,
            "DFMA.RP": 1,
            "DSETP.GT.AND": 1,
            "DSETP.NE.AND": 1,
            "FSEL": 2,
            "DMUL": 4,
            "DFMA": 5,
            "DADD": 1,
            "MUFU.RSQ64H": 1,
        },
        check=("ISETP.GE.U32.AND", "0x7ca00000"),
        pairs=True,
    ),
)
_QUOTIENT = ("MUFU.RCP g f", "+ h g 0xffffffe", "F2I.FTZ.U32.TRUNC.NTZ q h")
_LONG_QUOTIENT = {"I2F.U64.RP": 1, "MUFU.RCP": 1, "F2I.U64.TRUNC": 1}
QUOTIENTS = (  # of 32 bits on the fast path, of 64 in the subroutine; of uniform registers
    Expansion(("I2F.U32.RP f ?", *_QUOTIENT), _LONG_QUOTIENT),
    Expansion(("UI2F.U32.RP f ?", *_QUOTIENT), _LONG_QUOTIENT),
)


def find(code: list[Instruction]) -> tuple[set[int], list[str]]:
    """Returns the addresses of the instructions of every expansion on the fast path, and the faults."""
    known: set[int] = set()
    faults: list[str] = []
    # On sm_120, ptxas inserts NOPs if it has nothing else to issue during a float64 operation.
    code = [i for i in code if i.base != "NOP"]
    every = (*ROOTS, *OWN_ROOTS, *QUOTIENTS)
    starts = {expansion.start for expansion in every}
    count: Counter[Expansion] = Counter()
    for at, i in enumerate(code):
        if i.name in starts:
            ways = ((e, _follow(code[at : at + REACH], e)) for e in every if e.start == i.name)
            expansion, steps = next(((e, way) for e, way in ways if way), (None, set()))
            if expansion is None:
                faults.append(f"{i}: not the start of an expansion that the audit knows")
            else:
                known |= steps
                count[expansion] += 1
    for expansion in every:
        if expansion.check:
            name, bound = expansion.check
            checks = sum(i.name == name and bound in i.operands for i in code)
            if checks != count[expansion]:
                sites = f"{count[expansion]} {expansion.start}"
                faults.append(f"{sites}, but {checks} checks of their range")
    return known, faults


def is_root(code: Iterable[Instruction]) -> bool:
    """Whether a subroutine belongs to a square root: it has exactly these float instructions."""
    floats = Counter(i.name for i in code if is_float(i))
    return any(floats == expansion.subroutine for expansion in ROOTS)


def is_quotient(code: Iterable[Instruction]) -> bool:
    return Counter(i.name for i in code if is_float(i)) == _LONG_QUOTIENT


def is_float(i: Instruction) -> bool:
    """Whether it computes with floats, or converts. A move that is written as half-precision arithmetic does not."""
    if i.base.startswith("HFMA2"):
        return i.operands[1:3] != ("-RZ", "RZ")
    if i.base in INTEGER:
        return False
    named = re.match(r"[FDH][A-Z0-9]|MUFU|U?I2F|RRO|UF[A-Z]", i.base)
    return bool(named or {"FTZ", "F16", "BF16", "F32", "F64"} & set(i.modifiers))


def _follow(code: list[Instruction], expansion: Expansion) -> set[int] | None:
    """Matches the steps one after the other. No register may change between its steps."""
    bound: dict[str, str] = {}
    addresses: set[int] = set()
    left = list(expansion.steps)
    for i in code:
        if matched := _match(i, left[0].split(), bound):
            bound = matched
            addresses.add(i.address)
            left.pop(0)
            if not left:
                return addresses
        else:
            needed = {letter.lstrip("-") for step in left for letter in step.split()[2:]}
            # The approximation is the upper half of a pair. Until it is used, the lower half has no meaning.
            fresh = expansion.pairs and len(addresses) == 1
            for letter in needed & bound.keys():
                register = bound[letter]
                if _overwrites(i, register, expansion.pairs, upper_only=fresh and letter == "y"):
                    return None
    return None


def _overwrites(i: Instruction, register: str, pairs: bool, upper_only: bool) -> bool:
    if not i.operands or not re.fullmatch(r"R\d+", i.operands[0]):
        return False
    written, number = int(i.operands[0][1:]), int(register[1:])
    return written in ((number + 1,) if upper_only else (number, number + pairs))


def _match(i: Instruction, step: list[str], bound: dict[str, str]) -> dict[str, str] | None:
    name, target, *wanted = step
    if name == "+":
        added = {operand.removesuffix(".reuse") for operand in i.operands[1:]}
        letter, constant = wanted
        is_sum = i.base in ADDITIONS and {bound[letter], constant} <= added
        return {**bound, target: i.operands[0]} if is_sum and not i.guard else None
    if i.name != name or len(i.operands) != 1 + len(wanted) or i.guard:
        return None
    have = [operand.removesuffix(".reuse") for operand in i.operands]
    if name == "MUFU.RSQ64H":  # names the upper register of each pair, the others the lower
        have = [re.sub(r"\d+", lambda m: str(int(m[0]) - 1), register) for register in have]
    result, factors, rest = have[0], have[1:3], have[3:]
    orders = [factors, factors[::-1]] if len(wanted) > 1 else [factors]
    for order in orders:
        trial = dict(bound)
        signs = [sum(f.startswith("-") for f in side) % 2 for side in (order, wanted[:2])]
        if signs[0] != signs[1]:
            continue
        pairs = [(w.lstrip("-"), f.lstrip("-")) for w, f in zip(wanted, [*order, *rest], strict=False)]
        if all(_bind(letter, operand, trial) for letter, operand in pairs):
            trial[target] = result
            return trial
    return None


def _bind(letter: str, operand: str, bound: dict[str, str]) -> bool:
    if letter == "?":
        return True
    if not letter.isalpha():
        return letter == operand
    if letter in ("x", "y") and letter not in bound and operand.startswith("R"):
        bound[letter] = operand
    return bound.get(letter) == operand
