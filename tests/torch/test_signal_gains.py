"""`calibrate(method="gains")`: scales from the activations that layers read, and from no number of the batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional

import fastinit
from fastinit.torch import calibrate
from fastinit.torch.signal.feeders import Feeders
from fastinit.torch.signal.layers import fan_in_of, layers_of
from fastinit.torch.signal.rescaling import run
from fastinit.torch.state import targets_of
from tests.torch.networks import Block, Gated, chain, image_network, normals

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastinit.torch.signal.feeders import Feeder

pytestmark = pytest.mark.torch

NAMES = ("relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "sigmoid", "tanh")
OTHERS = ("logsigmoid", "softsign", "tanhshrink", "softshrink", "hardshrink", "hardswish", "hardsigmoid", "hardtanh")


class Reads(nn.Module):
    """A layer, a function, and a second layer that reads what the function made."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor], width: int = 16, read: int = 16) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(read, width)
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.second(self.function(self.first(x)))
        return output


def feeder(function: Callable[[torch.Tensor], torch.Tensor], read: int = 16) -> Feeder:
    model = Reads(function, read=read)
    layers, _ = layers_of(model, [target for target in targets_of(model) if target.tensor.ndim > 1])
    watcher = Feeders(model, layers)
    run(model, normals(8, 16), layers, {}, beside=watcher)
    return watcher.found["second.weight"]


@pytest.mark.parametrize("name", NAMES + OTHERS)
def test_functions_are_known_by_name_with_the_exact_gain(name: str) -> None:
    found = feeder(getattr(functional, name))
    assert found.gain == pytest.approx(fastinit.gain(name, exact=True), rel=1e-5)
    assert found.name in (name, "log_sigmoid", "hardtanh")


@pytest.mark.parametrize(
    ("function", "gain"),
    [
        (nn.LeakyReLU(0.3), fastinit.gain("leaky_relu", 0.3)),
        (nn.PReLU(init=0.4), fastinit.gain("leaky_relu", 0.4)),
        (nn.ELU(0.5), fastinit.gain("elu", 0.5)),
        (nn.GELU("tanh"), fastinit.gain("gelu_tanh")),
        (nn.ReLU6(), fastinit.gain("relu6")),
        (nn.ReLU(inplace=True), fastinit.gain("relu")),
        (torch.relu, fastinit.gain("relu")),
        (torch.Tensor.tanh, fastinit.gain("tanh", exact=True)),
    ],
)
def test_slopes_bounds_and_other_forms_of_a_function_count(function: Any, gain: float) -> None:
    assert feeder(function).gain == pytest.approx(gain, rel=1e-6)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x.relu().view(2, 4, 16).transpose(0, 1), "relu"),
        (lambda x: functional.dropout(x.relu()).float().contiguous()[:4], "relu"),
        (lambda x: nn.functional.glu(torch.cat([x, x], -1)), "glu"),
        (lambda x: functional.silu(x) * x, "silu"),
        (lambda x: x * functional.gelu(x), "gelu"),
        (lambda x: 2 * functional.silu(x), "mul"),
        (lambda x: functional.silu(x) * (x + 1), "mul"),
        (lambda x: x.relu() + x, "add"),
        (lambda x: x.relu().softmax(-1), "softmax"),
        (nn.LayerNorm(16), "LayerNorm"),
        (lambda x: x, "layer"),
        (lambda x: x.reshape(-1, 8, 2).flatten(1), "layer"),
    ],
)
def test_what_a_layer_reads_is_followed_through_views_and_no_further(function: Any, name: str) -> None:
    found = feeder(function)
    assert found.name == name
    known = {"relu": math.sqrt(2), "glu": fastinit.gain("glu"), "silu": fastinit.gain("silu")}
    assert found.gain == pytest.approx({**known, "gelu": fastinit.gain("gelu")}.get(name, 1.0))


