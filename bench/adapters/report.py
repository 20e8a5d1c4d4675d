"""Makes the page from a result alone."""

from __future__ import annotations

import json
import math
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from bench import report
from bench.report import DISTURBED, DISTURBED_NOTE, status
from bench.tables import render_page, table, update_summary
from bench.timing import summary

from .cases import BUILD, GPT2, LLAMA, MOST_ELEMENTS, PACE, SMALL_SAMPLE_SECONDS, THREADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .cases import Model

TEMPLATE = Path(__file__).with_name("page.md")
SUMMARY_ROWS = ("kaiming_normal_", "trunc_normal_", "HeNormal", "he_normal", BUILD.initializer)
MOSTLY = 0.5
UNITS = (("s", 1.0), ("ms", 1e3), ("us", 1e6))
QUICK_NOTE = """
**A quick run: small parts of the tensors, two rounds. It shows that everything works and checks the
results; the targets are not meant for it.**
"""


def outside(subject: dict[str, Any]) -> float:
    """The share of a side's time that is not spent in draws; NaN if it was not measured."""
    if not subject.get("draws"):
        return math.nan
    return max(0.0, 1 - float(min(subject["draws"]) / min(subject["samples"])))


class Verdict(report.Verdict):
    """The comparison of a framework with its adapter."""

    @property
    def is_small(self) -> bool:
        return self.row["model"] is None

    @property
    def bound(self) -> str:
        """What limits the adapter, as far as the times show."""
        mine, theirs = (min(side["samples"]) for side in (self.subject, self.peer))
        if not any(self.subject["draws"]):
            return f"nothing is drawn; {seconds(mine - theirs)} of {seconds(mine)} are added to the framework's time"
        share = outside(self.subject)
        passed = f"{share:.0%} of {seconds(mine)} are outside of the draws"
        where = "the cost of a call" if share > MOSTLY else "the draws themselves"
        alone = _number(theirs / (mine * (1 - share)))
        return f"{where}; {passed}, and with the draws alone it would be {alone}x"


def verdicts(result: dict[str, Any]) -> Iterator[Verdict]:
    for row in result["rows"]:
        for peer in row["subjects"][1:]:
            yield Verdict(row, row["subjects"][0], peer, math.nan)


def seconds(value: float) -> str:
    """Shows a time in a fitting unit."""
    unit, factor = next((u for u in UNITS if value * u[1] >= 1), UNITS[-1])
    return f"{_number(value * factor)} {unit}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _ratios(verdict: Verdict) -> tuple[str, str]:
    """Best over best and median over median."""
    if not verdict.measured:
        return "", ""
    return f"{_number(verdict.ratio)}x", f"{_number(verdict.median_ratio)}x"


def _share(subject: dict[str, Any]) -> str:
    share = outside(subject)
    return "" if math.isnan(share) else f"{share:.0%}"


def _times(subject: dict[str, Any]) -> str:
    if not subject["samples"]:
        return status(subject)
    found = summary(subject["samples"])
    return f"{seconds(found.best)} ({seconds(found.median)})"


def _values(verdict: Verdict) -> str:
    faults = [
        f"{side['label']}: {fault}" for side in (verdict.subject, verdict.peer) for fault in side.get("faults", ())
    ]
    return f"{len(faults)} faults; {faults[0]}" if faults else "right"


def comparisons(found: Iterable[Verdict]) -> str:
    """The times of both sides, their ratios, and the share of the adapter's time outside the draws."""

    def line(v: Verdict) -> tuple[str, ...]:
        work = v.row["work"]
        return (
            v.peer["label"],
            v.row["framework"],
            f"{work['tensors']}, {work['dtype']}",
            _times(v.peer),
            _times(v.subject),
            *_ratios(v),
            _share(v.subject),
            v.goal,
            v.outcome,
            _values(v),
        )

    head = (
        "framework's",
        "with",
        "tensors",
        "its time",
        "fastinit's time",
        "best / best",
        "median / median",
        "outside the draws",
        "target",
        "outcome",
        "values",
    )
    return table(head, map(line, found))


