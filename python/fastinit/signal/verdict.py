"""Makes findings from the numbers of readings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from fastinit.signal.activations import SATURATED
from fastinit.signal.growth import Growth, growth_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastinit.signal.readings import Stage

    Growths = tuple[Growth | None, Growth | None]  # of activations and of gradients

# The largest growth over the whole chain, up or down. The limits were judged from networks trained with SGD at the best
# of several rates. Plain ReLU networks of 8 to 20 layers, drawn with 0.4 to 2 times He's spread, learn about as well as
# He's if the spread falls to 1/12 or grows by 5, and slower from 1/30 and 15 on (12 layers, 300 steps: losses of 0.9
# and 1.5 against 0.26). At 1/200 and 100, even a thousand steps are too few. Gradients may fall further if activations
# keep their size: by PyTorch's own rule seven layers (1/300) learn in 1000 steps and ten (1/4000) do not. Norms undo
# what activations grow by, and gradients of networks with batch norms grow towards the input by 1.2 to 1.5 a layer
# (Yang et al., A mean field theory of batch normalization, 2019): by 5000 in timm's ConvMixer-32 and Inception-v4,
# whose authors trained them.
MOST_CHANGE = {
    ("activations", "exploding"): (10.0, 1e3),  # without and with norms
    ("activations", "vanishing"): (12.0, 1e3),
    ("gradients", "exploding"): (1e3, 1e6),
    ("gradients", "vanishing"): (1e3, 1e3),
}
MOST_DEAD = 0.9  # of a layer's units: at a healthy start, half of a deep network's units are dead
FEWEST_UNITS = 16  # fewer may all be zero by chance: nine in ten of 16 are zero in 3 of 10^4 healthy layers
# Times the loss of equal odds: ReLU networks of 3 to 30 layers by He's rule, head included, begin at 2.2 at most over
# 10 to 1000 classes, and at 3.9 over two.
MOST_LOSS, FEWEST_CLASSES = 3.0, 10
MOST_SATURATED = 0.5  # of a layer's values


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that was found.

    Attributes:
        kind: "non-finite", "dead", "symmetric", "saturated", "exploding" or "vanishing".
        where: The label of the first stage or weight with it; "activations" or "gradients" for growth.
        text: A part of a sentence, which begins with the kind.
    """

    kind: str
    where: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"kind": self.kind, "where": self.where, "text": self.text}


def growths_of(chain: Sequence[Stage]) -> Growths:
    """The growth of the activations along a chain, and of the gradients in the opposite direction.

    For activations it is the growth of an element's size, for gradients that of the norm: a good initialisation keeps
    these, even if resolution falls and channels increase.
    """
    gradients = [stage.gradient.norm for stage in reversed(chain) if stage.gradient is not None]
    return growth_of([stage.output.rms for stage in chain]), growth_of(gradients)


def findings_of(stages: Sequence[Stage], chain: Sequence[Stage], growths: Growths) -> tuple[Finding, ...]:
    """Returns all findings, the gravest first. `growths` are the growths of the chain."""
    growing = [*_growing(stages, chain, growths)]
    return (
        *_nonfinite(stages),
        *_dead(stages, chain),
        *_symmetric(chain),
        *_saturated(stages, chain, lives=not any(finding.where == "gradients" for finding in growing)),
        *growing,
    )


def high_loss(loss: float | None, classes: int | None) -> Iterator[Finding]:
    """Finds a cross entropy far above that of equal odds: outputs are so large that the first steps shrink them."""
    if loss is not None and classes is not None and classes >= FEWEST_CLASSES and loss > MOST_LOSS * math.log(classes):
        text = f"exploding, the loss: {loss:.3g}, where equal odds of {classes:,} classes have {math.log(classes):.3g}"
        yield Finding("exploding", "loss", text)


def _nonfinite(stages: Sequence[Stage]) -> Iterator[Finding]:
    """Finds the first module with values that are not finite; if several contain each other, the innermost."""
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
    """Finds the first layer that passes nothing on: units are zero for the whole batch, or all samples are alike."""
    end = _end_of_signal(stages, chain)
    for stage in sorted(stages, key=lambda stage: stage.ended):
        is_fed = stages[0].takes_constant or not stage.takes_constant  # otherwise it is in a branch that starts at zero
        is_wide = stage.units is None or stage.units >= FEWEST_UNITS
        if stage.dead is not None and stage.dead >= MOST_DEAD and is_fed and is_wide:
            share = f"{100 * stage.dead:.3g} % of its units are zero for the whole batch"
            yield Finding("dead", stage.label, f"dead at {stage.label}: {share}")
            return
        if stage is end:
            yield Finding("dead", stage.label, f"dead at {stage.label}: its output is the same for every sample")
            return


