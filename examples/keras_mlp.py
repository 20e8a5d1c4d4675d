"""Dense layers of 64 rectifiers with Glorot weights and zero biases, as many a Keras model begins: do they suit?

    KERAS_BACKEND=jax python examples/keras_mlp.py

One batch tells before any training: two layers pass their signal on, in twelve it vanishes, and He's weights mend that.
Then both networks of twelve layers are trained. A monitor writes what happens on the way to keras-glorot.jsonl and
keras-he.jsonl, with a picture of each, in the folder that is the argument or else in a temporary one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import keras

import fastinit
from fastinit import keras as initializers
from fastinit.signal import plot_records, read_records

CLASSES, FEATURES, SAMPLES = 4, 32, 1024


def new_model(depth: int, initializer: type[keras.initializers.Initializer]) -> keras.Model:
    """Returns a classifier with `depth` hidden layers, compiled."""
    hidden = [
        keras.layers.Dense(
            64, activation="relu", kernel_initializer=initializer(seed), bias_initializer="zeros", name=f"hidden_{seed}"
        )
        for seed in range(depth)
    ]
    head = keras.layers.Dense(CLASSES, kernel_initializer=initializer(depth), name="head")
    model = keras.Sequential([keras.Input((FEATURES,)), *hidden, head])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    return model


def main(folder: Path) -> None:
    """Probes the networks, trains two of them, and writes records and pictures."""
    x = fastinit.normal((SAMPLES, FEATURES), seed=1)
    y = (x @ fastinit.normal((FEATURES, CLASSES), seed=2)).argmax(1)
    starts = {"Glorot": initializers.GlorotNormal, "He": initializers.HeNormal}
    for depth, name in ((2, "Glorot"), (12, "Glorot"), (12, "He")):
        report = initializers.probe(new_model(depth, starts[name]), x[:256], y[:256])
        print(f"{name}, {depth} hidden layers: {report.verdict}")
    for name, initializer in starts.items():
        path = folder / f"keras-{name.lower()}.jsonl"
        model = new_model(12, initializer)
        monitor = initializers.Monitor(x[:256], y[:256], every=40, to=path)
        history = model.fit(x, y, batch_size=64, epochs=10, shuffle=False, verbose=0, callbacks=[monitor]).history
        plot_records(read_records(path), path.with_suffix(".png"))
        verdict = monitor.record.verdict.partition(";")[0]
        print(f"{name}: loss {history['loss'][-1]:.3f}, accuracy {history['accuracy'][-1]:.2f}; at the end {verdict}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
