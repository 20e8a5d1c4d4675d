"""`fastinit.keras.probe` on a backend of Keras. `test_backends.py` runs this file in a process for each that trains."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

import fastinit
import fastinit.keras
from fastinit.keras import probe

if TYPE_CHECKING:
    from fastinit.signal import ProbeReport, Stage

BACKEND = keras.backend.backend()
BATCH = fastinit.normal((128, 16), seed=1)


def dense(units: int, activation: str | None = None, *, std: float = 0.3, seed: int = 0, **options: Any) -> Any:
    initializer = fastinit.keras.RandomNormal(stddev=std, seed=seed)
    return keras.layers.Dense(units, activation, kernel_initializer=initializer, **options)


def chain(count: int, activation: str | None = "relu", std: float = np.sqrt(2 / 16)) -> Any:
    layers = [dense(16, activation, std=std, seed=seed, name=f"layer_{seed}") for seed in range(count)]
    return keras.Sequential([keras.Input((16,)), *layers])


def stage(report: ProbeReport, label: str) -> Stage:
    (found,) = [stage for stage in report.stages if stage.label == label]
    return found


def labels(report: ProbeReport) -> list[str]:
    return [stage.label for stage in report.stages]


class TestReadings:
    def test_are_those_of_the_network_written_out(self) -> None:
        model = keras.Sequential([keras.Input((16,)), dense(8, "relu", name="a"), dense(1, seed=2, name="b")])
        target = np.ones((128, 1), np.float32)
        report = probe(model, BATCH, target, loss="mean_squared_error")

        first, second = (np.asarray(keras.ops.convert_to_numpy(layer.kernel)) for layer in model.layers)
        hidden = np.maximum(BATCH @ first, 0)
        output = hidden @ second
        at_output = 2 * (output - 1) / len(output)
        at_hidden = at_output @ second.T
        expected = {"a": (hidden, at_hidden), "b": (output, at_output)}
        for name, (values, gradient) in expected.items():
            seen = stage(report, name)
            assert (seen.output.mean, seen.output.std) == pytest.approx((values.mean(), values.std()), rel=1e-4)
            assert seen.gradient is not None
            assert seen.gradient.rms == pytest.approx(np.sqrt(np.mean(gradient**2)), rel=1e-4)
        assert report.loss_value == pytest.approx(np.mean((output - 1) ** 2), rel=1e-4)

        seen = stage(report, "a")
        assert seen.output.zeros == pytest.approx(np.mean(hidden == 0))
        kernel, bias = seen.weights
        assert (kernel.name, kernel.shape, bias.name) == ("a.kernel", (16, 8), "a.bias")
        assert kernel.reading.std == pytest.approx(first.std(), rel=1e-4)
        assert kernel.expected == pytest.approx(0.3)
        assert bias.expected is None
        assert kernel.gradient is not None
        at_kernel = BATCH.T @ (at_hidden * (hidden > 0))
        assert kernel.gradient.rms == pytest.approx(np.sqrt(np.mean(at_kernel**2)), rel=1e-3)

    def test_an_activation_of_a_layer_is_measured_in_its_row(self) -> None:
        model = keras.Sequential([keras.Input((16,)), dense(4, "relu", name="a"), dense(4, "tanh", std=9.0, name="b")])
        bias = np.array([-99, -99, -99, 0], np.float32)  # three of four units never pass anything on
        model.layers[0].bias.assign(bias)
        report = probe(model, BATCH)
        assert labels(report) == ["(model)", "a", "b"]
        assert (stage(report, "a").dead, stage(report, "a").saturated) == (pytest.approx(0.75), None)
        expected = np.mean(1 - model.predict(BATCH, verbose=0) ** 2 <= 0.05)
        assert 0.1 < expected < 0.9
        assert (stage(report, "b").dead, stage(report, "b").saturated) == (None, pytest.approx(expected, abs=0.01))
        assert (stage(report, "(model)").dead, stage(report, "(model)").saturated) == (None, None)

    def test_an_activation_within_a_layers_code_has_a_row_of_its_own(self) -> None:
        class Gated(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
            def __init__(self) -> None:
                super().__init__(name="gated")
                self.activation = keras.activations.sigmoid
                self.inner = dense(16, name="inner")

            def call(self, inputs: Any) -> Any:
                return inputs * self.activation(self.inner(inputs))

        model = keras.Sequential([keras.Input((16,)), Gated()])
        report = probe(model, BATCH)
        assert labels(report) == ["(model)", "gated", "gated.inner", "gated.sigmoid()"]
        assert stage(report, "gated.sigmoid()").saturated is not None
        assert stage(report, "gated").saturated is None

    def test_activations_as_layers_and_as_operations_are_seen(self) -> None:
        inputs = keras.Input((16,))
        hidden = keras.layers.ReLU(name="layer")(dense(16, name="a")(inputs))
        hidden = keras.layers.Activation("relu", name="named")(dense(16, name="b")(hidden))
        hidden = keras.ops.relu(dense(16, name="c")(hidden))
        report = probe(keras.Model(inputs, dense(1, name="d")(hidden)), BATCH)
        dead = {seen.kind: seen.dead for seen in report.stages if seen.dead is not None}
        assert sorted(dead) == ["Activation", "ReLU", "Relu"]

    def test_channels_first_has_its_units_on_the_second_axis(self) -> None:
        model = keras.Sequential(
            [keras.Input((3, 8, 8)), keras.layers.ReLU(name="relu"), keras.layers.Flatten(), dense(1)]
        )
        images = fastinit.normal((4, 8, 8, 3), seed=1)
        images[..., 0] = -1
        model.layers[0].data_format = "channels_first"
        report = probe(model, images.transpose(0, 3, 1, 2).copy())
        assert stage(report, "relu").dead == pytest.approx(1 / 3)
        model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.ReLU(name="relu"), keras.layers.Flatten()])
        assert stage(probe(model, images), "relu").dead == pytest.approx(1 / 3)

    def test_numbers_are_those_of_mixed_precision(self) -> None:
        layers = [dense(16, "relu", seed=seed, dtype="mixed_bfloat16", name=f"layer_{seed}") for seed in range(2)]
        report = probe(keras.Sequential([keras.Input((16,)), *layers]), BATCH)
        plain = probe(
            keras.Sequential([keras.Input((16,)), *(dense(16, "relu", seed=s, name=f"layer_{s}") for s in range(2))]),
            BATCH,
        )
        for name in ("layer_0", "layer_1"):
            assert stage(report, name).output.std == pytest.approx(stage(plain, name).output.std, rel=0.02)
            assert stage(report, name).output.std != stage(plain, name).output.std
            assert stage(report, name).gradient is not None


class TestStructure:
    def test_nested_models_have_names_with_dots(self) -> None:
        inner = keras.Sequential([keras.Input((16,)), dense(16, "relu", name="a"), dense(16, name="b")], name="inner")
        inputs = keras.Input((16,))
        report = probe(keras.Model(inputs, dense(2, name="head")(inner(inputs)), name="outer"), BATCH)
        assert report.title == "outer"
        assert labels(report) == ["(model)", "inner", "inner.a", "inner.b", "head"]
        assert [seen.is_leaf for seen in report.stages] == [False, False, True, True, True]
        assert stage(report, "inner").weights == ()
        assert stage(report, "inner").output == stage(report, "inner.b").output
        assert stage(report, "inner").gradient == stage(report, "inner.b").gradient

    def test_a_layer_that_is_called_twice_has_two_rows(self) -> None:
        shared = dense(16, "relu", name="shared")
        inputs = keras.Input((16,))
        report = probe(keras.Model(inputs, shared(shared(inputs))), BATCH)
        assert labels(report) == ["(model)", "shared", "shared (call 2)"]
        first, second = stage(report, "shared"), stage(report, "shared (call 2)")
        assert first.output.std != second.output.std
        assert first.weights == second.weights

    def test_a_subclassed_model_and_its_outputs_of_any_structure(self) -> None:
        class Two(keras.Model):  # type: ignore[misc, unused-ignore]
            def __init__(self) -> None:
                super().__init__(name="two")
                self.blocks = [dense(16, "relu", name="block") for _ in range(2)]  # of one name
                self.unused = dense(16, name="unused")
                self.unused.build((None, 16))

            def call(self, inputs: Any) -> Any:
                hidden = self.blocks[1](self.blocks[0](inputs["x"]))
                return {"z": (hidden, hidden * np.inf), "n": None}

        model = Two()
        model({"x": BATCH})
        report = probe(model, {"x": BATCH})
        assert labels(report) == ["(model)", "block", "block_2"]
        assert stage(report, "(model)").nonfinite > 0
        assert stage(report, "(model)").output.nonfinite == 0
        assert report.verdict.startswith("non-finite at (model)")

    def test_weights_of_a_recurrent_layers_cell_are_the_layers(self) -> None:
        model = keras.Sequential([keras.Input((5, 4)), keras.layers.LSTM(8, name="lstm"), dense(1, name="head")])
        report = probe(model, fastinit.normal((32, 5, 4), seed=1))
        assert labels(report) == ["(model)", "lstm", "head"]
        weights = {weight.name: weight for weight in stage(report, "lstm").weights}
        assert sorted(weights) == ["lstm.bias", "lstm.kernel", "lstm.recurrent_kernel"]
        assert all(weight.gradient is not None for weight in weights.values())
        assert weights["lstm.kernel"].expected == pytest.approx(np.sqrt(2 / (4 + 32)))
        assert weights["lstm.recurrent_kernel"].expected == pytest.approx(np.sqrt(1 / 32))

    def test_weights_of_a_layer_that_runs_mapped_are_those_of_the_layer_around_it(self) -> None:
        class Mapped(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
            def __init__(self) -> None:
                super().__init__(name="mapped")
                self.inner = dense(8, name="inner")
                self.inner.build((None, 4))

            def call(self, inputs: Any) -> Any:
                return keras.ops.vectorized_map(self.inner, inputs)

        report = probe(keras.Sequential([keras.Input((5, 4)), Mapped()]), fastinit.normal((32, 5, 4), seed=1))
        assert labels(report) == ["(model)", "mapped"]
        assert stage(report, "mapped").output.size == 32 * 5 * 8
        names = [weight.name for weight in stage(report, "mapped").weights]
        assert names == ["mapped.inner.kernel", "mapped.inner.bias"]

    def test_attention_is_seen_within(self) -> None:
        inputs = keras.Input((6, 16))
        attention = keras.layers.MultiHeadAttention(2, 8, name="attention")
        report = probe(keras.Model(inputs, attention(inputs, inputs)), fastinit.normal((8, 6, 16), seed=1))
        inner = {"attention.query", "attention.key", "attention.value", "attention.attention_output"}
        assert inner <= set(labels(report))
        assert stage(report, "attention.query").gradient is not None

    def test_masks_reach_the_loss(self) -> None:
        inputs = keras.Input((6,), dtype="int32")
        hidden = keras.layers.Embedding(10, 16, mask_zero=True, name="table")(inputs)
        model = keras.Model(inputs, dense(1, name="head")(hidden))
        model.compile("sgd", "mean_squared_error")
        tokens = np.random.default_rng(0).integers(0, 3, (32, 6)).astype(np.int32)
        target = np.ones((32, 6, 1), np.float32)
        expected = model.evaluate(tokens, target, verbose=0)
        report = probe(model, tokens, target)
        assert report.loss_value == pytest.approx(expected, rel=1e-5)
        errors = (model.predict(tokens, verbose=0) - target) ** 2
        assert report.loss_value != pytest.approx(errors.mean(), rel=1e-5)


class TestVerdicts:
    @pytest.mark.parametrize(("std", "verdict"), [(np.sqrt(2 / 16), "healthy"), (0.1, "vanishing"), (1.0, "exploding")])
    def test_of_relu_networks(self, std: float, verdict: str) -> None:
        layers = [
            keras.layers.Dense(64, "relu", kernel_initializer=fastinit.keras.RandomNormal(stddev=std / 2, seed=seed))
            for seed in range(10)
        ]
        model = keras.Sequential([keras.Input((64,)), *layers])
        report = probe(model, fastinit.normal((256, 64), seed=1))
        assert report.verdict.startswith(verdict)
        assert len(report.chain) == 10

    def test_names_the_layer_that_is_dead(self) -> None:
        model = chain(8)
        model.layers[5].bias.assign(np.full(16, -1e3, np.float32))
        assert probe(model, BATCH).verdict.startswith("dead at layer_5: 100 % of its units are zero")

    def test_names_the_layer_that_is_saturated(self) -> None:
        model = chain(4, "sigmoid", std=0.1)
        assert "saturated" not in probe(model, BATCH).verdict
        model.layers[2].bias.assign(np.full(16, 20, np.float32))
        assert "saturated at layer_2" in probe(model, BATCH).verdict

    def test_names_the_weight_that_is_not_finite(self) -> None:
        model = chain(4)
        model.layers[2].bias.assign(np.full(16, np.nan, np.float32))
        assert probe(model, BATCH).verdict.startswith("non-finite at layer_2.bias: 16 values")

    def test_names_the_layer_whose_units_are_equal(self) -> None:
        layers = [keras.layers.Dense(16, kernel_initializer="ones", name=f"layer_{n}") for n in range(3)]
        report = probe(keras.Sequential([keras.Input((16,)), *layers]), BATCH)
        assert "symmetric at layer_0" in report.verdict


class TestLosses:
    def test_the_compiled_loss_has_what_layers_add(self) -> None:
        square = keras.regularizers.L2(0.5)
        head = dense(1, kernel_regularizer=square, activity_regularizer=square)
        model = keras.Sequential([keras.Input((16,)), head])
        model.compile("sgd", "mean_squared_error")
        target = np.ones((128, 1), np.float32)
        report = probe(model, BATCH, target)
        assert report.loss_value == pytest.approx(model.evaluate(BATCH, target, verbose=0), rel=1e-5)
        plain = probe(model, BATCH, target, loss="mean_squared_error")
        kernel = np.asarray(keras.ops.convert_to_numpy(head.kernel))
        penalty = 0.5 * np.sum(kernel**2) + 0.5 * np.sum((BATCH @ kernel) ** 2) / len(BATCH)
        assert report.loss_value == pytest.approx(plain.loss_value + penalty, rel=1e-5)

    @pytest.mark.parametrize(
        "loss",
        ["sparse_categorical_crossentropy", keras.losses.SparseCategoricalCrossentropy()],
        ids=["name", "object"],
    )
    def test_may_be_a_name_or_an_object(self, loss: Any) -> None:
        model = keras.Sequential([keras.Input((16,)), dense(3, "softmax", name="a")])
        target = np.arange(128) % 3
        report = probe(model, BATCH, target, loss=loss)
        chosen = model.predict(BATCH, verbose=0)[np.arange(128), target]
        assert report.loss_value == pytest.approx(-np.log(chosen).mean(), rel=1e-4)
        assert stage(report, "a").gradient is not None

    def test_may_be_a_function(self) -> None:
        report = probe(chain(1), BATCH, BATCH, loss=lambda y, output: keras.ops.abs(y - output))
        assert report.loss == "loss"
        assert report.loss_value is not None

    def test_without_one_gradients_are_those_of_a_projection(self) -> None:
        report = probe(chain(2), BATCH)
        assert report.loss == "a random projection of the output"
        assert all(seen.gradient is not None and seen.gradient.std > 0 for seen in report.stages)


class Noisy(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """Has a state of each kind that a call may change."""

    def __init__(self) -> None:
        super().__init__(name="noisy")
        self.generator = keras.random.SeedGenerator(3)

    def build(self, _shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, inputs: Any) -> Any:
        self.count.assign_add(1.0)
        self.add_loss(keras.ops.mean(inputs))
        return inputs + keras.random.normal(keras.ops.shape(inputs), seed=self.generator)


def stateful_model(metrics: Any = None) -> Any:
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((16,)),
            dense(16, "relu", name="a"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, name="dropout"),
            Noisy(),
            dense(1, name="head"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error", metrics=metrics)
    return model


def state_of(model: Any) -> list[bytes]:
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    return [np.asarray(keras.ops.convert_to_numpy(variable.value)).tobytes() for variable in variables]


class TestNoEffect:
    def test_weights_statistics_generators_metrics_and_optimizer_are_as_before(self) -> None:
        model, target = stateful_model(["mean_absolute_error"]), np.ones((128, 1), np.float32)
        model.fit(BATCH, target, epochs=1, verbose=0)
        before, attributes = state_of(model), [sorted(vars(layer)) for layer in model._flatten_layers()]
        dice = random.getstate()
        report = probe(model, BATCH, target)
        assert state_of(model) == before
        assert random.getstate() == dice
        assert [sorted(vars(layer)) for layer in model._flatten_layers()] == attributes
        assert stage(report, "dropout").output.zeros > 0.3
        again = probe(model, BATCH, target)
        assert [seen.output for seen in again.stages] == [seen.output for seen in report.stages]

    @pytest.mark.parametrize("metrics", [None, ["mean_absolute_error"]])
    def test_training_goes_on_as_it_would_have(self, metrics: Any) -> None:
        target = np.ones((128, 1), np.float32)
        losses = []
        for is_probed in (False, True):
            model = stateful_model(metrics)
            if is_probed:
                probe(model, BATCH, target)
            losses.append(model.fit(BATCH, target, epochs=3, verbose=0, shuffle=False).history["loss"])
        assert losses[0] == losses[1]

    def test_an_error_in_the_model_leaves_it_as_it_was(self) -> None:
        class Failing(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
            fails = False

            def call(self, inputs: Any) -> Any:
                if self.fails:
                    raise RuntimeError("stop")
                return inputs * 1.0

        failing = Failing()
        model = keras.Sequential([keras.Input((16,)), dense(16, "relu"), failing])
        failing.fails = True
        with pytest.raises(RuntimeError, match="stop"):
            probe(model, BATCH)
        failing.fails = False
        assert all("call" not in vars(layer) for layer in model._flatten_layers())
        assert model.layers[0].activation is keras.activations.relu

    def test_a_mode_of_inference_drops_nothing(self) -> None:
        model = keras.Sequential([keras.Input((16,)), dense(16), keras.layers.Dropout(0.5, name="drop"), dense(1)])
        assert stage(probe(model, BATCH, training=False), "drop").output.zeros == 0
        assert stage(probe(model, BATCH), "drop").output.zeros > 0.3

    def test_frozen_layers_have_no_gradient_of_weights(self) -> None:
        model = chain(2)
        model.layers[1].trainable = False
        report = probe(model, BATCH)
        assert all(weight.gradient is None for weight in stage(report, "layer_1").weights)
        assert all(weight.gradient is not None for weight in stage(report, "layer_0").weights)
        model.trainable = False
        assert [seen.gradient for seen in probe(model, BATCH).stages] == [None] * 3


class TestErrors:
    def test_name_argument_rule_and_remedy(self) -> None:
        model = chain(1)
        with pytest.raises(TypeError, match=r"`model` must be a keras.Layer or keras.Model, got 'int'"):
            probe(3, BATCH)  # type: ignore[arg-type, unused-ignore]
        with pytest.raises(ValueError, match=r"`model` must have its weights, got 'new'; call it once on a batch"):
            probe(keras.Sequential([dense(1)], name="new"), BATCH)
        with pytest.raises(ValueError, match=r"`y` must be given with `loss`, got None; pass the targets"):
            probe(model, BATCH, loss="mse")
        with pytest.raises(ValueError, match=r"`loss` must be given .* not compiled, got None; pass one, such as"):
            probe(model, BATCH, BATCH)
