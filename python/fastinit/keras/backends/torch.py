"""PyTorch's tensors: filled where Keras makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import torch

from fastinit.torch import tensors

if TYPE_CHECKING:
    from fastinit.keras.draws import Draw

untraced = torch.compiler.disable


def tensor_of(draw: Draw) -> Any:
    """Returns the drawn tensor on Keras's device. On the meta device no seed generator moves."""
    tensor = keras.ops.empty(draw.shape, dtype=draw.dtype)
    if tensor.is_meta:
        return tensor
    seed, stream = draw.numbers(draw.state())
    return tensors.fill(tensor, draw.spec, seed=seed, stream=stream)
