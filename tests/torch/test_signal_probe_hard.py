"""`probe` on models that are hard to watch, to leave unchanged or to judge; each case failed once."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

import fastinit
from fastinit.torch import init_model, probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastinit.signal.readings import Reading
    from fastinit.signal.report import ProbeReport

pytestmark = pytest.mark.torch

WIDTH = 32


def inputs(*shape: int) -> torch.Tensor:
    return torch.from_numpy(fastinit.normal(shape or (64, WIDTH), seed=1))


def network(depth: int = 6, activation: Callable[[], nn.Module] = nn.ReLU, preset: str = "he") -> nn.Sequential:
    layers = [made for _ in range(depth) for made in (nn.Linear(WIDTH, WIDTH), activation())]
    return init_model(nn.Sequential(*layers), seed=0, preset=preset)


class Applies(nn.Module):
    """A network, and a function of it and its input."""

    def __init__(self, function: Callable[[Any, torch.Tensor], Any]) -> None:
        super().__init__()
        self.inner = network()
        self.function = function
        self.register_buffer("count", torch.zeros(3))
        self.register_buffer("later", None)
        self.cache: Any = None
        self.calls: list[int] = []

    def forward(self, value: torch.Tensor) -> Any:
        return self.function(self, value)


def runs(change: Callable[[Applies], Any]) -> Callable[[Applies, torch.Tensor], torch.Tensor]:
    def function(model: Applies, value: torch.Tensor) -> torch.Tensor:
        change(model)
        return model.inner(value)

    return function


def state_of(model: nn.Module) -> dict[str, Any]:
    """All that hangs in modules, by identity and, for tensors and containers, by value."""
    found: dict[str, Any] = {}
    for name, module in model.named_modules():
        for key, value in vars(module).items():
            members = value.copy() if isinstance(value, (dict, list, set)) else value
            found[f"{name}.{key}"] = (id(value), members)
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        found[name] = (tensor.detach().clone(), tensor.requires_grad, id(tensor.grad))
    return found


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, (dict, tuple, list)):
        assert len(one) == len(other)
        keys = one.keys() if isinstance(one, dict) else range(len(one))
        assert not isinstance(one, dict) or one.keys() == other.keys()
        for key in keys:
            assert_same(one[key], other[key])
    else:
        assert one == other


def replace_buffer(model: Applies) -> None:
    model.count = model.count + 1


def write_data(model: Applies) -> None:
    model.count.data.add_(1)  # which leaves no trace in the version that PyTorch counts


CHANGES = {
    "a buffer replaced": replace_buffer,
    "a buffer written": lambda model: model.count.add_(1),
    "a buffer written unnoticed": write_data,
    "a buffer resized": lambda model: model.count.resize_(7),
    "a buffer removed": lambda model: setattr(model, "count", None),
    "a buffer for none": lambda model: setattr(model, "later", torch.ones(2)),
    "a new buffer": lambda model: model.register_buffer("new", torch.ones(2)),
    "a new attribute": lambda model: setattr(model, "new", 1),
    "an attribute replaced": lambda model: setattr(model, "cache", torch.ones(2)),
    "a list that grows": lambda model: model.calls.append(1),
    "a frozen parameter": lambda model: model.inner[0].weight.requires_grad_(False),
    "a parameter replaced": lambda model: setattr(model.inner[0], "weight", nn.Parameter(torch.eye(WIDTH))),
    "another mode": lambda model: model.inner[2].eval(),
    "a hook": lambda model: model.inner[2].register_forward_hook(lambda *_: None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_models_code_changes_is_put_back(change: Callable[[Applies], Any]) -> None:
    model = Applies(runs(change))
    before = state_of(model)
    probe(model, inputs())
    assert_same(before, state_of(model))


def raises(error: BaseException) -> Callable[..., Any]:
    def function(*_: Any) -> Any:
        raise error

    return function


FAILURES: dict[str, Callable[[nn.Sequential], Any]] = {
    "forward": lambda model: model.append(Applies(raises(ValueError("on purpose")))),
    "interrupt": lambda model: model.append(Applies(raises(KeyboardInterrupt("on purpose")))),
    "hook": lambda model: model[4].register_forward_hook(raises(ValueError("on purpose"))),
    "pre-hook": lambda model: model[4].register_forward_pre_hook(raises(ValueError("on purpose"))),
    "hook of gradients": lambda model: model[4].register_full_backward_hook(raises(ValueError("on purpose"))),
}


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_a_failure_comes_through_and_leaves_nothing(fail: Callable[[nn.Sequential], Any]) -> None:
    model = network()
    model.insert(1, nn.BatchNorm1d(WIDTH))
    fail(model)
    before = state_of(model), torch.get_rng_state()
    with pytest.raises((ValueError, KeyboardInterrupt), match="on purpose"):
        probe(model, inputs())
    assert_same(before, (state_of(model), torch.get_rng_state()))


def random_numbers() -> tuple[float, ...]:
    return random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002  the state that is meant


def test_random_states_are_put_back() -> None:
    model, drawn = Applies(runs(lambda _: random_numbers())), []
    for runs_probe in (False, True):
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        torch.manual_seed(0)
        if runs_probe:
            probe(model, inputs())
        drawn.append(random_numbers())
    assert drawn[0] == drawn[1]


def test_a_graph_that_waits_for_its_backward_pass_is_not_spoilt() -> None:
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH)).eval()  # whose backward pass needs buffers
    output = model(inputs())
    probe(model, inputs())
    output.sum().backward()


def chain(report: ProbeReport) -> list[str]:
    return [stage.label for stage in report.chain]


@pytest.mark.parametrize(
    "parametrize",
    [parametrizations.weight_norm, parametrizations.spectral_norm, parametrizations.orthogonal],
    ids=["weight_norm", "spectral_norm", "orthogonal"],
)
def test_a_parametrized_layer_is_a_layer_with_its_weights(parametrize: Callable[[nn.Module], nn.Module]) -> None:
    model = nn.Sequential(*(parametrize(nn.Linear(WIDTH, WIDTH)) for _ in range(4)))
    report = probe(model, inputs())
    assert chain(report) == ["0", "1", "2", "3"]
    assert [stage.name for stage in report.stages] == ["", "0", "1", "2", "3"]
    weight = report.chain[0].weights[0]
    assert weight.name.startswith("0.parametrizations.weight.")
    assert weight.gradient is not None


def test_an_attention_whose_projection_is_called_as_a_function_is_a_layer() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.MultiheadAttention(WIDTH, 4, batch_first=True) for _ in range(4))

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                value = value + layer(value, value, value)[0]
            return value

    assert chain(probe(Model(), inputs(4, 7, WIDTH))) == [f"layers.{n}" for n in range(4)]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_equal_samples_are_the_batchs_and_not_the_models(value: float) -> None:
    assert probe(network(activation=nn.Tanh, preset="glorot"), torch.full((8, WIDTH), value)).is_healthy


def test_a_network_of_zeros_is_dead_for_a_single_sample_too() -> None:
    model = network()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    for samples in (1, 64):
        assert probe(model, inputs(samples, WIDTH)).verdict.startswith("dead at 0")


def test_equal_units_whose_gradients_differ_are_not_symmetric() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate, self.value = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
            nn.init.constant_(self.gate.weight, 0.01)
            nn.init.zeros_(self.gate.bias)

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            return self.value(value) * self.gate(value).sigmoid()

    report = probe(nn.Sequential(Gated(), nn.Linear(WIDTH, WIDTH)), inputs())
    assert chain(report) == ["0.value", "0.gate", "1"]
    assert report.is_healthy, report.verdict
    model = network()
    for module in model[::2]:
        nn.init.constant_(module.weight, 0.1)
        nn.init.zeros_(module.bias)
    assert probe(model, inputs()).verdict.startswith("symmetric at 0")


class Block(nn.Module):
    """A residual block that starts as the identity, in one of the usual ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH) if way in ("zero branch", "adaLN-zero") else nn.Identity()
        self.scale = nn.Parameter(torch.full((), 0.0 if way == "ReZero" else 1.0))
        self.modulation = nn.Linear(WIDTH, WIDTH) if way == "adaLN-zero" else None
        last = self.down if self.modulation is None else self.modulation
        if way != "ReZero":
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, value: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        branch = self.scale * self.down(nn.functional.relu(self.up(self.norm(value))))
        return value + (branch if self.modulation is None else branch * self.modulation(condition)[:, None])


