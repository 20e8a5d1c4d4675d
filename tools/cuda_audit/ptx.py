"""The rules for PTX: only exactly rounded instructions, each with explicit rounding.

Without explicit rounding, ptxas may fuse a product with a sum. The forms are from the PTX ISA
manual, "Floating Point Instructions" and "cvt".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .listing import Virtual

FLOAT = re.compile(r"(f16|bf16|f32|tf32|f64|e4m3|e5m2)(x2|x4)?$")
FORBIDDEN = {
    "approx": "is not correctly rounded",
    "full": "is not correctly rounded",
    "ftz": "flushes subnormal numbers to zero",
    "sat": "clamps its result",
    "satfinite": "clamps its result",
    "relu": "clamps its result",
}
ROUNDED = {"add", "sub", "mul", "fma", "sqrt", "div", "rcp"}
# These need no rounding: they move bits, compare, or change a sign.
EXACT = {"mov", "ld", "st", "neg", "abs", "copysign", "selp", "setp", "set", "min", "max"}
WIDENING = {("f64", "f32"), ("f32", "f16"), ("f32", "bf16")}
# Approximate on purpose: the core's own square root starts with it. `expansions` checks in the machine code
# that later steps make the result correctly rounded.
RECIPROCAL_ROOT = "rsqrt.approx.ftz.f32"
ROUNDINGS = {"rn", "rni", "rzi"}  # conversions to integers have the forms .rni and .rzi
STORE = re.compile(r"st\.global(\.\w+)*\.v(4\.[bu]32|4\.f32|2\.[bu]64|2\.f64)\b")
_STATEMENT = re.compile(r"(?:@!?%\w+\s+)?([a-z]\w*(?:\.[\w:]+)*)\b")


def faults(kernel: Virtual) -> Iterator[str]:
    """Returns the violations of the rules in one kernel, or outside of the kernels."""
    for statement in kernel.statements:
        if statement.startswith(".func") or " .func" in statement:
            yield f"a function that was not inlined: {statement}"
        elif re.match(r"(\.\w+ )*\.local\b", statement):
            yield f"local memory: {statement}"
        elif (found := _STATEMENT.match(statement)) and (fault := _fault(found[1])):
            yield f"{fault}: {statement}"
    if kernel.key is not None and not any(STORE.search(line) for line in kernel.statements):
        yield "no 128-bit store"


def _fault(instruction: str) -> str | None:
    base, *modifiers = instruction.split(".")
    if instruction == RECIPROCAL_ROOT:
        return None
    if base == "call":
        return "a call"
    if "local" in modifiers:
        return "local memory"
    for modifier in modifiers:
        if modifier in FORBIDDEN:
            return f".{modifier} {FORBIDDEN[modifier]}"
    floats = [modifier for modifier in modifiers if FLOAT.match(modifier)]
    if not floats or base in EXACT:
        return None
    if base == "cvt":
        return None if tuple(floats) in WIDENING or ROUNDINGS & set(modifiers) else "no rounding"
    if base not in ROUNDED:
        return "not one of the float instructions that the audit knows"
    return None if "rn" in modifiers else "no rounding to nearest"


def square_roots(kernel: Virtual) -> int:
    """Counts the square roots of a kernel: sqrt.rn, and the first steps of the core's own roots."""
    own = re.escape(RECIPROCAL_ROOT)
    return sum(bool(re.search(rf"\b(sqrt\.rn\.|{own}\b)", line)) for line in kernel.statements)
