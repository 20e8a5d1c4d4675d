"""Pictures of statistics: of any checkpoint, without a warning."""

from __future__ import annotations

import dataclasses
import math
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit.checkpoint import make_plan, parse_recipe, write
from fastinit.checkpoint.statistics import plot
from fastinit.checkpoint.statistics.faults import find_faults
from fastinit.checkpoint.statistics.plot import plot_stats
from fastinit.checkpoint.statistics.rows import MAX_ROWS, rows_of
from fastinit.checkpoint.statistics.stats import CheckpointStats, tensor_stats
from fastinit.errors import PictureError
from fastinit.pictures import MARKED
from tests.checkpoint.storedfiles import FAULTY, assign, change, recipe_text, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PNG = b"\x89PNG\r\n\x1a\n"


def plotted(stats: CheckpointStats, path: Path) -> bytes:
    pytest.importorskip("matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_stats(stats, path)
    return path.read_bytes()


@pytest.mark.parametrize("dtype", ["float32", "float8_e4m3fn"])
def test_plot_of_every_kind_of_tensor(dtype: str, tmp_path: Path) -> None:
    write(make_plan(parse_recipe(recipe_text(dtype))), tmp_path / "out")
    assert plotted(tensor_stats(tmp_path / "out"), tmp_path / "a.png").startswith(PNG)


def test_plot_with_faults(tmp_path: Path) -> None:
    faulty = tmp_path / "out"
    write(make_plan(parse_recipe(FAULTY)), faulty)
    change(faulty, "w", assign((3, 4), math.nan))
    assert plotted(tensor_stats(faulty), tmp_path / "a.png").startswith(PNG)


LAYERS = """
seed = 11
dtype = "float32"
[tensors]
"h.{0..5}.w" = [64, 64]
"h.{0..5}.scale" = [64]
"h.{0..5}.cut" = [96, 32]
big = [640, 64]
[[rule]]
match = "*.scale"
init = "ones"
[[rule]]
match = "*.cut"
init = "truncated_normal"
std = 0.1
[[rule]]
match = "*"
init = "normal"
"""


def spoiled(tmp_path: Path, values: dict[str, NDArray[Any]], text: str = LAYERS) -> CheckpointStats:
    """The statistics of a checkpoint after the first elements of tensors were overwritten."""
    plan = make_plan(parse_recipe(text))
    write(plan, tmp_path / "model")
    offsets = {tensor.name: tensor.offset for tensor in plan.tensors}
    with (tmp_path / "model" / "model.safetensors").open("r+b") as file:
        for name, array in values.items():
            file.seek(offsets[name])
            file.write(array.astype(np.float32).tobytes())
    stats = tensor_stats(tmp_path / "model")
    assert {entry.tensor.name for entry in stats.marked} == set(values)
    return stats


def drawn(stats: CheckpointStats, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The figure, not saved: first the axes of the rows, then the axes of the histograms."""
    pytest.importorskip("matplotlib")
    figures: list[Any] = []
    monkeypatch.setattr(plot, "save", lambda figure, _: figures.append(figure))
    plot_stats(stats, "a.svg")
    figures[0].canvas.draw()
    return figures[0]


def artists(axes: Any, label: str) -> list[list[float]]:
    """Where the lines of a label stand from left to right, by row."""
    return [list(line.get_xdata()) for line in axes.lines if line.get_label() == label]


SPOILED = {
    "h.1.w": np.array([1e3]),  # within the axis
    "h.3.w": np.full(4096, 0.5),  # no spread, so no ratio but 0
    "h.4.scale": np.array([0.5]),  # whose rule has no spread
    "big": np.array([math.nan]),
}


def test_what_is_marked_is_shown_as_marked_and_its_fault_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = spoiled(tmp_path, SPOILED)
    by_name = {entry.tensor.name: entry for entry in stats.tensors}
    axes, *_ = drawn(stats, monkeypatch).axes
    found = sorted(x for places in artists(axes, "marked") for x in places)
    ratios = [by_name[name].spread.ratio for name in ("h.1.w", "big")]  # type: ignore[union-attr]
    assert found == pytest.approx(sorted([0.015, 0.015, *ratios]))  # crosses at the edge, and rings
    texts = [text.get_text() for text in axes.texts]
    assert any(line.startswith("1: max 1000 is above ") for text in texts for line in text.splitlines())
    assert any(line.startswith("3: ") for text in texts for line in text.splitlines())
    assert "4: values from 0.5 to 1 where all must be 1" in texts
    assert "1 value is not finite" in texts
    red = {label.get_text() for label in axes.get_yticklabels() if label.get_color() == MARKED}
    assert red == {"h.{0..5}.w", "h.{0..5}.scale", "big"}
    assert sum(text.get_color() == MARKED for text in axes.texts) == len(red)


def test_what_is_not_marked_is_not_shown_as_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes, *panels = drawn(spoiled(tmp_path, {}), monkeypatch).axes
    assert artists(axes, "marked") == []
    assert {label.get_color() for label in axes.get_yticklabels()} == {"black"}
    assert {panel._left_title.get_color() for panel in panels} == {"black"}
    assert "red" not in axes.get_xlabel()


def test_limits_are_those_that_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stats = spoiled(tmp_path, {})
    axes, *_ = drawn(stats, monkeypatch).axes
    shown = {(bar.get_x(), bar.get_x() + bar.get_width()) for bars in axes.containers for bar in bars}
    spreads = {(e.spread.least, e.spread.most) for e in stats.tensors if e.spread is not None}
    assert sorted(shown) == [pytest.approx(pair) for pair in sorted(spreads)]
    entry = next(entry for entry in stats.tensors if entry.tensor.name == "h.0.w")
    assert entry.expected is not None
    assert entry.found is not None
    assert entry.spread is not None
    for limit, outward in ((entry.spread.least, 0.999), (entry.spread.most, 1.001)):
        for factor, is_marked in ((1.0 / outward, False), (outward, True)):
            std = limit * factor * entry.expected.std
            scaled = dataclasses.replace(entry.found, mean=0.0, squares=entry.found.count * std**2)
            law = dataclasses.replace(entry.expected.law, mean=0.0)
            assert bool(find_faults(scaled, law)) is is_marked


def test_every_tensor_with_a_ratio_has_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stats = spoiled(tmp_path, {})
    axes, *_ = drawn(stats, monkeypatch).axes
    dots = sorted(x for places in artists(axes, "tensors") for x in places)
    assert dots == pytest.approx(sorted(e.spread.ratio for e in stats.tensors if e.spread is not None))


def test_each_rule_that_draws_has_a_histogram_a_marked_tensor_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, *panels = drawn(spoiled(tmp_path, {"h.1.w": np.array([1e3])}), monkeypatch).axes
    titles = {panel.get_title("left"): panel._left_title.get_color() for panel in panels}
    assert titles == {"rule 2: truncated_normal(std=0.1)\nh.0.cut": "black", "rule 3: normal()\nh.1.w": MARKED}
    for panel in panels:
        assert panel.get_ylim()[0] == 0
        (line,) = [line for line in panel.lines if line.get_label() == "expected"]
        x, density = line.get_data()
        assert (np.diff(x) * density[1:]).sum() == pytest.approx(1, abs=0.1)


def test_the_title_has_the_checkpoint_and_its_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(spoiled(tmp_path, {}), monkeypatch)
    titles = [part.get_suptitle() for part in (figure, *figure.subfigs)]
    assert any(title.startswith("model: seed 11\n19 tensors, ") for title in titles)
    other = tensor_stats(write_file(tmp_path / "other.safetensors", PLOTTED["no layers"]))
    figure = drawn(other, monkeypatch)
    titles = [part.get_suptitle() for part in (figure, *figure.subfigs)]
    assert any(title.startswith("other.safetensors: no recipe to compare with\n") for title in titles)


def test_rows_fold_ten_thousand_tensors_and_keep_what_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{first}{second}.{{0..99}}.w" for first in "abcdefghij" for second in "abcdefghij"]
    text = LAYERS.partition("[tensors]")[0] + "[tensors]\n" + "\n".join(f'"{name}" = [4]' for name in names)
    text += '\n[[rule]]\nmatch = "*"\ninit = "normal"\n'
    stats = spoiled(tmp_path, {"jj.77.w": np.array([1e3])}, text)
    rows = rows_of(stats)
    assert len(rows) == MAX_ROWS
    assert sum(len(row.entries) for row in rows) == len(stats.tensors) == 10_000
    assert [row.name for row in rows if row.marked] == ["jj.{0..99}.w"]
    assert rows[-1].name == f"{10_000 - 100 * (MAX_ROWS - 1):,} more tensors"
    axes, *_ = drawn(stats, monkeypatch).axes
    assert len(axes.get_yticklabels()) == MAX_ROWS


@pytest.mark.parametrize(("suffix", "start"), [("png", PNG), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_same_statistics_give_the_same_bytes(suffix: str, start: bytes, tmp_path: Path) -> None:
    stats = spoiled(tmp_path, SPOILED)
    first, second = (plotted(stats, tmp_path / f"{number}.{suffix}") for number in range(2))
    assert first.startswith(start)
    assert first == second


def test_text_of_an_svg_stays_text(tmp_path: Path) -> None:
    picture = plotted(spoiled(tmp_path, SPOILED), tmp_path / "a.svg")
    assert b">h.{0..5}.w</text>" in picture


PLOTTED: dict[str, dict[str, NDArray[Any]]] = {
    "constants": {f"h.{i}.w": np.ones(5, np.float32) for i in range(3)},
    "empty": {"w": np.empty((0, 3), np.float32)},
    "nothing": {},
    "not finite": {"w": np.full(9, math.nan, np.float32)},
    "one": {"w": np.array(2.5, np.float32)},
    "huge": {"w": np.array([1e300, -1e300, 3.0])},
    "whole": {"w": np.arange(9), "m": np.array([True, False, True])},
    # No valid mathematics, which matplotlib would draw between dollar signs, and no letter of its font.
    "marks": {name: np.arange(9.0) for name in ("$\\frac$.a", "$^$.b", "h.0.$\\frac$.w", "h.0.$_$.v", "字.w", "_x.w")},
    "no layers": {f"{c}.w": np.arange(9.0) for c in "abcdefghijklmnopqrstuvwxyz"},
}


@pytest.mark.parametrize("case", PLOTTED)
def test_plot_without_recipe(case: str, tmp_path: Path) -> None:
    stats = tensor_stats(write_file(tmp_path / "m.safetensors", PLOTTED[case]))
    assert plotted(stats, tmp_path / "a.png").startswith(PNG)


def test_missing_matplotlib_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    stats = tensor_stats(write_file(tmp_path / "m.safetensors", PLOTTED["one"]))
    with pytest.raises(PictureError, match=r'pip install "\.\[plot\]"` in a clone of fastinit'):
        plot_stats(stats, tmp_path / "a.png")


def test_unknown_kind_of_picture_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    stats = tensor_stats(write_file(tmp_path / "m.safetensors", PLOTTED["one"]))
    with pytest.raises(PictureError, match=r"cannot write .*a\.nope: ") as caught:
        plot_stats(stats, tmp_path / "a.nope")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [OSError("no RGBA"), RuntimeError("'xelatex' not found"), ValueError("no usetex")])
def test_picture_that_matplotlib_cannot_make_is_an_error(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = pytest.importorskip("matplotlib.figure")
    stats = tensor_stats(write_file(tmp_path / "m.safetensors", PLOTTED["one"]))

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(figure.Figure, "savefig", fail)
    with pytest.raises(PictureError, match=rf"^cannot write .*a\.png: {error}$"):
        plot_stats(stats, tmp_path / "a.png")


def test_plot_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    stats = tensor_stats(write_file(tmp_path / "m.safetensors", PLOTTED["one"]))
    with pytest.raises(PictureError, match=r"cannot write .*a\.png: its folder does not exist; create"):
        plot_stats(stats, tmp_path / "missing" / "a.png")
