"""The layers whose scale a calibration can set: their output is linear in one weight, except for a bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils.parametrize import ParametrizationList

from fastinit.torch.sharding import is_dtensor, local_tensor
from fastinit.torch.state import module_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.torch.state import Target

_LINEAR = (torch.nn.Linear, torch.nn.Bilinear, _ConvNd)
_TABLES = (torch.nn.Embedding, torch.nn.EmbeddingBag)
_KEY = "weight"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A layer and its weight.

    Attributes:
        module: The layer.
        name: Its qualified name.
        weight: The name of its weight, which several layers may share.
    """

    module: torch.nn.Module
    name: str
    weight: str

    def bias(self, output: torch.Tensor) -> torch.Tensor | None:
        """Returns the bias that is in an output, one number for each unit; None if there is none."""
        bias = self.module._parameters.get("bias")
        if bias is None:
            return None
        bias = bias.detach()
        if is_dtensor(bias) and not is_dtensor(output):
            local = local_tensor(bias)
            bias = local if local.numel() == output.shape[self.axis] else bias.full_tensor()
        return bias

    @property
    def axis(self) -> int:
        """The axis of the output that counts the units, from its end."""
        return -1 - len(self.module.kernel_size) if isinstance(self.module, _ConvNd) else -1


class Layers(NamedTuple):
    """The layers of a model.

    Attributes:
        layers: All whose scale can be set, in the model's order.
        kept: The reasons why other weights keep their rules, by name.
    """

    layers: tuple[Layer, ...]
    kept: dict[str, str]


def layers_of(model: torch.nn.Module, targets: Sequence[Target]) -> Layers:
    """Finds the layers of a model among the modules that hold `targets`, parameters with two or more dimensions."""
    names = module_names(model)
    found: list[Layer] = []
    kept: dict[str, str] = {}
    for target in targets:
        modules = dict.fromkeys(slot.module for slot in target.slots if slot.key == _KEY and is_layer(slot.module))
        if not target.tensor.requires_grad:
            kept[target.name] = "frozen"
        elif modules:
            found += [Layer(module, names.get(module, ""), target.name) for module in modules]
        else:
            kept[target.name] = _reason(target)
    return Layers(tuple(found), kept)


def is_layer(module: torch.nn.Module) -> bool:
    """Whether a module's output is linear in its weight, except for its bias."""
    return isinstance(module, _LINEAR) or _is_transposed(module)


def _is_transposed(module: torch.nn.Module) -> bool:
    """Whether it is a Conv1D of transformers, a linear layer with weight (in, out). FSDP2 may have derived a class."""
    return any(kind.__name__ == "Conv1D" for kind in type(module).__mro__)


def _reason(target: Target) -> str:
    modules = [slot.module for slot in target.slots]
    if any(isinstance(module, _TABLES) for module in modules):
        return "a table of embeddings"
    if any(isinstance(module, ParametrizationList) for module in modules):
        return "parametrised"
    return f"{type(modules[0]).__name__} is neither a linear layer nor a convolution"


def fan_in_of(module: torch.nn.Module) -> float:
    """Returns the number of products in the sum for an element of a layer's output, away from the edges."""
    shape = tuple(module.weight.shape)
    if isinstance(module, _ConvTransposeNd):  # (in, out / groups, *kernel), a stride leaves some out
        return float(shape[0] * math.prod(shape[2:]) / (module.groups * math.prod(module.stride)))
    return float(shape[0] if _is_transposed(module) else math.prod(shape[1:]))
