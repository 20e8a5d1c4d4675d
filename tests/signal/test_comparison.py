"""Which set of rules a comparison calls best, and how surely."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.signal import comparison_plot, plot
from fastinit.signal.comparison import Comparison, Trial
from fastinit.signal.report import ProbeReport
from tests.signal.stages import layers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STEPS = 20
HEALTHY, EXPLODING = (ProbeReport(layers(factor), "net", "loss", 1.0) for factor in (1.0, 2.0))


def trial(rules: str, seed: int, *last: float, start: ProbeReport = HEALTHY) -> Trial:
    """A trial whose losses fall from 3 to `last`."""
    return Trial(rules, seed, start, (*(3.0 for _ in range(STEPS - len(last))), *last))


def comparison(finals: dict[str, Sequence[float]], planned: int | None = None) -> Comparison:
    """Each set of rules with the final losses of its seeds."""
    trials = tuple(trial(name, seed, last, last) for name, losses in finals.items() for seed, last in enumerate(losses))
    return Comparison("net", "cross entropy", STEPS, len(trials) if planned is None else planned, trials)


def test_the_final_loss_is_the_median_of_the_last_tenth() -> None:
    assert trial("he", 0, 1.0, 2.0).final == 1.5
    assert replace(trial("he", 0), losses=(5.0, 4.0)).final == 4.0


def test_a_run_whose_last_loss_is_not_finite_ended_there() -> None:
    ended = replace(trial("he", 0), losses=(2.0, 3.0, math.nan))
    assert (ended.ended_at, ended.final, ended.rise) == (3, math.inf, math.inf)
    assert trial("he", 0, 1.0).ended_at is None


def test_the_rise_is_that_above_the_lowest_loss_before() -> None:
    assert replace(trial("he", 0), losses=(5.0, 1.0, 2.5, 0.5, 1.0)).rise == 1.5
    assert replace(trial("he", 0), losses=(3.0, 2.0, 1.0)).rise == 0


def test_the_least_mean_final_loss_ranks_first() -> None:
    found = comparison({"own": [2.0, 2.1, 2.2], "he": [1.0, 1.1, 1.2], "zeros": [2.9, 2.9, 2.9]})
    assert [each.rules for each in found.ranking] == ["he", "own", "zeros"]
    assert found.best == "he"
    assert found.ranking[0].final == pytest.approx(1.1)
    assert found.ranking[0].spread == pytest.approx(0.1)
    assert found.names == ("own", "he", "zeros")


def test_what_ended_non_finite_ranks_behind_what_did_not() -> None:
    found = comparison({"wild": [0.1, math.nan, 0.1], "he": [1.0, 1.1, 1.2], "worse": [math.inf, math.inf, 0.1]})
    assert [each.rules for each in found.ranking] == ["he", "wild", "worse"]
    assert "wild and worse ended non-finite, at least for some seeds" in found.verdict
    assert "non-finite at step 20" in found.table()


def test_none_is_best_where_no_run_ended_finite() -> None:
    found = comparison({"wild": [math.nan], "worse": [math.inf]})
    assert found.best is None
    assert found.verdict == "none is best: no trial ended finite"


def test_a_difference_larger_than_the_spread_of_its_pairs_is_told_apart() -> None:
    # Seeds differ by far more than the sets do, but alike in both.
    stats = pytest.importorskip("scipy.stats")
    he, own = [1.0, 2.0, 2.5], [1.1, 2.12, 2.61]
    found = comparison({"he": he, "own": own})
    assert found.chance("own") == pytest.approx(stats.ttest_rel(own, he, alternative="greater").pvalue)
    assert "lower than own by more than chance over seeds explains (p <= 0.0014)" in found.verdict


def test_a_difference_within_the_spread_of_its_pairs_is_not() -> None:
    found = comparison({"he": [1.0, 2.0, 2.5], "own": [1.1, 1.9, 2.9]})
    assert "not told apart from own (p >= 0.23)" in found.verdict
    assert "more than chance" not in found.verdict


def test_many_sets_do_not_make_a_difference_by_their_number() -> None:
    pair = {"he": [1.0, 2.0, 3.0], "own": [1.1, 2.2, 3.14]}
    alone = comparison(pair)
    assert "lower than own" in alone.verdict
    others = {f"other{number}": [4.0, 5.0, 6.0 + number] for number in range(4)}
    among = comparison({**pair, **others})
    assert among.chance("own") == pytest.approx(5 * (alone.chance("own") or 0))
    assert "not told apart from own" in among.verdict


def test_names_that_would_break_the_line_are_escaped() -> None:
    assert r"best: a\nb\x1b[31m, final" in comparison({"a\nb\x1b[31m": [0.1, 0.2], "c": [0.9, 1.0]}).verdict


def test_equal_sets_are_not_told_apart() -> None:
    assert "not told apart from same (p >= 1)" in comparison({"he": [1.0, 2.0], "same": [1.0, 2.0]}).verdict


def test_one_seed_tells_no_difference() -> None:
    assert comparison({"he": [1.0], "own": [2.0]}).verdict.endswith("do not tell whether that is chance: give more")


def test_an_interrupted_comparison_says_so() -> None:
    found = comparison({"he": [1.0], "own": [2.0]}, planned=6)
    assert not found.is_complete
    assert found.verdict.endswith("(interrupted: 2 of 6 trials)")
    assert comparison({"he": [1.0]}).is_complete


def test_the_table_says_what_was_found_at_the_start_and_how_often() -> None:
    trials = (
        *(trial("wild", seed, 1.0, start=EXPLODING if seed else HEALTHY) for seed in range(3)),
        *(trial("he", seed, 0.5) for seed in range(3)),
    )
    lines = Comparison("net", "loss", STEPS, 6, trials).table().splitlines()
    assert lines[0].split("  ")[0] == "rules"
    assert lines[1].startswith("he ")
    assert lines[1].endswith("healthy")
    assert lines[2].endswith("healthy (1 of 3), exploding: activations (2 of 3)")


def test_json_has_every_loss_and_null_for_what_is_not_finite() -> None:
    found = comparison({"he": [1.0, 1.1], "wild": [math.nan, 2.0]})
    read = json.loads(found.to_json())
    assert read["best"] == "he"
    assert read["verdict"] == found.verdict
    assert read["trials"][2]["losses"][-2:] == [None, None]
    assert read["trials"][0]["start"]["verdict"] == HEALTHY.verdict
    assert [each["finite"] for each in read["ranking"]] == [2, 1]


def test_the_plot_of_one_step_shows_its_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    figures: list[Any] = []
    monkeypatch.setattr(comparison_plot, "save", lambda figure, _: figures.append(figure))
    trials = tuple(Trial(name, 0, HEALTHY, (loss,)) for name, loss in (("he", 1.0), ("own", 2.0)))
    Comparison("net", "loss", 1, 2, trials).plot("a.svg")
    losses = figures[0].axes[0]
    shown = [(line.get_marker(), list(line.get_ydata())) for line in losses.lines if len(line.get_xdata())]
    assert shown == [("o", [1.0]), ("o", [2.0])]
    assert figures[0].get_supxlabel() == "one seed: 0"


@pytest.mark.parametrize("shift", [0.0, -5.0])
def test_the_plot_is_a_picture_whatever_the_losses_are(shift: float, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    trials = (
        *(replace(trial("he $x_", seed), losses=(3 + shift, 2 + shift, 1 + shift)) for seed in range(3)),
        replace(trial("wild", 0, start=EXPLODING), losses=(4 + shift, 1e9, math.inf)),
        replace(trial("never", 0), losses=(math.nan,)),
    )
    Comparison("net", "loss", 3, 5, trials).plot(tmp_path / "some.svg")
    text = (tmp_path / "some.svg").read_text()
    assert "wild \u2191" in text  # beyond what is shown
    assert "never" in text
    Comparison("net", "loss", 3, 5, trials[-1:]).plot(tmp_path / "none.png")


def test_curves_that_lie_on_each_other_all_show(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    figures: list[Any] = []
    monkeypatch.setattr(comparison_plot, "save", lambda figure, _: figures.append(figure))
    comparison({name: [1.0, 1.1] for name in ("he", "again", "third")}).plot("a.svg")
    for axes in figures[0].axes:
        curves = [line for line in axes.lines if len(line.get_xdata()) > 1]
        widths = [line.get_linewidth() for line in curves]
        assert len(curves) == 3
        assert widths == sorted(widths, reverse=True)  # what is drawn later is narrower, and leaves a rim
        assert len(set(widths)) == 3


def test_a_curve_of_its_own_is_as_narrow_as_any() -> None:
    assert plot.widths_of([[1.0, 2.0], [1.0, None], [1.5, 2.0]]) == [1.4, 1.4, 1.4]
