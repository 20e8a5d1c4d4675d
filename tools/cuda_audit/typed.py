"""The rules for orthogonal matrices and transforms: only exactly rounded instructions, registers and shared memory.

In addition to the instructions of every kernel, they may have ptxas's expansions of a square root and a quotient for
each reflector, of quotients of integers to find elements, and of the reciprocal. These instructions are correct there
and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import expansions, ptx, sass
from .listing import TYPED_KERNELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .listing import Function, Key, Virtual

_INTEGER_QUOTIENTS = {
    "I2F.U32.RP",
    "UI2F.U32.RP",
    "F2I.FTZ.U32.TRUNC.NTZ",
    "I2F.U64.RP",
    "F2I.U64.TRUNC",
    "MUFU.RCP",
}
_ROOTS = {"MUFU.RSQ", "MUFU.RSQ64H", *(name for root in expansions.ROOTS for name in root.subroutine)}
_ROOTS |= {"FMUL.FTZ"}
_QUOTIENTS = {"MUFU.RCP", "MUFU.RCP64H", "FCHK", "FFMA.RZ", "FFMA.RM", "FFMA.RP", "DMUL.RP"}
EXPANDED = {"orthogonal": _INTEGER_QUOTIENTS, "reflectors": _ROOTS | _QUOTIENTS, "transform": _QUOTIENTS}


def has_own_rules(key: Key | None) -> bool:
    """Whether a kernel has these rules."""
    return key is not None and key.method in TYPED_KERNELS.values()


def ptx_faults(kernel: Virtual) -> Iterator[str]:
    """The violations of the rules of any kernel, except that stores may have any width."""
    return (fault for fault in ptx.faults(kernel) if fault != "no 128-bit store")


def faults(function: Function) -> Iterator[str]:
    """Returns the violations of the rules in one kernel's code."""
    for i in function.code:
        if i.base in ("LDL", "STL"):
            yield f"local memory: {i}"
        known = sass.ALLOWED.fullmatch(i.name) or i.name in EXPANDED[function.key.method]
        if expansions.is_float(i) and not known:
            yield f"not one of the float instructions that the audit knows: {i}"
