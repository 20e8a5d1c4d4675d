"""Breaks the kernels one instruction at a time and counts how many breaks the comparison notices.

python -m tests.cuda.ptx.mutants [--sample 200] [--list] Normal:float32 Uniform:bfloat16
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tests.core.corefill import DTYPES
from tests.cuda.ptx import kernels
from tests.cuda.ptx.errors import PtxError, UnknownInstruction
from tests.cuda.ptx.fills import Fill, check
from tests.cuda.ptx.syntax import Address, Immediate, Kernel, Vector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cuda.ptx.kernels import Key
    from tests.cuda.ptx.syntax import Instruction

# What to draw by each method; no constant hides another, as 0 and 1 would.
PARAMETERS = {
    "Bits": ("bits", ()),
    "Uniform": ("uniform", (-0.1, 0.7)),
    "ExactUniform": ("uniform", (-0.75, 1.5)),
    "Normal": ("normal", (0.5, 1.25)),
    "TruncatedNormal": ("truncated_normal", (0.5, 1.25, -1.0, 9.5), (0.5, 1.25, 1.0, 9.5)),
    "CentralTruncatedNormal": ("truncated_normal", (0.5, 1.25, -2.0, 2.0)),
}
LONG_BYTES = 600_000  # the planner cuts what is shorter into pieces of one pass of that loop
STRIDES = (2**40, 5, 2**33 + 1, 6, 1009, 2**50, 3, 77, 8)

# Another first word of the opcode, with the same operands.
OTHER_OPCODES = {
    "add": "sub",
    "sub": "add",
    "mul.rn": "add.rn",
    "mul.lo": "mul.hi",
    "mul.hi": "mul.lo",
    "mad.lo": "mad.hi",
    "div.rn": "mul.rn",
    "rem": "div",
    "div": "rem",
    "sqrt.rn": "abs",
    "rsqrt.approx.ftz": "abs",
    "and": "or",
    "or": "xor",
    "xor": "or",
    "shl": "shr",
    "shr.u": "shr.s",
    "shr.s": "shr.u",
    "shf.l": "shf.r",
    "shf.r": "shf.l",
    "min": "max",
    "max": "min",
    "neg": "abs",
    "cvt.rn": "cvt.rz",
}
# Another word inside the opcode.
OTHER_WORDS = {
    "comparison": {
        "lt": "le",
        "le": "lt",
        "gt": "ge",
        "ge": "gt",
        "eq": "ne",
        "ne": "eq",
        "neu": "equ",
        "equ": "neu",
        "ltu": "leu",
        "leu": "ltu",
        "gtu": "geu",
        "geu": "gtu",
    },
    "sign": {"s32": "u32", "u32": "s32", "s64": "u64", "u64": "s64"},
}
# Where neither is a matter of words: equality has no sign and no order, nor has cutting a word.
SIGN_MATTERS = re.compile(r"(mul\.wide|mul\.hi|min|max|div|rem|bfe|setp\.[lg][te]|cvt\.r..?\.f|cvt\.[us]64\.[us]32)\b")
ORDER_MATTERS = re.compile(r"(sub|shl|shr|selp|div|rem|prmt|shf|setp\.[lg][te])\b")
DROPPED = ("st", "bra", "add", "xor", "neg", "bar")


@dataclass(frozen=True)
class Mutant:
    kind: str
    at: int  # which instruction
    instruction: Instruction | None  # what stands there instead; nothing where it is dropped

    def apply(self, kernel: Kernel) -> Kernel:
        if self.instruction is not None:
            changed = list(kernel.instructions)
            changed[self.at] = self.instruction
            return dataclasses.replace(kernel, instructions=changed)
        rest = kernel.instructions[: self.at] + kernel.instructions[self.at + 1 :]
        labels = {name: place - (place > self.at) for name, place in kernel.labels.items()}
        return dataclasses.replace(kernel, instructions=rest, labels=labels)


def mutants_of(kernel: Kernel) -> list[Mutant]:
    """Every mutant of every instruction."""
    return [
        Mutant(kind, at, changed)
        for at, instruction in enumerate(kernel.instructions)
        for kind, changed in _changes(instruction)
    ]


def _changes(old: Instruction) -> Iterator[tuple[str, Instruction | None]]:
    name, *words = old.opcode.split(".")
    for start, other in OTHER_OPCODES.items():
        if f"{old.opcode}.".startswith(start + "." * (start[-2:] not in (".u", ".s"))):
            yield f"{start} -> {other}", replace(old, opcode=other + old.opcode[len(start) :])
    if name == "setp" and words[0] in OTHER_WORDS["comparison"]:
        new = OTHER_WORDS["comparison"][words[0]]
        yield "comparison", replace(old, opcode=".".join([name, new, *words[1:]]))
    if SIGN_MATTERS.match(old.opcode) and words[-1] in OTHER_WORDS["sign"]:
        new = OTHER_WORDS["sign"][words[-1]]
        yield "sign of a type", replace(old, opcode=".".join([name, *words[:-1], new]))
    if ORDER_MATTERS.match(old.opcode):
        first, second, *rest = old.operands[1:]
        yield "operands swapped", replace(old, operands=(old.operands[0], second, first, *rest))
    if name == "fma":
        d, a, b, c = old.operands
        yield "fma operands swapped", replace(old, operands=(d, a, c, b))
    if old.guard is not None:
        yield "guard negated", replace(old, guard_value=not old.guard_value)
    if name in DROPPED:
        yield f"{name} dropped", None
    for place, operand in enumerate(old.operands):
        for kind, other in _other_operands(operand):
            operands = (*old.operands[:place], other, *old.operands[place + 1 :])
            yield kind, replace(old, operands=operands)


def _other_operands(operand: object) -> Iterator[tuple[str, object]]:
    if isinstance(operand, Immediate):
        if operand.float_bits:
            middle = 1 << operand.float_bits * 3 // 8
            yield "float constant, middle bit", replace(operand, value=operand.value ^ middle)
            yield "float constant, last bit", replace(operand, value=operand.value ^ 1)
        else:
            yield "integer constant, last bit", replace(operand, value=operand.value ^ 1)
    if isinstance(operand, Address):
        yield "address", replace(operand, offset=operand.offset + 4)
    if isinstance(operand, Vector) and len(set(operand.items)) > 1:
        yield "vector order", Vector(operand.items[::-1])


def comparison_set(key: Key) -> list[Fill]:
    """A few fills that between them reach all of a kernel, the cheap ones first."""
    method, dtype = key
    distribution, *users = PARAMETERS[method]
    wrap = 2**33 if dtype == "float64" else 2**34
    result = []
    for user in users:
        draw = partial(Fill, distribution, dtype, user)
        result += [
            draw(run=37, extents=(2, 3), strides=(2**36 + 1, 101), start=6, skip=1),
            draw(run=9, extents=(2, 1, 2, 1, 3, 1, 1, 2, 1), strides=STRIDES, start=1),
            # From inside a block over the wrap, blocks in step with 128-bit stores and not.
            draw(run=1501, start=wrap - 701, skip=2),
            # In step, and in pieces long enough for the loop that does most of the work to repeat.
            draw(run=LONG_BYTES // DTYPES[dtype].itemsize, start=wrap - 10_007, skip=1),
        ]
    return result


def verdict(kernel: Kernel, fills: list[Fill], steps: list[int]) -> str:
    """How the comparison notices a mutant: "bytes", another error's name, or "survived"."""
    try:
        for fill, most in zip(fills, steps, strict=True):
            check(fill, kernel, most_steps=most)
    except AssertionError:
        return "bytes"
    except UnknownInstruction:
        return "refused"
    except PtxError as error:
        return type(error).__name__
    return "survived"


