"""One module for each backend of Keras, with functions that Keras lacks: drawing tensors and watching layers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import keras

from fastinit import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.keras.backends import jax, other, tensorflow, torch
    from fastinit.keras.draws import SeededDraw

    See = Callable[[NDArray[Any]], None]


class Backend(Protocol):
    """The functions that a backend's module must have.

    It may also have `untraced`, which marks functions that draw, if the backend compiles Python code from its source;
    `array_of`, if Keras's own conversion to NumPy does not work; and `random_state`, if layers draw from a random state
    of the framework. Only JAX has layouts.
    """

    def tensor_of(self, seeded: SeededDraw, /) -> Any:
        """Returns the drawn tensor, on Keras's current device and of the type that Keras makes."""

    def watched(self, tensor: Any, see_value: See, see_gradient: See, /) -> Any:
        """Passes a floating tensor, and later its gradient, to functions; returns the tensor that the model must use.

        Tensors without values, as in compiled code, are not passed on.
        """

    def gradients(self, function: Callable[[Sequence[Any]], Any], values: Sequence[Any], /) -> tuple[Any, list[Any]]:
        """Returns a function's value, a number, and its gradients; None for tensors that it does not depend on."""


if TYPE_CHECKING:
    _BACKENDS: tuple[Backend, ...] = (jax, other, tensorflow, torch)


_F = TypeVar("_F", bound=Callable[..., Any])

_OWN_MODULE = ("jax", "tensorflow", "torch")
_NAME = keras.backend.backend()  # does not change once Keras is imported
_backend = importlib.import_module(f"{__name__}.{_NAME if _NAME in _OWN_MODULE else 'other'}")

# Marks a function that draws, for backends that compile Python code from its source.
untraced: Callable[[_F], _F] = getattr(_backend, "untraced", lambda function: function)
# Returns the values of a tensor as a NumPy array.
array_of: Callable[[Any], NDArray[Any]] = getattr(_backend, "array_of", keras.ops.convert_to_numpy)
# A context in which the framework's own random numbers start from a seed. Afterwards they continue as before.
random_state: Callable[[int, Sequence[Any]], AbstractContextManager[None]] = getattr(
    _backend, "random_state", lambda _seed, _values: nullcontext()
)
watched = _backend.watched
gradients = _backend.gradients


def tensor_of(seeded: SeededDraw, layout: Any) -> Any:
    """Returns the drawn tensor.

    Args:
        seeded: The tensor to draw.
        layout: A `keras.distribution.TensorLayout` or a sharding of JAX; None for a tensor on one device.

    Raises:
        ValueError: `layout` is given on another backend than JAX.
    """
    if layout is None:
        return _backend.tensor_of(seeded)
    if _NAME != "jax":
        raise ValueError(checks.text("layout", f"be None on Keras's {_NAME} backend", layout))
    return _backend.tensor_of(seeded, layout)
