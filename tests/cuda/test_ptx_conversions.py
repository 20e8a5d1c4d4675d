"""`cvt`, loads and stores of narrow types: widths, signs, rounding modes, saturation."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from tests.cuda.ptx.errors import UnknownInstruction
from tests.cuda.ptx.single import run

NAN, INF = math.nan, math.inf


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def f64(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


# Between integers.


def test_narrowing_cuts_and_widening_extends_by_the_sources_sign() -> None:
    a = np.array([0x8000_0001_FFFF_FF80], np.uint64)
    assert run("cvt.u32.u64 %d, %a;", "u4", a=a) == [0xFFFFFF80]
    assert run("cvt.u16.u64 %d, %a;", "u2", a=a) == [0xFF80]
    word = np.array([0x80000000], np.uint32)
    assert run("cvt.s64.s32 %d, %a;", "i8", a=word) == [-(2**31)]
    assert run("cvt.u64.u32 %d, %a;", "i8", a=word) == [2**31]
    assert run("cvt.u64.s32 %d, %a;", "i8", a=word) == [-(2**31)]
    assert run("cvt.s64.u32 %d, %a;", "i8", a=word) == [2**31]


def test_registers_wider_than_the_type_are_cut_and_extended() -> None:
    # The type is eight bits wide; the registers hold 32.
    a = np.array([0x1234_5680], np.uint32)
    assert run("cvt.u32.u8 %d, %a;", "u4", a=a) == [0x80]
    assert run("cvt.s32.s8 %d, %a;", "i4", a=a) == [-0x80]
    assert run("cvt.s8.s32 %d, %a;", "i4", a=a) == [-0x80]
    assert run("cvt.u8.u32 %d, %a;", "u4", a=a) == [0x80]


def test_saturating_integer_conversions_clamp() -> None:
    a = np.array([-1, 300, -(2**31), 2**31 - 1], np.int32)
    assert run("cvt.sat.u8.s32 %d, %a;", "u4", a=a).tolist() == [0, 255, 0, 255]
    assert run("cvt.sat.s8.s32 %d, %a;", "i4", a=a).tolist() == [-1, 127, -128, 127]
    assert run("cvt.sat.u32.s32 %d, %a;", "u4", a=a).tolist() == [0, 300, 0, 2**31 - 1]
    big = np.array([2**63, 5], np.uint64)
    assert run("cvt.sat.s32.u64 %d, %a;", "i4", a=big).tolist() == [2**31 - 1, 5]


# From integers to floats.

TIES = [0, 1, 2**24 + 1, 2**24 + 3, 2**31 - 1, 2**32 - 1, 2**53 + 1, 2**53 + 3, 2**63, 2**64 - 1]


@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
@pytest.mark.parametrize(("target", "precision"), [("f32", 24), ("f64", 53)])
@pytest.mark.parametrize("source", ["u32", "s32", "u64", "s64"])
def test_integers_round_once_in_every_mode(source: str, target: str, precision: int, mode: str) -> None:
    bits = int(source[1:])
    rng = np.random.default_rng(bits)
    values = [v for v in TIES if v < 2 ** (bits - (source[0] == "s"))]
    values += [int(v) >> int(s) for v, s in zip(*_random_words(rng), strict=True)]
    values = [v % 2 ** (bits - (source[0] == "s")) for v in values]
    if source[0] == "s":
        values += [-v for v in values] + [-(2 ** (bits - 1))]
    a = np.array(values, f"{'i' if source[0] == 's' else 'u'}{bits // 8}")
    got = run(f"cvt.{mode}.{target}.{source} %d, %a;", f"f{int(target[1:]) // 8}", a=a)
    assert [int(x) for x in got] == [_round_whole(v, precision, mode) for v in values]


def _random_words(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 2**64, 300, np.uint64), rng.integers(0, 64, 300)


def _round_whole(value: int, precision: int, mode: str) -> int:
    unit = 2 ** max(abs(value).bit_length() - precision, 0)
    exact = Fraction(value, unit)
    how = {"rn": round, "rz": math.trunc, "rm": math.floor, "rp": math.ceil}[mode]
    return how(exact) * unit


# From floats to integers.


def test_whole_numbers_in_every_mode() -> None:
    a = f32(0.5, 1.5, -0.5, -1.5, 2.7, -2.7)
    expected = {
        "rni": [0, 2, 0, -2, 3, -3],
        "rzi": [0, 1, 0, -1, 2, -2],
        "rmi": [0, 1, -1, -2, 2, -3],
        "rpi": [1, 2, 0, -1, 3, -2],
    }
    for mode, values in expected.items():
        assert run(f"cvt.{mode}.s32.f32 %d, %a;", "i4", a=a).tolist() == values
        assert run(f"cvt.{mode}.f32.f32 %d, %a;", "f4", a=a).tolist() == values
        assert run(f"cvt.{mode}.s64.f64 %d, %a;", "i8", a=a.astype(float)).tolist() == values


def test_whole_floats_keep_their_sign_at_zero() -> None:
    got = run("cvt.rzi.f32.f32 %d, %a;", "f4", a=f32(-0.5, -0.0, 0.5))
    assert np.signbit(got).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("target", "low", "high"),
    [
        ("s32", -(2**31), 2**31 - 1),
        ("u32", 0, 2**32 - 1),
        ("s64", -(2**63), 2**63 - 1),
        ("u64", 0, 2**64 - 1),
        ("s8", -(2**7), 2**7 - 1),
        ("u16", 0, 2**16 - 1),
    ],
)
def test_floats_out_of_range_give_the_nearest_integer(target: str, low: int, high: int) -> None:
    kind = f"{'i' if target[0] == 's' else 'u'}{max(int(target[1:]), 16) // 8}"
    past = float(high // 2 + 1) * 2
    a = f64(INF, -INF, past, float(low) - 1.0, float(low), past / 2)
    got = run(f"cvt.rzi.{target}.f64 %d, %a;", kind, a=a)
    assert got.tolist() == [high, low, high, low, low, high // 2 + 1]
    got = run(f"cvt.rzi.{target}.f32 %d, %a;", kind, a=f32(INF, -INF, past, past / 2))
    assert got.tolist() == [high, low, high, high // 2 + 1]


@pytest.mark.parametrize(
    ("target", "source", "expected"),
    [
        ("s32", "f32", 0),
        ("u32", "f32", 0),
        ("s32", "f64", -(2**31)),
        ("u32", "f64", 2**31),
        ("s64", "f32", -(2**63)),
        ("u64", "f32", 2**63),
        ("s64", "f64", -(2**63)),
        ("u64", "f64", 2**63),
    ],
)
def test_nan_to_integer(target: str, source: str, expected: int) -> None:
    kind = f"{'i' if target[0] == 's' else 'u'}{int(target[1:]) // 8}"
    a = np.array([NAN, -NAN], f"f{int(source[1:]) // 8}")
    assert run(f"cvt.rni.{target}.{source} %d, %a;", kind, a=a).tolist() == [expected] * 2


# Between floats.


def test_widening_is_exact_and_narrowing_rounds_to_even() -> None:
    wide = run("cvt.f64.f32 %d, %a;", "f8", a=f32(1 + 2.0**-23, 2.0**-149))
    assert wide.tolist() == [1 + 2.0**-23, 2.0**-149]
    ulp = 2.0**-23
    a = f64(1 + ulp / 2, 1 + 3 * ulp / 2, 1 + ulp / 2 + 2.0**-52, 2.0**-150, 2.0**-150 * 1.5, 1e300)
    got = run("cvt.rn.f32.f64 %d, %a;", "f4", a=a)
    assert got.tolist() == [1, 1 + 2 * ulp, 1 + ulp, 0, 2.0**-149, INF]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("rz", [1.0, -1.0, 3.4028234663852886e38, -3.4028234663852886e38, 0.0]),
        ("rm", [1.0, -1 - 2.0**-23, 3.4028234663852886e38, -INF, 0.0]),
        ("rp", [1 + 2.0**-23, -1.0, INF, -3.4028234663852886e38, 2.0**-149]),
    ],
)
def test_narrowing_in_the_directed_modes(mode: str, expected: list[float]) -> None:
    a = f64(1 + 2.0**-24, -1 - 2.0**-24, 1e300, -1e300, 1e-300)
    assert run(f"cvt.{mode}.f32.f64 %d, %a;", "f4", a=a).tolist() == expected


@pytest.mark.parametrize(("name", "dtype"), [("f16", np.dtype(np.float16)), ("bf16", np.dtype(ml_dtypes.bfloat16))])
def test_narrow_floats_equal_an_independent_cast(name: str, dtype: np.dtype) -> None:
    rng = np.random.default_rng(3)
    words = rng.integers(0, 2**32, 5000, dtype=np.uint32)
    halfway = np.arange(0, 2**16, dtype=np.uint32)
    ties = np.concatenate([halfway << 13 | 0x1000, halfway << 16 | 0x8000, halfway << 16])
    a = np.concatenate([words, ties]).view(np.float32)
    a = a[~np.isnan(a)]
    got = run(f"cvt.rn.{name}.f32 %d, %a;", "u2", a=a)
    with np.errstate(over="ignore", under="ignore"):
        np.testing.assert_array_equal(got, a.astype(dtype).view(np.uint16))
    back = run(f"cvt.f32.{name} %d, %a;", "f4", a=got)
    np.testing.assert_array_equal(back, got.view(dtype).astype(np.float32))


def test_narrow_nan_is_canonical() -> None:
    assert run("cvt.rn.f16.f32 %d, %a;", "u2", a=f32(-NAN)) == [0x7FFF]
    assert run("cvt.rn.bf16.f32 %d, %a;", "u2", a=f32(-NAN)) == [0x7FFF]
    assert run("cvt.rn.f32.f64 %d, %a;", "u4", a=f64(-NAN)) == [0x7FFFFFFF]


def test_pairs_put_the_first_operand_into_the_upper_half() -> None:
    a, b = f32(1.0), f32(-2.0)
    assert run("cvt.rn.bf16x2.f32 %d, %a, %b;", "u4", a=a, b=b) == [0x3F80C000]
    assert run("cvt.rn.f16x2.f32 %d, %a, %b;", "u4", a=a, b=b) == [0x3C00C000]


def test_saturating_to_a_float_clamps_to_the_unit_interval() -> None:
    a = f32(-0.5, 0.25, 1.5, NAN, -0.0, INF)
    got = run("cvt.rni.sat.f32.f32 %d, %a;", "f4", a=a)
    assert got.tolist() == [0, 0, 1, 0, 0, 1]
    assert not np.signbit(got).any()
    got = run("cvt.rn.sat.f32.f64 %d, %a;", "f4", a=a.astype(np.float64))
    assert got.tolist() == [0, 0.25, 1, 0, 0, 1]


@pytest.mark.parametrize(
    "opcode",
    [
        "cvt.s32.f32",  # no rounding where one is needed
        "cvt.f32.s32",
        "cvt.rn.f16.f64.x",
        "cvt.rn.s32.f32",  # a float's mode for an integer, and the reverse
        "cvt.rni.f32.s32",
        "cvt.rn.ftz.f32.f32",
        "cvt.rn.satfinite.e4m3x2.f32",
        "cvt.rna.tf32.f32",
    ],
)
def test_other_conversions_are_refused(opcode: str) -> None:
    with pytest.raises(UnknownInstruction):
        run(f"{opcode} %d, %a;", "u4", a=np.array([1], np.uint32))


# Loads and stores narrower than the register.


def test_narrow_loads_extend_by_their_type() -> None:
    memory = "ld.param.u64 %address, [a_array];\nld.{} %d, [%address];"
    a = np.array([0xFFFF_FFFF_FFFF_FF80], np.uint64)
    assert run(memory.format("s8"), "i4", a=a) == [-0x80]
    assert run(memory.format("u8"), "i4", a=a) == [0x80]
    assert run(memory.format("b8"), "i4", a=a) == [0x80]
    assert run(memory.format("s16"), "i8", a=a) == [-0x80]
    assert run(memory.format("u16"), "i8", a=a) == [0xFF80]
    assert run(memory.format("global.s32"), "i8", a=a) == [-0x80]


def test_narrow_stores_cut() -> None:
    body = """
    ld.param.u64 %address, [d_array];
    st.u8 [%address], %a;
    st.u16 [%address+2], %a;
    ld.u32 %d, [%address];"""
    assert run(body, "u4", a=np.array([0x12345678], np.uint32)) == [0x56780078]