@dataclass
class Report:
    """What became of a kernel's mutants."""

    key: Key
    by_kind: dict[str, Counter[str]] = dataclasses.field(default_factory=dict)
    survivors: list[tuple[Mutant, Instruction]] = dataclasses.field(default_factory=list)
    never_ran: int = 0  # survivors in instructions that no fill reaches
    reached: float = 0.0  # the share of the instructions that some fill runs

    def add(self, mutant: Mutant, old: Instruction, outcome: str, *, ran: bool) -> None:
        self.by_kind.setdefault(mutant.kind, Counter())[outcome] += 1
        if outcome == "survived":
            self.survivors.append((mutant, old))
            self.never_ran += not ran

    @property
    def total(self) -> Counter[str]:
        return sum(self.by_kind.values(), Counter())

    @property
    def noticed(self) -> float:
        """The share of the valid mutants that the comparison notices."""
        # A mutant that is no valid PTX proves nothing either way.
        total = self.total
        valid = total.total() - total["refused"]
        return (valid - total["survived"]) / max(valid, 1)


def examine(key: Key, target: str, sample: int | None = None, seed: int = 1) -> Report:
    """Runs a kernel's mutants, or a random sample of them, through its comparison set."""
    kernel, fills = kernels.kernel(target, key), comparison_set(key)
    clean = [check(fill, kernel) for fill in fills]
    limits = [3 * counts.steps + 1000 for counts in clean]
    reached = sum((counts.lines for counts in clean), Counter())
    mutants = mutants_of(kernel)
    if sample is not None and sample < len(mutants):
        mutants = random.Random(seed).sample(mutants, sample)
    ran = sum(reached[each.line] > 0 for each in kernel.instructions)
    report = Report(key, reached=ran / len(kernel.instructions))
    for mutant in mutants:
        old = kernel.instructions[mutant.at]
        outcome = verdict(mutant.apply(kernel), fills, limits)
        report.add(mutant, old, outcome, ran=reached[old.line] > 0)
    return report


def show(report: Report, *, survivors: bool) -> None:
    name, total = ":".join(report.key), report.total
    print(f"{name}: {report.noticed:.1%} of {total.total()} mutants noticed")
    print(f"    the fills run {report.reached:.1%} of the instructions")
    print(f"    {dict(total.most_common())}, {report.never_ran} of the survivors never ran")
    for kind, outcomes in sorted(report.by_kind.items()):
        print(f"    {kind}: {dict(outcomes.most_common())}")
    for mutant, old in report.survivors if survivors else ():
        print(f"    survived: {mutant.kind}, line {old.line}: {old.text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="+", metavar="Method:dtype")
    parser.add_argument("--target", default=None, help='such as "sm_90"; the newest if left out')
    parser.add_argument("--sample", type=int, default=None, help="so many mutants a kernel")
    parser.add_argument("--list", action="store_true", help="list the survivors")
    options = parser.parse_args()
    target = options.target or [*kernels.modules()][-1]
    for name in options.keys:
        method, _, dtype = name.partition(":")
        show(examine((method, dtype), target, options.sample), survivors=options.list)


if __name__ == "__main__":
    main()
