"""PyTorch's tensors: filled where Keras makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import torch

from fastinit.torch import tensors

if TYPE_CHECKING:
    from fastinit.keras.draws import SeededDraw

untraced = torch.compiler.disable


def tensor_of(seeded: SeededDraw) -> Any:
    """Returns the drawn tensor on Keras's device. On the meta device no seed generator moves."""
    tensor = keras.ops.empty(seeded.draw.shape, dtype=seeded.dtype)
    if tensor.is_meta:
        return tensor
    seed, stream = seeded.numbers(seeded.state())
    return tensors.fill(tensor, seeded.draw.spec, seed=seed, stream=stream)
