"""Keras on TensorFlow: graphs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import fastinit
import fastinit.keras
from fastinit import _core
from fastinit.keras.draws import SeededDraw

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPE = (6, 4)
PLAIN = fastinit.keras.RandomNormal(stddev=1.0, seed=7)


@pytest.fixture(autouse=True)
def _autograph_leaves_the_code_alone() -> Iterator[None]:
    """TensorFlow logs what code it cannot turn into a graph; warnings alone would not show it."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    tf.get_logger().addHandler(handler)
    yield
    tf.get_logger().removeHandler(handler)
    messages = [record.getMessage() for record in records]
    assert not [text for text in messages if "AutoGraph" in text]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_graph_holds_the_values_of_an_int_seed(dtype: str, jit_compile: bool) -> None:
    @tf.function(jit_compile=jit_compile)
    def call() -> Any:
        return PLAIN(SHAPE, dtype=dtype)

    assert call().numpy().tobytes() == fastinit.normal(SHAPE, seed=7, dtype=dtype).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float8_e5m2"])
def test_a_graph_draws_from_a_seed_generator_when_it_runs(dtype: str) -> None:
    generator = keras.random.SeedGenerator(2**40 + 5)
    initializer = fastinit.keras.RandomNormal(stddev=1.0, seed=generator)

    @tf.function
    def call() -> Any:
        value = initializer(SHAPE, dtype=dtype)
        assert value.shape == SHAPE
        return value

    for stream in range(3):
        expected = fastinit.normal(SHAPE, seed=2**40 + 5, stream=stream, dtype=dtype)
        assert call().numpy().tobytes() == expected.tobytes()
    assert generator.state.numpy().tolist() == [2**40 + 5, 3]


@pytest.mark.parametrize("as_generator", [False, True])
def test_weights_made_in_a_graph(as_generator: bool) -> None:
    seed = keras.random.SeedGenerator(3) if as_generator else 3
    layer = keras.layers.Dense(3, kernel_initializer=fastinit.keras.GlorotNormal(seed=seed))

    @tf.function
    def call(x: Any) -> Any:
        return layer(x)

    assert call(tf.ones((2, 4))).shape == (2, 3)
    expected = fastinit.glorot_normal((4, 3), truncated=True, seed=3)
    np.testing.assert_array_equal(layer.kernel.numpy(), expected)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_the_memory_drawn_is_the_tensors_own(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = []
    array = SeededDraw.array

    def spy(self: SeededDraw, state: Any) -> Any:
        values = array(self, state)
        addresses.append(values.ctypes.data)
        return values

    monkeypatch.setattr(SeededDraw, "array", spy)
    tensor = PLAIN((64, 64), dtype=dtype)
    address, *_ = _core.dlpack_view(tf.experimental.dlpack.to_dlpack(tensor))
    assert [address] == addresses
    assert address % 64 == 0


def test_weights_under_a_strategy() -> None:
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        layer = keras.layers.Dense(3, kernel_initializer=fastinit.keras.HeUniform(seed=1))
        layer.build((None, 4))
    np.testing.assert_array_equal(layer.kernel.numpy(), fastinit.he_uniform((4, 3), seed=1))


def test_there_are_no_layouts() -> None:
    with pytest.raises(ValueError, match="`layout` must be None on Keras's tensorflow backend, got 'rows'"):
        PLAIN(SHAPE, layout="rows")
