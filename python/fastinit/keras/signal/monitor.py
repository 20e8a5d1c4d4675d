"""`Monitor` probes a Keras model during training, before every n-th step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import keras

from fastinit import checks
from fastinit.keras import backends
from fastinit.keras.signal.probe import probe
from fastinit.signal.records import record_of
from fastinit.signal.writers import writer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.signal.records import Record
    from fastinit.signal.writers import To, Writer


class Monitor(keras.callbacks.Callback):
    """Probes a model while `fit` trains it, before one step in `every`, and writes the measurements.

    The monitor probes its own batch, because Keras does not show batches to callbacks, with the loss that the model was
    compiled with. The batch stays the same, so changes in the records come from the model alone. Training gives the
    same values to the bit with and without a monitor. The optimizer counts the steps, so a resumed run continues the
    count.

    Args:
        x: A batch in the form that the model is called with.
        y: The targets of the batch; None for gradients of a random projection of the output.
        every: The model is probed before the first step, and then once in so many steps. Steps that Keras runs together
            (`steps_per_execution`) are not split.
        to: Where records are written, opened when training begins. A path that ends in ".jsonl" is for JSON lines, to
            which a resumed run appends. Any other path is a folder for TensorBoard. It may also be a function that
            takes a `fastinit.signal.Record`, such as the `append` of a list, or a list of these.
        modules: Patterns such as "encoder.*" for the names of the layers to write, with all their weights. None for the
            chain of layers, the layers that findings name, and the weights of two or more dimensions.

    Attributes:
        record: The last record; None before the first.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of range.
        OSError: A file cannot be opened when training begins.

    Example:
        >>> import fastinit
        >>> x = fastinit.normal((100, 8), seed=1)
        >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1, name="head")])
        >>> model.compile("sgd", "mean_squared_error")
        >>> records = []
        >>> monitor = Monitor(x[:32], x[:32, :1], every=10, to=records.append)
        >>> _ = model.fit(x, x[:, :1], batch_size=4, callbacks=[monitor], verbose=0)
        >>> [record.step for record in records]
        [0, 10, 20]
        >>> list(records[0].figures["weights"])
        ['head.kernel']
    """

    record: Record | None = None

    def __init__(
        self, x: Any, y: Any = None, *, every: int = 50, to: To, modules: str | Sequence[str] | None = None
    ) -> None:
        super().__init__()
        self._batch = (x, y)
        self._every = checks.integer("every", every, 1, 2**63 - 1)
        self._to = to
        self._modules = [modules] if isinstance(modules, str) else modules
        self._writer: Writer | None = None
        self._done = self._in_epoch = 0  # the numbers of steps before this epoch and in it
        self._due = 0

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        """Opens the outputs, and asks the optimizer how many steps it has made."""
        self.on_train_end()  # closes the outputs of earlier training that ended with an error
        self._done = self._due = int(backends.array_of(self.model.optimizer.iterations.value))
        self._in_epoch = 0
        self._writer = writer_of(self._to)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Adds the steps of the last epoch to the count."""
        self._done, self._in_epoch = self._done + self._in_epoch, 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Probes the model if the step is due."""
        step = self._done + batch
        if step < self._due or self._writer is None:
            return
        self._due = (step // self._every + 1) * self._every
        # Keras's JAX backend updates the model when a callback reads `self.model`, so it must be read just here.
        self.record = record_of(probe(self.model, *self._batch), step, time.time(), self._modules)
        self._writer.write(self.record)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Counts the steps of the epoch."""
        self._in_epoch = batch + 1

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        """Closes the outputs."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
