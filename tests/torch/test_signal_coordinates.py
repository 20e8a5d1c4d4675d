"""`coordinate_check`: the standard parametrisation fails it and muP passes, and what may be given."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn

from fastinit.torch import build, coordinate_check, init_model

pytestmark = pytest.mark.torch

TOKENS, BASE = 16, 64
INPUTS = torch.arange(TOKENS).repeat(4)
BATCHES = [(INPUTS, (INPUTS * 7 + 3) % TOKENS)]
WIDTHS = (32, 64, 128, 256)
RATE = 0.01


class Residual(nn.Module):
    """Residual layers between an embedding and a head, as the preset mup wants them named."""

    def __init__(self, width: int, *, is_mup: bool) -> None:
        super().__init__()
        self.config = SimpleNamespace(hidden_size=width, initializer_range=0.125)
        self.embed = nn.Embedding(TOKENS, width)
        self.layers = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(2))
        self.lm_head = nn.Linear(width, TOKENS, bias=False)
        self.multiplier = BASE / width if is_mup else 1.0

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        value = self.embed(tokens)
        for layer in self.layers:
            value = value + torch.relu(layer(value))
        return self.lm_head(value) * self.multiplier


def standard(width: int) -> nn.Module:
    return Residual(width, is_mup=False)


def mup(width: int) -> nn.Module:
    return Residual(width, is_mup=True)


def one_rate(model: nn.Module, _width: int) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=RATE)


def mup_rates(model: nn.Module, width: int) -> torch.optim.Optimizer:
    """Table 8 of Tensor programs V: hidden layers have the rate times base width over width."""
    hidden = [*model.layers.parameters()]
    others = [*model.embed.parameters(), *model.lm_head.parameters()]
    return torch.optim.Adam([{"params": hidden, "lr": RATE * BASE / width}, {"params": others, "lr": RATE}])


def check(make: Any = standard, **options: Any) -> Any:
    batches = options.pop("batches", BATCHES)
    return coordinate_check(make, options.pop("widths", WIDTHS), batches, **{"optimizer": one_rate, **options})


# The preset's own base width is 256, and its std there the configuration's; this one's widths are about 64.
MUP = [
    {"match": ["embed.*", "lm_head.*"], "init": "normal", "std": "config.initializer_range"},
    {"match": "*", "init": "normal", "std": f"config.initializer_range * sqrt({BASE} / width)"},
]


def test_the_standard_parametrisation_grows_with_width_once_it_has_learnt() -> None:
    found = check()
    assert found.verdict.startswith("growing with width: as width^")
    assert found.findings[0].where in ("layers.0", "(output)")
    assert all(abs(slopes[0].value) < 0.1 for slopes in found.slopes.values())  # at the start it is flat
    assert "seen from step 1 on" in found.verdict


@pytest.mark.parametrize("rules", ["mup", MUP])
def test_mup_with_its_rates_is_healthy(rules: Any) -> None:
    found = check(mup, rules=rules, optimizer=mup_rates)
    assert found.is_healthy, found.verdict
    output = found.slopes["(output)"]
    assert output[0].value == pytest.approx(-0.5, abs=0.15)  # which goes towards 0 as the model learns
    assert output[-1].value > output[0].value + 0.1


def test_mup_without_its_rates_is_not() -> None:
    assert check(mup, rules="mup").findings[0].kind == "growing with width"


def test_weights_that_are_too_small_in_wide_models_vanish() -> None:
    rules = [
        {"match": "embed.*", "init": "normal", "std": 1.0},
        {"match": "*", "init": "normal", "std": "1 / fan_in"},
    ]
    found = check(rules=rules, optimizer=lambda model, width: torch.optim.Adam(model.parameters(), lr=0.01 / width))
    assert found.findings[0].kind == "vanishing with width"
    assert found.findings[0].where == "layers.0"
    assert found.slopes["layers.0"][0].value == pytest.approx(-0.5, abs=0.1)


def test_what_overflows_is_non_finite_at_its_layer_and_width() -> None:
    rules = [{"match": "layers.1.*", "init": "constant", "value": "1e36 * shape[0]"}]
    found = check(rules=rules, steps=1)
    assert found.verdict.startswith("non-finite at layers.1 at the start, at width ")


def test_sizes_are_those_of_the_layers_before_and_after_each_step() -> None:
    found = check(widths=(8, 32), seeds=[3], steps=2)
    model = build(lambda: standard(8), seed=3)
    optimizer = one_rate(model, 8)
    expected = []
    for _ in range(3):
        output = model(INPUTS)
        expected.append(output.detach().square().mean().sqrt().item())
        model.zero_grad()
        nn.functional.cross_entropy(output, BATCHES[0][1]).backward()
        optimizer.step()
    (layer,) = (each for each in found.layers if each.name == "(output)")
    assert layer.sizes[0][0] == pytest.approx(expected, rel=1e-6)
    assert [each.name for each in found.layers] == ["embed", "layers.0", "layers.1", "lm_head", "(output)"]
    assert [each.is_wide for each in found.layers] == [True, True, True, False, False]


def dropped(width: int) -> nn.Module:
    return nn.Sequential(nn.Embedding(TOKENS, width), nn.Dropout(0.5), nn.Linear(width, TOKENS))


def test_the_result_is_the_same_to_the_bit_and_leaves_the_random_state() -> None:
    first = check(dropped, widths=(8, 16), steps=2)
    torch.rand(1)
    state = torch.get_rng_state()
    assert check(dropped, widths=(16, 8), steps=2) == first
    assert torch.equal(state, torch.get_rng_state())


def test_own_is_what_the_constructors_do_with_each_seed() -> None:
    found = check(widths=(8, 16), steps=1, seeds=[4])
    drawn = init_model(standard(8), seed=4)
    expected = drawn.embed(INPUTS).detach().square().mean().sqrt().item()
    assert found.layers[0].sizes[0][0][0] == pytest.approx(expected, rel=1e-6)


def test_without_an_optimizer_it_is_adam_at_one_rate() -> None:
    adam = check(widths=(8, 16), steps=1, optimizer=lambda model, _: torch.optim.Adam(model.parameters(), lr=1e-3))
    assert check(widths=(8, 16), steps=1, optimizer=None) == adam


class Deeper(nn.Sequential):
    def __init__(self, width: int) -> None:
        hidden = (nn.Linear(width, width) for _ in range(width // 8))
        super().__init__(nn.Embedding(TOKENS, width), *hidden, nn.Linear(width, TOKENS))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"make": standard(8)}, TypeError, "`build_of_width` must be a function of a width"),
        ({"make": Deeper}, ValueError, "`build_of_width` must make models with the same layers at every width"),
        ({"make": lambda _: standard(8)}, ValueError, "`build_of_width` must make wider models"),
        ({"widths": (8,)}, ValueError, r"`widths` must be two different ints at least, got \(8,\)"),
        ({"widths": (8, 8)}, ValueError, "`widths` must be two different ints at least"),
        ({"widths": 8}, TypeError, "`widths` must be two different ints at least"),
        ({"widths": (8, 0)}, ValueError, "`widths` must be an int in"),
        ({"rules": "mupp"}, ValueError, "`rules` must be .*did you mean 'mup'"),
        ({"optimizer": torch.optim.Adam}, TypeError, "`optimizer` must be a function of the model and its width"),
        ({"optimizer": lambda *_: None}, TypeError, "`optimizer` must return a torch.optim.Optimizer"),
        ({"batches": [INPUTS]}, ValueError, "`batches` must have targets"),
        ({"seeds": ()}, ValueError, "`seeds` must be different ints"),
        ({"steps": math.pi}, TypeError, "`steps` must be an int"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check(**{"widths": (8, 16), "steps": 1, "seeds": [0], **options})
