"""Makes the page of a run on a GPU from a result alone."""

from __future__ import annotations

import statistics
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ..tables import fill_name, render_page, table
from ..timing import ratio, summary
from . import goals, predicted
from .rates import copy_rate, rate, write_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = Path(__file__).with_name("page.md")
SIZED = "-2^"  # in the names of rows that are one size of several
QUICK_NOTE = """
**A quick run: arrays that fit the GPU's cache, few rounds. It shows that everything works and
checks the results, and says little of the speed.**
"""


def _share(part: float, whole: float | None) -> str:
    return f"{part / whole:.0%}" if whole else ""


def lines(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line for each subject of the fills of one size."""
    copied, written = copy_rate(result), write_rate(result)
    for row in result["rows"]:
        if SIZED in row["name"]:
            continue
        own = row["subjects"][0]
        for subject in row["subjects"]:
            name = "device" if row["name"] == "copy" else fill_name(row)
            reached = rate(row, subject)
            if reached is None:
                reason = f"{subject['status']}: {subject['reason']}"
                yield (name, subject["label"], *[""] * 6, reason)
                continue
            found = summary(subject["samples"])
            versus = ratio(subject["samples"], own["samples"]) if own["samples"] else None
            yield (
                name,
                subject["label"],
                f"{found.best * 1e3:.3f}",
                f"{found.median * 1e3:.3f}",
                f"{found.spread:.1%}",
                f"{reached / 1e9:,.0f}",
                _share(reached, written),
                _share(reached, copied),
                ("; ".join(subject["faults"]) or "right")
                + (f", {versus:.2f}x as long as fastinit" if versus and subject is not own else "")
                * (own["runner"] == "fastinit"),
            )


def sizes(result: dict[str, Any]) -> str:
    """GB/s of fills at every size, a column for each."""
    rows = [row for row in result["rows"] if SIZED in row["name"]]
    if not rows:
        return "Not measured in this run."
    powers = sorted({int(row["name"].rpartition("^")[2]) for row in rows})
    cells: dict[tuple[str, str], dict[int, str]] = {}
    for row in rows:
        fill, _, power = row["name"].partition(SIZED)
        for subject in row["subjects"]:
            reached = rate(row, subject)
            text = f"{reached / 1e9:,.0f}" if reached else subject["status"]
            text += " (wrong)" if subject.get("faults") else ""
            cells.setdefault((fill, subject["label"]), {})[int(power)] = text
    head = ("fill", "by", *(f"2^{power}" for power in powers))
    return table(head, [(*key, *(found.get(power, "") for power in powers)) for key, found in cells.items()])


def calls(found: list[dict[str, Any]], unit: str, scale: float) -> str:
    """Whole calls by the host's clock, compared with the first one."""
    if not found:
        return "Not measured in this run."
    first = found[0]["samples"]

    def line(call: dict[str, Any]) -> tuple[str, ...]:
        if call["status"] != "measured":
            return (call["label"], "", "", f"{call['status']}: {call['reason']}")
        samples = call["samples"]
        versus = f"{statistics.median(samples) / statistics.median(first):.2f}x" if first else ""
        shown = (statistics.median(samples), min(samples))
        return (call["label"], *(f"{seconds * scale:.3g}" for seconds in shown), versus)

    return table(("call", f"median {unit}", f"best {unit}", "of the first"), map(line, found))


def page(result: dict[str, Any]) -> str:
    """Returns docs/benchmarks-cuda.md. The words around the numbers are in page.md."""
    copied, written = copy_rate(result), write_rate(result)
    head = (
        "fill",
        "by",
        "best ms",
        "median ms",
        "spread",
        "GB/s",
        "of the write rate",
        "of the copy",
    )
    guessed = list(predicted.lines(result, predicted.read()))
    guesses = ("kernel", "bound by", "predicted GB/s", "measured GB/s", "measured / predicted")
    fields = {
        **result["machine"],
        "notes": QUICK_NOTE * result["quick"],
        "repeats": result["repeats"],
        "versions": "\n".join(f"| {name} | {text} |" for name, text in result["versions"].items()),
        "copy": f"{copied / 1e9:,.0f} GB/s read and written" if copied else "not measured",
        "write": f"{written / 1e9:,.0f} GB/s" if written else "not measured",
        "goals": table(("fill", "goal, at least", "measured", "outcome"), goals.lines(result)),
        "times": table((*head, "result"), lines(result)),
        "sizes": sizes(result),
        "latency": calls(result.get("latency", []), "µs", 1e6),
        "model": calls(result.get("model", []), "s", 1),
        "predictions": table(guesses, guessed)
        if guessed
        else f"docs/cuda.md predicts rates for a GPU of compute capability {predicted.CAPABILITY} only.",
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def render(source: Path, docs: Path) -> list[Path]:
    """Write benchmarks-cuda.json (a copy of `source`) and benchmarks-cuda.md to `docs`."""
    return render_page(source, docs, "benchmarks-cuda", page)
