"""The report of a probe: the output of each module, and whether it is healthy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastinit.columns import aligned
from fastinit.signal.chain import chain_of
from fastinit.signal.judged import Judged
from fastinit.signal.readings import number
from fastinit.signal.verdict import Finding, findings_of, growths_of, high_loss

if TYPE_CHECKING:
    import os

    from fastinit.signal.growth import Growth
    from fastinit.signal.readings import Reading, Stage

TITLES = (
    "module",
    "kind",
    "mean",
    "std",
    "zero",
    "dead",
    "saturated",
    "grad std",
    "weight std",
    "expected",
    "grad/weight",
)
LEFT = TITLES[:2]
MOST_ROWS = 40  # rows of a table without whole=True


@dataclass(frozen=True)
class ProbeReport(Judged):
    """The result of `probe`. `print` shows it as a table with the verdict below.

    Attributes:
        stages: One for each call of a module, in the order in which they begin.
        title: A name for the model, for tables and pictures.
        loss: The kind of the number of which the gradients were taken.
        loss_value: Its value; None if there is none.
        classes: The number of classes, if it is a cross entropy over classes.
    """

    stages: tuple[Stage, ...]
    title: str
    loss: str
    loss_value: float | None
    classes: int | None = None

    @cached_property
    def chain(self) -> tuple[Stage, ...]:
        """The stages along which growth is measured: the blocks that the model repeats, or its layers with matrices."""
        return chain_of(self.stages)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the gravest first; empty for a healthy model."""
        return (*findings_of(self.stages, self.chain, self.growths), *high_loss(self.loss_value, self.classes))

    @cached_property
    def growths(self) -> tuple[Growth | None, Growth | None]:
        """The growth of the activations forwards and of the gradients backwards; None if the chain is too short."""
        return growths_of(self.chain)

    @property
    def health(self) -> str:
        """The growths, a layer and over all layers, as text: a factor near 1 is much over many layers."""
        named = zip(("activations", "gradients"), self.growths, strict=True)
        grown = [f"{what} {growth}, {growth.overall}" for what, growth in named if growth is not None]
        return "; ".join(grown) or "nothing is dead, saturated or not finite; too few layers to tell growth"

    def table(self, *, whole: bool = False) -> str:
        """Returns the stages as a table of text.

        Args:
            whole: Whether to show every stage. Otherwise, a table of more than 40 shows only the chain's and those
                that a finding names.
        """
        rows, more = rows_of(self, whole=whole)
        return "\n".join((*aligned(rows, left=LEFT), *more))

    def __str__(self) -> str:
        loss = "" if self.loss_value is None else f"{self.loss}: {self.loss_value:.4g}\n"
        return f"{self.table()}\n{loss}{self.verdict}"

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        activations, gradients = self.growths
        return {
            "title": self.title,
            "verdict": self.verdict,
            "healthy": self.is_healthy,
            "findings": [finding.as_dict() for finding in self.findings],
            "growth": {
                "activations": None if activations is None else activations.as_dict(),
                "gradients": None if gradients is None else gradients.as_dict(),
            },
            "loss": {"kind": self.loss, "value": None if self.loss_value is None else number(self.loss_value)},
            "chain": [stage.label for stage in self.chain],
            "stages": [stage.as_dict() for stage in self.stages],
        }

    def plot(self, path: str | os.PathLike[str], *others: ProbeReport) -> None:
        """Draws the spread of activations and gradients against depth into a picture.

        Args:
            path: The picture; its suffix says the format.
            *others: More reports to draw into the same picture. Each line is then labelled with its report's title.

        Raises:
            PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
        """
        from fastinit.signal.plot import plot_profiles

        plot_profiles([self, *others], path)


def rows_of(
    report: ProbeReport, *, whole: bool, remedy: str = "table(whole=True)"
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Returns the rows of a report's table, titles first, and a line below it if some stages are left out."""
    stages, more = report.stages, []
    if not whole and len(stages) > MOST_ROWS:
        kept = {id(stage) for stage in report.chain}
        named = {finding.where for finding in report.findings}
        stages = tuple(stage for stage in stages if id(stage) in kept or stage.label in named)
    if len(stages) < len(report.stages):
        more = [f"{len(stages)} of {len(report.stages)} stages; {remedy} shows all"]
    return [TITLES, *map(_cells, stages)], more


def _cells(stage: Stage) -> tuple[str, ...]:
    weight = stage.weights[0] if stage.weights else None
    return (
        stage.label,
        stage.kind,
        _shown(stage.output.mean),
        _shown(stage.output.std),
        _percent(stage.output.zeros),
        _percent(stage.dead),
        _percent(stage.saturated),
        _std(stage.gradient),
        _std(weight.reading if weight else None),
        _shown(weight.expected if weight else None),
        _shown(weight.ratio if weight else None),
    )


def _std(reading: Reading | None) -> str:
    return _shown(None if reading is None else reading.std)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.3g}%"
