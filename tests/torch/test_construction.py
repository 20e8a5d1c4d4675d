"""construction.py, tape.py and report.py: models as their constructors initialise them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit
from fastinit import checkpoint
from fastinit.errors import RecipeError
from fastinit.recipes.recipe import parse_recipe
from fastinit.torch import build, by_name, init_model, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.torch

SEED = 7


class Holder(nn.Module):  # type: ignore[misc, unused-ignore]
    """A module with one parameter, `weight`."""

    def __init__(self, make: Callable[[], Any]) -> None:
        super().__init__()
        self.weight = nn.Parameter(make())


def weight(make: Callable[[], Any], **options: Any) -> np.ndarray[Any, Any]:
    model = build(lambda: Holder(make), seed=SEED, **options)
    return model.weight.detach().numpy()


def normal(std: float = 1.0, shape: Any = (6, 4), **options: Any) -> np.ndarray[Any, Any]:
    return fastinit.normal(shape, std=std, **{"seed": SEED, "stream": "weight", **options})


def timms_truncated(tensor: Any, std: float, a: float, b: float) -> Any:
    """The steps in which timm and others draw truncated normals."""
    low, high = (0.5 * (1 + math.erf(x / std / math.sqrt(2))) for x in (a, b))
    with torch.no_grad():
        tensor.uniform_(2 * low - 1, 2 * high - 1).erfinv_().mul_(std * math.sqrt(2))
        return tensor.add_(0.0).clamp_(min=a, max=b)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: torch.randn(6, 4) * 0.02, lambda: normal(0.02)),
        (lambda: torch.empty(6, 4).normal_(0, 0.02), lambda: normal(0.02)),
        (lambda: torch.normal(0.0, 0.02, (6, 4)), lambda: normal(0.02)),
        (lambda: torch.randn_like(torch.empty(6, 4)), lambda: normal()),
        (
            lambda: torch.rand(6, 4) - 0.5,
            lambda: fastinit.uniform((6, 4), low=-0.5, high=0.5, seed=SEED, stream="weight"),
        ),
        (
            lambda: timms_truncated(torch.empty(6, 4), 0.5, -1.0, 1.0),
            lambda: fastinit.truncated_normal((6, 4), std=0.5, seed=SEED, stream="weight"),
        ),
        (
            lambda: timms_truncated(torch.empty(6, 4), 0.02, -2.0, 2.0),
            lambda: fastinit.truncated_normal((6, 4), std=0.02, lower=-100, upper=100, seed=SEED, stream="weight"),
        ),
        (lambda: torch.full((3,), 0.5), lambda: np.full(3, 0.5, np.float32)),
        (lambda: torch.tensor([1.0, 2.0]), lambda: np.array([1, 2], np.float32)),
        (lambda: torch.as_tensor(np.float32([1, 2])), lambda: np.array([1, 2], np.float32)),
        (lambda: torch.from_numpy(np.float32([1, 2])), lambda: np.array([1, 2], np.float32)),
        (lambda: torch.arange(1.0, 5).log(), lambda: np.log(np.arange(1, 5, dtype=np.float32))),
        (lambda: torch.eye(3)[1], lambda: np.array([0, 1, 0], np.float32)),
        # Computed with draws: those into its own memory have its name, others a number besides.
        (lambda: torch.empty(6, 4).normal_().exp_(), lambda: np.exp(normal())),
        (lambda: torch.randn(6, 4).exp(), lambda: np.exp(normal(stream="weight#0"))),
    ],
)
def test_values(make: Callable[[], Any], expected: Callable[[], np.ndarray[Any, Any]]) -> None:
    seen, wanted = weight(make), expected()
    assert seen.dtype == wanted.dtype
    np.testing.assert_allclose(seen, wanted, rtol=1e-6)
    assert (seen == weight(make)).all()


def test_parts_of_a_fused_weight() -> None:
    def make() -> Any:
        fused = torch.empty(3000, 8)
        for number, part in enumerate(fused.chunk(3)):
            part.normal_(std=number + 1)
        return fused

    parts = np.split(weight(make), 3)
    assert [round(float(part.std())) for part in parts] == [1, 2, 3]
    assert (parts[1] == normal(2.0, (1000, 8), stream="weight#1")).all()


def test_values_are_those_of_the_moment() -> None:
    def make() -> Any:
        values = torch.from_numpy(np.float32([1, 2, 4]))
        logarithms = torch.empty(3).copy_(values).log2_()
        values.zero_()
        return logarithms

    assert weight(make).tolist() == [0, 1, 2]


def test_orthogonal_matrices_are_orthogonal() -> None:
    w = weight(lambda: nn.init.orthogonal_(torch.empty(6, 6)))
    np.testing.assert_allclose(w @ w.T, np.eye(6), atol=1e-6)


class Net(nn.Module):  # type: ignore[misc, unused-ignore]
    """Cases that `reset_parameters` alone does not cover."""

    def __init__(self, first: str = "linear") -> None:
        super().__init__()
        self.add_module(first, nn.Linear(8, 4))
        self.embedding = nn.Embedding(9, 4, padding_idx=2)
        self.norm = nn.LayerNorm(4)
        nn.init.normal_(self.embedding.weight[3:], std=0.5)
        nn.init.normal_(getattr(self, first).weight, std=0.02)
        self.register_buffer("positions", torch.arange(5), persistent=False)


class Plain(nn.Module):  # type: ignore[misc, unused-ignore]
    """Only what recipes can say."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 4)
        self.norm = nn.LayerNorm(4)
        self.embedding = nn.Embedding(9, 4, padding_idx=2)
        nn.init.normal_(self.linear.weight, std=0.02)


