"""Makes the page of a result from its numbers alone."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

from ..tables import render_page, table
from ..timing import summary

TEMPLATE = Path(__file__).with_name("page.md")


def write_rate(result: dict[str, Any]) -> float:
    """The bytes per second that the machine writes at best: by memset or zeros, with any number of threads."""
    rows = [row for row in result["rows"] if row["name"] in ("memset", "zeros float32")]
    return max(float(row["bytes"] / min(row["samples"])) for row in rows)


def table_of(result: dict[str, Any]) -> str:
    """GB/s by what is written and the number of threads; in brackets how many times one thread's."""
    names = list(dict.fromkeys(row["name"] for row in result["rows"]))
    threads = sorted({row["threads"] for row in result["rows"]})
    rates = {(row["name"], row["threads"]): row["bytes"] / summary(row["samples"]).median for row in result["rows"]}
    limit = write_rate(result)

    def cell(name: str, count: int) -> str:
        rate = rates.get((name, count))
        if rate is None:
            return ""
        return f"{rate / 1e9:.1f} ({rate / rates[name, threads[0]]:.1f}x, {rate / limit:.0%})"

    head = ("threads", *names)
    return table(head, [(str(n), *(cell(name, n) for name in names)) for n in threads])


def page(result: dict[str, Any]) -> str:
    fields = {
        **result["machine"],
        "limit": f"{write_rate(result) / 1e9:.1f}",
        "table": table_of(result),
        "notes": "\n**A quick run: it says little of the speed.**\n" * result["quick"],
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def render(source: Path, docs: Path) -> list[Path]:
    """Write benchmarks-threads.json (a copy of `source`) and benchmarks-threads.md to `docs`."""
    return render_page(source, docs, "benchmarks-threads", page)
