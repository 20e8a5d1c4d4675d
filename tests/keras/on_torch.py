"""Keras on PyTorch: devices, and the compiler."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import fastinit
import fastinit.keras
import fastinit.torch

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


@pytest.mark.filterwarnings("error")
def test_a_probe_measures_what_that_of_pytorch_does() -> None:
    layers = [keras.layers.Dense(8, "relu", name=f"layer_{number}") for number in range(3)]
    model = keras.Sequential([keras.Input((8,)), *layers])
    same = torch.nn.Sequential(*(module for _ in layers for module in (torch.nn.Linear(8, 8), torch.nn.ReLU())))
    for layer, linear in zip(layers, same[::2], strict=True):
        linear.load_state_dict({"weight": layer.kernel.value.T, "bias": layer.bias.value})
    batch = fastinit.normal((32, 8), seed=1)
    seen = {stage.name: stage for stage in fastinit.keras.probe(model, batch).stages}
    expected = {stage.name: stage for stage in fastinit.torch.probe(same, torch.from_numpy(batch)).stages}
    for number in range(3):
        ours, theirs = seen[f"layer_{number}"], expected[f"{2 * number + 1}"]
        assert ours.dead == theirs.dead
        assert ours.output.rms == pytest.approx(theirs.output.rms, rel=1e-5)
        assert ours.gradient is not None
        assert theirs.gradient is not None
        assert ours.gradient.rms == pytest.approx(theirs.gradient.rms, rel=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_a_probe_measures_narrow_types_without_a_warning(dtype: str) -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, dtype=dtype, name="layer")])
    report = fastinit.keras.probe(model, fastinit.normal((32, 8), seed=1))
    assert [stage.output.std > 0 for stage in report.stages] == [True, True]
