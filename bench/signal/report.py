"""The page of a result, made from its numbers and nothing else."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

from ..tables import render_page, table
from ..timing import summary

TEMPLATE = Path(__file__).with_name("page.md")
EVERY = 50
GOAL = 0.03  # of a step


def shares(row: dict[str, Any]) -> tuple[float, float]:
    """What a step that is due adds, and one that is not, as shares of a step without a monitor."""
    without, idle, due = (summary(row["samples"][side]).median for side in ("without", "not due", "due"))
    return due / without - 1, idle / without - 1


def overhead(row: dict[str, Any]) -> float:
    """The share that a monitor adds to training: one step in 50 is due."""
    due, idle = shares(row)
    return (due + (EVERY - 1) * max(idle, 0.0)) / EVERY


def speed(result: dict[str, Any]) -> str:
    lines = []
    for row in result["rows"]:
        due, idle = shares(row)
        step = summary(row["samples"]["without"])
        lines.append(
            (
                row["name"],
                f"{row['parameters'] / 1e6:.1f} M",
                str(row["modules"]),
                f"{step.median * 1e3:.1f}",
                f"{step.spread:.0%}",
                f"{due:+.0%}",
                f"{idle:+.1%}",
                f"{due / EVERY:.1%}",
                f"{overhead(row):.1%}",
                "met" if overhead(row) <= GOAL else "missed",
            )
        )
    head = ("model", "parameters", "modules", "step, ms", "spread", "a due step", "another", "of due steps", "of all")
    return table((*head, f"at most {GOAL:.0%}"), lines)


def page(result: dict[str, Any]) -> str:
    fields = {
        **result["machine"],
        "taken_by_others": f"{result['machine']['taken_by_others']:.0%}",
        "repeats": result["repeats"],
        "torch": result["versions"]["torch"],
        "every": EVERY,
        "goal": f"{GOAL:.0%}",
        "speed": speed(result),
        "lines": ", ".join(f"{row['line_bytes'] / 1000:.1f}" for row in result["rows"]),
        "notes": "\n**A quick run: it says little of the speed.**\n" * result["quick"],
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def render(source: Path, docs: Path) -> list[Path]:
    """Write benchmarks-signal.json (a copy of `source`) and benchmarks-signal.md to `docs`."""
    return render_page(source, docs, "benchmarks-signal", page)
