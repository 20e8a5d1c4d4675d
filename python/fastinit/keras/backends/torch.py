"""Fills the PyTorch tensors that Keras makes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import torch

from fastinit.torch import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from fastinit.keras.backends import See
    from fastinit.keras.draws import SeededDraw

untraced = torch.compiler.disable


def tensor_of(seeded: SeededDraw) -> Any:
    """Returns the drawn tensor on Keras's device. On the meta device no seed generator advances."""
    tensor = keras.ops.empty(seeded.draw.shape, dtype=seeded.dtype)
    if tensor.is_meta:
        return tensor
    seed, stream = seeded.numbers(seeded.state())
    return tensors.fill(tensor, seeded.draw.spec, seed=seed, stream=stream)


def array_of(tensor: torch.Tensor) -> NDArray[Any]:
    """Returns the values as an array. NumPy warns about the way in which Keras makes one."""
    values = tensor.detach().cpu()
    array: NDArray[Any] = (values.float() if values.dtype.itemsize < 4 else values).numpy()
    return array


def watched(tensor: torch.Tensor, see_value: See, see_gradient: See) -> torch.Tensor:
    """Passes the values on now, and the gradients by a hook."""
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):  # within vmap
        return tensor
    see_value(array_of(tensor))
    if tensor.requires_grad:
        tensor.register_hook(lambda gradient: see_gradient(array_of(gradient)))
    return tensor


@contextmanager
def random_state(seed: int, values: Sequence[torch.Tensor]) -> Iterator[None]:
    """Sets PyTorch's random state, which Keras's dropout uses, from a seed, and restores it afterwards."""
    with _same_random_state(values):
        torch.manual_seed(seed)
        yield


def _same_random_state(values: Sequence[torch.Tensor]) -> AbstractContextManager[None]:
    devices = {value.device for value in values if value.device.type == "cuda"}
    return torch.random.fork_rng(devices=sorted(devices, key=str))  # type: ignore[no-any-return, unused-ignore]


def gradients(function: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Returns the function's value and its gradients. The gradients that the model's parameters have stay unchanged.

    So does PyTorch's random state, which Keras's dropout uses.
    """
    leaves = [value.detach().requires_grad_() for value in values]
    with _same_random_state(values), torch.enable_grad():
        value = function(leaves)
    if not value.requires_grad:
        return value, [None] * len(leaves)
    return value, list(torch.autograd.grad(value, leaves, allow_unused=True))