class Residual(nn.Module):
    def __init__(self, way: str, depth: int) -> None:
        super().__init__()
        self.way = way
        self.embed, self.blocks = nn.Linear(WIDTH, WIDTH), nn.ModuleList(Block(way) for _ in range(depth))
        self.head = nn.Linear(WIDTH, 4)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        condition = torch.ones(len(value), WIDTH) if self.way == "adaLN-zero" else None  # one time for all samples
        value = self.embed(value)
        for block in self.blocks:
            value = block(value, condition)
        return self.head(value)


@pytest.mark.parametrize("samples", [1, 8])
@pytest.mark.parametrize("depth", [1, 2, 6])
@pytest.mark.parametrize("way", ["zero branch", "ReZero", "Fixup", "adaLN-zero"])
def test_blocks_and_heads_that_start_at_zero_are_healthy(way: str, depth: int, samples: int) -> None:
    report = probe(Residual(way, depth), inputs(samples, 9, WIDTH))
    assert report.is_healthy, report.verdict


def test_layers_with_a_low_rank_addition_that_starts_at_zero_are_healthy() -> None:
    class Low(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base, self.a, self.b = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2), nn.Linear(2, WIDTH, bias=False)
            self.base.requires_grad_(False)
            nn.init.orthogonal_(self.base.weight)
            nn.init.zeros_(self.b.weight)

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            return self.base(value) + self.b(self.a(value))

    for samples in (1, 8):
        report = probe(nn.Sequential(*(Low() for _ in range(5))), inputs(samples, WIDTH))
        assert report.is_healthy, report.verdict


