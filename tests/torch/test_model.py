"""Whole models, by name: from rules as in checkpoints, and from their own code."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils._python_dispatch import TorchDispatchMode

import fastinit
from fastinit import _core
from fastinit.checkpoint import RecipeError, make_plan, parse_recipe, write
from fastinit.torch import init_model, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.torch

FORMULAS = [
    {"match": "embed.*", "init": "normal", "std": 0.02, "padding_idx": 2},
    {"match": "*norm.weight", "init": "ones"},
    {"match": "*.bias", "init": "zeros"},
    {"match": ["head.*", "layers.0.*"], "init": "truncated_normal", "std": 0.5, "lower": -1.0},
    {"match": "*", "init": "he_uniform"},
]
RECIPE = """
seed = 11
dtype = "{dtype}"
layout = "torch"
[tensors]
"embed.weight" = [10, 6]
"layers.{{0..1}}.weight" = [6, 6]
"layers.{{0..1}}.bias" = [6]
"norm.weight" = [6]
"norm.bias" = [6]
"head.weight" = [10, 6]
[[rule]]
match = "embed.*"
init = "normal"
std = 0.02
padding_idx = 2
[[rule]]
match = "*norm.weight"
init = "ones"
[[rule]]
match = "*.bias"
init = "zeros"
[[rule]]
match = ["head.*", "layers.0.*"]
init = "truncated_normal"
std = 0.5
lower = -1.0
[[rule]]
match = "*"
init = "he_uniform"
"""


class Model(nn.Module):
    """A little of everything that rules name."""

    def __init__(self, dtype: Any = None, device: Any = None) -> None:
        super().__init__()
        how = {"dtype": dtype, "device": device}
        self.embed = nn.Embedding(10, 6, padding_idx=2, **how)
        self.layers = nn.ModuleList([nn.Linear(6, 6, **how) for _ in range(2)])
        self.norm = nn.LayerNorm(6, **how)
        self.head = nn.Linear(6, 10, bias=False, **how)


def values(model: Any) -> dict[str, Any]:
    """The state of a model, which must have memory, as bytes."""
    assert not any(t.is_meta for t in (*model.parameters(), *model.buffers()))
    return {
        name: tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().copy() if tensor.ndim else tensor.item()
        for name, tensor in model.state_dict().items()
    }


def assert_same(model: Any, expected: dict[str, Any]) -> None:
    found = values(model)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


class TestRules:
    """Values equal the checkpoint's for the same names, seed and rules."""

    @pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
    @pytest.mark.parametrize("device", ["cpu", "meta"])
    def test_model_equals_the_checkpoint(self, dtype: str, device: str, tmp_path: Path) -> None:
        text = RECIPE.format(dtype=dtype)
        (tmp_path / "recipe.toml").write_text(text)
        write(make_plan(parse_recipe(text)), tmp_path / "out")
        written = load_file(tmp_path / "out" / "model.safetensors")
        for recipe, seed in (
            (str(tmp_path / "recipe.toml"), None),
            (tmp_path / "recipe.toml", 11),
            (parse_recipe(text), None),
            (FORMULAS, 11),
        ):
            model = init_model(Model(getattr(torch, dtype), device), recipe=recipe, seed=seed)
            state = model.state_dict()
            assert state.keys() == written.keys()
            for name, tensor in written.items():
                assert torch.equal(state[name], tensor), name
            assert not state["embed.weight"][2].any()
            assert state["embed.weight"][1].all()

    def test_functions_of_the_index_are_rules_too(self) -> None:
        rules = [
            {"match": "embed.*", "init": "sincos"},
            {"match": "layers.*.weight", "init": "hadamard", "gain": 2.0},
            {"match": "head.weight", "init": "hadamard_identity"},
            {"match": "*", "init": "ramp", "low": -6, "high": -1, "power": 0.7},
        ]
        model = init_model(Model(), recipe=rules, seed=1)
        for tensor, expected in (
            (model.embed.weight, fastinit.sincos((10, 6))),
            (model.layers[0].weight, fastinit.hadamard((6, 6), gain=2.0)),
            (model.head.weight, fastinit.hadamard_identity((10, 6), layout="torch")),
            (model.norm.bias, fastinit.ramp(6, low=-6, high=-1, power=0.7)),
        ):
            np.testing.assert_array_equal(tensor.detach().numpy(), expected)

    def test_seed_given_counts_more_than_the_recipes(self) -> None:
        recipe = parse_recipe(RECIPE.format(dtype="float32"))
        one, other = (init_model(Model(), recipe=recipe, seed=seed) for seed in (11, 12))
        assert torch.equal(init_model(Model(), recipe=recipe).head.weight, one.head.weight)
        assert not torch.equal(other.head.weight, one.head.weight)

    def test_values_depend_on_names_alone(self) -> None:
        whole = init_model(Model(), recipe=FORMULAS, seed=3)
        part = nn.ModuleDict({"other": nn.Linear(6, 10, bias=False), "layers": nn.ModuleDict()})
        part["layers"]["1"] = nn.Linear(6, 6, bias=False)
        init_model(part, recipe=FORMULAS[4:], seed=3)
        assert torch.equal(part["layers"]["1"].weight, whole.layers[1].weight)
        assert not torch.equal(part["layers"]["1"].weight, whole.layers[0].weight)

    def test_recipe_of_the_whole_serves_a_part(self) -> None:
        recipe = parse_recipe(RECIPE.format(dtype="float32"))
        stage = nn.ModuleDict({"norm": nn.LayerNorm(6), "head": nn.Linear(6, 10, bias=False)})
        init_model(stage, recipe=recipe)
        assert torch.equal(stage["head"].weight, init_model(Model(), recipe=recipe).head.weight)

    def test_what_no_rule_matches_is_the_models_own(self) -> None:
        ruled = init_model(Model(), recipe=[{"match": "head.*", "init": "zeros"}], seed=4)
        own = init_model(Model(), seed=4)
        assert not ruled.head.weight.any()
        assert torch.equal(ruled.layers[1].weight, own.layers[1].weight)
        assert torch.equal(ruled.embed.weight, own.embed.weight)

    def test_buffers_take_rules_of_one_value_only(self) -> None:
        model = nn.Sequential(nn.BatchNorm1d(4))
        model[0].running_mean.fill_(5)
        rules = [
            {"match": "*running_var", "init": "constant", "value": 3.0},
            {"match": "*", "init": "normal"},
        ]
        init_model(model, recipe=rules, seed=1)
        assert model[0].running_mean.tolist() == [5] * 4
        assert model[0].running_var.tolist() == [3] * 4
        assert model[0].weight.detach().std() > 0

    def test_wrappers_do_not_change_names(self) -> None:
        from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper

        plain = init_model(Model(), recipe=FORMULAS, seed=5)
        wrapped = Model()
        wrapped.layers[0] = checkpoint_wrapper(wrapped.layers[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler about itself
            compiled = torch.compile(wrapped)
        assert any("_orig_mod" in name for name, _ in compiled.named_parameters())
        init_model(compiled, recipe=FORMULAS, seed=5)
        for one, other in zip(compiled.parameters(), plain.parameters(), strict=True):
            assert torch.equal(one, other)

    @pytest.mark.parametrize("inner", [False, True])
    @pytest.mark.parametrize("wrap", [nn.DataParallel, AveragedModel])
    def test_wrappers_that_name_their_model_module(self, wrap: Any, inner: bool) -> None:
        plain = init_model(Model(), recipe=FORMULAS, seed=5)
        model = Model()
        if inner:
            model.layers[0] = wrap(model.layers[0])
        else:
            model = wrap(model)
        init_model(model, recipe=FORMULAS, seed=5)
        for one, other in zip(model.parameters(), plain.parameters(), strict=True):
            assert torch.equal(one, other)

    def test_a_module_of_that_name_keeps_it(self) -> None:
        model = init_model(nn.ModuleDict({"module": nn.Linear(3, 2)}), seed=5)
        rules = [
            {"match": "module.weight", "init": "normal"},
            {"match": "module.bias", "init": "ones"},
        ]
        init_model(model, recipe=rules, seed=5)
        expected = fastinit.normal((2, 3), seed=5, stream="module.weight")
        assert (model["module"].weight.detach().numpy() == expected).all()


class Computing(nn.Module):
    """Tensors that no distribution explains, together with tensors that one explains."""

    def __init__(self, size: int = 4, device: Any = None) -> None:
        super().__init__()
        self.rotation = nn.Parameter(torch.empty(size, size, device=device))
        self.slope = nn.Parameter(torch.empty(size, device=device))
        self.step = nn.Parameter(torch.empty(size, device=device))
        self.weight = nn.Parameter(torch.empty(size, size, device=device))
        self.register_buffer("position", torch.empty(size, device=device), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.orthogonal_(self.rotation)
        with torch.no_grad():
            self.slope.copy_(torch.log(torch.arange(1, len(self.slope) + 1)))
            self.step.copy_(torch.exp(torch.rand(len(self.step))))
            self.weight.normal_(0, 0.3)
            self.position.copy_(torch.arange(len(self.position)))


def names_of_own_code() -> dict[str, Callable[[Any], Any]]:
    """Models whose own code sets all of them."""
    return {
        "linear": lambda device: nn.Linear(5, 7, device=device),
        "conv": lambda device: nn.Conv2d(3, 4, 3, device=device),
        "batch norm": lambda device: nn.BatchNorm2d(3, device=device),
        "group norm": lambda device: nn.GroupNorm(1, 3, device=device),
        "embedding": lambda device: nn.Embedding(7, 3, padding_idx=1, device=device),
        "lstm": lambda device: nn.LSTM(3, 4, 2, bidirectional=True, device=device),
        "attention": lambda device: nn.MultiheadAttention(8, 2, device=device),
        "transformer": lambda device: nn.Transformer(8, 2, 1, 1, 16, batch_first=True, device=device),
        "bilinear": lambda device: nn.Bilinear(2, 3, 4, device=device),
        "computing": lambda device: nn.Sequential(nn.Linear(4, 4, device=device), Computing(4, device)),
    }


class TestOwnCode:
    """Without rules, the model's own code says how."""

    @pytest.mark.parametrize("name", names_of_own_code())
    def test_meta_and_cpu_give_the_same(self, name: str) -> None:
        make = names_of_own_code()[name]
        real = init_model(make("cpu"), seed=1)
        assert_same(init_model(make("meta"), seed=1), values(real))
        with torch.random.fork_rng():
            torch.manual_seed(99)  # torch's generator is not asked
            again = init_model(make("cpu"), seed=1)
        assert_same(again, values(real))
        assert any((v != w).any() for v, w in pairs(init_model(make("cpu"), seed=2), real)) or all(
            not value.requires_grad or len(value.unique()) == 1 for value in real.parameters()
        )

    @pytest.mark.parametrize("name", names_of_own_code())
    def test_distributions_are_those_of_the_code(self, name: str) -> None:
        """The same set of ranges as a plain construction, many times over."""
        make = names_of_own_code()[name]
        plain = [dict(make("cpu").named_parameters()) for _ in range(30)]
        ours = [dict(init_model(make("cpu"), seed=s).named_parameters()) for s in range(30)]
        for key in plain[0]:
            one, other = (torch.stack([draw[key].detach().double() for draw in draws]) for draws in (plain, ours))
            spread = float(one.std()) + 1e-12
            assert abs(one.mean() - other.mean()) < 6 * spread / one.numel() ** 0.5 + 1e-6, key
            assert float(other.std()) == pytest.approx(spread, rel=0.4, abs=1e-6), key
            np.testing.assert_array_equal((one == 0).all(0), (other == 0).all(0), err_msg=key)

    def test_linear_is_drawn_by_name(self) -> None:
        model = init_model(nn.Sequential(nn.Linear(25, 8)), seed=6)
        expected = fastinit.uniform((8, 25), low=-0.2, high=0.2, seed=6, stream="0.weight")
        np.testing.assert_array_equal(model[0].weight.detach().numpy(), expected)

    def test_computed_values_are_the_codes(self) -> None:
        model = init_model(Computing(6, "meta"), seed=2)
        assert torch.equal(model.position, torch.arange(6.0))
        assert torch.equal(model.slope, torch.log(torch.arange(1, 7)))
        eye = model.rotation @ model.rotation.T
        torch.testing.assert_close(eye.detach(), torch.eye(6))
        # Draws that are no tensor of the model have streams by the name of what depends on them.
        rand = torch.from_numpy(fastinit.uniform(6, seed=2, stream="step#0"))
        assert torch.equal(model.step.detach(), torch.exp(rand))
        normal = fastinit.normal((6, 6), std=0.3, seed=2, stream="weight")
        np.testing.assert_array_equal(model.weight.detach().numpy(), normal)

    @pytest.mark.parametrize("make", [torch.tensor, torch.from_numpy, torch.as_tensor, torch.asarray, torch.Tensor])
    def test_values_of_arrays_are_kept(self, make: Callable[[Any], torch.Tensor]) -> None:
        class Fixed(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weight = nn.Parameter(torch.empty(3, 4))

            def reset_parameters(self) -> None:
                with torch.no_grad():
                    self.weight.copy_(make(np.arange(12.0).reshape(3, 4)))

        with torch.device("meta"):
            model = Fixed()
        assert torch.equal(init_model(model, seed=3).weight, torch.arange(12.0).reshape(3, 4))

    def test_first_draw_of_a_computed_tensor_is_by_its_name(self) -> None:
        class Ramped(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weight = nn.Parameter(torch.empty(3, 4))

            def reset_parameters(self) -> None:
                nn.init.normal_(self.weight)
                with torch.no_grad():
                    self.weight.mul_(torch.arange(4))

        model = init_model(nn.Sequential(Ramped()), seed=3)
        expected = fastinit.normal((3, 4), seed=3, stream="0.weight") * np.arange(4, dtype="f4")
        np.testing.assert_array_equal(model[0].weight.detach().numpy(), expected)

    def test_what_is_not_computed_is_drawn_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn, fill = [], _core.fill

        def counted(address: int, spec: Any) -> None:
            drawn.append(spec.size)
            fill(address, spec)

        monkeypatch.setattr(_core, "fill", counted)
        init_model(nn.Sequential(nn.Linear(100, 30), Computing(4)), seed=1)
        assert drawn.count(3000) == 1
        assert drawn.count(30) == 1

    def test_module_without_code_follows_the_one_it_shares_with(self) -> None:
        class Head(nn.Module):
            def __init__(self, weight: Any) -> None:
                super().__init__()
                self.weight = weight

        embed = nn.Embedding(5, 3)
        model = init_model(nn.ModuleDict({"a": Head(embed.weight), "b": embed}), seed=1)
        expected = fastinit.normal((5, 3), seed=1, stream="a.weight")
        np.testing.assert_array_equal(embed.weight.detach().numpy(), expected)
        assert model["a"].weight is embed.weight

    def test_code_of_other_conventions_is_passed(self) -> None:
        class Gpt(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.scale = nn.Parameter(torch.ones(3))
                self.proj = nn.Linear(4, 4)

            def init_weights(self) -> None:
                nn.init.trunc_normal_(self.proj.weight, std=0.02, a=-0.04, b=0.04)
                nn.init.zeros_(self.proj.bias)
                nn.init.constant_(self.scale, 2.0)

        model = init_model(Gpt(), seed=1, initialize=lambda model: model.init_weights())
        expected = fastinit.truncated_normal((4, 4), std=0.02, seed=1, stream="proj.weight")
        np.testing.assert_array_equal(model.proj.weight.detach().numpy(), expected)
        assert model.scale.tolist() == [2.0] * 3

    def test_seed_is_pytorchs_without_one(self) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(1)
            first, second = (init_model(nn.Linear(3, 3)).weight for _ in range(2))
            torch.manual_seed(1)
            again = init_model(nn.Linear(3, 3)).weight
        assert torch.equal(first, again)
        assert not torch.equal(first, second)
        generator = fastinit.Generator(8)
        one, other = (init_model(nn.Linear(3, 3), seed=seed).weight for seed in (generator, 8))
        assert torch.equal(one, other)


def pairs(one: Any, other: Any) -> list[tuple[Any, Any]]:
    left, right = values(one), values(other)
    return [(np.asarray(left[name]), np.asarray(right[name])) for name in left]


class Allocations(TorchDispatchMode):
    """Counts the bytes of all tensors with memory that are made."""

    def __init__(self) -> None:
        super().__init__()
        self.total_bytes = 0

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        made = isinstance(result, torch.Tensor) and "empty" in str(func) and not result.is_meta
        if made:
            self.total_bytes += result.numel() * result.itemsize
        return result


class TestMeta:
    """Tensors on the meta device get memory once, on the right device."""

    def test_memory_is_made_once(self) -> None:
        model = nn.Sequential(nn.Linear(300, 200, device="meta"), nn.BatchNorm1d(200, device="meta"))
        with Allocations() as allocations:
            init_model(model, seed=1)
        tensors = (*model.parameters(), *model.buffers())
        assert allocations.total_bytes == sum(t.numel() * t.itemsize for t in tensors)

    def test_parameters_keep_what_they_were(self) -> None:
        with torch.device("meta"):
            model = Model()
        model.head.weight = model.embed.weight
        model.norm.weight.requires_grad_(False)
        model.norm.weight.no_decay = True
        init_model(model, recipe=[FORMULAS[0]], seed=1)
        assert model.head.weight is model.embed.weight
        assert isinstance(model.head.weight, nn.Parameter)
        assert (model.norm.weight.requires_grad, model.norm.weight.no_decay) == (False, True)
        assert len(list(model.parameters())) == 7

    def test_recurrent_modules_run(self) -> None:
        model = init_model(nn.LSTM(3, 4, device="meta"), seed=1)
        output, _ = model(torch.ones(2, 1, 3))
        assert output.isfinite().all()

    def test_default_device_and_argument(self) -> None:
        with torch.device("meta"):
            model = init_model(nn.Linear(2, 2), seed=1)  # there it stays
        assert model.weight.is_meta
        assert not init_model(model, seed=1, device="cpu").weight.is_meta

    def test_real_tensors_stay_where_they_are(self) -> None:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, device="meta"))
        pointer, parameter = model[0].weight.data_ptr(), model[0].weight
        init_model(model, seed=1)
        assert model[0].weight is parameter
        assert parameter.data_ptr() == pointer


class Unset(nn.Module):
    """A parameter that only the constructor knows."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.proj = nn.Linear(3, 3)


class Failing(nn.Linear):
    """Code that needs values."""

    def reset_parameters(self) -> None:
        self.weight.sum().item()


def shared() -> nn.Module:
    """One parameter in two modules that would draw it differently."""
    model = nn.ModuleDict({"embed": nn.Embedding(5, 3), "head": nn.Linear(3, 5, bias=False)})
    model["head"].weight = model["embed"].weight
    return model


class Rotary(nn.Module):
    """A buffer that no checkpoint holds, and that only the constructor sets."""

    def __init__(self, device: str) -> None:
        super().__init__()
        frequencies = torch.arange(4.0, device=device).exp()
        self.register_buffer("frequencies", frequencies, persistent=False)


ERRORS: dict[str, tuple[Callable[[], Any], dict[str, Any], type[Exception], str]] = {
    "unset": (
        Unset,
        {},
        ValueError,
        r"got 'scale', never set by its own code; set it .* or add a rule to `recipe` such as \{\"match\": \"scale\"",
    ),
    "a buffer of the constructor": (
        lambda: Rotary("meta"),
        {},
        ValueError,
        r"got 'frequencies', never set .*; set it in the module's reset_parameters, .*, or make it on a real",
    ),
    "shared": (shared, {}, ValueError, "got 'embed.weight = head.weight', set differently by the modules that"),
    "failing": (
        lambda: Failing(3, 3),
        {},
        RuntimeError,
        r"the code of the model failed on the meta device: .*; build the model by .*build`, .*`recipe`",
    ),
    "no match": (
        Model,
        {"recipe": [*FORMULAS, {"match": "haed.*", "init": "zeros"}]},
        RecipeError,
        r"rule 6 \(match = \"haed.\*\"\) matches no tensor",
    ),
    "bad rule": (
        Model,
        {"recipe": [{"match": "*", "init": "normal", "std": -1.0}]},
        RecipeError,
        r"init_model: tensor 'embed.weight', rule 1 .*`std` must be finite and >= 0, got -1.0",
    ),
    "padding": (
        Model,
        {"recipe": [{"match": "*", "init": "zeros", "padding_idx": 10}]},
        RecipeError,
        "`padding_idx` must be the number of a row",
    ),
    "complex": (
        lambda: nn.Linear(2, 2, dtype=torch.complex64),
        {"recipe": [{"match": "*", "init": "zeros"}]},
        TypeError,
        "`model` must have dense tensors of float64, .*, got 'weight: Parameter of complex64",
    ),
    "lazy": (lambda: nn.LazyLinear(3), {}, ValueError, "must have shapes, got 'lazy weight'"),
    "no module": (lambda: "model", {}, TypeError, "`model` must be a torch.nn.Module, got str"),
    "seed": (Model, {"seed": -1}, ValueError, r"`seed` must be an int in \[0, 2\*\*64 - 1\]"),
    "seed's kind": (Model, {"seed": 1.5}, TypeError, "`seed` must be an int"),
    "one rule": (
        Model,
        {"recipe": {"match": "*", "init": "zeros"}},
        TypeError,
        r"`recipe` must be a recipe, its path, or a list of rules, got {.*}; a single rule is a list too: \[{",
    ),
    "names as rules": (Model, {"recipe": ["zeros"]}, TypeError, r"or a list of rules, got \['zeros'\]"),
    "preset": (
        Model,
        {"preset": "kaiming"},
        RecipeError,
        r"'zero', or the name of an initializer, got 'kaiming'; did you mean 'kaiming_normal'\?",
    ),
    "preset's kind": (Model, {"preset": []}, RecipeError, r"or the name of an initializer, got \[\]"),
    "recipe": (Model, {"recipe": "nowhere.toml"}, RecipeError, "cannot read the recipe nowhere"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_and_leave_the_model_alone(name: str) -> None:
    make, arguments, kind, text = ERRORS[name]
    model = make()
    is_plain = name not in ("lazy", "no module")
    before = copy.deepcopy(model.state_dict()) if is_plain else None
    with pytest.raises(kind, match=text):
        init_model(model, **{"seed": 1, **arguments})
    if before is not None:
        for key, value in model.state_dict().items():
            assert torch.equal(value, before[key]), key


def test_errors_leave_the_meta_device_alone() -> None:
    with torch.device("meta"):
        model = Unset()
    weight = model.proj.weight
    with pytest.raises(ValueError, match="never set"):
        init_model(model, seed=1)
    assert model.proj.weight is weight
    assert weight.is_meta


class SetByConstructor(nn.Module):
    """What `reset_parameters` would say otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(32, 16)
        nn.init.normal_(self.linear.weight, std=0.02)


def test_values_that_a_constructor_set_are_not_replaced_in_silence() -> None:
    with pytest.warns(UserWarning, match=r"init_model gives linear\.weight uniform.*fastinit\.torch\.build"):
        init_model(SetByConstructor(), seed=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Linear(32, 16),
        lambda: nn.LSTM(40, 40),
        lambda: nn.Conv2d(8, 8, 3),
        lambda: nn.Embedding(100, 8, padding_idx=1),
        lambda: nn.Sequential(nn.LayerNorm(80), nn.MultiheadAttention(16, 2), nn.BatchNorm1d(80)),
    ],
)
def test_values_of_reset_parameters_are_replaced_without_a_word(make: Any) -> None:
    init_model(make(), seed=0)


def test_no_values_no_doubt() -> None:
    with torch.device("meta"):
        model = SetByConstructor()
    init_model(model, seed=0)
    init_model(SetByConstructor(), seed=0, recipe=[{"match": "linear.*", "init": "zeros"}])
    init_model(SetByConstructor(), seed=0, initialize=lambda model: model.linear.reset_parameters())


def test_the_report_of_a_recipe_in_another_layout_is_a_recipe_of_the_same_values() -> None:
    tensors = 'layout = "keras"\n[tensors]\n"weight" = [8, 32]\n"bias" = [8]\n'
    rules = '[[rule]]\nmatch = "weight"\ninit = "he_normal"\n[[rule]]\nmatch = "bias"\ninit = "zeros"\n'
    model = init_model(nn.Linear(32, 8), recipe=parse_recipe(f'seed = 3\ndtype = "float32"\n{tensors}{rules}'))
    again = init_model(nn.Linear(32, 8), recipe=report(model).recipe())
    assert torch.equal(model.weight, again.weight)
    assert model.weight.std().item() == pytest.approx((2 / 8) ** 0.5, rel=0.2)
