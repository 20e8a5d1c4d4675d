"""Every public name once, with the least that it takes. A new name without an entry here fails."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import fastinit
from fastinit import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RECIPE = """
seed = 1
dtype = "float32"
layout = "torch"

[tensors]
"w" = [4, 3]

[[rule]]
match = "*"
init = "he_normal"
"""
SHAPED = [
    "delta_orthogonal",
    "dirac",
    "glorot_normal",
    "glorot_uniform",
    "hadamard_identity",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "ramp",
    "random_bits",
    "sincos",
    "triangular",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
ARRAYS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(SHAPED, lambda function: function((3, 4, 4))),
    "Generator": lambda generator: generator(1),
    "Shard": lambda shard: fastinit.zeros(4, shard=shard(0, 1, 2)),
    "__version__": lambda version: version,
    "build_info": lambda function: function(),
    "compute_fans": lambda function: function((3, 4)),
    "constant": lambda function: function(3, 0.5),
    "delta": lambda function: function(3, place=1),
    "gain": lambda function: function("relu"),
    "get_default_layout": lambda function: function(),
    "get_num_threads": lambda function: function(),
    "hadamard": lambda function: function((3, 4)),
    "identity": lambda function: function((3, 4)),
    "manual_seed": lambda function: function(1),
    "modulo": lambda function: function(3, divisor=2),
    "set_default_layout": lambda function: function("torch") or 1,
    "set_num_threads": lambda function: function(1) or 1,
    "sincos_2d": lambda function: function((4, 4), grid=(2, 2)),
    "sparse": lambda function: function((3, 4), sparsity=0.5),
}


@pytest.mark.parametrize("name", fastinit.__all__)
def test_arrays(name: str) -> None:
    assert ARRAYS.keys() == set(fastinit.__all__)
    assert ARRAYS[name](getattr(fastinit, name)) is not None or name == "manual_seed"


class _Used:
    """A module that knows which of its names were asked for."""

    def __init__(self, module: Any) -> None:
        self.module, self.names = module, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(self.module, name)


def test_checkpoint(tmp_path: Path) -> None:
    used, out = _Used(checkpoint), tmp_path / "out"
    (tmp_path / "r.toml").write_text(RECIPE)
    recipe = used.parse_recipe(RECIPE)
    assert isinstance(recipe, used.Recipe)
    assert used.load_recipe(tmp_path / "r.toml").tensors == recipe.tensors
    plan = used.make_plan(recipe)
    assert isinstance(plan, used.Plan)
    assert isinstance(plan.shards[0], used.Shard)
    assert isinstance(plan.shards[0].tensors[0], used.PlannedTensor)
    used.write(plan, out)
    found = used.verify(out)
    assert isinstance(found, used.Verification)
    (out / "model.safetensors").write_bytes((out / "model.safetensors").read_bytes()[:-1] + b"\1")
    assert isinstance(used.verify(out).mismatch, used.Mismatch)
    stats = used.tensor_stats(out)
    assert isinstance(stats, used.CheckpointStats)
    assert isinstance(stats.tensors[0], used.TensorStats)
    with used.open(out) as handle:
        assert isinstance(handle, used.Handle)
        with pytest.raises(used.UnknownTensorError):
            handle.get_tensor("v")
    with pytest.warns(UserWarning, match="names alone decide for all tensors"):
        assert used.recipe_from_checkpoint(out).tensors
    (saved,) = used.save_recipe(recipe, tmp_path / "saved.toml")
    assert saved.read_text() == recipe.text
    with pytest.raises(used.RecipeError):
        used.parse_recipe("seed")
    with pytest.raises(used.CheckpointError):
        used.verify(tmp_path)
    # Both need an extra; tests/checkpoint/test_stats_plot.py and tests/sources/test_huggingface.py call them.
    assert all(map(callable, (used.plot_stats, used.recipe_from_config)))
    assert used.names == set(checkpoint.__all__)


TORCH_NEW = [
    "constant",
    "dirac",
    "eye",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "orthogonal",
    "sparse",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
]
TORCH_IN_PLACE = [f"{name}_" for name in (*TORCH_NEW, "trunc_normal", "ones", "zeros")]
NEEDED = {"constant": {"val": 0.5}, "sparse": {"sparsity": 0.5}}


@pytest.mark.torch
def test_torch() -> None:
    torch = pytest.importorskip("torch")
    names = importlib.import_module("fastinit.torch")
    others = {"Report", "accelerate", "build", "by_name", "calculate_gain", "init_model", "report"}
    signal = {"Calibration", "Monitor", "calibrate", "compare", "coordinate_check", "probe", "random_inputs"}
    assert {*TORCH_NEW, *TORCH_IN_PLACE, *others, *signal} == set(names.__all__)
    for name in (*TORCH_NEW, *TORCH_IN_PLACE):
        weight = torch.empty((3, 4, 4) if name.startswith("dirac") else (3, 4))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # PyTorch's, of names without an underscore
            assert getattr(names, name)(weight, **NEEDED.get(name.rstrip("_"), {})) is weight
    model = torch.nn.Linear(3, 4)
    names.init_model(model, seed=1)
    with names.by_name(seed=1):
        same = torch.nn.Linear(3, 4)
    assert torch.equal(same.weight, names.build(lambda: torch.nn.Linear(3, 4), seed=1).weight)
    assert isinstance(names.report(model), names.Report)
    with names.accelerate():
        torch.nn.init.normal_(model.weight)
    assert names.calculate_gain("relu") == 2**0.5


def test_signal() -> None:
    torch = pytest.importorskip("torch")
    names = importlib.import_module("fastinit.torch")
    model, batch = torch.nn.Linear(3, 3), (torch.eye(3), torch.tensor([0, 1, 2]))
    assert names.probe(model, batch[0]).is_healthy
    assert names.compare(model, [batch], ["own"], steps=1).best == "own"
    assert isinstance(names.calibrate(model, batch[0]), names.Calibration)
    records: list[Any] = []
    with names.Monitor(model, to=records.append):
        model(batch[0]).sum().backward()
    assert len(records) == 1

    def of_width(width: int) -> Any:
        return torch.nn.Sequential(torch.nn.Linear(3, width), torch.nn.Linear(width, 3))

    assert names.coordinate_check(of_width, (4, 8), [batch]).widths == (4, 8)
    if importlib.util.find_spec("transformers"):
        from transformers import GPT2Config, GPT2Model

        gpt2 = GPT2Model(GPT2Config(n_layer=1, n_embd=4, n_head=1))
        assert names.random_inputs(gpt2)["input_ids"].shape == (8, 64)


JAX: dict[str, tuple[Any, ...]] = dict.fromkeys(
    [
        "delta_orthogonal",
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
        "kaiming_normal",
        "kaiming_uniform",
        "lecun_normal",
        "lecun_uniform",
        "normal",
        "orthogonal",
        "truncated_normal",
        "uniform",
        "xavier_normal",
        "xavier_uniform",
    ],
    (),
) | {"constant": (0.5,), "variance_scaling": (1.0, "fan_in", "normal")}


@pytest.mark.jax
def test_jax() -> None:
    jax = pytest.importorskip("jax")
    names = importlib.import_module("fastinit.jax")
    assert {*JAX, "Initializer", "make", "ones", "zeros"} == set(names.__all__)
    key, shape = jax.random.key(1), (3, 4, 4)
    for name, arguments in JAX.items():
        initializer = getattr(names, name)(*arguments)
        assert initializer(key, shape).shape == shape, name
    assert names.ones(key, shape).shape == names.zeros(key, shape).shape == shape
    place = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    assert names.make(shape, place, init="he_normal", seed=1).shape == shape


# Keras chooses its backend when it is imported, for the whole process.
KERAS = """
import keras
import numpy
import fastinit.keras as names

generic = {"Initializer", "serialize", "deserialize", "get", "Monitor", "compare", "probe"}
model, x, y = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), numpy.ones((4, 3)), numpy.zeros((4, 2))
model.compile("sgd", "mse")
assert names.probe(model, x, y).is_healthy
assert names.compare(model, [(x, y)], ["own"], steps=1).best == "own"
records = []
model.fit(x, y, verbose=0, callbacks=[names.Monitor(x, y, to=records.append)])
assert len(records) == 1
for name in set(names.__all__) - generic:
    shape = (5, 1, 7) if "stft" in name.lower() else (3, 4)
    made = getattr(names, name)()
    assert tuple(made(shape).shape) == shape, name
    assert isinstance(names.deserialize(names.serialize(made)), type(made)), name
    assert names.get(made) is made, name
    assert issubclass(type(made), names.Initializer | keras.Initializer), name
print(len(names.__all__))
"""


@pytest.mark.keras
def test_keras() -> None:
    for name in ("keras", "torch"):
        if not importlib.util.find_spec(name):
            pytest.skip(f"could not import {name!r}")
    done = subprocess.run(
        [sys.executable, "-c", KERAS],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30
