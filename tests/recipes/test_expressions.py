"""Expressions: what they are worth, the same on every machine, and every error with its place."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastinit.errors import RecipeError
from fastinit.recipes.expressions import MAX_CHARACTERS, read_expression

NAMES = {"layer": 7.0, "layers": 12.0, "fan_in": 64.0, "config.hidden_size": 2048.0}
SHAPE = (3, 5)


def lookup(name: str, index: int | None) -> float:
    if name == "shape" and index is not None:
        return float(SHAPE[index])
    return NAMES[name]


def worth(text: str) -> float:
    return read_expression(text).value(lookup)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.02 / sqrt(2 * (layer + 1))", 0.005),
        ("2 + 3 * 4 - 5", 9.0),
        ("2 - 3 - 4", -5.0),
        ("24 / 2 / 3", 4.0),
        ("-2 ** 2", -4.0),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512.0),
        ("--2", 2.0),
        ("+3e-1", 0.3),
        (".5 * 2.", 1.0),
        ("(1 + 2) * 3", 9.0),
        ("min(4, layer, 2 + 3) + max(1)", 5.0),
        ("shape[0] * shape[-1]", 15.0),
        ("config.hidden_size ** -0.5", 2048**-0.5),
        ("1/sqrt(fan_in)", 0.125),
        ("\tlayers\n", 12.0),
        ("log(exp(1))", 1.0),
        ("0 ** 0.5", 0.0),
    ],
)
def test_value(text: str, value: float) -> None:
    assert worth(text) == value


def test_names_are_those_in_the_text() -> None:
    assert read_expression("a + sqrt(b.c) * shape[1] + 2e3").names == {"a", "b.c", "shape"}


# Known answers: these bits are a contract, as the values drawn with them are.
@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("log(2)", "0x1.62e42fefa39efp-1"),
        ("exp(1)", "0x1.5bf0a8b145769p+1"),
        ("10000 ** (-2 * 3 / 64)", "0x1.afd1354c40d50p-2"),
        ("log(1e-300)", "-0x1.5963447f87fb5p+9"),
        ("exp(-700)", "0x1.14f2b0fb9307fp-1010"),
        ("3 ** 0.1", "0x1.1dba3f92c888bp+0"),
    ],
)
def test_transcendental_values_are_the_same_everywhere(text: str, bits: str) -> None:
    assert worth(text) == float.fromhex(bits)


@given(st.floats(1e-300, 1e300), st.floats(-50, 50))
def test_transcendental_values_are_rounded_once(x: float, y: float) -> None:
    with mpmath.workprec(400):
        assert worth(f"log({x!r})") == float(mpmath.log(x))
        assert worth(f"exp({y!r})") == float(mpmath.exp(y))
        assert worth(f"2.5 ** {y!r}") == float(mpmath.mpf(2.5) ** y)


@given(st.recursive(
    st.integers(1, 99).map(str),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=8,
))  # fmt: skip
def test_arithmetic_is_pythons(text: str) -> None:
    assert worth(text) == float(Fraction(eval(text)))


@given(st.text(alphabet="0123456789.+-*/()[],eE xyz_ sqrtlogmin\t", max_size=60))
def test_any_text_is_worth_a_number_or_an_error_in_a_line(text: str) -> None:
    message, value = "", 0.0
    try:
        value = read_expression(text).value(lambda *_: 1.5)
    except RecipeError as error:
        message = str(error)
    assert math.isfinite(value)
    assert message == "" or message.isprintable()
    assert len(message) < 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the expression '', at its end: expected a number, a name or a bracket"),
        ("1 +", "at its end: expected a number, a name or a bracket"),
        ("sqr(2)", r"at character 1, 'sqr\(2\)': 'sqr' is not known; the functions are .* did you mean 'sqrt'\?"),
        ("1 + sqrt(1, 2)", r"at character 5, 'sqrt\(1, 2\)': sqrt takes one argument, got 2"),
        ("(1", r"at its end: expected '\)'"),
        ("1)", r"at character 2, '\)': expected an operator or the end"),
        ("a b", "at character 3, 'b': expected an operator or the end"),
        ("1..2", r"at character 3, '\.2': expected an operator or the end"),
        ("1 $ 2", r"at character 3, '\$ 2': an expression cannot contain '\$'"),
        ("é", "an expression cannot contain 'é'"),
        ("shape[x]", r"at character 7, 'x\]': expected a whole number between \[ and \]"),
        ("shape[1.5]", r"expected a whole number between \[ and \]"),
        ("1/0", "at character 2, '/0': the result for 1, 0 is not finite"),
        ("log(0)", "the result for 0 is not finite"),
        ("log(-1)", "the result for .* is not finite"),
        ("sqrt(-1)", "the result for .* is not finite"),
        ("10 ** 400", "the result for .* is not finite"),
        ("exp(1e9)", "the result for .* is not finite"),
        ("(-2) ** 0.5", "the result for .* is not finite"),
        ("0 ** -1", "the result for .* is not finite"),
        ("1e999", "at character 1, '1e999': the number is too large for float64"),
        ("(" * 60 + "1" + ")" * 60, "brackets and signs are nested more than 40 deep"),
        ("-" * 60 + "1", "brackets and signs are nested more than 40 deep"),
        ("2" + " ** 2" * 60, "brackets and signs are nested more than 40 deep"),
        ("1" * (MAX_CHARACTERS + 1), f"an expression must have at most {MAX_CHARACTERS} characters, got"),
        ("__import__('os')", "at character 1, .*'__import__' is not known; the functions are"),
    ],
)
def test_error_names_the_place(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        worth(text)


def test_long_sums_are_no_recursion() -> None:
    assert worth("+".join("1" * 250)) == 250


def test_name_that_is_not_known_is_told_with_its_place() -> None:
    def none(name: str, _: int | None) -> float:
        raise LookupError(f"{name!r} is not known")

    with pytest.raises(RecipeError, match=r"at character 5, 'layre': 'layre' is not known"):
        read_expression("1 + layre").value(none)