@pytest.mark.parametrize(
    ("make", "shape", "fan_in"),
    [
        (lambda: nn.Linear(12, 30), (500, 12), 12),
        (lambda: nn.Bilinear(12, 5, 30), None, 60),
        (lambda: nn.Conv2d(8, 30, 3), (20, 8, 12, 12), 72),
        (lambda: nn.Conv2d(8, 32, 3, groups=4), (20, 8, 12, 12), 18),
        (lambda: nn.ConvTranspose2d(8, 30, 4), (20, 8, 40, 40), 128),
        (lambda: nn.ConvTranspose2d(8, 30, 4, stride=2), (20, 8, 40, 40), 32),
        (lambda: nn.ConvTranspose2d(8, 32, 4, stride=4, groups=2), (20, 8, 20, 20), 4),
    ],
)
def test_fan_in_is_the_number_of_products_that_an_output_sums(make: Any, shape: Any, fan_in: int) -> None:
    """With weights of variance 1 / fan_in, inputs of variance 1 give outputs of variance 1."""
    model = make()
    assert fan_in_of(model) == fan_in
    batch = (normals(500, 12), normals(500, 5, seed=2)) if shape is None else normals(*shape)
    rules = [{"match": "bias", "init": "zeros"}, {"match": "*", "init": "normal"}]
    (row,) = calibrate(model, batch, init=rules, method="gains").rows
    assert row.std == pytest.approx(fan_in**-0.5, rel=1e-5)
    assert row.output == pytest.approx(1.0, abs=0.12)


def test_the_scale_is_gain_over_the_root_of_fan_in_whatever_the_start() -> None:
    model = nn.Sequential(nn.Linear(16, 128), nn.GELU(), nn.Linear(128, 32), nn.Tanh(), nn.Linear(32, 64))
    wanted = [16**-0.5, fastinit.gain("gelu") * 128**-0.5, fastinit.gain("tanh", exact=True) * 32**-0.5]
    for init in ("orthogonal", "normal", "he", [{"match": "*", "init": "uniform", "low": -1.0, "high": 1.0}]):
        found = calibrate(model, normals(64, 16), init=init, method="gains", target={"2.weight": 3.0})
        assert [row.std for row in found.rows] == pytest.approx([wanted[0], 3 * wanted[1], wanted[2]], rel=1e-5)
        assert [row.input for row in found.rows] == ["input", "gelu", "tanh"]


def test_no_number_of_the_batch_reaches_the_recipe() -> None:
    texts = {
        calibrate(image_network(), 10.0**n * normals(4, 3, 16, 16, seed=n), method="gains").recipe.text
        for n in range(3)
    }
    assert len(texts) == 1


def test_residual_blocks_and_gated_units_name_what_their_layers_read() -> None:
    blocks = calibrate(nn.Sequential(Block(), Gated()), normals(64, 32), method="gains")
    assert [row.input for row in blocks.rows] == ["LayerNorm", "gelu", "add", "add", "silu"]


def test_the_outputs_are_measured_and_near_their_targets() -> None:
    found = calibrate(chain(6, 256, nn.ReLU, bias=False), normals(256, 256), method="gains")
    assert found.rounds == 1
    assert [row.output for row in found.rows] == pytest.approx([1.0] * 6, rel=0.15)
    assert found.rows[5].output_before == pytest.approx(2**-2.5, rel=0.15)
    assert found.verdict.startswith(("drawn by gains: ", "calibrated: "))


def test_activations_of_transformers_that_take_several_steps_are_known() -> None:
    activations = pytest.importorskip("transformers.activations")
    for name in ("gelu_new", "quick_gelu", "gelu_fast", "mish", "gelu_python"):
        found = feeder(activations.ACT2FN[name])
        assert found.gain == pytest.approx(fastinit.gain(name), rel=1e-6), name


def test_layers_of_transformers_are_calibrated_in_their_layout() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(
        n_embd=64, n_layer=2, n_head=4, vocab_size=100, n_positions=32, bos_token_id=0, eos_token_id=0
    )
    batch = {"input_ids": torch.arange(64).reshape(2, 32)}
    found = calibrate(transformers.GPT2LMHeadModel(config).eval(), batch, method="gains", init="normal")
    rows = {row.parameter.removeprefix("transformer."): row for row in found.rows}
    assert rows["h.1.mlp.c_fc.weight"].std == pytest.approx(1 / 8, rel=1e-5)
    assert rows["h.1.mlp.c_proj.weight"].std == pytest.approx(fastinit.gain("gelu_new") / 16, rel=1e-5)
    assert rows["h.1.mlp.c_proj.weight"].input == "gelu_new"
    assert rows["wpe.weight"].note == "a table of embeddings"
    measured = calibrate(transformers.GPT2LMHeadModel(config).eval(), batch)
    assert measured.is_calibrated
    assert measured.rounds <= 2  # the table of tokens is read before the head, which has the same weight
