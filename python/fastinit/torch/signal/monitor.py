"""`Monitor`: takes a probe's measurements during training, on the steps that are due."""

from __future__ import annotations

import sys
import time
import warnings
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from fastinit import checks
from fastinit.signal.records import Record, record_of
from fastinit.signal.report import ProbeReport
from fastinit.signal.writers import writer_of
from fastinit.torch.sharding import is_dtensor
from fastinit.torch.signal.unchanged import check_memory, is_trial
from fastinit.torch.signal.watch import Watch, is_backward

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastinit.signal.readings import Reading, Stage
    from fastinit.signal.writers import To


class Monitor:
    """Measures a model while it is trained, on one step in `every`, and writes what it finds.

    The training loop stays as it is. A step begins with a forward pass of the model in training mode with gradients
    enabled, and ends when an optimizer of `torch.optim` is about to change the model's parameters, so that gradient
    accumulation, several forward passes per step and evaluation between steps need no changes. On a step that is due,
    the first forward pass is measured, with the gradients that come back to it. The gradients of parameters are those
    that the whole step has accumulated. Training gives the same values to the bit with a monitor and without. If there
    are several processes, the first one writes.

    Args:
        model: The model that the loop calls, after `torch.compile`, `fully_shard` or DistributedDataParallel.
        every: Every so many steps, one is due, beginning with the first.
        to: The place for records: a path that ends in ".jsonl", for JSON lines, to which a resumed run adds; any other
            path, for a folder of TensorBoard's; a function of a `fastinit.signal.Record`, such as the `append` of a
            list; or a list of these.
        modules: Patterns such as "encoder.*" for the names of the modules to write, with all their parameters. None for
            the chain of layers, modules that findings name, and the parameters of two or more dimensions.
        start: The number of the first step, in a run that was resumed.
        loss_scale: A function that returns the factor of the loss, such as the `get_scale` of a GradScaler.
            Gradients are divided by it.

    Attributes:
        record: The last record; None before the first.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of range, or the model has tensors without memory. It is an OSError if a file
            cannot be opened.

    Example:
        >>> from fastinit.torch import Monitor, build
        >>> model = build(lambda: torch.nn.Linear(8, 1), seed=0)
        >>> optimizer, records = torch.optim.SGD(model.parameters(), 0.1), []
        >>> with Monitor(model, every=10, to=records.append):
        ...     for _ in range(25):
        ...         optimizer.zero_grad()
        ...         model(torch.ones(4, 8)).square().mean().backward()
        ...         optimizer.step()
        >>> [record.step for record in records]
        [0, 10, 20]
        >>> list(records[0].figures["weights"])
        ['weight']
    """

    record: Record | None = None

    def __init__(
        self,
        model: torch.nn.Module,
        *,
        every: int = 50,
        to: To,
        modules: str | Sequence[str] | None = None,
        start: int = 0,
        loss_scale: Callable[[], float] | None = None,
    ) -> None:
        if not isinstance(model, torch.nn.Module):
            raise TypeError(checks.text("model", "be a torch.nn.Module", type(model).__name__))
        check_memory(model)
        self._model = model
        self._every = checks.integer("every", every, 1, 2**63 - 1)
        self._step = self._before = checks.integer("start", start, 0, 2**63 - 1) - 1
        self._modules = _patterns(modules)
        if loss_scale is not None and not callable(loss_scale):
            raise TypeError(checks.text("loss_scale", "be a function", loss_scale, "pass scaler.get_scale"))
        self._loss_scale = loss_scale
        self._is_within = False  # a step
        self._is_closed = False
        self._watch: _Watched | None = None
        # Whether each optimizer is the model's.
        self._optimizers: WeakKeyDictionary[torch.optim.Optimizer, bool] = WeakKeyDictionary()
        self._has_optimizer = False
        self._versions: list[int] = []
        with ExitStack() as stack:
            is_first = _rank() == 0
            self._writer = writer_of(to) if is_first else writer_of([])
            stack.callback(self._writer.close)
            if is_first or any(map(is_dtensor, model.parameters())):  # their readings need all processes
                stack.callback(self._tell_if_idle)
                stack.callback(self._hook())
                stack.callback(register_optimizer_step_pre_hook(self._optimizer_steps).remove)
            stack.callback(self.step)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _hook(self) -> Callable[[], object]:
        """Registers a hook that is called when a forward pass begins; returns the handle that removes it."""
        model, call = self._model, self._model._compiled_call_impl
        if call is None:
            # It runs before the hooks of FSDP2, which put other tensors into the modules.
            return model.register_forward_pre_hook(_Hook(self), prepend=True, with_kwargs=True).remove  # type: ignore[no-any-return]
        if not isinstance(call, _CompiledCall):
            call = model._compiled_call_impl = _CompiledCall(model, call)
        call.monitors.append(self)
        return partial(call.remove, self)

    def close(self) -> None:
        """Writes the last measurements, and leaves the model as it was. A second call does nothing."""
        self._stack.close()
        self._is_closed = True

    def _tell_if_idle(self) -> None:
        if self._step == self._before and sys.exc_info()[0] is None:
            warnings.warn(
                "Monitor saw no step of training: it was given another model than the one that is called, the model "
                "was in evaluation mode, or it runs within a larger compiled function",
                stacklevel=4,
            )

    def step(self) -> None:
        """Ends a step, and writes its record if it was due. Loops with an optimizer of torch.optim need not call it."""
        self._is_within = False
        watched, self._watch = self._watch, None
        if watched is not None:
            report = watched.report(type(self._model).__name__)
            if report is not None:
                self.record = record_of(report, self._step, watched.time, self._modules)
                self._writer.write(self.record)

    def forward_begins(self, arguments: tuple[Any, Any] | None = None) -> None:
        """Called when a forward pass of the model begins. It has the arguments if the pass's first hooks are over."""
        if not self._model.training or not torch.is_grad_enabled() or is_trial() or self._is_closed:
            return
        if not self._is_within or self._have_changed():
            self.step()
            self._is_within = True
            self._step += 1
            self._versions = [] if self._has_optimizer else _versions(self._model)
        elif self._watch is not None and not self._watch.is_whole:  # the previous pass failed, and this is another try
            self._watch.close()
        else:
            return
        if self._step % self._every == 0:
            self._watch = _Watched(self._model, 1.0 if self._loss_scale is None else self._loss_scale())
            if arguments is not None:
                self._watch.has_begun(self._model, *arguments)

    def _optimizer_steps(self, optimizer: torch.optim.Optimizer, _args: Any, _kwargs: Any) -> None:
        if optimizer not in self._optimizers:
            own = set(map(id, self._model.parameters()))
            self._optimizers[optimizer] = any(id(p) in own for group in optimizer.param_groups for p in group["params"])
        if not self._optimizers[optimizer] or is_trial():
            return
        self._has_optimizer = True
        if is_backward():  # this optimizer steps as soon as one gradient is there, before the others
            self._is_within = False
        else:
            self.step()

    def _have_changed(self) -> bool:
        """Whether parameters have changed since the step began, for loops in which no optimizer was seen."""
        return not self._has_optimizer and self._versions != _versions(self._model)


