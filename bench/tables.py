"""What the pages of all benches are made with: tables, names of fills, files."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table, padded so that it also reads well in a terminal; first two columns left."""
    cells = [head, *lines]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    left = [i < 2 or not any(line[i][:1].isdigit() for line in cells[1:]) for i in range(len(head))]
    rule = tuple("-" * w if side else "-" * (w - 1) + ":" for w, side in zip(widths, left, strict=True))
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) if side else cell.rjust(width)
            for cell, width, side in zip(line, widths, left, strict=True)
        )
        + " |"
        for line in [head, rule, *cells[1:]]
    )


def fill_name(row: dict[str, Any]) -> str:
    work = row["work"]
    count = " x ".join(map(str, work["shape"]))
    power = math.log2(work["elements"])
    size = f"2^{power:.0f}" if len(work["shape"]) == 1 and power.is_integer() else count
    return f"{work['kind']} {work['dtype']} {size}"


def nanoseconds(row: dict[str, Any], seconds: float) -> float:
    return seconds / float(row["work"]["elements"]) * 1e9


def render_page(source: Path, docs: Path, name: str, page: Callable[[dict[str, Any]], str]) -> list[Path]:
    """Write `name`.json (a copy of `source`) and its page, `name`.md, to `docs`."""
    text = source.read_text()
    docs.mkdir(parents=True, exist_ok=True)
    paths = [docs / f"{name}.{suffix}" for suffix in ("json", "md")]
    paths[0].write_text(text)
    paths[1].write_text(page(json.loads(text)))
    return paths


def update_summary(docs: Path, mark: str, text: str) -> None:
    """Put a summary between the marks of this name in `docs`/speed.md, if there is such a page."""
    page = docs / "speed.md"
    if not page.exists():
        return
    before, begin, rest = page.read_text().partition(f"<!-- {mark}: made by the bench -->\n")
    _, end, after = rest.partition(f"<!-- end of {mark} -->\n")
    if end:
        page.write_text(f"{before}{begin}\n{text}\n\n{end}{after}")
