"""Every argument error of the initializers, by its message: argument, rule, value seen, remedy.

Those of `index`, `out`, seeds, streams and fans are in the tests of their modules.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import fastinit

_LONG = 10**5000  # Python does not print so many digits

TOO_BIG = 3.5e38  # for float32

CASES: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    # shape
    (
        "normal",
        {"shape": None},
        TypeError,
        "`shape` must be given, got None; only a call with `out`",
    ),
    ("normal", {"shape": "3"}, TypeError, "`shape` must be an int or a sequence of ints, got '3'"),
    ("normal", {"shape": 3.0}, TypeError, "`shape` must be an int or a sequence of ints, got 3.0"),
    (
        "normal",
        {"shape": (3, 4.0)},
        TypeError,
        "`shape` must be an int or a sequence of ints, got (3, 4.0)",
    ),
    (
        "normal",
        {"shape": True},
        TypeError,
        "`shape` must be an int or a sequence of ints, got True",
    ),
    ("normal", {"shape": (True, 2)}, TypeError, "got (True, 2)"),
    ("normal", {"shape": np.array(True)}, TypeError, "got array(True)"),
    ("normal", {"shape": {512, 8}}, TypeError, "`shape` must be an int or a sequence of ints, got {"),
    ("normal", {"shape": {}}, TypeError, "`shape` must be an int or a sequence of ints, got {}"),
    ("normal", {"shape": bytearray(b"ab")}, TypeError, "got bytearray(b'ab')"),
    ("normal", {"shape": _LONG}, ValueError, "`shape` must have at most 2**64 elements, got an int of 16610 bits"),
    ("normal", {"seed": _LONG}, ValueError, "`seed` must be an int in [0, 2**64 - 1], got an int of 16610 bits"),
    ("normal", {"std": _LONG}, ValueError, "`std` must be finite and >= 0, got an int of 16610 bits"),
    ("normal", {"std": np.str_("2")}, TypeError, "`std` must be a real number, got "),
    ("normal", {"std": np.array("2")}, TypeError, "`std` must be a real number, got array('2'"),
    ("normal", {"std": np.array(True)}, TypeError, "`std` must be a real number, got array(True)"),
    ("normal", {"std": np.complex64(1 + 1j)}, TypeError, "`std` must be a real number, got "),
    ("normal", {"index": np.array(2.0)}, TypeError, "`index` must be made of slices with step 1, ints and `...`, got"),
    ("normal", {"index": int}, TypeError, "`index` must be made of slices with step 1, ints and `...`, got"),
    ("normal", {"index": slice(np.array(2.0))}, TypeError, "`index` must have slices of ints, got slice"),
    ("normal", {"device": np.zeros(2)}, TypeError, '`device` must be "cpu", "cuda" or "cuda:N", got array('),
    ("normal", {"device": "cuda:" + "9" * 5000}, ValueError, '`device` must be "cpu", "cuda" or "cuda:N", got'),
    ("normal", {"dtype": "\ud800"}, TypeError, "`dtype` must be one of float64"),
    ("normal", {"dtype": "3("}, TypeError, "`dtype` must be one of float64"),
    ("normal", {"shape": ((1, 2), 3)}, TypeError, "got ((1, 2), 3)"),
    ("normal", {"shape": -1}, ValueError, "`shape` must have no negative size, got -1"),
    ("normal", {"shape": (3, -1)}, ValueError, "`shape` must have no negative size, got (3, -1)"),
    ("normal", {"shape": (2**33, 2**33)}, ValueError, "`shape` must have at most 2**64 elements"),
    ("normal", {"shape": (1,) * 65}, ValueError, "`shape` must have at most 64 dimensions"),
    ("normal", {"shape": 2**63}, ValueError, "`shape` must be one that NumPy can hold"),
    (
        "he_normal",
        {"shape": (5,)},
        ValueError,
        "`shape` must have two or more dimensions for fans, got (5,)",
    ),
    (
        "he_normal",
        {"shape": (0, 5)},
        ValueError,
        "`shape` must have a fan_in above 0, got (0, 5); use `zeros`",
    ),
    ("he_normal", {"shape": (0, 3, 4)}, ValueError, "`shape` must have a fan_in above 0"),
    ("glorot_normal", {"shape": (0, 0)}, ValueError, "`shape` must have a fan_avg above 0"),
    # dtype and device
    (
        "normal",
        {"dtype": "int32"},
        TypeError,
        "`dtype` must be one of float64, float32, float16, bfloat16",
    ),
    ("normal", {"dtype": "float33"}, TypeError, "got 'float33'"),
    (
        "normal",
        {"dtype": np.float128 if hasattr(np, "float128") else "g"},
        TypeError,
        "`dtype` must be one of",
    ),
    ("normal", {"dtype": ">f4"}, TypeError, "`dtype` must be one of"),
    ("normal", {"dtype": 32}, TypeError, "`dtype` must be one of"),
    ("normal", {"dtype": "uint32"}, TypeError, "`dtype` must be one of float64, float32"),
    ("zeros", {"dtype": bool}, TypeError, "`dtype` must be one of float64, float32"),
    (
        "random_bits",
        {"dtype": "float32"},
        TypeError,
        "`dtype` must be uint32 for raw words, got 'float32'",
    ),
    (
        "normal",
        {"device": "tpu"},
        ValueError,
        '`device` must be "cpu", "cuda" or "cuda:N", got \'tpu\'',
    ),
    ("normal", {"device": "cuda:"}, ValueError, "got 'cuda:'"),
    ("normal", {"device": "cuda:-1"}, ValueError, "got 'cuda:-1'"),
    ("normal", {"device": "cuda:1.0"}, ValueError, "got 'cuda:1.0'"),
    ("normal", {"device": "cuda1"}, ValueError, "got 'cuda1'"),
    ("normal", {"device": 0}, TypeError, '`device` must be "cpu", "cuda" or "cuda:N", got 0'),
    ("normal", {"device": None}, TypeError, "got None"),
    # parameters of distributions
    ("normal", {"std": -0.02}, ValueError, "`std` must be finite and >= 0, got -0.02"),
    ("normal", {"std": math.nan}, ValueError, "`std` must be finite and >= 0, got nan"),
    ("normal", {"std": math.inf}, ValueError, "`std` must be finite and >= 0, got inf"),
    ("normal", {"std": "1"}, TypeError, "`std` must be a real number, got '1'"),
    ("normal", {"std": True}, TypeError, "`std` must be a real number, got True"),
    ("normal", {"std": 1j}, TypeError, "`std` must be a real number, got 1j"),
    ("normal", {"std": None}, TypeError, "`std` must be a real number, got None"),
    ("normal", {"mean": math.nan}, ValueError, "`mean` must not be NaN, got nan"),
    ("normal", {"mean": -math.inf}, ValueError, "`mean` must be finite, got -inf"),
    ("normal", {"mean": 10**400}, ValueError, "`mean` must fit a float64"),
    (
        "normal",
        {"mean": TOO_BIG},
        ValueError,
        "`mean` must lie within float32's range for float32, got 3.5e+38",
    ),
    (
        "normal",
        {"std": TOO_BIG, "dtype": "bfloat16"},
        ValueError,
        "for bfloat16, got 3.5e+38; use dtype=",
    ),
    ("uniform", {"low": -TOO_BIG}, ValueError, "`low` must lie within float32's range for float32"),
    (
        "uniform",
        {"low": 1.0, "high": 0.0},
        ValueError,
        "`low` must be <= `high` = 0.0, got 1.0; swap them",
    ),
    ("uniform", {"high": math.nan}, ValueError, "`high` must not be NaN"),
    ("uniform", {"high": math.inf}, ValueError, "`high` must be finite, got inf"),
    (
        "uniform",
        {"low": -1.7e308, "high": 1.7e308, "dtype": "float64"},
        ValueError,
        "`high` must be such that high - low is finite, got 1.7e+308; `low` is -1.7e+308",
    ),
    ("truncated_normal", {"std": -1}, ValueError, "`std` must be finite and >= 0, got -1"),
    ("truncated_normal", {"mean": math.inf}, ValueError, "`mean` must be finite"),
    ("truncated_normal", {"std": TOO_BIG}, ValueError, "`std` must lie within float32's range"),
    (
        "truncated_normal",
        {"lower": 2.0},
        ValueError,
        "`lower` must be < `upper` = 2.0, got 2.0; swap them",
    ),
    ("truncated_normal", {"lower": math.nan}, ValueError, "`lower` must not be NaN"),
    ("truncated_normal", {"upper": "2"}, TypeError, "`upper` must be a real number, got '2'"),
    (
        "truncated_normal",
        {"lower": 10.1, "upper": math.inf},
        ValueError,
        "`lower` must leave values within 10 standard deviations, got 10.1; use a wider interval",
    ),
    (
        "truncated_normal",
        {"lower": -math.inf, "upper": -10.5, "dtype": "float64"},
        ValueError,
        "`upper` must leave values within 10 standard deviations, got -10.5; use a wider",
    ),
    (
        "constant",
        {"value": "1"},
        TypeError,
        "`value` must be a real number, got '1'; pass one number",
    ),
    ("constant", {"value": True}, TypeError, "`value` must be a real number, got True"),
    ("constant", {"value": [1.0]}, TypeError, "`value` must be a real number, got [1.0]"),
    ("constant", {"value": 10**400}, ValueError, "`value` must fit a float64"),
    (
        "constant",
        {"value": 1e5, "dtype": "float16"},
        ValueError,
        "`value` must be a value that float16 can hold, got 100000.0; use a wider dtype",
    ),
    (
        "constant",
        {"value": 500, "dtype": "float8_e4m3fn"},
        ValueError,
        "that float8_e4m3fn can hold, got 500.0",
    ),
    ("constant", {"value": 1e300}, ValueError, "`value` must be a value that float32 can hold"),
    # rules
    ("variance_scaling", {"scale": -1.0}, ValueError, "`scale` must be finite and >= 0, got -1.0"),
    (
        "variance_scaling",
        {"scale": math.nan},
        ValueError,
        "`scale` must be finite and >= 0, got nan",
    ),
    (
        "variance_scaling",
        {"mode": "fan"},
        ValueError,
        "`mode` must be one of 'fan_in', 'fan_out', 'fan_avg'",
    ),
    ("variance_scaling", {"mode": None}, TypeError, "`mode` must be one of 'fan_in'"),
    ("variance_scaling", {"mode": ["fan_in"]}, TypeError, "`mode` must be one of 'fan_in'"),
    (
        "variance_scaling",
        {"distribution": "gauss"},
        ValueError,
        "`distribution` must be one of 'normal', 'truncated_normal', 'uniform', got 'gauss'",
    ),
    ("glorot_uniform", {"gain": -1}, ValueError, "`gain` must be finite and >= 0, got -1"),
    (
        "he_normal",
        {"negative_slope": math.inf},
        ValueError,
        "`negative_slope` must be finite, got inf",
    ),
    (
        "he_normal",
        {"negative_slope": "x"},
        TypeError,
        "`negative_slope` must be a real number, got 'x'",
    ),
    ("glorot_normal", {"gain": 1e300}, ValueError, "`gain` must have a finite square, got 1e+300"),
    ("glorot_uniform", {"gain": 1e200}, ValueError, "`gain` must have a finite square, got 1e+200"),
    (
        "he_normal",
        {"negative_slope": 1e300},
        ValueError,
        "`negative_slope` must have a finite square, got 1e+300; at most 1.3e154",
    ),
    (
        "he_uniform",
        {"negative_slope": -1e160},
        ValueError,
        "`negative_slope` must have a finite square, got -1e+160",
    ),
    ("he_normal", {"truncated": "no"}, TypeError, "`truncated` must be a boolean, got 'no'"),
    (
        "he_normal",
        {"layout": "tf"},
        ValueError,
        "`layout` must be one of 'keras', 'torch', got 'tf'",
    ),
    ("he_normal", {"in_axis": 7}, ValueError, "`in_axis` must be an int in [-2, 1], got 7"),
    ("he_normal", {"in_axis": [[1]]}, TypeError, "`in_axis` must be an int in [-2, 1], got [1]"),
    (
        "he_normal",
        {"std": 1.0},
        TypeError,
        "he_normal() has no argument `std`; it takes mode, truncated, negative",
    ),
    (
        "normal",
        {"sdt": 1.0},
        TypeError,
        "normal() has no argument `sdt`; it takes mean, std, dtype, device",
    ),
    ("normal", {"layout": "torch"}, TypeError, "normal() has no argument `layout`"),
    ("zeros", {"value": 1.0}, TypeError, "zeros() has no argument `value`"),
]


@pytest.mark.parametrize(("name", "arguments", "kind", "message"), CASES)
def test_message(name: str, arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        getattr(fastinit, name)(**{"shape": (3, 4), "seed": 1, **arguments})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        (name, arguments, kind)
        for name, arguments, kind, _ in CASES
        if name != "random_bits" and "dtype" not in arguments and arguments.get("shape", 1) is not None
    ],
)
def test_nothing_is_written(name: str, arguments: dict[str, Any], kind: type[Exception]) -> None:
    out = np.full((3, 4), 7.0, np.float32)
    with pytest.raises(kind):
        getattr(fastinit, name)(**{"shape": (3, 4), "seed": 1, **arguments, "out": out})
    assert (out == 7.0).all()


def test_positional_arguments_are_few() -> None:
    with pytest.raises(TypeError):
        fastinit.normal((3,), 0.02)  # type: ignore[misc]
    with pytest.raises(TypeError):
        fastinit.constant((3,))  # type: ignore[call-arg]
    assert fastinit.constant((3,), 2.0)[0] == 2.0


def test_long_values_are_shortened() -> None:
    with pytest.raises(TypeError) as caught:
        fastinit.normal(3, std=list(range(10**5)))  # type: ignore[arg-type]
    assert len(str(caught.value)) < 200
