"""Models with fastinit's initializers. `test_keras.py` runs this file on each backend that trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

import fastinit
import fastinit.keras

if TYPE_CHECKING:
    from pathlib import Path


def small_model() -> Any:
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(
                64,
                activation="relu",
                kernel_initializer=fastinit.keras.GlorotNormal(),
                bias_initializer=fastinit.keras.Constant(0.1),
            ),
            keras.layers.Dense(1, kernel_initializer=fastinit.keras.LecunUniform(seed=4)),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def toy_data() -> tuple[Any, Any]:
    x = np.random.default_rng(1).normal(size=(256, 8)).astype(np.float32)
    return x, np.sin(x[:, :1]) + 0.5 * x[:, 1:2]


def test_a_model_trains_and_is_saved_and_loaded(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = small_model()
    np.testing.assert_array_equal(model.layers[0].bias.numpy(), np.full(64, 0.1, np.float32))
    x, y = toy_data()
    history = model.fit(x, y, epochs=5, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    first, last = loaded.layers
    assert type(first.kernel_initializer) is fastinit.keras.GlorotNormal
    assert type(first.bias_initializer) is fastinit.keras.Constant
    assert type(last.kernel_initializer) is fastinit.keras.LecunUniform
    assert last.kernel_initializer.seed == 4


def test_a_cloned_model_starts_from_the_same_weights() -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, kernel_initializer=fastinit.keras.HeNormal(3))])
    copy = keras.models.clone_model(model)
    np.testing.assert_array_equal(copy.layers[0].kernel.numpy(), model.layers[0].kernel.numpy())


@pytest.mark.parametrize(
    ("layer", "shape", "weight", "expected"),
    [
        (
            keras.layers.Conv2D(6, 3, kernel_initializer=fastinit.keras.HeNormal(seed=1)),
            (None, 8, 8, 4),
            "kernel",
            lambda: fastinit.he_normal((3, 3, 4, 6), truncated=True, seed=1),
        ),
        (
            keras.layers.Embedding(50, 6, embeddings_initializer=fastinit.keras.RandomUniform(seed=1)),
            (None, 5),
            "embeddings",
            lambda: fastinit.uniform((50, 6), low=-0.05, high=0.05, seed=1),
        ),
        (
            keras.layers.SimpleRNN(6, recurrent_initializer=fastinit.keras.Orthogonal(seed=1)),
            (None, 5, 4),
            "cell.recurrent_kernel",
            lambda: fastinit.orthogonal((6, 6), seed=1),
        ),
        (
            keras.layers.Dense(6, dtype="mixed_float16", kernel_initializer=fastinit.keras.GlorotUniform(1)),
            (None, 4),
            "kernel",
            lambda: fastinit.glorot_uniform((4, 6), seed=1),
        ),
        (
            keras.layers.Dense(6, dtype="bfloat16", kernel_initializer=fastinit.keras.GlorotUniform(1)),
            (None, 4),
            "kernel",
            lambda: fastinit.glorot_uniform((4, 6), seed=1, dtype="bfloat16"),
        ),
    ],
)
def test_weights_of_layers(layer: Any, shape: Any, weight: str, expected: Any) -> None:
    layer.build(shape)
    variable = layer
    for name in weight.split("."):
        variable = getattr(variable, name)
    seen = np.asarray(keras.ops.convert_to_numpy(variable.value))
    assert seen.tobytes() == expected().tobytes()
    assert seen.shape == expected().shape


def test_mixed_precision_computes_in_float16_with_weights_of_float32() -> None:
    layer = keras.layers.Dense(3, dtype="mixed_float16", kernel_initializer=fastinit.keras.HeNormal())
    result = layer(np.ones((2, 4), np.float32))
    assert keras.backend.standardize_dtype(layer.kernel.dtype) == "float32"
    assert keras.backend.standardize_dtype(result.dtype) == "float16"


class Lazy(keras.Model):
    """Makes its layers' weights when it is called, also where Keras only wants to know shapes."""

    def __init__(self, seed: Any) -> None:
        super().__init__()
        self.inner = keras.layers.Dense(3, kernel_initializer=fastinit.keras.GlorotNormal(seed=seed))

    def call(self, inputs: Any) -> Any:
        return self.inner(inputs)


@pytest.mark.parametrize("as_generator", [False, True])
def test_weights_made_while_keras_infers_shapes(as_generator: bool) -> None:
    seed = keras.random.SeedGenerator(3) if as_generator else 3
    model = Lazy(seed)
    assert model(keras.Input((4,))).shape == (None, 3)
    expected = fastinit.glorot_normal((4, 3), truncated=True, seed=3)
    np.testing.assert_array_equal(model.inner.kernel.numpy(), expected)
    if as_generator:
        assert keras.ops.convert_to_numpy(seed.state).tolist() == [3, 1]
