"""The audit of a whole library: every kernel in every architecture, and its faults."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import ptx, sass, slots, typed
from .flow import Flow, bytes_written
from .listing import Key

if TYPE_CHECKING:
    from .listing import Function, Usage
    from .toolkit import Dump

SCALE_ARCH = "sm_90"  # the architecture whose rate is predicted: an H100's
BUDGETS = {  # issue slots an element on SCALE_ARCH
    Key("Normal", "float32"): 40.0,
    Key("Normal", "bfloat16"): 38.0,
    Key("ExactUniform", "float32"): 16.0,
    Key("CentralTruncatedNormal", "float32"): 50.0,
    Key("CentralTruncatedNormal", "bfloat16"): 50.0,
    Key("TruncatedNormal", "float32"): 55.0,
}
NARROW_SHARE = 0.10  # how much more than float32 an element of bfloat16 may take


@dataclass(frozen=True)
class Row:
    """One kernel on one architecture."""

    arch: str
    key: Key
    usage: Usage | None
    count: slots.Count | None


@dataclass
class Audit:
    toolkit: str  # by the version of its PTX
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def row(self, key: Key, arch: str = SCALE_ARCH) -> Row | None:
        return next((row for row in self.rows if (row.key, row.arch) == (key, arch)), None)

    def slots(self, key: Key, arch: str = SCALE_ARCH) -> float | None:
        row = self.row(key, arch)
        return row.count.slots if row and row.count else None

    @property
    def archs(self) -> list[str]:
        return sorted({row.arch for row in self.rows}, key=lambda arch: int(arch[3:].rstrip("af")))


def audit(dump: Dump) -> Audit:
    """Applies every rule to everything in a library."""
    version = next((s for part in dump.ptx for s in part.statements if s.startswith(".version")), "")
    found = Audit(f"PTX ISA {version.removeprefix('.version').strip() or 'unknown'}")
    roots: dict[tuple[str, Key], int] = {}
    for kernel in dump.ptx:
        name = kernel.key or "beside the kernels"
        broken = typed.ptx_faults(kernel) if typed.has_own_rules(kernel.key) else ptx.faults(kernel)
        found.faults += (f"PTX, {name}: {fault}" for fault in broken)
        if kernel.key:
            roots[kernel.arch, kernel.key] = ptx.square_roots(kernel)
    if not roots:
        found.faults.append("PTX: the library holds none")
    for function in dump.sass:
        row, faults = _audit_code(function, dump, roots.get((function.arch, function.key)))
        found.rows.append(row)
        found.faults += (f"{function.arch}, {function.key}: {fault}" for fault in faults)
    every = {row.key for row in found.rows}
    for arch in found.archs:
        missing = every - {row.key for row in found.rows if row.arch == arch}
        found.faults += (f"{arch}: {key} is missing" for key in sorted(missing))
    found.faults += (f"PTX: {key} is missing" for key in sorted(every - {key for _, key in roots}))
    found.faults = [f"{text} ({n} times)" if n > 1 else text for text, n in Counter(found.faults).items()]
    return found


def _audit_code(function: Function, dump: Dump, roots: int | None) -> tuple[Row, list[str]]:
    """`roots` is the number of sqrt.rn in the PTX of this architecture, if the library has it."""
    usage = dump.usage.get((function.arch, function.key))
    if typed.has_own_rules(function.key):
        return Row(function.arch, function.key, usage, None), [*typed.faults(function), *sass.usage_faults(usage)]
    flow = Flow(function)
    faults = [*sass.faults(function, flow), *sass.usage_faults(usage)]
    if roots is not None and roots != sass.square_roots(flow):
        faults.append(f"{sass.square_roots(flow)} reciprocal roots for PTX's {roots} square roots")
    ways = flow.hot()
    counted = ways and slots.count(ways, bytes_written(ways[0].code), function.key)
    return Row(function.arch, function.key, usage, counted), faults


def over_budget(found: Audit) -> list[str]:
    """Returns a sentence for each budget that is exceeded."""
    lines = []
    for key, budget in BUDGETS.items():
        taken = found.slots(key)
        if taken is not None and taken > budget:
            lines.append(f"{key}: {taken:.2f} issue slots an element, {budget:g} wanted")
    for method in sorted({key.method for key in BUDGETS}):
        wide, narrow = (found.slots(Key(method, dtype)) for dtype in ("float32", "bfloat16"))
        if wide and narrow and narrow > wide * (1 + NARROW_SHARE):
            more = narrow / wide - 1
            lines.append(f"{method} bfloat16: {more:.0%} more issue slots than float32, 10% allowed")
    return lines
