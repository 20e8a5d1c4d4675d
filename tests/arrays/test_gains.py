"""gains.py: the table against closed forms, its parameters and errors; test_frameworks.py compares it with torch's.

test_gain_definitions.py integrates the frameworks' own functions.
"""

from __future__ import annotations

import math
import pathlib
import runpy

import pytest

from fastinit import gain

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("nonlinearity", "param", "expected"),
    [
        ("linear", None, 1.0),
        ("conv2d", None, 1.0),
        ("conv_transpose3d", None, 1.0),
        ("sigmoid", None, 1.0),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)),
        ("leaky_relu", 0.2, math.sqrt(2 / 1.04)),
        ("leaky_relu", 0, math.sqrt(2)),
        ("selu", None, 0.75),
    ],
)
def test_torchs_numbers_unless_exact(nonlinearity: str, param: float | None, expected: float) -> None:
    assert gain(nonlinearity, param) == expected


def _below(x: float) -> float:
    return math.erfc(x / math.sqrt(2)) / 2


@pytest.mark.parametrize(
    ("nonlinearity", "square"),
    [
        ("linear", 1.0),
        ("relu", 1 / 2),
        ("leaky_relu", (1 + 0.01**2) / 2),
        ("relu_squared", 3 / 2),
        ("elu", 1 / 2 + math.exp(2) * _below(2) - 2 * math.exp(0.5) * _below(1) + 1 / 2),
        ("selu", 1.0),
        ("gelu", 1 / 3 + 1 / (2 * math.sqrt(3) * math.pi)),
        ("squareplus", 3 / 2),
        ("hardtanh", 1 - math.sqrt(2 / math.pi) * math.exp(-0.5)),
        ("exponential", math.exp(2)),
    ],
)
def test_exact_numbers_equal_closed_forms_of_the_second_moment(nonlinearity: str, square: float) -> None:
    assert gain(nonlinearity, exact=True) == pytest.approx(1 / math.sqrt(square), rel=1e-14)


@pytest.mark.parametrize(("nonlinearity", "default"), [("leaky_relu", 0.01), ("elu", 1.0)])
def test_the_default_param_gives_the_number_of_the_table(nonlinearity: str, default: float) -> None:
    assert gain(nonlinearity, default) == gain(nonlinearity)


@pytest.mark.parametrize("nonlinearity", ["leaky_relu", "elu"])
def test_param_zero_is_relu(nonlinearity: str) -> None:
    assert gain(nonlinearity, 0.0) == gain("relu")


@pytest.mark.parametrize(
    ("gated", "gate"), [("swiglu", "silu"), ("geglu", "gelu"), ("reglu", "relu"), ("glu", "sigmoid")]
)
def test_a_gated_unit_has_the_exact_gain_of_its_gate(gated: str, gate: str) -> None:
    assert gain(gated) == gain(gate, exact=True)


class GELU:
    """Stands for a framework's module."""


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            ("softmax",),
            ValueError,
            '`nonlinearity` must be a name such as "relu", "gelu" or "silu", got \'softmax\'; https',
        ),
        (("softmax",), ValueError, "got 'softmax'"),
        (("sillu",), ValueError, "got 'sillu'; did you mean 'silu'?"),
        (("gleu",), ValueError, "got 'gleu'; did you mean 'gelu'?"),
        ((None,), TypeError, "`nonlinearity` must be a name such as"),
        ((GELU,), TypeError, "did you mean 'gelu'?"),
        ((GELU(),), TypeError, "did you mean 'gelu'?"),
        (
            ("relu", 0.1),
            ValueError,
            '`param` must be None for \'relu\', got 0.1; only "leaky_relu" and "elu"',
        ),
        (("leaky_relu", "x"), TypeError, "`param` must be a real number, got 'x'"),
        (("leaky_relu", True), TypeError, "`param` must be a real number, got True"),
        (("leaky_relu", math.nan), ValueError, "`param` must not be NaN, got nan"),
        (("elu", math.inf), ValueError, "`param` must be finite, got inf"),
        (("elu", 1e200), ValueError, "`param` must have a finite square, got 1e+200"),
    ],
)
def test_errors(arguments: tuple[object, ...], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        gain(*arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_exact_must_be_a_boolean() -> None:
    with pytest.raises(TypeError, match="`exact` must be a boolean, got 1"):
        gain("tanh", exact=1)  # type: ignore[arg-type]


def test_both_tables_are_what_the_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "tools" / "compute_gains.py"))
    for path, text in script["written"]().items():
        assert path.read_text() == text, path
