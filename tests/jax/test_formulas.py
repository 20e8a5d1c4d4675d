"""`fastinit.jax` compared with `jax.nn.initializers`: scales, distributions and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from fastinit.distributions import Normal, TruncatedNormal, Uniform
from tests.core.statistics_checks import LIMIT, Tally, Theory, kolmogorov_smirnov, moments

jax = pytest.importorskip("jax")

from fastinit import jax as init

pytestmark = pytest.mark.jax

jnp = jax.numpy
theirs = jax.nn.initializers
KEY = jax.random.key(42)
PRESETS = [
    f"{name}_{kind}" for name in ("glorot", "xavier", "he", "kaiming", "lecun") for kind in ("normal", "uniform")
]


class TestFormulas:
    """JAX's own initializers over draws that are all 1 return their scale."""

    SHAPES = ((7, 11), (3, 7, 11), (3, 5, 7, 11))
    AXES: tuple[dict[str, Any], ...] = (
        {},
        {"in_axis": -1, "out_axis": -2},
        {"in_axis": 0, "out_axis": 1},
        {"in_axis": (0, 1), "out_axis": -1},
        {"out_axis": 0, "in_axis": -2},
        {"in_axis": 0, "out_axis": 0},
        {"in_axis": [0, 1], "out_axis": [0, -1]},
        {"batch_axis": 0},
        {"batch_axis": (0, 1)},
    )

    @pytest.fixture(autouse=True)
    def _ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("normal", "uniform", "truncated_normal"):
            monkeypatch.setattr(
                f"jax._src.random.{name}",
                lambda *_args, **_options: jnp.ones((), "float32"),
            )

    @staticmethod
    def scale_of(ours: Any, shape: tuple[int, ...]) -> float:
        spec = ours.formula(shape, **dict(ours.arguments))
        if isinstance(spec, Uniform):
            return spec.high
        assert isinstance(spec, (Normal, TruncatedNormal))
        return spec.parent_std if isinstance(spec, TruncatedNormal) else spec.std

    @pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
    @pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
    @pytest.mark.parametrize("axes", AXES, ids=str)
    def test_variance_scaling(self, mode: str, distribution: str, axes: dict[str, Any]) -> None:
        for shape in self.SHAPES:
            arguments = (1.7, mode, distribution)
            expected = float(theirs.variance_scaling(*arguments, **axes)(KEY, shape))
            ours = init.variance_scaling(*arguments, **axes)
            assert self.scale_of(ours, shape) == pytest.approx(expected, rel=1e-6)

    @pytest.mark.parametrize("shape", [(5,), (1,)])
    def test_one_dimension(self, shape: tuple[int, ...]) -> None:
        arguments = (1.7, "fan_in", "normal", 0, 0)
        ours = init.variance_scaling(*arguments)
        expected = float(theirs.variance_scaling(*arguments)(KEY, shape))
        assert self.scale_of(ours, shape) == pytest.approx(expected, rel=1e-6)

    @pytest.mark.parametrize("name", [*PRESETS, "normal", "truncated_normal", "uniform"])
    def test_defaults(self, name: str) -> None:
        for shape in self.SHAPES:
            expected = float(getattr(theirs, name)()(KEY, shape))
            ours = getattr(init, name)()
            assert self.scale_of(ours, shape) == pytest.approx(expected, rel=1e-6)


class TestStatistics:
    """JAX's draws and ours follow one law, and another law is noticed."""

    SHAPE = (500, 400)

    @pytest.mark.parametrize(
        ("name", "law", "low", "high"),
        [
            (
                "he_normal",
                stats.truncnorm(-2, 2, scale=(2 / 500) ** 0.5 / 0.8796256610342398),
                -0.2,
                0.2,
            ),
            ("lecun_uniform", stats.uniform(-((3 / 500) ** 0.5), 2 * (3 / 500) ** 0.5), -0.1, 0.1),
            ("truncated_normal", stats.truncnorm(-2, 2, scale=0.01), -0.02, 0.02),
            ("normal", stats.norm(scale=0.01), -0.08, 0.08),
            ("uniform", stats.uniform(0, 0.01), 0.0, 0.01),
        ],
    )
    def test_law(self, name: str, law: Any, low: float, high: float) -> None:
        theory = Theory.of(law, low, high)

        def worst(sample: Any) -> float:
            tally = Tally(theory, 1)
            tally.add(np.asarray(sample, np.float64).reshape(1, -1))
            return max(moments(tally), kolmogorov_smirnov(tally))

        drawn = getattr(init, name)()(KEY, self.SHAPE)
        assert worst(drawn) < LIMIT
        assert worst(getattr(theirs, name)()(KEY, self.SHAPE)) < LIMIT
        assert worst(np.asarray(drawn) * 1.02) > LIMIT
        other = init.uniform(0.02) if name != "uniform" else init.normal()
        assert worst(other(KEY, self.SHAPE)) > LIMIT


