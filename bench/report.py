"""The page and the plot, made from a result and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from .limits import limit_of
from .plot import plot
from .summary_plot import plot_summary
from .tables import fill_name, nanoseconds, table, update_summary
from .timing import median_ratio, ratio, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEMPLATE = Path(__file__).with_name("page.md")
MEMORY_BOUND = 0.7
CALL_BOUND_ELEMENTS = 2**16
DISTURBED = 0.1
DISTURBED_NOTE = """
**A disturbed run: other processes held the processors for much of it, so that times, above all
with two threads, say little. Repeat it on a quiet machine.**
"""
QUICK_NOTE = """
**A quick run: arrays that fit the cache, few rounds. It shows that everything works and checks the
results; the targets are not meant for these sizes.**
"""


@dataclass(frozen=True)
class Verdict:
    """A peer, compared with the subject of its row."""

    row: dict[str, Any]
    subject: dict[str, Any]
    peer: dict[str, Any]
    limit: float  # seconds in which the machine writes as many bytes

    @property
    def measured(self) -> bool:
        return bool(self.subject["samples"] and self.peer["samples"])

    @property
    def ratio(self) -> float:
        return ratio(self.peer["samples"], self.subject["samples"])

    @property
    def median_ratio(self) -> float:
        return median_ratio(self.peer["samples"], self.subject["samples"])

    @property
    def goal(self) -> str:
        if self.peer.get("target") is None:
            return ""
        return f"{'at most' if self.peer['at_most'] else 'at least'} {self.peer['target']:g}x"

    @property
    def met(self) -> bool:
        target: float = self.peer["target"]
        return bool(self.ratio <= target if self.peer["at_most"] else self.ratio >= target)

    @property
    def outcome(self) -> str:
        if not self.measured:
            return status(self.peer) if self.subject["samples"] else status(self.subject)
        if not self.goal:
            return ""
        return "met" if self.met else f"missed by {abs(1 - self.ratio / self.peer['target']):.0%}"

    @property
    def bound(self) -> str:
        """What holds the subject back, as far as times tell."""
        share = self.limit / min(self.subject["samples"])
        if self.row["work"]["elements"] <= CALL_BOUND_ELEMENTS:
            return "the cost of a call"
        if share < MEMORY_BOUND:
            return f"arithmetic: it writes at {share:.0%} of the limit"
        most = min(self.peer["samples"]) / self.limit
        text = f"memory: it writes at {share:.0%} of the limit"
        if self.peer["runner"] != "fastinit":
            text += f", and a fill at the limit would be {most:.2f}x as fast as this peer"
        return text


def verdicts(result: dict[str, Any]) -> Iterator[Verdict]:
    for row in result["rows"]:
        limit = limit_of(row, result["limits"])
        for peer in row["subjects"][1:]:
            yield Verdict(row, row["subjects"][0], peer, limit)


def problems(result: dict[str, Any], require_peers: bool) -> list[str]:
    """What makes the exit status 1: fastinit wrong or missing, and, if required, a peer missing."""
    found = []
    for row in result["rows"]:
        for subject in row["subjects"]:
            # A peer that fastinit itself is may be an instruction set that this processor lacks.
            needed = subject is row["subjects"][0] or (require_peers and subject["runner"] != "fastinit")
            if subject["status"] != "measured" and needed:
                reason = subject["reason"]
                found.append(f"{row['name']}: {subject['label']}: {subject['status']}: {reason}")
            if subject["runner"] == "fastinit":
                found += [f"{row['name']}: {fault}" for fault in subject.get("faults", ())]
    return found


def status(subject: dict[str, Any]) -> str:
    return subject["status"] if subject["status"] != "failed" else f"failed ({subject['reason']})"


def progress(row: dict[str, Any]) -> str:
    """One line for the terminal while the bench runs."""
    return "; ".join(
        f"{subject['label']} {nanoseconds(row, min(subject['samples'])):.3f}"
        if subject["samples"]
        else f"{subject['label']} {subject['status']}"
        for subject in row["subjects"]
    )


def ratios(found: Iterable[Verdict]) -> str:
    def line(v: Verdict) -> tuple[str, ...]:
        numbers = (f"{v.ratio:.2f}x", f"{v.median_ratio:.2f}x") if v.measured else ("", "")
        pair = (v.subject["label"], v.peer["label"])
        return (fill_name(v.row), *pair, *numbers, v.goal, v.outcome)

    head = ("fill", "this", "compared with", "best / best", "median / median", "target", "outcome")
    return table(head, map(line, found))


def times(result: dict[str, Any]) -> str:
    def line(row: dict[str, Any], subject: dict[str, Any]) -> tuple[str, ...]:
        if not subject["samples"]:
            return (fill_name(row), subject["label"], "", "", "", "", "", status(subject))
        found, size = summary(subject["samples"]), row["work"]["bytes"]
        return (
            fill_name(row),
            subject["label"],
            f"{nanoseconds(row, found.best):.3f}",
            f"{nanoseconds(row, found.median):.3f}",
            f"{found.spread:.1%}",
            f"{size / found.best / 1e9:.2f}",
            f"{limit_of(row, result['limits']) / found.best:.1%}",
            "; ".join(subject["faults"]) or "right",
        )

    head = ("fill", "by", "best ns", "median ns", "spread", "GB/s", "of the limit", "result")
    return table(head, (line(row, subject) for row in result["rows"] for subject in row["subjects"]))


def missed(found: Iterable[Verdict]) -> str:
    lines = [
        f"- {fill_name(v.row)}, compared with {v.peer['label']}: {v.ratio:.2f}x, target {v.goal}, "
        f"{v.outcome}. The limit of {v.subject['label']}: {v.bound}."
        for v in found
        if v.measured and v.goal and not v.met
    ]
    return "\n".join(lines) or "None."


def describe_limit(result: dict[str, Any], kind: str) -> str:
    limit = result["limits"].get(kind)
    if limit is None:
        return "not measured"
    seconds = limit["seconds_per_byte"]
    rate = f"{1e-9 / seconds:.1f} GB/s, {4e9 * seconds:.3f} ns per float32 element"
    return f"{rate} (by {limit['subject']})"


def page(result: dict[str, Any], predictions: str = "Not made.") -> str:
    """docs/benchmarks.md; the words around the numbers are in page.md.

    `predictions`: the section of bench.lanes.
    """
    found, about = list(verdicts(result)), result["machine"]
    others = about["taken_by_others"]
    fields = {
        **about,
        "flags": ", ".join(about["flags"]),
        "taken_by_others": f"{others:.1%}",
        "versions": "\n".join(f"| {name} | {text} |" for name, text in result["versions"].items()),
        "repeats": result["repeats"],
        "notes": QUICK_NOTE * result["quick"] + DISTURBED_NOTE * (others > DISTURBED),
        "limit": describe_limit(result, "constant"),
        "zeros_limit": describe_limit(result, "zeros"),
        "targets": ratios(v for v in found if v.goal),
        "missed": missed(found),
        "others": ratios(v for v in found if not v.goal),
        "times": times(result),
        "predictions": predictions,
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def short(result: dict[str, Any]) -> str:
    """The rows against other libraries that have a target, short enough for docs/speed.md."""

    def line(v: Verdict) -> tuple[str, ...]:
        mine, theirs = (f"{nanoseconds(v.row, min(s['samples'])):.3g}" for s in (v.subject, v.peer))
        return (fill_name(v.row), v.peer["label"], mine, theirs, f"{v.ratio:.3g}x")

    about, fastinit = result["machine"], result["versions"]["fastinit"]
    rows = (v for v in verdicts(result) if v.goal and v.measured and v.peer["runner"] != "fastinit")
    head = ("fill", "other", "fastinit, ns", "other, ns", "speed-up")
    return (
        f"{about['processor']}, {about['cores']} cores, fastinit {fastinit}; ns per element, best times:"
        f"\n\n{table(head, map(line, rows))}"
    )


def comparison(result: dict[str, Any]) -> str:
    """What a terminal shows: a row for each peer, with the time of both."""

    def line(v: Verdict) -> tuple[str, ...]:
        times = (f"{nanoseconds(v.row, min(s['samples'])):.3g}" if s["samples"] else "" for s in (v.subject, v.peer))
        return (fill_name(v.row), v.peer["label"], *times, f"{v.ratio:.3g}x" if v.measured else "", v.outcome)

    head = ("fill", "compared with", "ns", "its ns", "faster by", "outcome")
    return table(head, map(line, verdicts(result)))


def render(source: Path, docs: Path, predictions: str) -> list[Path]:
    """Write benchmarks.json (a copy of `source`), benchmarks.md, benchmarks.svg and the README's speed.png to `docs`.

    docs/speed.md gets its summary.
    """
    text = source.read_text()
    result = json.loads(text)
    docs.mkdir(parents=True, exist_ok=True)
    paths = [*(docs / f"benchmarks.{suffix}" for suffix in ("json", "md", "svg")), docs / "speed.png"]
    paths[0].write_text(text)
    paths[1].write_text(page(result, predictions))
    plot(result, paths[2])
    plot_summary(result, paths[3])
    update_summary(docs, "speed", short(result))
    return paths
