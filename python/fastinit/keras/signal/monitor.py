"""`Monitor`: what a probe measures, through training, before the steps that are due."""

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
    """Probes a model while `fit` trains it, before one step in `every`, and writes what it finds.

    It probes a batch of its own, since Keras shows callbacks none, with the loss that the model was compiled with. As
    this batch stays the same, what changes in the records is the model alone. Training takes the same values to the bit
    with a monitor and without. Steps are counted by the optimizer, so that a resumed run goes on counting.

    Args:
        x: A batch, as the model is called with it.
        y: Its targets; None for gradients of a random projection of the output.
        every: One step in so many is due, and the first. Steps that Keras runs as one (`steps_per_execution`) are not
            parted.
        to: Where records go, opened when training begins: a path that ends in ".jsonl", for JSON lines, to which a
            resumed run adds; any other path, for a folder of TensorBoard's; a function of a `fastinit.signal.Record`,
            such as the `append` of a list; or a list of these.
        modules: Patterns such as "encoder.*" for the names of the layers to write, with all their weights. None for
            the chain of layers, what findings name, and the weights of two or more dimensions.

    Attributes:
        record: The last record; None before the first.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: An argument is out of range. An OSError, when training begins, where a file cannot be opened.

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
        self._done = self._in_epoch = 0  # steps before this epoch, and in it
        self._due = 0

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        """Opens what is written to, and asks the optimizer how many steps it has made."""
        self.on_train_end()  # of training that an error ended
        self._done = self._due = int(backends.array_of(self.model.optimizer.iterations.value))
        self._in_epoch = 0
        self._writer = writer_of(self._to)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Counts on from the last epoch."""
        self._done, self._in_epoch = self._done + self._in_epoch, 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Probes the model if the step is due."""
        step = self._done + batch
        if step < self._due or self._writer is None:
            return
        self._due = (step // self._every + 1) * self._every
        # Only now: Keras's JAX backend brings the model up to date when a callback asks for it.
        self.record = record_of(probe(self.model, *self._batch), step, time.time(), self._modules)
        self._writer.write(self.record)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Counts the steps of the epoch."""
        self._in_epoch = batch + 1

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        """Closes what was written to."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
