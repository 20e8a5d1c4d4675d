"""Lists the parts of a Keras model that a probe watches. Their names show which part contains which."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from fastinit.signal.activations import RECTIFIERS, SATURATED

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIVATIONS = RECTIFIERS | SATURATED.keys()


@dataclass(slots=True)
class Part:
    """A layer, or an activation function that is a separate operation of a functional model.

    Attributes:
        name: The names of the layers that contain it and its own name, with dots between them; empty for the model.
        operation: The layer or operation.
        parent: The part that contains it; None for the model.
        is_leaf: Whether it contains no other part.
        variables: The variables of the layer that belong to none of its parts.
    """

    name: str
    operation: Any
    parent: Part | None
    is_leaf: bool
    variables: list[Any]

    @property
    def axis(self) -> int:
        """The axis of the output that counts the units."""
        layout = getattr(self.operation, "data_format", None)
        return 1 if layout == "channels_first" else -1

    def name_of(self, variable: Any) -> str:
        """Returns the qualified name of a variable of the layer."""
        return f"{self.name}.{variable.name}" if self.name else str(variable.name)

    def functions(self) -> Iterator[tuple[str, str, Any]]:
        """Yields the activation functions among a layer's attributes: attribute, name of the function, function."""
        for attribute, value in list(vars(self.operation).items()):
            name = getattr(value, "__name__", "").lower()
            if name in ACTIVATIONS and inspect.isroutine(value):
                yield attribute, name, value


def parts_of(model: keras.Layer) -> list[Part]:
    """Returns a model and all of its parts. Each is listed once, under the first of its names.

    The cells of recurrent layers are not listed, because they run in loops that some backends compile.
    """
    found: list[Part] = []
    _walk(model, "", None, found, set())
    return found


def _walk(operation: Any, name: str, parent: Part | None, found: list[Part], seen: set[int]) -> None:
    seen.add(id(operation))
    part = Part(name, operation, parent, True, [])
    found.append(part)
    inner = [other for other in _inner(operation) if id(other) not in seen]
    part.is_leaf = not inner
    taken = {name}
    for other in inner:
        if id(other) not in seen:  # a sibling may contain it too
            own = _free(f"{name}.{other.name}" if name else other.name, taken)
            _walk(other, own, part, found, seen)
    inside = {id(variable) for other in inner for variable in getattr(other, "weights", ())}
    part.variables = [variable for variable in getattr(operation, "weights", ()) if id(variable) not in inside]


def _inner(operation: Any) -> list[Any]:
    if not isinstance(operation, keras.Layer) or isinstance(operation, keras.layers.RNN):
        return []
    layers = operation._flatten_layers(include_self=False, recursive=False)
    graph = getattr(operation, "_functional", None) or operation  # a Sequential keeps its graph in this attribute
    others = [
        other
        for other in getattr(graph, "operations", ())
        if not isinstance(other, keras.Layer) and type(other).__name__.lower() in ACTIVATIONS
    ]
    return [layer for layer in layers if not isinstance(layer, keras.layers.InputLayer)] + others


def _free(name: str, taken: set[str]) -> str:
    """Returns a name that no sibling has, because layers of a subclassed model may share a name."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free
