"""Steps of a transform: how they are read, what they refuse, and the standard deviation that they leave."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fastinit.distributions import Bits, Constant, Normal, Transformed, TruncatedNormal, Uniform
from fastinit.dtypes import FLOATS, element_type
from fastinit.fill import draw
from fastinit.steps import Step, read_steps

INF = math.inf


def test_steps_are_read_in_their_order() -> None:
    written = ["log", {"clamp": [0.0, 1.0]}, {"scale": 2}, {"shift": [-0.5]}, {"exp": []}]
    assert read_steps(written) == (
        Step("log"),
        Step("clamp", (0.0, 1.0)),
        Step("scale", (2.0,)),
        Step("shift", (-0.5,)),
        Step("exp"),
    )
    assert read_steps([{"clamp": [-INF, 1.0]}, {"clamp": [1.0, 1.0]}])[0].numbers == (-INF, 1.0)
    assert read_steps([]) == ()


NAMES = "scale, shift, exp, log, clamp, abs, softplus_inverse, reciprocal"
UNREADABLE: list[tuple[Any, type[Exception], str]] = [
    ("log", TypeError, '`transform` must be a list of steps, such as ["log"] or [{ clamp = [0.0, 1.0] }, "exp"], got'),
    ({"scale": 2.0}, TypeError, "`transform` must be a list of steps"),
    (["log"] * 17, ValueError, "`transform` must have at most 16 steps, got 17; join some"),
    ([3], TypeError, "`transform[0]` must be the name of a step, or a table of one name with its numbers, got 3"),
    ([{"scale": 2.0, "shift": 1.0}], TypeError, "`transform[0]` must be the name of a step, or a table of one name"),
    ([{}], TypeError, "`transform[0]` must be the name of a step, or a table of one name"),
    ([{3: 2.0}], TypeError, "`transform[0]` must be named by text, got 3"),
    (["exp", "lgo"], ValueError, f"`transform[1]` must be one of {NAMES}, got 'lgo'; did you mean 'log'?"),
    ([{"clmap": [0, 1]}], ValueError, "got 'clmap'; did you mean 'clamp'?"),
    (["scale"], ValueError, "`transform[0]` must give `scale` 1 number (factor), got []; write { scale = factor }"),
    ([{"scale": [1, 2]}], ValueError, "`transform[0]` must give `scale` 1 number (factor), got [1, 2]"),
    ([{"clamp": 1.0}], ValueError, "`transform[0]` must give `clamp` 2 numbers (lower, upper), got [1.0]; write"),
    ([{"log": 2.0}], ValueError, '`transform[0]` must give `log` no number, got [2.0]; write "log"'),
    ([{"scale": "2"}], TypeError, "`transform[0].scale` must be a real number, got '2'"),
    ([{"scale": True}], TypeError, "`transform[0].scale` must be a real number, got True"),
    ([{"scale": math.nan}], ValueError, "`transform[0].scale` must not be NaN, got nan"),
    ([{"shift": INF}], ValueError, "`transform[0].shift` must be finite, got inf"),
    ([{"clamp": [0.0, math.nan]}], ValueError, "`transform[0].clamp` must not be NaN, got nan"),
    (
        [{"clamp": [1.0, 0.0]}],
        ValueError,
        "have a lower bound <= the upper one, and a finite number between them, got [1.0, 0.0]; swap them",
    ),
    ([{"clamp": [INF, INF]}], ValueError, "a finite number between them, got [inf, inf]"),
    ([{"clamp": [-INF, -INF]}], ValueError, "a finite number between them, got [-inf, -inf]"),
]


@pytest.mark.parametrize(("value", "error", "message"), UNREADABLE)
def test_what_is_no_step_is_refused_by_its_place(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        read_steps(value)
    assert message in str(raised.value)


def test_a_step_checks_itself() -> None:
    with pytest.raises(ValueError, match=r"`step` must be one of .*, got 'lgo'; did you mean 'log'\?"):
        Step("lgo")
    with pytest.raises(ValueError, match=r"`step\.scale` must be finite, got inf"):
        Step("scale", (INF,))


REFUSED: list[tuple[Any, list[Any], str, str]] = [
    # What cannot be for any type ...
    (Uniform(0.0, 1.0), ["log"], "", "`transform` must give `log` only values above 0, got (0.0, 1.0); change"),
    (Uniform(-1.0, 1.0), [{"shift": 1.0}, "log"], "", "give `log` only values above 0, got (0.0, 2.0)"),
    (Normal(0.0, 1.0), ["softplus_inverse"], "", "give `softplus_inverse` only values above 0, got (-7.54, 7.54)"),
    (Normal(1.0, 1.0), ["abs", "log"], "", "give `log` only values above 0, got (0.0, 8.5"),
    (Uniform(-1.0, 2.0), ["reciprocal"], "", "give `reciprocal` only values on one side of 0, got (-1.0, 2.0)"),
    (Uniform(-1.0, 0.0), ["reciprocal"], "", "only values on one side of 0, got (-1.0, 0.0)"),
    (Uniform(1.0, 710.0), ["exp"], "", "give `exp` only values whose results float64 can hold, got (1.0, 710.0)"),
    (Uniform(1e-310, 1.0), ["reciprocal"], "", "whose results float64 can hold, got (1e-310, 1.0)"),
    (Uniform(-800.0, 1.0), ["exp", "log"], "", "give `log` only values above 0, got (0.0, 2.7"),
    (Constant(-2.0), ["log"], "", "give `log` only values above 0, got (-2.0, -2.0)"),
    # ... and what cannot be for one.
    (Uniform(1.0, 100.0), ["exp"], "float32", "`transform` must lie within float32's range for float32, got 2.68"),
    (Uniform(1.0, 100.0), ["exp"], "bfloat16", "lie within float32's range for bfloat16, got 2.68811714181616"),
    (Uniform(1e-60, 1.0), ["log"], "float32", "give `log` only values above 0, got (0.0, 1.0)"),
    (Normal(4.0, 0.5), ["log"], "float64", "give `log` only values above 0, got (-0.75, 8.75)"),
    (Normal(0.0, 1e38), ["abs"], "float32", "`base` must lie within float32's range for float32, got "),
    (Uniform(0.0, 1e39), [{"scale": 1e-9}], "float32", "`high` must lie within float32's range"),
]


@pytest.mark.parametrize(("base", "steps", "dtype", "message"), REFUSED)
def test_what_a_step_or_a_type_cannot_hold_is_refused(base: Any, steps: Any, dtype: str, message: str) -> None:
    if not dtype:
        with pytest.raises(ValueError) as raised:
            Transformed(base, read_steps(steps))
    else:
        spec = Transformed(base, read_steps(steps))
        with pytest.raises(ValueError) as raised:
            draw(spec, (3,), dtype=dtype, seed=1)
    assert message in str(raised.value)


def test_what_one_type_cannot_hold_another_can() -> None:
    for base, steps, refused, dtype in [
        (Uniform(1.0, 100.0), ["exp"], "float32", "float64"),
        (Normal(4.0, 0.5), ["log"], "float64", "float32"),
    ]:
        spec = Transformed(base, read_steps(steps))
        with pytest.raises(ValueError):
            spec.parameters(element_type(refused))
        assert np.isfinite(np.asarray(draw(spec, (1000,), dtype=dtype, seed=1).owner)).all()


def test_a_clamp_makes_room() -> None:
    spec = Transformed(Uniform(0.0, 1.0), read_steps([{"clamp": [1e-6, INF]}, "log"]))
    values = np.asarray(draw(spec, (100_000,), seed=1).owner)
    assert values.min() >= np.log(1e-6) - 1e-6
    assert values.max() <= 0.0


@pytest.mark.parametrize(
    ("base", "steps", "message"),
    [
        (Bits(), (Step("log"),), "`base` must be a Constant, Uniform, Normal or TruncatedNormal, got Bits()"),
        (Uniform(1.0, 2.0), [Step("log")], "`steps` must be a tuple of Step, got [Step("),
        (Uniform(1.0, 2.0), ("log",), "`steps` must be a tuple of Step, got ('log',)"),
        (Uniform(1.0, 2.0), (), "`steps` must be 1 to 16 steps, got 0; without any, use the base itself"),
        (Uniform(1.0, 2.0), (Step("abs"),) * 17, "`steps` must be 1 to 16 steps, got 17"),
    ],
)
def test_what_is_no_transform_is_refused(base: Any, steps: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        Transformed(base, steps)
    assert message in str(raised.value)


# ------------------------------------------------------------------------- standard deviations


def std_of_log_uniform(low: float, high: float) -> float:
    """Of exp of a uniform: sqrt(E x^2 - (E x)^2) in closed form."""
    width = high - low
    mean = (math.exp(high) - math.exp(low)) / width
    return math.sqrt((math.exp(2 * high) - math.exp(2 * low)) / (2 * width) - mean**2)


def std_of_reciprocal_uniform(low: float, high: float) -> float:
    return math.sqrt(1 / (low * high) - (math.log(high / low) / (high - low)) ** 2)


def std_of_log_of_uniform(low: float, high: float) -> float:
    def first(x: float) -> float:
        return x * math.log(x) - x

    def second(x: float) -> float:
        return x * math.log(x) ** 2 - 2 * first(x)

    width = high - low
    mean = (first(high) - first(low)) / width
    return math.sqrt((second(high) - second(low)) / width - mean**2)


HALF_NORMAL = math.sqrt(1 - 2 / math.pi)
CLOSED: list[tuple[Any, list[Any], float]] = [
    (Uniform(1.0, 16.0), ["log"], std_of_log_of_uniform(1.0, 16.0)),
    (Uniform(1e-12, 1.0), ["log"], std_of_log_of_uniform(1e-12, 1.0)),
    (Uniform(-7.0, -2.0), ["exp"], std_of_log_uniform(-7.0, -2.0)),
    (Uniform(-30.0, 30.0), ["exp"], std_of_log_uniform(-30.0, 30.0)),
    (Uniform(1e-9, 1.0), ["reciprocal"], std_of_reciprocal_uniform(1e-9, 1.0)),
    # A kink, and a growth in the middle of the interval.
    (Uniform(-1.0, 1.0), ["abs"], 1 / math.sqrt(12)),
    (Uniform(-1.0, 1.0), ["abs", {"clamp": [1e-6, INF]}, "reciprocal"], math.sqrt(2e6 - 1 - (1 + math.log(1e6)) ** 2)),
    (Uniform(0.0, 4.0), [{"clamp": [1.0, 2.0]}], math.sqrt((1 + 7 / 3 + 8) / 4 - ((1 + 1.5 + 4) / 4) ** 2)),
    (Uniform(0.0, 1.0), [{"scale": -3.0}, {"shift": 7.0}], 3 / math.sqrt(12)),
    (Normal(0.0, 2.0), ["abs"], 2 * HALF_NORMAL),
    (Normal(0.1, 0.5), ["exp"], math.exp(0.1 + 0.125) * math.sqrt(math.expm1(0.25))),
    (Normal(3.0, 0.25), [{"scale": 2.0}], 0.5),
    (TruncatedNormal(0.0, 1.0, 0.0, INF), [{"shift": 1.0}], HALF_NORMAL),
    (Normal(3.0, 0.0), ["log"], 0.0),
    (Uniform(3.0, 3.0), ["log"], 0.0),
    (Constant(3.0), ["log"], 0.0),
    (Uniform(-1.0, 1.0), [{"clamp": [2.0, 3.0]}], 0.0),
]


@pytest.mark.parametrize(("base", "steps", "expected"), CLOSED)
def test_std_is_that_of_the_closed_form(base: Any, steps: Any, expected: float) -> None:
    assert Transformed(base, read_steps(steps)).std == pytest.approx(expected, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("base", "steps"),
    [
        (Uniform(math.log(1e-3), math.log(0.1)), ["exp", {"clamp": [1e-4, INF]}, "softplus_inverse"]),
        (TruncatedNormal(0.3, 1.0, -3.0, 1.0), ["abs", {"clamp": [0.2, 0.9]}, "log", {"scale": -2.0}]),
        (Normal(2.0, 0.2), ["reciprocal", {"shift": -0.4}, "abs"]),
    ],
)
def test_std_is_that_of_a_sample(base: Any, steps: Any, dtype: str) -> None:
    spec = Transformed(base, read_steps(steps))
    values = np.asarray(draw(spec, (4_000_000,), dtype=dtype, seed=3).owner).astype(np.float64)
    assert spec.std == pytest.approx(values.std(), rel=2e-3)


def test_every_float_type_is_drawn() -> None:
    spec = Transformed(Uniform(1.0, 16.0), (Step("log"),))
    for dtype in FLOATS:
        values = np.asarray(draw(spec, (1000,), dtype=dtype, seed=3).owner).astype(np.float64)
        assert 0.0 <= values.min() < 0.5
        assert 2.5 < values.max() <= 3.0
