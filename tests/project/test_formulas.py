"""The formulas of the reference, read from their LaTeX, give what the functions compute."""

from __future__ import annotations

import math
import re
import runpy
from typing import Any

import numpy as np
import pytest

import fastinit
from fastinit import formulas
from fastinit.distributions import Normal, Uniform
from tests.project.pages import DOCS

FORMULAS: dict[str, str] = runpy.run_path(str(DOCS / "_site" / "formulas.py"))["FORMULAS"]

# From LaTeX to Python, one after another.
_READ = (
    (r"n_\\text\{(\w+)\}", r"n_\1"),
    (r"\\(?:text|operatorname)\{([^{},]*),?([^{}]*)\}", r"\1\2"),
    (r"\\t?frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2)) "),
    (r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)"),
    (r"\^\{([^{}]*)\}|\^(\w)", r"**(\1\2)"),
    (r"\\delta_\{ij\}", "(i == j)"),
    (r" = ", " == "),
    (r"\\le\b", "<="),
    (r"\\wedge\b", "&"),
    (r"\\[,;]|\\", " "),
    (r"(\d)(?=[a-z])", r"\1 "),
    (r"(?<=[\w)])(?<!\bif)(?<!\belse)\s+(?=[\w(])(?!if\b|else\b)", "*"),  # products
)
SCALED = [f"{name}_{kind}" for name in ("he", "kaiming", "glorot", "xavier", "lecun") for kind in ("normal", "uniform")]
# Of the elements of a matrix: the function's arguments, and the formula's symbols but for the indices.
ELEMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "constant": ({"value": 0.5}, {"c": 0.5}),
    "delta": ({"place": 1, "axis": 0, "value": 3.0}, {"place": 1, "v": 3.0}),
    "hadamard": ({"gain": 3.0}, {"g": 3.0, "m": 3}),
    "identity": ({"gain": 3.0}, {"g": 3.0}),
    "triangular": ({"diagonal": 2, "value": 3.0}, {"diagonal": 2, "v": 3.0}),
}
OTHERS = {"gain", "normal", "orthogonal", "sincos", "truncated_normal", "uniform", "variance_scaling"}
_SHAPE = (12, 20)
_FANS = {"n_in": 12, "n_out": 20}


def read(latex: str, **symbols: Any) -> Any:
    """What an expression in LaTeX is, given its symbols."""
    for pattern, text in _READ:
        latex = re.sub(pattern, text, latex)
    known = {name: getattr(math, name) for name in ("sqrt", "sin", "cos")}
    return eval(latex.strip(), {**known, "popcount": int.bit_count, **symbols})


def formula(name: str) -> str:
    return FORMULAS[f"fastinit.{name}"]


def test_every_formula_is_compared() -> None:
    assert {f"fastinit.{name}" for name in (*SCALED, *ELEMENTS, *OTHERS)} == set(FORMULAS)


@pytest.mark.parametrize("name", SCALED)
def test_scale(name: str) -> None:
    argument = {"he": "negative_slope", "kaiming": "negative_slope", "glorot": "gain", "xavier": "gain"}
    chosen = {argument[key]: 3.0 for key in argument if name.startswith(key)}
    drawn: Any = formulas.FORMULAS[name](_SHAPE, **chosen)
    law, _, scale = formula(name).partition(r", \quad ")
    symbol, _, value = scale.partition(" = ")
    stated = read(value, **_FANS, a=3.0, g=3.0)
    if name.endswith("normal"):
        assert (law, symbol) == (r"w \sim \mathcal{N}(0, \sigma^2)", r"\sigma^2")
        assert (drawn.mean, drawn.std) == (0.0, pytest.approx(math.sqrt(stated)))
    else:
        assert (law, symbol) == (r"w \sim \mathcal{U}[-b, b]", "b")
        assert (drawn.low, drawn.high) == (pytest.approx(-stated), pytest.approx(stated))


@pytest.mark.parametrize(("place", "mode"), [(0, "fan_in"), (1, "fan_out"), (2, "fan_avg")])
def test_variance_scaling(place: int, mode: str) -> None:
    value, choices = re.findall(r" = (.*), \\quad n \\in \\left\\\{ (.*) \\right\\\}$", formula("variance_scaling"))[0]
    n = read(choices.split(r",\;")[place].strip(), **_FANS)
    drawn = formulas.FORMULAS["variance_scaling"](_SHAPE, scale=3.0, mode=mode)
    assert read(value, scale=3.0, n=n) == pytest.approx(drawn.std**2)


@pytest.mark.parametrize("name", ELEMENTS)
def test_elements(name: str) -> None:
    chosen, symbols = ELEMENTS[name]
    w = getattr(fastinit, name)((8, 8), dtype="float64", **chosen)
    value = formula(name).partition(" = ")[2]
    stated = [[read(value, **symbols, i=i, j=j) for j in range(8)] for i in range(8)]
    np.testing.assert_allclose(w, stated, rtol=1e-15)


def test_sincos() -> None:
    w = fastinit.sincos((5, 8), temperature=100.0, dtype="float64")
    for place, part in enumerate(formula("sincos").split(r", \quad ")):
        stated = [[read(part.partition(" = ")[2], p=p, k=k, d=8, T=100.0) for k in range(4)] for p in range(5)]
        np.testing.assert_allclose(w[:, place::2], stated, rtol=1e-12, atol=1e-12)


def test_orthogonal() -> None:
    tall, wide = (fastinit.orthogonal(shape, gain=3.0, seed=0, dtype="float64") for shape in ((9, 4), (4, 9)))
    assert formula("orthogonal") == r"W^\top W = g^2 I \text{ or } W W^\top = g^2 I"
    for product in (tall.T @ tall, wide @ wide.T):
        np.testing.assert_allclose(product, 9 * np.eye(4), atol=1e-12)


def test_distributions_with_given_numbers() -> None:
    assert formula("normal") == r"w \sim \mathcal{N}(\mu, \sigma^2)"
    assert formulas.FORMULAS["normal"]((1,), mean=3.0, std=2.0) == Normal(3.0, 2.0)
    assert formula("uniform") == r"w \sim \mathcal{U}[\text{low}, \text{high}]"
    assert formulas.FORMULAS["uniform"]((1,), low=3.0, high=4.0) == Uniform(3.0, 4.0)


def test_truncated_normal() -> None:
    value = re.findall(r"^w = (.*), \\quad .* \\text\{ given \} \\ell \\le z \\le u$", formula("truncated_normal"))[0]
    w = fastinit.truncated_normal(10_000, mean=3.0, std=2.0, lower=-0.5, upper=0.25, seed=0, dtype="float64")
    for z, end in ((-0.5, w.min()), (0.25, w.max())):
        assert read(value.replace("z", " z"), mu=3.0, sigma=2.0, z=z) == pytest.approx(end, abs=1e-3)


@pytest.mark.parametrize(("name", "function"), [("relu", lambda z: np.maximum(z, 0)), ("tanh", np.tanh)])
def test_gain(name: str, function: Any) -> None:
    assert formula("gain") == r"g = \left( \mathbb{E}\, f(z)^2 \right)^{-1/2}, \quad z \sim \mathcal{N}(0, 1)"
    z = np.linspace(-12, 12, 100_001)
    weights = np.exp(-(z**2) / 2)
    mean = float(np.sum(function(z) ** 2 * weights) / np.sum(weights))
    assert fastinit.gain(name, exact=True) == pytest.approx(mean**-0.5, rel=1e-6)
