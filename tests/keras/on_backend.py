"""What holds on every backend of Keras. `test_backends.py` runs this file in a process for each."""

from __future__ import annotations

import inspect
import itertools
import json
import random
import sys
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.initializers import random_initializers

BEFORE = set(sys.modules)
import fastinit
from fastinit import dtypes
from fastinit import keras as ours

IMPORTED = {name.partition(".")[0] for name in set(sys.modules) - BEFORE} - sys.stdlib_module_names

BACKEND = keras.backend.backend()
SHAPE = (40, 30)
FIXED = ("Zeros", "Ones", "Constant", "Identity", "STFT")
SHAPES = [(), (7,), (7, 5), (3, 7, 5), (2, 3, 7, 5), (2, 1, 3, 7, 5)]
AXES: list[dict[str, Any]] = [
    {},
    {"input_axes": [0]},
    {"input_axes": [0], "output_axes": [-1, 1]},
]
PRESETS = ("Glorot", "He", "Lecun")
# The class, its parameters, and the same draw by fastinit's own function.
CASES: list[tuple[str, dict[str, Any], Any, dict[str, Any]]] = [
    ("RandomNormal", {}, fastinit.normal, {"std": 0.05}),
    ("RandomNormal", {"mean": 1.0, "stddev": 2.0}, fastinit.normal, {"mean": 1.0, "std": 2.0}),
    ("RandomUniform", {}, fastinit.uniform, {"low": -0.05, "high": 0.05}),
    ("RandomUniform", {"minval": 1, "maxval": 3}, fastinit.uniform, {"low": 1, "high": 3}),
    ("TruncatedNormal", {}, fastinit.truncated_normal, {"std": 0.05}),
    (
        "TruncatedNormal",
        {"mean": -1.0, "stddev": 2.0},
        fastinit.truncated_normal,
        {"mean": -1.0, "std": 2.0},
    ),
    *(
        (
            "VarianceScaling",
            {"scale": 3.0, "mode": mode, "distribution": theirs},
            fastinit.variance_scaling,
            {"scale": 3.0, "mode": mode, "distribution": name},
        )
        for mode in ("fan_in", "fan_out", "fan_avg")
        for theirs, name in (
            ("normal", "truncated_normal"),
            ("truncated_normal", "truncated_normal"),
            ("untruncated_normal", "normal"),
            ("uniform", "uniform"),
        )
    ),
    *((f"{p}Uniform", {}, getattr(fastinit, f"{p.lower()}_uniform"), {}) for p in PRESETS),
    *((f"{p}Normal", {}, getattr(fastinit, f"{p.lower()}_normal"), {"truncated": True}) for p in PRESETS),
    ("Orthogonal", {"gain": 2.0}, fastinit.orthogonal, {"gain": 2.0}),
]
RANDOM = sorted({case[0] for case in CASES})
each_case = pytest.mark.parametrize(("name", "parameters", "function", "same"), CASES)
each_random = pytest.mark.parametrize("name", RANDOM)


def array(tensor: Any) -> np.ndarray[Any, Any]:
    """The tensor's bits; Keras does not convert torch's float8 to NumPy."""
    if BACKEND != "torch" or isinstance(tensor, np.ndarray):
        return np.asarray(keras.ops.convert_to_numpy(tensor))
    dtype = np.dtype(keras.backend.standardize_dtype(tensor.dtype))
    return tensor.reshape(-1).view(sys.modules["torch"].uint8).numpy().view(dtype).reshape(tensor.shape)


def same_bits(tensor: Any, expected: np.ndarray[Any, Any]) -> bool:
    values = array(tensor)
    return (values.dtype, values.shape, values.tobytes()) == (
        expected.dtype,
        expected.shape,
        expected.tobytes(),
    )


def public(module: Any) -> set[str]:
    return {name for name in vars(module) if not name.startswith("_")}


def element_types() -> list[str]:
    """The types that the backend has; JAX has float64 only if it is enabled."""
    return [name for name in dtypes.FLOATS if (BACKEND, name) != ("jax", "float64")]


