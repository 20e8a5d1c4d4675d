"""Makes the page of a result from its numbers alone."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

from ..tables import render_page, table
from ..timing import median_ratio, summary

TEMPLATE = Path(__file__).with_name("page.md")
GOALS = {(64, 64): 1.5, (1024, 1024): 2.0, (4096, 1024): 2.0, (4096, 4096): 2.0}  # times PyTorch's


def operations(shape: tuple[int, int]) -> float:
    """The multiplications and additions that apply every reflector to the columns that it changes."""
    m, n = max(shape), min(shape)
    return 4 * (m * n * n / 2 - n**3 / 6)


def peak(result: dict[str, Any]) -> float:
    """The operations per second of multiply-adds alone."""
    return max(map(float, result["peak"]))


def speed(result: dict[str, Any]) -> str:
    """The milliseconds, compared with PyTorch's, and the share of the multiply-adds that the machine can do."""
    lines = []
    for row in result["rows"]:
        shape, samples = tuple(row["shape"]), row["samples"]
        mine = summary(samples["fastinit"]).median
        ratio = median_ratio(samples["torch"], samples["fastinit"]) if "torch" in samples else None
        goal = GOALS.get(shape)
        wanted = ("", "")
        if goal is not None and ratio is not None:
            wanted = (f"at least {goal:g}x", "met" if ratio >= goal else "missed")
        lines.append(
            (
                f"{shape[0]} x {shape[1]}",
                f"{mine * 1e3:.3g}",
                f"{summary(samples['torch']).median * 1e3:.3g}" if ratio else "",
                f"{ratio:.2f}x" if ratio else "",
                *wanted,
                f"{operations(shape) / mine / peak(result):.0%}",
            )
        )
    return table(("matrix", "ms", "torch, ms", "times torch's", "wanted", "", "of the peak"), lines)


def shares(result: dict[str, Any]) -> str:
    """The share of the whole time that each quarter of the columns takes."""
    samples = result["parts"]["samples"]
    whole = samples["whole"]
    names = [name for name in samples if name != "whole"]
    return table(
        ("columns", "of the whole's time"),
        [(name, f"{1 / median_ratio(whole, samples[name]):.0%}") for name in names],
    )


def page(result: dict[str, Any]) -> str:
    size = result["memory"]["size"]
    fields = {
        **result["machine"],
        "threads": result["threads"],
        "isa": result["isa"],
        "rate": f"{peak(result) / 1e9:.0f}",
        "speed": speed(result),
        "size": size,
        "memory": f"{result['memory']['bytes'] / 2**20:.0f}",
        "reflectors": f"{2 * size * size / 2**20:.0f}",
        "shares": shares(result),
        "notes": "\n**A quick run: it says little of the speed.**\n" * result["quick"],
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def render(source: Path, docs: Path) -> list[Path]:
    """Write benchmarks-matrices.json (a copy of `source`) and benchmarks-matrices.md to `docs`."""
    return render_page(source, docs, "benchmarks-matrices", page)
