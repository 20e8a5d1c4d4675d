"""The last rounding: parameters to float32, float32 to each narrow type, as ml_dtypes casts.

std = 0 makes every element equal to the mean and low = high makes it equal to low, so any float32
number can be sent through the rounding by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.core import corefill

if TYPE_CHECKING:
    from numpy.typing import NDArray

RNG = np.random.default_rng(7)


def through_core(values: NDArray[np.float32], dtype: str) -> NDArray[Any]:
    """Each value as the mean of a normal without spread."""
    out = np.empty(len(values), corefill.DTYPES[dtype])
    for i, value in enumerate(values.tolist()):
        corefill.draw("normal", dtype, (value, 0.0), 1, out=out[i : i + 1])
    return out


def narrow_values(dtype: str) -> NDArray[np.float32]:
    """Every finite value of a narrow type, in ascending order."""
    kind = corefill.DTYPES[dtype]
    codes = np.arange(2 ** (8 * kind.itemsize), dtype=f"uint{8 * kind.itemsize}")
    values = codes.view(kind).astype(np.float32)
    return np.unique(values[np.isfinite(values)])


def rounding_cases(dtype: str) -> NDArray[np.float32]:
    """Values, midpoints between neighbours, and the float32 numbers either side of each."""
    values = narrow_values(dtype)
    if len(values) > 4096:  # the ends, around zero, and a sample of the rest
        middle = len(values) // 2
        keep = np.r_[
            0:300,
            middle - 300 : middle + 300,
            len(values) - 300 : len(values),
            0 : len(values) : 29,
        ]
        keep = np.unique(keep)
        pairs = np.stack([values[keep[:-1]], values[keep[:-1] + 1]])
    else:
        pairs = np.stack([values[:-1], values[1:]])
    # The sum can pass float32's range; the midpoint itself cannot, and is exact in float32.
    midpoints = pairs.astype(np.float64).mean(axis=0).astype(np.float32)
    largest = values[-1]
    past = np.float32(2) * largest - pairs[0][pairs[0] < largest][-1] if len(values) < 300 else largest
    chosen = np.concatenate([pairs[0], midpoints, np.float32([largest, -largest, past, -past])])
    around = [
        chosen,
        np.nextafter(chosen, np.float32(np.inf)),
        np.nextafter(chosen, -np.float32(np.inf)),
    ]
    cases = np.concatenate(around)
    cases = np.unique(cases[np.isfinite(cases)])
    return cases + np.float32(0)  # z * 0 + -0 has the sign of z: -0 is no constant


@pytest.mark.parametrize("name", corefill.usable_isas())
@pytest.mark.parametrize("dtype", corefill.NARROW)
def test_rounding_of_ties_and_neighbours(dtype: str, name: str) -> None:
    """Every value of an 8-bit type and a sample of a 16-bit one, their midpoints, one step off."""
    cases = rounding_cases(dtype)
    assert len(cases) > 500
    with corefill.isa(name):
        got = through_core(cases, dtype)
    with np.errstate(all="ignore"):
        corefill.assert_same_bits(got, cases.astype(corefill.DTYPES[dtype]))


@pytest.mark.parametrize("name", corefill.usable_isas())
@pytest.mark.parametrize("dtype", corefill.NARROW)
def test_rounding_at_every_magnitude(dtype: str, name: str) -> None:
    """Float32 numbers of every exponent, subnormal ones too, both signs."""
    bits = RNG.integers(0, 2**32, 20_000, np.uint32)
    cases = bits.view(np.float32)
    cases = cases[np.isfinite(cases)]
    with corefill.isa(name):
        got = through_core(cases, dtype)
    with np.errstate(all="ignore"):
        corefill.assert_same_bits(got, cases.astype(corefill.DTYPES[dtype]))


@pytest.mark.parametrize("dtype", ["float32", *corefill.NARROW])
def test_vector_path_rounds_as_the_single_element(dtype: str) -> None:
    """One long fill of a constant equals element by element, for a few awkward constants."""
    for value in (448.0, 464.0, 464.1, 65504.0, 65520.0, 57344.0, 61440.0, 1e-7, 6e-8, 2.0**-17):
        long = corefill.draw("normal", dtype, (value, 0.0), 1000)
        with np.errstate(all="ignore"):
            want = np.full(1000, value, np.float32).astype(corefill.DTYPES[dtype])
        corefill.assert_same_bits(long, want)


@pytest.mark.parametrize("dtype", [name for name in corefill.FLOATS if name != "float64"])
def test_parameters_are_rounded_once_to_float32(dtype: str) -> None:
    """A float64 parameter that would round twice differently: a tie of float32, pushed upwards."""
    for base in (1.0, 0.1, 3e-3):
        single = np.float32(base)
        above = np.nextafter(single, np.float32(np.inf))
        tie = (float(single) + float(above)) / 2
        for value in (tie, np.nextafter(tie, np.inf), np.nextafter(tie, -np.inf)):
            got = corefill.draw("normal", dtype, (float(value), 0.0), 4)
            want = np.full(4, np.float32(value)).astype(corefill.DTYPES[dtype])
            corefill.assert_same_bits(got, want)
            spread = corefill.draw("normal", dtype, (0.0, float(value)), 400)
            rounded = corefill.draw("normal", dtype, (0.0, float(np.float32(value))), 400)
            corefill.assert_same_bits(spread, rounded)


@pytest.mark.parametrize("dtype", corefill.FLOATS)
def test_degenerate_distributions_are_constant(dtype: str) -> None:
    for value in (0.0, 1.5, -0.375):
        want = np.full(9, value).astype(corefill.DTYPES[dtype])
        for distribution, user in [
            ("uniform", (value, value)),
            ("normal", (value, 0.0)),
            ("truncated_normal", (value, 0.0, -2.0, 2.0)),
        ]:
            got = corefill.draw(distribution, dtype, user, 9)
            np.testing.assert_array_equal(got.astype(np.float64), want.astype(np.float64))


# Spreads that reach the subnormals of each narrow type, the middle, and overflow.
SPREADS = [1e-42, 1e-38, 1e-9, 1e-7, 1e-5, 1e-3, 0.02, 1.0, 30.0, 300.0, 1e4, 4e4, 1e30, 1e38, 3e38]


@pytest.mark.parametrize("name", corefill.usable_isas())
@pytest.mark.parametrize("dtype", corefill.NARROW)
@pytest.mark.parametrize("distribution", ["uniform", "normal", "truncated_normal"])
def test_narrow_draw_equals_cast_of_float32_draw(distribution: str, dtype: str, name: str) -> None:
    kind = corefill.DTYPES[dtype]
    for spread in SPREADS:
        user = {
            "uniform": (-spread, spread / 2),
            "normal": (spread / 7, spread),
            "truncated_normal": (0.0, spread, -1.5, 2.0 if spread < 1e38 else 1.0),
        }[distribution]
        place: dict[str, Any] = {"seed": 31, "stream": 7, "start": 3}
        with corefill.isa(name):
            wide = corefill.draw(distribution, "float32", user, 20_001, **place)
            narrow = corefill.draw(distribution, dtype, user, 20_001, **place)
        with np.errstate(all="ignore"):
            corefill.assert_same_bits(narrow, wide.astype(kind))


def test_spreads_reach_subnormals_and_overflow() -> None:
    """The case above is as wide as it claims: both ends of every narrow type occur."""
    for dtype in corefill.NARROW:
        kind = corefill.DTYPES[dtype]
        smallest = {"float16": 2.0**-14, "bfloat16": 2.0**-126}.get(
            dtype, 2.0**-6 if dtype == "float8_e4m3fn" else 2.0**-14
        )
        subnormal = overflow = 0
        for spread in SPREADS:
            wide = corefill.draw("normal", "float32", (0.0, spread), 20_001)
            with np.errstate(all="ignore"):
                size = np.abs(wide.astype(kind).astype(np.float32))
            subnormal += np.count_nonzero((size > 0) & (size < smallest))
            overflow += np.count_nonzero(~np.isfinite(size))
        assert subnormal > 1000, dtype
        assert overflow > 1000, dtype