class TestNames:
    def test_importing_brings_nothing_besides_keras(self) -> None:
        assert sorted(IMPORTED) == ["fastinit"]

    def test_every_name_of_keras_is_here(self) -> None:
        assert public(keras.initializers) <= set(ours.__all__)

    def test_names_of_one_class_in_keras_are_of_one_class_here(self) -> None:
        for name in public(keras.initializers):
            theirs = getattr(keras.initializers, name)
            if isinstance(theirs, type):
                assert getattr(ours, name) is getattr(ours, theirs.__name__)
                assert issubclass(getattr(ours, name), theirs)

    @pytest.mark.parametrize("name", FIXED)
    def test_what_is_not_random_is_keras_own(self, name: str) -> None:
        assert getattr(ours, name) is getattr(keras.initializers, name)

    @each_random
    def test_the_signature_is_keras_own(self, name: str) -> None:
        signature = inspect.signature(getattr(keras.initializers, name))
        assert inspect.signature(getattr(ours, name)) == signature

    def test_presets_are_variance_scalings(self) -> None:
        assert isinstance(ours.HeNormal(), ours.VarianceScaling)
        assert isinstance(ours.HeNormal(), keras.initializers.VarianceScaling)


class TestLookup:
    @each_random
    def test_get_finds_both_spellings(self, name: str) -> None:
        snake = keras.src.utils.naming.to_snake_case(name)
        for identifier in (name, snake):
            assert type(ours.get(identifier)) is getattr(ours, name)

    def test_get_of_a_configuration_keeps_its_parameters(self) -> None:
        found = ours.get({"class_name": "RandomNormal", "config": {"stddev": 0.5, "seed": 3}})
        assert type(found) is ours.RandomNormal
        assert (found.stddev, found.seed) == (0.5, 3)

    def test_get_leaves_to_keras_what_has_no_value_of_fastinit(self) -> None:
        theirs = keras.initializers.HeNormal()
        assert ours.get(theirs) is theirs
        assert ours.get(None) is None
        assert type(ours.get("zeros")) is keras.initializers.Zeros
        with pytest.raises(ValueError, match="Could not interpret initializer identifier: nothing"):
            ours.get("nothing")

    def test_in_place_of_kerass_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        he_normal = keras.initializers.HeNormal
        for name in public(keras.initializers):
            monkeypatch.setattr(keras.initializers, name, getattr(ours, name))
        for made in (
            keras.initializers.HeNormal(seed=3),
            keras.initializers.get({"class_name": "HeNormal", "config": {"seed": 3}}),
            keras.initializers.deserialize(keras.initializers.serialize(he_normal(seed=3))),
        ):
            assert type(made) is ours.HeNormal
            expected = fastinit.he_normal((3, 4), truncated=True, seed=3)
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(made((3, 4))), expected)

    def test_deserialize_turns_configurations_of_keras_into_fastinits(self) -> None:
        theirs = keras.initializers.serialize(keras.initializers.LecunUniform(seed=2))
        found = ours.deserialize(theirs)
        assert type(found) is ours.LecunUniform
        assert found.seed == 2


class TestConfigurations:
    @each_case
    @pytest.mark.parametrize("seed", [None, 5])
    def test_round_trip(
        self,
        name: str,
        parameters: dict[str, Any],
        function: Any,  # noqa: ARG002
        same: Any,  # noqa: ARG002
        seed: int | None,
    ) -> None:
        made = getattr(ours, name)(**parameters, seed=seed)
        theirs = getattr(keras.initializers, name)(**parameters, seed=seed)
        assert made.get_config() == theirs.get_config()
        stored = ours.serialize(made)
        assert stored["registered_name"] == f"fastinit>{name}"
        for copy in (
            type(made).from_config(made.get_config()),
            made.clone(),
            keras.initializers.deserialize(json.loads(json.dumps(stored))),
        ):
            assert type(copy) is type(made)
            assert copy.get_config() == made.get_config()
            if seed is not None:
                assert same_bits(copy(SHAPE), array(made(SHAPE)))

    @pytest.mark.parametrize("name", FIXED)
    def test_round_trip_of_what_is_not_random(self, name: str) -> None:
        made = getattr(ours, name)()
        copy = keras.initializers.deserialize(ours.serialize(made))
        assert type(copy) is type(made)
        assert copy.get_config() == made.get_config()

    def test_a_seed_generator_survives(self) -> None:
        made = ours.HeNormal(seed=keras.random.SeedGenerator(7))
        copy = keras.initializers.deserialize(ours.serialize(made))
        assert isinstance(copy.seed, keras.random.SeedGenerator)
        assert same_bits(copy(SHAPE), array(made(SHAPE)))


