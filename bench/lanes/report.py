"""Makes the section of docs/benchmarks.md on predictions from a result alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ..report import page
from ..tables import table as markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULT = "benchmarks-lanes.json"
TEMPLATE = Path(__file__).with_name("page.md")
AVX512_OF_AVX2 = 0.6
NEON_OF_BOUND = 1.3


@dataclass(frozen=True)
class Target:
    what: str
    value: float
    most: float

    @property
    def met(self) -> bool:
        return self.value <= self.most

    @property
    def outcome(self) -> str:
        return "met" if self.met else f"missed by {self.value / self.most - 1:.0%}"


def measured_cycles(result: dict[str, Any], row: dict[str, Any]) -> float | None:
    """Cycles per element of the row's fill on this machine, if its processor is the row's."""
    nanoseconds = result["measured"]["nanoseconds"].get(f"{row['set']} {row['fill']}")
    if nanoseconds is None or row["cpu"] != result["llvm-mca"]["host"]:
        return None
    return float(nanoseconds * result["measured"]["gigahertz"])


def _row(result: dict[str, Any], **wanted: str) -> dict[str, Any]:
    return next(row for row in result["rows"] if wanted.items() <= row.items())


def of_avx2(result: dict[str, Any], row: dict[str, Any]) -> float | None:
    """Cycles as a share of AVX2's on the same processor."""
    if row["set"] != "avx512":
        return None
    avx2 = _row(result, set="avx2", fill=row["fill"], cpu=row["cpu"])
    return float(row["cycles"] / avx2["cycles"])


def targets(result: dict[str, Any]) -> Iterator[Target]:
    for row in result["rows"]:
        where = f"{row['fill']}, {row['processor']}"
        share = of_avx2(result, row)
        if share is not None and row["fill"] == "normal":
            yield Target(f"avx512 {where}: cycles of AVX2's", share, AVX512_OF_AVX2)
        if row["set"] == "neon":
            yield Target(f"neon {where}: cycles of the bound", row["cycles"] / row["bound"], NEON_OF_BOUND)


def table(result: dict[str, Any]) -> str:
    def number(value: float | None, form: str = ".2f") -> str:
        return "" if value is None else format(value, form)

    def line(row: dict[str, Any]) -> tuple[str, ...]:
        measured = measured_cycles(result, row)
        return (
            row["processor"],
            f"{row['set']} {row['fill']}",
            number(row["words"]),
            number(row["values"]),
            number(row["cycles"]),
            number(row["bound"]),
            number(row["cycles"] / row["bound"]),
            number(of_avx2(result, row)),
            number(measured),
            number(measured and row["cycles"] / measured - 1, "+.0%"),
        )

    rows = sorted(result["rows"], key=lambda row: row["processor"])
    head = (
        "processor",
        "loop",
        "words",
        "values",
        "predicted",
        "bound",
        "of the bound",
        "of AVX2's",
        "measured",
        "error",
    )
    return markdown(head, map(line, rows))


def section(result: dict[str, Any]) -> str:
    """Returns the section. The words around the numbers are in page.md."""
    lines = [(t.what, f"{t.value:.2f}", f"at most {t.most:g}", t.outcome) for t in targets(result)]
    fields = {
        "mca": result["llvm-mca"]["version"],
        "host": result["llvm-mca"]["host"],
        "compilers": ", ".join(result["compilers"]),
        "gigahertz": f"{result['measured']['gigahertz']:.2f}",
        "processor": result["machine"]["processor"],
        "table": table(result),
        "targets": markdown(("target", "predicted", "wanted", "outcome"), lines),
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def section_in(docs: Path) -> str:
    """Returns the section of the result in `docs`, if there is one."""
    path = docs / RESULT
    return section(json.loads(path.read_text())) if path.exists() else "Not made."


def render(source: Path, docs: Path) -> list[Path]:
    """Write benchmarks-lanes.json (a copy of `source`), and benchmarks.md anew with its section."""
    paths = [docs / RESULT, docs / "benchmarks.md"]
    paths[0].write_text(source.read_text())
    paths[1].write_text(page(json.loads((docs / "benchmarks.json").read_text()), section_in(docs)))
    return paths
