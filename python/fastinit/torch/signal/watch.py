"""Watches a model run: hooks that measure what each module returns, and the gradients that come back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import torch
from torch._C import _functorch
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack
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
    from collections.abc import Callable, Iterator

    from fastinit.torch.state import Target


_PARAMETRIZED = "parametrizations."  # part of the names of modules that compute a weight, which are not stages


@dataclass(slots=True)
class _Call:
    """One call of a module: the measurements, which are still on the device."""

    name: str
    kind: str
    module: torch.nn.Module | None  # None for a function
    number: int
    ended: int = -1
    output: Pending | None = None
    others: list[Pending] = field(default_factory=list)
    dead: torch.Tensor | None = None
    saturated: torch.Tensor | None = None
    units: int | None = None
    is_symmetric: bool = False
    is_constant: bool = False
    takes_constant: bool = False
    gradient: Pending | None = None


class Watch:
    """Measures what a model does within a `with` block. It keeps only numbers.

    Args:
        model: The model whose modules are watched. It gets only hooks, which are removed when the block ends.
        keeps_gradients: Whether the gradients of parameters stay after they are measured.
    """

    def __init__(self, model: torch.nn.Module, *, keeps_gradients: bool) -> None:
        self._model = model
        self._keeps_gradients = keeps_gradients
        names = module_names(model).items()
        self._owners = {module: name.partition(_PARAMETRIZED)[0].removesuffix(".") for module, name in names}
        self._names = {m: name for m, name in names if not is_wrapper(m) and name == self._owners[m]}
        self._targets = targets_of(model)
        self._calls: list[_Call] = []
        self._open: list[_Call] = []
        self._count: dict[str, int] = {}
        self._ended = 0
        self._gradients: dict[int, Pending] = {}
        self._without_graph: dict[torch.nn.Module, list[_Call]] = {}
        self._is_forward = True
        self._stack = ExitStack()
        self._forward_stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for module, name in self._names.items():
                if not isinstance(module, torch.jit.ScriptModule):
                    stack.callback(module.register_forward_pre_hook(self._begin(name), with_kwargs=True).remove)
                    stack.callback(module.register_forward_hook(self._end, always_call=True).remove)
            for target in self._targets:
                if target.is_parameter and target.tensor.requires_grad:
                    hook = target.tensor.register_post_accumulate_grad_hook(self._take_gradient)
                    stack.callback(hook.remove)
            stack.enter_context(eager())
            self._forward_stack = stack.enter_context(ExitStack())
            self._forward_stack.enter_context(_Functions(self))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def has_begun(self, module: torch.nn.Module, args: Any, kwargs: Any) -> None:
        """Notes that a module already runs, because its hooks came too late for its beginning."""
        if module in self._names:
            self._begin(self._names[module])(module, args, kwargs)

    def forward_is_done(self) -> None:
        """Notes that modules that run from now on are run again, for their gradients."""
        self._is_forward = False
        self._forward_stack.close()

    def _begin(self, name: str) -> Callable[..., None]:
        # There are no keywords if another hook of the same call has just removed this one.
        def hook(module: torch.nn.Module, args: Any, kwargs: Any = None) -> None:
            if self._is_forward:
                call = self._called(name, _kind(module), module)
                with _aside():
                    call.takes_constant = all(is_equal_along(tensor, 0) for tensor in tensors_in((args, kwargs)))
                self._open.append(call)

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
        if any(call.module is module for call in self._open):  # not if a hook before this one raised
            while (call := self._open.pop()).module is not module:
                pass
            with _aside():
                self._measure(call, output)

    def _measure(self, call: _Call, output: Any) -> None:
        call.ended, self._ended = self._ended, self._ended + 1
        found = [tensor for tensor in tensors_in(output) if is_measurable(tensor)]
        if not found:
            return
        first, *others = found
        axis = _axis(call, first)
        call.output = measure(first)
        call.others = [measure(tensor) for tensor in others]
        kind = call.kind.lower()
        with torch.no_grad():
            if kind in RECTIFIERS and first.ndim > 1 and first.numel():
                call.dead, call.units = dead_units(first, axis), first.shape[axis]
            if kind in SATURATED and first.numel():
                call.saturated = share_outside(first, *_ends(kind, call.module))
            if first.ndim > 1:
                call.is_symmetric = is_equal_along(first, axis) and bool(first.any())
                call.is_constant = is_equal_along(first, 0)
        if first.requires_grad:
            self._watch_gradient(call, first, axis)
        elif call.module is not None:
            self._without_graph.setdefault(call.module, []).append(call)

    def _watch_gradient(self, call: _Call, tensor: torch.Tensor, axis: int) -> None:
        def hook(gradient: torch.Tensor) -> None:
            call.gradient = measure(gradient)
            if call.is_symmetric:  # equal units become different if their gradients differ
                call.is_symmetric = is_equal_along(gradient, axis)

        tensor.register_hook(hook)

    def _rerun(self, module: torch.nn.Module, output: Any) -> None:
        """Watches the calls that activation checkpointing repeats, the last one first, if they ran without a graph."""
        found = [tensor for tensor in tensors_in(output) if is_measurable(tensor)]
        if found and found[0].requires_grad and self._without_graph.get(module):
            call = self._without_graph[module].pop()
            self._watch_gradient(call, found[0], _axis(call, found[0]))

    def _take_gradient(self, parameter: torch.Tensor) -> None:
        if parameter.grad is not None:
            self._gradients[id(parameter)] = measure(parameter.grad)
            if not self._keeps_gradients:
                parameter.grad = None

    def called_function(self, name: str, output: Any) -> None:
        """Measures the result of an activation function within a module's code."""
        owner = self._open[-1] if self._open else None
        if self._is_forward and owner is not None and owner.kind.lower() not in RECTIFIERS | SATURATED.keys():
            with _aside():
                self._measure(self._called(owner.name, name, None), output)

    def stages(self) -> tuple[Stage, ...]:
        """Fetches the readings. For DTensors, all processes must call it."""
        weights = self._weights()
        inner = {call.name.rpartition(".")[0] for call in self._calls if call.module is not None and call.name}
        done = [call for call in self._calls if call.output is not None]
        return tuple(_stage(call, weights.get(call.name, ()), call.name not in inner) for call in done)

    def _weights(self) -> dict[str, tuple[Weight, ...]]:
        expected = expected_stds(self._model)
        found: dict[str, list[Weight]] = {}
        for target in self._targets:
            if target.is_parameter and is_measurable(target.tensor):
                weight = self._weight(target, expected.get(target.name))
                for owner in dict.fromkeys(self._owners[slot.module] for slot in target.slots):
                    found.setdefault(owner, []).append(weight)
        return {owner: tuple(sorted(some, key=lambda weight: -weight.reading.size)) for owner, some in found.items()}

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
        units=call.units,
        takes_constant=call.takes_constant,
    )