def state(model: nn.Module) -> dict[str, np.ndarray[Any, Any]]:
    named = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {name: tensor.detach().numpy() for name, tensor in named.items()}


def same(a: nn.Module, b: nn.Module) -> bool:
    one, other = state(a), state(b)
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


def test_constructors_count() -> None:
    model = build(Net, seed=SEED)
    linear = normal(0.02, (4, 8), stream="linear.weight")
    assert (model.linear.weight.detach().numpy() == linear).all()
    assert model.positions.tolist() == [0, 1, 2, 3, 4]
    assert model.linear.weight.requires_grad


def test_values_depend_on_names_alone() -> None:
    here = build(lambda: nn.ModuleDict({"a": Net(), "b": Net()}), seed=SEED)
    there = build(lambda: nn.ModuleDict({"b": Net(), "a": Net()}), seed=SEED)
    assert same(here["a"], there["a"])
    assert not (here["a"].linear.weight == here["b"].linear.weight).all()


def test_shared_parameters_stay_shared() -> None:
    def make() -> nn.Module:
        model = nn.ModuleList([nn.Embedding(9, 4), nn.Linear(4, 9, bias=False)])
        model[1].weight = model[0].weight
        return model

    model = build(make, seed=SEED)
    assert model[1].weight is model[0].weight
    assert (model[0].weight.detach().numpy() == normal(1.0, (9, 4), stream="0.weight")).all()


def test_copies_are_equal() -> None:
    def make() -> nn.Module:
        model = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        model[1].load_state_dict(model[0].state_dict())
        return model

    model = build(make, seed=SEED)
    assert (model[0].weight == model[1].weight).all()
    bound = {"low": -0.5, "high": 0.5, "seed": SEED, "stream": "0.weight"}
    assert (model[0].weight.detach().numpy() == fastinit.uniform((4, 4), **bound)).all()


def test_code_that_looks_at_values_runs_on_the_cpu() -> None:
    def make() -> nn.Module:
        assert [x.item() for x in torch.linspace(0, 1, 3)] == [0.0, 0.5, 1.0]
        return Net()

    looking, other = state(build(make, seed=SEED)), state(build(Net, seed=SEED))
    assert (looking["linear.weight"] == other["linear.weight"]).all()
    assert not looking["embedding.weight"][2].any()
    assert same(build(make, seed=SEED), build(make, seed=SEED))


