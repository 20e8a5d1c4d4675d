"""Makes the tables of docs/cuda.md and the numbers in docs/cuda.json from an audit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import slots
from .audit import BUDGETS, SCALE_ARCH, over_budget
from .listing import Key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .audit import Audit, Row

BEGIN, END = "<!-- audit: made by tools/audit_cuda.py -->\n", "<!-- end of audit -->\n"
SHOWN = (  # in this order; every kernel is in the JSON
    Key("Bits", "uint32"),
    *(
        Key(method, dtype)
        for method in (
            "ExactUniform",
            "Uniform",
            "Normal",
            "CentralTruncatedNormal",
            "TruncatedNormal",
        )
        for dtype in ("float32", "bfloat16", "float64")
    ),
    Key("pattern", ""),
)
LIMITS = {
    "issue": "issue slots",
    "float32": "float32 arithmetic",
    "integer": "integer arithmetic",
    "multiply": "integer products",
    "special": "roots and conversions",
    "float64": "float64 arithmetic",
}


def table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]], left: int = 1) -> str:
    """A Markdown table. All columns but the first ones are right-aligned."""
    rule = ("---",) * left + ("---:",) * (len(head) - left)
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines))


def numbers(found: Audit) -> dict[str, Any]:
    """All counts, as docs/cuda.json stores them. Later builds must not exceed them."""
    kernels: dict[str, dict[str, Any]] = {}
    for row in sorted(found.rows, key=lambda row: (row.key, found.archs.index(row.arch))):
        entry: dict[str, Any] = {"registers": row.usage.registers if row.usage else None}
        if row.count:
            entry |= {
                "elements_in_a_pass": row.count.elements,
                "slots": row.count.slots,
                "slots_with_rare": row.count.slots_with_rare,
                "instructions": row.count.instructions,
                "products": row.count.products,
                "pipes": row.count.pipes,
            }
        kernels.setdefault(str(row.key), {})[row.arch] = entry
    return {"toolkit": found.toolkit, "kernels": kernels}


def grown(found: Audit, recorded: dict[str, Any]) -> list[str]:
    """Returns the kernels that take more issue slots than recorded for the same toolkit."""
    if recorded.get("toolkit") != found.toolkit:
        return []
    lines = []
    for row in found.rows:
        before = recorded["kernels"].get(str(row.key), {}).get(row.arch, {})
        for name in ("slots", "slots_with_rare"):
            now = getattr(row.count, name, None)
            if now is not None and now > before.get(name, now):
                lines.append(f"{row.arch}, {row.key}: {name} grew from {before[name]:g} to {now:g}")
    return lines


def _bytes(rate: float) -> str:
    return f"{rate / 1e9:,.0f}"


def _line(row: Row) -> tuple[str, ...]:
    counted, budget = row.count, BUDGETS.get(row.key)
    registers = str(row.usage.registers) if row.usage else ""
    wanted = f"{budget:g}" if budget else ""
    if counted is None:
        return (str(row.key), registers, "not found", "", wanted, "", "", "", "")
    guess = slots.predict(counted, row.key)
    rare = f"{counted.slots_with_rare:.2f}" if counted.slots_with_rare != counted.slots else ""
    return (
        str(row.key),
        registers,
        f"{counted.slots:.2f}",
        rare,
        wanted,
        _bytes(guess.arithmetic_bytes),
        LIMITS[guess.bound],
        _bytes(guess.bytes_written),
        f"{guess.bytes_written / slots.REACHABLE_BYTES:.0%}",
    )


def page(found: Audit) -> str:
    """Returns the text between the marks of docs/cuda.md."""
    head = (
        "kernel",
        "registers",
        "slots an element",
        "with far tails",
        "budget",
        "arithmetic allows, GB/s",
        "which is bound by",
        "**predicted** GB/s",
        "of what memory takes",
    )
    lines = [_line(row) for key in SHOWN if (row := found.row(key))]
    about = (
        f"Counted in the machine code for {SCALE_ARCH} (compiler: {found.toolkit}). The rates are "
        f"**predictions** for an H100 ({slots.MULTIPROCESSORS} multiprocessors, "
        f"{slots.CLOCK / 1e9:g} GHz, {slots.REACHABLE_BYTES / 1e12:g} of {slots.PEAK_BYTES / 1e12:g} "
        "TB/s written); benchmarks-cuda.md has what was measured."
    )
    parts = [about, table(head, lines), _budgets(found), _archs(found)]
    return "\n\n".join(parts) + "\n"


def _budgets(found: Audit) -> str:
    missed = over_budget(found)
    if not missed:
        return "Every budget is met."
    text = ["Budgets that are not met:", "", *(f"- {line}" for line in missed)]
    words = found.slots(Key("Bits", "uint32"))
    if words:
        text += ["", f"Of them, Philox's words, stored as they are, take {words:.2f}."]
    return "\n".join(text)


def _archs(found: Audit) -> str:
    def line(arch: str) -> tuple[str, ...]:
        rows = [row for row in found.rows if row.arch == arch]
        used = [row.usage for row in rows if row.usage]
        faults = sum(fault.startswith(f"{arch}, ") for fault in found.faults)
        return (
            arch,
            str(len(rows)),
            f"{min(u.registers for u in used)} to {max(u.registers for u in used)}" if used else "",
            str(max((u.stack_bytes + u.local_bytes for u in used), default="")),
            str(faults or "none"),
        )

    virtual = sum(fault.startswith("PTX") for fault in found.faults)
    head = ("machine code", "kernels", "registers a thread", "bytes spilled, most", "rules broken")
    return f"{table(head, map(line, found.archs))}\n\nRules broken in the PTX: {virtual or 'none'}."


def write(found: Audit, docs: Path) -> None:
    """Writes the tables and numbers into the files in `docs`."""
    target = docs / "cuda.md"
    target.write_text(replaced(target.read_text(), page(found)))
    (docs / "cuda.json").write_text(text_of(numbers(found)))


def text_of(counted: dict[str, Any]) -> str:
    """Returns JSON with a line for each kernel on each architecture."""
    kernels = (
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"   {json.dumps(arch)}: {json.dumps(entry)}" for arch, entry in archs.items())
        + "\n  }"
        for name, archs in counted["kernels"].items()
    )
    toolkit = json.dumps(counted["toolkit"])
    return f'{{\n "toolkit": {toolkit},\n "kernels": {{\n' + ",\n".join(kernels) + "\n }\n}\n"


def replaced(text: str, section: str) -> str:
    """Returns the page with another section between its marks.

    Raises:
        ValueError: It has no such marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page must hold the lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{begin}\n{section}\n{end}{after}"
