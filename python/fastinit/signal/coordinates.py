"""A coordinate check: how the size of a model's activations depends on its width while it trains."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.columns import aligned
from fastinit.signal.chance import chance_of, spread
from fastinit.signal.judged import Judged
from fastinit.signal.readings import number
from fastinit.signal.verdict import Finding

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

GROWING, VANISHING, NONFINITE = "growing with width", "vanishing with width", "non-finite"
LEFT = ("layer",)
OUTPUT = "(output)"  # the layer that represents the model's output
TOLERANCE = 0.2  # of a slope: with it, a size of 1 at width 64 is 1.5 at width 512
LEVEL = 0.05  # of chance, below which a slope counts


@dataclass(frozen=True)
class Slope:
    """How a size depends on width: it is proportional to width^value.

    Attributes:
        value: The mean over seeds of the slope of log size against log width.
        error: Its standard error over seeds; None for one seed.
        chance: The probability that chance over seeds alone gives a slope as far from 0 in its direction; None for one
            seed.
    """

    value: float
    error: float | None
    chance: float | None

    @property
    def is_sure(self) -> bool:
        """Whether it is large, and not only by chance."""
        return abs(self.value) > TOLERANCE and (self.chance is None or self.chance < LEVEL)

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"value": self.value, "error": self.error, "chance": self.chance}

    def __str__(self) -> str:
        value = f"{round(self.value, 2) + 0.0:.2f}"  # without the sign of a zero
        return value if self.error is None else f"{value} \u00b1 {self.error:.1g}"


@dataclass(frozen=True)
class Layer:
    """A layer at all widths.

    Attributes:
        name: The label of its stage, or "(output)" for the model's output.
        is_wide: Whether its output has more elements in wider models, which is not so for heads and routers.
        sizes: The root mean square of its output, by seed, width and step; infinite if it was not finite.
    """

    name: str
    is_wide: bool
    sizes: tuple[tuple[tuple[float, ...], ...], ...]

    @property
    def is_output(self) -> bool:
        """Whether it represents the model's output."""
        return self.name == OUTPUT

    def may(self, kind: str) -> bool:
        """Whether a size may depend on width as this slope says.

        The output of muP starts as width^-0.5, and has size 1 only once it has learnt. The output of a
        head or router may be scaled afterwards, before it is used.
        """
        return not self.is_wide and (kind == VANISHING or not self.is_output)

    def slope(self, step: int, widths: Sequence[int]) -> Slope | None:
        """Returns how the size after so many steps depends on width; None if it is zero or not finite."""
        logs = np.log(widths) - np.mean(np.log(widths))
        values = []
        for of_seed in self.sizes:
            sizes = [of_width[step] for of_width in of_seed]
            if not all(0 < size < math.inf for size in sizes):
                return None
            values.append(float(logs @ np.log(sizes) / (logs @ logs)))
        value, deviation = statistics.fmean(values), spread(values)
        if deviation is None:
            return Slope(value, None, None)
        chance = chance_of([math.copysign(1.0, value) * each for each in values])
        return Slope(value, deviation / math.sqrt(len(values)), chance)

    def mean(self, width: int, step: int) -> float:
        """The mean over seeds of the size at the width of this place in the list, after so many steps."""
        return statistics.fmean(of_seed[width][step] for of_seed in self.sizes)