def _end_of_signal(stages: Sequence[Stage], chain: Sequence[Stage]) -> Stage | None:
    """Finds the first of the stages at the chain's end that give zero, or the same for every sample.

    A branch or a head whose weights start at zero does so too, but it learns at once: the signal has not ended if a
    matrix has a gradient from samples that differ. Without gradients, a single stage may be such a head.
    """
    last = [*takewhile(lambda stage: stage.is_constant or stage.output.rms == 0, reversed(chain))]
    gradients = [*map(_gradient_of_samples, stages)]
    fewest = 2 if all(gradient is None for gradient in gradients) else 1
    if len(last) < fewest or stages[0].takes_constant or any(gradients):
        return None
    return last[-1]


def _gradient_of_samples(stage: Stage) -> float | None:
    """The size of the part of a matrix's gradient that comes from samples that differ."""
    gradients = [weight.gradient for weight in stage.weights if len(weight.shape) > 1]
    sizes = [gradient.rms for gradient in gradients if gradient is not None]
    return None if not sizes else 0.0 if stage.takes_constant else max(sizes)


def _symmetric(chain: Sequence[Stage]) -> Iterator[Finding]:
    for stage in chain[:-1]:
        if stage.is_symmetric and not stage.is_constant:
            yield Finding(
                "symmetric", stage.label, f"symmetric at {stage.label}: all its units are equal and will stay so"
            )
            return


def _saturated(stages: Sequence[Stage], chain: Sequence[Stage], *, lives: bool) -> Iterator[Finding]:
    """Finds the first activation that most values saturate.

    Two kinds do not count. The model's last activation may saturate if the bias before it makes most answers alike, as
    in detectors (Lin et al., Focal loss for dense object detection, 2017, section 4.1). Activations within blocks may
    saturate while the gradients live: they are gates and routers, which may be open or shut.
    """
    last = max((stage.ended for stage in stages if stage.has_matrix and stage.is_leaf), default=-1)
    blocks = tuple(f"{stage.name}." for stage in chain if not stage.is_leaf)
    for stage in sorted(stages, key=lambda stage: stage.ended):
        is_prior = stage.ended > last and _is_beyond(stage)
        is_gate = lives and stage.name.startswith(blocks)
        if stage.saturated is not None and stage.saturated >= MOST_SATURATED and not (is_prior or is_gate):
            share = f"{100 * stage.saturated:.3g} % of its values are where the slope is below 5 % of the steepest"
            yield Finding("saturated", stage.label, f"saturated at {stage.label}: {share}")
            return


def _is_beyond(stage: Stage) -> bool:
    """Whether an activation saturates on one side, so that its mean is saturated too."""
    low, high = SATURATED.get(stage.kind.lower(), (-math.inf, math.inf))
    return not low < stage.output.mean < high


def _is_normed(stages: Sequence[Stage], chain: Sequence[Stage]) -> bool:
    """Whether at least every other stage of the chain has a norm."""
    return 2 * sum("norm" in stage.kind.lower() for stage in stages) >= len(chain)


def _growing(stages: Sequence[Stage], chain: Sequence[Stage], growths: Growths) -> Iterator[Finding]:
    """Finds growth and shrinkage beyond the limits.

    Gradients may vanish if most stages are repeated calls of a module, as over time: it learns from the last calls.
    """
    is_normed = _is_normed(stages, chain)
    is_shared = 2 * sum(stage.call > 0 for stage in chain) > len(chain)
    for what, growth in zip(("activations", "gradients"), growths, strict=True):
        if growth is None:
            continue
        way = " backwards" if what == "gradients" else ""
        for kind, is_sure, change in (
            ("exploding", growth.low > 1, growth.total),
            ("vanishing", growth.high < 1 and not (way and is_shared), 1 / growth.total),
        ):
            if is_sure and change >= MOST_CHANGE[what, kind][is_normed]:
                text = f"{kind}, {growth}: the {what}, {growth.overall}{way}"
                yield Finding(kind, what, text)
