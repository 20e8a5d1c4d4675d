"""Keras on PyTorch: devices, and the compiler."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import fastinit
import fastinit.keras

SHAPE = (6, 4)
PLAIN = fastinit.keras.RandomNormal(stddev=1.0, seed=7)


def test_a_tensor_is_where_keras_makes_them() -> None:
    assert PLAIN(SHAPE).device == keras.ops.zeros(SHAPE).device
    assert not PLAIN(SHAPE).requires_grad


@pytest.mark.filterwarnings("error")
def test_no_warning_of_numpy() -> None:
    """Keras's own conversion to NumPy makes one."""
    fastinit.keras.HeNormal(seed=keras.random.SeedGenerator(5))(SHAPE)


def test_on_the_meta_device_no_seed_generator_moves() -> None:
    generator = keras.random.SeedGenerator(5)
    initializer = fastinit.keras.HeNormal(seed=generator)
    with keras.device("meta"):
        tensor = initializer(SHAPE, dtype="bfloat16")
    assert tensor.is_meta
    assert (tuple(tensor.shape), tensor.dtype) == (SHAPE, torch.bfloat16)
    assert generator.state.value.tolist() == [5, 0]


def test_a_compiled_function_draws_between_its_graphs() -> None:
    @torch.compile(backend="eager")
    def call(x: torch.Tensor) -> torch.Tensor:
        return x + PLAIN(SHAPE)

    expected = fastinit.normal(SHAPE, seed=7)
    np.testing.assert_array_equal(call(torch.zeros(SHAPE)).numpy(), expected)


def test_there_are_no_layouts() -> None:
    with pytest.raises(ValueError, match="`layout` must be None on Keras's torch backend, got 'rows'"):
        PLAIN(SHAPE, layout="rows")
