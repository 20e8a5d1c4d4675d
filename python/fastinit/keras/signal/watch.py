"""Watches a running Keras model: measures the output of each layer and the gradient of the output."""

from __future__ import annotations

import functools
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import keras

from fastinit.keras import backends, lookup
from fastinit.keras.signal.layers import Part, parts_of
from fastinit.signal.activations import RECTIFIERS, SATURATED
from fastinit.signal.arrays import dead_units, is_equal_along, measure, share_outside
from fastinit.signal.readings import Reading, Stage, Weight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray


@dataclass(slots=True)
class _Passed:
    """The measurements of a tensor, and later of its gradient."""

    output: Reading | None = None
    is_symmetric: bool = False
    is_constant: bool = False
    gradient: Reading | None = None


@dataclass(slots=True)
class _Call:
    """One call of a part, or of an activation function that is an attribute of a layer."""

    part: Part
    name: str
    kind: str
    number: int
    is_function: bool
    ended: int = -1
    passed: _Passed = field(default_factory=_Passed)
    others: list[Reading] = field(default_factory=list)
    dead: float | None = None
    saturated: float | None = None


class Watch:
    """Measures a model within a `with` block, and keeps only the numbers.

    Within the block each layer has a `call` attribute that calls the class's `call` and measures its result. The
    attribute is removed at the end of the block.
    """

    def __init__(self, model: keras.Layer) -> None:
        self._parts = parts_of(model)
        self._calls: list[_Call] = []
        self._count: dict[str, int] = {}
        self._ended = 0
        self._last: tuple[Any, _Call] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for part in self._parts:
                kind = type(part.operation).__name__
                watched = self._watched(part.operation.call, part, part.name, kind)
                stack.enter_context(replaced(part.operation, "call", watched))
                for attribute, kind, function in part.functions():
                    watched = self._watched(function, part, f"{part.name}.{kind}()".lstrip("."), kind)
                    stack.enter_context(replaced(part.operation, attribute, watched))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._last = None
        self._stack.close()

    def _watched(self, function: Callable[..., Any], part: Part, name: str, kind: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            number = self._count.get(name, 0)
            self._count[name] = number + 1
            call = _Call(part, name, kind, number, is_function=name != part.name)
            self._calls.append(call)
            output = function(*args, **kwargs)
            call.ended, self._ended = self._ended, self._ended + 1
            return self._taken(call, output)

        return called

    def _taken(self, call: _Call, output: Any) -> Any:
        """Measures the output of a call, and returns the output that the model must use instead."""
        found = floats_in(output)
        if not found:
            return output
        if len(found) == 1 and self._last is not None and self._last[0] is found[0]:
            self._take_over(call, self._last[1])
            return output
        first, *_ = found
        tensors = {id(leaf): self._measured(call, leaf, is_first=leaf is first) for leaf in found}
        self._last = (tensors[id(first)], call)
        return keras.tree.map_structure(lambda leaf: tensors.get(id(leaf), leaf), output)

    def _take_over(self, call: _Call, inner: _Call) -> None:
        """Copies the measurements of an inner call, whose output the layer returns unchanged."""
        call.passed = inner.passed
        if inner.is_function and inner.part is call.part:
            call.dead, call.saturated = inner.dead, inner.saturated
            self._calls.remove(inner)

    def _measured(self, call: _Call, tensor: Any, *, is_first: bool) -> Any:
        def see_value(array: NDArray[Any]) -> None:
            if is_first:
                _see(call, array)
            else:
                call.others.append(measure(array))

        def see_gradient(array: NDArray[Any]) -> None:
            if is_first:
                call.passed.gradient = measure(array)

        return backends.watched(tensor, see_value, see_gradient)

    def stages(self, gradients: Mapping[int, Any]) -> tuple[Stage, ...]:
        """Returns the readings.

        Args:
            gradients: The gradients of variables, by the `id` of the variable.
        """
        done = [call for call in self._calls if call.passed.output is not None]
        weights = self._weights({call.name for call in done}, gradients)
        return tuple(_stage(call, () if call.is_function else tuple(weights.get(call.name, ()))) for call in done)

    def _weights(self, measured: set[str], gradients: Mapping[int, Any]) -> dict[str, list[Weight]]:
        """Returns the weights of each stage's layer, with those of inner layers that could not be measured."""
        found: dict[str, list[Weight]] = {}
        for part in self._parts:
            owner: Part | None = part if part.name in self._count else None
            while owner is not None and owner.name not in measured:
                owner = owner.parent
            if owner is not None:
                weights = [
                    _weight(part, variable, gradients.get(id(variable)))
                    for variable in part.variables
                    if keras.backend.is_float_dtype(variable.dtype)
                ]
                found.setdefault(owner.name, []).extend(weights)
        return {name: sorted(some, key=lambda weight: -weight.reading.size) for name, some in found.items()}


def _see(call: _Call, array: NDArray[Any]) -> None:
    passed, kind, axis = call.passed, call.kind.lower(), call.part.axis
    passed.output = measure(array)
    if array.size:
        passed.is_symmetric = is_equal_along(array, axis)
        passed.is_constant = is_equal_along(array, 0)
        if kind in RECTIFIERS and array.ndim > 1:
            call.dead = dead_units(array, axis)
        if kind in SATURATED:
            call.saturated = share_outside(array, *SATURATED[kind])


def _weight(part: Part, variable: Any, gradient: Any) -> Weight:
    drawing = lookup.drawing_of(part.operation, variable)
    return Weight(
        part.name_of(variable),
        tuple(variable.shape),
        measure(backends.array_of(variable.value)),
        None if drawing is None else float(drawing.draw_of(tuple(variable.shape), "float32").spec.std),
        None if gradient is None else measure(backends.array_of(gradient)),
    )


def _stage(call: _Call, weights: tuple[Weight, ...]) -> Stage:
    passed = call.passed
    assert passed.output is not None
    return Stage(
        name=call.name,
        kind=call.kind,
        call=call.number,
        ended=call.ended,
        output=passed.output,
        nonfinite=passed.output.nonfinite + sum(other.nonfinite for other in call.others),
        dead=call.dead,
        saturated=call.saturated,
        is_symmetric=passed.is_symmetric,
        is_constant=passed.is_constant,
        gradient=passed.gradient,
        weights=weights,
        is_leaf=call.is_function or call.part.is_leaf,
    )


def floats_in(output: Any) -> list[Any]:
    """Returns the floating tensors in the output of a layer, whatever its structure."""
    tensors = [leaf for leaf in keras.tree.flatten(output) if keras.ops.is_tensor(leaf)]
    return [tensor for tensor in tensors if keras.backend.is_float_dtype(_dtype(tensor))]


def _dtype(tensor: Any) -> str:
    return str(keras.backend.standardize_dtype(tensor.dtype))


@contextmanager
def replaced(owner: Any, attribute: str, value: Any) -> Iterator[None]:
    """Gives an object an attribute for a `with` block, in a way that Keras does not track like other attributes."""
    own = vars(owner)
    before = {attribute: own[attribute]} if attribute in own else {}
    own[attribute] = value
    try:
        yield
    finally:
        del own[attribute]
        own.update(before)
