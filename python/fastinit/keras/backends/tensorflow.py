"""Draws TensorFlow's tensors, eager or in a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fastinit.keras.backends import See
    from fastinit.keras.draws import SeededDraw

untraced = tf.autograph.experimental.do_not_convert


def tensor_of(seeded: SeededDraw) -> Any:
    """Returns the drawn tensor.

    While a graph is traced, a tensor with an int seed is drawn at once, and the graph holds it. With a seed generator
    the graph gets an operation that draws in Python whenever the graph runs. XLA cannot compile this operation, and it
    cannot be saved.
    """
    state = seeded.state()
    if state is not None and tf.is_symbolic_tensor(state):
        value = tf.numpy_function(seeded.array, [state], tf.as_dtype(seeded.dtype), stateful=False)
        value.set_shape(seeded.draw.shape)
        return value
    return _tensor(seeded.array(state if state is None else state.numpy()), seeded.dtype)


def _tensor(array: NDArray[Any], dtype: str) -> Any:
    """Returns a tensor with the array's memory, passed as bits by DLPack since NumPy does not export narrow types."""
    if array.itemsize == 1:  # TensorFlow's bitcast does not know float8
        return tf.convert_to_tensor(array)
    bits = array.view(f"u{array.itemsize}")
    return tf.bitcast(tf.experimental.dlpack.from_dlpack(bits.__dlpack__()), dtype)


def watched(tensor: Any, see_value: See, see_gradient: See) -> Any:
    """Passes values and gradients on, except in graphs."""
    if tf.is_symbolic_tensor(tensor):
        return tensor

    @tf.custom_gradient  # type: ignore[untyped-decorator, unused-ignore]
    def identity(value: Any) -> tuple[Any, Callable[[Any], Any]]:
        def backwards(gradient: Any) -> Any:
            see_gradient(gradient.numpy())
            return gradient

        see_value(value.numpy())
        return tf.identity(value), backwards

    return identity(tensor)


def gradients(function: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Returns the function's value and its gradients."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        value = function(values)
    found = tape.gradient(value, values)
    return value, [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in found]
