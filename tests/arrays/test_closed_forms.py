"""closed_forms.py: patterns, ramps and positions against their formulas written another way."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import linalg

import fastinit
from fastinit import index_functions
from fastinit.dtypes import FLOATS
from fastinit.formulas import FORMULAS
from fastinit.sines import turns

EXACT = mpmath.mp.clone()
EXACT.prec = 300
FLOAT64_ERROR = 4e-16  # of sines and cosines, relative to their size


def tables(length: int, channels: int, temperature: float = 10000.0) -> tuple[Any, Any]:
    """Sines and cosines of each position and frequency, exact as far as float64 goes for small positions."""
    angles = np.arange(length)[:, None] * temperature ** (-np.arange(channels // 2) / (channels // 2))
    return np.sin(angles), np.cos(angles)


@pytest.mark.parametrize("shape", [(8, 8), (5, 8), (16, 3), (1, 1), (1, 9), (33, 70)])
def test_hadamard_is_scipys_scaled_to_orthonormal_rows(shape: tuple[int, int]) -> None:
    order = 1 << (max(shape) - 1).bit_length()
    whole = linalg.hadamard(order, float) / math.sqrt(order)
    drawn = fastinit.hadamard(shape, gain=-3.0, dtype="float64")
    np.testing.assert_allclose(drawn, -3 * whole[: shape[0], : shape[1]], rtol=3e-16)


def zero_rule(outputs: int, inputs: int, c: float) -> np.ndarray[Any, Any]:
    """Algorithm 1 of the paper, taken literally: products of partial identities."""
    if outputs <= inputs:
        return np.eye(outputs, inputs)
    order = 1 << math.ceil(math.log2(outputs))
    return c * np.eye(outputs, order) @ linalg.hadamard(order, float) @ np.eye(order, inputs)


@pytest.mark.parametrize(("outputs", "inputs"), [(4, 4), (3, 7), (7, 3), (8, 2), (9, 8), (2, 1)])
@pytest.mark.parametrize("kernel", [(), (3,), (4, 5), (1, 2, 3)])
def test_hadamard_identity_is_the_rule_of_zero(outputs: int, inputs: int, kernel: tuple[int, ...]) -> None:
    torch = fastinit.hadamard_identity((outputs, inputs, *kernel), layout="torch", dtype="float64")
    keras = fastinit.hadamard_identity((*kernel, inputs, outputs), dtype="float64")
    np.testing.assert_array_equal(np.moveaxis(torch, (1, 0), (-2, -1)), keras)
    m = math.ceil(math.log2(outputs))
    centre = tuple(size // 2 for size in kernel)
    expected = np.zeros_like(torch)
    expected[(slice(None), slice(None), *centre)] = zero_rule(outputs, inputs, 2 ** (-(m - 1) / 2))
    np.testing.assert_allclose(torch, expected, rtol=5e-16)


def test_gain_of_hadamard_identity_is_not_that_of_the_identity() -> None:
    assert fastinit.hadamard_identity((2, 4), gain=5.0)[0, 0] == 2.5
    assert fastinit.hadamard_identity((4, 2), gain=5.0)[0, 0] == 1.0


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (2, 3, 5, 4), (0, 3), (1, 1)])
@pytest.mark.parametrize("diagonal", [0, 1, -1, 3, -3, 100, -100])
def test_triangular(shape: tuple[int, ...], diagonal: int) -> None:
    ones = np.ones(shape)
    lower = fastinit.triangular(shape, diagonal=diagonal, value=2.5)
    np.testing.assert_array_equal(lower, 2.5 * np.tril(ones, diagonal))
    upper = fastinit.triangular(shape, diagonal=diagonal, lower=False)
    np.testing.assert_array_equal(upper, np.triu(ones, diagonal))
    for is_lower, drawn in ((True, lower), (False, upper)):
        spec = FORMULAS["triangular"](shape, diagonal=diagonal, lower=is_lower, value=drawn.max(initial=0))
        assert spec.std == pytest.approx(drawn.astype(float).std() if drawn.size else 0, abs=1e-12)


def test_a_mask_of_infinities_has_zeros_elsewhere() -> None:
    drawn = fastinit.triangular((3, 3), diagonal=1, lower=False, value=-math.inf)
    np.testing.assert_array_equal(drawn, np.where(np.triu(np.ones((3, 3)), 1), -np.inf, 0))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_delta(axis: int, place: int) -> None:
    drawn = fastinit.delta((2, 3, 4), axis=axis, place=place, value=-2.0)
    expected = np.zeros((2, 3, 4))
    np.moveaxis(expected, axis, 0)[place] = -2
    np.testing.assert_array_equal(drawn, expected)


def test_delta_hands_the_input_of_a_causal_convolution_through() -> None:
    kernel, signal = fastinit.delta((5, 1, 4), place=-1), np.arange(10.0)
    padded = np.concatenate([np.zeros(3), signal])
    outputs = [padded[t : t + 4] @ kernel[2, 0] for t in range(10)]
    np.testing.assert_array_equal(outputs, signal)


@pytest.mark.parametrize("shape", [(10,), (4, 3), (2, 3, 5)])
@pytest.mark.parametrize("divisor", [1, 2, 4, 7, 100])
def test_modulo(shape: tuple[int, ...], divisor: int) -> None:
    flat = np.arange(math.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(fastinit.modulo(shape, divisor=divisor), flat % divisor)
    for axis in range(-len(shape), len(shape)):
        expected = np.indices(shape)[axis] % divisor
        np.testing.assert_array_equal(fastinit.modulo(shape, divisor=divisor, axis=axis), expected)
    one_hot = fastinit.modulo((*shape, divisor), divisor=divisor, one_hot=True)
    np.testing.assert_array_equal(one_hot, np.eye(divisor)[flat % divisor])
    one_hot = fastinit.modulo((*shape, divisor), divisor=divisor, axis=0, one_hot=True)
    np.testing.assert_array_equal(one_hot, np.eye(divisor)[np.indices(shape)[0] % divisor])


def test_routes_in_turn_are_balanced() -> None:
    counts = np.bincount(fastinit.modulo((96, 2), divisor=8).astype(int).ravel())
    assert (counts == 24).all()


def test_modulo_of_the_last_flat_indices() -> None:
    shape, divisor = (2**31, 2**31, 4), 2**53 - 111
    part = fastinit.modulo(shape, divisor=divisor, index=np.s_[-1, -2:], dtype="float64")
    np.testing.assert_array_equal(part.ravel(), [float((2**64 - 8 + i) % divisor) for i in range(8)])


RAMPS: list[tuple[float, float]] = [(0.0, 1.0), (-6.0, -1.0), (0.1, 0.7), (-1e30, 1e-30), (3.0, 3.0), (1e308, -1e308)]


@pytest.mark.parametrize(("low", "high"), RAMPS)
@pytest.mark.parametrize("count", [2, 3, 50, 777])
@pytest.mark.parametrize("power", [1.0, 0.7, 2.0])
def test_ramp_is_the_nearest_float64(low: float, high: float, count: int, power: float) -> None:
    drawn = fastinit.ramp(count, low=low, high=high, power=power, dtype="float64")
    for i in range(0, count, 1 + count // 20):
        t = EXACT.power(EXACT.mpf(i) / (count - 1), power)
        exact = EXACT.mpf(low) * (1 - t) + EXACT.mpf(high) * t
        # Decimals of 40 digits may miss a tie between two numbers.
        assert drawn[i] == float(exact) or abs(drawn[i] - exact) <= math.ulp(drawn[i]) * (0.5 + 1e-15)
    assert (drawn[0], drawn[-1]) == (low, high)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1000.0), (-0.5, -1e-5), (1e-300, 1e300), (2.0, 2.0)])
@pytest.mark.parametrize("count", [2, 3, 511, 1025])
@pytest.mark.parametrize("power", [1.0, 1.5])
def test_log_ramp_is_the_nearest_float64(low: float, high: float, count: int, power: float) -> None:
    drawn = fastinit.ramp(count, low=low, high=high, log=True, power=power, dtype="float64")
    for i in range(0, count, 1 + count // 20):
        t = EXACT.power(EXACT.mpf(i) / (count - 1), power)
        assert drawn[i] == float(EXACT.mpf(low) * EXACT.power(EXACT.mpf(high) / low, t))
    assert (drawn[0], drawn[-1]) == (low, high)


def test_ramp_of_whole_numbers_has_them_exactly() -> None:
    np.testing.assert_array_equal(fastinit.ramp(1000, high=999.0, dtype="float64"), np.arange(1000.0))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_ramp_goes_along_its_axis(axis: int) -> None:
    drawn = fastinit.ramp((3, 5), low=1.0, high=2.0, axis=axis, dtype="float64")
    line = np.linspace(1, 2, 3 if axis == 0 else 5)
    np.testing.assert_allclose(drawn, np.broadcast_to(line[:, None] if axis == 0 else line, (3, 5)), rtol=3e-16)


def test_ramp_of_one_place_is_low() -> None:
    for given in ({}, {"log": True}, {"power": 2.0}):
        assert fastinit.ramp((2, 1), low=3.0, high=9.0, **given).tolist() == [[3.0], [3.0]]


def test_frequencies_are_the_nearest_fractions_of_128_bits() -> None:
    for number, intervals in ((0, 1), (1, 3), (383, 384), (5, 5)):
        exact = EXACT.power(10000, -EXACT.mpf(number) / intervals) / (2 * EXACT.pi)
        assert turns(10000.0, number, intervals) == int(EXACT.nint(exact * 2**128))


@pytest.mark.parametrize("first", [0, 2**20 - 40, 2**32 - 40])
@pytest.mark.parametrize("temperature", [10000.0, 1.0, 2.0**64])
def test_sincos_is_within_its_limits_of_the_exact_values(first: int, temperature: float) -> None:
    shape, part = (2**32, 64), slice(first, first + 40)
    options: dict[str, Any] = {"temperature": temperature, "index": part}
    wide = fastinit.sincos(shape, dtype="float64", **options)
    single = fastinit.sincos(shape, **options)
    for row in range(40):
        for k in range(32):
            angle = (first + row) * EXACT.power(temperature, -EXACT.mpf(k) / 32)
            for column, exact in ((2 * k, EXACT.sin(angle)), (2 * k + 1, EXACT.cos(angle))):
                error = abs(EXACT.mpf(float(wide[row, column])) - exact)
                assert error <= FLOAT64_ERROR * abs(exact)
                error = abs(EXACT.mpf(float(single[row, column])) - exact)
                assert error <= float(np.spacing(np.float32(abs(exact))))


def test_sincos_keeps_its_digits_at_positions_whose_sine_is_nearly_zero() -> None:
    for position in (
        355,
        710,
        103993,
        833719,
        80143857 % 2**32,
        1068966896,
        4272943,
    ):  # denominators and numerators of pi
        row = fastinit.sincos((2**32, 2), dtype="float64", index=position)
        exact = EXACT.sin(position), EXACT.cos(position)
        for found, value in zip(row, exact, strict=True):
            assert abs(EXACT.mpf(float(found)) - value) <= FLOAT64_ERROR * abs(value)


def test_layouts_of_sincos() -> None:
    sine, cosine = tables(9, 12)
    drawn = fastinit.sincos((9, 12), dtype="float64")
    np.testing.assert_allclose(drawn, np.stack([sine, cosine], -1).reshape(9, 12), atol=1e-14)
    drawn = fastinit.sincos((2, 9, 12), dtype="float64", interleave=False)
    np.testing.assert_allclose(drawn, np.broadcast_to(np.concatenate([sine, cosine], 1), (2, 9, 12)), atol=1e-14)


def test_endpoint_is_that_of_whisper() -> None:
    frequencies = np.exp(-np.log(10000) / 5 * np.arange(6))
    angles = np.arange(9)[:, None] * frequencies
    expected = np.concatenate([np.sin(angles), np.cos(angles)], 1)
    drawn = fastinit.sincos((9, 12), interleave=False, endpoint=True, dtype="float64")
    np.testing.assert_allclose(drawn, expected, atol=1e-14)
    assert fastinit.sincos((9, 2), endpoint=True, dtype="float64")[1, 0] == math.sin(1)


@pytest.mark.parametrize("grid", [(3, 5), (4, 4), (1, 6)])
@pytest.mark.parametrize("extra", [0, 2])
def test_orders_of_sincos_2d(grid: tuple[int, int], extra: int) -> None:
    height, width = grid
    tokens = extra + height * width
    half = {size: np.concatenate(tables(size, 8), 1) for size in grid}
    rows = np.repeat(half[height], width, 0)
    columns = np.tile(half[width], (height, 1))
    for order, both in (("wh", [columns, rows]), ("hw", [rows, columns])):
        expected = np.concatenate([np.zeros((extra, 16)), np.concatenate(both, 1)])
        drawn = fastinit.sincos_2d((1, tokens, 16), grid=grid, order=order, extra_tokens=extra, dtype="float64")
        np.testing.assert_allclose(drawn[0], expected, atol=1e-14)
    interleaved = fastinit.sincos_2d((tokens, 16), grid=grid, extra_tokens=extra, interleave=True, dtype="float64")
    of_width = fastinit.sincos((width, 8), dtype="float64")
    np.testing.assert_array_equal(interleaved[extra : extra + width, :8], of_width)


def test_orders_of_sincos_2d_are_those_of_mae_and_moco() -> None:
    """Their grids, as they make them: MAE by meshgrid(w, h) of NumPy ("xy"), MoCo by torch's ("ij"), on a square."""
    size, pos_dim = 5, 3
    omega = 1 / 10000 ** (np.arange(pos_dim) / pos_dim)
    line = np.arange(size)
    mae = np.stack(np.meshgrid(line, line)).reshape(2, -1)
    moco = np.stack(np.meshgrid(line, line, indexing="ij")).reshape(2, -1)
    for order, (first, second) in (("wh", mae), ("hw", moco)):
        angles = first[:, None] * omega, second[:, None] * omega
        expected = np.concatenate([f(angle) for angle in angles for f in (np.sin, np.cos)], 1)
        drawn = fastinit.sincos_2d((size * size, 4 * pos_dim), grid=(size, size), order=order, dtype="float64")
        np.testing.assert_allclose(drawn, expected, atol=1e-14)


