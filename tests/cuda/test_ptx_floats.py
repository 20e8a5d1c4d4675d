"""Floating-point instructions of the PTX interpreter, to the bit.

Special values by hand from the PTX manual; fused multiply-adds, quotients and roots against exact
fractions, which round in another way than the interpreter does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from tests.cuda.ptx import floats
from tests.cuda.ptx.errors import UnknownInstruction
from tests.cuda.ptx.single import run

Exact = Callable[..., Fraction]
NAN, INF = math.nan, math.inf
TYPES = pytest.mark.parametrize("name", ["f32", "f64"])
TINY = {"f32": 2.0**-149, "f64": 2.0**-1074}
PRECISION = {"f32": 24, "f64": 53}
QUIET = {"f32": 0x7FFFFFFF, "f64": 0x7FFFFFFFFFFFFFFF}


def numpy_type(name: str) -> np.dtype:
    return np.dtype({"f32": np.float32, "f64": np.float64}[name])


def array(name: str, *values: float) -> np.ndarray:
    return np.array(values, numpy_type(name))


def bits(x: np.ndarray) -> list[int]:
    return x.view(f"u{x.itemsize}").tolist()


def rounded(exact: Fraction, name: str) -> np.ndarray:
    """The nearest number of the type, or the even one of two, computed with integers only."""
    least = {"f32": -149, "f64": -1074}[name]
    if exact == 0:
        return array(name, 0.0)[0]
    size = abs(exact).numerator.bit_length() - exact.denominator.bit_length()
    unit = max(size - PRECISION[name], least)
    unit += abs(exact) >= Fraction(2) ** (unit + PRECISION[name])
    count = round(abs(exact) / Fraction(2) ** unit)  # Python rounds fractions to even
    try:
        magnitude = math.ldexp(count, unit)
    except OverflowError:
        magnitude = INF
    with np.errstate(over="ignore"):
        return array(name, -magnitude if exact < 0 else magnitude)[0]


def check_exactly(instruction: str, name: str, exact: Exact, *operands: np.ndarray) -> None:
    """Compares with fractions, lane by lane, wherever the exact result is not 0."""
    inputs = dict(zip("abc", operands, strict=False))
    got = run(instruction, numpy_type(name).str, **inputs)
    for lane, values in enumerate(zip(*operands, strict=True)):
        fractions = [Fraction(float(v)) for v in values]
        want = exact(*fractions)
        if want:
            assert bits(got[lane : lane + 1]) == bits(rounded(want, name)[None]), values


def random_floats(rng: np.random.Generator, name: str, count: int, spread: int) -> np.ndarray:
    mantissa = rng.standard_normal(count)
    return np.ldexp(mantissa, rng.integers(-spread, spread + 1, count)).astype(numpy_type(name))


# Sums, products, signs.


@TYPES
def test_subnormals_are_kept(name: str) -> None:
    tiny = array(name, TINY[name])
    kind = tiny.dtype.str
    assert bits(run(f"add.rn.{name} %d, %a, %a;", kind, a=tiny)) == [2]
    assert bits(run(f"mul.rn.{name} %d, %a, %b;", kind, a=tiny, b=array(name, 3.0))) == [3]
    assert bits(run(f"fma.rn.{name} %d, %a, %b, %a;", kind, a=tiny, b=array(name, 3.0))) == [4]


@TYPES
def test_signs_of_zero_sums(name: str) -> None:
    a, b = array(name, 0.0, -0.0, -0.0, 1.0), array(name, -0.0, -0.0, 0.0, -1.0)
    total = run(f"add.rn.{name} %d, %a, %b;", a.dtype.str, a=a, b=b)
    assert np.signbit(total).tolist() == [False, True, False, False]
    difference = run(f"sub.rn.{name} %d, %a, %b;", a.dtype.str, a=a, b=-b)
    assert np.signbit(difference).tolist() == [False, True, False, False]


@TYPES
@pytest.mark.parametrize("opcode", ["add", "sub", "mul", "div"])
def test_nan_results_are_canonical(name: str, opcode: str) -> None:
    a = array(name, NAN, -NAN, 1.0, INF if opcode == "sub" else 0.0)
    b = array(name, 1.0, 1.0, NAN, INF if opcode in ("sub", "mul") else 0.0)
    got = run(f"{opcode}.rn.{name} %d, %a, %b;", a.dtype.str, a=a, b=b)
    assert bits(got)[:3] == [QUIET[name]] * 3
    if opcode != "add":
        assert bits(got)[3] == QUIET[name]


@TYPES
def test_sign_operations_touch_the_sign_bit_alone(name: str) -> None:
    a = array(name, 0.0, -0.0, -1.5, INF)
    negated = run(f"neg.{name} %d, %a;", a.dtype.str, a=a)
    assert bits(negated) == bits(array(name, -0.0, 0.0, 1.5, -INF))
    absolute = run(f"abs.{name} %d, %a;", a.dtype.str, a=a)
    assert bits(absolute) == bits(array(name, 0.0, 0.0, 1.5, INF))
    assert np.isnan(run(f"neg.{name} %d, %a;", a.dtype.str, a=array(name, NAN))).all()
    assert np.isnan(run(f"abs.{name} %d, %a;", a.dtype.str, a=array(name, -NAN))).all()
    # copysign takes the sign of its first operand.
    got = run(f"copysign.{name} %d, %a, %b;", a.dtype.str, a=a, b=array(name, 2.0))
    assert got.tolist() == [2.0, -2.0, -2.0, 2.0]


# Comparisons.

NUMBERS_AND_NAN = [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (-0.0, 0.0), (NAN, 1.0), (1.0, NAN)]


@TYPES
@pytest.mark.parametrize(
    ("compare", "expected"),
    [
        ("eq", "001100"),
        ("ne", "110000"),  # ordered: false for NaN, unlike C's !=
        ("lt", "100000"),
        ("le", "101100"),
        ("gt", "010000"),
        ("ge", "011100"),
        ("equ", "001111"),
        ("neu", "110011"),
        ("ltu", "100011"),
        ("leu", "101111"),
        ("gtu", "010011"),
        ("geu", "011111"),
        ("num", "111100"),
        ("nan", "000011"),
    ],
)
def test_comparisons_with_nan(name: str, compare: str, expected: str) -> None:
    a, b = (array(name, *column) for column in zip(*NUMBERS_AND_NAN, strict=True))
    got = run(f"setp.{compare}.{name} %d, %a, %b;", "bool", a=a, b=b)
    assert "".join(str(int(each)) for each in got) == expected


@TYPES
def test_minimum_and_maximum_prefer_numbers_and_order_zeros(name: str) -> None:
    a, b = array(name, NAN, 1.0, -0.0, 0.0, 1.0, NAN), array(name, 1.0, NAN, 0.0, -0.0, 2.0, NAN)
    least = run(f"min.{name} %d, %a, %b;", a.dtype.str, a=a, b=b)
    most = run(f"max.{name} %d, %a, %b;", a.dtype.str, a=a, b=b)
    assert bits(least[:5]) == bits(array(name, 1.0, 1.0, -0.0, -0.0, 1.0))
    assert bits(most[:5]) == bits(array(name, 1.0, 1.0, 0.0, 0.0, 2.0))
    assert bits(least[5:]) == bits(most[5:]) == [QUIET[name]]


def test_nan_form_of_minimum_and_maximum() -> None:
    a, b = array("f32", NAN, 1.0, 3.0), array("f32", 1.0, NAN, 2.0)
    assert bits(run("min.NaN.f32 %d, %a, %b;", "f4", a=a, b=b))[:2] == [QUIET["f32"]] * 2
    assert run("max.NaN.f32 %d, %a, %b;", "f4", a=a, b=b)[2] == 3.0


# Fused multiply-add.


@TYPES
def test_fma_keeps_what_two_roundings_lose(name: str) -> None:
    p = PRECISION[name]
    a = array(name, 1 + 2.0 ** (1 - p))
    fused = run(f"fma.rn.{name} %d, %a, %a, %c;", a.dtype.str, a=a, c=-(a * a))
    assert fused == [2.0 ** (2 - 2 * p)]
    # Half a unit decided by a far smaller addend: rounding the product first goes wrong.
    b = array(name, 1 - 2.0**-p)
    c = array(name, TINY[name], -TINY[name])
    check_exactly(
        f"fma.rn.{name} %d, %a, %b, %c;",
        name,
        lambda x, y, z: x * y + z,
        np.repeat(a, 2),
        np.repeat(b, 2),
        c,
    )


@TYPES
def test_fma_special_values(name: str) -> None:
    a = array(name, INF, INF, 0.0, 1.0, 0.0, -1.0, 1.0, 0.0)
    b = array(name, 0.0, 1.0, 5.0, 1.0, -5.0, 1.0, -1.0, NAN)
    c = array(name, 1.0, -INF, -0.0, -1.0, -0.0, 1.0, INF, 1.0)
    got = run(f"fma.rn.{name} %d, %a, %b, %c;", a.dtype.str, a=a, b=b, c=c)
    assert bits(got[:2]) == [QUIET[name]] * 2
    assert bits(got[2:7]) == bits(array(name, 0.0, 0.0, -0.0, 0.0, INF))
    assert bits(got[7:]) == [QUIET[name]]


@TYPES
def test_fma_overflows_only_after_the_sum(name: str) -> None:
    largest = np.finfo(numpy_type(name)).max
    half = (largest - np.nextafter(largest, largest / 2)) / 2
    a, b = array(name, largest), array(name, 2.0, 2.0, 1.0, 1.0)
    c = array(name, -largest, 0.0, np.nextafter(half, half / 2), half)
    got = run(f"fma.rn.{name} %d, %a, %b, %c;", a.dtype.str, a=a, b=b, c=c)
    assert got.tolist() == [largest, INF, largest, INF]


@TYPES
@pytest.mark.parametrize("spread", [1, 30, 140, 1000])
def test_fma_equals_fractions(name: str, spread: int) -> None:
    spread = min(spread, 140 if name == "f32" else 1000)
    rng = np.random.default_rng(spread)
    with np.errstate(over="ignore", under="ignore"):
        a, b, c = (random_floats(rng, name, 800, spread) for _ in range(3))
        c[::3] = -(a[::3] * b[::3])  # all but cancelling
        c[1::6] = np.ldexp(c[1::6], -PRECISION[name])
    finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(c)
    check_exactly(
        f"fma.rn.{name} %d, %a, %b, %c;",
        name,
        lambda x, y, z: x * y + z,
        a[finite],
        b[finite],
        c[finite],
    )


@TYPES
def test_fma_of_every_pair_of_edges_equals_fractions(name: str) -> None:
    info = np.finfo(numpy_type(name))
    edges = [
        1.0,
        3.0,
        1 + info.eps,
        1 - info.epsneg,
        info.max,
        info.tiny,
        TINY[name],
        info.tiny * 3,
    ]
    edges = [*edges, *(-e for e in edges)]
    triples = [(a, b, c) for a in edges for b in edges for c in edges]
    columns = (array(name, *column) for column in zip(*triples, strict=True))
    check_exactly(f"fma.rn.{name} %d, %a, %b, %c;", name, lambda x, y, z: x * y + z, *columns)


def test_product_and_sum_are_not_fused() -> None:
    a = array("f32", 1 + 2.0**-23)
    two = "mul.rn.f32 %s0, %a, %a;\nadd.rn.f32 %d, %s0, %c;"
    assert run(two, "f4", a=a, c=-(a * a)) == [0.0]


# Quotients and roots.


@TYPES
def test_quotients_equal_fractions(name: str) -> None:
    rng = np.random.default_rng(1)
    spread = 60 if name == "f32" else 500
    a, b = (random_floats(rng, name, 1500, spread) for _ in range(2))
    check_exactly(f"div.rn.{name} %d, %a, %b;", name, lambda x, y: x / y, a, b)
    check_exactly(f"rcp.rn.{name} %d, %a;", name, lambda x: 1 / x, a)


@TYPES
def test_roots_are_the_nearest_numbers(name: str) -> None:
    rng = np.random.default_rng(2)
    a = np.abs(random_floats(rng, name, 1500, 100))
    for value, root in zip(a, run(f"sqrt.rn.{name} %d, %a;", a.dtype.str, a=a), strict=True):
        low, high = (np.nextafter(root, numpy_type(name).type(end)) for end in (0, INF))
        below, above = (Fraction(float(root)) + Fraction(float(end)) for end in (low, high))
        assert below**2 < 4 * Fraction(float(value)) < above**2


@TYPES
def test_special_roots_and_quotients(name: str) -> None:
    a = array(name, -0.0, INF, -1.0, TINY[name] * 4)
    got = run(f"sqrt.rn.{name} %d, %a;", a.dtype.str, a=a)
    assert bits(got[:2]) == bits(array(name, -0.0, INF))
    assert bits(got[2:3]) == [QUIET[name]]
    a, b = array(name, 1.0, -1.0, 0.0), array(name, 0.0, 0.0, -3.0)
    quotient = run(f"div.rn.{name} %d, %a, %b;", a.dtype.str, a=a, b=b)
    assert bits(quotient) == bits(array(name, INF, -INF, -0.0))


# What must not pass.


@pytest.mark.parametrize(
    "instruction",
    [
        "add.f32 %d, %a, %a;",
        "mul.f32 %d, %a, %a;",
        "sub.f32 %d, %a, %a;",
        "add.rz.f32 %d, %a, %a;",
        "add.rn.ftz.f32 %d, %a, %a;",
        "add.rn.sat.f32 %d, %a, %a;",
        "fma.rn.ftz.f32 %d, %a, %a, %a;",
        "fma.rz.f32 %d, %a, %a, %a;",
        "mad.rn.f32 %d, %a, %a, %a;",
        "sqrt.approx.f32 %d, %a;",
        "sqrt.approx.ftz.f32 %d, %a;",
        "rsqrt.approx.f32 %d, %a;",
        "div.approx.f32 %d, %a, %a;",
        "div.full.f32 %d, %a, %a;",
        "ex2.approx.f32 %d, %a;",
        "lg2.approx.f32 %d, %a;",
        "sin.approx.f32 %d, %a;",
        "cos.approx.ftz.f32 %d, %a;",
        "min.ftz.f32 %d, %a, %a;",
    ],
)
def test_inexact_and_contractible_forms_are_refused(instruction: str) -> None:
    with pytest.raises(UnknownInstruction, match=r"line \d+: "):
        run(instruction, "f4", a=array("f32", 1.0))


def test_fma_of_float64_takes_its_fast_path_only_where_it_is_exact() -> None:
    # One fraction lane among ordinary ones: both paths in one call.
    a, b = array("f64", 1.1, 1e-300, 3.0), array("f64", 1.1, 1e-200, 7.0)
    c = array("f64", -1.21, 1e-308, 0.0)
    with np.errstate(under="ignore"):
        got = floats.fma(a, b, c)
    exact = [Fraction(x) * Fraction(y) + Fraction(z) for x, y, z in zip(a, b, c, strict=True)]
    assert got.tolist() == [rounded(each, "f64") for each in exact]
