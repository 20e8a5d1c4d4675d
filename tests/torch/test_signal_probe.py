"""`probe`: models whose answer is known, what is measured of them, and that nothing of them changes."""

from __future__ import annotations

import gc
import math
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit
from fastinit.torch import build, init_model, probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastinit.signal.readings import Stage
    from fastinit.signal.report import ProbeReport

pytestmark = pytest.mark.torch

SAMPLES, WIDTH, DEPTH = 256, 64, 10


def inputs(samples: int = SAMPLES, width: int = WIDTH) -> torch.Tensor:
    return torch.from_numpy(fastinit.normal((samples, width), seed=1))


def network(activation: Callable[[], nn.Module] | None, **rule: Any) -> nn.Module:
    """Ten layers of one width, with zero biases."""
    layers: list[nn.Module] = []
    for _ in range(DEPTH):
        layers.append(nn.Linear(WIDTH, WIDTH))
        layers += [] if activation is None else [activation()]
    rules = [{"match": "*.weight", **rule}, {"match": "*.bias", "init": "zeros"}]
    return init_model(nn.Sequential(*layers), seed=0, recipe=rules)


def stage_of(report: ProbeReport, name: str, call: int = 0) -> Stage:
    return next(stage for stage in report.stages if (stage.name, stage.call) == (name, call))


