"""Each verdict, reached by a constructed case and refused by its neighbour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.signal.report import ProbeReport, UnhealthyError
from fastinit.signal.verdict import MOST_DEAD, MOST_SATURATED
from tests.signal.stages import layers, reading, replaced, stage, weight

if TYPE_CHECKING:
    from fastinit.signal.readings import Stage


def report(stages: tuple[Stage, ...]) -> ProbeReport:
    return ProbeReport(stages, "net", "loss", 1.0)


def kinds(stages: tuple[Stage, ...]) -> list[str]:
    found = report(stages)
    assert found.is_healthy == (not found.findings)
    first = found.findings[0].kind if found.findings else "healthy"
    assert found.verdict.startswith(first)
    return [finding.kind for finding in found.findings]


# A growth of 10 over nine steps is a factor of 1.2915.
@pytest.mark.parametrize(
    ("factor", "found"),
    [(1.0, []), (1.28, []), (1.30, ["exploding"]), (0.78, []), (0.77, ["vanishing"])],
)
def test_activations_may_change_tenfold(factor: float, found: list[str]) -> None:
    assert kinds(layers(factor)) == found


# Gradients flow from the last layer to the first. A growth of 1000 over nine steps is a factor of 2.1544.
@pytest.mark.parametrize(
    ("factor", "found"),
    [(1.0, []), (2.1, []), (2.2, ["exploding"]), (0.78, []), (0.77, ["vanishing"])],
)
def test_gradients_may_grow_a_thousandfold_and_shrink_tenfold(factor: float, found: list[str]) -> None:
    stages = tuple(stage(str(n), gradient=factor ** (9 - n)) for n in range(10))
    assert kinds(stages) == found


def test_growth_that_is_not_sure_is_no_finding() -> None:
    spreads = [1, 9, 1, 30, 2, 40, 3, 20, 2, 80]
    assert kinds(tuple(stage(str(n), spread, gradient=1.0) for n, spread in enumerate(spreads))) == []


@pytest.mark.parametrize(("share", "found"), [(MOST_DEAD, ["dead"]), (MOST_DEAD - 0.01, [])])
def test_a_layer_is_dead_when_nine_of_ten_units_are(share: float, found: list[str]) -> None:
    stages = (*layers(), stage("relu", kind="ReLU", weights=(), dead=share, ended=10))
    assert kinds(stages) == found
    assert ("dead at relu: 90 % of its units" in report(stages).verdict) == bool(found)


def test_two_constant_layers_in_a_row_are_the_end_of_the_signal_and_one_is_not() -> None:
    one = replaced(layers(), 6, is_constant=True)
    assert kinds(one) == []
    two = replaced(one, 7, is_constant=True)
    assert kinds(two) == ["dead"]
    assert report(two).verdict.startswith("dead at 6: its output is the same for every sample")


def test_a_layer_of_equal_units_is_symmetric_but_for_the_last() -> None:
    assert kinds(replaced(layers(), 2, is_symmetric=True)) == ["symmetric"]
    assert kinds(replaced(layers(), 9, is_symmetric=True)) == []  # a head whose weights are zero, say
    assert kinds(replaced(layers(), 2, is_symmetric=True, is_constant=True)) == []


@pytest.mark.parametrize(("share", "found"), [(MOST_SATURATED, ["saturated"]), (MOST_SATURATED - 0.01, [])])
def test_a_layer_is_saturated_when_half_of_its_values_are(share: float, found: list[str]) -> None:
    assert kinds((*layers(), stage("tanh", kind="Tanh", weights=(), saturated=share))) == found


def test_the_first_of_several_is_the_one_that_ends_first() -> None:
    outer = stage("block", kind="Block", weights=(), is_leaf=False, ended=12, nonfinite=3)
    inner = stage("block.linear", ended=11, nonfinite=3)
    found = report((*layers(), outer, inner))
    assert found.verdict == "non-finite at block.linear: 3 values of its output are NaN or infinite"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"nonfinite": 2}, "non-finite at 3: 2 values of its output"),
        ({"weights": (weight("3.weight", nonfinite=4),)}, "non-finite at 3.weight: 4 values of its weights"),
        ({"gradient": reading(nonfinite=5)}, "non-finite at 3: 5 values of its gradient"),
        ({"weights": (weight("3.weight", gradient=reading(nonfinite=6)),)}, "non-finite at 3: 6 values of its grad"),
    ],
)
def test_what_is_not_finite_is_found_wherever_it_is(changes: dict[str, Any], text: str) -> None:
    assert report(replaced(layers(), 3, **changes)).verdict.startswith(text)
    assert kinds(replaced(layers(), 3, **changes)) == ["non-finite"]


def test_gradients_are_first_where_they_come_first() -> None:
    stages = replaced(replaced(layers(), 7, gradient=reading(nonfinite=1)), 2, gradient=reading(nonfinite=1))
    assert report(stages).verdict.startswith("non-finite at 7")


def test_weights_come_before_outputs_which_come_before_gradients() -> None:
    bad = {"nonfinite": 1, "gradient": reading(nonfinite=1)}
    assert report(replaced(layers(), 3, **bad)).findings[0].text.endswith("output are NaN or infinite")


def test_all_findings_are_told_the_gravest_first() -> None:
    stages = replaced(layers(2.0), 4, dead=1.0, nonfinite=1)
    assert kinds(stages) == ["non-finite", "dead", "exploding"]
    assert report(stages).verdict.count("; ") == 2


def test_assert_healthy_raises_the_verdict_and_only_then() -> None:
    report(layers()).assert_healthy()
    with pytest.raises(UnhealthyError, match=r"^net is not healthy: exploding, x2 a layer"):
        report(layers(2.0)).assert_healthy()
    assert issubclass(UnhealthyError, AssertionError)


def test_a_healthy_verdict_tells_the_growth_or_that_it_cannot() -> None:
    assert report(layers()).verdict == (
        "healthy: activations x1 a layer (1 to 1, 95 % confidence); gradients x1 a layer (1 to 1, 95 % confidence)"
    )
    assert report(layers(count=2)).verdict.startswith("healthy: nothing is dead, saturated or not finite; too few")
    assert report(()).is_healthy


def test_spreads_that_are_not_numbers_make_no_growth() -> None:
    assert kinds(tuple(stage(str(n), math.nan) for n in range(10))) == []
