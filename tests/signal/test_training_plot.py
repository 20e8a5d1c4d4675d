"""The picture of a training run: its lines, gaps, marks and words."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.signal import Record, plot_records, training_plot
from fastinit.signal.records import record_of
from tests.signal.reports import growing

if TYPE_CHECKING:
    from pathlib import Path

STEPS = (0, 50, 100)
RECORDS = [record_of(growing(1.0 + step / 1000, layers=4), step, 0.0) for step in STEPS]


@pytest.fixture(autouse=True)
def needs_matplotlib() -> None:
    pytest.importorskip("matplotlib")


def drawn(records: list[Record], monkeypatch: pytest.MonkeyPatch) -> Any:
    figures: list[Any] = []
    monkeypatch.setattr(training_plot, "save", lambda figure, _: figures.append(figure))
    plot_records(records, "run.svg")
    return figures[0]


def lines(axes: Any) -> list[list[float]]:
    return [list(line.get_ydata()) for line in axes.lines if line.get_marker() == "."]


def test_each_layer_of_the_chain_has_a_line_over_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    activations, gradients, ratios = drawn(RECORDS, monkeypatch).axes
    assert lines(activations) == [
        [record.figures["activations"][f"layers.{number}"] for record in RECORDS] for number in range(4)
    ]
    assert lines(gradients) == [[10.0] * 3] * 4
    assert lines(ratios) == [[0.1] * 3] * 4
    assert list(activations.lines[0].get_xdata()) == list(STEPS)


def test_the_first_layer_and_the_last_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    activations, _, ratios = drawn(RECORDS, monkeypatch).axes
    assert sorted(text.get_text() for text in activations.texts) == ["layers.0", "layers.3"]
    assert sorted(text.get_text() for text in ratios.texts) == ["layers.0.weight", "layers.3.weight"]


def test_what_has_no_place_on_the_axis_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {
        **RECORDS[1].figures,
        "activations": {"layers.0": math.nan, "layers.1": 0.0, "layers.2": 1.0, "layers.3": math.inf},
    }
    records = [RECORDS[0], dataclasses.replace(RECORDS[1], figures=figures), RECORDS[2]]
    found = lines(drawn(records, monkeypatch).axes[0])
    assert [math.isnan(values[1]) for values in found] == [True, True, False, True]


def test_steps_that_are_not_healthy_are_marked_and_the_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sick = dataclasses.replace(RECORDS[1], is_healthy=False, verdict="dead at layers.2")
    figure = drawn([RECORDS[0], sick, RECORDS[2]], monkeypatch)
    assert "1 not healthy, the first at step 50: dead at layers.2" in figure.get_suptitle()
    (marks,) = [line for line in figure.axes[0].lines if line.get_marker() == "|"]
    assert list(marks.get_xdata()) == [50]
    assert "steps 0 to 100, 3 measured: all healthy" in drawn(RECORDS, monkeypatch).get_suptitle()


def test_the_line_below_explains_what_is_there_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    depth = "the first layer is light, the last dark"
    assert drawn(RECORDS, monkeypatch).get_supxlabel() == depth
    broken = {**RECORDS[1].figures, "activations": {"layers.0": math.nan}}
    sick = dataclasses.replace(RECORDS[1], figures=broken, is_healthy=False, verdict="non-finite")
    found = drawn([RECORDS[0], sick], monkeypatch).get_supxlabel()
    assert found == f"{depth}; red: the step was not healthy; gap: zero or not finite"


def test_the_steps_on_the_axis_are_whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(RECORDS[:1], monkeypatch)
    figure.canvas.draw()
    low, high = figure.axes[0].get_xlim()
    assert [place for place in figure.axes[0].get_xticks() if low <= place <= high] == [0]
    assert figure.get_suptitle() == "step 0: all healthy"


def test_a_picture_is_written_without_a_word_from_matplotlib(tmp_path: Path) -> None:
    for count in (1, 3):
        plot_records(RECORDS[:count], tmp_path / "run.svg")
        assert "layers.3.weight" in (tmp_path / "run.svg").read_text()


def test_no_records_are_refused() -> None:
    with pytest.raises(ValueError, match="`records` must not be empty: train with a Monitor first"):
        plot_records([], "run.svg")
