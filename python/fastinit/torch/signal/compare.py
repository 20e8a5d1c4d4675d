"""`compare`: trains one model for a few steps from each of several initialisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.progress import progress_bar
from fastinit.signal.comparison import Comparison, Trial
from fastinit.signal.trials import read_seeds, read_steps
from fastinit.torch.construction import build
from fastinit.torch.report import report as report_of
from fastinit.torch.signal.choices import read_choices
from fastinit.torch.signal.probe import probe
from fastinit.torch.signal.training import RATE, checked_optimizer, read_batches, train
from fastinit.torch.signal.unchanged import check_memory, unchanged
from fastinit.torch.state import targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fastinit.torch.signal.losses import Loss

    MakeOptimizer = Callable[[Iterable[torch.nn.Parameter]], torch.optim.Optimizer]


def compare(
    model: torch.nn.Module | Callable[[], torch.nn.Module],
    batches: Iterable[Any],
    rules: Any,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    steps: int = 100,
    optimizer: MakeOptimizer | None = None,
    loss: Loss | None = None,
    progress: bool = True,
) -> Comparison:
    """Draws a model with each set of rules, trains it for a few steps, and finds which set is best.

    Each trial draws the model anew in place, probes it, and trains it on the same batches in the same order; all draws
    of the model while it trains, such as dropout, have the trial's seed. So trials with one seed differ only in the
    rules, and on one machine the result is the same to the bit if the operations of the model are. A loss that is not
    finite ends its trial. Ctrl-C returns the trials that are done: all sets of rules are tried with one seed before the
    next one.

    Afterwards a module is as it was before: parameters, buffers, gradients, modes, and PyTorch's random state.

    Args:
        model: A module, in the mode in which it is to be trained, or a function that makes one, which
            `fastinit.torch.build` calls once, so that "own" is what its constructors do.
        batches: The batches, which are used in turn; not more than `steps` of them are kept, on the model's device. A
            pair is inputs and target; a mapping gives arguments by name, from which the model computes its own loss.
            Several inputs are a tuple within the pair.
        rules: A mapping of names to sets of rules. Each set is "own" (the model's own code), the name of a preset or of
            an initializer for all weights, such as "he" or "orthogonal", a recipe or its path, or a list of rules: see
            `init_model`. Or only a list of such names.
        seeds: The seeds of the trials with each set.
        steps: The number of steps of each trial.
        optimizer: A function of the parameters that makes the optimizer, such as
            `lambda parameters: torch.optim.SGD(parameters, lr=0.1)`. None: Adam at 1e-3, whose steps have the same
            size for small and large gradients, so that one rate is as fair as possible to all sets of rules.
        loss: A function of the output, and of the target if there is one. None: the loss that `probe` chooses.
        progress: Whether to show a bar on standard error, if that is a terminal.

    Returns:
        The result: `print` it, `result.best`, `result.verdict`, `result.plot("compare.svg")`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A set of rules does not exist or does not fit the model, or the batches have nothing to learn.
            Errors of the model's own code are raised unchanged.
        KeyboardInterrupt: Ctrl-C was pressed before the first trial was done.

    Example:
        >>> import fastinit
        >>> from fastinit.torch import compare
        >>> def mlp():
        ...     layers = [m for _ in range(8) for m in (torch.nn.Linear(32, 32), torch.nn.ReLU())]
        ...     return torch.nn.Sequential(*layers, torch.nn.Linear(32, 4))
        >>> inputs = torch.from_numpy(fastinit.normal((256, 32), seed=1))
        >>> result = compare(mlp, [(inputs, inputs[:, :4].argmax(1))], ["own", "he_normal", "zeros"], steps=30)
        >>> result.best, result.ranking[-1].rules
        ('he_normal', 'zeros')
    """
    steps, numbers = read_steps(steps), read_seeds(seeds)
    choices = read_choices(rules)
    examples = read_batches(batches, steps)
    if not callable(model):
        raise TypeError(checks.text("model", "be a torch.nn.Module or a function that makes one", type(model).__name__))
    is_given = isinstance(model, torch.nn.Module)
    trained = model if isinstance(model, torch.nn.Module) else build(model, seed=numbers[0])
    check_memory(trained)
    if not is_given:
        _check_made(trained)
    total = len(numbers) * len(choices)
    trials: list[Trial] = []
    with (
        unchanged(trained, with_parameters=is_given) as start,
        torch.enable_grad(),
        progress_bar("comparing", total * steps, is_hidden=not checks.boolean("progress", progress)) as advance,
    ):
        for choice in choices:  # raises before anything is trained
            start(numbers[0])
            choice.draw(trained, numbers[0])
        try:
            for seed in numbers:
                for choice in choices:
                    start(seed)
                    choice.draw(trained, seed)
                    report = probe(trained, examples[0].inputs, loss=loss, target=examples[0].target, title=choice.name)
                    losses = []
                    for value in train(trained, examples, _optimizer(optimizer, trained), loss, steps):
                        losses.append(value)
                        advance(1, f"{choice.name}, seed {seed}")
                    advance(steps - len(losses))
                    trials.append(Trial(choice.name, seed, report, tuple(losses)))
        except KeyboardInterrupt:
            if not trials:
                raise
    return Comparison(type(trained).__name__, trials[0].start.loss, steps, total, tuple(trials))


def _check_made(model: torch.nn.Module) -> None:
    """Raises if a function returns parameters that it did not make anew, because no rule could draw those anew.

    Raises:
        ValueError: A parameter was there before.
    """
    parameters = {target.name for target in targets_of(model) if target.is_parameter}
    for row in report_of(model).rows:
        if row.name in parameters and str(row.call).startswith("computed (data"):
            rule, remedy = "be a function that makes all its layers", "make them within it, or pass the model itself"
            raise ValueError(checks.text("model", rule, f"{row.name}, which was there before", remedy))


def _optimizer(make: MakeOptimizer | None, model: torch.nn.Module) -> torch.optim.Optimizer:
    if make is None:
        return torch.optim.Adam(model.parameters(), lr=RATE)
    given: Any = make
    if not callable(given):
        example = "such as lambda parameters: torch.optim.SGD(parameters, lr=0.1)"
        raise TypeError(checks.text("optimizer", "be a function of the parameters", given, example))
    return checked_optimizer(make(model.parameters()))