def _patterns(modules: object) -> list[str] | None:
    if modules is None or isinstance(modules, str):
        return None if modules is None else [modules]
    if not isinstance(modules, (list, tuple)) or not all(isinstance(pattern, str) for pattern in modules):
        raise TypeError(checks.text("modules", "be a pattern or a list of them", modules, 'such as "encoder.*"'))
    return list(modules)


class _Watched:
    """A forward pass that is measured, until its record is made."""

    def __init__(self, model: torch.nn.Module, loss_scale: float) -> None:
        self.time = time.time()
        self.is_whole = False
        self._scale = loss_scale
        with ExitStack() as stack:
            self._watch = stack.enter_context(Watch(model, keeps_gradients=True))
            stack.callback(model.register_forward_hook(self._forward_ends, always_call=True).remove)
            self.has_begun = self._watch.has_begun
            self.close = stack.pop_all().close

    def _forward_ends(self, _module: torch.nn.Module, _args: Any, output: Any) -> None:
        self._watch.forward_is_done()
        # Only the first call counts, because checkpointing ends its second run with an error.
        self.is_whole |= output is not None or sys.exc_info()[0] is None

    def report(self, title: str) -> ProbeReport | None:
        """Ends the measurement and returns its report; None if the forward pass failed."""
        self.close()
        if not self.is_whole:
            return None
        stages = self._watch.stages()
        return ProbeReport(tuple(_scaled(stage, 1 / self._scale) for stage in stages), title, "training", None)


def _scaled(stage: Stage, factor: float) -> Stage:
    """The same report with all gradients multiplied."""
    if factor == 1.0:
        return stage
    weights = tuple(replace(weight, gradient=_times(weight.gradient, factor)) for weight in stage.weights)
    return replace(stage, gradient=_times(stage.gradient, factor), weights=weights)


def _times(reading: Reading | None, factor: float) -> Reading | None:
    return None if reading is None else replace(reading, mean=reading.mean * factor, std=reading.std * factor)


class _CompiledCall:
    """The result of `model.compile()`, which would compile hooks too. Monitors are called before it."""

    def __init__(self, model: torch.nn.Module, compiled: Callable[..., Any]) -> None:
        self.monitors: list[Monitor] = []
        self._model, self._compiled = model, compiled

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for monitor in self.monitors:
            monitor.forward_begins()
        return self._compiled(*args, **kwargs)

    def remove(self, monitor: Monitor) -> None:
        """Removes a monitor, and with the last one also this wrapper."""
        self.monitors.remove(monitor)
        if not self.monitors and self._model._compiled_call_impl is self:
            self._model._compiled_call_impl = self._compiled


class _Hook:
    """The hook of a monitor. In a copy or a file of the model it does nothing."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def __call__(self, _module: torch.nn.Module, args: Any, kwargs: Any) -> None:
        if not torch.compiler.is_compiling():
            self._monitor.forward_begins((args, kwargs))

    def __reduce__(self) -> tuple[Callable[[], Callable[..., None]], tuple[()]]:
        return _no_hook, ()


def _no_hook() -> Callable[..., None]:
    return _does_nothing


def _does_nothing(_module: torch.nn.Module, _args: Any, _kwargs: Any) -> None:
    pass


def _versions(model: torch.nn.Module) -> list[int]:
    """The number of times that each parameter was changed in place."""
    return [parameter._version for parameter in model.parameters() if parameter.requires_grad]


def _rank() -> int:
    return (
        torch.distributed.get_rank() if torch.distributed.is_available() and torch.distributed.is_initialized() else 0
    )
