"""What a coordinate check concludes: each verdict, and its neighbour that is not."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from fastinit.signal.coordinates import OUTPUT, CoordinateReport, Layer
from fastinit.signal.judged import UnhealthyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTHS = (64, 128, 256, 512)
NOISE = (0.0, 0.01, -0.01)  # of the slopes of seeds


def layer(name: str, slopes: Sequence[float], *, is_wide: bool = True, noise: Sequence[float] = NOISE) -> Layer:
    """Sizes that go as width to the power of each step's slope."""
    sizes = tuple(tuple(tuple(width ** (slope + more) for slope in slopes) for width in WIDTHS) for more in noise)
    return Layer(name, is_wide, sizes)


def report(*layers: Layer) -> CoordinateReport:
    first = layers[0]
    seeds = tuple(range(len(first.sizes)))
    return CoordinateReport("net", "loss", WIDTHS, seeds, len(first.sizes[0][0]) - 1, layers)


def test_the_slope_is_the_exponent_of_width() -> None:
    slope = report(layer("a", [0.5])).slopes["a"][0]
    assert slope is not None
    assert slope.value == pytest.approx(0.5)
    assert slope.error == pytest.approx(0.01 / 3**0.5)
    assert str(slope) == "0.50 \u00b1 0.006"


def test_sizes_that_do_not_depend_on_width_are_healthy() -> None:
    found = report(layer("a", [0.0, 0.0]), layer("b", [0.0, 0.05]))
    assert found.verdict == "healthy: sizes do not depend on width; most at b, as width^0.05 \u00b1 0.006 in the end"
    found.assert_healthy()


def test_a_size_that_grows_names_the_first_layer_and_step() -> None:
    found = report(layer("a", [0.0, 0.0, 0.9]), layer("b", [0.0, 0.3, 0.5]), layer("c", [0.0, 0.4, 0.8]))
    text = (
        "growing with width: as width^0.50 \u00b1 0.006 at b after step 2, seen from step 1 on, and at 2 other layers"
    )
    assert found.verdict == text
    assert found.findings[0].kind == "growing with width"
    assert found.concerned == {"a", "b", "c"}
    with pytest.raises(UnhealthyError, match="net is not healthy: growing with width"):
        found.assert_healthy()


