"""initializers.py and fill.py: what each rule draws from, and what every initializer can do."""

from __future__ import annotations

import inspect
import math
import re
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import fastinit
from fastinit import initializers
from fastinit.distributions import Constant, Normal, TruncatedNormal, Uniform
from fastinit.dtypes import FLOATS
from fastinit.formulas import FIXED, FORMULAS
from fastinit.initializers import TRUNCATED_STD

# Every initializer with the arguments that it cannot do without, and a shape that suits all.
SHAPE = (3, 4, 4)
NEEDED: dict[str, dict[str, Any]] = {
    "constant": {"value": 1.5},
    "delta": {"place": 1},
    "modulo": {"divisor": 5},
    "sincos_2d": {"grid": (2, 2)},
}
OF_OTHER_SHAPES = ("identity", "sparse", "hadamard")  # tests/arrays/test_matrices.py, tests/arrays/test_closed_forms.py
CALLS = {name: NEEDED.get(name, {}) for name in (*FORMULAS, "random_bits") if name not in OF_OTHER_SHAPES}
FAN_IN, FAN_OUT = 12, 12


def call(name: str, shape: Any = SHAPE, **options: Any) -> np.ndarray[Any, Any]:
    result: np.ndarray[Any, Any] = getattr(fastinit, name)(shape, **CALLS[name], **options)
    return result


def test_all_are_public() -> None:
    assert {*CALLS, *OF_OTHER_SHAPES} <= set(fastinit.__all__)
    assert all(hasattr(fastinit, name) for name in fastinit.__all__)
    assert isinstance(fastinit.__version__, str)
    with pytest.raises(AttributeError, match="no attribute 'he_nromal'"):
        _ = fastinit.he_nromal


@pytest.mark.parametrize(
    ("name", "shape", "parameters", "expected"),
    [
        ("zeros", 3, {}, Constant(0.0)),
        ("ones", 3, {}, Constant(1.0)),
        ("constant", 3, {"value": 7}, Constant(7.0)),
        ("normal", 3, {}, Normal(0.0, 1.0)),
        ("normal", 3, {"mean": 1, "std": np.float32(0.5)}, Normal(1.0, 0.5)),
        ("uniform", 3, {}, Uniform(0.0, 1.0)),
        ("uniform", 3, {"low": -2, "high": 3}, Uniform(-2.0, 3.0)),
        ("truncated_normal", 3, {}, TruncatedNormal(0.0, 1.0, -2.0, 2.0)),
        ("truncated_normal", 3, {"lower": -math.inf}, TruncatedNormal(0.0, 1.0, -math.inf, 2.0)),
        ("variance_scaling", (8, 2), {}, Normal(0.0, math.sqrt(1 / 8))),
        (
            "variance_scaling",
            (8, 2),
            {"mode": "fan_out", "scale": 3},
            Normal(0.0, math.sqrt(3 / 2)),
        ),
        ("variance_scaling", (8, 2), {"mode": "fan_avg"}, Normal(0.0, math.sqrt(1 / 5))),
        ("variance_scaling", (8, 2), {"mode": "fan_geo_avg"}, Normal(0.0, math.sqrt(1 / 4))),
        ("variance_scaling", (8, 2), {"scale": 0}, Normal(0.0, 0.0)),
        (
            "variance_scaling",
            (8, 2),
            {"distribution": "uniform"},
            Uniform(-math.sqrt(3 / 8), math.sqrt(3 / 8)),
        ),
        (
            "variance_scaling",
            (8, 2),
            {"distribution": "truncated_normal"},
            TruncatedNormal(0.0, math.sqrt(1 / 8) / TRUNCATED_STD, -2.0, 2.0),
        ),
        ("glorot_normal", (8, 2), {"gain": 3}, Normal(0.0, math.sqrt(9 / 5))),
        ("glorot_uniform", (8, 2), {"gain": 2.0}, Uniform(-math.sqrt(12 / 5), math.sqrt(12 / 5))),
        ("he_normal", (8, 2), {}, Normal(0.0, 0.5)),
        ("he_normal", (8, 2), {"layout": "torch"}, Normal(0.0, 1.0)),
        ("he_normal", (8, 2), {"in_axis": 1, "out_axis": 0}, Normal(0.0, 1.0)),
        ("he_normal", (8, 2), {"in_axis": [1], "out_axis": [0]}, Normal(0.0, 1.0)),
        ("he_normal", (8, 2), {"negative_slope": 1}, Normal(0.0, math.sqrt(1 / 8))),
        ("he_normal", (8, 2), {"truncated": True}, TruncatedNormal(0.0, 0.5 / TRUNCATED_STD)),
        ("he_uniform", (8, 2), {}, Uniform(-math.sqrt(0.75), math.sqrt(0.75))),
        ("lecun_normal", (4, 2), {}, Normal(0.0, 0.5)),
        ("lecun_normal", (4, 2), {"truncated": True}, TruncatedNormal(0.0, 0.5 / TRUNCATED_STD)),
        ("lecun_uniform", (3, 2), {}, Uniform(-1.0, 1.0)),
    ],
)
def test_rule(name: str, shape: Any, parameters: dict[str, Any], expected: object) -> None:
    rule = FORMULAS[name](shape, **parameters)
    assert rule == expected
    drawn = getattr(fastinit, name)(shape, **parameters, seed=1)
    assert drawn.shape == (shape if isinstance(shape, tuple) else (shape,))


