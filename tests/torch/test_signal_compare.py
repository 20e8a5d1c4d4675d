"""`compare`: what is trained, on what, and that the model is afterwards as before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit
from fastinit.checkpoint import parse_recipe
from fastinit.errors import RecipeError
from fastinit.torch import build, compare, init_model, probe, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.torch

WIDTH, CLASSES = 16, 4
INPUTS = torch.from_numpy(fastinit.normal((64, WIDTH), seed=1))
TARGET = INPUTS[:, :CLASSES].argmax(1)
BATCHES = [(INPUTS[:32], TARGET[:32]), (INPUTS[32:], TARGET[32:])]


def mlp(depth: int = 4) -> nn.Module:
    layers = [each for _ in range(depth) for each in (nn.Linear(WIDTH, WIDTH), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(WIDTH, CLASSES))


def varied() -> nn.Module:
    """With buffers that training changes, and draws while it trains."""
    return nn.Sequential(
        nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH), nn.Dropout(0.5), nn.ReLU(), nn.Linear(WIDTH, CLASSES)
    )


def run(model: Any, rules: Any = ("own", "he"), batches: Any = BATCHES, **options: Any) -> Any:
    return compare(model, batches, rules, **{"seeds": (0, 1), "steps": 6, **options})


def losses(found: Any) -> dict[tuple[str, int], tuple[float, ...]]:
    return {(each.rules, each.seed): each.losses for each in found.trials}


def test_a_trial_is_the_loop_that_one_writes_by_hand() -> None:
    found = losses(run(varied, ["glorot"], seeds=[3], steps=5))
    with torch.random.fork_rng():
        model = init_model(build(varied, seed=3), seed=3, preset="glorot")
        torch.manual_seed(3)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        expected = []
        for step in range(5):
            inputs, target = BATCHES[step % 2]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), target)
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
    assert found == {("glorot", 3): tuple(expected)}


def test_the_result_is_the_same_to_the_bit_each_time() -> None:
    first, second = run(varied), run(varied)
    assert first == second
    assert first.to_json() == second.to_json()


def test_a_trial_does_not_depend_on_the_others() -> None:
    together = losses(run(varied, ["zeros", "he", "own"]))
    assert losses(run(varied, ["own"], seeds=[1]))["own", 1] == together["own", 1]


def test_a_trial_does_not_depend_on_the_random_state() -> None:
    first = run(varied)
    torch.rand(3)
    assert run(varied) == first


def test_all_sets_take_their_turn_with_one_seed_before_the_next() -> None:
    assert [(each.rules, each.seed) for each in run(mlp).trials] == [("own", 0), ("he", 0), ("own", 1), ("he", 1)]


def test_the_start_is_what_probe_tells_of_the_drawn_model() -> None:
    found = run(mlp, ["he"], seeds=[2])
    model = init_model(build(mlp, seed=0), seed=2, preset="he")
    assert found.trials[0].start == probe(model, INPUTS[:32], target=TARGET[:32], title="he")
    assert found.loss == "cross entropy"


def state(model: nn.Module) -> list[Any]:
    return [
        *(tensor.clone() for tensor in model.state_dict().values()),
        *(parameter.grad for parameter in model.parameters()),
        [module.training for module in model.modules()],
        str(report(model)),
        torch.get_rng_state(),
    ]


def used() -> nn.Module:
    """A model that was trained and evaluated, with gradients."""
    model = init_model(varied(), seed=5)
    model(INPUTS).sum().backward()
    model[1].eval()
    return model


def failing(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    failing.calls += 1  # type: ignore[attr-defined]
    if failing.calls > 9:  # type: ignore[attr-defined]
        raise RuntimeError("after some steps")
    return nn.functional.cross_entropy(output, target)


@pytest.mark.parametrize("loss", [None, failing])
def test_a_model_is_afterwards_as_before(loss: Callable[..., torch.Tensor] | None) -> None:
    model = used()
    before, gradients = state(model), [parameter.grad.clone() for parameter in model.parameters()]
    if loss is None:
        run(model)
    else:
        failing.calls = 0  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError, match="after some steps"):
            run(model, loss=loss)
    after = state(model)
    for old, new in zip(before, after, strict=True):
        assert torch.equal(old, new) if isinstance(old, torch.Tensor) else old == new
    for parameter, old in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, old)


def test_a_model_that_nothing_drew_by_name_has_no_report_afterwards_either() -> None:
    model = mlp()
    run(model, ["he"], seeds=[0], steps=1)
    with pytest.raises(ValueError, match="build it first"):
        report(model)


def test_own_is_what_the_constructors_of_a_function_do() -> None:
    class Own(nn.Linear):
        def __init__(self) -> None:
            super().__init__(WIDTH, CLASSES)
            nn.init.normal_(self.weight, std=0.123)

    stds = [each.start.stages[0].weights[0].reading.std for each in run(Own, ["own"], seeds=[0]).trials]
    assert stds == pytest.approx([0.123], rel=0.2)


def test_the_statistics_of_batch_norms_start_anew_in_each_trial() -> None:
    means = []

    class Norm(nn.BatchNorm1d):
        def forward(self, value: torch.Tensor) -> torch.Tensor:
            means.append(self.running_mean.clone())
            return super().forward(value)

    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), Norm(WIDTH), nn.Linear(WIDTH, CLASSES))
    run(model, ["he", "glorot"], seeds=[0], steps=2)  # each of a probe and two steps
    zero = [bool((mean == 0).all()) for mean in means]
    assert zero == [True, True, False, True, True, False]


def test_a_loss_that_is_not_finite_ends_its_trial_alone() -> None:
    wild = [{"match": "*", "init": "normal", "std": 1e20}]
    found = run(mlp, {"wild": wild, "he": "he"}, steps=6)
    assert losses(found)["he", 0][-1] < 10
    ended = [each for each in found.trials if each.rules == "wild"]
    assert [each.ended_at for each in ended] == [1, 1]
    assert found.best == "he"


@pytest.mark.parametrize(
    ("value", "same"),
    [
        ("he", "he_normal"),
        ("glorot", "glorot_uniform"),
        ([{"match": "*.weight", "init": "he_normal"}], "he_normal"),
    ],
)
def test_sets_are_presets_initializers_or_rules(value: Any, same: str) -> None:
    found = losses(run(mlp, {"one": value, "two": same}, seeds=[0]))
    assert found["one", 0] == found["two", 0]


def test_sets_are_recipes_or_their_paths(tmp_path: Path) -> None:
    head = 'seed = 9\ndtype = "float32"\nlayout = "torch"\n[tensors]\nx = [1]\n'
    text = f'{head}[[rule]]\nmatch = "*.weight"\ninit = "he_normal"\n'
    path = tmp_path / "rules.toml"
    path.write_text(text)
    named = {"path": path, "text": str(path), "recipe": parse_recipe(text)}
    found = losses(run(mlp, named, seeds=[0]))
    assert found["path", 0] == found["text", 0] == found["recipe", 0]


def test_zeros_by_name_leave_biases_to_the_model() -> None:
    layer = run(mlp, ["zeros"], seeds=[0]).trials[0].start.stages[1]
    spreads = {weight.name: weight.reading.std for weight in layer.weights}
    assert spreads["0.weight"] == 0
    assert spreads["0.bias"] > 0


@pytest.mark.parametrize(
    ("batches", "options"),
    [
        ([(INPUTS, INPUTS[:, :CLASSES])], {}),  # a target of real numbers
        ([[INPUTS, TARGET]], {}),  # as data loaders collate
        ([((INPUTS,), TARGET)], {}),
        ([({"input": INPUTS}, TARGET)], {}),
        ([INPUTS], {"loss": lambda output: output.square().mean()}),
        ([(INPUTS,)], {"loss": lambda output: output.square().mean()}),
        (iter(BATCHES), {}),
        (((INPUTS, TARGET) for _ in iter(int, 1)), {}),  # without end
    ],
)
def test_batches_are_pairs_mappings_or_inputs(batches: Any, options: dict[str, Any]) -> None:
    assert run(mlp, ["he"], batches, seeds=[0], **options).trials[0].ended_at is None


def test_a_mapping_gives_arguments_by_name_and_the_model_its_own_loss() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(WIDTH, CLASSES)

        def forward(self, value: torch.Tensor, labels: torch.Tensor) -> Any:
            logits = self.head(value)
            return SimpleNamespace(logits=logits, loss=nn.functional.cross_entropy(logits, labels))

    found = run(Own, ["he"], [{"value": INPUTS, "labels": TARGET}], seeds=[0])
    assert found.loss == "the model's own loss"


def test_an_optimizer_is_made_of_the_parameters_for_each_trial() -> None:
    made = []

    def make(parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        made.append(torch.optim.SGD(parameters, lr=0.0))
        return made[-1]

    found = run(mlp, optimizer=make, batches=BATCHES[:1])
    assert len(made) == 4
    assert all(len(set(each.losses)) == 1 for each in found.trials)


def test_gradients_of_what_an_optimizer_has_not_do_not_add_up() -> None:
    model = mlp()
    seen = []
    model[0].weight.register_post_accumulate_grad_hook(lambda parameter: seen.append(parameter.grad.clone()))
    run(
        model,
        ["he"],
        BATCHES[:1],
        seeds=[0],
        steps=3,
        optimizer=lambda _: torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1),
    )
    assert torch.equal(seen[-1], seen[-2])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"rules": ["he_norml"]},
            ValueError,
            r"`rules` must be \"own\", a preset.*got 'he_norml'.*did you mean 'he_normal'",
        ),
        ({"rules": {"a": "no/such.toml"}}, RecipeError, "cannot read the recipe no/such.toml"),
        ({"rules": {"a": [{"match": "*", "init": "he_norml"}]}}, RecipeError, "did you mean 'he_normal'"),
        ({"rules": {"a": [{"match": "nothing", "init": "ones"}]}}, RecipeError, "nothing"),
        ({"rules": ["constant"]}, RecipeError, "`value` is missing"),
        ({"rules": {"a": 3}}, TypeError, "`rules` must be .*got 3"),
        ({"rules": "he"}, TypeError, r"`rules` must be a mapping .*got 'he'; such as \["),
        ({"rules": [3]}, TypeError, "`rules` must be a mapping"),
        ({"rules": []}, ValueError, "`rules` must be a mapping"),
        ({"batches": []}, ValueError, "`batches` must have at least one batch"),
        ({"batches": INPUTS}, TypeError, r"`batches` must be an iterable of batches, got 'Tensor'; put it into a list"),
        ({"batches": {"x": INPUTS}}, TypeError, "`batches` must be an iterable of batches, got 'dict'"),
        ({"batches": (INPUTS, TARGET)}, TypeError, r"got 'a tuple of tensors'; .*\[\(inputs, target\)\]"),
        ({"batches": [(INPUTS, INPUTS, TARGET)]}, ValueError, r"pairs \(inputs, target\), got 'a tuple of 3'"),
        ({"batches": [INPUTS]}, ValueError, "`batches` must have targets, .*got 'inputs alone'"),
        ({"seeds": ()}, ValueError, "`seeds` must be different ints"),
        ({"seeds": (1, 1)}, ValueError, "`seeds` must be different ints"),
        ({"seeds": 3}, TypeError, "`seeds` must be different ints"),
        ({"steps": 0}, ValueError, "`steps` must be an int in"),
        ({"progress": 1}, TypeError, "`progress` must be a boolean"),
        ({"optimizer": lambda _: None}, TypeError, "`optimizer` must return a torch.optim.Optimizer, got 'NoneType'"),
        ({"model": 3}, TypeError, "`model` must be a torch.nn.Module or a function that makes one, got 'int'"),
        ({"model": nn.LazyLinear(3)}, ValueError, "`model` must have shapes"),
        ({"loss": lambda _output, _target: torch.ones(())}, ValueError, "give a loss that depends on its parameters"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(options: dict[str, Any], error: type[Exception], message: str) -> None:
    given = {"model": mlp, "rules": ["he"], "batches": BATCHES, **options}
    model, rules, batches = given.pop("model"), given.pop("rules"), given.pop("batches")
    with pytest.raises(error, match=message):
        run(model, rules, batches, **given)


def test_a_set_that_does_not_fit_is_an_error_before_anything_is_trained() -> None:
    calls = []
    with pytest.raises(RecipeError):
        run(mlp, {"he": "he", "bad": [{"match": "nothing", "init": "ones"}]}, loss=lambda *_: calls.append(1))
    assert not calls


INTERRUPTED = """
    import os, signal, sys, torch
    import fastinit.torch

    model = torch.nn.Linear(4, 2)
    weight, state = model.weight.detach().clone(), torch.get_rng_state()
    count = 0

    def loss(output, target):
        global count
        count += 1
        if count == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGINT)
        return torch.nn.functional.mse_loss(output, target)

    batches = [(torch.ones(3, 4), torch.ones(3, 2))]
    try:
        found = fastinit.torch.compare(model, batches, ["he", "glorot"], seeds=(0, 1), steps=10, loss=loss)
        print([(trial.rules, trial.seed, len(trial.losses)) for trial in found.trials], found.is_complete)
        print(found.verdict)
    except KeyboardInterrupt:
        print("KeyboardInterrupt")
    print(torch.equal(weight, model.weight), torch.equal(state, torch.get_rng_state()))