def test_a_size_that_shrinks_is_vanishing_with_width() -> None:
    found = report(layer("a", [0.0, 0.0]), layer("b", [-0.5, -0.5]))
    assert found.verdict == (
        "vanishing with width: as width^-0.50 \u00b1 0.006 at b after step 1, seen from the start on"
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_a_slope_counts_from_a_fifth_on(sign: int) -> None:
    assert report(layer("a", [sign * 0.19])).is_healthy
    assert not report(layer("a", [sign * 0.21])).is_healthy


def test_a_slope_that_may_be_chance_does_not_count() -> None:
    assert report(layer("a", [0.3], noise=(-0.5, 0.0, 0.5))).is_healthy
    assert not report(layer("a", [0.3], noise=(-0.05, 0.0, 0.05))).is_healthy


def test_one_seed_is_judged_by_its_slope_alone() -> None:
    found = report(layer("a", [0.3], noise=(0.0,)))
    assert found.verdict == "growing with width: as width^0.30 at a at the start"
    assert report(layer("a", [0.1], noise=(0.0,))).is_healthy


def test_the_output_may_vanish_with_width_and_not_grow() -> None:
    hidden = layer("a", [0.0, 0.0])
    assert report(hidden, layer(OUTPUT, [-0.5, -0.2], is_wide=False)).is_healthy
    assert not report(hidden, layer(OUTPUT, [0.0, 0.5], is_wide=False)).is_healthy


def test_an_output_that_grows_wider_itself_may_not_vanish() -> None:
    assert not report(layer("a", [0.0]), layer(OUTPUT, [-0.5])).is_healthy


@pytest.mark.parametrize("slope", [0.5, -0.5])
def test_a_layer_as_narrow_at_all_widths_is_not_judged(slope: float) -> None:
    assert report(layer("a", [0.0]), layer("head", [slope], is_wide=False)).is_healthy
    assert not report(layer("a", [0.0]), layer("head", [slope], is_wide=True)).is_healthy


def test_what_is_not_finite_names_its_layer_step_and_width() -> None:
    bad = ((1.0, 1.0), (1.0, 1.0), (1.0, math.inf), (1.0, math.inf))
    found = report(layer("a", [0.0, 0.0], noise=(0.0,)), Layer("b", True, (bad,)))
    assert found.verdict == "non-finite at b after step 1, at width 256"
    assert found.slopes["b"][1] is None


def test_what_is_zero_has_no_slope_and_is_healthy() -> None:
    zero = Layer("head", True, (tuple((0.0, 1.0) for _ in WIDTHS),))
    found = report(layer("a", [0.0, 0.0], noise=(0.0,)), zero)
    assert found.slopes["head"][0] is None
    assert found.is_healthy
    assert [line.split()[1] for line in found.table().splitlines()[1:]][-1] == "-"


def test_the_table_has_a_row_for_each_layer_and_a_column_for_each_step() -> None:
    found = report(layer("a", [0.0, 0.25]), layer(OUTPUT, [-0.5, -0.5], is_wide=False))
    lines = str(found).splitlines()
    assert lines[0] == "slope of log size against log width, widths 64, 128, 256, 512"
    assert lines[1].split() == ["layer", "step", "0", "step", "1"]
    assert lines[2].split()[0] == "a"
    assert lines[2].split()[-3:] == ["0.25", "\u00b1", "0.006"]
    assert lines[-1] == found.verdict


def test_json_has_every_size_and_null_for_what_is_not_finite() -> None:
    bad = Layer("b", False, (((1.0,), (2.0,), (4.0,), (math.inf,)),))
    read = json.loads(report(layer("a", [0.5], noise=(0.0,)), bad).to_json())
    assert read["layers"][0]["slopes"][0]["value"] == pytest.approx(0.5)
    assert read["layers"][1] == {"name": "b", "wide": False, "slopes": [None], "sizes": [[[1.0], [2.0], [4.0], [None]]]}
    assert not read["healthy"]


def test_the_plot_has_a_panel_for_each_layer_that_has_room(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    report(layer("a $x_", [0.0, 0.5]), layer("head", [0.0, 0.0], is_wide=False)).plot(tmp_path / "few.svg")
    few = (tmp_path / "few.svg").read_text()
    assert "a $x_" in few
    assert "head (not judged)" in few
    many = [layer(f"layer{number}", [0.0, 0.5 if number == 13 else 0.0]) for number in range(30)]
    report(*many, layer(OUTPUT, [0.0, 0.0], is_wide=False)).plot(tmp_path / "many.svg")
    text = (tmp_path / "many.svg").read_text()
    assert "12 of 31 layers" in text
    assert text.count("layer13") > 1  # in the title, and as a panel
    assert "(output)" in text


def test_the_plot_shows_a_layer_that_is_all_zero(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    report(Layer("zero", True, (tuple((0.0, 0.0) for _ in WIDTHS),))).plot(tmp_path / "zero.png")
    assert "zero or not finite" in drawn_text(report(layer("nan", [math.nan])), tmp_path)


def drawn_text(found: CoordinateReport, folder: Path) -> str:
    found.plot(folder / "a.svg")
    return (folder / "a.svg").read_text()


def test_the_plot_tells_long_names_apart_and_lines_that_lie_on_each_other(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = [f"model.decoder.layers.{number}.self_attention.output_projection" for number in range(3)]
    text = drawn_text(report(*(layer(name, [0.0, 0.0, 0.0]) for name in names)), tmp_path)
    assert [text.count(f">{number}.self_attenti...ut_projection<") for number in range(3)] == [1, 1, 1]
    assert "layers model.decoder.layers.*" in text
    assert text.count(">0 to 2<") == 3
