"""Transformed draws: accuracy against mpmath, and the same bits on every path."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastinit import _core
from fastinit.distributions import Constant, Normal, Transformed, TruncatedNormal, Uniform
from fastinit.dtypes import element_type
from fastinit.fill import draw
from fastinit.steps import Step, read_steps
from tests.core import corefill
from tests.core import reference as ref
from tests.core.test_invariance import FE_MODES, Environment, in_environment, on_x86_linux

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.distributions import Real

# Limits of docs/streams.md.
EXP_LIMIT = 5e-16  # relative
LOG_LIMIT = 4e-15  # relative
SOFTPLUS_LIMIT = 1e-15  # relative to the larger of the result and 1

# Mamba's, and others that have every step and every distribution.
CASES: dict[str, tuple[Real, list[Any]]] = {
    "A_log": (Uniform(1.0, 16.0), ["log"]),
    "dt_bias": (Uniform(math.log(1e-3), math.log(0.1)), ["exp", {"clamp": [1e-4, math.inf]}, "softplus_inverse"]),
    "reciprocal": (Normal(0.5, 0.02), [{"scale": -3.0}, "reciprocal"]),
    "half": (TruncatedNormal(0.0, 1.0), [{"shift": -0.25}, "abs", {"clamp": [0.5, 1.5]}, {"scale": 0.1}]),
}
each_case = pytest.mark.parametrize("case", CASES)
each_type = pytest.mark.parametrize("dtype", corefill.FLOATS)
PLACE: dict[str, Any] = {"seed": 0xDEADBEEF01234567, "stream": 0x0123456789ABCDEF}


def of_case(case: str) -> Transformed:
    base, steps = CASES[case]
    return Transformed(base, read_steps(steps))


def drawn(spec: Any, shape: tuple[int, ...], dtype: str, index: Any = None) -> NDArray[Any]:
    memory = draw(spec, shape, dtype=dtype, index=index, **PLACE)
    return np.asarray(memory.owner)


def of_step(name: str, x: float) -> float:
    """The core's own step, of one number."""
    fill = _core.FillSpec("uniform", "float64", 0, 0, (x, x), 0, 1, (), ())
    out = np.empty(1)
    _core.fill(out.ctypes.data, _core.TransformedSpec(fill, ((name, ()),)))
    return float(out[0])


# ------------------------------------------------------------------------------------ accuracy


def errors_of(name: str, xs: list[float]) -> list[tuple[float, float]]:
    """(error over the larger of 1 and the result, error over the result) of each."""
    found = []
    for x in xs:
        exact = ref.transformed(x, [(name, ())])
        error = abs(ref.EXACT.mpf(of_step(name, x)) - exact)
        found.append((float(error / max(1, abs(exact))), float(error / abs(exact)) if exact else float(error != 0)))
    return found


def numbers(low: float, high: float, count: int, seed: int) -> list[float]:
    """Positive numbers, evenly spread in their logarithm."""
    spread = np.random.default_rng(seed).uniform(math.log(low), math.log(high), count)
    return np.clip(np.exp(spread), low, high).tolist()


def beside(x: float) -> list[float]:
    """A number and those around it, at distances from one ulp up."""
    around = [x]
    for k in range(52):
        around += [x * (1 + 2.0 ** (k - 52)), x * (1 - 2.0 ** (k - 53))]
    return around


FLOAT64_MAX, LEAST_NORMAL, LEAST = 1.7976931348623157e308, 2.0**-1022, 5e-324
COUNT = 6000


def test_log_is_accurate_for_all_positive_numbers() -> None:
    xs = numbers(LEAST_NORMAL, FLOAT64_MAX, COUNT, 1) + numbers(0.01, 100.0, COUNT, 2)
    xs += [*beside(1.0), *beside(2.0), *beside(0.655), *beside(1.31), LEAST, 3 * LEAST, LEAST_NORMAL, FLOAT64_MAX]
    xs += [x * LEAST for x in range(1, 200)]
    worst = max(error for _, error in errors_of("log", xs))
    report("log", worst, LOG_LIMIT)


