"""A model that is tried out and then as before."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import torch

from fastinit import checks
from fastinit.torch.report import keep, kept
from fastinit.torch.state import targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def check_memory(model: torch.nn.Module) -> None:
    """Checks that all tensors have shapes and memory.

    Raises:
        ValueError: One has not.
    """
    for target in targets_of(model):
        if torch.nn.parameter.is_lazy(target.tensor):
            rule, remedy = "have shapes", "run it once on a batch first"
            raise ValueError(checks.text("model", rule, f"lazy {target.name}", remedy))
        if target.tensor.is_meta:
            rule, remedy = "have memory", "initialise it first: fastinit.torch.init_model(model, seed=0)"
            raise ValueError(checks.text("model", rule, f"{target.name} on the meta device", remedy))


@contextmanager
def unchanged(model: torch.nn.Module, *, with_parameters: bool = False) -> Iterator[Callable[[int], None]]:
    """Puts back what training steps change: buffers, gradients, modes, random states, and parameters if asked.

    Args:
        model: With memory for its tensors.
        with_parameters: Whether parameters are put back too, of which that keeps a copy, and what `report` says of
            them.

    Yields:
        A function that starts a trial: it puts tensors back and sets the random states from a seed.
    """
    targets = targets_of(model)
    modes = {module: module.training for module in model.modules()}
    buffers = [(slot, t.tensor, t.tensor.detach().clone()) for t in targets if not t.is_parameter for slot in t.slots]
    gradients = [(target.tensor, target.tensor.grad) for target in targets if target.is_parameter]
    values = [(parameter, parameter.detach().clone()) for parameter, _ in gradients] if with_parameters else []
    devices = sorted({t.tensor.device for t in targets if t.tensor.device.type == "cuda"}, key=str)
    report = kept(model)

    def put_tensors_back() -> None:
        with torch.no_grad():
            for parameter, value in values:
                parameter.copy_(value)
            for slot, buffer, value in buffers:
                buffer.copy_(value)
                slot.put(buffer)

    def start(seed: int) -> None:
        put_tensors_back()
        torch.default_generator.manual_seed(seed)
        for device in devices:  # and of no other
            torch.cuda.default_generators[device.index].manual_seed(seed)

    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=devices))
        for parameter, _ in gradients:
            parameter.grad = None
        try:
            yield start
        finally:
            for parameter, gradient in gradients:
                parameter.grad = gradient
            put_tensors_back()
            if with_parameters:
                keep(model, report)
            for module, mode in modes.items():
                module.training = mode