"""


def interrupted(count: int) -> list[str]:
    """What comes of an interrupt at a call of the loss, of which a trial makes 11."""
    command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_ctrl_c_gives_the_trials_that_are_done_and_leaves_the_model_as_before() -> None:
    trials, verdict, unchanged = interrupted(27)
    assert trials == "[('he', 0, 10), ('glorot', 0, 10)] False"
    assert verdict.endswith("(interrupted: 2 of 4 trials)")
    assert unchanged == "True True"


def test_ctrl_c_in_the_first_trial_interrupts() -> None:
    assert interrupted(5) == ["KeyboardInterrupt", "True True"]


def test_a_bar_is_shown_on_a_terminal_alone(capfd: pytest.CaptureFixture[str]) -> None:
    run(mlp, ["he"], seeds=[0], steps=1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
@pytest.mark.parametrize("is_shown", [True, False])
def test_the_bar_names_the_trial_and_can_be_hidden(is_shown: bool) -> None:
    code = f"""
        import time, torch, fastinit.torch
        def loss(output, target):
            time.sleep(0.15)
            return (output - target).square().mean()
        batches = [(torch.ones(3, 4), torch.ones(3, 2))]
        model, options = torch.nn.Linear(4, 2), dict(seeds=[7], steps=3, loss=loss)
        fastinit.torch.compare(model, batches, ["he"], progress={is_shown}, **options)
    """
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], stderr=theirs, check=True, env=environment)
    os.set_blocking(ours, False)
    os.close(theirs)
    try:
        shown = os.read(ours, 1 << 16).decode()
    except OSError:  # nothing was written
        shown = ""
    finally:
        os.close(ours)
    assert bool(re.search("he, seed 7.*%", shown)) == is_shown


def test_signals_are_handled_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    run(mlp, ["he"], seeds=[0], steps=1)
    assert signal.getsignal(signal.SIGINT) is before


def test_own_is_no_guess_about_what_another_set_drew() -> None:
    model = init_model(mlp(), seed=0)
    run(model, ["he", "own", "he_normal"], steps=1)  # a warning is an error


def test_a_function_that_makes_not_all_its_layers_is_refused_and_these_stay() -> None:
    old = nn.Linear(4, 4)
    before = old.weight.detach().clone()
    with pytest.raises(ValueError, match=r"`model` must be a function that makes all its layers, got '0.weight, which"):
        compare(lambda: nn.Sequential(old, nn.Linear(4, 2)), [(torch.eye(4), torch.arange(4) % 2)], ["own", "he"])
    assert torch.equal(old.weight, before)


def test_a_buffer_that_takes_another_shape_in_place_is_put_back() -> None:
    class Grows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 2)
            self.register_buffer("count", torch.zeros(2))

        def forward(self, value: torch.Tensor) -> torch.Tensor:
            self.count.mul_(2).add_(1)
            self.count.data = torch.cat([self.count, torch.ones(1)])
            return self.layer(value)

    model = Grows()
    compare(model, [(torch.eye(4), torch.arange(4) % 2)], ["own", "he"], seeds=[0, 1], steps=2)
    assert torch.equal(model.count, torch.zeros(2))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"optimizer": "sgd"}, "`optimizer` must be a function of the parameters, got 'sgd'"),
        ({"loss": "mse"}, "`loss` must be a function of the output, or of output and target, got 'mse'"),
        ({"loss": nn.CrossEntropyLoss}, "`loss` must be a function of the output, or of output and target"),
    ],
)
def test_what_is_no_function_is_told_with_an_example(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        compare(nn.Linear(4, 2), [(torch.eye(4), torch.arange(4) % 2)], ["own"], **arguments)
