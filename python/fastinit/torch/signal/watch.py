"""Watches a model run: hooks that measure what each module returns, and the gradients that come back."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import torch
from torch.overrides import TorchFunctionMode

from fastinit.signal.activations import RECTIFIERS, SATURATED
from fastinit.signal.readings import Stage, Weight
from fastinit.torch.report import expected_stds
from fastinit.torch.signal.measure import (
    Pending,
    dead_units,
    is_equal_along,
    is_measurable,
    measure,
    share_outside,
)
from fastinit.torch.state import is_wrapper, module_names, targets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastinit.torch.state import Target


@dataclass(slots=True)
class _Call:
    """One call of a module: what was measured, not yet fetched from where it is."""

    name: str
    kind: str
    module: torch.nn.Module | None  # None for a function
    number: int
    ended: int = -1
    output: Pending | None = None
    others: list[Pending] = field(default_factory=list)
    dead: torch.Tensor | None = None
    saturated: torch.Tensor | None = None
    is_symmetric: bool = False
    is_constant: bool = False
    gradient: Pending | None = None


class Watch:
    """Measures what a model does within a `with` block; keeps numbers alone.

    Args:
        model: Whose modules are watched. Hooks are all that it gets, and they go with the block.
        keeps_gradients: Whether the gradients of parameters stay after they are measured.
    """

    def __init__(self, model: torch.nn.Module, *, keeps_gradients: bool) -> None:
        self._model = model
        self._keeps_gradients = keeps_gradients
        self._names = {module: name for module, name in module_names(model).items() if not is_wrapper(module)}
        self._targets = targets_of(model)
        self._calls: list[_Call] = []
        self._open: list[_Call] = []
        self._count: dict[str, int] = {}
        self._ended = 0
        self._gradients: dict[int, Pending] = {}
        self._is_forward = True
        self._stack = ExitStack()
        self._forward_stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for module, name in self._names.items():
                if not isinstance(module, torch.jit.ScriptModule):
                    stack.callback(module.register_forward_pre_hook(self._begin(name)).remove)
                    stack.callback(module.register_forward_hook(self._end, always_call=True).remove)
            for target in self._targets:
                if target.is_parameter and target.tensor.requires_grad:
                    hook = target.tensor.register_post_accumulate_grad_hook(self._take_gradient)
                    stack.callback(hook.remove)
            stack.enter_context(_eager())
            self._forward_stack = stack.enter_context(ExitStack())
            self._forward_stack.enter_context(_Functions(self))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def has_begun(self, module: torch.nn.Module) -> None:
        """Says that a module runs already, whose hooks came too late for its beginning."""
        if module in self._names:
            self._begin(self._names[module])(module, None)

    def forward_is_done(self) -> None:
        """Says that modules which run from now on are run again, for their gradients."""
        self._is_forward = False
        self._forward_stack.close()

    def _begin(self, name: str) -> Callable[..., None]:
        def hook(module: torch.nn.Module, _args: Any) -> None:
            if self._is_forward:
                self._open.append(self._called(name, _kind(module), module))

        return hook

    def _called(self, name: str, kind: str, module: torch.nn.Module | None) -> _Call:
        key = name if module is not None else f"{name}.{kind}()"
        number = self._count.get(key, 0)
        self._count[key] = number + 1
        call = _Call(key, kind, module, number)
        self._calls.append(call)
        return call

    def _end(self, module: torch.nn.Module, _args: Any, output: Any) -> None:
        if not self._is_forward:
            if is_backward():
                self._rerun(module, output)
            return
        while self._open:
            call = self._open.pop()
            if call.module is module:
                self._measure(call, output)
                return

    def _measure(self, call: _Call, output: Any) -> None:
        call.ended, self._ended = self._ended, self._ended + 1
        found = [tensor for tensor in tensors_in(output) if is_measurable(tensor)]
        if not found:
            return
        first, *others = found
        axis = 1 if first.ndim > 3 or isinstance(call.module, torch.nn.modules.conv._ConvNd) else -1
        call.output = measure(first)
        call.others = [measure(tensor) for tensor in others]
        kind = call.kind.lower()
        with torch.no_grad():
            if kind in RECTIFIERS and first.ndim > 1 and first.numel():
                call.dead = dead_units(first, axis)
            if kind in SATURATED and first.numel():
                call.saturated = share_outside(first, *SATURATED[kind])
            if first.numel():
                call.is_symmetric = is_equal_along(first, axis)
                call.is_constant = is_equal_along(first, 0)
        self._watch_gradient(call, first)

    def _watch_gradient(self, call: _Call, tensor: torch.Tensor) -> None:
        if tensor.requires_grad:

            def hook(gradient: torch.Tensor) -> None:
                call.gradient = measure(gradient)

            tensor.register_hook(hook)

    def _rerun(self, module: torch.nn.Module, output: Any) -> None:
        """Watches what activation checkpointing computes again, if it ran without gradients before."""
        calls = [call for call in self._calls if call.module is module]
        found = [tensor for tensor in tensors_in(output) if is_measurable(tensor)]
        if len(calls) == 1 and calls[0].gradient is None and found:
            self._watch_gradient(calls[0], found[0])

    def _take_gradient(self, parameter: torch.Tensor) -> None:
        if parameter.grad is not None:
            self._gradients[id(parameter)] = measure(parameter.grad)
            if not self._keeps_gradients:
                parameter.grad = None

    def called_function(self, name: str, output: Any) -> None:
        """Takes what an activation function within a module's code returned."""
        owner = self._open[-1] if self._open else None
        if self._is_forward and owner is not None and owner.kind.lower() not in RECTIFIERS | SATURATED.keys():
            self._measure(self._called(owner.name, name, None), output)

    def stages(self) -> tuple[Stage, ...]:
        """Fetches the readings. Of DTensors all processes take part."""
        weights = self._weights()
        inner = {name.rpartition(".")[0] for name in self._names.values() if name}
        done = [call for call in self._calls if call.output is not None]
        return tuple(_stage(call, weights.get(call.module, ()), call.name not in inner) for call in done)

    def _weights(self) -> dict[torch.nn.Module | None, tuple[Weight, ...]]:
        expected = expected_stds(self._model)
        found: dict[torch.nn.Module | None, list[Weight]] = {}
        for target in self._targets:
            if target.is_parameter and is_measurable(target.tensor):
                weight = self._weight(target, expected.get(target.name))
                for module in dict.fromkeys(slot.module for slot in target.slots):
                    found.setdefault(module, []).append(weight)
        return {module: tuple(sorted(some, key=lambda weight: -weight.reading.size)) for module, some in found.items()}

    def _weight(self, target: Target, expected: float | None) -> Weight:
        gradient = self._gradients.get(id(target.tensor))
        return Weight(
            target.name,
            tuple(target.tensor.shape),
            measure(target.tensor).reading(),
            expected,
            None if gradient is None else gradient.reading(),
        )


