"""Each verdict, reached by a constructed case and refused by its neighbour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.signal.judged import UnhealthyError
from fastinit.signal.report import ProbeReport
from fastinit.signal.verdict import FEWEST_UNITS, MOST_DEAD, MOST_SATURATED
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


def factors(kind: str, growth: float) -> list[tuple[float, list[str]]]:
    """Factors from layer to layer, of ten, beside the one that makes a growth over them."""
    exact = growth ** (1 / 9)
    return [(exact**0.99, []), (exact**1.01, [kind])]


@pytest.mark.parametrize(("factor", "found"), [*factors("exploding", 10), (1.0, []), *factors("vanishing", 1 / 12)])
def test_activations_may_grow_tenfold_and_shrink_twelvefold(factor: float, found: list[str]) -> None:
    assert kinds(layers(factor)) == found


# Gradients flow from the last layer to the first.
@pytest.mark.parametrize(("factor", "found"), [*factors("exploding", 1e3), (1.0, []), *factors("vanishing", 1e-3)])
def test_gradients_may_change_a_thousandfold(factor: float, found: list[str]) -> None:
    assert kinds(tuple(stage(str(n), gradient=factor ** (9 - n)) for n in range(10))) == found


def norms(count: int) -> tuple[Stage, ...]:
    return tuple(stage(f"norm{n}", kind="BatchNorm1d", weights=()) for n in range(count))


@pytest.mark.parametrize(("factor", "found"), [*factors("exploding", 1e3), *factors("vanishing", 1e-3)])
def test_activations_may_change_a_thousandfold_where_norms_undo_it(factor: float, found: list[str]) -> None:
    assert kinds((*layers(factor), *norms(5))) == found


@pytest.mark.parametrize(("factor", "found"), [*factors("exploding", 1e6), *factors("vanishing", 1e-3)])
def test_gradients_may_grow_a_millionfold_where_norms_undo_it(factor: float, found: list[str]) -> None:
    assert kinds((*(stage(str(n), gradient=factor ** (9 - n)) for n in range(10)), *norms(5))) == found


def test_fewer_norms_than_every_other_layer_has_undo_no_growth() -> None:
    assert kinds((*layers(1.5), *norms(5))) == []
    assert kinds((*layers(1.5), *norms(4))) == ["exploding"]


def test_gradients_may_vanish_over_the_calls_of_one_module() -> None:
    calls = tuple(stage("cell", gradient=0.4 ** (9 - n), call=n) for n in range(10))
    assert kinds(calls) == []
    assert kinds((*calls, stage("head", gradient=2.0))) == []
    assert kinds(tuple(stage(str(n), gradient=0.4 ** (9 - n)) for n in range(10))) == ["vanishing"]


def test_growth_that_is_not_sure_is_no_finding() -> None:
    spreads = [1, 9, 1, 30, 2, 40, 3, 20, 2, 80]
    assert kinds(tuple(stage(str(n), spread, gradient=1.0) for n, spread in enumerate(spreads))) == []


@pytest.mark.parametrize(("share", "found"), [(MOST_DEAD, ["dead"]), (MOST_DEAD - 0.01, [])])
def test_a_layer_is_dead_when_nine_of_ten_units_are(share: float, found: list[str]) -> None:
    stages = (*layers(), stage("relu", kind="ReLU", weights=(), dead=share, ended=10))
    assert kinds(stages) == found
    assert ("dead at relu: 90 % of its units" in report(stages).verdict) == bool(found)


def constant(*, learns: tuple[int, ...] | None, places: range) -> tuple[Stage, ...]:
    """Ten layers, some of which give the same for all samples, of which some have gradients that are not zero."""
    stages = []
    for n in range(10):
        gradient = None if learns is None else reading(1.0 if n in learns else 0.0)
        weights = (weight(f"{n}.weight", gradient=gradient),)
        stages.append(stage(str(n), ended=n, is_constant=n in places, takes_constant=n - 1 in places, weights=weights))
    return tuple(stages)


@pytest.mark.parametrize(
    ("learns", "places", "found"),
    [
        ((), range(6, 10), ["dead"]),
        ((8, 9), range(6, 10), ["dead"]),  # they learn from what does not differ
        ((6,), range(6, 10), []),  # zero weights, which a step changes
        ((), range(9, 10), ["dead"]),
        ((9,), range(9, 10), []),  # a head of zeros
        ((), range(6, 9), []),  # a branch: what comes out differs
        (None, range(8, 10), ["dead"]),
        (None, range(9, 10), []),  # without gradients a head of zeros and a dead one are alike
    ],
)
def test_a_signal_has_ended_where_samples_are_alike_to_the_end_and_nothing_learns_from_others(
    learns: tuple[int, ...] | None, places: range, found: list[str]
) -> None:
    stages = constant(learns=learns, places=places)
    assert kinds(stages) == found
    if found:
        assert report(stages).verdict.startswith(f"dead at {places[0]}: its output is the same for every sample")


def test_a_rectifier_of_a_branch_that_starts_at_zero_is_not_dead() -> None:
    zeros = stage("relu", kind="ReLU", weights=(), dead=1.0, takes_constant=True, ended=10)
    assert kinds((*layers(), zeros)) == []
    assert kinds((*layers(takes_constant=True), zeros)) == ["dead"]  # where all samples are the same, nothing tells


def test_a_batch_of_equal_samples_says_nothing_of_the_model() -> None:
    stages = constant(learns=(), places=range(10))
    assert kinds(stages) == ["dead"]
    assert kinds(replaced(stages, 0, takes_constant=True)) == []


def test_outputs_of_zero_end_the_signal_of_a_single_sample_too() -> None:
    stages = tuple(
        stage(str(n), 0.0 if n > 6 else 1.0, weights=(weight("", gradient=reading(0.0)),)) for n in range(10)
    )
    assert report(stages).verdict.startswith("dead at 7")


@pytest.mark.parametrize(("units", "found"), [(FEWEST_UNITS, ["dead"]), (FEWEST_UNITS - 1, [])])
def test_few_units_may_all_be_zero_by_chance(units: int, found: list[str]) -> None:
    assert kinds((*layers(), stage("relu", kind="ReLU", weights=(), dead=1.0, units=units))) == found


def test_a_layer_of_equal_units_is_symmetric_but_for_the_last() -> None:
    assert kinds(replaced(layers(), 2, is_symmetric=True)) == ["symmetric"]
    assert kinds(replaced(layers(), 9, is_symmetric=True)) == []  # a head whose weights are zero, say
    assert kinds(replaced(layers(), 2, is_symmetric=True, is_constant=True)) == []


@pytest.mark.parametrize(("share", "found"), [(MOST_SATURATED, ["saturated"]), (MOST_SATURATED - 0.01, [])])
def test_a_layer_is_saturated_when_half_of_its_values_are(share: float, found: list[str]) -> None:
    assert kinds((*layers(), stage("tanh", kind="Tanh", weights=(), saturated=share))) == found


@pytest.mark.parametrize(
    ("mean", "places", "found"), [(0.01, 10, []), (0.5, 10, ["saturated"]), (0.01, 5, ["saturated"])]
)
def test_a_last_sigmoid_may_start_where_its_bias_says_that_hits_are_rare(
    mean: float, places: int, found: list[str]
) -> None:
    last = stage("sigmoid", kind="Sigmoid", weights=(), saturated=1.0, ended=places, output=reading(mean=mean))
    assert kinds((*layers(), last)) == found


def test_gates_within_blocks_may_be_saturated_while_gradients_live() -> None:
    def blocks(gradient: float) -> tuple[Stage, ...]:
        return tuple(
            stage(f"layers.{n}{inner}", gradient=gradient ** (7 - n), **others)
            for n in range(8)
            for inner, others in (
                ("", {"kind": "Block", "weights": (), "is_leaf": False}),
                (".linear", {}),
                (".gate", {"kind": "Sigmoid", "weights": (), "saturated": 0.9}),
            )
        )

    assert kinds(blocks(1.0)) == []
    assert kinds(blocks(0.1)) == ["saturated", "vanishing"]


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
        "healthy: activations x1 a layer (1 to 1, 95 % confidence), x1 over 10 layers; "
        "gradients x1 a layer (1 to 1, 95 % confidence), x1 over 10 layers"
    )
    assert "activations x1.1 a layer (1.1 to 1.1, 95 % confidence), x2.4 over 10 layers" in report(layers(1.1)).verdict
    assert report(layers(count=2)).verdict.startswith("healthy: nothing is dead, saturated or not finite; too few")
    assert report(()).is_healthy


def test_spreads_that_are_not_numbers_make_no_growth() -> None:
    assert kinds(tuple(stage(str(n), math.nan) for n in range(10))) == []


@pytest.mark.parametrize(("loss", "found"), [(3.01 * math.log(10), ["exploding"]), (2.99 * math.log(10), [])])
def test_a_cross_entropy_three_times_that_of_equal_odds_is_exploding(loss: float, found: list[str]) -> None:
    judged = ProbeReport(layers(), "net", "cross entropy", loss, 10)
    assert [finding.kind for finding in judged.findings] == found
    assert judged.verdict.startswith("exploding, the loss: 6.93, where equal odds of 10 classes have 2.3") == bool(
        found
    )
    assert ProbeReport(layers(), "net", "loss", loss).is_healthy
    assert ProbeReport(layers(), "net", "cross entropy", loss, 9).is_healthy
