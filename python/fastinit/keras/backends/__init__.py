"""What Keras has no function for: one module for each backend, which draws where it wants the values, and watches."""

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
    """What a backend's module has.

    It may also have `untraced`, which marks functions that draw, where the backend reads Python code to compile
    it, `array_of`, where Keras's way to NumPy will not do, and `random_state`, where layers draw from a state of the
    framework's. Layouts are JAX's alone.
    """

    def tensor_of(self, seeded: SeededDraw, /) -> Any:
        """Returns the drawn tensor, on the device and of the kind that Keras makes just now."""

    def watched(self, tensor: Any, see_value: See, see_gradient: See, /) -> Any:
        """Shows a floating tensor, and its gradient once that is there; returns the tensor to go on with.

        What has no values, as in code that is compiled, is not shown.
        """

    def gradients(self, function: Callable[[Sequence[Any]], Any], values: Sequence[Any], /) -> tuple[Any, list[Any]]:
        """Returns the number that a function makes of tensors, and its gradients; None for what it does not reach."""


if TYPE_CHECKING:
    _BACKENDS: tuple[Backend, ...] = (jax, other, tensorflow, torch)


_F = TypeVar("_F", bound=Callable[..., Any])

_OWN_MODULE = ("jax", "tensorflow", "torch")
_NAME = keras.backend.backend()  # does not change once Keras is imported
_backend = importlib.import_module(f"{__name__}.{_NAME if _NAME in _OWN_MODULE else 'other'}")

# Marks a function that draws, for backends that read Python code to compile it.
untraced: Callable[[_F], _F] = getattr(_backend, "untraced", lambda function: function)
# The values of a tensor, as an array of NumPy's.
array_of: Callable[[Any], NDArray[Any]] = getattr(_backend, "array_of", keras.ops.convert_to_numpy)
# A context in which the framework's own random numbers begin with a seed, and after which they go on as before.
random_state: Callable[[int, Sequence[Any]], AbstractContextManager[None]] = getattr(
    _backend, "random_state", lambda _seed, _values: nullcontext()
)
watched = _backend.watched
gradients = _backend.gradients


def tensor_of(seeded: SeededDraw, layout: Any) -> Any:
    """Returns the drawn tensor.

    Args:
        seeded: What to draw.
        layout: See `fastinit.keras.backends.jax`; None for a tensor on one device.

    Raises:
        ValueError: A layout with another backend than JAX.
    """
    if layout is None:
        return _backend.tensor_of(seeded)
    if _NAME != "jax":
        raise ValueError(checks.text("layout", f"be None on Keras's {_NAME} backend", layout))
    return _backend.tensor_of(seeded, layout)