@pytest.mark.parametrize("name", [name for name in CALLS if name not in FIXED and name != "random_bits"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_drawn_values_have_the_rules_moments(name: str, dtype: str) -> None:
    shape = (3, 64, 1024)
    drawn = call(name, shape, seed=1, dtype=dtype).astype(np.float64)
    expected = FORMULAS[name](shape).std
    mean = 0.5 if name == "uniform" else 0.0
    assert drawn.mean() == pytest.approx(mean, abs=5 * expected / math.sqrt(drawn.size))
    assert drawn.std() == pytest.approx(expected, rel=0.01)


def test_truncated_rules_keep_the_variance() -> None:
    plain = FORMULAS["he_normal"]((64, 64))
    truncated = FORMULAS["he_normal"]((64, 64), truncated=True)
    assert truncated.std == pytest.approx(plain.std, rel=1e-12)
    assert TruncatedNormal(0.0, 1.0, -2.0, 2.0).std == pytest.approx(TRUNCATED_STD, rel=1e-14)
    assert TruncatedNormal(0.0, 2.0, 0.0, math.inf).std == pytest.approx(2 * math.sqrt(1 - 2 / math.pi))
    assert TruncatedNormal(0.0, 2.0, -math.inf, math.inf).std == 2.0


def test_aliases() -> None:
    for alias, name in {"xavier": "glorot", "kaiming": "he"}.items():
        for kind in ("normal", "uniform"):
            assert getattr(fastinit, f"{alias}_{kind}") is getattr(fastinit, f"{name}_{kind}")
            assert f"{alias}_{kind}" in FORMULAS


@pytest.mark.parametrize("name", [name for name in CALLS if name != "random_bits"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_dtype(name: str, dtype: str) -> None:
    drawn = call(name, dtype=dtype, seed=3)
    assert drawn.dtype == FLOATS[dtype].numpy
    assert drawn.shape == SHAPE
    if dtype != "float64":
        single = call(name, seed=3).astype(FLOATS[dtype].numpy)
        assert drawn.tobytes() == single.tobytes()


@pytest.mark.parametrize(
    "dtype",
    ["bfloat16", "torch.bfloat16", ml_dtypes.bfloat16, np.dtype(ml_dtypes.bfloat16)],
)
def test_names_of_a_dtype(dtype: Any) -> None:
    assert fastinit.zeros(3, dtype=dtype).dtype == ml_dtypes.bfloat16
    for same in (float, "float64", np.float64, "f8", np.dtype("d"), "torch.float64"):
        assert fastinit.zeros(3, dtype=same).dtype == np.float64
    assert fastinit.zeros(3, dtype=None).dtype == np.float32


@pytest.mark.parametrize("name", CALLS)
def test_index_is_part_of_the_whole(name: str) -> None:
    whole = call(name, seed=3, stream="w")
    for index in (0, -1, ..., (), np.s_[1:, 2:, :3], np.s_[..., 1], (2, 3, 1), np.s_[:, :0]):
        part = call(name, seed=3, stream="w", index=index)
        assert part.shape == whole[index].shape
        assert part.tobytes() == np.asarray(whole[index]).tobytes()


@pytest.mark.parametrize("name", CALLS)
def test_pure_function_of_seed_and_stream(name: str) -> None:
    drawn = call(name, seed=3, stream=4)
    assert drawn.tobytes() == call(name, seed=3, stream=4).tobytes()
    random = name not in FIXED
    for other in ({"seed": 4, "stream": 4}, {"seed": 3, "stream": 5}):
        assert (drawn.tobytes() != call(name, **other).tobytes()) == random


@pytest.mark.parametrize("name", ["zeros", "normal", "uniform", "truncated_normal", "random_bits"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3)])
def test_shapes(name: str, shape: tuple[int, ...]) -> None:
    assert call(name, shape, seed=1).shape == shape
    assert call(name, list(shape), seed=1).shape == shape
    assert call(name, np.array(shape, int), seed=1).shape == shape


def test_int_shapes() -> None:
    assert fastinit.normal(5, seed=1).shape == (5,)
    assert fastinit.normal(np.int16(5), seed=1).shape == (5,)
    assert fastinit.normal(shape=0, seed=1).shape == (0,)
    assert fastinit.normal((np.uint8(2), 3), seed=1).shape == (2, 3)


def test_empty_tensor_with_a_fan() -> None:
    assert fastinit.he_normal((8, 0), seed=1).shape == (8, 0)
    assert fastinit.glorot_uniform((8, 0), seed=1).shape == (8, 0)


def test_fans_come_from_the_whole_shape() -> None:
    part = fastinit.lecun_uniform((3, 10_000_000), seed=1, layout="torch", index=np.s_[:, :100])
    assert 0 < np.abs(part).max() <= math.sqrt(3e-7) * (1 + 1e-6)


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -2.5, math.inf, -math.inf, math.nan, 1 / 3, 3, True + 1])
@pytest.mark.parametrize("dtype", FLOATS)
def test_constant(value: float, dtype: str) -> None:
    if dtype == "float8_e4m3fn" and math.isinf(value):
        with pytest.raises(ValueError, match="`value` must be a value that float8_e4m3fn can hold"):
            fastinit.constant(3, value, dtype=dtype)
        return
    expected = np.full((3, 5), value, FLOATS[dtype].numpy)
    drawn = fastinit.constant((3, 5), value, dtype=dtype)
    assert drawn.tobytes() == expected.tobytes()


def test_degenerate_distributions() -> None:
    for dtype in FLOATS:
        half = np.full(9, 0.5, FLOATS[dtype].numpy)
        for drawn in (
            fastinit.normal(9, mean=0.5, std=0.0, dtype=dtype, seed=1),
            fastinit.uniform(9, low=0.5, high=0.5, dtype=dtype, seed=1),
            fastinit.truncated_normal(9, mean=0.5, std=0, upper=math.inf, dtype=dtype, seed=1),
        ):
            assert drawn.tobytes() == half.tobytes()


@pytest.mark.parametrize(
    ("lower", "upper"),
    [(-2.0, 2.0), (-math.inf, -1.0), (1.0, math.inf), (9.9, math.inf), (-9.0, -8.99)],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_stays_inside(lower: float, upper: float, dtype: str) -> None:
    number = FLOATS[dtype].numpy.type
    drawn = fastinit.truncated_normal(20_000, mean=0.25, std=0.5, lower=lower, upper=upper, seed=1, dtype=dtype)
    assert np.isfinite(drawn).all()
    assert drawn.min() >= number(0.25 + 0.5 * lower)
    assert drawn.max() <= number(0.25 + 0.5 * upper)
    assert np.unique(drawn).size > 1000


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncated_normal_reaches_10_standard_deviations(dtype: str) -> None:
    drawn = fastinit.truncated_normal(100, lower=9.99, upper=math.inf, seed=1, dtype=dtype)
    assert ((drawn >= drawn.dtype.type(9.99)) & (drawn < 12)).all()


@pytest.mark.parametrize("name", [*CALLS, *OF_OTHER_SHAPES])
def test_signatures_show_every_argument(name: str) -> None:
    function = getattr(fastinit, name)
    parameters = inspect.signature(function).parameters
    names = list(parameters)
    assert names[0] == "shape"
    tail = ["device", "seed", "stream", "index", "shard", "out"]
    assert names[-7:] == (["dtype", *tail] if name != "random_bits" else ["shape", *tail])
    assert "options" not in names
    for parameter in names[1:]:
        assert f"\n    {parameter}: " in inspect.getdoc(function)
    assert "**options" not in function.__doc__
    for section in ("Args:", "Raises:", "Example:"):
        assert section in function.__doc__


def test_signature_of_the_design() -> None:
    assert str(inspect.signature(fastinit.he_normal)).partition(")")[0].replace("'", '"') == (
        '(shape: "Shape", *, mode: "Mode" = "fan_in", truncated: "bool" = False, negative_slope: "float" = 0.0, '
        'layout="keras", in_axis=None, out_axis=None, batch_axis=('
    )
    defaults = {k: p.default for k, p in inspect.signature(fastinit.he_normal).parameters.items()}
    assert (defaults["dtype"], defaults["stream"], defaults["seed"]) == ("float32", 0, None)


def test_rules_show_their_parameters_only() -> None:
    assert list(inspect.signature(FORMULAS["normal"]).parameters) == ["shape", "mean", "std"]
    assert list(inspect.signature(FORMULAS["he_uniform"]).parameters) == [
        "shape",
        "mode",
        "negative_slope",
        "layout",
        "in_axis",
        "out_axis",
        "batch_axis",
    ]
    assert FORMULAS["normal"](3, layout="torch", std=2.0) == Normal(0.0, 2.0)
    with pytest.raises(TypeError, match=r"normal\(\) has no argument `seed`; it takes mean, std"):
        FORMULAS["normal"](3, seed=1)


def test_cached_rules_tell_true_from_one() -> None:
    fastinit.he_normal((3, 4), in_axis=1, out_axis=0, seed=1)
    with pytest.raises(TypeError, match="`in_axis` must be an int"):
        fastinit.he_normal((3, 4), in_axis=True, out_axis=0, seed=1)
    assert initializers._cached.cache_info().maxsize is not None


@pytest.mark.parametrize("mean", [0.0, 0.5])
def test_bounds_that_are_values_are_warned_of(mean: float) -> None:
    """As torch and timm have them: std=0.02, a=-0.04, b=0.04."""
    bounds = {"lower": -0.04 + mean / 4, "upper": 0.04 + mean / 4}
    meant = rf"pass lower={(bounds['lower'] - mean) / 0.02:.6g}, upper="
    with pytest.warns(UserWarning, match=meant) as caught:
        fastinit.truncated_normal(8, mean=mean, std=0.02, seed=1, **bounds)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "given",
    [
        {"std": 0.02},
        {"std": 0.02, "lower": -0.2, "upper": 0.3},
        {"lower": -0.04, "upper": 0.04},  # a std of 1: the same as values
        {"std": 0.0, "lower": -0.1, "upper": 0.1},
    ],
)
def test_other_bounds_are_not_warned_of(given: dict[str, float]) -> None:
    fastinit.truncated_normal(8, seed=1, **given)  # warnings are errors here


PRESETS = [f"{name}_{kind}" for name in ("glorot", "he", "lecun") for kind in ("normal", "uniform")]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_the_general_form_that_they_name(name: str) -> None:
    preset = getattr(fastinit, name)
    named = re.search(r"The same as `(variance_scaling\(.*\))`", preset.__doc__)
    assert named is not None
    others = {"gain": 0.7, "negative_slope": 0.7, "mode": "fan_out"}
    given: dict[str, Any] = {key: others[key] for key in re.findall(r"gain|negative_slope|(?<==)mode", named[1])}
    draw = named[1][:-1] + ", shape=(6, 5), seed=1)"
    expected = eval(draw, {"variance_scaling": fastinit.variance_scaling, **given})
    assert preset((6, 5), seed=1, **given).tobytes() == expected.tobytes()
