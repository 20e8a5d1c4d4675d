"""`calibrate`: finds the scales of a model's weights at which its layers have the wanted outputs, as a recipe."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.signal.calibration import CalibrationRecord, CalibrationRow
from fastinit.sources.save import save_recipe
from fastinit.torch.report import keep, kept
from fastinit.torch.sharding import is_dtensor
from fastinit.torch.signal.feeders import Feeders
from fastinit.torch.signal.layers import fan_in_of
from fastinit.torch.signal.rescaling import run
from fastinit.torch.signal.scales import Scales, positive
from fastinit.torch.signal.unchanged import check_shapes
from fastinit.torch.state import targets_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fastinit.random import Seed
    from fastinit.recipes.recipe import Recipe
    from fastinit.torch.model import Rules
    from fastinit.torch.signal.feeders import Feeder
    from fastinit.torch.signal.rescaling import Pass

METHODS = ("lsuv", "gains")
_NOT_RUN = "its layer does not run as a module, or returns no tensor"
_SAME = 1e-5  # of a factor: the precision of the digits in a recipe


@dataclass(frozen=True)
class Calibration(CalibrationRecord):
    """The result of `calibrate`. `print` shows it as a table with the verdict below.

    Attributes:
        recipe: The recipe that draws the model as it is now, anywhere where its tensors have the same names.
    """

    recipe: Recipe

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {**super().as_dict(), "recipe": self.recipe.text}

    def save(self, path: str | os.PathLike[str]) -> list[Path]:
        """Writes the recipe to a file whose name ends in .toml, for `fastinit init` and `init_model`.

        Raises:
            RecipeError: The file exists.
            CheckpointError: It cannot be written.
        """
        return save_recipe(self.recipe, path)


def calibrate(
    model: torch.nn.Module,
    batch: Any,
    *,
    seed: Seed = 0,
    init: Rules | str = "orthogonal",
    method: str = "lsuv",
    target: float | Mapping[str, float | str] = 1.0,
    tolerance: float = 0.01,
    most_rounds: int = 10,
    match: str | Sequence[str] = "*",
) -> Calibration:
    """Draws a model with the scales at which the output of each of its layers has standard deviation 1.

    The layers are linear and convolutional modules, whose output is linear in their weight except for a bias. The
    scales are found by running the model. The result is a recipe with an initializer and its scale for each parameter.
    It can draw the same model anywhere else: sharded, in another type, or as a checkpoint. Afterwards the model has the
    values of that recipe. Nothing else of it changes: gradients, modes, buffers that no rule sets, and PyTorch's random
    state are as before. After an error the parameters are as before too, for which a copy of them is kept.

    "lsuv" measures. In each round the model runs once. The output of each layer is passed on with the scale that it
    should have, so that the next layer reads what it will read after the draw. One round therefore finds all scales of
    a model whose layers run one after another, whatever is between them. Then the model is drawn and measured. More
    rounds follow only if an output is not within the tolerance, for example if a weight is used before its layer runs.

    "gains" computes: std = target gain(f) / sqrt(fan_in) for a layer that reads an activation function f, with the
    exact gain of `fastinit.gain`. The batch shows only which function that is; no number in the recipe depends on it.
    Layers that read something else, such as norms, sums or the model's input, have gain 1. `input` in the rows tells.

    Args:
        model: The model, on any device, perhaps without memory, or sharded as DTensors. Then all processes must call
            this, each with its own batch; the batches count together.
        batch: The input of the model: a mapping gives arguments by name, a tuple or list by position, and anything else
            is the only argument.
        seed: The seed of all draws, as in `init_model`.
        init: How the weights of layers are drawn before they are scaled: "orthogonal" or "normal", with the model's own
            rules for all other tensors; or for the whole model "own", the name of a preset or of another initializer,
            rules, a recipe or the path of one, as in `compare`. A weight that its own rule sets to a constant, such as
            zero, keeps it.
        method: "lsuv" or "gains".
        target: The standard deviation that outputs should have, or a mapping from patterns of weights' names to numbers
            or expressions, such as `{"*.c_proj.weight": "1 / sqrt(2 * layers)"}`; all others have 1.
        tolerance: The largest allowed relative difference of an output's variance from that of its target.
        most_rounds: The number of rounds after which "lsuv" stops.
        match: A pattern, or several, of the names of the weights to calibrate. All others keep their rules.

    Returns:
        The calibration: `print` it, `calibration.recipe`, `calibration.save("my.toml")`. It is not an
        error if an output cannot reach its target: see `calibration.verdict`.

    Raises:
        RecipeError: A rule, a pattern or an expression is not valid, or `init_model` cannot draw the model. A
            ValueError.
        TypeError: `model` is not a module, or an argument has the wrong type.
        ValueError: The model has no layer to calibrate, or an argument is out of its range. Errors of the model's own
            code are raised unchanged.

    Source:
        Mishkin and Matas, All you need is a good init, ICLR 2016, algorithm 1; tolerance 0.1 there.

    Example:
        >>> import fastinit
        >>> layers = [m for _ in range(20) for m in (torch.nn.Linear(64, 64), torch.nn.Tanh())]
        >>> model = torch.nn.Sequential(*layers)
        >>> inputs = torch.from_numpy(fastinit.normal((256, 64), seed=1))
        >>> calibration = calibrate(model, inputs, seed=0)
        >>> print(calibration.verdict)
        calibrated: all 20 outputs are within 1 % of the variance that was asked for, after 1 round
        >>> calibration.rows[19].rule[:20]
        'orthogonal(gain=1.58'
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(checks.text("model", "be a torch.nn.Module", type(model).__name__))
    check_shapes(model)
    checks.choice("method", method, METHODS)
    most = checks.integer("most_rounds", most_rounds, 1, 1000)
    allowed = positive("tolerance", tolerance)
    patterns = [match] if isinstance(match, str) else match
    if not isinstance(patterns, (list, tuple)) or not all(isinstance(pattern, str) for pattern in patterns):
        raise TypeError(checks.text("match", "be a pattern or a list of patterns", match, 'such as "*.weight"'))
    with _as_before_an_error(model):
        work = _Work(model, batch, Scales(model, seed, init, patterns), target)
        if method == "gains":
            work.compute()
        while method == "lsuv" and work.rounds < most and work.is_worth_a_round(allowed) and work.measure():
            pass
        return work.record(method, allowed)


