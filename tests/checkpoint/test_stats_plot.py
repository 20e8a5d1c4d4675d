"""Pictures of statistics: of any checkpoint, without a warning."""

from __future__ import annotations

import math
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit.checkpoint import make_plan, parse_recipe, write
from fastinit.checkpoint.statistics import plot
from fastinit.checkpoint.statistics.plot import plot_stats
from fastinit.checkpoint.statistics.stats import CheckpointStats, tensor_stats
from fastinit.errors import PictureError
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


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.5])
def test_marked_tensors_are_named_those_without_a_place_first(
    value: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure
    titles: list[str] = []
    drawn: list[str] = []
    monkeypatch.setattr(figure, "suptitle", lambda _, text, **__: titles.append(text))
    monkeypatch.setattr(plot, "_draw_histogram", lambda *a: drawn.append(a[-1].tensor.name))
    text = (
        'seed = 1\ndtype = "float32"\n[tensors]\n"h.{0..5}.w" = [64, 64]\nbig = [640, 64]\n'
        '[[rule]]\nmatch = "*"\ninit = "normal"\n'
    )
    plan = make_plan(parse_recipe(text))
    write(plan, tmp_path / "out")
    offsets = {tensor.name: tensor.offset for tensor in plan.tensors}
    with (tmp_path / "out" / "model.safetensors").open("r+b") as file:
        for name, values in (("h.3.w", np.full(4096, value)), ("h.1.w", np.array([1e6]))):
            file.seek(offsets[name])
            file.write(values.astype(np.float32).tobytes())
    stats = tensor_stats(tmp_path / "out")
    assert {entry.tensor.name for entry in stats.marked} == {"h.1.w", "h.3.w"}
    plotted(stats, tmp_path / "a.png")
    (title,) = titles
    first, second = title.splitlines()
    assert first.startswith("marked: h.3.w: ")
    assert second.startswith("marked: h.1.w: ")
    assert "h.1.w" in drawn


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
    with pytest.raises(PictureError, match=r'pip install "fastinit-nn\[plot\]"'):
        plot_stats(stats, tmp_path / "a.png")


def test_unknown_kind_of_picture_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    stats = tensor_stats(write_file(tmp_path / "m.safetensors", PLOTTED["one"]))
    with pytest.raises(PictureError, match=r"cannot write .*a\.nope: ") as caught:
        plot_stats(stats, tmp_path / "a.nope")
    assert "\n" not in str(caught.value)


def test_plot_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    stats = tensor_stats(write_file(tmp_path / "m.safetensors", PLOTTED["one"]))
    with pytest.raises(PictureError, match=r"cannot write .*a\.png: No such file"):
        plot_stats(stats, tmp_path / "missing" / "a.png")
