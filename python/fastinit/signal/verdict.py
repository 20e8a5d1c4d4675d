"""What readings add up to: findings, from numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fastinit.signal.growth import Growth, growth_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastinit.signal.readings import Stage

HEALTHY = "healthy"
# How much a growth may make over the whole chain, up or down. Gradients of networks with batch norms grow towards the
# input, by 100 in a ResNet-50, and are healthy: the norms undo it.
MOST_CHANGE = {
    ("activations", "exploding"): 10.0,
    ("activations", "vanishing"): 10.0,
    ("gradients", "exploding"): 1000.0,
    ("gradients", "vanishing"): 10.0,
}
MOST_DEAD = 0.9  # of a layer's units: half of a deep network's are at any healthy start
MOST_SATURATED = 0.5  # of a layer's values


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        kind: "non-finite", "dead", "symmetric", "saturated", "exploding" or "vanishing".
        where: The label of the first stage or weight concerned; "activations" or "gradients" for growth.
        text: A sentence's part that begins with the kind.
    """

    kind: str
    where: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"kind": self.kind, "where": self.where, "text": self.text}


def growths_of(chain: Sequence[Stage]) -> tuple[Growth | None, Growth | None]:
    """The growth of the activations along a chain, and that of the gradients against it, as they flow.

    Of activations it is the size of an element, of gradients the norm: where resolution falls and channels increase,
    these are what a good initialisation keeps.
    """
    gradients = [stage.gradient.norm for stage in reversed(chain) if stage.gradient is not None]
    return growth_of([stage.output.rms for stage in chain]), growth_of(gradients)


def findings_of(stages: Sequence[Stage], chain: Sequence[Stage]) -> tuple[Finding, ...]:
    """Returns all findings, the gravest first."""
    activations, gradients = growths_of(chain)
    return (
        *_nonfinite(stages),
        *_dead(stages, chain),
        *_symmetric(chain),
        *_saturated(stages),
        *_growing("activations", activations),
        *_growing("gradients", gradients),
    )


def _nonfinite(stages: Sequence[Stage]) -> Iterator[Finding]:
    """The first module, of those that end first the innermost, whose values are not all finite."""
    for what in ("weights", "output", "gradient"):
        for stage in sorted(stages, key=lambda stage: stage.ended, reverse=what == "gradient"):
            count, where = _count_nonfinite(stage, what)
            if count:
                text = f"non-finite at {where}: {count:,} values of its {what} are NaN or infinite"
                yield Finding("non-finite", where, text)
                return


def _count_nonfinite(stage: Stage, what: str) -> tuple[int, str]:
    if what == "output":
        return stage.nonfinite, stage.label
    if what == "weights":
        bad = [weight for weight in stage.weights if weight.reading.nonfinite]
        return (bad[0].reading.nonfinite, bad[0].name) if bad else (0, "")
    own = [weight.gradient for weight in stage.weights if weight.gradient is not None]
    gradients = own if stage.gradient is None else [stage.gradient, *own]
    return sum(gradient.nonfinite for gradient in gradients), stage.label


def _dead(stages: Sequence[Stage], chain: Sequence[Stage]) -> Iterator[Finding]:
    """The first layer that passes nothing on: units are zero for all of the batch, or all samples give the same.

    One constant stage may be a branch that starts at zero, or such a head; two in a row are the end of the signal.
    """
    constant = {id(stage) for stage, after in pairwise(chain) if stage.is_constant and after.is_constant}
    for stage in sorted(stages, key=lambda stage: stage.ended):
        if stage.dead is not None and stage.dead >= MOST_DEAD:
            share = f"{100 * stage.dead:.3g} % of its units are zero for the whole batch"
            yield Finding("dead", stage.label, f"dead at {stage.label}: {share}")
            return
        if id(stage) in constant:
            yield Finding("dead", stage.label, f"dead at {stage.label}: its output is the same for every sample")
            return


def _symmetric(chain: Sequence[Stage]) -> Iterator[Finding]:
    for stage in chain[:-1]:
        if stage.is_symmetric and not stage.is_constant:
            yield Finding(
                "symmetric", stage.label, f"symmetric at {stage.label}: all its units are equal and will stay so"
            )
            return


def _saturated(stages: Sequence[Stage]) -> Iterator[Finding]:
    for stage in sorted(stages, key=lambda stage: stage.ended):
        if stage.saturated is not None and stage.saturated >= MOST_SATURATED:
            share = f"{100 * stage.saturated:.3g} % of its values are where the slope is below 5 % of the steepest"
            yield Finding("saturated", stage.label, f"saturated at {stage.label}: {share}")
            return


def _growing(what: str, growth: Growth | None) -> Iterator[Finding]:
    if growth is None:
        return
    for kind, is_sure, change in (
        ("exploding", growth.low > 1, growth.total),
        ("vanishing", growth.high < 1, 1 / growth.total),
    ):
        if is_sure and change >= MOST_CHANGE[what, kind]:
            way = " backwards" if what == "gradients" else ""
            yield Finding(kind, what, f"{kind}, {growth}: the {what}, over {growth.steps + 1} layers{way}")
