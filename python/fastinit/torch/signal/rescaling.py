"""Forward passes that measure the outputs of layers, unchanged or with the right scales."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from fastinit.torch.signal.losses import call
from fastinit.torch.signal.measure import is_measurable
from fastinit.torch.signal.moments import Moments, moments_of
from fastinit.torch.signal.unchanged import unchanged
from fastinit.torch.signal.watch import eager

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from fastinit.torch.signal.layers import Layer


@dataclass(slots=True)
class Pass:
    """The measurements of a forward pass, by the names of weights.

    Attributes:
        moments: The moments of the output of the first call of a layer with the weight.
        names: The name of the layer that was called first.
        calls: The number of calls.
        factors: The factor of each weight, or the reason why there is none.
    """

    moments: dict[str, Moments] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    factors: dict[str, float | str] = field(default_factory=dict)


def run(
    model: torch.nn.Module,
    batch: Any,
    layers: Sequence[Layer],
    meshes: Mapping[str, Any],
    stds: Mapping[str, float] | None = None,
    beside: AbstractContextManager[Any] | None = None,
) -> Pass:
    """Runs a batch through a model, which stays as it is, and measures the outputs of layers.

    With `stds`, each output that is measured is passed on as if the layer's weight had been multiplied by the factor
    that gives it this standard deviation. Later layers therefore get the inputs that they will get when all weights are
    drawn with their new scales, and one pass finds all factors of a model that runs one layer after another.

    Args:
        model: The model, whose random state, buffers and gradients stay as they are.
        batch: The input of the model.
        layers: The layers to measure.
        meshes: The meshes of weights that are DTensors.
        stds: The standard deviation that the output of each weight's layer should have.
        beside: Another watcher of the pass.
    """
    found = Pass()
    with ExitStack() as stack:
        stack.enter_context(unchanged(model))
        stack.enter_context(torch.no_grad())
        stack.enter_context(eager())
        if beside is not None:
            stack.enter_context(beside)
        for layer in layers:
            hook = _hook(layer, found, meshes.get(layer.weight), None if stds is None else stds[layer.weight])
            stack.callback(layer.module.register_forward_hook(hook).remove)
        call(model, batch)
    return found


def _hook(layer: Layer, found: Pass, mesh: Any, std: float | None) -> Callable[..., Any]:
    def hook(_module: torch.nn.Module, _args: Any, output: Any) -> Any:
        if not is_measurable(output) or output.is_complex():
            return None
        bias = layer.bias(output)
        found.calls[layer.weight] = found.calls.get(layer.weight, 0) + 1
        if layer.weight not in found.moments:
            found.moments[layer.weight] = moments_of(output, bias, layer.axis, mesh)
            found.names[layer.weight] = layer.name
            if std is not None:
                found.factors[layer.weight] = found.moments[layer.weight].factor(std)
        factor = found.factors.get(layer.weight)
        return _scaled(output, bias, layer.axis, factor) if isinstance(factor, float) else None

    return hook


def _scaled(output: torch.Tensor, bias: torch.Tensor | None, axis: int, factor: float) -> torch.Tensor:
    """The output, in which the weight's contribution is multiplied."""
    if bias is None:
        return output * factor
    bias = bias.reshape([-1] + [1] * (-1 - axis))
    return (output - bias) * factor + bias