class TestValues:
    @each_case
    def test_are_those_of_fastinits_function(
        self, name: str, parameters: dict[str, Any], function: Any, same: dict[str, Any]
    ) -> None:
        initializer = getattr(ours, name)(**parameters, seed=7)
        for dtype in element_types():
            for shape in (SHAPE, (3, 2, 4, 5), (1, 1)):
                drawn = initializer(shape, dtype=dtype)
                assert keras.backend.standardize_dtype(drawn.dtype) == dtype
                assert same_bits(drawn, function(shape, dtype=dtype, seed=7, **same))

    @each_random
    @pytest.mark.parametrize("shape", [(5, 0), (0, 5), (0, 2, 3), (0, 0)])
    def test_empty_tensors(self, name: str, shape: tuple[int, ...]) -> None:
        for dtype in element_types():
            drawn = getattr(ours, name)(seed=1)(shape, dtype=dtype)
            assert same_bits(drawn, np.empty(shape, dtype))

    @pytest.mark.parametrize("shape", [(), (6,), (1,)])
    def test_scalars_and_vectors(self, shape: tuple[int, ...]) -> None:
        drawn = ours.HeUniform(seed=1)(shape)
        bound = np.sqrt(6 / (shape[0] if shape else 1))
        assert same_bits(drawn, fastinit.uniform(shape, low=-bound, high=bound, seed=1))

    def test_the_default_dtype_is_floatx(self) -> None:
        keras.config.set_floatx("float16")
        try:
            drawn = ours.RandomNormal(seed=1)(SHAPE)
        finally:
            keras.config.set_floatx("float32")
        assert same_bits(drawn, fastinit.normal(SHAPE, std=0.05, seed=1, dtype="float16"))

    @pytest.mark.parametrize("shape", [[6, 4], np.array([6, 4]), (np.int64(6), 4)])
    def test_shapes_of_any_kind(self, shape: Any) -> None:
        drawn = ours.GlorotUniform(seed=1)(shape)
        assert same_bits(drawn, fastinit.glorot_uniform((6, 4), seed=1))

    def test_parameters_may_be_tensors(self) -> None:
        drawn = ours.RandomNormal(stddev=keras.ops.convert_to_tensor(2.0), seed=1)(SHAPE)
        assert same_bits(drawn, fastinit.normal(SHAPE, std=2.0, seed=1))


def surprise(sample: np.ndarray[Any, Any], law: np.ndarray[Any, Any]) -> float:
    """How far a sample's mean, spread and ends are from another's, in standard errors of both."""
    ours_, theirs = (np.ravel(x).astype(np.float64) for x in (sample, law))
    scale, error = theirs.std(), np.sqrt(2 / ours_.size)
    squares = [(x - theirs.mean()) ** 2 for x in (ours_, theirs)]
    return float(
        max(
            abs(ours_.mean() - theirs.mean()) / scale / error,
            abs(squares[0].mean() - squares[1].mean()) / squares[1].std() / error,
            abs((abs(ours_ - theirs.mean()) > scale).mean() - (abs(theirs - theirs.mean()) > scale).mean())
            / 0.5
            / error,
        )
    )


