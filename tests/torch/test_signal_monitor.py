"""`Monitor`: which passes it measures, what it writes of them, and that training takes no notice."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.optim.optimizer import _global_optimizer_pre_hooks
from torch.overrides import _get_current_function_mode_stack
from torch.utils.checkpoint import checkpoint

import fastinit
from fastinit.signal.records import Record, read_records, record_of
from fastinit.torch import Monitor, init_model, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.torch

WIDTH, DEPTH = 16, 6


def network(*more: nn.Module) -> nn.Module:
    layers = [module for _ in range(DEPTH) for module in (nn.Linear(WIDTH, WIDTH), nn.ReLU(), *more)]
    model: nn.Module = init_model(nn.Sequential(*layers, nn.Linear(WIDTH, 1)), seed=0, preset="he")
    return model


def batch(number: int) -> torch.Tensor:
    return torch.from_numpy(fastinit.normal((8, WIDTH), seed=number))


def loss_of(model: nn.Module, number: int) -> torch.Tensor:
    loss: torch.Tensor = model(batch(number)).square().mean()
    return loss


def train(model: nn.Module, steps: int, optimizer: torch.optim.Optimizer | None = None) -> list[float]:
    """A loop as users write it."""
    optimizer = optimizer or torch.optim.Adam(model.parameters(), 0.01)
    losses = []
    for number in range(steps):
        optimizer.zero_grad()
        loss = loss_of(model, number)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def steps(records: list[Record]) -> list[int]:
    return [record.step for record in records]


def close(one: Record, other: Record) -> None:
    """The same figures, but for rounding."""
    assert one.chain == other.chain
    assert one.figures.keys() == other.figures.keys()
    for group, figures in one.figures.items():
        assert figures == pytest.approx(other.figures[group], rel=1e-4, abs=1e-7), group


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert not _global_optimizer_pre_hooks
    assert not _get_current_function_mode_stack()


def test_training_is_the_same_to_the_bit_with_a_monitor() -> None:
    def trained(every: int | None) -> tuple[list[float], list[torch.Tensor], torch.Tensor]:
        torch.manual_seed(0)
        model = network(nn.BatchNorm1d(WIDTH), nn.Dropout(0.1))
        if every is None:
            losses = train(model, 7)
        else:
            with Monitor(model, every=every, to=[].append):
                losses = train(model, 7)
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        return losses, [*model.state_dict().values(), *gradients], torch.get_rng_state()

    losses, tensors, state = trained(None)
    for every in (1, 3):
        watched = trained(every)
        assert watched[0] == losses
        assert all(map(torch.equal, watched[1], tensors))
        assert torch.equal(watched[2], state)


def test_the_steps_that_are_due_are_written() -> None:
    records: list[Record] = []
    model = network()
    with Monitor(model, every=3, to=records.append) as monitor:
        train(model, 8)
        assert monitor.record is records[-1]
    assert steps(records) == [0, 3, 6]
    assert [record.time for record in records] == sorted(record.time for record in records)


def test_figures_are_those_of_a_probe() -> None:
    records: list[Record] = []
    model = network()
    expected = record_of(probe(model, batch(0), loss=lambda output: output.square().mean()), 0, 0.0)
    with Monitor(model, to=records.append):
        train(model, 1)
    assert set(expected.figures) >= {"activations", "gradients", "weights", "gradient_to_weight", "growth"}
    close(records[0], expected)
    assert records[0].verdict == expected.verdict


def test_modules_that_are_named_are_written() -> None:
    records: list[Record] = []
    model = network()
    with Monitor(model, to=records.append, modules="1?"):
        train(model, 1)
    assert list(records[0].figures["activations"]) == ["10", "11", "12"]
    assert list(records[0].figures["weights"]) == ["10.weight", "10.bias", "12.weight", "12.bias"]


def test_a_model_that_calls_functions_is_seen_within_itself() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(WIDTH, 1)

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            output: torch.Tensor = self.linear(torch.relu(values))
            return output

    records: list[Record] = []
    model = Model()
    with Monitor(model, to=records.append, modules="*"):
        train(model, 1)
    assert list(records[0].figures["activations"]) == ["(model)", ".relu()", "linear"]


# Which passes belong to a step.


def test_gradient_accumulation_is_one_step() -> None:
    records: list[Record] = []
    model, parts = network(), 4
    optimizer = torch.optim.SGD(model.parameters(), 0.0)
    first = record_of(probe(model, batch(0), loss=lambda output: output.square().mean()), 0, 0.0)
    with Monitor(model, every=1, to=records.append):
        for _ in range(3):
            optimizer.zero_grad()
            for number in range(parts):
                loss_of(model, number).backward()
            optimizer.step()
    assert steps(records) == [0, 1, 2]
    assert records[1].figures["activations"] == first.figures["activations"]  # of the first part
    assert records[1].figures["gradients"] == pytest.approx(first.figures["gradients"])
    whole = {name: parameter.grad.square().mean().sqrt().item() for name, parameter in model.named_parameters()}  # type: ignore[union-attr, unused-ignore]
    assert records[1].figures["weight_gradients"] == {
        name: pytest.approx(whole[name], rel=1e-4) for name in records[1].figures["weight_gradients"]
    }


def test_of_several_passes_for_one_loss_the_first_is_measured() -> None:
    records: list[Record] = []
    model = network()
    model.register_buffer("unused", torch.zeros(3))
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with Monitor(model, every=1, to=records.append):
        for _ in range(2):
            optimizer.zero_grad()
            (model(batch(0)).sum() - 5 * model(batch(1)).sum()).backward()
            optimizer.step()
    alone = record_of(probe(network(), batch(0), loss=torch.sum), 0, 0.0)
    assert steps(records) == [0, 1]
    assert records[0].figures["activations"] == alone.figures["activations"]
    assert records[0].figures["gradients"] == pytest.approx(alone.figures["gradients"])


def test_passes_that_do_not_train_are_no_steps() -> None:
    records: list[Record] = []
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with Monitor(model, every=1, to=records.append):
        for _ in range(2):
            with torch.no_grad():
                model(batch(5))
            model.eval()
            model(batch(6))
            model.train()
            train(model, 1, optimizer)
    assert steps(records) == [0, 1]
    assert records[0].figures["activations"] == record_of(probe(network(), batch(0)), 0, 0.0).figures["activations"]


def test_the_optimizer_of_another_model_ends_no_step() -> None:
    records: list[Record] = []
    model, other = network(), network()
    optimizers = [torch.optim.SGD(each.parameters(), 0.01) for each in (model, other)]
    with Monitor(model, every=1, to=records.append):
        train(other, 1, optimizers[1])
        for _ in range(2):
            for number in range(3):
                loss_of(model, number).backward()
                train(other, 1, optimizers[1])
            optimizers[0].step()
    assert steps(records) == [0, 1]


def test_two_optimizers_of_one_model_end_one_step() -> None:
    records: list[Record] = []
    model = network()
    parameters = list(model.parameters())
    optimizers = [torch.optim.SGD(some, 0.01) for some in (parameters[:4], parameters[4:])]
    with Monitor(model, every=1, to=records.append):
        for _ in range(3):
            loss_of(model, 0).backward()
            for optimizer in optimizers:
                optimizer.step()
    assert steps(records) == [0, 1, 2]


def test_an_optimizer_that_calls_the_model_itself_makes_one_step() -> None:
    records: list[Record] = []
    model = network()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)
    calls: list[None] = []

    def closure() -> float:
        calls.append(None)
        optimizer.zero_grad()
        loss = loss_of(model, 0)
        loss.backward()
        return loss.item()

    with Monitor(model, every=1, to=records.append):
        for _ in range(3):
            optimizer.step(closure)
    assert len(calls) > 6
    assert steps(records) == [0, 1, 2]


def test_an_optimizer_that_steps_during_the_backward_pass_ends_a_step() -> None:
    records: list[Record] = []
    model = network()
    for parameter in model.parameters():
        optimizer = torch.optim.SGD([parameter], 0.01)

        def step(parameter: torch.Tensor, optimizer: torch.optim.Optimizer = optimizer) -> None:
            optimizer.step()
            parameter.grad = None

        parameter.register_post_accumulate_grad_hook(step)
    expected = record_of(probe(network(), batch(0), loss=lambda output: output.square().mean()), 0, 0.0)
    with Monitor(model, every=1, to=records.append):
        for number in range(3):
            loss_of(model, number).backward()
    assert steps(records) == [0, 1, 2]
    assert records[0].figures["gradients"] == pytest.approx(expected.figures["gradients"])


def test_updates_by_hand_end_a_step() -> None:
    records: list[Record] = []
    model = network()
    with Monitor(model, every=1, to=records.append):
        for _ in range(3):
            for number in range(2):
                loss_of(model, number).backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.01 * parameter.grad
                    parameter.grad = None
    assert steps(records) == [0, 1, 2]


def test_a_loop_may_say_where_steps_end() -> None:
    records: list[Record] = []
    model = network()
    with Monitor(model, every=2, to=records.append) as monitor:
        for count in range(4):
            loss_of(model, 0).backward()
            for parameter in model.parameters():
                parameter.data = parameter.data - 0.01 * parameter.grad  # which nothing notices
            monitor.step()
            assert steps(records) == [0, 2][: count // 2 + 1]
    assert steps(records) == [0, 2]


# What goes wrong, or is unusual.


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_pass_that_fails_is_measured_when_it_is_tried_again(error: type[BaseException]) -> None:
    class Failing(nn.Module):
        is_broken = True

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            if self.is_broken:
                raise error
            return values

    records: list[Record] = []
    model = network()
    failing = Failing()
    model.insert(4, failing)
    with Monitor(model, every=1, to=records.append):
        with pytest.raises(error):
            train(model, 1)
        if error is ValueError:
            assert not _get_current_function_mode_stack()
        failing.is_broken = False
        train(model, 2)
    assert steps(records) == [0, 1]
    assert "0 (call 2)" not in records[0].figures["activations"]
    assert len(records[0].figures["gradients"]) == DEPTH + 1


def test_a_pass_that_fails_for_good_is_not_written() -> None:
    records: list[Record] = []
    model = network()
    with Monitor(model, to=records.append), pytest.raises(RuntimeError):
        model(torch.ones(3, WIDTH + 1))
    assert records == []


def test_gradients_are_divided_by_what_the_loss_was_multiplied_by() -> None:
    records: list[Record] = []
    model, scaler = network(), torch.amp.GradScaler("cpu", init_scale=1024.0)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with Monitor(model, every=1, to=records.append, loss_scale=scaler.get_scale):
        for number in range(2):
            optimizer.zero_grad()
            scaler.scale(loss_of(model, number)).backward()
            scaler.step(optimizer)
            scaler.update()
    plain: list[Record] = []
    model = network()
    with Monitor(model, every=1, to=plain.append):
        train(model, 2, torch.optim.SGD(model.parameters(), 0.01))
    for scaled, unscaled in zip(records, plain, strict=True):
        close(scaled, unscaled)


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointed_layers_are_measured_once(reentrant: bool) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = network()

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            values = values.requires_grad_()
            for layer in self.layers:
                values = checkpoint(layer, values, use_reentrant=reentrant)
            return values

    records: list[Record] = []
    model = Model()
    with Monitor(model, every=1, to=records.append):
        train(model, 2)
    plain: list[Record] = []
    other = network()
    with Monitor(other, every=1, to=plain.append):
        train(other, 2)
    assert steps(records) == [0, 1]
    for group in ("activations", "gradients"):
        found = [record.figures[group] for record in records]
        assert found == [
            {f"layers.{name}": pytest.approx(x, rel=1e-5) for name, x in record.figures[group].items()}
            for record in plain
        ]


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_part_that_is_checkpointed_as_a_whole_is_measured_once_a_step(reentrant: bool) -> None:
    records: list[Record] = []
    part = network()
    optimizer = torch.optim.SGD(part.parameters(), 0.01)
    with Monitor(part, every=1, to=records.append):
        for _ in range(2):
            checkpoint(part, batch(0).requires_grad_(), use_reentrant=reentrant).square().mean().backward()
            optimizer.step()
    assert steps(records) == [0, 1]
    assert len(records[0].figures["gradients"]) == len(records[0].figures["activations"]) == DEPTH + 1


@pytest.mark.parametrize("how", ["wrapped", "in place", "by layer"])
def test_a_compiled_model_is_measured_and_not_compiled_again(how: str) -> None:
    import torch._dynamo as dynamo

    dynamo.reset()
    model = network()
    called = model
    if how == "wrapped":
        called = torch.compile(model, backend="eager")
    elif how == "in place":
        model.compile(backend="eager")
    else:
        for layer in model:
            layer.compile(backend="eager")
    records: list[Record] = []
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with Monitor(called, every=2, to=records.append):
        train(called, 2, optimizer)  # measured, then compiled
        with torch.compiler.set_stance("fail_on_recompile"):
            train(called, 3, optimizer)
    plain: list[Record] = []
    other = network()
    optimizer = torch.optim.SGD(other.parameters(), 0.01)
    with Monitor(other, every=2, to=plain.append):
        train(other, 2, optimizer)
        train(other, 3, optimizer)
    assert steps(records) == [0, 2, 4]
    for one, another in zip(records, plain, strict=True):
        close(one, another)
    with torch.compiler.set_stance("fail_on_recompile"):
        train(called, 1, optimizer)


def test_mixed_precision_is_measured_as_it_runs() -> None:
    records: list[Record] = []
    model = network()
    with Monitor(model, to=records.append):
        optimizer = torch.optim.SGD(model.parameters(), 0.01)
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(model, 0)
        loss.backward()
        optimizer.step()
    expected = record_of(probe(network(), batch(0)), 0, 0.0)
    assert records[0].figures["activations"] == pytest.approx(expected.figures["activations"], rel=0.02)


def test_copies_and_files_of_a_model_have_no_monitor() -> None:
    records: list[Record] = []
    model = network()
    with Monitor(model, every=1, to=records.append):
        average = torch.optim.swa_utils.AveragedModel(model)
        again = pickle.loads(pickle.dumps(model))
        for other in (average, again, copy.deepcopy(model)):
            train(other, 1)
        assert records == []
        train(model, 1)
    assert steps(records) == [0]


def test_nothing_of_a_monitor_stays_after_it_was_closed() -> None:
    records: list[Record] = []
    model = network()
    before = [{key: copy.copy(value) for key, value in vars(module).items()} for module in model.modules()]
    monitor = Monitor(model, every=1, to=records.append)
    loss_of(model, 0)  # whose backward pass never comes
    monitor.close()
    monitor.close()
    train(model, 2)
    assert steps(records) == [0]
    assert "gradients" not in records[0].figures
    after = [vars(module) for module in model.modules()]
    assert [each.keys() for each in after] == [each.keys() for each in before]
    assert all(not value for each in after for key, value in each.items() if "hooks" in key)
    assert not any(parameter._post_accumulate_grad_hooks for parameter in model.parameters())


def test_a_run_that_is_resumed_goes_on_in_the_same_file(tmp_path: Path) -> None:
    model = network()
    with Monitor(model, every=5, to=tmp_path / "run.jsonl"):
        train(model, 12)
    with Monitor(model, every=5, to=[tmp_path / "run.jsonl", tmp_path / "events"], start=8):
        train(model, 8)
    assert steps(read_records(tmp_path / "run.jsonl")) == [0, 5, 10, 15]
    assert len(list((tmp_path / "events").iterdir())) == 1


def evaluated(model: nn.Module) -> None:
    train(model.eval(), 1)


def called_otherwise(model: nn.Module) -> None:
    train(copy.deepcopy(model), 1)


@pytest.mark.parametrize("use", [evaluated, called_otherwise])
def test_a_monitor_that_saw_nothing_says_so(use: Callable[[nn.Module], None]) -> None:
    model = network()
    told = pytest.warns(UserWarning, match="Monitor saw no step of training: it was given another model")
    with told, Monitor(model, to=[].append):
        use(model)
    with warnings.catch_warnings(), pytest.raises(StopIteration), Monitor(model, to=[].append):
        next(iter(()))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": 7}, TypeError, "`model` must be a torch.nn.Module, got 'int'"),
        ({"model": nn.Linear(2, 2, device="meta")}, ValueError, "`model` must have memory, got .*init_model"),
        ({"every": 0}, ValueError, r"`every` must be an int in \[1, 9223372036854775807\], got 0"),
        ({"every": 1.5}, TypeError, "`every` must be an int"),
        ({"start": -1}, ValueError, "`start` must be an int"),
        ({"to": None}, TypeError, "`to` must be a path"),
        ({"loss_scale": 8.0}, TypeError, "`loss_scale` must be a function, got 8.0; pass scaler.get_scale"),
    ],
)
def test_bad_arguments_are_refused_and_leave_nothing(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    model = network()
    with pytest.raises(error, match=message):
        Monitor(**{"model": model, "to": [].append} | arguments)
    assert not model._forward_pre_hooks


def trained(models: list[nn.Module], steps: int = 1) -> None:
    """Trains models together, on the sum of what they return."""
    optimizers = [torch.optim.SGD(model.parameters(), 0.1) for model in models]
    for _ in range(steps):
        sum(model(torch.ones(4, 8)).sum() for model in models).backward()
        for optimizer in optimizers:
            optimizer.step()


def test_two_monitors_leave_compilation_as_it_was() -> None:
    def stance() -> str:
        return str(torch._dynamo.eval_frame._stance.stance)

    models = [torch.compile(nn.Linear(8, 8), backend="eager") for _ in range(2)]
    with Monitor(models[0], to=[]), Monitor(models[1], to=[]):
        trained(models)
        assert stance() == "default"
    assert stance() == "default"


def test_monitors_of_one_compiled_model_may_close_in_any_order() -> None:
    model = nn.Linear(8, 8)
    model.compile(backend="eager")
    compiled, records = model._compiled_call_impl, ([], [])
    first, second = (Monitor(model, every=1, to=some.append) for some in records)
    trained([model])
    first.close()
    trained([model], 2)
    second.close()
    trained([model])
    assert list(map(len, records)) == [1, 3]
    assert model._compiled_call_impl is compiled
    assert not model._forward_hooks
    assert not model._forward_pre_hooks


def test_trials_within_a_step_are_no_training() -> None:
    torch.manual_seed(0)
    model, records = nn.Linear(8, 8), []
    with Monitor(model, every=1, to=records.append):
        for _ in range(2):
            fastinit.torch.probe(model, 100 * torch.ones(4, 8))
            trained([model])
            fastinit.torch.compare(model, [(torch.ones(4, 8), torch.zeros(4, 8))], ["own"], steps=3)
    assert [record.step for record in records] == [0, 1]
    assert records[0].figures["activations"]["(model)"] < 10


@pytest.mark.parametrize("modules", [5, [5], b"x", {}])
def test_patterns_are_checked_before_anything_is_trained(modules: Any) -> None:
    with pytest.raises(TypeError, match="`modules` must be a pattern or a list of them"):
        Monitor(nn.Linear(2, 2), to=[], modules=modules)