class Scaled(nn.Module):
    """A layer that multiplies by one number, so that growth is exact."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(factor * torch.eye(4))

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return value @ self.weight


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.0, "healthy"), (1.25, "healthy"), (1.5, "exploding"), (0.5, "vanishing")]
)
def test_a_linear_chain_gives_its_growth_exactly(factor: float, verdict: str) -> None:
    report = probe(nn.Sequential(*(Scaled(factor) for _ in range(DEPTH))), torch.eye(4))
    assert report.verdict.startswith(verdict)
    activations, gradients = report.growths
    assert activations is not None
    assert gradients is not None
    for growth in (activations, gradients):
        assert (growth.low, growth.factor, growth.high) == pytest.approx((factor,) * 3, rel=1e-5)
        assert growth.steps == DEPTH - 1
    for depth, stage in enumerate(report.chain, 1):
        assert stage.output.mean == pytest.approx(factor**depth / 4)
        assert stage.output.std == pytest.approx(factor**depth * math.sqrt(3) / 4)
        assert stage.output.zeros == 0.75


@pytest.mark.parametrize(
    ("activation", "rule", "verdict"),
    [
        (nn.ReLU, {"init": "he_normal"}, "healthy"),
        (nn.ReLU, {"init": "glorot_normal"}, "vanishing, x0.7"),
        (nn.ReLU, {"init": "normal", "std": 1.0}, "exploding, x5."),
        (nn.ReLU, {"init": "normal", "std": 0.01}, "vanishing, x0.05"),
        (nn.ReLU, {"init": "zeros"}, "dead at 0: its output is the same"),
        (nn.ReLU, {"init": "constant", "value": 0.03}, "symmetric at 0"),
        (nn.Tanh, {"init": "glorot_normal"}, "healthy"),
        (nn.Tanh, {"init": "normal", "std": 3.0}, "saturated at 1"),
        (nn.Sigmoid, {"init": "normal", "std": 3.0}, "saturated at 1"),
        (nn.SELU, {"init": "lecun_normal"}, "healthy"),
        (None, {"init": "orthogonal"}, "healthy"),
        (None, {"init": "orthogonal", "gain": 2.0}, "exploding, x2"),
    ],
)
def test_textbook_networks_get_their_verdict(
    activation: Callable[[], nn.Module] | None, rule: dict[str, Any], verdict: str
) -> None:
    assert probe(network(activation, **rule), inputs()).verdict.startswith(verdict)


def test_a_network_that_dies_at_its_seventh_layer_is_told_so() -> None:
    model = network(nn.ReLU, init="he_normal")
    with torch.no_grad():
        model[12].bias.fill_(-100.0)
    report = probe(model, inputs())
    assert report.verdict.startswith("dead at 13: 100 % of its units")
    assert stage_of(report, "13").dead == 1.0
    assert stage_of(report, "11").dead < 0.2


def test_the_share_of_dead_units_is_that_of_units() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    with torch.no_grad():
        model[0].bias[:3] = -100.0
    assert stage_of(probe(model, torch.ones(5, 4).normal_(generator=torch.manual_seed(0))), "1").dead >= 3 / 8


def test_dead_channels_of_images_are_those_that_are_zero_at_every_place() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    with torch.no_grad():
        model[0].weight.copy_(torch.from_numpy(fastinit.normal((8, 3, 3, 3), seed=0)))
        model[0].bias.zero_()
        model[0].bias[:2] = -100.0
    images = torch.from_numpy(fastinit.normal((16, 3, 12, 12), seed=1))
    assert stage_of(probe(model, images), "1").dead == 2 / 8


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_the_module_that_first_is_not_finite_is_named(value: float) -> None:
    class Spoils(nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            return torch.where(torch.arange(WIDTH) == 3, value, hidden)

    model = network(nn.ReLU, init="he_normal")
    model.insert(9, Spoils())
    assert probe(model, inputs()).verdict.startswith(
        f"non-finite at 9: {SAMPLES} values of its output are NaN or infinite"
    )


def test_a_weight_that_is_not_finite_is_named() -> None:
    model = network(nn.ReLU, init="he_normal")
    with torch.no_grad():
        model[8].weight[0, 0] = math.nan
    assert probe(model, inputs()).verdict.startswith("non-finite at 8.weight: 1 values of its weights")


def test_a_gradient_that_is_not_finite_is_named() -> None:
    class Root(nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            return (hidden * 0).sqrt()  # whose slope at zero is infinite

    report = probe(nn.Sequential(nn.Linear(4, 4), Root()), torch.ones(3, 4))
    assert report.findings[0].kind == "non-finite"
    assert "gradient" in report.verdict


def test_what_is_measured_is_what_numpy_measures() -> None:
    model = network(nn.ReLU, init="he_normal")
    kept: dict[str, torch.Tensor] = {}
    for name, module in model.named_children():
        module.register_forward_hook(
            lambda _m, _a, output, name=name: (output.retain_grad(), kept.update({name: output}))[1]
        )
    target = torch.arange(SAMPLES) % WIDTH
    torch.nn.functional.cross_entropy(model(inputs()), target).backward()
    report = probe(model, inputs(), target=target)
    assert report.loss == "cross entropy"
    for name, output in kept.items():
        stage = stage_of(report, name)
        values, gradient = output.detach().double().numpy(), output.grad.double().numpy()
        assert stage.output.mean == pytest.approx(values.mean(), abs=1e-6)
        assert stage.output.std == pytest.approx(values.std(), rel=1e-5)
        assert stage.output.zeros == pytest.approx((values == 0).mean())
        assert stage.gradient is not None
        assert stage.gradient.std == pytest.approx(gradient.std(), rel=1e-4)
        assert stage.gradient.norm == pytest.approx((gradient**2).sum() ** 0.5, rel=1e-4)
    first = stage_of(report, "0").weights[0]
    weight = model[0].weight
    assert (first.name, first.shape) == ("0.weight", (WIDTH, WIDTH))
    assert first.reading.std == pytest.approx(weight.std(correction=0).item(), rel=1e-5)
    assert first.gradient is not None
    assert first.gradient.std == pytest.approx(weight.grad.std(correction=0).item(), rel=1e-4)
    rms = weight.grad.square().mean().sqrt() / weight.square().mean().sqrt()
    assert first.ratio == pytest.approx(rms.item(), rel=1e-4)
    assert first.expected == pytest.approx(math.sqrt(2 / WIDTH))


def test_figures_of_a_tensor_larger_than_a_chunk_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from fastinit.torch.signal import measure

    whole = probe(network(nn.ReLU, init="he_normal"), inputs())
    monkeypatch.setattr(measure, "_CHUNK", 1000)
    parts = probe(network(nn.ReLU, init="he_normal"), inputs())
    for one, other in zip(whole.stages, parts.stages, strict=True):
        assert other.output.size == one.output.size
        assert (other.output.mean, other.output.std) == pytest.approx((one.output.mean, one.output.std), rel=1e-5)
        assert other.output.zeros == pytest.approx(one.output.zeros)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_values_whose_squares_leave_float32_are_measured(scale: float) -> None:
    values = torch.from_numpy(fastinit.normal((64, 64), seed=0)) * scale
    assert probe(nn.Sequential(nn.Identity()), values).stages[0].output.std == pytest.approx(scale, rel=0.05)


class Everything(nn.Module):
    """Buffers that a pass changes, dropout, and a parameter that has a gradient already."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.norm, self.drop = nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(0.5)
        self.down, self.frozen = nn.Linear(16, 4), nn.Linear(4, 4)
        self.frozen.requires_grad_(False)
        self.drop.eval()
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        self.count = self.count + 1
        self.eval()
        hidden: torch.Tensor = self.down(self.drop(self.norm(self.up(value)).relu()))
        torch.rand(3)
        return self.frozen(hidden)


