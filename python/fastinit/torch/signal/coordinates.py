"""`coordinate_check`: whether activations keep their size from narrow to wide models while these train."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from fastinit import checks
from fastinit.progress import progress_bar
from fastinit.signal.chain import chain_of
from fastinit.signal.coordinates import OUTPUT, CoordinateReport, Layer
from fastinit.signal.trials import read_seeds, read_steps
from fastinit.torch.construction import build
from fastinit.torch.signal.choices import OWN, read_choice
from fastinit.torch.signal.losses import prediction_in
from fastinit.torch.signal.measure import measure
from fastinit.torch.signal.training import RATE, checked_optimizer, outcome_of, read_batches
from fastinit.torch.signal.unchanged import unchanged
from fastinit.torch.signal.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastinit.signal.readings import Stage
    from fastinit.torch.signal.losses import Loss
    from fastinit.torch.signal.training import Example

    MakeOptimizer = Callable[[torch.nn.Module, int], torch.optim.Optimizer]


def coordinate_check(
    build_of_width: Callable[[int], torch.nn.Module],
    widths: Sequence[int],
    batches: Iterable[Any],
    *,
    rules: Any = OWN,
    seeds: Sequence[int] = (0, 1, 2),
    steps: int = 4,
    optimizer: MakeOptimizer | None = None,
    loss: Loss | None = None,
    progress: bool = True,
) -> CoordinateReport:
    """Trains models of several widths for a few steps, and checks whether their activations keep their size.

    The size of an output is the root mean square of its elements. Under the maximal update parametrisation (muP), with
    which one learning rate is good for all widths, each size is the same at all widths at any time, except the model's
    output, which may start smaller in wider models. Under other parametrisations some sizes grow or shrink with width
    as soon as the model has learnt something.

    It measures layers with matrices, the blocks that the model repeats, and the model's output, which may vanish with
    width but must not grow. A layer whose output has as many elements at all widths, such as a head or a router, is
    shown but not judged: the model's code may scale its output, and the result of that is judged.

    Args:
        build_of_width: Makes the model of a width; `fastinit.torch.build` calls it for each seed. All must have the
            same layers.
        widths: At least two. A factor of 8 between the least and the greatest shows more than many widths between them.
        batches: The batches, which are used in turn: pairs of inputs and target, or mappings of arguments by name, from
            which the model computes its own loss. All models are trained on the same batches, so the shapes must not
            depend on the width.
        rules: One set of rules: "own" (the model's own code), the name of a preset such as "mup" or of an initializer,
            a recipe or its path, or a list of rules.
        seeds: The seeds of the weights. The standard errors are over them.
        steps: The number of training steps. Sizes are measured before the first and after each.
        optimizer: A function of the model and its width that makes the optimizer, because muP scales learning rates
            with width. None: Adam at 1e-3 at every width.
        loss: A function of the output, and of the target if there is one. None: the loss that `probe` chooses.
        progress: Whether to show a bar on standard error, if that is a terminal.

    Returns:
        The report: `print` it, `report.verdict`, `report.assert_healthy()`, `report.plot("widths.svg")`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The models have different layers or do not grow with the width, a set of rules does not exist, or
            the batches have nothing to learn. Errors of the model's own code are raised unchanged.

    Source:
        Yang et al., Tensor programs V, 2022; the mup package, README.md, Coord Check.

    Example:
        >>> import fastinit
        >>> from fastinit.torch import coordinate_check
        >>> def mlp(width):
        ...     return torch.nn.Sequential(torch.nn.Linear(16, width), torch.nn.ReLU(), torch.nn.Linear(width, 4))
        >>> inputs = torch.from_numpy(fastinit.normal((64, 16), seed=1))
        >>> batches = [(inputs, inputs[:, :4].argmax(1))]
        >>> report = coordinate_check(mlp, (64, 256, 1024), batches, optimizer=lambda model, width: torch.optim.Adam(
        ...     model.parameters(), lr=0.01))
        >>> report.verdict[:18]
        'growing with width'
    """
    steps, numbers, sorted_widths = read_steps(steps), read_seeds(seeds), _widths(widths)
    choice = read_choice("rules", rules)
    examples = read_batches(batches, steps + 1)
    _check_functions(build_of_width, optimizer)
    readings: dict[tuple[int, int], list[_Readings]] = {}
    title = kind = ""
    total = len(numbers) * len(sorted_widths)
    with progress_bar("widths", total, is_hidden=not checks.boolean("progress", progress)) as advance:
        for seed in numbers:
            for width in sorted_widths:
                model = build(partial(build_of_width, width), seed=seed)
                if not choice.is_own:
                    choice.draw(model, seed)
                title = type(model).__name__
                with unchanged(model) as start, torch.enable_grad():
                    start(seed)
                    made = _optimizer(optimizer, model, width)
                    readings[seed, width], kind = _train(model, examples, made, loss, steps)
                advance(1)
    return CoordinateReport(title, kind, sorted_widths, numbers, steps, _layers(readings, numbers, sorted_widths))


class _Reading(NamedTuple):
    size: float  # root mean square of the output; infinite if it is not finite
    elements: int


_Readings = dict[str, _Reading]  # by the labels of layers, in the order in which they run


def _train(
    model: torch.nn.Module,
    examples: Sequence[Example],
    optimizer: torch.optim.Optimizer,
    loss: Loss | None,
    steps: int,
) -> tuple[list[_Readings], str]:
    """Trains a model, and returns the readings before the first step and after each, and the kind of the loss."""
    readings = []
    for step in range(steps + 1):
        model.zero_grad()
        with Watch(model, keeps_gradients=True) as watch:
            outcome = outcome_of(model, examples[step % len(examples)], loss)
            readings.append(_read(watch.stages(), outcome.output))
        if step < steps:
            outcome.loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
            optimizer.step()
    return readings, outcome.kind


def _read(stages: Sequence[Stage], output: Any) -> _Readings:
    """Reads layers with matrices, the blocks that the model repeats, and the output."""
    chain = {id(stage) for stage in chain_of(stages)}
    found = {
        stage.label: _Reading(math.inf if stage.nonfinite else stage.output.rms, stage.output.size)
        for stage in stages
        if (stage.is_leaf and stage.has_matrix) or id(stage) in chain
    }
    prediction = prediction_in(output)
    if prediction is not None:
        reading = measure(prediction).reading()
        found[OUTPUT] = _Reading(math.inf if reading.nonfinite else reading.rms, reading.size)
    return found


def _layers(
    readings: Mapping[tuple[int, int], Sequence[_Readings]], seeds: Sequence[int], widths: Sequence[int]
) -> tuple[Layer, ...]:
    """Gathers the readings by layers.

    Raises:
        ValueError: The models have other layers at another width, or none grows with it.
    """
    narrow, wide = (readings[seeds[0], width][0] for width in (widths[0], widths[-1]))
    for of_model in readings.values():
        for step in of_model:
            if other := sorted(narrow.keys() ^ step.keys()):
                rule = "make models with the same layers at every width"
                raise ValueError(
                    checks.text("build_of_width", rule, f"{other[0]} at some widths alone", "scale no depth")
                )
    wider = {name for name in narrow if wide[name].elements > narrow[name].elements}
    if not wider:
        seen = f"as large outputs at {widths[0]} as at {widths[-1]}"
        raise ValueError(checks.text("build_of_width", "make wider models of greater widths", seen))

    def layer(name: str) -> Layer:
        sizes = tuple(tuple(tuple(step[name].size for step in readings[s, w]) for w in widths) for s in seeds)
        return Layer(name, name in wider, sizes)

    return tuple(map(layer, narrow))


def _check_functions(build_of_width: Any, optimizer: Any) -> None:
    if isinstance(build_of_width, torch.nn.Module) or not callable(build_of_width):
        rule, remedy = "be a function of a width that makes a model", "such as lambda width: Model(hidden_size=width)"
        raise TypeError(checks.text("build_of_width", rule, type(build_of_width).__name__, remedy))
    if isinstance(optimizer, type):  # a common mistake, for which PyTorch's own error would be about parameters
        rule = "be a function of the model and its width"
        remedy = "such as lambda model, width: torch.optim.Adam(model.parameters(), lr=0.1 / width)"
        raise TypeError(checks.text("optimizer", rule, optimizer.__name__, remedy))


def _widths(widths: Any) -> tuple[int, ...]:
    rule, remedy = "be two different ints at least", "such as (64, 256, 1024)"
    if isinstance(widths, (str, bytes)) or not isinstance(widths, Iterable):
        raise TypeError(checks.text("widths", rule, widths, remedy))
    numbers = sorted({checks.integer("widths", width, 1, 2**31) for width in widths})
    if len(numbers) < 2:
        raise ValueError(checks.text("widths", rule, widths, remedy))
    return tuple(numbers)


def _optimizer(make: MakeOptimizer | None, model: torch.nn.Module, width: int) -> torch.optim.Optimizer:
    if make is None:
        return torch.optim.Adam(model.parameters(), lr=RATE)
    return checked_optimizer(make(model, width))
