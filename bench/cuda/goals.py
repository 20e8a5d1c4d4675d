"""The speeds that fills on a GPU should reach, and whether a result reaches them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .cases import torch_fill
from .rates import rate_of, write_rate

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Goal:
    """A fill by fastinit that should be at least so many times as fast as the machine or PyTorch.

    Attributes:
        target: The rate wanted, as a multiple of the rate of `against`.
        against: "the write rate", or the label of a subject of the same row.
    """

    kind: str
    dtype: str
    target: float
    against: str = "the write rate"

    def reached(self, result: dict[str, Any]) -> float | None:
        """The multiple that was measured; None if either rate was not."""
        name = f"{self.kind}-{self.dtype}"
        own = rate_of(result, name, f"fastinit {self.kind}")
        is_limit = self.against == "the write rate"
        other = write_rate(result) if is_limit else rate_of(result, name, self.against)
        return own / other if own and other else None


GOALS = (
    Goal("uniform", "float32", 0.9),
    Goal("normal", "float32", 0.9),
    Goal("normal", "bfloat16", 1, torch_fill("normal").label),
    *(
        Goal("truncated_normal", dtype, 50, torch_fill("truncated_normal").label)
        for dtype in ("float32", "bfloat16", "float16")
    ),
)


def lines(result: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line for each goal."""
    for goal in GOALS:
        reached = goal.reached(result)
        fill = f"{goal.kind} {goal.dtype}"
        wanted = f"{goal.target:g}x {goal.against}"
        if reached is None:
            yield (fill, wanted, "", "not measured")
        else:
            met = reached >= goal.target
            outcome = "met" if met else f"not met, by {1 - reached / goal.target:.0%}"
            yield (fill, wanted, f"{reached:.2f}x", outcome)
