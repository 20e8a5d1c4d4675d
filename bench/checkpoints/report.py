"""Makes the page and the plot of memory over time from a result alone."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from bench.plot import machine_of
from bench.report import DISTURBED, DISTURBED_NOTE
from bench.tables import table
from bench.timing import summary
from fastinit.pictures import COLOURS, apart, clean, decimals, new_figure, save

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = Path(__file__).with_name("page.md")
SCALING = Path(__file__).with_name("scaling.md")
# The number of nodes, the GB/s that each of them writes, and the kind of such a disk.
NODES = (
    (1, 0.5, "a network volume"),
    (1, 3.5, "one NVMe disk"),
    (1, 25, "eight NVMe disks, striped"),
    (8, 3.5, "one NVMe disk each, or a parallel file system"),
    (64, 2, "a parallel file system"),
)
SUBJECT = "fastinit init"
LINE, NEAR = 0.06, 0.05  # of the height of a panel, a line of text; of its width


def _lines(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for case in result["cases"]:
        mine = case["subjects"][SUBJECT]["samples"]
        size = case["subjects"][SUBJECT]["bytes"]  # of what is not written, too
        for name, about in case["subjects"].items():
            if not about["samples"]:
                yield (case["name"], name, about["status"], "", "", "", "", "", "")
                continue
            found = summary([sample["seconds"] for sample in about["samples"]])
            target = result["targets"].get(name)
            ratio = found.median / summary([sample["seconds"] for sample in mine]).median
            yield (
                case["name"],
                name,
                f"{found.median:.2f}",
                f"{found.best:.2f}",
                f"{size / found.median / 1e9:.2f}",
                f"{max(sample['peak_bytes'] for sample in about['samples']) / 1e6:,.0f}",
                "" if name == SUBJECT else f"{ratio:.3g}x",
                "" if target is None else f"at least {target:g}x",
                "" if target is None else "met" if ratio >= target else "missed",
            )


def times(result: dict[str, Any]) -> str:
    """The table of all subjects."""
    head = (
        "checkpoint",
        "by",
        "median s",
        "best s",
        "GB/s",
        "peak MB",
        "of fastinit's time",
        "target",
        "outcome",
    )
    return table(head, _lines(result))


def memory(result: dict[str, Any]) -> str:
    """A line on the peak of each checkpoint that fastinit wrote."""
    lines = []
    for case in result["cases"]:
        about = case["subjects"][SUBJECT]
        peak = max(sample["peak_bytes"] for sample in about["samples"])
        outcome = "met" if peak < result["peak_target"] else "missed"
        lines.append(
            f"- {case['name']}: {peak / 1e6:.0f} MB for {about['bytes'] / 1e9:.2f} GB "
            f"(target: under {result['peak_target'] / 1e6:.0f} MB, {outcome})"
        )
    return "\n".join(lines)


def page(result: dict[str, Any]) -> str:
    """Returns docs/benchmarks-checkpoints.md. The words around the numbers are in page.md."""
    about = result["machine"]
    versions: dict[str, str] = {}
    for case in result["cases"]:
        for subject in case["subjects"].values():
            versions |= subject.get("versions", {})
    fields = {
        **about,
        "taken_by_others": f"{about['taken_by_others']:.1%}",
        "notes": DISTURBED_NOTE * (about["taken_by_others"] > DISTURBED),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "rounds": result["rounds"],
        "times": times(result),
        "memory": memory(result),
    }
    return Template(TEMPLATE.read_text()).substitute(fields)


def plot(result: dict[str, Any], path: Path) -> None:
    """Draws resident memory over time, with a panel for each checkpoint; each line has its name at its end."""
    cases = result["cases"]
    figure = new_figure(10, 3.4 * len(cases) + 0.4)
    panels = figure.subplots(len(cases), squeeze=False).ravel()
    for axes, case in zip(panels, cases, strict=True):
        _draw_memory(axes, case["subjects"])
        axes.set_title(case["name"], loc="left", fontsize=10)
    panels[-1].set_xlabel("seconds since the start of the process")
    title = f"Resident memory while a checkpoint is written, on a logarithmic axis: {machine_of(result)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    save(figure, path)


def _draw_memory(axes: Any, subjects: dict[str, Any]) -> None:
    axes.set_yscale("log")
    ends = []
    for (name, about), colour in zip(subjects.items(), itertools.cycle(COLOURS)):
        if about["samples"]:
            seconds, resident = zip(*about["memory"], strict=True)
            axes.plot(seconds, [size / 1e6 for size in resident], color=colour, lw=1.6)
            ends.append((resident[-1] / 1e6, seconds[-1], name, colour))
    axes.set_ylim(bottom=10)
    width = 1.45 * max((seconds for _, seconds, *_ in ends), default=1)  # with room for the names
    axes.set_xlim(0, width)
    axes.set_ylabel("resident memory, MB")
    clean(axes)
    decimals(axes.yaxis)
    low, high = map(math.log, axes.get_ylim())
    ends.sort()
    heights = apart([(math.log(size) - low) / (high - low) for size, *_ in ends], LINE)
    for (_, seconds, name, colour), height in zip(ends, heights, strict=True):
        x = max(other for _, other, *_ in ends if other - seconds < NEAR * width)  # not across another line's end
        style = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "va": "center", "fontsize": 8}
        axes.annotate(name, (x, height), (5, 0), color=colour, parse_math=False, **style)


def _median(result: dict[str, Any], name: str) -> tuple[float, float]:
    """Median seconds of a subject in the largest checkpoint that was measured, and its bytes."""
    subjects = result["cases"][-1]["subjects"]
    samples = subjects[name]["samples"]
    return summary([s["seconds"] for s in samples]).median, subjects[SUBJECT]["bytes"]


def scaling(result: dict[str, Any]) -> str:
    """Returns docs/scaling.md, which calculates with the measured numbers. The words around them are in scaling.md."""
    plan, cores = result["trillion"], result["machine"]["cores"]
    write_seconds, size = _median(result, SUBJECT)
    draw_seconds, _ = _median(result, "values only, not written")
    disk_seconds, _ = _median(result, "direct write of ready bytes")
    draw_rate, write_rate = size / draw_seconds, size / write_seconds

    def line(nodes: int, per_node: float, what: str) -> tuple[str, ...]:
        total = plan["tensor_bytes"] / (nodes * per_node)
        need = math.ceil(cores * per_node / draw_rate)
        rates = f"{per_node / 1e9:g} GB/s", f"{nodes * per_node / 1e9:g} GB/s"
        return (str(nodes), what, *rates, _time(total), str(need))

    rows = [line(nodes, rate * 1e9, what) for nodes, rate, what in NODES]
    head = ("nodes", "disk", "a node writes", "together", "time", "cores a node needs to keep up")
    fields = {
        **result["machine"],
        "parameters": f"{plan['parameters'] / 1e12:.3f}",
        "terabytes": f"{plan['tensor_bytes'] / 1e12:.2f}",
        "wide_terabytes": f"{plan['parameters'] * 4 / 1e12:.2f}",
        "recipe": Path(plan["recipe"]).stem,
        "recipe_bytes": f"{plan['recipe_bytes']:,}",
        "tensors": f"{plan['tensors']:,}",
        "files": plan["files"],
        "headers": f"{plan['header_bytes'] / 1e6:.1f}",
        "task": f"{plan['task_bytes'] / 1e3:.0f}",
        "plan_seconds": f"{plan['plan_seconds']:.1f}",
        "case": result["cases"][-1]["name"],
        "write_rate": f"{write_rate / 1e9:.2f}",
        "disk_rate": f"{size / disk_seconds / 1e9:.2f}",
        "draw_rate": f"{draw_rate / 1e9:.1f}",
        "core_rate": f"{draw_rate / cores / 1e9:.1f}",
        "here": _time(plan["tensor_bytes"] / write_rate),
        "draw_here": _time(plan["tensor_bytes"] / draw_rate),
        "table": table(head, rows),
    }
    return Template(SCALING.read_text()).substitute(fields)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def render(source: Path, docs: Path) -> list[Path]:
    """Writes benchmarks-checkpoints.json (a copy of `source`), .md, .svg and scaling.md to `docs`."""
    text = source.read_text()
    result = json.loads(text)
    paths = [docs / f"benchmarks-checkpoints.{suffix}" for suffix in ("json", "md", "svg")]
    paths[0].write_text(text)
    paths[1].write_text(page(result))
    plot(result, paths[2])
    paths.append(docs / "scaling.md")
    paths[3].write_text(scaling(result))
    return paths
