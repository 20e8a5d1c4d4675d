"""`fastinit.keras.compare` on a backend of Keras; `test_backends.py` runs this file on each that trains."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import fastinit
import fastinit.keras
from fastinit.keras import compare
from fastinit.keras.signal import compare as module

X = fastinit.normal((64, 16), seed=1)
BATCHES = [(X[:32], X[:32, :1].copy()), (X[32:], X[32:, :1].copy())]


def new_model(*more: Any) -> Any:
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(16, "relu", name=f"layer_{number}") for number in range(6)]
    model = keras.Sequential([keras.Input((16,)), *layers, *more, keras.layers.Dense(1, name="head")])
    model.compile(keras.optimizers.Adam(0.003), "mean_squared_error", metrics=["mean_absolute_error"])
    return model


def values_of(variables: Any) -> list[bytes]:
    return [np.asarray(keras.ops.convert_to_numpy(variable.value)).tobytes() for variable in variables]


def test_trials_are_reproducible_and_leave_the_model_as_it_was() -> None:
    model = new_model(keras.layers.BatchNormalization(), keras.layers.Dropout(0.1))
    model.fit(X, X[:, :1], verbose=0)
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    before = values_of(variables)
    rules = {"he": "he_normal", "small": fastinit.keras.RandomNormal(stddev=0.01), "none": "zeros", "own": "own"}
    result, again = (compare(model, BATCHES, rules, seeds=(0, 1), steps=6, progress=False) for _ in range(2))
    assert values_of(variables) == before
    assert (result.steps, result.is_complete, len(result.trials)) == (6, True, 8)
    assert [trial.losses for trial in again.trials] == [trial.losses for trial in result.trials]
    starts = {trial.rules: trial.start for trial in result.trials}
    assert (list(starts), starts["he"].title) == (list(rules), "he")
    weights = {name: start.stages[1].weights[0] for name, start in starts.items()}
    assert weights["none"].reading.zeros == 1
    assert weights["small"].reading.std == pytest.approx(0.01, rel=0.2)
    assert weights["own"].reading.std == pytest.approx(np.sqrt(2 / 32), rel=0.2)  # Keras's, glorot_uniform
    first, second = (trial.losses for trial in result.trials if trial.rules == "he")
    assert first != second


def test_dropout_has_the_seed_of_the_trial() -> None:
    model = new_model(keras.layers.Dropout(0.5))
    trials = compare(model, BATCHES, {"a": "ones", "b": "ones"}, seeds=(0, 1), steps=2, progress=False).trials
    losses = {(trial.rules, trial.seed): trial.losses for trial in trials}
    assert losses["a", 0] == losses["b", 0]
    assert losses["a", 0] != losses["a", 1]


def test_losses_are_those_of_each_step_before_its_update() -> None:
    model = new_model()
    (trial,) = compare(model, BATCHES, ["he_normal"], seeds=[5], steps=3, progress=False).trials
    assert trial.losses[0] == pytest.approx(trial.start.loss_value, rel=1e-5)
    for layer in model.layers:
        shape, stream = tuple(layer.kernel.shape), f"{layer.name}.kernel"
        layer.kernel.assign(fastinit.he_normal(shape, truncated=True, seed=5, stream=stream))
    losses = []
    for step in range(3):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(*BATCHES[step % 2], return_dict=True)["loss"]))
    assert losses == pytest.approx(trial.losses, rel=1e-5)


def test_a_loss_that_is_not_finite_ends_its_trial() -> None:
    rules = {"huge": fastinit.keras.RandomNormal(stddev=3e3)}  # outputs near 1e27, whose squares are infinite
    (trial,) = compare(new_model(), BATCHES, rules, seeds=[0], steps=5, progress=False).trials
    assert (trial.ended_at, len(trial.losses)) == (1, 1)


def test_an_interruption_gives_the_trials_that_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    train, calls = module._train, []

    def interrupted(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train(*args)

    monkeypatch.setattr(module, "_train", interrupted)
    model = new_model()
    before = values_of(model.weights)
    result = compare(model, BATCHES, ["own", "he_normal"], seeds=[0], steps=2, progress=False)
    assert ([trial.rules for trial in result.trials], result.planned) == (["own"], 2)
    assert values_of(model.weights) == before


def test_errors_name_argument_and_rule() -> None:
    model = new_model()
    with pytest.raises(TypeError, match=r"`model` must be a keras.Model, got 'int'"):
        compare(3, BATCHES, ["own"])  # type: ignore[arg-type, unused-ignore]
    with pytest.raises(ValueError, match="`model` must be compiled and have its weights, got 'plain'"):
        compare(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="plain"), BATCHES, ["own"])
    with pytest.raises(TypeError, match="`rules` must be a mapping of names and initializers, or a list of names"):
        compare(model, BATCHES, "own")
    with pytest.raises(ValueError, match="`batches` must be pairs of inputs and targets, one at least"):
        compare(model, [], ["own"])
    with pytest.raises(
        ValueError,
        match=r"`rules` must have initializers, .*, got 'nothing'",
    ):
        compare(model, BATCHES, ["nothing"])


@pytest.mark.parametrize("rules", [["he"], ["he_nrmal"], {"a": None}])
def test_a_name_that_keras_has_not_is_told_with_near_ones(rules: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`rules` must have initializers, each one itself, a name of Keras's"):
        compare(model, [(np.eye(4), np.zeros((4, 2)))], rules)