@dataclass(frozen=True)
class CoordinateReport(Judged):
    """The result of `coordinate_check`. `print` shows the slopes with the verdict below.

    Attributes:
        title: A name for the model that was checked.
        loss: The kind of the loss.
        widths: The widths, in rising order.
        seeds: The seeds of the weights.
        steps: The number of training steps. Sizes are measured before the first and after each.
        layers: The layers, in the order in which they run.
    """

    title: str
    loss: str
    widths: tuple[int, ...]
    seeds: tuple[int, ...]
    steps: int
    layers: tuple[Layer, ...]

    @cached_property
    def slopes(self) -> dict[str, tuple[Slope | None, ...]]:
        """For each layer, the slopes before the first step and after each."""
        return {
            layer.name: tuple(layer.slope(step, self.widths) for step in range(self.steps + 1)) for layer in self.layers
        }

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the gravest first; empty for a healthy parametrisation."""
        return (*self._nonfinite(), *self._off(GROWING), *self._off(VANISHING))

    def _nonfinite(self) -> Iterator[Finding]:
        """Finds the first step with a size that is not finite at some width, and the first layer with one."""
        for step in range(self.steps + 1):
            for layer in self.layers:
                bad = [w for i, w in enumerate(self.widths) if not layer.mean(i, step) < math.inf]
                if bad:
                    text = f"{NONFINITE} at {layer.name} {_after(step)}, at width {bad[0]}"
                    yield Finding(NONFINITE, layer.name, text)
                    return

    def _off(self, kind: str) -> Iterator[Finding]:
        """Finds the first step and its first layer from which on sizes depend on width, and how they do in the end."""
        found = self._wrong(kind)
        if found:
            first, _, name, slope, last = min(found)
            since = "" if first == last else f", seen {_from(first)} on"
            others = len(found) - 1
            more = f", and at {others} other layer{'s' * (others > 1)}" if others else ""
            yield Finding(kind, name, f"{kind}: as width^{slope} at {name} {_after(last)}{since}{more}")

    def _wrong(self, kind: str) -> list[tuple[int, int, str, Slope | None, int]]:
        """For each wrong layer: the first step, the layer's place, its name, the last slope and step."""
        sign = 1 if kind == GROWING else -1
        found = []
        for place, layer in enumerate(self.layers):
            slopes = self.slopes[layer.name]
            sure = [step for step, slope in enumerate(slopes) if slope and slope.is_sure and slope.value * sign > 0]
            if sure and not layer.may(kind):
                found.append((sure[0], place, layer.name, slopes[sure[-1]], sure[-1]))
        return found

    @cached_property
    def concerned(self) -> frozenset[str]:
        """The names of all layers that a finding is about, where it names the first."""
        wrong = (name for kind in (GROWING, VANISHING) for _, _, name, *_ in self._wrong(kind))
        return frozenset((*wrong, *(finding.where for finding in self.findings)))

    @property
    def health(self) -> str:
        """The layer that depends on width most."""
        steepest = max(self._ends(), key=lambda end: abs(end[1].value), default=None)
        if steepest is None:
            return "all sizes are zero"
        name, slope = steepest
        return f"sizes do not depend on width; most at {name}, as width^{slope} in the end"

    def _ends(self) -> list[tuple[str, Slope]]:
        """The last slope of each layer whose output is wide."""
        ends = [(layer.name, self.slopes[layer.name][-1]) for layer in self.layers if layer.is_wide]
        return [(name, slope) for name, slope in ends if slope is not None]

    def table(self) -> str:
        """Returns the slopes as a table of text: for each layer, before the first step (0) and after each."""
        return "\n".join(aligned(rows_of(self), left=LEFT))

    def __str__(self) -> str:
        return f"{heading_of(self)}\n{self.table()}\n{self.verdict}"

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON, with null for numbers that are not finite."""
        return {
            "title": self.title,
            "loss": self.loss,
            "verdict": self.verdict,
            "healthy": self.is_healthy,
            "findings": [finding.as_dict() for finding in self.findings],
            "widths": list(self.widths),
            "seeds": list(self.seeds),
            "steps": self.steps,
            "layers": [
                {
                    "name": layer.name,
                    "wide": layer.is_wide,
                    "slopes": [
                        None if s is None else {"value": s.value, "error": s.error} for s in self.slopes[layer.name]
                    ],
                    "sizes": [[[*map(number, steps)] for steps in of_seed] for of_seed in layer.sizes],
                }
                for layer in self.layers
            ],
        }

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draws the sizes against width, a panel for each layer and a line for each step.

        If there is no room for all layers, it shows those that a finding names, the last one, and others that are
        evenly spread.

        Args:
            path: The picture; its suffix says the format.

        Raises:
            PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
        """
        from fastinit.signal.coordinate_plot import plot_coordinates

        plot_coordinates(self, path)


def heading_of(report: CoordinateReport) -> str:
    """Returns the line above the table."""
    return f"slope of log size against log width, widths {', '.join(map(str, report.widths))}"


def rows_of(report: CoordinateReport) -> list[tuple[str, ...]]:
    """Returns the rows of a report's table, titles first."""
    titles = (*LEFT, *(f"step {step}" for step in range(report.steps + 1)))
    slopes = report.slopes.items()
    return [titles, *((name, *("-" if slope is None else str(slope) for slope in of)) for name, of in slopes)]


def _from(step: int) -> str:
    return f"from step {step}" if step else "from the start"


def _after(step: int) -> str:
    return f"after step {step}" if step else "at the start"