def state_of(model: nn.Module) -> dict[str, Any]:
    return {
        "values": {name: (id(tensor), tensor.clone()) for name, tensor in model.state_dict(keep_vars=True).items()},
        "gradients": {
            name: (id(p.grad), None if p.grad is None else p.grad.clone()) for name, p in model.named_parameters()
        },
        "modes": {name: module.training for name, module in model.named_modules()},
        "trained": {name: p.requires_grad for name, p in model.named_parameters()},
        "hooks": {
            name: [len(value) for key, value in vars(module).items() if key.endswith("hooks")]
            for name, module in model.named_modules()
        },
        "parameter hooks": {name: bool(p._post_accumulate_grad_hooks) for name, p in model.named_parameters()},
        "random": torch.get_rng_state(),
    }


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, tuple):
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        assert one == other


def fails(_output: torch.Tensor) -> torch.Tensor:
    raise RuntimeError("no loss")


@pytest.mark.parametrize("loss", [None, fails])
def test_nothing_of_the_model_changes_also_where_the_loss_fails(loss: Any) -> None:
    model = build(Everything, seed=0)
    model(torch.ones(6, 8)).sum().backward()
    model.train()
    model.drop.eval()
    before = state_of(model)
    if loss is None:
        probe(model, torch.from_numpy(fastinit.normal((6, 8), seed=0)))
    else:
        with pytest.raises(RuntimeError, match="no loss"):
            probe(model, torch.ones(6, 8), loss=loss)
    assert_same(before, state_of(model))


def test_nothing_of_the_model_changes_where_its_code_fails() -> None:
    model = build(Everything, seed=0)
    before = state_of(model)
    with pytest.raises(RuntimeError):
        probe(model, torch.ones(6, 9))
    assert_same(before, state_of(model))


def test_the_mode_is_the_models_own() -> None:
    model = nn.Sequential(nn.Dropout(0.5))
    assert probe(model.train(), torch.ones(100, 100)).stages[0].output.zeros > 0.4
    assert probe(model.eval(), torch.ones(100, 100)).stages[0].output.zeros == 0


def test_the_same_call_gives_the_same_report_to_the_bit() -> None:
    model = build(Everything, seed=0)
    assert probe(model, torch.ones(6, 8)).to_json() == probe(model, torch.ones(6, 8)).to_json()


def tensors() -> int:
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def test_no_tensor_is_kept() -> None:
    model = network(nn.ReLU, init="he_normal")
    probe(model, inputs())
    gc.collect()
    before = tensors()
    report = probe(model, inputs())
    gc.collect()
    assert tensors() <= before
    assert report.stages


def test_tied_weights_are_those_of_both_modules_and_their_gradient_is_the_sum() -> None:
    model = nn.Sequential(nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False))
    model[1].weight = model[0].weight
    values = torch.from_numpy(fastinit.normal((32, 8), seed=0))
    report = probe(model, values, loss=lambda output: output.square().mean())
    model(values).square().mean().backward()
    first, second = stage_of(report, "0").weights, stage_of(report, "1").weights
    assert first == second
    assert first[0].gradient is not None
    assert first[0].gradient.std == pytest.approx(model[0].weight.grad.std(correction=0).item(), rel=1e-4)


