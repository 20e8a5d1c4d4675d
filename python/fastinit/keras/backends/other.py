"""The other backends of Keras, such as NumPy's: they copy an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from fastinit.keras.draws import SeededDraw


def tensor_of(seeded: SeededDraw) -> Any:
    """Returns the drawn tensor."""
    state = seeded.state()
    array = seeded.array(state if state is None else keras.ops.convert_to_numpy(state))
    return keras.ops.convert_to_tensor(array, dtype=seeded.dtype)