def builds(found: Iterable[Verdict]) -> str:
    """Models built by transformers."""

    def line(v: Verdict) -> tuple[str, ...]:
        sides = (v.subject, v.peer)
        return (
            v.subject["label"],
            v.peer["label"],
            *map(_times, sides),
            *_ratios(v),
            *map(_share, sides),
            _values(v),
        )

    head = (
        "this",
        "compared with",
        "its time",
        "the other's time",
        "best / best",
        "median / median",
        "outside the draws",
        "the other's share",
        "values",
    )
    return table(head, map(line, found))


def missed(found: Iterable[Verdict]) -> str:
    lines = [
        f"- {v.subject['label']}, {v.row['work']['tensors']}, {v.row['work']['dtype']}"
        f" ({v.row['framework']}): {_number(v.ratio)}x, target {v.goal}, {v.outcome}. Its limit: {v.bound}."
        for v in found
        if v.measured and v.goal and not v.met
    ]
    return "\n".join(lines) or "None."


def page(result: dict[str, Any]) -> str:
    """Returns docs/benchmarks-adapters.md. The words around the numbers are in page.md."""
    found, about = list(verdicts(result)), result["machine"]
    others = about["taken_by_others"]
    compared = [v for v in found if v.row["framework"] != "transformers"]
    fields = {
        **about,
        "taken_by_others": f"{others:.1%}",
        "notes": QUICK_NOTE * result["quick"] + DISTURBED_NOTE * (others > DISTURBED),
        "versions": ", ".join(f"{name} {text}" for name, text in result["versions"].items()),
        "repeats": result["repeats"],
        "threads": THREADS,
        **PACE,
        "small_ms": f"{SMALL_SAMPLE_SECONDS * 1e3:.0f}",
        "most": f"2^{math.log2(MOST_ELEMENTS):.0f}",
        "gpt2": _weights(GPT2),
        "llama": _weights(LLAMA),
        "targets": comparisons(v for v in compared if v.goal and not v.is_small),
        "missed": missed(found),
        "models": comparisons(v for v in compared if not v.goal and not v.is_small),
        "small": comparisons(v for v in compared if v.is_small),
        "builds": builds(v for v in found if v.row["framework"] == "transformers"),
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def _weights(model: Model) -> str:
    shapes = model.shapes()
    return f"{len(shapes)} tensors, {sum(map(math.prod, shapes)):,} elements"


def short(result: dict[str, Any]) -> str:
    """A few rows, short enough for docs/speed.md."""

    def line(v: Verdict) -> tuple[str, ...]:
        mine, theirs = (seconds(min(side["samples"])) for side in (v.subject, v.peer))
        # All rows of a built model have the same call, so the row's label distinguishes them.
        around = v.subject["label"].removeprefix(v.peer["label"]).strip()
        return (
            v.peer["label"],
            around if v.row["framework"] == "transformers" else v.row["framework"],
            v.row["model"],
            theirs,
            mine,
            f"{_number(v.ratio)}x",
        )

    rows = (
        v
        for v in verdicts(result)
        if v.measured
        and not v.is_small
        and v.row["work"]["kind"] in SUMMARY_ROWS
        and v.row["work"]["dtype"] == "float32"
        and v.peer is v.row["subjects"][1]
    )
    head = ("function", "framework", "model", "its time", "fastinit's time", "speed-up")
    return table(head, map(line, rows))


def render(source: Path, docs: Path) -> list[Path]:
    """Writes benchmarks-adapters.json (a copy of `source`) and benchmarks-adapters.md to `docs`.

    docs/speed.md gets its summary.
    """
    paths = render_page(source, docs, "benchmarks-adapters", page)
    update_summary(docs, "adapters", short(json.loads(source.read_text())))
    return paths
