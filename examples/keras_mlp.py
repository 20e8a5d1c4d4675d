"""Keras's default is Glorot weights and zero biases: does it suit layers of 64 rectifiers?

    KERAS_BACKEND=torch python examples/keras_mlp.py --out records

One batch shows it before any training: two layers pass the signal on, twelve layers lose it, and with He's weights
twelve layers keep it. Then both networks of twelve layers are trained. With `--out`, a monitor records their training
in the files keras-glorot.jsonl and keras-he.jsonl of that folder, with a picture of each.
"""

from __future__ import annotations

import argparse
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


def show(folder: Path, epochs: int) -> None:
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
        history = model.fit(x, y, batch_size=64, epochs=epochs, shuffle=False, verbose=0, callbacks=[monitor]).history
        plot_records(read_records(path), path.with_suffix(".png"))
        verdict = monitor.record.verdict.partition(";")[0]
        print(f"{name}: loss {history['loss'][-1]:.3f}, accuracy {history['accuracy'][-1]:.2f}; at the end {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="DIR", help="the folder for records and pictures (default: none)")
    parser.add_argument("--epochs", type=int, default=10, help="epochs of training (default: 10)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        show(folder, arguments.epochs)
    if arguments.out:
        print(f"Records and pictures are in {arguments.out}")


if __name__ == "__main__":
    main()