def test_log_of_one_is_zero() -> None:
    assert math.copysign(1.0, of_step("log", 1.0)) == 1.0
    assert of_step("log", 1.0) == 0.0


def test_exp_is_accurate_wherever_it_is_a_normal_number() -> None:
    xs = [*np.random.default_rng(3).uniform(-708.0, 709.78, COUNT).tolist(), 0.0, -708.396, 709.782712893384]
    xs += [sign * x for x in numbers(1e-20, 1.0, COUNT // 2, 4) for sign in (1, -1)]
    xs += [sign * x for k in range(1, 30) for x in beside((k - 0.5) * math.log(2))[::9] for sign in (1, -1)]
    worst = max(error for _, error in errors_of("exp", xs))
    report("exp", worst, EXP_LIMIT)


def test_exp_underflows_and_overflows_as_rounding_does() -> None:
    for x in (-745.2, -746.0, -1e5, -FLOAT64_MAX):
        assert of_step("exp", x) == 0.0
    for x in (709.79, 710.0, 1e5):
        assert of_step("exp", x) == math.inf
    for x in np.linspace(-745.1, -708.4, 200).tolist():
        exact = ref.transformed(x, [("exp", ())])
        assert abs(ref.EXACT.mpf(of_step("exp", x)) - exact) <= 0.501 * LEAST + 1e-15 * exact


def test_softplus_inverse_is_accurate_for_all_positive_numbers() -> None:
    xs = numbers(1e-300, 1e300, COUNT, 5) + numbers(1e-3, 100.0, COUNT, 6)
    xs += [*beside(math.log(2)), *beside(64.0), *beside(0.5 * math.log(2)), *beside(1.5 * math.log(2)), LEAST]
    errors = errors_of("softplus_inverse", xs)
    report("softplus_inverse", max(error for error, _ in errors), SOFTPLUS_LIMIT)
    away = [error for x, (_, error) in zip(xs, errors, strict=True) if not 0.3 < x < 1.5]
    report("softplus_inverse away from its zero, relative", max(away), SOFTPLUS_LIMIT)


def report(what: str, worst: float, limit: float) -> None:
    print(f"worst {what}: {worst:.3g} of {limit:g}")
    assert worst <= limit


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_are_the_formula_of_the_base(case: str, dtype: str) -> None:
    """In float32 within 0.501 of its last place: rounded once, from more digits. In float64 within 4e-15."""
    base, steps = CASES[case]
    names = [(step.name, step.numbers) for step in read_steps(steps)]
    for x, y in zip(drawn(base, (4000,), dtype).tolist(), drawn(of_case(case), (4000,), dtype).tolist(), strict=True):
        exact = ref.transformed(x, names)
        error = abs(ref.EXACT.mpf(y) - exact)
        if dtype == "float64":
            assert error <= 4e-15 * max(1, abs(exact))
        else:
            assert error <= 0.501 * float(np.spacing(np.float32(abs(exact))))


@each_case
@pytest.mark.parametrize("dtype", corefill.NARROW)
def test_narrow_types_are_the_float32_values_rounded(case: str, dtype: str) -> None:
    narrow = drawn(of_case(case), (20_001,), dtype)
    with np.errstate(over="ignore"):
        expected = drawn(of_case(case), (20_001,), "float32").astype(corefill.DTYPES[dtype])
    corefill.assert_same_bits(narrow, expected)


def test_plain_steps_are_correctly_rounded() -> None:
    values = drawn(Uniform(0.3, 7.0), (5000,), "float64")
    for step, expected in [
        (Step("scale", (1.7,)), values * 1.7),
        (Step("shift", (-2.9,)), values + -2.9),
        (Step("reciprocal"), 1 / values),
        (Step("clamp", (1.0, 2.5)), values.clip(1.0, 2.5)),
    ]:
        corefill.assert_same_bits(drawn(Transformed(Uniform(0.3, 7.0), (step,)), (5000,), "float64"), expected)


def test_steps_are_applied_in_the_order_written() -> None:
    base = Uniform(1.0, 2.0)
    one = drawn(Transformed(base, read_steps([{"scale": 3.0}, {"shift": 1.0}])), (100,), "float64")
    other = drawn(Transformed(base, read_steps([{"shift": 1.0}, {"scale": 3.0}])), (100,), "float64")
    values = drawn(base, (100,), "float64")
    np.testing.assert_array_equal(one, values * 3.0 + 1.0)
    np.testing.assert_array_equal(other, (values + 1.0) * 3.0)


def test_zeros_and_signs() -> None:
    """A clamp gives the bound's zero, abs clears the sign."""
    for value, step, expected in [
        (-0.0, Step("clamp", (-1.0, 0.0)), 0.0),
        (0.0, Step("clamp", (-0.0, 1.0)), -0.0),
        (-0.0, Step("abs"), 0.0),
        (-3.0, Step("abs"), 3.0),
    ]:
        got = drawn(Transformed(Constant(value), (step,)), (1,), "float64")
        corefill.assert_same_bits(got, np.array([expected]))


@each_type
def test_a_constant_is_transformed_like_a_draw_of_it(dtype: str) -> None:
    spec = Transformed(Constant(0.1), (Step("log"),))
    in_type = np.float64(0.1) if element_type(dtype).wide else np.float64(np.float32(0.1))
    expected = np.array(of_step("log", float(in_type)))
    if not element_type(dtype).wide:
        expected = expected.astype(np.float32)
    corefill.assert_same_bits(drawn(spec, (7,), dtype), np.full(7, expected.astype(corefill.DTYPES[dtype])))
    assert not spec.is_random


# ---------------------------------------------------------------------------------- invariance


@each_type
@each_case
def test_every_instruction_set_and_any_threads_give_the_same_bits(case: str, dtype: str) -> None:
    spec = of_case(case)
    with corefill.isa("scalar"), corefill.threads(1):
        expected = drawn(spec, (100_003,), dtype)
    for name in corefill.usable_isas():
        for count in (1, 2, 3):
            with corefill.isa(name), corefill.threads(count):
                corefill.assert_same_bits(drawn(spec, (100_003,), dtype), expected)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*CASES]),
    st.sampled_from(corefill.FLOATS),
    st.integers(1, 20_000),
    st.lists(st.floats(0, 1), max_size=8),
    st.sampled_from(corefill.usable_isas()),
)
def test_split_draw_equals_whole(case: str, dtype: str, count: int, cuts: list[float], name: str) -> None:
    edges = [0, *sorted(int(c * count) for c in cuts), count]
    spec = of_case(case)
    with corefill.isa(name):
        whole = drawn(spec, (count,), dtype)
        parts = [drawn(spec, (count,), dtype, np.s_[a:b]) for a, b in itertools.pairwise(edges)]
    corefill.assert_same_bits(np.concatenate(parts), whole)