class TestAgainstKeras:
    @each_case
    def test_moments(
        self,
        name: str,
        parameters: dict[str, Any],
        function: Any,  # noqa: ARG002
        same: Any,  # noqa: ARG002
    ) -> None:
        shape = (400, 300)
        drawn = array(getattr(ours, name)(**parameters, seed=1)(shape))
        law = array(getattr(keras.initializers, name)(**parameters, seed=1)(shape))
        assert surprise(drawn, law) < 5
        for wrong in (
            drawn * 1.05,
            drawn + 0.05 * law.std(),
            np.clip(drawn, *np.quantile(drawn, [0.1, 0.9])),
        ):
            assert surprise(wrong, law) > 5

    @each_case
    def test_what_is_drawn(
        self,
        name: str,
        parameters: dict[str, Any],
        function: Any,  # noqa: ARG002
        same: Any,  # noqa: ARG002
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Keras's own call asks its random functions for just what is drawn here."""
        asked: list[tuple[str, list[float]]] = []

        def record(kind: str, *numbers: str) -> Any:
            return lambda *_, **options: asked.append((kind, [options[n] for n in numbers]))

        scaled = issubclass(getattr(ours, name), ours.VarianceScaling)
        made = [getattr(ours, name)(**parameters, **axes, seed=1) for axes in AXES[: 3 * scaled or 1]]
        recorder = SimpleNamespace(
            normal=record("normal", "mean", "stddev"),
            truncated_normal=record("truncated_normal", "mean", "stddev"),
            uniform=record("uniform", "minval", "maxval"),
        )
        monkeypatch.setattr(random_initializers, "random", recorder)
        for initializer, shape in itertools.product(made, SHAPES):
            if name == "Orthogonal" or (len(shape) < 2 and initializer is not made[0]):
                continue
            getattr(keras.initializers, name).__call__(initializer, shape)
            kind, numbers = asked.pop()
            spec = initializer._distribution(shape)
            assert spec.core_name == kind
            assert spec.parameters(dtypes.FLOATS["float64"])[:2] == pytest.approx(numbers, rel=1e-15)

    @pytest.mark.parametrize("shape", [(9, 4), (4, 9), (3, 2, 5), (2, 2, 3, 20)])
    def test_orthogonal(self, shape: tuple[int, ...]) -> None:
        for module in (ours, keras.initializers):
            matrix = array(module.Orthogonal(gain=2.0, seed=1)(shape)).reshape(-1, shape[-1])
            few = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
            np.testing.assert_allclose(few @ few.T, 4 * np.eye(len(few)), atol=1e-5)

    @pytest.mark.parametrize(
        ("name", "parameters"),
        [
            *((name, {"seed": "one"}) for name in RANDOM),
            ("VarianceScaling", {"scale": 0.0}),
            ("VarianceScaling", {"mode": "fan"}),
            ("VarianceScaling", {"distribution": "cauchy"}),
            ("Orthogonal", {"shape": (3,)}),
            ("Orthogonal", {"shape": ()}),
        ],
    )
    def test_errors_are_keras_own(self, name: str, parameters: dict[str, Any]) -> None:
        made = dict(parameters)
        shape = made.pop("shape", (2, 2))
        seen = []
        for module in (keras.initializers, ours):
            with pytest.raises((TypeError, ValueError)) as caught:
                getattr(module, name)(**made)(shape)
            seen.append((type(caught.value), str(caught.value)))
        assert seen[0] == seen[1]


class TestErrors:
    @pytest.mark.parametrize(
        ("made", "called", "kind", "text"),
        [
            (
                ours.RandomNormal(stddev=-1.0),
                {},
                ValueError,
                "`stddev` must be finite and >= 0, got -1.0",
            ),
            (
                ours.TruncatedNormal(stddev=-1.0),
                {},
                ValueError,
                "`stddev` must be finite and >= 0, got -1.0",
            ),
            (ours.RandomNormal(mean="0"), {}, TypeError, "`mean` must be a real number, got '0'"),
            (
                ours.RandomUniform(1, 0),
                {},
                ValueError,
                "`minval` must be <= `maxval` = 0.0, got 1.0; swap them",
            ),
            (ours.RandomUniform(0, np.inf), {}, ValueError, "`maxval` must be finite, got inf"),
            (ours.Orthogonal(gain=np.nan), {}, ValueError, "`gain` must not be NaN, got nan"),
            (
                ours.HeNormal(),
                {"shape": (None, 2)},
                TypeError,
                "`shape` must be an int or a sequence of ints, got (None, 2)",
            ),
            (
                ours.HeNormal(),
                {"shape": (-1, 2)},
                ValueError,
                "`shape` must have no negative size, got (-1, 2)",
            ),
            (
                ours.HeNormal(),
                {"dtype": "int32"},
                ValueError,
                f"`dtype` must be one of {', '.join(dtypes.FLOATS)}, got 'int32'",
            ),
            (ours.HeNormal(), {"dtype": "float31"}, ValueError, "Invalid dtype: float31"),
            (
                ours.HeNormal(seed=2**64),
                {},
                ValueError,
                "`seed` must be an int in [-9223372036854775808, 2**64 - 1], got 18446744073709551616",
            ),
        ],
    )
    def test_text(self, made: Any, called: dict[str, Any], kind: Any, text: str) -> None:
        with pytest.raises(kind) as caught:
            made(**{"shape": (2, 2), **called})
        assert str(caught.value) == text


class TestSeeds:
    @each_random
    @pytest.mark.parametrize("seed", [None, 5])
    def test_every_call_gives_the_same(self, name: str, seed: int | None) -> None:
        made = getattr(ours, name)(seed=seed)
        first = array(made(SHAPE))
        assert same_bits(made(SHAPE), first)
        assert not same_bits(getattr(ours, name)(seed=6)(SHAPE), first)

    @pytest.mark.parametrize("seed", [0, 2**31 + 1, 2**32 + 1, 2**63 + 1, 2**64 - 1])
    def test_an_int_is_fastinits_seed(self, seed: int) -> None:
        drawn = ours.RandomNormal(stddev=1.0, seed=seed)(SHAPE)
        assert same_bits(drawn, fastinit.normal(SHAPE, seed=seed))

    def test_a_negative_int_counts_from_2_64_down(self) -> None:
        drawn = ours.RandomNormal(stddev=1.0, seed=-2)(SHAPE)
        assert same_bits(drawn, fastinit.normal(SHAPE, seed=2**64 - 2))

    def test_none_follows_set_random_seed(self) -> None:
        state = random.getstate()
        drawn = []
        for seed in (1, 1, 2):
            keras.utils.set_random_seed(seed)
            drawn.append([array(ours.HeNormal()(SHAPE)) for _ in range(2)])
        random.setstate(state)
        assert same_bits(drawn[1][0], drawn[0][0])
        assert same_bits(drawn[1][1], drawn[0][1])
        assert not same_bits(drawn[0][1], drawn[0][0])
        assert not same_bits(drawn[2][0], drawn[0][0])

    @each_random
    def test_a_seed_generator_advances(self, name: str) -> None:
        generator = keras.random.SeedGenerator(5)
        made = getattr(ours, name)(seed=generator)
        drawn = [array(made(SHAPE)) for _ in range(3)]
        assert same_bits(drawn[0], array(getattr(ours, name)(seed=5)(SHAPE)))
        assert len({x.tobytes() for x in drawn}) == 3
        assert array(generator.state.value).tolist() == [5, 3]

    def test_the_count_of_a_seed_generator_is_the_stream(self) -> None:
        generator = keras.random.SeedGenerator(2**31 - 1)
        initializers = [ours.RandomNormal(stddev=1.0, seed=generator) for _ in range(2)]
        for stream in range(4):
            drawn = initializers[stream % 2](SHAPE)
            assert same_bits(drawn, fastinit.normal(SHAPE, seed=2**31 - 1, stream=stream))
