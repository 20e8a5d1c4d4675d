"""Computes the loss whose gradients a probe of a Keras model measures."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import keras

import fastinit
from fastinit import checks
from fastinit.keras.signal.watch import floats_in, replaced

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Loss: TypeAlias = str | Callable[[Any, Any], Any]  # a keras.Loss is a function too


def check_loss(model: keras.Layer, y: Any, loss: Loss | None) -> None:
    """Checks that targets and a loss are given together, or neither.

    Raises:
        ValueError: One is given without the other.
    """
    if y is None and loss is not None:
        raise ValueError(checks.text("y", "be given with `loss`", None, "pass the targets"))
    if y is not None and loss is None and not getattr(model, "compiled", False):
        remedy = 'pass one, such as loss="mse", or compile the model'
        raise ValueError(checks.text("loss", "be given with `y` for a model that is not compiled", None, remedy))


def own_loss_unbuilt(model: keras.Layer) -> AbstractContextManager[None]:
    """Replaces a compiled loss that is not built yet by an equal one for a `with` block.

    The loss must stay unbuilt: `fit` builds it with the names of outputs, and on PyTorch draws random numbers then.
    """
    own = getattr(model, "_compile_loss", None)
    if own is None or own.built:
        return nullcontext()
    same = type(own)(own._user_loss, own._user_loss_weights, own.reduction, own.output_names)
    return replaced(model, "_compile_loss", same)


def loss_of(model: keras.Layer, x: Any, y: Any, output: Any, loss: Loss | None) -> tuple[Any, str]:
    """Returns the loss, a number, and a description of it.

    With `loss` it is the mean of `loss(y, output)`. With targets alone it is the loss that the model was compiled with,
    plus the losses that its layers add. Without targets it is a sum of the output's elements with random weights, whose
    gradients show only how they grow with depth.
    """
    if y is None:
        return _projection(output), "a random projection of the output"
    y = keras.tree.map_structure(keras.ops.convert_to_tensor, y)
    if loss is not None:
        return keras.ops.mean(keras.losses.get(loss)(y, output)), "loss"
    return model.compute_loss(x=x, y=y, y_pred=output), "the loss that the model was compiled with"


def _projection(output: Any) -> Any:
    total = keras.ops.zeros((), "float32")
    for number, tensor in enumerate(floats_in(output)):
        weights = fastinit.normal(tuple(tensor.shape), seed=0, stream=f"probe.{number}")
        part = keras.ops.sum(keras.ops.cast(tensor, "float32") * keras.ops.convert_to_tensor(weights))
        total = total + part / math.sqrt(max(weights.size, 1))
    return total
