"""Draws an array and copies it to a tensor, for all other backends of Keras, such as NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastinit.keras.backends import See
    from fastinit.keras.draws import SeededDraw


def tensor_of(seeded: SeededDraw) -> Any:
    """Returns the drawn tensor."""
    state = seeded.state()
    array = seeded.array(state if state is None else keras.ops.convert_to_numpy(state))
    return keras.ops.convert_to_tensor(array, dtype=seeded.dtype)


def watched(tensor: Any, see_value: See, see_gradient: See) -> Any:  # noqa: ARG001
    """Passes the values on. Such a backend has no gradients."""
    see_value(keras.ops.convert_to_numpy(tensor))
    return tensor


def gradients(function: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Returns the function's value, and no gradients."""
    return function(values), [None] * len(values)