class TestErrors:
    """Arguments that JAX rejects give JAX's error; arguments that only fastinit rejects give fastinit's."""

    @pytest.mark.parametrize(
        ("call", "shape", "dtype"),
        [
            (lambda m: m.he_normal(), (3,), None),
            (lambda m: m.he_normal(), (), None),
            (lambda m: m.he_normal(in_axis=2), (3, 4), None),
            (lambda m: m.he_normal(out_axis=(0, 5)), (3, 4), None),
            (lambda m: m.he_normal(), (0, 4), None),
            (lambda m: m.he_normal(), (3, 0, 4), None),
            (lambda m: m.variance_scaling(1.0, "fan", "normal"), (3, 4), None),
            (lambda m: m.variance_scaling(1.0, "fan_in", "cauchy"), (3, 4), None),
            (lambda m: m.variance_scaling("1", "fan_in", "normal"), (3, 4), None),
            (lambda m: m.normal(), (1.5, 2), None),
            (lambda m: m.normal(), "ab", None),
            (lambda m: m.normal(), (3, 4), "int32"),
            (lambda m: m.uniform(), (3, 4), "bool"),
            (lambda m: m.uniform(), (3, 4), "complex64"),
            (lambda m: m.truncated_normal(), (3, 4), "int8"),
            (lambda m: m.normal(), (3, 4), "float33"),
            (lambda m: m.orthogonal(), (3,), None),
            (lambda m: m.orthogonal(column_axis=2), (3, 4), None),
            (lambda m: m.delta_orthogonal(), (3, 4), None),
            (lambda m: m.delta_orthogonal(), (3, 4, 2), None),
        ],
    )
    def test_errors_are_jaxs(self, call: Any, shape: Any, dtype: Any) -> None:
        raised = []
        for module in (theirs, init):
            with pytest.raises(Exception) as caught:
                call(module)(KEY, shape, dtype)
            raised.append((caught.type, str(caught.value)))
        assert raised[0] == raised[1]

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda: init.normal(-0.02), ValueError, "`stddev` must be finite and >= 0, got -0.02"),
            (
                lambda: init.normal(float("nan")),
                ValueError,
                "`stddev` must be finite and >= 0, got nan",
            ),
            (lambda: init.uniform(float("inf")), ValueError, "`scale` must be finite, got inf"),
            (lambda: init.truncated_normal(-1.0), ValueError, "`stddev` must be finite and >= 0"),
            (
                lambda: init.truncated_normal(lower=2.0, upper=-2.0),
                ValueError,
                "`lower` must be < `upper` = -2.0, got 2.0; swap them",
            ),
            (
                lambda: init.variance_scaling(-1.0, "fan_in", "normal"),
                ValueError,
                "`scale` must be finite and >= 0, got -1.0",
            ),
            (lambda: init.orthogonal(float("inf")), ValueError, "`scale` must be finite, got inf"),
            (lambda: init.normal("1"), TypeError, "`stddev` must be a real number, got '1'"),
            (lambda: init.normal(np.ones(2)), TypeError, r"`stddev` must be .*got \(1.0, 1.0\)"),
        ],
    )
    def test_errors_of_fastinit(self, call: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            call()(KEY, (2, 2))

    def test_negative_size(self) -> None:
        with pytest.raises(ValueError, match="`shape` must have no negative size"):
            init.normal()(KEY, (-1, 2))

    def test_a_traced_shape(self) -> None:
        for module in (theirs, init):
            with pytest.raises(TypeError, match="Shapes must be 1D sequences of concrete values"):
                jax.jit(lambda n, m=module: m.normal()(KEY, (n, 2)))(3)

    def test_out_sharding_of_whole_tensors(self) -> None:
        mesh = jax.make_mesh((1,), ("x",), axis_types=(jax.sharding.AxisType.Explicit,))
        sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
        for module in (theirs, init):
            with pytest.raises(NotImplementedError):
                module.orthogonal()(KEY, (4, 4), None, sharding)
