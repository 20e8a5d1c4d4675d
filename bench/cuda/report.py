"""The page of a run on a GPU, made from a result and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ..report import fill_name, table
from ..timing import ratio, summary
from .cases import COPY

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = Path(__file__).with_name("page.md")
QUICK_NOTE = """
**A quick run: arrays that fit the GPU's cache, few rounds. It shows that everything works and
checks the results, and says little of the speed.**
"""


def traffic(row: dict[str, Any], subject: dict[str, Any]) -> int:
    """Bytes that one call moves through memory: a copy reads them, too."""
    return int(row["work"]["bytes"]) * (2 if subject["label"] == COPY.label else 1)


def copy_rate(result: dict[str, Any]) -> float | None:
    """Bytes a second that the device's copy reads and writes, at its best."""
    for row in result["rows"]:
        for subject in row["subjects"]:
            if subject["label"] == COPY.label and subject["samples"]:
                return float(traffic(row, subject) / min(subject["samples"]))
    return None


def lines(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    copied = copy_rate(result)
    for row in result["rows"]:
        own = row["subjects"][0]
        for subject in row["subjects"]:
            name = "device" if row["name"] == "copy" else fill_name(row)
            if not subject["samples"]:
                reason = f"{subject['status']}: {subject['reason']}"
                yield (name, subject["label"], "", "", "", "", "", reason)
                continue
            found = summary(subject["samples"])
            rate = traffic(row, subject) / found.best
            versus = ratio(subject["samples"], own["samples"]) if own["samples"] else None
            yield (
                name,
                subject["label"],
                f"{found.best * 1e3:.3f}",
                f"{found.median * 1e3:.3f}",
                f"{found.spread:.1%}",
                f"{rate / 1e9:,.0f}",
                f"{rate / copied:.0%}" if copied else "",
                ("; ".join(subject["faults"]) or "right")
                + (f", {versus:.2f}x as long as fastinit" if versus and subject is not own else "")
                * (own["runner"] == "fastinit"),
            )


def page(result: dict[str, Any]) -> str:
    """docs/benchmarks-cuda.md; the words around the numbers are in page.md."""
    head = ("fill", "by", "best ms", "median ms", "spread", "GB/s", "of the copy", "result")
    copied = copy_rate(result)
    fields = {
        **result["machine"],
        "notes": QUICK_NOTE * result["quick"],
        "repeats": result["repeats"],
        "versions": "\n".join(f"| {name} | {text} |" for name, text in result["versions"].items()),
        "copy": f"{copied / 1e9:,.0f} GB/s read and written" if copied else "not measured",
        "times": table(head, lines(result)),
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def render(source: Path, docs: Path) -> list[Path]:
    """Write benchmarks-cuda.json (a copy of `source`) and benchmarks-cuda.md to `docs`."""
    text = source.read_text()
    docs.mkdir(parents=True, exist_ok=True)
    paths = [docs / f"benchmarks-cuda.{suffix}" for suffix in ("json", "md")]
    paths[0].write_text(text)
    paths[1].write_text(page(json.loads(text)))
    return paths
