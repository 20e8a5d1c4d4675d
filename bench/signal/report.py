"""Makes the page of a result from its numbers alone."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

from ..tables import render_page, table
from ..timing import summary

TEMPLATE = Path(__file__).with_name("page.md")
EVERY = 50
GOAL = 0.03  # of a step


def idle(result: dict[str, Any]) -> float:
    """The seconds that a monitor adds to a step at which it is not due."""
    without, watched = (summary(result["idle"][side]).median for side in ("without", "not due"))
    return watched - without


def due(row: dict[str, Any]) -> float:
    """The seconds that a monitor adds to a step at which it is due."""
    without, watched = (summary(row["samples"][side]).median for side in ("without", "due"))
    return watched - without


def speed(result: dict[str, Any]) -> str:
    lines = []
    for row in result["rows"]:
        step = summary(row["samples"]["without"])
        share = (due(row) + (EVERY - 1) * idle(result)) / EVERY / step.median
        lines.append(
            (
                row["name"],
                f"{row['parameters'] / 1e6:.1f} M",
                str(row["modules"]),
                f"{step.median * 1e3:.3g}",
                f"{step.spread:.0%}",
                f"{due(row) * 1e3:.3g}",
                f"{share:.1%}",
                "met" if share <= GOAL else "missed",
            )
        )
    head = ("model", "parameters", "modules", "a step, ms", "spread", "a due step adds, ms", f"share, every={EVERY}")
    return table((*head, f"at most {GOAL:.0%}"), lines)


def page(result: dict[str, Any]) -> str:
    fields = {
        **result["machine"],
        "taken_by_others": f"{result['machine']['taken_by_others']:.0%}",
        "repeats": result["repeats"],
        "torch": result["versions"]["torch"],
        "every": EVERY,
        "goal": f"{GOAL:.0%}",
        "idle": f"{idle(result) * 1e6:.1f}",
        "speed": speed(result),
        "lines": ", ".join(f"{row['line_bytes'] / 1000:.1f}" for row in result["rows"]),
        "notes": "\n**A quick run: it says little of the speed.**\n" * result["quick"],
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def render(source: Path, docs: Path) -> list[Path]:
    """Write benchmarks-signal.json (a copy of `source`) and benchmarks-signal.md to `docs`."""
    return render_page(source, docs, "benchmarks-signal", page)