class _Work:
    """The state of a calibration while it runs."""

    def __init__(
        self, model: torch.nn.Module, batch: Any, scales: Scales, target: float | Mapping[str, float | str]
    ) -> None:
        self._model = model
        self._batch = batch
        self._scales = scales
        self._stds = scales.targets(target)
        weights = {layer.weight: layer.module._parameters["weight"] for layer in scales.layers}
        self._meshes = {name: weight.device_mesh for name, weight in weights.items() if is_dtensor(weight)}
        self._feeders: dict[str, Feeder] = {}
        self._before = self._after = self._run()
        self._faults: dict[str, str] = {}
        self._changes = dict.fromkeys(self._stds, 0)
        self.rounds = 0

    def _run(self, stds: Mapping[str, float] | None = None, beside: Any = None) -> Pass:
        return run(self._model, self._batch, self._scales.layers, self._meshes, stds, beside)

    def is_worth_a_round(self, tolerance: float) -> bool:
        """Whether an output misses its target for an unknown reason, so that another round may help."""
        return any(not row.note for row in self.record("lsuv", tolerance).missed)

    def measure(self) -> bool:
        """Scales weights by the factors of a pass, and returns whether that changed anything."""
        found = self._run(self._stds).factors
        self._faults = {name: factor for name, factor in found.items() if isinstance(factor, str)}
        return self._draw({name: factor for name, factor in found.items() if isinstance(factor, float)})

    def compute(self) -> None:
        """Scales weights by the gains of the functions that their layers read."""
        feeders = Feeders(self._model, self._scales.layers)
        self._run(beside=feeders)
        self._feeders = feeders.found
        modules = {layer.weight: layer.module for layer in reversed(self._scales.layers)}
        self._draw(
            {
                name: self._stds[name] * feeder.gain / math.sqrt(fan_in_of(modules[name])) / self._scales.std(name)
                for name, feeder in feeders.found.items()
            }
        )

    def _draw(self, factors: Mapping[str, float]) -> bool:
        factors = {name: factor for name, factor in factors.items() if abs(factor - 1) > _SAME}
        if not factors:
            return False
        self._scales.multiply(factors)
        self._after = self._run()
        self.rounds += 1
        for name in factors:
            self._changes[name] += 1
        return True

    def record(self, method: str, tolerance: float) -> Calibration:
        """Returns the record of the calibration so far."""
        rows = tuple(map(self._row, self._scales.names))
        return Calibration(rows, method, self._scales.seed, tolerance, self.rounds, self._scales.recipe)

    def _row(self, name: str) -> CalibrationRow:
        before, after = (some.moments.get(name) for some in (self._before, self._after))
        note = self._scales.kept.get(name, "")
        is_run = name in self._stds and after is not None
        if name in self._stds and not is_run:
            note = _NOT_RUN
        feeder = self._feeders.get(name)
        return CalibrationRow(
            module=self._after.names.get(name, name.rpartition(".")[0]),
            parameter=name,
            rule=str(self._scales.call(name)),
            std_before=self._scales.std_before(name),
            std=self._scales.std(name),
            output_before=None if before is None else before.std,
            output=None if after is None else after.std,
            target=self._stds[name] if is_run else None,
            rounds=self._changes.get(name, 0),
            input="" if feeder is None else feeder.name,
            calls=self._after.calls.get(name, 0),
            note=note or self._faults.get(name, ""),
        )


@contextmanager
def _as_before_an_error(model: torch.nn.Module) -> Iterator[None]:
    """Restores a model's tensors and its report if the block fails."""
    known = kept(model)
    targets = targets_of(model)
    values = [(t, t.tensor, None if t.tensor.is_meta else t.tensor.detach().clone()) for t in targets]
    try:
        yield
    except BaseException:
        with torch.no_grad():
            for target, tensor, value in values:
                if value is not None:
                    tensor.copy_(value)
                for slot in target.slots:
                    slot.put(tensor)
        keep(model, known)
        raise