def test_seed_of_a_recipe_serves_code_that_looks_at_values_too() -> None:
    recipe = parse_recipe('seed = 5\ndtype = "float32"\ntensors = { x = [1] }\nrule = [{ match = "x", init = "ones" }]')

    def make() -> nn.Module:
        return Holder(lambda: torch.randn(6, 4).sort().values * torch.ones(1).item())

    torch.manual_seed(1)
    model = build(make, recipe=recipe)
    torch.manual_seed(2)
    assert same(build(make, recipe=recipe), model)
    assert same(build(make, seed=5), model)


def test_errors_of_the_code_are_its_own() -> None:
    def make() -> nn.Module:
        raise RuntimeError("no such model")

    with pytest.raises(RuntimeError, match="no such model"):
        build(make)


def test_pytorchs_generator_stays() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    build(Net, seed=SEED)
    build(lambda: (torch.ones(1).item(), Net())[1], seed=SEED)
    assert (torch.get_rng_state() == before).all()


def test_rules_come_first() -> None:
    model = build(Net, seed=SEED, recipe=[{"match": "linear.weight", "init": "he_normal"}])
    wanted = fastinit.he_normal((4, 8), layout="torch", seed=SEED, stream="linear.weight")
    assert (model.linear.weight.detach().numpy() == wanted).all()
    sources = {row.name: row.source for row in report(model).rows}
    assert sources["linear.weight"] == "recipe"
    assert sources["norm.weight"] == "constructor"


def test_default_dtype() -> None:
    model = build(Net, seed=SEED, dtype=torch.bfloat16)
    assert model.linear.weight.dtype == torch.bfloat16
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.float32])
def test_computed_values_are_those_of_the_default_dtype_then(dtype: torch.dtype) -> None:
    class Computed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.log = nn.Parameter(torch.log(torch.arange(1.0, 5.0)))
            self.tanh = nn.Parameter(torch.ones(4).tanh())
            self.full = nn.Parameter(torch.full((4,), 2.0).log())
            self.root = nn.Parameter(torch.rand(40).sqrt())

    torch.set_default_dtype(dtype)
    try:
        expected = Computed()
        with by_name(SEED):
            model = Computed()
    finally:
        torch.set_default_dtype(torch.float32)
    models = [model, build(Computed, seed=SEED, dtype=dtype), init_model(model, seed=SEED)]
    for name in ("log", "tanh", "full"):
        for each in models:
            assert torch.equal(getattr(each, name), getattr(expected, name)), name
    assert {each.root.dtype for each in models} == {dtype}
    assert all(torch.equal(each.root, model.root) for each in models)
    assert 0 <= model.root.min() < model.root.max() <= 1


def test_what_is_set_anew_leaves_nothing_of_the_constructors_draws() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.decay = nn.Parameter(torch.empty(4).uniform_(0, 16).log())
            self.reset_parameters()

        def reset_parameters(self) -> None:
            with torch.no_grad():
                self.decay.copy_(torch.empty_like(self.decay).uniform_(0, 16).log_())

    assert torch.equal(build(Twice, seed=SEED).decay, init_model(Twice(), seed=SEED).decay)


def test_block_is_the_same_as_build() -> None:
    with by_name(seed=SEED):
        model, other = Net(), nn.Linear(3, 3)
    assert same(model, build(Net, seed=SEED))
    assert same(other, build(lambda: nn.Linear(3, 3), seed=SEED))
    assert nn.Linear(2, 2).weight.device.type == "cpu"


def test_block_that_fails_changes_nothing_else() -> None:
    own = nn.Module.__init__
    with pytest.raises(ZeroDivisionError), by_name(seed=SEED):
        raise ZeroDivisionError
    assert nn.Module.__init__ is own
    assert torch.ones(1).item() == 1


def test_report_becomes_a_recipe(tmp_path: Path) -> None:
    model = build(Plain, seed=SEED)
    recipe = report(model).recipe()
    checkpoint.write(checkpoint.make_plan(recipe), tmp_path / "out")
    with checkpoint.open(tmp_path / "out") as stored:
        for name, values in state(model).items():
            assert (stored.get_tensor(name) == values).all(), name
    assert same(init_model(Plain(), seed=SEED, recipe=recipe), model)
    assert "normal(std=0.02)" in str(report(model))


