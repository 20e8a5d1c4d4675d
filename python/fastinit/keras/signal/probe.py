"""`probe`: one batch through a Keras model and back, and what each layer made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from fastinit import checks
from fastinit.keras import backends
from fastinit.keras.signal.losses import check_loss, loss_of, own_loss_unbuilt
from fastinit.keras.signal.watch import Watch
from fastinit.signal.report import ProbeReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.keras.signal.losses import Loss


def probe(
    model: keras.Layer,
    x: Any,
    y: Any = None,
    *,
    loss: Loss | None = None,
    training: bool = True,
    title: str | None = None,
) -> ProbeReport:
    """Runs a batch through a model and back, and reports how activations and gradients fare on their way.

    Works alike on Keras's JAX, PyTorch and TensorFlow backends; on its NumPy backend there are no gradients. Nothing of
    the model changes: weights, statistics of batch norms, seed generators, metrics and the optimizer are as before.
    Layers run uncompiled, each tensor is measured when it passes and is not kept, and the gradients of all weights are
    in memory at once.

    What is measured of an output is its first floating tensor. An activation function that is a layer's argument, as in
    `Dense(64, activation="relu")`, is measured as one: the layer's row has the share of its units that are dead. What a
    layer's own code calls by itself, such as `keras.ops.relu`, has no row.

    Args:
        model: A model, or a layer, that has its weights.
        x: A batch, as the model is called with it: an array, or a list or dict of arrays.
        y: The targets of the batch; None if the gradients are to be of no loss.
        loss: A name, a `keras.losses.Loss` or a function of the targets and the output. None: with `y` the loss that
            the model was compiled with; else a random projection of the output, whose gradients tell growth by depth
            alone.
        training: Whether dropout drops and batch norms take the batch's own statistics.
        title: For tables and pictures; None for the model's name.

    Returns:
        The report: `print` it, `report.verdict`, `report.assert_healthy()`, `report.plot("probe.svg")`.

    Raises:
        TypeError: `model` is no layer.
        ValueError: The model has no weights yet, or there are targets without a loss, or the reverse. What the model's
            own code raises comes through; the model is then as before, too.

    Example:
        >>> import fastinit
        >>> def mlp(initializer):
        ...     layers = [keras.layers.Dense(64, "relu", kernel_initializer=initializer(seed)) for seed in range(10)]
        ...     return keras.Sequential([keras.Input((64,)), *layers])
        >>> x = fastinit.normal((256, 64), seed=1)
        >>> probe(mlp(fastinit.keras.GlorotNormal), x).verdict[:9]
        'vanishing'
        >>> probe(mlp(fastinit.keras.HeNormal), x).verdict[:7]
        'healthy'
    """
    if not isinstance(model, keras.Layer):
        raise TypeError(checks.text("model", "be a keras.Layer or keras.Model", type(model).__name__))
    if not model.built:
        raise ValueError(checks.text("model", "have its weights", model.name, "call it once on a batch first"))
    check_loss(model, y, loss)
    kind = ""

    def run(values: Sequence[Any]) -> Any:
        nonlocal kind
        # Whatever the model assigns goes into the scope, and with it.
        with keras.StatelessScope(list(zip(variables, values, strict=True)), collect_losses=True):
            output = model(x, training=training)
            value, kind = loss_of(model, x, y, output, loss)
        return value

    variables = model.trainable_variables
    with own_loss_unbuilt(model), Watch(model) as watch:
        value, gradients = backends.gradients(run, [variable.value for variable in variables])
    by_variable = {id(variable): gradient for variable, gradient in zip(variables, gradients, strict=True)}
    number = float(backends.array_of(value))
    return ProbeReport(watch.stages(by_variable), title or model.name, kind, number)