def test_tables_of_positions_and_kinds_beside_each_other_are_not_the_end_of_the_signal() -> None:
    class Embeds(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places, self.kinds = (
                nn.Embedding(50, WIDTH),
                nn.Embedding(9, WIDTH),
                nn.Embedding(2, WIDTH),
            )
            self.head = nn.Linear(WIDTH, 50)
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)

        def forward(self, words: torch.Tensor) -> torch.Tensor:
            places = self.places(torch.arange(9).expand(len(words), 9)) + self.kinds(torch.zeros_like(words))
            return self.head(self.words(words) + places)

    report = probe(Embeds(), torch.arange(36).reshape(4, 9))
    assert report.is_healthy, report.verdict


def test_a_squeeze_of_one_unit_that_is_zero_is_no_dead_layer() -> None:
    class Squeezes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.squeeze, self.act, self.excite = nn.Linear(WIDTH, 1), nn.ReLU(), nn.Linear(1, WIDTH)
            nn.init.constant_(self.squeeze.bias, -9.0)

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            return value * self.excite(self.act(self.squeeze(value))).sigmoid()

    report = probe(nn.Sequential(nn.Linear(WIDTH, WIDTH), Squeezes(), nn.Linear(WIDTH, WIDTH)), inputs())
    assert report.is_healthy, report.verdict


def test_seven_layers_by_pytorchs_own_rule_are_healthy_and_ten_are_not() -> None:
    def plain(depth: int) -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(*(made for _ in range(depth) for made in (nn.Linear(WIDTH, WIDTH), nn.ReLU())))

    assert probe(plain(7), inputs()).is_healthy  # they learn in 1000 steps as the same from He's spread do
    assert probe(plain(10), inputs()).verdict.startswith("vanishing, x0.3")


def test_a_table_of_words_is_no_layer_that_gradients_vanish_before() -> None:
    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.reads, self.head = nn.Embedding(99, 64), nn.LSTM(64, 64, 3), nn.Linear(64, 99)

        def forward(self, words: torch.Tensor) -> torch.Tensor:
            return self.head(self.reads(self.words(words))[0])

    torch.manual_seed(0)
    assert chain(probe(Reads(), torch.arange(80).reshape(20, 4))) == ["reads", "head"]


def test_a_detectors_last_sigmoid_starts_low_and_is_healthy() -> None:
    model = network(2).append(nn.Linear(WIDTH, 8)).append(nn.Sigmoid())
    nn.init.normal_(model[-2].weight, std=0.01)
    nn.init.constant_(model[-2].bias, -4.6)
    assert probe(model, inputs()).is_healthy


def test_models_that_torch_func_transforms_are_watched() -> None:
    model = network()
    plain = probe(model, inputs())
    ensemble = Applies(lambda self, value: torch.vmap(self.inner)(value))
    ensemble.inner.load_state_dict(model.state_dict())
    for one, other in zip(plain.chain, probe(ensemble, inputs()).chain, strict=True):
        assert other.output == one.output
        assert one.gradient is not None
        assert other.gradient is not None
        assert other.gradient.rms == pytest.approx(one.gradient.rms, rel=1e-4)
    slopes = Applies(lambda self, value: torch.vmap(torch.func.grad(lambda row: self.inner(row).sum()))(value))
    assert [stage.name for stage in probe(slopes, inputs()).chain] == [f"inner.{n}" for n in range(0, 12, 2)]


