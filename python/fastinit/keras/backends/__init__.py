"""The tensors of Keras's backends: one module for each, which draws where the backend wants the values."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import keras

from fastinit import checks

if TYPE_CHECKING:
    from fastinit.keras.backends import jax, other, tensorflow, torch
    from fastinit.keras.draws import SeededDraw


class Backend(Protocol):
    """What a backend's module has.

    It may also have `untraced`, which marks functions that draw, where the backend reads Python code to compile
    it. Layouts are JAX's alone.
    """

    def tensor_of(self, seeded: SeededDraw, /) -> Any:
        """Returns the drawn tensor, on the device and of the kind that Keras makes just now."""


if TYPE_CHECKING:
    _BACKENDS: tuple[Backend, ...] = (jax, other, tensorflow, torch)


_F = TypeVar("_F", bound=Callable[..., Any])

_OWN_MODULE = ("jax", "tensorflow", "torch")
_NAME = keras.backend.backend()  # does not change once Keras is imported
_backend = importlib.import_module(f"{__name__}.{_NAME if _NAME in _OWN_MODULE else 'other'}")

# Marks a function that draws, for backends that read Python code to compile it.
untraced: Callable[[_F], _F] = getattr(_backend, "untraced", lambda function: function)


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
