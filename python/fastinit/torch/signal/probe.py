"""`probe`: runs one batch through a model and back, and measures the output of each module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks
from fastinit.signal.report import ProbeReport
from fastinit.torch.signal.losses import call, classes_of, loss_of
from fastinit.torch.signal.unchanged import check_memory, unchanged
from fastinit.torch.signal.watch import Watch

if TYPE_CHECKING:
    from fastinit.torch.signal.losses import Loss


def probe(
    model: torch.nn.Module, batch: Any, *, loss: Loss | None = None, target: Any = None, title: str | None = None
) -> ProbeReport:
    """Runs a batch through a model and back, and reports how activations and gradients grow or vanish on their way.

    Nothing of the model changes: parameters, buffers, gradients, training mode, attributes and random states are as
    before. Only changes that the model's own forward makes to its parameters stay. Each tensor is measured when it
    passes and is not kept, so that a probe needs the memory of one training step without the gradients of the
    parameters, which are freed as soon as they are measured. Compiled models run uncompiled. If the model has DTensors
    (FSDP2, tensor parallel), every process must call this with its own batch: activations are those of its batch, and
    weights and their gradients are those of the whole model.

    The first floating tensor of each output is measured. Activation functions that a module's code calls directly, such
    as `torch.relu`, are stages too, if they can die or saturate.

    Args:
        model: The model, with memory for its parameters, in the mode in which it is to be probed.
        batch: The input of the model: a mapping gives arguments by name, a tuple or list by position, and anything else
            is the only argument.
        loss: A function of the output, and of `target` if there is one, that returns one number. None: with `target`,
            the cross entropy for integers and the mean squared error for others; otherwise the output's own `loss`; or
            else a random projection of the output, whose gradients show only growth by depth.
        target: The target, which is passed to the loss.
        title: The title of tables and pictures; None for the model's class.

    Returns:
        The report: `print` it, `report.verdict`, `report.assert_healthy()`, `report.plot("probe.svg")`.

    Raises:
        TypeError: `model` is not a module, or it is TorchScript, or the loss is not a tensor.
        ValueError: The model has tensors without memory, the batch has no samples, or the loss is not one number.
            Errors of the model's own code are raised unchanged; the model is then as before, too.

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
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError(checks.text("model", "run in Python", "TorchScript", "probe it before it is compiled"))
    check_memory(model)
    with unchanged(model), torch.enable_grad(), Watch(model, keeps_gradients=False) as watch:
        output = call(model, batch)
        value, kind = loss_of(output, loss, target)
        classes = classes_of(output, kind, batch, target)
        del output  # the graph keeps the parts that it needs
        watch.forward_is_done()
        if value is not None:
            value.backward()  # type: ignore[no-untyped-call, unused-ignore]
        number = None if value is None else float(value.detach())
        stages = watch.stages()
    if stages and not any(stage.output.size for stage in stages):
        raise ValueError(checks.text("batch", "have samples", "outputs without elements"))
    return ProbeReport(stages, title or type(model).__name__, kind, number, classes)
