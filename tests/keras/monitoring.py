"""`fastinit.keras.Monitor` on a backend of Keras; `test_backends.py` runs this file on each that trains."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

import fastinit
import fastinit.keras
from fastinit.keras import Monitor, probe

if TYPE_CHECKING:
    from pathlib import Path

    from fastinit.signal import Record

X = fastinit.normal((100, 8), seed=1)
Y = X[:, :1].copy()


def new_model() -> Any:
    keras.utils.set_random_seed(3)
    layers = [
        keras.layers.Dense(8, "relu", kernel_initializer=fastinit.keras.HeNormal(seed), name=f"layer_{seed}")
        for seed in range(3)
    ]
    middle = [keras.layers.BatchNormalization(), keras.layers.Dropout(0.1)]
    model = keras.Sequential([keras.Input((8,)), *layers, *middle, keras.layers.Dense(1, name="head")])
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    return model


def fit(model: Any, monitor: Monitor | None, **options: Any) -> list[float]:
    callbacks = [] if monitor is None else [monitor]
    options = {"batch_size": 10, "epochs": 2, "shuffle": False, **options}
    return list(model.fit(X, Y, callbacks=callbacks, verbose=0, **options).history["loss"])


def steps_of(records: list[Record]) -> list[int]:
    return [record.step for record in records]


def test_training_takes_the_same_values() -> None:
    plain = new_model()
    losses = fit(plain, None)
    watched = new_model()
    assert fit(watched, Monitor(X[:32], Y[:32], every=3, to=[])) == losses
    for variables in zip(plain.variables, watched.variables, strict=True):
        np.testing.assert_array_equal(*(keras.ops.convert_to_numpy(variable.value) for variable in variables))


def test_a_record_is_a_probe_of_the_model_before_its_step() -> None:
    records: list[Record] = []
    monitor = Monitor(X[:32], Y[:32], every=7, to=records.append)
    model = new_model()
    before = probe(model, X[:32], Y[:32])
    fit(model, monitor)
    assert steps_of(records) == [0, 7, 14]
    assert monitor.record is records[-1]
    label = "layer_1"
    (stage,) = [stage for stage in before.stages if stage.label == label]
    assert records[0].figures["activations"][label] == pytest.approx(stage.output.rms, rel=1e-5)
    seen = [record.figures["weights"]["head.kernel"] for record in records]
    assert len(set(seen)) == 3

    again = new_model()
    fit(again, None, epochs=1, steps_per_epoch=7)
    (weight,) = [weight for weight in probe(again, X[:32]).stages[-1].weights if weight.name == "head.kernel"]
    assert seen[1] == pytest.approx(weight.reading.rms, rel=1e-5)


def test_counting_goes_on_where_training_does() -> None:
    records: list[Record] = []
    monitor, model = Monitor(X[:32], every=8, to=records.append), new_model()
    fit(model, monitor, epochs=1)
    fit(model, monitor, epochs=1)
    assert steps_of(records) == [0, 8, 10, 16]


def test_steps_that_run_as_one_are_not_parted() -> None:
    records: list[Record] = []
    model = new_model()
    at_once = 1 if keras.backend.backend() == "torch" else 4  # which torch does not have
    model.compile("sgd", "mean_squared_error", steps_per_execution=at_once)
    fit(model, Monitor(X[:32], every=6, to=records.append), batch_size=5)
    assert steps_of(records) == [-(-step // at_once) * at_once for step in range(0, 40, 6)]


def test_json_lines_and_tensorboard_have_the_records(tmp_path: Path) -> None:
    records: list[Record] = []
    to = [tmp_path / "run.jsonl", tmp_path / "events", records.append]
    fit(new_model(), Monitor(X[:32], Y[:32], every=10, to=to, modules="layer_*"))
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 10]
    assert list(lines[0]["activations"]) == ["layer_0", "layer_1", "layer_2"]
    assert "layer_0.bias" in lines[0]["weights"]
    (events,) = (tmp_path / "events").iterdir()
    assert events.stat().st_size > 1000


def test_after_an_error_the_next_training_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            raise RuntimeError("stop")

    records: list[Record] = []
    closed: list[bool] = []
    writer = SimpleNamespace(write=records.append, close=lambda: closed.append(True))
    monkeypatch.setattr("fastinit.keras.signal.monitor.writer_of", lambda _: writer)
    monitor, model = Monitor(X[:32], to=[]), new_model()
    with pytest.raises(RuntimeError, match="stop"):
        model.fit(X, Y, callbacks=[monitor, Stop()], verbose=0)
    assert not closed
    fit(new_model(), monitor)
    assert steps_of(records) == [0, 0]
    assert len(closed) == 2


def test_errors_name_argument_and_rule() -> None:
    with pytest.raises(ValueError, match=r"`every` must be an int in \[1, \d+\], got 0"):
        Monitor(X, every=0, to=[])
    with pytest.raises(TypeError, match="`to` must be a path"):
        fit(new_model(), Monitor(X, to=3))  # type: ignore[arg-type, unused-ignore]