def test_a_hard_tanh_saturates_where_its_module_says() -> None:
    values = 3 * inputs()
    assert probe(nn.Sequential(nn.Hardtanh(-20, 20), nn.Linear(WIDTH, 2)), values).is_healthy
    assert probe(nn.Sequential(nn.Hardtanh(), nn.Linear(WIDTH, 2)), values).verdict.startswith("saturated at 0")


def test_gradients_of_sparse_tables_and_nested_outputs_are_measured() -> None:
    sparse = nn.Sequential(nn.Embedding(10, WIDTH, sparse=True), nn.Linear(WIDTH, WIDTH))
    gradient = probe(sparse, torch.tensor([[1, 1, 2]])).stages[1].weights[0].gradient
    assert gradient is not None
    assert gradient.rms > 0
    nested = torch.nested.nested_tensor([inputs(3, WIDTH), inputs(5, WIDTH)], layout=torch.jagged)
    assert probe(network(), nested).chain[-1].output.size == 8 * WIDTH


def test_outputs_that_hold_themselves_are_looked_at_once() -> None:
    def holds(model: Applies, value: torch.Tensor) -> dict[str, Any]:
        output: dict[str, Any] = {"value": model.inner(value)}
        output["self"] = [output]
        return output

    assert probe(Applies(holds), inputs()).stages[0].output.size == 64 * WIDTH


def test_a_hook_that_raises_within_a_module_that_goes_on_loses_no_stage() -> None:
    def tries(model: Applies, value: torch.Tensor) -> torch.Tensor:
        with suppress(ValueError):
            model.inner[2](value)
        return model.inner[:2](value)

    model = Applies(tries)
    model.inner[2].register_forward_pre_hook(raises(ValueError("on purpose")))
    report = probe(model, inputs())
    assert [stage.name for stage in report.stages] == ["", "inner.0", "inner.1"]


def test_each_call_of_a_checkpointed_module_has_its_own_gradient() -> None:
    class Repeats(nn.Module):
        def __init__(self, checkpoints: bool) -> None:
            super().__init__()
            self.layer, self.checkpoints = nn.Linear(WIDTH, WIDTH), checkpoints
            nn.init.constant_(self.layer.bias, 0.1)

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            for _ in range(4):
                value = checkpoint(self.layer, value, use_reentrant=True) if self.checkpoints else self.layer(value)
            return value

    torch.manual_seed(0)
    plain = Repeats(checkpoints=False)
    kept = Repeats(checkpoints=True)
    kept.load_state_dict(plain.state_dict())
    values = inputs().requires_grad_()
    assert [s.gradient for s in probe(kept, values).chain] == [s.gradient for s in probe(plain, values).chain]


def test_a_loss_without_gradients_says_why() -> None:
    assert probe(network().requires_grad_(False), inputs()).loss == (
        "none: the output depends on nothing that has a gradient"
    )
    assert probe(Applies(lambda *_: 3), inputs()).loss == "none: the output has no floating tensor"


def test_complex_outputs_have_a_loss() -> None:
    model = nn.Sequential(*(nn.Linear(WIDTH, WIDTH, dtype=torch.complex64) for _ in range(3)))
    assert probe(model, inputs().to(torch.complex64)).growths[1] is not None


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.int64])
def test_targets_of_any_whole_numbers_are_classes(dtype: torch.dtype) -> None:
    report = probe(network(), inputs(), target=torch.zeros(64, dtype=dtype))
    assert report.loss == "cross entropy"


def test_torchscript_and_batches_without_samples_are_refused() -> None:
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        script = torch.jit.script(network())
    with pytest.raises(TypeError, match="`model` must run in Python, got 'TorchScript'; probe it before"):
        probe(script, inputs())
    with pytest.raises(ValueError, match="`batch` must have samples, got 'outputs without elements'"):
        probe(network(), inputs()[:0])
    assert probe(nn.Sequential(nn.Linear(WIDTH, WIDTH), script), inputs()).stages[1].output.size


def test_figures_of_sparse_gradients_are_those_of_dense_ones() -> None:
    def gradient(is_sparse: bool) -> Reading:
        model = nn.Sequential(nn.Embedding(100, 8, sparse=is_sparse), nn.Linear(8, 4))
        init_model(model, seed=0)
        found = probe(model, torch.arange(5)[None]).stages[1].weights[0].gradient
        assert found is not None
        return found

    dense, sparse = gradient(is_sparse=False), gradient(is_sparse=True)
    assert (sparse.size, sparse.zeros) == (dense.size, pytest.approx(dense.zeros))
    assert (sparse.mean, sparse.std) == pytest.approx((dense.mean, dense.std), rel=1e-4)
