"""The rules for machine code: only exactly rounded instructions, only registers, 128-bit stores.

`expansions` recognises ptxas's code for square roots and quotients. All other float instructions and their modifiers
must be listed here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import expansions
from .flow import Flow, store_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .listing import Function, Usage

# These round to nearest unless a modifier says otherwise, or they compare, select or convert exactly.
ALLOWED = re.compile(
    r"(U?[FD](ADD|MUL|FMA)|F(ADD|MUL|FMA)2"
    r"|U?FSEL|FSET\.BF\.(LT|GT)\.AND|[FD]SETP\.(GEU|GTU|LTU|LEU|NEU|EQU|GE|GT|LT|LE|NE|EQ|NAN|NUM|MIN|MAX)\.(AND|OR|XOR)"
    r"|[FD]MNMX3?|I2FP\.F32\.[SU]32|I2F(\.F64)?(\.[SU](8|16|64))?(\.B\d)?"
    r"|F2F\.F64\.F32|F2F\.F32\.F64|F2F\.(BF16|F16)\.F32|F2FP(\.BF16|\.F16)?(\.F32)?\.PACK_AB)"
)


def faults(function: Function, flow: Flow) -> Iterator[str]:
    """Returns the violations of the rules in one kernel's code."""
    for i in function.code:
        if i.base in ("LDL", "STL"):
            yield f"local memory: {i}"
    expanded, wrong = expansions.find(flow.code(flow.main - flow.slow))
    yield from wrong
    for i in flow.code(flow.main):
        if i.address not in expanded and expansions.is_float(i) and not ALLOWED.fullmatch(i.name):
            yield f"not one of the float instructions that the audit knows: {i}"
    for start, code in flow.subroutines.items():
        if not expansions.is_root(code) and not expansions.is_quotient(code):
            yield f"a subroutine at 0x{start:x} that the audit does not know"
    yield from _body_faults(function, flow)


def _body_faults(function: Function, flow: Flow) -> Iterator[str]:
    """One loop must write whole groups with 128-bit stores, and its body may branch only in allowed places."""
    ways = flow.hot()
    if ways is None:
        yield "no loop with 128-bit stores"
        return
    shortest, longest = ways
    if any(flow.blocks[at].calls is not None for at in longest.blocks):
        yield "a call in the loop's body"
    yield from (f"a narrow store in the loop's body: {i}" for i in longest.code if 0 < store_bytes(i) < 16)
    if shortest.blocks != longest.blocks and not rare_blocks_allowed(function):
        yield "the loop's body forks, other than for a square root"


def rare_blocks_allowed(function: Function) -> bool:
    """Truncated normals have blocks for far tails, which the usual bounds never reach."""
    return "TruncatedNormal" in function.key.method


def usage_faults(usage: Usage | None) -> Iterator[str]:
    if usage is None:
        yield "cuobjdump does not tell its resources"
    elif usage.stack_bytes or usage.local_bytes:
        yield f"spills: {usage.stack_bytes} bytes of stack, {usage.local_bytes} of local memory"


def square_roots(flow: Flow) -> int:
    """Counts the square roots of a kernel, each once."""
    return sum(i.name in ("MUFU.RSQ", "MUFU.RSQ64H") for i in flow.code(flow.main))
