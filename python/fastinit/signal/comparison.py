"""The results of training one model under several sets of rules, and the best set."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from fastinit.columns import aligned
from fastinit.errors import printable
from fastinit.signal.chance import chance_of, spread
from fastinit.signal.readings import number

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from fastinit.signal.report import ProbeReport

TITLES = ("rules", "final loss", "sd", "finite", "largest rise", "at the start")
LEVEL = 0.05  # of chance, below which a difference counts
_LAST = 10  # the final loss is measured over the last tenth of the steps


@dataclass(frozen=True)
class Trial:
    """One training run.

    Attributes:
        rules: The name of the set of rules.
        seed: The seed of the weights, and of all draws of the model while it trains.
        start: The probe before the first step.
        losses: One for each step, before its update. The last one is not finite if the trial ended there.
    """

    rules: str
    seed: int
    start: ProbeReport
    losses: tuple[float, ...]

    @property
    def ended_at(self) -> int | None:
        """The step, counted from 1, whose loss was not finite; None if there was none."""
        return None if math.isfinite(self.losses[-1]) else len(self.losses)

    @property
    def final(self) -> float:
        """The median loss of the last tenth of the steps; infinite for a trial that ended non-finite."""
        if self.ended_at is not None:
            return math.inf
        return statistics.median(self.losses[-max(len(self.losses) // _LAST, 1) :])

    @property
    def rise(self) -> float:
        """The largest rise of the loss above its lowest value until then; infinite if the loss became non-finite."""
        if self.ended_at is not None:
            return math.inf
        return max(loss - low for loss, low in zip(self.losses, accumulate(self.losses, min), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "rules": self.rules,
            "seed": self.seed,
            "final": number(self.final),
            "ended_at": self.ended_at,
            "rise": number(self.rise),
            "losses": [number(loss) for loss in self.losses],
            "start": self.start.as_dict(),
        }


@dataclass(frozen=True)
class Standing:
    """The results of a set of rules over all seeds.

    Attributes:
        rules: The name of the set.
        trials: Its trials, one for each seed.
    """

    rules: str
    trials: tuple[Trial, ...]

    @property
    def finals(self) -> dict[int, float]:
        """The final losses of the trials that ended finite, by seed."""
        return {trial.seed: trial.final for trial in self.trials if trial.ended_at is None}

    @property
    def final(self) -> float:
        """The mean of `finals`; infinite if there are none."""
        return statistics.fmean(self.finals.values()) if self.finals else math.inf

    @property
    def spread(self) -> float | None:
        """The standard deviation of `finals`; None for fewer than two."""
        return spread([*self.finals.values()])

    @property
    def is_finite(self) -> bool:
        """Whether all trials ended finite."""
        return len(self.finals) == len(self.trials)

    @property
    def rise(self) -> float:
        """The largest rise of the loss in any trial."""
        return max(trial.rise for trial in self.trials)

    @property
    def start(self) -> str:
        """The findings of the probes at the start, and in how many trials they occur if not in all."""
        found: dict[str, int] = {}
        for trial in self.trials:
            for text in dict.fromkeys(f"{each.kind}: {each.where}" for each in trial.start.findings) or ("healthy",):
                found[text] = found.get(text, 0) + 1
        many = len(self.trials)
        return ", ".join(text if n == many else f"{text} ({n} of {many})" for text, n in found.items())

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "rules": self.rules,
            "final": number(self.final),
            "sd": self.spread,
            "finite": len(self.finals),
            "trials": len(self.trials),
            "rise": number(self.rise),
            "start": self.start,
        }


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`. `print` shows the ranking and how sure it is.

    Attributes:
        title: A name for the model that was trained.
        loss: The kind of the losses.
        steps: The number of steps of each trial.
        planned: The number of trials that were to be made.
        trials: The trials that were made: first all sets of rules with the first seed, and so on.
    """

    title: str
    loss: str
    steps: int
    planned: int
    trials: tuple[Trial, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all trials were made. After Ctrl-C some are missing."""
        return len(self.trials) == self.planned

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sets of rules, as they were given."""
        return tuple(dict.fromkeys(trial.rules for trial in self.trials))

    @cached_property
    def ranking(self) -> tuple[Standing, ...]:
        """The sets of rules, the best first: by the share of trials that ended finite, then by the mean final loss."""
        all_of = [Standing(name, tuple(trial for trial in self.trials if trial.rules == name)) for name in self.names]
        return tuple(sorted(all_of, key=lambda each: (-len(each.finals) / len(each.trials), each.final)))

    @property
    def best(self) -> str | None:
        """The name of the set of rules that ranks first; None if no trial ended finite."""
        return self.ranking[0].rules if self.ranking[0].finals else None

    def chance(self, other: str) -> float | None:
        """Returns the probability that chance alone puts the best set as far before another set of rules.

        It is from a one-sided t test of the differences of final losses, paired over the seeds with which both trials
        ended finite. It is multiplied by the number of sets that are compared with the best (Bonferroni), so that
        many sets do not show a difference only because they are many.

        Args:
            other: The name of a set of rules.

        Returns:
            A probability; None for fewer than two such seeds.
        """
        finals = {each.rules: each.finals for each in self.ranking}
        best, others = finals[self.ranking[0].rules], finals[other]
        chance = chance_of([others[seed] - best[seed] for seed in best if seed in others])
        return None if chance is None else min(chance * (len(finals) - 1), 1.0)

    @property
    def verdict(self) -> str:
        """Says which set of rules is best, and than which others it is better by more than chance."""
        text = printable("".join(self._verdict()))
        return text if self.is_complete else f"{text} (interrupted: {len(self.trials)} of {self.planned} trials)"

    def _verdict(self) -> Iterator[str]:
        best, *others = self.ranking
        if not best.finals:
            yield "none is best: no trial ended finite"
            return
        yield f"best: {best.rules}, final loss {best.final:.3g}"
        rivals = [each for each in others if each.is_finite or not best.is_finite]
        if others and len(rivals) < len(others):
            lost = [each.rules for each in others if each not in rivals]
            yield f"; {_listed(lost)} ended non-finite, at least for some seeds"
        chances = {each.rules: self.chance(each.rules) for each in rivals}
        if None in chances.values():
            yield "; fewer than two seeds do not tell whether that is chance: give more"
            return
        sure = {name: chance for name, chance in chances.items() if chance is not None and chance < LEVEL}
        if sure:
            yield f"; lower than {_listed([*sure])} by more than chance over seeds explains (p {_below(sure)})"
        if len(sure) < len(chances):
            unsure = {name: chance for name, chance in chances.items() if name not in sure}
            yield f"; not told apart from {_listed([*unsure])} (p {_above(unsure)}): more seeds or steps may"

    def table(self) -> str:
        """Returns the ranking as a table of text.

        The final loss is the mean over seeds of each trial's median over the last tenth of its steps, with the standard
        deviation over seeds; "finite" counts the trials that ended finite; only these are in the mean.
        """
        return "\n".join(aligned((TITLES, *map(_cells, self.ranking)), left=(TITLES[0], TITLES[-1])))

    def __str__(self) -> str:
        return f"{self.table()}\n{self.verdict}"

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON, with null for numbers that are not finite."""
        return {
            "title": self.title,
            "loss": self.loss,
            "steps": self.steps,
            "planned": self.planned,
            "complete": self.is_complete,
            "best": self.best,
            "verdict": self.verdict,
            "ranking": [each.as_dict() for each in self.ranking],
            "trials": [trial.as_dict() for trial in self.trials],
        }

    def to_json(self) -> str:
        """Returns all of it, every trial with its losses and its probe, as the text of a JSON document."""
        return json.dumps(self.as_dict(), indent=1, allow_nan=False)

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draws losses against steps, and activations and gradients at the start against depth, into one picture.

        Lines are means over seeds, and bands reach from the least value to the greatest.

        Args:
            path: The picture; its suffix says the format.

        Raises:
            PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
        """
        from fastinit.signal.comparison_plot import plot_comparison

        plot_comparison(self, path)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _below(chances: dict[str, float]) -> str:
    most = max(chances.values())
    return f"<= {most:.2g}" if most >= 1e-3 else "< 0.001"


def _above(chances: dict[str, float | None]) -> str:
    return f">= {min(chance for chance in chances.values() if chance is not None):.2g}"


def _cells(each: Standing) -> tuple[str, ...]:
    return (
        each.rules,
        f"{each.final:.4g}" if each.finals else "-",
        "-" if each.spread is None else f"{each.spread:.2g}",
        f"{len(each.finals)}/{len(each.trials)}",
        f"{each.rise:.2g}" if math.isfinite(each.rise) else _ends(each),
        each.start,
    )


def _ends(each: Standing) -> str:
    first = min(trial.ended_at for trial in each.trials if trial.ended_at is not None)
    return f"non-finite at step {first}"