def _stage(call: _Call, weights: tuple[Weight, ...], is_leaf: bool) -> Stage:
    assert call.output is not None
    output = call.output.reading()
    return Stage(
        name=call.name,
        kind=call.kind,
        call=call.number,
        ended=call.ended,
        output=output,
        nonfinite=output.nonfinite + sum(other.reading().nonfinite for other in call.others),
        dead=None if call.dead is None else float(call.dead),
        saturated=None if call.saturated is None else float(call.saturated),
        is_symmetric=call.is_symmetric,
        is_constant=call.is_constant,
        gradient=None if call.gradient is None else call.gradient.reading(),
        weights=weights,
        is_leaf=is_leaf,
    )


def _kind(module: torch.nn.Module) -> str:
    """The class as its author wrote it: FSDP2 makes one of its own, and an activation may be derived from PyTorch's."""
    names = [kind.__name__ for kind in type(module).__mro__]
    if any(kind.__name__ == "FSDPModule" for kind in type(module).__mro__[1:]):
        names = names[names.index("FSDPModule") + 1 :]
    return next((name for name in names if name.lower() in RECTIFIERS | SATURATED.keys()), names[0])


def tensors_in(value: Any) -> list[torch.Tensor]:
    """The tensors in what a module returns: tuples, lists, dicts, and objects with fields."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif hasattr(value, "__dataclass_fields__"):
        value = [getattr(value, name, None) for name in value.__dataclass_fields__]
    elif not isinstance(value, (tuple, list)):
        return []
    return [tensor for inner in value for tensor in tensors_in(inner)]


def is_backward() -> bool:
    """Whether this runs within a backward pass."""
    return bool(torch._C._current_graph_task_id() != -1)


class _Functions(TorchFunctionMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
    """Sees activation functions that are called without a module."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "").strip("_")
        if name in RECTIFIERS or name in SATURATED:
            self._watch.called_function(name, output)
        return output


def _eager() -> Any:
    """Lets compiled modules run as they are written: compiled code has no modules to watch."""
    stance = getattr(torch.compiler, "set_stance", None)
    is_used = "torch._dynamo" in sys.modules
    return stance("force_eager") if stance is not None and is_used else ExitStack()