@each_type
@each_case
@pytest.mark.parametrize(
    "index", [np.s_[3:30, 5:41, :], np.s_[36, 2:50, 3:4], np.s_[:, 52, 1:], np.s_[4:5, 7:9, 2], np.s_[5:5]]
)
def test_any_part_equals_that_part_of_the_whole(case: str, dtype: str, index: Any) -> None:
    spec, shape = of_case(case), (37, 53, 7)
    whole = drawn(spec, shape, dtype)
    for name in corefill.usable_isas():
        with corefill.isa(name):
            part = drawn(spec, shape, dtype, index)
        corefill.assert_same_bits(part, np.ascontiguousarray(whole[index]))


def in_all_types() -> NDArray[Any]:
    return np.concatenate([drawn(of_case(c), (70_001,), t).view(np.uint8) for c in CASES for t in corefill.FLOATS])


@on_x86_linux
@pytest.mark.parametrize("name", corefill.usable_isas())
def test_the_callers_floating_point_environment_changes_nothing(name: str) -> None:
    expected = in_all_types()
    with corefill.isa(name), corefill.threads(2):
        for mode in FE_MODES.values():
            np.testing.assert_array_equal(in_environment(lambda e, mode=mode: e.rounding(mode), in_all_types), expected)
        np.testing.assert_array_equal(in_environment(Environment.flush_to_zero, in_all_types), expected)
