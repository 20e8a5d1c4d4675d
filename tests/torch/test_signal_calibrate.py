"""`calibrate`: outputs of layers have the standard deviation that was asked for, by a recipe that draws them again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit
from fastinit import checkpoint
from fastinit.torch import build, calibrate, init_model, probe, report
from tests.torch.networks import Block, Gated, Shared, Tied, chain, image_network, normals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.torch

TOKENS = torch.arange(40).reshape(4, 10)
CASES: dict[str, tuple[Callable[[], nn.Module], Any]] = {
    "tanh": (lambda: chain(12), normals(64, 64)),
    "relu without biases": (lambda: chain(12, activation=nn.ReLU, bias=False), normals(64, 64)),
    "convolutions and norms": (image_network, normals(4, 3, 16, 16)),
    "residual blocks": (lambda: nn.Sequential(*(Block() for _ in range(4))), normals(64, 32)),
    "gated units": (lambda: nn.Sequential(*(Gated() for _ in range(4))), normals(64, 32)),
    "one layer run five times": (Shared, normals(64, 32)),
    "two inputs": (lambda: nn.Bilinear(8, 9, 10), (normals(64, 8), normals(64, 9, seed=2))),
    "one dimension": (lambda: nn.Sequential(nn.Conv1d(4, 8, 3), nn.ReLU(), nn.ConvTranspose1d(8, 6, 3)), normals(4, 9)),
}


def outputs(model: nn.Module, batch: Any, kinds: tuple[type[nn.Module], ...]) -> list[float]:
    """The standard deviations of layers' first outputs, measured by other hooks than calibrate's."""
    stds: dict[str, float] = {}
    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, kinds):

            def hook(_module: nn.Module, _args: Any, output: torch.Tensor, name: str = name) -> None:
                stds.setdefault(name, float(output.detach().double().std(correction=0)))

            hooks.append(module.register_forward_hook(hook))
    model(*batch) if isinstance(batch, tuple) else model(batch)
    for handle in hooks:
        handle.remove()
    return list(stds.values())


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(first == second and torch.equal(a, b) for (first, a), (second, b) in pairs)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("init", ["orthogonal", "normal"])
def test_every_layer_puts_out_unit_variance_after_one_round(name: str, init: str) -> None:
    make, batch = CASES[name]
    model = make()
    found = calibrate(model, batch, init=init, tolerance=1e-4)
    assert found.rounds <= 1
    assert found.is_calibrated
    layers = (nn.Linear, nn.Bilinear, nn.modules.conv._ConvNd)
    measured = outputs(model, batch, layers)
    assert len(measured) == len(found.rows)
    assert measured == pytest.approx([1.0] * len(measured), abs=3e-5)
    assert [row.output for row in found.rows] == pytest.approx(measured, abs=1e-6)


@pytest.mark.parametrize("name", ["residual blocks", "convolutions and norms", "gated units"])
def test_one_round_finds_what_the_paper_finds_layer_by_layer(name: str) -> None:
    make, batch = CASES[name]
    rules = [{"match": "*bias", "init": "zeros"}, {"match": "*.weight", "init": "normal", "std": 0.3}]
    if name == "gated units":
        del rules[0]
    model, theirs = make(), init_model(make(), seed=0, recipe=rules)
    found = calibrate(model, batch, init=rules)
    layers = [module for module in theirs.modules() if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd))]
    for place, layer in enumerate(layers):  # the paper's algorithm, with biases of zero
        layer.weight.data /= outputs(theirs, batch, (nn.Linear, nn.modules.conv._ConvNd))[place]
    ours = [module.weight for module in model.modules() if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd))]
    assert len(found.rows) == len(layers) == len(ours)
    assert found.rounds == 1
    for one, other in zip(ours, layers, strict=True):
        torch.testing.assert_close(one, other.weight, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("std", [1e-6, 1e3])
def test_the_scale_at_the_start_does_not_matter(std: float) -> None:
    rules = [{"match": "*.bias", "init": "zeros"}, {"match": "*", "init": "normal", "std": std}]
    ours = [row.std for row in calibrate(chain(8), normals(64, 64), init=rules).rows]
    biases = [{"match": "*.bias", "init": "zeros"}, {"match": "*", "init": "lecun_normal"}]
    theirs = [row.std for row in calibrate(chain(8), normals(64, 64), init=biases).rows]
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_of_an_identity_the_scale_is_exact() -> None:
    model = nn.Linear(64, 64, bias=False)
    found = calibrate(model, torch.eye(64), init="normal")  # the output is the weight, transposed
    assert found.rows[0].output_before == pytest.approx(found.rows[0].std_before, rel=0.05)
    assert float(model.weight.detach().std(correction=0)) == pytest.approx(1.0, abs=1e-5)
    assert found.rows[0].std * found.rows[0].output_before == pytest.approx(found.rows[0].std_before, rel=1e-5)


def test_relu_networks_come_near_the_scale_of_he() -> None:
    found = calibrate(chain(4, 512, nn.ReLU), normals(256, 512), init="normal")
    first, *rest = (row.std * math.sqrt(512) for row in found.rows)
    assert first == pytest.approx(1.0, abs=0.02)
    assert rest == pytest.approx([math.sqrt(2)] * 3, rel=0.05)


@pytest.mark.parametrize("bias", [0.0, 0.5, -0.5])
def test_the_part_of_biases_is_taken_out(bias: float) -> None:
    """Units whose bias goes with their weighted sum, or against it."""
    model = nn.Linear(32, 32)
    rules = [{"match": "bias", "init": "normal", "std": abs(bias)}, {"match": "*", "init": "normal", "std": 0.1}]
    batch = normals(64, 32) + 1.0
    found = calibrate(model, batch, init=rules, tolerance=1e-5)
    assert (found.rounds, found.is_calibrated) == (1, True)
    assert float(model.bias.detach().std(correction=0)) == pytest.approx(abs(bias), rel=0.3)


def test_a_bias_that_is_too_large_is_said_and_leaves_the_scale() -> None:
    rules = [{"match": "*.bias", "init": "normal", "std": 3.0}, {"match": "*", "init": "normal", "std": 0.1}]
    found = calibrate(chain(2, 32), normals(64, 32), init=rules)
    assert not found.is_calibrated
    assert all(row.note.startswith("its bias alone has std ") for row in found.rows)
    assert [row.rule for row in found.rows] == ["normal(std=0.1)"] * 2
    assert found.rounds == 0


@pytest.mark.parametrize(
    ("batch", "note"),
    [
        (torch.zeros(64, 64), "its output is constant: no scale of the weight changes its std"),
        (torch.full((64, 64), math.nan), "its output has values that are NaN or infinite"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_outputs_that_no_scale_mends_are_said_and_nothing_loops(
    batch: torch.Tensor, note: str, dtype: torch.dtype
) -> None:
    found = calibrate(chain(2).to(dtype), batch.to(dtype))
    assert found.rows[0].note == note
    assert not found.is_calibrated
    assert found.rounds <= 1
    assert all(math.isfinite(row.std) for row in found.rows)
    assert "NaN" not in found.to_json().replace("NaN or infinite", "")


def test_a_tolerance_below_the_digits_of_a_recipe_ends_after_a_round() -> None:
    found = calibrate(chain(4), normals(64, 64), tolerance=1e-13)
    assert not found.is_calibrated
    assert found.rounds == 1
    assert found.missed[0].deviation < 1e-4
    assert "0.weight: its output's variance is off by" in found.verdict


def test_a_layer_after_a_dead_one_is_calibrated_all_the_same() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dead, self.alive = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> Any:
            return self.dead(0 * x), self.alive(x)

    dead, alive = calibrate(Branches(), normals(64, 8)).rows
    assert dead.note.startswith("its output is constant")
    assert alive.output == pytest.approx(1.0, abs=1e-5)


def test_the_first_call_sets_the_scale_of_a_layer_that_runs_several_times() -> None:
    (row,) = calibrate(Shared(), normals(64, 32), tolerance=1e-4).rows
    assert row.calls == 5
    assert row.output == pytest.approx(1.0, abs=1e-5)


def test_tied_weights_are_calibrated_where_a_layer_reads_with_them() -> None:
    found = calibrate(build(Tied, seed=0), TOKENS)
    assert found.is_calibrated
    tied, layer = found.rows
    assert (tied.parameter, tied.module) == ("table.weight", "head")
    assert (layer.parameter, layer.module) == ("layer.weight", "layer")
    assert found.rounds == 2  # the table is used before its layer runs


def test_weights_that_calibrate_cannot_set_keep_their_rules_and_say_why() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(50, 16)
            self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
            self.normed = torch.nn.utils.parametrizations.weight_norm(nn.Linear(16, 16))
            self.frozen = nn.Linear(16, 16)
            self.frozen.weight.requires_grad_(False)
            self.zero = nn.Linear(16, 16)
            nn.init.zeros_(self.zero.weight)
            self.layer = nn.Linear(16, 16)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            x = self.table(tokens)
            x = x + self.attention(x, x, x)[0]
            output: torch.Tensor = self.layer(self.frozen(self.normed(x)) + self.zero(x))
            return output

    model = build(Net, seed=0)
    before = {row.name: row.call for row in report(model).rows}
    found = {row.parameter: row for row in calibrate(model, TOKENS).rows}
    notes = {name: row.note for name, row in found.items()}
    assert notes == {
        "table.weight": "a table of embeddings",
        "attention.in_proj_weight": "MultiheadAttention is neither a linear layer nor a convolution",
        "attention.out_proj.weight": "its layer does not run as a module, or returns no tensor",
        "normed.parametrizations.weight.original0": "parametrised",
        "normed.parametrizations.weight.original1": "parametrised",
        "frozen.weight": "frozen",
        "zero.weight": "its rule, zeros(), draws nothing that has a scale",
        "layer.weight": "",
    }
    kept = [name for name, row in found.items() if row.target is None and name != "attention.out_proj.weight"]
    assert {name: found[name].rule for name in kept} == {name: str(before[name]) for name in kept}
    assert found["layer.weight"].output == pytest.approx(1.0, abs=1e-5)


def test_targets_are_numbers_or_expressions_by_the_names_of_weights() -> None:
    model = nn.Sequential(*(Block() for _ in range(4)))
    found = calibrate(model, normals(64, 32), target={"*.down.weight": "1 / sqrt(2 * layers)", "0.up.weight": 3})
    assert found.is_calibrated
    wanted = {row.parameter: row.target for row in found.rows}
    assert [wanted[f"{n}.down.weight"] for n in range(4)] == pytest.approx([8**-0.5] * 4)
    assert [wanted[f"{n}.up.weight"] for n in range(4)] == [3.0, 1.0, 1.0, 1.0]
    assert calibrate(chain(2), normals(64, 64), target=0.5).rows[1].output == pytest.approx(0.5, abs=1e-5)


def test_only_weights_that_match_are_calibrated() -> None:
    model = chain(3)
    found = calibrate(model, normals(64, 64), match=["0.weight", "4.*"])
    assert [row.parameter for row in found.rows] == ["0.weight", "4.weight"]
    assert "uniform" in str(report(model).rows[2].call)


@pytest.mark.parametrize("init", ["glorot", "own", "he_uniform"])
def test_presets_initializers_and_own_code_give_the_rules_to_start_from(init: str) -> None:
    found = calibrate(chain(3), normals(64, 64), init=init)
    assert found.is_calibrated
    assert all(row.rule.startswith(("normal(", "uniform(")) for row in found.rows)


def test_calibrating_what_is_calibrated_changes_nothing() -> None:
    model, batch = chain(6), normals(64, 64)
    first = calibrate(model, batch)
    other = chain(6)
    second = calibrate(other, batch, init=first.recipe)
    assert second.rounds == 0
    assert [row.rule for row in second.rows] == [row.rule for row in first.rows]
    assert same(other, model)
    assert calibrate(model, batch).recipe.text == first.recipe.text  # again from the start, without a warning


def test_the_recipe_is_what_draws_the_model_also_where_it_began_with_another_layout() -> None:
    text = 'seed = 0\ndtype = "float32"\nlayout = "keras"\n[tensors]\nweight = [8, 32]\nbias = [8]\n[[rule]]\n'
    start = checkpoint.parse_recipe(
        text + 'match = "weight"\ninit = "he_normal"\n[[rule]]\nmatch = "bias"\ninit = "zeros"'
    )
    model = nn.Linear(32, 8)
    for tolerance in (100.0, 0.01):
        found = calibrate(model, normals(64, 32), init=start, tolerance=tolerance)
        assert same(init_model(nn.Linear(32, 8), recipe=found.recipe), model)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_recipe_draws_the_same_model_and_checkpoint(dtype: torch.dtype, tmp_path: Path) -> None:
    model = image_network().to(dtype)
    found = calibrate(model, normals(4, 3, 16, 16).to(dtype), seed=5)
    assert found.is_calibrated
    assert found.seed == 5
    assert same(init_model(image_network().to(dtype), seed=5, recipe=found.recipe), model)
    (file,) = found.save(tmp_path / "my.toml")
    assert same(init_model(image_network().to(dtype), recipe=file), model)
    checkpoint.write(checkpoint.make_plan(found.recipe), tmp_path / "out")
    with checkpoint.open(tmp_path / "out", framework="pt") as opened:
        for name, parameter in model.named_parameters():
            assert torch.equal(opened.get_tensor(name), parameter), name


def test_a_model_without_memory_is_drawn_and_calibrated() -> None:
    with torch.device("meta"):
        model = chain(3)
    found = calibrate(model, normals(64, 64))
    plain = chain(3)
    assert calibrate(plain, normals(64, 64)).recipe.text == found.recipe.text
    assert same(model, plain)


def test_a_compiled_model_is_calibrated_as_it_is_written() -> None:
    compiled = torch.compile(chain(3), backend="eager", fullgraph=True)  # which fails where a hook cannot be compiled
    compiled(normals(64, 64))
    found = calibrate(compiled, normals(64, 64))
    assert [row.parameter for row in found.rows] == ["0.weight", "2.weight", "4.weight"]
    assert found.is_calibrated


@pytest.mark.parametrize("method", ["lsuv", "gains"])
def test_nothing_changes_besides_what_is_drawn(method: str) -> None:
    model = nn.Sequential(image_network(), nn.Dropout(0.5), nn.Linear(10, 4))
    batch = normals(4, 3, 16, 16)
    model(batch).sum().backward()
    model[0][3].eval()
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    modes = [module.training for module in model.modules()]
    state = torch.get_rng_state()
    calibrate(model, batch, method=method)
    assert torch.equal(torch.get_rng_state(), state)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(parameter.grad, gradients[name]) for name, parameter in model.named_parameters())
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in model.named_buffers())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("fails_at", [1, 2, 3])
@pytest.mark.parametrize("has_report", [True, False])
def test_an_error_leaves_the_model_as_it_was(fails_at: int, has_report: bool) -> None:
    calls: list[int] = []

    class Failing(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            calls.append(1)
            if len(calls) == fails_at:
                raise RuntimeError("no more")
            return x

    model = nn.Sequential(image_network(), Failing())
    if has_report:
        init_model(model, seed=9)
    known = report(model) if has_report else None
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(RuntimeError, match="no more"):
        calibrate(model, normals(4, 3, 16, 16))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    if has_report:
        assert report(model) is known
    else:
        with pytest.raises(ValueError, match="has initialised"):
            report(model)


def test_an_error_leaves_a_model_without_memory() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(9, 8))
    weight = model[0].weight
    with pytest.raises(RuntimeError):
        calibrate(model, normals(4, 8))
    assert model[0].weight is weight
    assert weight.is_meta


@pytest.mark.parametrize("kind", [nn.ReLU, nn.Tanh])
def test_deep_networks_are_healthy_after_calibration_and_not_before(kind: type[nn.Module]) -> None:
    rules = [{"match": "*.bias", "init": "zeros"}, {"match": "*", "init": "normal", "std": 0.01}]
    model, batch = chain(20, 128, kind), normals(256, 128)
    init_model(model, seed=0, recipe=rules)
    assert not probe(model, batch).is_healthy
    calibrate(model, batch)
    probe(model, batch).assert_healthy()


def test_a_deep_plain_network_trains_after_calibration_and_not_before() -> None:
    """The paper's claim, on a 24-layer relu network that has to learn a rule of its inputs."""
    inputs = normals(512, 32)
    labels = (inputs[:, :4].sum(1) > 0).long()

    def loss_after_training(model: nn.Module) -> float:
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(60):
            loss = nn.functional.cross_entropy(model(inputs)[:, :2], labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    small = [{"match": "*.bias", "init": "zeros"}, {"match": "*", "init": "normal", "std": 0.01}]
    model = chain(24, 32, nn.ReLU)[:-1]
    assert loss_after_training(init_model(model, seed=0, recipe=small)) > 0.68
    calibrate(model, inputs)
    assert loss_after_training(model) < 0.4


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ({"method": "other"}, ValueError, "`method` must be one of 'lsuv', 'gains', got 'other'"),
        (
            {"init": "other"},
            ValueError,
            "`init` must be .* a preset, an initializer, or the path of a recipe, got 'other'",
        ),
        ({"init": 3}, TypeError, "`init` must be .*, got 3"),
        ({"target": 0}, ValueError, "`target` must be > 0, got 0"),
        ({"target": "1"}, TypeError, "`target` must be a real number, got '1'"),
        ({"target": {"*": -1.0}}, ValueError, r"`target`: tensor '0.weight', .* must be finite and >= 0, got -1.0"),
        ({"target": {"*": 0.0}}, ValueError, "`target` for `0.weight` must be > 0, got 0.0"),
        ({"target": {"*.x": 1.0}}, ValueError, r"`target`: .*rule 1 .* matches no tensor"),
        ({"target": {"*": "1 / size"}}, ValueError, "`target`: .*'size' is not known"),
        ({"tolerance": 0}, ValueError, "`tolerance` must be > 0, got 0"),
        ({"most_rounds": 0}, ValueError, r"`most_rounds` must be an int in \[1, 1000\], got 0"),
        ({"match": 3}, TypeError, "`match` must be a pattern or a list of patterns, got 3"),
        ({"match": "x"}, ValueError, "`match` must match the weight of a layer, got 'x'; the weights are 0.weight"),
    ],
)
def test_arguments_are_checked_and_the_model_stays(given: dict[str, Any], kind: type[Exception], text: str) -> None:
    model = chain(2, 8)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(kind, match=text):
        calibrate(model, normals(4, 8), **given)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_model_without_layers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`model` must have a linear or convolutional layer .* got none"):
        calibrate(nn.LayerNorm(4), normals(4, 4))
    with pytest.raises(TypeError, match=r"`model` must be a torch.nn.Module, got 'list'"):
        calibrate([], normals(4, 4))


def test_processes_that_draw_nothing_random_keep_the_default_generator_of_fastinit() -> None:
    fastinit.manual_seed(3)
    first = fastinit.normal((4,))
    fastinit.manual_seed(3)
    calibrate(chain(2, 8), normals(4, 8, seed=2))
    assert (fastinit.normal((4,)) == first).all()


def test_a_model_without_shapes_is_refused() -> None:
    with pytest.raises(ValueError, match="`model` must have shapes, got 'lazy weight'"):
        calibrate(nn.LazyLinear(4), torch.eye(4))
