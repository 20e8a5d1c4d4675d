"""The parts of a Keras model that a probe watches, by names that tell what is within what."""

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
    """A layer, or an activation function that a functional model has as an operation of its own.

    Attributes:
        name: The names of the layers around it and its own, with dots between them; empty for the model.
        operation: What is called.
        parent: The part that it is within; None for the model.
        is_leaf: Whether no other part is within it.
        variables: Those of the layer that are in none of its parts.
    """

    name: str
    operation: Any
    parent: Part | None
    is_leaf: bool
    variables: list[Any]

    @property
    def axis(self) -> int:
        """Where the units of its output are."""
        layout = getattr(self.operation, "data_format", None)
        return 1 if layout == "channels_first" else -1

    def name_of(self, variable: Any) -> str:
        """The name of a variable of the layer."""
        return f"{self.name}.{variable.name}" if self.name else str(variable.name)

    def functions(self) -> Iterator[tuple[str, str, Any]]:
        """The activation functions among a layer's attributes: attribute, name of the function, function."""
        for attribute, value in list(vars(self.operation).items()):
            name = getattr(value, "__name__", "").lower()
            if name in ACTIVATIONS and inspect.isroutine(value):
                yield attribute, name, value


def parts_of(model: keras.Layer) -> list[Part]:
    """Returns a model and all that is within it, each once, by the first of its names.

    The cells of recurrent layers are no parts: they run in loops that some backends compile.
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
        if id(other) not in seen:  # a sibling may have it too
            own = _free(f"{name}.{other.name}" if name else other.name, taken)
            _walk(other, own, part, found, seen)
    inside = {id(variable) for other in inner for variable in getattr(other, "weights", ())}
    part.variables = [variable for variable in getattr(operation, "weights", ()) if id(variable) not in inside]


def _inner(operation: Any) -> list[Any]:
    if not isinstance(operation, keras.Layer) or isinstance(operation, keras.layers.RNN):
        return []
    layers = operation._flatten_layers(include_self=False, recursive=False)
    graph = getattr(operation, "_functional", None) or operation  # a Sequential has its graph within it
    others = [
        other
        for other in getattr(graph, "operations", ())
        if not isinstance(other, keras.Layer) and type(other).__name__.lower() in ACTIVATIONS
    ]
    return [layer for layer in layers if not isinstance(layer, keras.layers.InputLayer)] + others


def _free(name: str, taken: set[str]) -> str:
    """A name that no sibling has: layers of a subclassed model may share one."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free
