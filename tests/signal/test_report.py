"""What a report prints, writes and draws."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.errors import PictureError
from fastinit.signal import plot
from fastinit.signal.plot import plot_profiles
from fastinit.signal.readings import Reading, merged
from fastinit.signal.report import MOST_ROWS, ProbeReport
from tests.signal.stages import layers, reading, replaced, stage, weight

if TYPE_CHECKING:
    from pathlib import Path


def report(factor: float = 1.0, count: int = 10) -> ProbeReport:
    return ProbeReport(layers(factor, count), "net", "loss", 1.0)


def test_a_table_has_a_row_for_each_stage_and_prints_above_the_verdict() -> None:
    found = report()
    lines = str(found).splitlines()
    assert lines[0].split() == [
        *("module", "kind", "mean", "std", "zero", "dead", "saturated", "grad", "std", "weight", "std", "expected"),
        "grad/weight",
    ]
    assert len(lines) == 13
    assert lines[-2] == "loss: 1"
    assert lines[-1] == found.verdict


def test_a_cell_says_what_was_measured() -> None:
    made = weight("tanh.weight", gradient=reading(0.5))
    only = stage("tanh", 2.0, gradient=3.0, kind="Tanh", saturated=0.25, dead=1.0, weights=(made,))
    row = ProbeReport((only,), "net", "loss", 1.0).table().splitlines()[1].split()
    assert row == ["tanh", "Tanh", "0", "2", "0%", "100%", "25%", "3", "1", "-", "0.5"]


def test_a_long_table_is_that_of_the_chain_and_the_findings_unless_whole() -> None:
    others = tuple(stage(f"relu{n}", kind="ReLU", weights=(), dead=0.0) for n in range(MOST_ROWS))
    found = ProbeReport((*layers(), *replaced(others, 7, dead=1.0)), "net", "loss", 1.0)
    table = found.table()
    assert "relu7" in table
    assert "relu8" not in table
    assert table.endswith("\n11 of 50 stages; table(whole=True) shows all")
    assert len(found.table(whole=True).splitlines()) == 51


def test_a_second_call_has_its_number() -> None:
    stages = (stage("linear"), stage("linear", call=1), stage("", weights=()))
    assert [line.split("  ")[0] for line in ProbeReport(stages, "net", "loss", None).table().splitlines()[1:]] == [
        "linear",
        "linear (call 2)",
        "(model)",
    ]


def test_json_has_all_of_it_and_null_for_what_is_not_finite() -> None:
    stages = replaced(layers(2.0), 4, output=Reading(3, math.nan, math.inf, 0.0, 3), nonfinite=3)
    found = json.loads(ProbeReport(stages, "net", "loss", 0.5).to_json())
    assert found["title"] == "net"
    assert found["healthy"] is False
    assert found["verdict"].startswith(found["findings"][0]["text"])
    assert found["findings"][0] == {
        "kind": "non-finite",
        "where": "4",
        "text": "non-finite at 4: 3 values of its output are NaN or infinite",
    }
    assert found["loss"] == {"kind": "loss", "value": 0.5}
    assert found["chain"] == [str(n) for n in range(10)]
    assert found["growth"]["gradients"] == {"factor": 1.0, "low": 1.0, "high": 1.0, "confidence": 0.95, "steps": 9}
    assert found["stages"][4]["output"] == {"size": 3, "mean": None, "std": None, "zeros": 0.0, "nonfinite": 3}
    assert found["stages"][4]["weights"][0]["name"] == "4.weight"


def test_a_loss_that_is_not_finite_is_null() -> None:
    assert json.loads(ProbeReport(layers(), "net", "loss", math.nan).to_json())["loss"]["value"] is None


def test_readings_of_parts_are_that_of_the_whole() -> None:
    parts = [Reading(4, 1.0, 2.0, 0.5, 1), Reading(2, math.nan, math.nan, 0.0, 2), Reading(1, -3.0, 0.0, 0.0, 0)]
    whole = merged(parts)
    assert (whole.size, whole.nonfinite, whole.mean) == (7, 3, 0.0)
    assert whole.std == pytest.approx(math.sqrt((3 * (4 + 1) + 9) / 4))
    assert whole.zeros == pytest.approx(2 / 7)
    assert math.isnan(merged([parts[1]]).mean)
    assert merged([]).size == 0


def test_a_reading_knows_the_size_of_an_element_and_of_all() -> None:
    assert Reading(6, 3.0, 4.0, 0.0, 2).rms == 5.0
    assert Reading(6, 3.0, 4.0, 0.0, 2).norm == 10.0


def test_the_plot_is_a_picture_of_one_report_or_several(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    report(1.5).plot(tmp_path / "one.svg")
    assert ">net</text>" in (tmp_path / "one.svg").read_text()
    report(1.5).plot(tmp_path / "two.svg", ProbeReport(layers(0.5), "other", "loss", None))
    two = (tmp_path / "two.svg").read_text()
    assert [two.count(f">{name}</text>") for name in ("net", "other", "net and other")] == [2, 2, 1]  # in both panels


def test_the_plot_shows_what_is_not_a_number_or_zero_too(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    stages = replaced(replaced(layers(), 3, output=reading(math.nan)), 5, output=reading(0.0))
    ProbeReport(stages, "net $x_", "loss", None).plot(tmp_path / "odd.png")
    ProbeReport((), "empty", "loss", None).plot(tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size > 0


def test_a_picture_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(PictureError, match="missing"):
        report().plot(tmp_path / "missing" / "one.svg")
    with pytest.raises(PictureError, match="xyz"):
        report().plot(tmp_path / "one.xyz")


def test_pictures_of_nothing_but_nan_and_of_odd_names_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    nothing = ProbeReport(tuple(stage(str(n), math.nan) for n in range(4)), "net", "loss", None)
    plot_profiles([nothing, nothing], tmp_path / "nan.png")
    ProbeReport((stage("$a_{$"), stage("b")), "net", "loss", None).plot(tmp_path / "names.png")
    assert (tmp_path / "nan.png").exists()


def drawn(reports: list[ProbeReport], monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("matplotlib")
    figures: list[Any] = []
    monkeypatch.setattr(plot, "save", lambda figure, _: figures.append(figure))
    plot_profiles(reports, "a.svg")
    return figures[0]


def named(names: list[str]) -> list[ProbeReport]:
    return [ProbeReport(layers(), name, "loss", None) for name in names]


def test_names_of_lines_that_lie_on_each_other_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (2, 10, 30):
        axes, _ = drawn(named([f"preset {number}" for number in range(count)]), monkeypatch).axes
        heights = sorted(text.xy[1] for text in axes.texts)
        assert len(heights) == count
        assert heights[0] >= 0
        assert heights[-1] <= 1
        gaps = [b - a for a, b in itertools.pairwise(heights)]
        assert min(gaps) == pytest.approx(min(0.055, 1 / count))


def test_a_line_under_another_one_has_a_rim_and_larger_markers(monkeypatch: pytest.MonkeyPatch) -> None:
    axes, _ = drawn(named(["under", "upper"]), monkeypatch).axes
    under, upper = (line for line in axes.lines if line.get_marker() in "os")
    assert under.get_linewidth() > upper.get_linewidth()
    assert under.get_markersize() > upper.get_markersize()


def test_a_colour_that_comes_again_has_another_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    axes, _ = drawn(named([str(number) for number in range(20)]), monkeypatch).axes
    lines = [line for line in axes.lines if line.get_linestyle() == "-"]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == len(lines) == 20


def test_long_names_leave_room_for_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "rules that somebody wrote with many words and 0.012345"
    figure = drawn(named([f"{number} {long}" for number in range(9)]), monkeypatch)
    assert {text.get_text() for text in figure.axes[0].texts} == {f"{n} rules that ...and 0.012345" for n in range(9)}
    assert max(map(len, figure.get_suptitle().splitlines())) <= 130


def test_what_has_no_place_on_the_axis_is_a_gap_and_a_cross_that_the_axis_explains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stages = replaced(replaced(layers(), 3, output=reading(math.nan)), 5, output=reading(0.0))
    activations, gradients = drawn([ProbeReport(stages, "net", "loss", None)], monkeypatch).axes
    heights = next(line for line in activations.lines if line.get_marker() == "o" and len(line.get_xdata()) == 10)
    assert [x for x, y in enumerate(heights.get_ydata()) if math.isnan(y)] == [3, 5]
    assert "cross: zero (below) or not finite (above)" in activations.get_xlabel()
    assert "cross" not in gradients.get_xlabel()


def test_a_panel_without_a_value_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = tuple(stage(str(number)) for number in range(4))
    _, gradients = drawn([ProbeReport(stages, "net", "loss", None)], monkeypatch).axes
    assert [text.get_text() for text in gradients.texts] == ["not measured"]