def test_each_call_of_a_module_is_a_stage() -> None:
    class Repeats(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = Scaled(2.0)

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            for _ in range(6):
                value = self.layer(value)
            return value

    report = probe(Repeats(), torch.eye(4))
    assert [stage.label for stage in report.chain] == ["layer", *(f"layer (call {n})" for n in range(2, 7))]
    assert [stage.output.mean for stage in report.chain] == [2.0**n / 4 for n in range(1, 7)]
    assert report.verdict.startswith("exploding, x2 a layer")


@dataclass
class Answer:
    hidden: torch.Tensor
    number: int = 3


@pytest.mark.parametrize(
    "packed",
    [
        lambda value: (None, value, value * math.nan),
        lambda value: {"number": 3, "values": [value, value * math.nan]},
        lambda value: OrderedDict(first=(value,), second=value * math.nan),
        lambda value: [Answer(value), Answer(value * math.nan)],
    ],
)
def test_all_that_a_module_returns_is_looked_at_and_the_first_tensor_measured(packed: Callable[..., Any]) -> None:
    class Packs(nn.Module):
        def forward(self, value: torch.Tensor) -> Any:
            return packed(value)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.packs, self.layer = Packs(), nn.Linear(4, 4)

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            self.packs(value)
            return self.layer(value)

    stage = stage_of(probe(Model(), torch.eye(4)), "packs")
    assert stage.output.mean == 0.25
    assert stage.nonfinite == 16


def test_batches_are_arguments_by_name_or_by_position() -> None:
    class Sums(nn.Module):
        def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
            return one - other

    values = (torch.full((2, 2), 5.0), torch.full((2, 2), 3.0))
    for batch in (values, list(values), {"other": values[1], "one": values[0]}):
        assert probe(Sums(), batch).stages[0].output.mean == 2.0


def test_activation_functions_in_a_modules_code_are_stages() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            return torch.tanh(self.down(nn.functional.relu(self.up(value)) + 0) * 100)

    report = probe(init_model(Model(), seed=0, preset="he"), torch.from_numpy(fastinit.normal((32, 8), seed=0)))
    names = [stage.name for stage in report.stages]
    assert names == ["", "up", ".relu()", "down", ".tanh()"]
    assert stage_of(report, ".relu()").dead is not None
    assert report.verdict.startswith("saturated at .tanh()")


def test_the_loss_is_the_targets_the_outputs_own_or_a_projection() -> None:
    model, values = nn.Linear(4, 3), torch.eye(4)
    assert probe(model, values).loss == "a random projection of the output"
    assert probe(model, values, target=torch.tensor([0, 1, 2, 0])).loss == "cross entropy"
    assert probe(model, values, target=torch.ones(4, 3)).loss == "mean squared error"
    assert probe(model, values, loss=lambda output: output.sum()).loss_value == pytest.approx(
        model(values).sum().item()
    )
    given = probe(model, values, loss=nn.functional.mse_loss, target=torch.ones(4, 3))
    assert given.loss_value == pytest.approx(nn.functional.mse_loss(model(values), torch.ones(4, 3)).item())

    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, value: torch.Tensor) -> Any:
            return {"loss": self.layer(value).sum()}

    assert probe(Own(), values).loss == "the model's own loss"
    frozen = probe(model.requires_grad_(False), values)
    assert (frozen.loss_value, frozen.stages[0].gradient) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"model": "net"}, TypeError, r"`model` must be a torch\.nn\.Module, got 'str'"),
        (
            {"model": nn.Linear(4, 4, device="meta")},
            ValueError,
            "`model` must have memory, got 'weight on the meta device'; initialise",
        ),
        ({"model": nn.LazyLinear(4)}, ValueError, "`model` must have shapes, got 'lazy weight'; run it once"),
        ({"loss": lambda _output: 3}, TypeError, "`loss` must return a tensor, got 'int'"),
        (
            {"loss": lambda output: output},
            ValueError,
            r"`loss` must return one number, got 'shape \(4, 4\)'; take its mean",
        ),
    ],
)
def test_bad_input_is_refused_with_a_remedy(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        probe(arguments.pop("model", nn.Linear(4, 4)), torch.eye(4), **arguments)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.complex64])
def test_other_element_types_are_measured(dtype: torch.dtype) -> None:
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH, bias=False))
    init_model(model, seed=0, recipe=[{"match": "*", "init": "orthogonal"}])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # complex modules are new to PyTorch
        model = model.to(dtype)
    values = inputs().to(dtype)
    assert stage_of(probe(model, values), "0").output.rms * (2**0.5 if dtype.is_complex else 1) == pytest.approx(
        1, rel=0.05
    )


