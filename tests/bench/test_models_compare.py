"""What `python -m bench.models` calls equal: every check accepts its own distribution and rejects a wrong sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from bench.models import shrink
from bench.models.compare import ERRORS, Comparison, compared, tolerance

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.torch

COUNT = 4096


@pytest.fixture
def draw() -> Callable[..., Any]:
    generator = torch.Generator().manual_seed(0)
    return lambda *shape: torch.randn(*shape, generator=generator)


def faults(ours: Any, first: Any, second: Any) -> list[str]:
    return compared({"w": ours}, {"w": first}, {"w": second}).faults


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 30, 300, COUNT])
def test_same_distribution_is_equal(count: int, draw: Callable[..., Any]) -> None:
    for _ in range(100):
        normals = [draw(count) for _ in range(3)]
        assert not faults(*normals)
        assert not faults(*(values.sign() * values**2 for values in normals))  # with heavier tails


def test_other_mean_and_other_spread_are_noticed(draw: Callable[..., Any]) -> None:
    assert "mean" in faults(draw(COUNT) + 0.2, draw(COUNT), draw(COUNT))[0]
    for factor in (0.8, 1.25):
        assert "spread" in faults(draw(COUNT) * factor, draw(COUNT), draw(COUNT))[0]
    assert "spread" in faults(torch.zeros(COUNT), draw(COUNT), draw(COUNT))[0]
    assert "spread" in faults(draw(16) * 1000, draw(16), draw(16))[0]


def test_other_tensors_are_noticed(draw: Callable[..., Any]) -> None:
    values = draw(8)
    assert compared({}, {"w": values}, {"w": values}).faults == ["w: missing"]
    assert compared({"w": values}, {}, {}).faults == ["w: not a tensor of the model"]
    assert "[4] torch.float32 instead of [8] torch.float32" in faults(values[:4], values, values)[0]
    assert "torch.float16 instead of [8] torch.float32" in faults(values.half(), values, values)[0]
    values[3] = torch.nan
    assert "not finite" in faults(values, draw(8), draw(8))[0]


def test_what_seeds_have_alike_must_be_the_same(draw: Callable[..., Any]) -> None:
    positions = torch.arange(8)
    assert not faults(positions, positions, positions.clone())
    assert "instead of 7" in faults(positions.clamp(max=6), positions, positions)[0]
    ours, first, second = draw(64, 64), draw(64, 64), draw(64, 64)
    for values in (first, second):
        values[5] = 0  # a padding row
    assert "instead of 0" in faults(ours, first, second)[0]
    ours[5] = 0
    assert not faults(ours, first, second)


def test_draws_that_are_alike_by_chance_may_differ(draw: Callable[..., Any]) -> None:
    assert not faults(*(draw(COUNT).sign() for _ in range(3)))


def test_outliers_of_the_reference_alone_are_left_out(draw: Callable[..., Any]) -> None:
    ours, first, second = draw(COUNT), draw(COUNT), draw(COUNT)
    first[7] = 100
    assert compared({"w": ours}, {"w": first}, {"w": second}) == Comparison([], outliers=1)
    assert faults(first, ours, second)  # here they are a fault
    ours[9] = -100
    assert compared({"w": ours}, {"w": first}, {"w": second}) == Comparison([])  # they belong to both


def test_tolerance_is_that_of_a_normal_for_many_and_grows_for_few() -> None:
    assert tolerance(10**6) == pytest.approx(ERRORS, rel=1e-4)
    # Student's t with 18 degrees of freedom exceeds this as rarely as a normal six deviations.
    assert tolerance(10) == pytest.approx(11.017, rel=0.01)
    assert tolerance(3) > tolerance(10) > tolerance(100) > ERRORS


def test_small_configurations_keep_every_kind_of_layer() -> None:
    values = {
        "hidden_size": 4096,
        "num_attention_heads": 32,
        "num_hidden_layers": 48,
        "layer_types": (["linear_attention"] * 3 + ["full_attention"]) * 12,
        "vision": {"hidden_size": 32, "depth": 24, "image_token_id": 151_000},
        "rope_theta": 10_000,
    }
    small, shallow, same = shrink.levels(values)
    assert same == values
    assert small["layer_types"] == ["linear_attention"] * 3 + ["full_attention"]
    assert (small["num_hidden_layers"], small["hidden_size"], small["num_attention_heads"]) == (4, 64, 4)
    assert small["vision"] == {"hidden_size": 32, "depth": 2, "image_token_id": 0}
    assert small["rope_theta"] == 10_000
    assert (shallow["num_hidden_layers"], shallow["hidden_size"]) == (4, 4096)