def test_recipe_of_a_report_has_what_was_computed(tmp_path: Path) -> None:
    model = build(lambda: Holder(lambda: torch.arange(1.0, 5).log()), seed=SEED)
    recipe = report(model).recipe()
    with torch.no_grad():
        model.weight.add_(1)  # trained since
    checkpoint.write(checkpoint.make_plan(recipe), tmp_path / "out")
    assert checkpoint.verify(tmp_path / "out").mismatch is None
    with checkpoint.open(tmp_path / "out", "pt") as stored:
        assert torch.equal(stored.get_tensor("weight"), torch.arange(1.0, 5).log())
    init_model(model, seed=SEED, recipe=tmp_path / "out" / "recipe.toml")
    assert torch.equal(model.weight.detach(), torch.arange(1.0, 5).log())


def test_computed_values_past_what_a_recipe_may_have_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastinit.torch.model.MAX_BYTES", 10)
    model = build(lambda: Holder(lambda: torch.arange(1.0, 5).log()), seed=SEED)
    with pytest.raises(RecipeError, match=r"weight was computed \(log\)"):
        report(model).recipe()


def test_literal_values_of_whole_numbers_fill_a_model() -> None:
    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("ids", torch.arange(6).flip(0))

    recipe = report(build(Positions, seed=SEED)).recipe()
    model = Positions()
    model.ids.zero_()
    init_model(model, seed=SEED, recipe=recipe)
    assert model.ids.tolist() == [5, 4, 3, 2, 1, 0]


def test_report_is_asked_of_a_model_that_has_one() -> None:
    with pytest.raises(ValueError, match="`model` must be a module that `build`"):
        report(nn.Linear(2, 2))


@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated:FutureWarning")
def test_weights_beside_norms_are_those_of_the_norms() -> None:
    """PyTorch's older norms keep a plain attribute, which their hooks set anew before each forward."""
    norms = torch.nn.utils.weight_norm, torch.nn.utils.spectral_norm

    def make() -> nn.Module:
        return nn.Sequential(*(norm(nn.Linear(4, 3)) for norm in norms))

    model = build(make, seed=SEED)
    weight, plain = model[0].weight.detach().clone(), model[1].weight.detach().clone()
    assert (plain == model[1].weight_orig).all()
    model[0](torch.ones(1, 4))
    assert (model[0].weight == weight).all()
    assert (init_model(model, seed=SEED + 1)[0].weight != weight).all()
    assert (init_model(model, seed=SEED)[0].weight == weight).all()


def test_init_model_reports_its_source() -> None:
    model = init_model(nn.Linear(2, 2), seed=SEED)
    assert {row.source for row in report(model).rows} == {"reset_parameters"}


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (3, TypeError, "`make` must be a function without arguments that makes a model, got 'int'"),
        (
            nn.Linear(2, 2),
            TypeError,
            "got 'Linear'; pass one such as `lambda: Model(config)`, or give a model that exists",
        ),
        (lambda: 3, TypeError, "`make` must return a torch.nn.Module, got 'int'"),
        (
            lambda: Holder(lambda: torch.empty(3)),
            ValueError,
            "each of its tensors is initialised, got 'weight', never set",
        ),
        (lambda: nn.LazyLinear(3), ValueError, "`model` must have shapes, got 'lazy weight'"),
    ],
)
def test_wrong_arguments(make: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as raised:
        build(make)
    assert text in str(raised.value)


def test_all_but_the_first_argument_go_by_name() -> None:
    with pytest.raises(TypeError, match=r"build\(\) takes only `make` by place, got 3 arguments; name the others"):
        build(nn.Linear, 2, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"init_model\(\) takes only `model` by place, got 2 arguments; name"):
        init_model(nn.Linear(2, 2), 0)  # type: ignore[call-arg]


def test_a_printed_report_folds_layers_and_shortens_numbers() -> None:
    model = build(lambda: nn.Sequential(*(nn.Linear(128, 128, bias=False) for _ in range(4))), seed=SEED)
    _, row, _ = str(report(model)).splitlines()
    cells = ("{0..3}.weight", "[128, 128]", "float32", "uniform(low=-0.0883883, high=0.0883883)", "0.051031")
    assert row.split("  ") == [*cells, "constructor"]
