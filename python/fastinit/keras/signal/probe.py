"""`probe` runs one batch through a Keras model and back, and measures every layer."""

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
    """Runs a batch through a model and back, and reports how activations and gradients change from layer to layer.

    The probe works in the same way on Keras's JAX, PyTorch and TensorFlow backends; its NumPy backend has no gradients.
    The model does not change: weights, statistics of batch norms, seed generators, metrics and the optimizer stay as
    they were. Layers run uncompiled. Each tensor is measured when it is computed, and is not kept; the gradients of all
    weights are in memory at once.

    If a layer returns several tensors, the first floating one is measured. If an activation function is a layer's
    argument, as in `Dense(64, activation="relu")`, the layer's row shows the share of its units that are dead.
    Functions that a layer's own code calls, such as `keras.ops.relu`, have no row.

    Args:
        model: A model or a layer whose weights exist.
        x: A batch in the form that the model is called with: an array, or a list or dict of arrays.
        y: The targets of the batch; None for gradients without a loss.
        loss: A name, a `keras.losses.Loss`, or a function of the targets and the output. None with `y` means the loss
            that the model was compiled with. None without `y` means a random projection of the output, whose gradients
            show only how they grow with depth.
        training: Whether layers run in training mode: dropout drops, and batch norms use the batch's own statistics.
        title: The title of tables and pictures; None for the model's name.

    Returns:
        The report: `print` it, `report.verdict`, `report.assert_healthy()`, `report.plot("probe.svg")`.

    Raises:
        TypeError: `model` is not a layer.
        ValueError: The model has no weights yet, or targets and a loss are not given together. Errors of the model's
            own code are not caught; the model does not change then either.

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
        # Values that the model assigns to variables stay in this scope, and are dropped with it.
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
