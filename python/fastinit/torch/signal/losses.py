"""Calls models with batches, and chooses the number whose gradients are taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.torch.functions import normal_
from fastinit.torch.signal.measure import is_measurable
from fastinit.torch.signal.watch import tensors_in

if TYPE_CHECKING:
    from collections.abc import Callable

    Loss = Callable[..., torch.Tensor]

PROJECTION = "a random projection of the output"
CROSS_ENTROPY, OWN = "cross entropy", "the model's own loss"


def call(model: torch.nn.Module, batch: Any) -> Any:
    """Calls a model with a batch: a mapping gives arguments by name, a tuple or list by position."""
    if isinstance(batch, Mapping):
        return model(**batch)
    if isinstance(batch, (tuple, list)):
        try:
            return model(*batch)
        except TypeError as error:
            error.add_note("`batch` gives a model's arguments by position; what is to be learnt goes into `target`")
            raise
    return model(batch)


def loss_of(output: Any, loss: Loss | None, target: Any) -> tuple[torch.Tensor | None, str]:
    """Returns the number whose gradients are taken, and its kind; None if there is no gradient.

    It is `loss(output, target)`, or `loss(output)` without a target. Without `loss`, it is for a target of integers the
    cross entropy and for others the mean squared error. Without a target, it is the `loss` of the output, as in
    transformers, or else a sum of the output's elements with random weights, whose gradients show only growth by depth.

    Raises:
        TypeError: The result of `loss` is not a tensor.
        ValueError: It is not one number.
    """
    if loss is not None and (isinstance(loss, type) or not callable(loss)):
        rule, remedy = "be a function of the output, or of output and target", "such as torch.nn.functional.mse_loss"
        raise TypeError(checks.text("loss", rule, loss, remedy))
    if loss is not None:
        value, kind = (loss(output) if target is None else loss(output, target)), "loss"
    elif target is not None:
        value, kind = _usual(_prediction(output), target)
    elif (own := _own(output)) is not None:
        value, kind = own, OWN
    else:
        value, kind = _projection(output), PROJECTION
    if value is None:
        return None, "none: the output has no floating tensor"
    if not isinstance(value, torch.Tensor):
        raise TypeError(checks.text("loss", "return a tensor", type(value).__name__))
    if value.numel() != 1:
        raise ValueError(checks.text("loss", "return one number", f"shape {tuple(value.shape)}", "take its mean"))
    if not value.requires_grad:
        return None, "none: the output depends on nothing that has a gradient"
    return value.reshape(()), kind


def classes_of(output: Any, kind: str, batch: Any, target: Any) -> int | None:
    """The number of classes, if a loss is a cross entropy; None if it is another loss, or unknown."""
    if kind == CROSS_ENTROPY:
        prediction, given = _prediction(output), target
    elif kind == OWN and isinstance(batch, Mapping):
        prediction, given = getattr(output, "logits", None), batch.get("labels")
    else:
        return None
    if not isinstance(prediction, torch.Tensor) or not isinstance(given, torch.Tensor) or given.is_floating_point():
        return None
    if prediction.shape[:-1] == given.shape:
        return int(prediction.shape[-1])
    return int(prediction.shape[1]) if kind == CROSS_ENTROPY else None


def _own(output: Any) -> Any:
    own = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
    return own if isinstance(own, torch.Tensor) and own.requires_grad else None


def prediction_in(output: Any) -> torch.Tensor | None:
    """The first tensor of an output that is more than a number. In outputs of transformers, it is the logits."""
    return next((tensor for tensor in tensors_in(output) if is_measurable(tensor) and tensor.ndim), None)


def _prediction(output: Any) -> torch.Tensor:
    found = prediction_in(output)
    if found is None:
        raise ValueError(checks.text("model", "return a floating tensor for `target`", type(output).__name__))
    return found


def _usual(prediction: torch.Tensor, target: Any) -> tuple[torch.Tensor, str]:
    target = torch.as_tensor(target, device=prediction.device)
    if target.is_floating_point():
        return torch.nn.functional.mse_loss(prediction.float(), target.float()), "mean squared error"
    is_last = prediction.ndim == target.ndim + 1 and prediction.shape[:-1] == target.shape
    classes = prediction.flatten(0, -2) if is_last else prediction  # else (samples, classes, *places)
    numbers = (target.flatten() if is_last else target).long()
    return torch.nn.functional.cross_entropy(classes.float(), numbers), CROSS_ENTROPY


def _projection(output: Any) -> torch.Tensor | None:
    total = None
    for number, tensor in enumerate(tensors_in(output)):
        if is_measurable(tensor):
            tensor = tensor.values() if tensor.is_nested else tensor
            tensor = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
            weights = torch.empty(tensor.shape, dtype=torch.float32, device=tensor.device)
            normal_(weights, seed=0, stream=f"probe.{number}")
            part = (tensor.float() * weights).sum() / max(tensor.numel(), 1) ** 0.5
            total = part if total is None else total + part
    return total
