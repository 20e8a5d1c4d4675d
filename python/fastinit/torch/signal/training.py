"""A few steps of training on given batches, for experiments with initialisations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from fastinit import checks
from fastinit.torch.signal.losses import PROJECTION, call, loss_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastinit.torch.signal.losses import Loss


RATE = 1e-3  # the learning rate if no optimizer is given


class Example(NamedTuple):
    """A batch: the model's input, and its target if there is one."""

    inputs: Any
    target: Any


def read_batches(batches: Any, most: int) -> tuple[Example, ...]:
    """Takes all batches, but at most `most`.

    A pair is inputs and target, as data loaders yield them. A mapping, or anything else, is only inputs, and so is the
    item of a tuple of one.

    Raises:
        TypeError: `batches` is not an iterable of batches.
        ValueError: There are none, or one is a tuple that is not a pair.
    """
    rule, remedy = "be an iterable of batches", "put it into a list: [batch]"
    if isinstance(batches, (torch.Tensor, Mapping)) or not isinstance(batches, Iterable):
        raise TypeError(checks.text("batches", rule, type(batches).__name__, remedy))
    if isinstance(batches, tuple) and any(isinstance(each, torch.Tensor) for each in batches):
        raise TypeError(checks.text("batches", rule, "a tuple of tensors", "put it into a list: [(inputs, target)]"))
    examples = tuple(map(_example, islice(batches, most)))
    if not examples:
        raise ValueError(
            checks.text("batches", "have at least one batch", 0, "an iterator gives its batches only once")
        )
    return examples


def _example(batch: Any) -> Example:
    if not isinstance(batch, (tuple, list)):
        return Example(batch, None)
    if len(batch) not in (1, 2):
        rule, remedy = "have pairs (inputs, target)", "write several inputs as ((first, second), target)"
        raise ValueError(checks.text("batches", rule, f"a {type(batch).__name__} of {len(batch)}", remedy))
    return Example(batch[0], batch[1] if len(batch) == 2 else None)


class Outcome(NamedTuple):
    """The result of a model for a batch.

    Attributes:
        output: The output of the model.
        loss: The loss, one number with gradients.
        kind: The kind of the loss.
    """

    output: Any
    loss: torch.Tensor
    kind: str


def outcome_of(model: torch.nn.Module, example: Example, loss: Loss | None) -> Outcome:
    """Calls a model with a batch.

    Raises:
        ValueError: There is nothing to learn, or the loss has no gradient.
    """
    output = call(model, example.inputs)
    value, kind = loss_of(output, loss, example.target)
    if kind == PROJECTION:
        rule, seen = "have targets, or inputs of which the model makes its own loss", "inputs alone"
        raise ValueError(checks.text("batches", rule, seen, "give pairs (inputs, target), or `loss`"))
    if value is None:
        raise ValueError(checks.text("model", "give a loss that depends on its parameters", kind))
    return Outcome(output, value, kind)


def train(
    model: torch.nn.Module,
    examples: Sequence[Example],
    optimizer: torch.optim.Optimizer,
    loss: Loss | None,
    steps: int,
) -> Iterator[float]:
    """Yields the loss of each step after its update. Batches are used in turn. A loss that is not finite ends it."""
    for step in range(steps):
        model.zero_grad()  # all parameters, not only the optimizer's: in others, gradients would add up
        value = outcome_of(model, examples[step % len(examples)], loss).loss
        number = float(value.detach())
        if math.isfinite(number):
            value.backward()  # type: ignore[no-untyped-call, unused-ignore]
            optimizer.step()
        yield number
        if not math.isfinite(number):
            return


def checked_optimizer(made: Any) -> torch.optim.Optimizer:
    """Returns the optimizer that a user's function has made.

    Raises:
        TypeError: It is not an optimizer.
    """
    if not isinstance(made, torch.optim.Optimizer):
        rule, remedy = "return a torch.optim.Optimizer", "such as torch.optim.SGD(parameters, lr=0.1)"
        raise TypeError(checks.text("optimizer", rule, type(made).__name__, remedy))
    return made
