"""gains.py: the table and its errors; test_frameworks.py compares it with torch's."""

from __future__ import annotations

import math

import pytest

from fastinit import gain


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
def test_table(nonlinearity: str, param: float | None, expected: float) -> None:
    assert gain(nonlinearity, param) == expected


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (("gelu",), ValueError, "`nonlinearity` must be one of 'linear', 'sigmoid'"),
        (("gelu",), ValueError, "got 'gelu'"),
        ((None,), TypeError, "`nonlinearity` must be one of"),
        (
            ("relu", 0.1),
            ValueError,
            "`param` must be None for 'relu', got 0.1; only \"leaky_relu\"",
        ),
        (("leaky_relu", "x"), TypeError, "`param` must be a real number, got 'x'"),
        (("leaky_relu", True), TypeError, "`param` must be a real number, got True"),
        (("leaky_relu", math.nan), ValueError, "`param` must not be NaN, got nan"),
        (("leaky_relu", math.inf), ValueError, "`param` must be finite, got inf"),
    ],
)
def test_errors(arguments: tuple[object, ...], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        gain(*arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)