CALLS: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("hadamard", (9, 5), {"gain": 0.3}),
    ("hadamard_identity", (3, 4, 9), {"gain": 0.3}),
    ("triangular", (9, 5), {"value": 0.1}),
    ("delta", (9, 5), {"place": 3, "value": 0.1}),
    ("modulo", (9, 5), {"divisor": 37}),
    ("ramp", (9, 5), {"high": 0.7}),
    ("ramp", (9, 5), {"low": 0.1, "high": 0.7, "log": True}),
    ("sincos", (9, 6), {}),
    ("sincos_2d", (13, 8), {"grid": (3, 4), "extra_tokens": 1}),
]


@pytest.mark.parametrize(("name", "shape", "options"), CALLS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_every_type_holds_float32_or_float64_rounded_once(
    name: str, shape: tuple[int, ...], options: dict[str, Any], dtype: str
) -> None:
    function = getattr(fastinit, name)
    drawn = function(shape, dtype=dtype, **options)
    assert drawn.dtype == FLOATS[dtype].numpy
    wide = function(shape, dtype="float64", **options)
    expected = wide if dtype == "float64" else wide.astype(np.float32).astype(FLOATS[dtype].numpy)
    assert drawn.tobytes() == expected.tobytes()


@pytest.mark.parametrize(("name", "shape", "options"), CALLS)
def test_nothing_is_drawn(name: str, shape: tuple[int, ...], options: dict[str, Any]) -> None:
    generator = fastinit.Generator(1)
    drawn = getattr(fastinit, name)(shape, seed=generator, **options)
    assert generator.next_stream() == 0
    assert drawn.tobytes() == getattr(fastinit, name)(shape, seed=2, stream="other", **options).tobytes()


@pytest.mark.parametrize(("name", "options"), [(name, options) for name, _, options in CALLS])
def test_a_part_of_a_tensor_beyond_any_memory(name: str, options: dict[str, Any]) -> None:
    huge = {"sincos_2d": (2**40 + 1, 8), "ramp": (2**44, 5)}.get(name, (2**30, 2**30))
    given = {**options, **({"grid": (2**20, 2**20)} if name == "sincos_2d" else {})}
    part = getattr(fastinit, name)(huge, index=np.s_[2**29 : 2**29 + 3, 1:4], **given)
    assert part.shape == (3, 3)


def test_blocks_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn() -> list[bytes]:
        return [getattr(fastinit, name)(shape, **options).tobytes() for name, shape, options in CALLS]

    whole = drawn()
    monkeypatch.setattr(index_functions, "_BLOCK", 7)
    assert drawn() == whole


@pytest.mark.parametrize("name", ["ramp", "sincos", "triangular", "hadamard"])
def test_empty_tensors(name: str) -> None:
    for shape in ((0, 4), (4, 0), (0, 0)):
        assert getattr(fastinit, name)(shape).shape == shape
        assert FORMULAS[name](shape).std == 0


def test_plans_show_a_finite_standard_deviation() -> None:
    for value in (math.inf, -math.inf, math.nan):
        for parameters in ({"diagonal": 1}, {"diagonal": 9}):
            assert FORMULAS["triangular"]((3, 4), value=value, **parameters).std == 0
        assert FORMULAS["delta"](4, place=0, value=value).std == 0
    assert FORMULAS["sincos_2d"]((2, 4), grid=(0, 5), extra_tokens=2).std == 0
    assert not fastinit.sincos_2d((2, 4), grid=(0, 5), extra_tokens=2).any()


ERRORS: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("hadamard", {"shape": (3,)}, ValueError, "`shape` must have 2 dimensions, got (3,)"),
    ("hadamard", {"gain": math.inf}, ValueError, "`gain` must be finite, got inf"),
    ("hadamard", {"gain": 1e300}, ValueError, "`gain` must lie within float32's range for float32, got 1e+300"),
    ("hadamard_identity", {"shape": 3}, ValueError, "`shape` must have 2 to 5 dimensions, got 3"),
    ("hadamard_identity", {"layout": "tf"}, ValueError, "`layout` must be one of 'keras', 'torch', got 'tf'"),
    ("triangular", {"shape": (3,)}, ValueError, "`shape` must have 2 or more dimensions, got (3,)"),
    ("triangular", {"diagonal": 0.5}, TypeError, "`diagonal` must be an int in ["),
    ("triangular", {"lower": 1}, TypeError, "`lower` must be a boolean, got 1"),
    ("triangular", {"value": "1"}, TypeError, "`value` must be a real number, got '1'"),
    ("triangular", {"value": 1e300}, ValueError, "`value` must be a value that float32 can hold, got 1e+300"),
    ("delta", {"place": 0, "shape": ()}, ValueError, "`shape` must have 1 or more dimensions, got ()"),
    ("delta", {"place": 4}, ValueError, "`place` must be an int in [-4, 3], got 4; axis 1 of shape (4, 4) has 4"),
    ("delta", {"place": 0, "axis": 2}, ValueError, "`axis` must be an int in [-2, 1], got 2"),
    ("modulo", {"divisor": 0}, ValueError, "`divisor` must be an int in [1, 2**64 - 1], got 0"),
    ("modulo", {"divisor": 2.0}, TypeError, "`divisor` must be an int"),
    ("modulo", {"divisor": 2, "axis": -3}, ValueError, "`axis` must be an int in [-2, 1], got -3"),
    (
        "modulo",
        {"divisor": 3, "one_hot": True},
        ValueError,
        "`shape` must have a last axis of size 3, one for each remainder, got (4, 4)",
    ),
    ("modulo", {"divisor": 4, "one_hot": True, "axis": -1}, ValueError, "`axis` must not be the last with `one_hot`"),
    ("ramp", {"low": math.nan}, ValueError, "`low` must not be NaN, got nan"),
    ("ramp", {"high": math.inf}, ValueError, "`high` must be finite, got inf"),
    ("ramp", {"high": 1e39}, ValueError, "`high` must lie within float32's range for float32, got 1e+39"),
    ("ramp", {"axis": 2}, ValueError, "`axis` must be an int in [-2, 1], got 2"),
    ("ramp", {"power": 0}, ValueError, "`power` must be finite and > 0, got 0"),
    ("ramp", {"power": -1.0}, ValueError, "`power` must be finite and >"),
    (
        "ramp",
        {"power": 2.0, "shape": 2**16 + 1},
        ValueError,
        "`shape` must have at most 65536 places along axis 0 with",
    ),
    ("ramp", {"log": True}, ValueError, "`low` must have the sign of `high` = 1.0 for `log`, and not be 0, got 0.0"),
    ("ramp", {"log": True, "low": -1.0}, ValueError, "`low` must have the sign of `high` = 1.0 for `log`"),
    ("sincos", {"shape": 4}, ValueError, "`shape` must have 2 or more dimensions, got 4"),
    (
        "sincos",
        {"shape": (4, 3)},
        ValueError,
        "`shape` must have a multiple of 2 as its number of channels, got (4, 3)",
    ),
    ("sincos", {"shape": (2**32 + 1, 2)}, ValueError, "`shape` must have at most 4294967296 positions"),
    ("sincos", {"temperature": 0.5}, ValueError, "`temperature` must be in [1, 2^64], got 0.5"),
    ("sincos", {"temperature": 1e20}, ValueError, "`temperature` must be in [1, 2^64], got 1e+20"),
    ("sincos", {"interleave": "half"}, TypeError, "`interleave` must be a boolean, got 'half'"),
    ("sincos_2d", {}, TypeError, "grid"),
    ("sincos_2d", {"grid": 2}, TypeError, "`grid` must be a height and a width, got 2"),
    ("sincos_2d", {"grid": (1, 2, 2)}, ValueError, "`grid` must be a height and a width, got (1, 2, 2)"),
    ("sincos_2d", {"grid": (2, 2.0)}, TypeError, "`grid` must be an int in [0, 4294967296], got 2.0"),
    ("sincos_2d", {"grid": (2, 2), "shape": (4, 6)}, ValueError, "`shape` must have a multiple of 4 as its number"),
    (
        "sincos_2d",
        {"grid": (2, 2), "extra_tokens": 1},
        ValueError,
        "`grid` must make up 4 tokens with 1 extra ones, got (2, 2); a grid of 2 x 2 has 4",
    ),
    ("sincos_2d", {"grid": (2, 2), "extra_tokens": -1}, ValueError, "`extra_tokens` must be an int in [0, 4], got -1"),
    ("sincos_2d", {"grid": (2, 2), "order": "xy"}, ValueError, "`order` must be one of 'wh', 'hw', got 'xy'"),
]


@pytest.mark.parametrize(("name", "arguments", "kind", "message"), ERRORS)
def test_errors(name: str, arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        getattr(fastinit, name)(**{"shape": (4, 4), **arguments})
    assert message in str(caught.value)
