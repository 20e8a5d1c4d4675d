"""`probe`: one batch through a model and back, and what each module made of it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.signal.report import ProbeReport
from fastinit.torch.signal.losses import call, loss_of
from fastinit.torch.signal.watch import Watch
from fastinit.torch.state import targets_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastinit.torch.signal.losses import Loss


def probe(
    model: torch.nn.Module, batch: Any, *, loss: Loss | None = None, target: Any = None, title: str | None = None
) -> ProbeReport:
    """Runs a batch through a model and back, and reports how activations and gradients fare on their way.

    Nothing of the model changes: parameters, buffers, gradients, training mode and PyTorch's random state are as
    before. Each tensor is measured when it passes and is not kept, so that memory is that of one training step without
    the gradients of the parameters, which go as soon as they are measured. Compiled models run uncompiled. Of a model
    with DTensors (FSDP2, tensor parallel) every process calls this with its own batch: activations are those of its
    batch, weights and their gradients are of the whole.

    What is measured of an output is its first floating tensor. Activation functions that a module's code calls without
    a module, such as `torch.relu`, are stages too, if they can die or saturate.

    Args:
        model: With memory for its parameters, in the mode in which it is to be probed.
        batch: What it is called with: a mapping gives arguments by name, a tuple or list by position, anything else is
            the one argument.
        loss: A function of the output, and of `target` if there is one, that returns one number. None: with `target`
            the cross entropy for whole numbers and the mean squared error for others; else the output's own `loss`;
            else a random projection of the output, whose gradients tell growth by depth alone.
        target: Given to the loss.
        title: For tables and pictures; None for the model's class.

    Returns:
        The report: `print` it, `report.verdict`, `report.assert_healthy()`, `report.plot("probe.svg")`.

    Raises:
        TypeError: `model` is no module, or the loss no tensor.
        ValueError: The model has tensors without memory, or the loss is not one number. What the model's own code
            raises comes through; the model is then as before, too.

    Example:
        >>> import fastinit.torch
        >>> from fastinit.torch import build, probe
        >>> def mlp():
        ...     layers = [m for _ in range(10) for m in (torch.nn.Linear(64, 64), torch.nn.ReLU())]
        ...     return torch.nn.Sequential(*layers)
        >>> model = build(mlp, seed=0)  # with PyTorch's own rule, uniform within 1 / sqrt(fan_in)
        >>> inputs = torch.from_numpy(fastinit.normal((256, 64), seed=1))
        >>> probe(model, inputs).verdict[:9]
        'vanishing'
        >>> probe(fastinit.torch.init_model(model, seed=0, preset="he"), inputs).verdict[:7]
        'healthy'
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(checks.text("model", "be a torch.nn.Module", type(model).__name__))
    check_memory(model)
    with _unchanged(model), torch.enable_grad(), Watch(model, keeps_gradients=False) as watch:
        value, kind = loss_of(call(model, batch), loss, target)
        watch.forward_is_done()
        if value is not None:
            value.backward()  # type: ignore[no-untyped-call, unused-ignore]
        number = None if value is None else float(value.detach())
        return ProbeReport(watch.stages(), title or type(model).__name__, kind, number)


def check_memory(model: torch.nn.Module) -> None:
    """Refuses a model that has tensors without memory."""
    for target in targets_of(model):
        if torch.nn.parameter.is_lazy(target.tensor):
            rule, remedy = "have shapes", "run it once on a batch first"
            raise ValueError(checks.text("model", rule, f"lazy {target.name}", remedy))
        if target.tensor.is_meta:
            rule, remedy = "have memory", "initialise it first: fastinit.torch.init_model(model, seed=0)"
            raise ValueError(checks.text("model", rule, f"{target.name} on the meta device", remedy))


@contextmanager
def _unchanged(model: torch.nn.Module) -> Iterator[None]:
    """Puts back what a training step changes besides parameters: buffers, gradients, modes and random states."""
    targets = targets_of(model)
    modes = {module: module.training for module in model.modules()}
    buffers = [(slot, t.tensor, t.tensor.detach().clone()) for t in targets if not t.is_parameter for slot in t.slots]
    gradients = [(target.tensor, target.tensor.grad) for target in targets if target.is_parameter]
    devices = {target.tensor.device for target in targets if target.tensor.device.type == "cuda"}
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=sorted(devices, key=str)))
        for parameter, _ in gradients:
            parameter.grad = None
        try:
            yield
        finally:
            for parameter, gradient in gradients:
                parameter.grad = gradient
            with torch.no_grad():
                for slot, buffer, value in buffers:
                    buffer.copy_(value)
                    slot.put(buffer)
            for module, mode in modes.items():
                module.training = mode