def _axis(call: _Call, output: torch.Tensor) -> int:
    """The axis along which the units of an output lie."""
    return 1 if output.ndim > 3 or isinstance(call.module, torch.nn.modules.conv._ConvNd) else -1


def _ends(kind: str, module: torch.nn.Module | None) -> tuple[float, float]:
    """The values at which an activation saturates. Those of a hard tanh are in its module."""
    if kind == "hardtanh" and isinstance(module, torch.nn.Hardtanh):
        return module.min_val, module.max_val
    return SATURATED[kind]


def _kind(module: torch.nn.Module) -> str:
    """The original class: FSDP2 derives a class of its own, and an activation's class may be derived from PyTorch's."""
    names = [kind.__name__ for kind in type(module).__mro__]
    if any(kind.__name__ == "FSDPModule" for kind in type(module).__mro__[1:]):
        names = names[names.index("FSDPModule") + 1 :]
    return next((name for name in names if name.lower() in RECTIFIERS | SATURATED.keys()), names[0])


def tensors_in(value: Any) -> list[torch.Tensor]:
    """The tensors in a module's inputs or outputs (tuples, lists, mappings, and objects with fields), each once."""
    found: list[torch.Tensor] = []
    seen: dict[int, Any] = {}  # the values are kept too, so that no new object gets the id of an old one

    def look(value: Any) -> None:
        if isinstance(value, torch.Tensor):
            while _functorch.is_functorch_wrapped_tensor(value):  # of torch.vmap and torch.func
                value = _functorch.get_unwrapped(value)
            found.append(value)
            return
        if isinstance(value, Mapping):
            inner = list(value.values())
        elif isinstance(value, (tuple, list)):
            inner = list(value)
        else:
            inner = [getattr(value, name, None) for name in getattr(value, "__dataclass_fields__", ())]
        if inner and id(value) not in seen:  # a dict of results may hold itself
            seen[id(value)] = value
            for each in inner:
                look(each)

    look(value)
    return found


@contextmanager
def _aside() -> Iterator[None]:
    """Measures tensors directly: without the mode below, and without a transform of torch.func."""
    is_transformed = _functorch.peek_interpreter_stack() is not None
    with torch._C.DisableTorchFunction(), temporarily_clear_interpreter_stack() if is_transformed else ExitStack():
        yield


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


@contextmanager
def eager() -> Iterator[None]:
    """Lets compiled modules run uncompiled, because compiled code has no modules to watch.

    Several may be open at once and end in any order, such as those of two monitors. The last one restores the state
    from before the first.
    """
    stance = getattr(torch.compiler, "set_stance", None)
    if stance is None or "torch._dynamo" not in sys.modules:
        yield
        return
    global _open_stances
    if not _open_stances:
        _before.enter_context(stance("force_eager"))
    _open_stances += 1
    try:
        yield
    finally:
        _open_stances -= 1
        if not _open_stances:
            _before.close()


_open_stances = 0
_before = ExitStack()