def test_mixed_precision_is_measured_and_so_is_what_overflows_in_it() -> None:
    model = network(nn.ReLU, init="he_normal")
    with torch.autocast("cpu", torch.bfloat16):
        assert probe(model, inputs()).verdict.startswith("healthy")
    with torch.autocast("cpu", torch.float16):
        found = probe(network(nn.ReLU, init="normal", std=3.0), inputs())
    assert found.findings[0].kind == "non-finite"


def test_the_spread_that_rules_give_is_known_also_of_a_part_and_in_a_wrapper() -> None:
    part = network(nn.ReLU, init="he_normal")
    for model, name in ((part, "0"), (nn.Sequential(part), "0.0"), (nn.DataParallel(part), "0")):
        assert stage_of(probe(model, inputs()), name).weights[0].expected == pytest.approx(math.sqrt(2 / WIDTH))
    assert stage_of(probe(part[:2], inputs()), "0").weights[0].expected is None  # a model that nobody initialised


def test_compiled_models_are_probed_as_they_are_written() -> None:
    model = network(nn.ReLU, init="he_normal")
    expected = probe(model, inputs(), title="net").to_json()
    compiled = torch.compile(model, backend="eager")
    assert probe(compiled, inputs(), title="net").to_json() == expected
    compiled(inputs())
    assert probe(compiled, inputs(), title="net").to_json() == expected
    model.compile(backend="eager")
    assert probe(model, inputs(), title="net").to_json() == expected


def test_a_checkpointed_module_has_its_gradient() -> None:
    from torch.utils.checkpoint import checkpoint

    class Model(nn.Module):
        def __init__(self, reentrant: bool | None) -> None:
            super().__init__()
            self.reentrant = reentrant
            self.layers = nn.ModuleList(Scaled(2.0) for _ in range(4))

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                if self.reentrant is None:
                    value = layer(value)
                else:
                    value = checkpoint(layer, value, use_reentrant=self.reentrant)
            return value

    plain = probe(Model(None), torch.eye(4, requires_grad=True))
    for reentrant in (False, True):
        report = probe(Model(reentrant), torch.eye(4, requires_grad=True))
        assert [stage.gradient for stage in report.chain] == [stage.gradient for stage in plain.chain]
        assert len(report.stages) == len(plain.stages)


def test_a_loss_far_above_equal_odds_is_told_of_a_target_and_of_a_models_own() -> None:
    class Own(nn.Module):
        def __init__(self, scale: float) -> None:
            super().__init__()
            self.table, self.scale = nn.Embedding(10, 8), scale

        def forward(self, tokens: torch.Tensor, labels: torch.Tensor) -> Any:
            logits = self.scale * self.table(tokens) @ self.table.weight.T
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
            return SimpleNamespace(loss=loss, logits=logits)

    tokens = torch.arange(20).reshape(2, 10) % 10
    for scale, word in ((0.1, "healthy"), (10.0, "exploding, the loss")):
        model = init_model(Own(scale), seed=0, recipe=[{"match": "*", "init": "normal"}])
        assert probe(model, {"tokens": tokens, "labels": tokens.flip(1)}).verdict.startswith(word)
        layer = init_model(nn.Linear(8, 10), seed=0, recipe=[{"match": "*", "init": "normal", "std": 3 * scale}])
        assert probe(layer, inputs(32, 8), target=torch.arange(32) % 10).verdict.startswith(word)
