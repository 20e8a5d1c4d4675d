"""Expressions for the numbers of a rule: `"0.02 / sqrt(2 * (layer + 1))"`. They have their own parser, not `eval`.

    sum     = product { ("+" | "-") product }
    product = sign { ("*" | "/") sign }
    sign    = ("-" | "+") sign | power
    power   = atom [ "**" sign ]
    atom    = number | name | name "[" integer "]" | function "(" sum { "," sum } ")" | "(" sum ")"

Numbers are float64. Sums, products, quotients and roots are IEEE's; `exp`, `log` and `**` are computed in decimal
arithmetic of 50 digits and rounded once, so that a value is the same on every machine, whatever its libm.
"""

from __future__ import annotations

import contextlib
import decimal
import functools
import math
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastinit.errors import RecipeError, show, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_CHARACTERS = 500
_MAX_DEPTH = 40
_SHOWN = 20  # characters of the text that a message shows
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<sign>\*\*|[-+*/(),\[\]]))",
    re.ASCII,
)
_EXACT = decimal.Context(prec=50, Emax=10**6, Emin=-(10**6), traps=[decimal.InvalidOperation, decimal.DivisionByZero])


def _decimal(function: Callable[..., decimal.Decimal]) -> Callable[..., float]:
    def rounded(*numbers: float) -> float:
        return float(function(_EXACT, *map(decimal.Decimal, numbers)))

    return rounded


_power = _decimal(decimal.Context.power)
_OPERATORS: dict[str, Callable[..., float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": lambda x, y: 1.0 if y == 0 else _power(x, y),
}
FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "exp": _decimal(decimal.Context.exp),
    "log": _decimal(decimal.Context.ln),
    "min": min,
    "max": max,
}
_ANY_NUMBER = ("min", "max")  # these take any number of arguments; the others take one


@dataclass(frozen=True, slots=True)
class _Node:
    """A number, a name (perhaps with an index), or a function of nodes; and where it begins in the text."""

    at: int
    value: float | str | Callable[..., float]
    inner: tuple[_Node, ...] = ()
    index: int | None = None


@dataclass(frozen=True, slots=True, eq=False)  # the same text gives the same object
class Expression:
    """An expression after parsing; its `str` is its text."""

    text: str
    _terms: tuple[tuple[int, str, int | None], ...]  # place, name and index of each
    _root: _Node

    @property
    def names(self) -> frozenset[str]:
        """All names in it."""
        return frozenset(name for _, name, _ in self._terms)

    def __str__(self) -> str:
        return self.text

    def value(self, lookup: Callable[[str, int | None], float]) -> float:
        """Returns the value.

        Args:
            lookup: Gives the number that a name, perhaps with an index, stands for.

        Raises:
            RecipeError: The value is not a finite number, or `lookup` raises a LookupError that says why.

        Example:
            >>> read_expression("0.02 / sqrt(2 * (layer + 1))").value(lambda name, index: 7.0)
            0.005
        """
        numbers = []
        for at, name, index in self._terms:
            try:
                numbers.append(float(lookup(name, index)))
            except LookupError as error:
                raise RecipeError(_at(self.text, at, str(error.args[0]))) from None
        return _value(self, tuple(numbers))


@functools.lru_cache(maxsize=65536)
def _value(expression: Expression, numbers: tuple[float, ...]) -> float:
    """The value for given numbers of the names. Cached: many tensors share them, and powers are slow."""
    known = dict(zip(expression._terms, numbers, strict=True))

    def of(node: _Node) -> float:
        if isinstance(node.value, float):
            return node.value
        if isinstance(node.value, str):
            return known[node.at, node.value, node.index]
        inner = [of(each) for each in node.inner]
        try:
            value = node.value(*inner)
        except (ArithmeticError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            shown = ", ".join(f"{number:g}" for number in inner)
            raise RecipeError(_at(expression.text, node.at, f"the result for {shown} is not finite"))
        return value

    return of(expression._root)


@functools.lru_cache(maxsize=4096)
def read_expression(text: str) -> Expression:
    """Reads an expression.

    Raises:
        RecipeError: The text is not an expression, or it is too long or too deeply nested.
    """
    if len(text) > MAX_CHARACTERS:
        raise RecipeError(f"an expression must have at most {MAX_CHARACTERS} characters, got {len(text)}")
    reader = _Reader(text)
    root = reader.sum()
    if reader.token:
        raise reader.error("expected an operator or the end")
    return Expression(text, tuple(reader.terms), root)


class _Reader:
    """Reads from left to right, one function for each line of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = self._at = self._depth = 0
        self.token = self._kind = ""
        self.terms: list[tuple[int, str, int | None]] = []
        self._next()

    def sum(self) -> _Node:
        return self._chain("+-", self._product)

    def _product(self) -> _Node:
        return self._chain("*/", self._sign)

    def _chain(self, operators: str, read: Callable[[], _Node]) -> _Node:
        node = read()
        while self.token and self.token in operators:
            at, function = self._at, _OPERATORS[self._next()]
            node = _Node(at, function, (node, read()))
        return node

    def _sign(self) -> _Node:
        if self.token not in ("-", "+"):
            return self._power()
        at, sign = self._at, self._next()
        with self._deeper():
            inner = self._sign()
        return _Node(at, operator.neg, (inner,)) if sign == "-" else inner

    def _power(self) -> _Node:
        node = self._atom()
        if self.token != "**":
            return node
        at, function = self._at, _OPERATORS[self._next()]
        with self._deeper():
            return _Node(at, function, (node, self._sign()))

    def _atom(self) -> _Node:
        at, kind = self._at, self._kind
        if kind == "number":
            if not math.isfinite(float(self.token)):
                raise self.error("the number is too large for float64")
            return _Node(at, float(self._next()))
        if kind == "name":
            name = self._next()
            if self.token == "(":
                return self._call(at, name)
            index = self._index() if self.token == "[" else None
            self.terms.append((at, name, index))
            return _Node(at, name, index=index)
        if self.token == "(":
            return self._bracketed()[0]
        raise self.error("expected a number, a name or a bracket")

    def _call(self, at: int, name: str) -> _Node:
        if name not in FUNCTIONS:
            raise RecipeError(_at(self._text, at, unknown(name, FUNCTIONS, "the functions are")))
        inner = self._bracketed(many=True)
        if name not in _ANY_NUMBER and len(inner) != 1:
            raise RecipeError(_at(self._text, at, f"{name} takes one argument, got {len(inner)}"))
        return _Node(at, FUNCTIONS[name] if len(inner) > 1 or name not in _ANY_NUMBER else float, tuple(inner))

    def _bracketed(self, many: bool = False) -> list[_Node]:
        self._next()
        with self._deeper():
            inner = [self.sum()]
            while many and self.token == ",":
                self._next()
                inner.append(self.sum())
        self._expect(")")
        return inner

    def _index(self) -> int:
        self._next()
        sign = self._next() if self.token == "-" else ""
        if not self.token.isdecimal():
            raise self.error("expected a whole number between [ and ]")
        digits = self._next()
        self._expect("]")
        return int(sign + digits)

    def _expect(self, token: str) -> None:
        if self.token != token:
            raise self.error(f"expected {show(token)}")
        self._next()

    def _next(self) -> str:
        """Moves to the next token and returns the previous one."""
        before, rest = self.token, self._text[self._end :]
        self._at = self._end + len(rest) - len(rest.lstrip())
        found = _TOKEN.match(self._text, self._end)
        if found is None:
            self.token = self._kind = ""
            if rest.strip():
                raise self.error(f"an expression cannot contain {show(rest.strip()[0])}")
        else:
            self._kind = found.lastgroup or ""
            self.token, self._end = found[self._kind], found.end()
        return before

    @contextlib.contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self.error(f"brackets and signs are nested more than {_MAX_DEPTH} deep")
        yield
        self._depth -= 1

    def error(self, message: str) -> RecipeError:
        return RecipeError(_at(self._text, self._at, message))


def unknown(name: str, known: Iterable[str], what: str) -> str:
    """Writes the message about an unknown name, with the names that are known."""
    known = sorted(known)
    return f"{show(name)} is not known; {what} {', '.join(known)}{suggest(name, known)}"


def _at(text: str, place: int, message: str) -> str:
    """Writes a message about a place in the text."""
    rest = text[place:].strip()
    where = f"character {place + 1}, {show(rest[:_SHOWN] + '...' * (len(rest) > _SHOWN))}" if rest else "its end"
    return f"the expression {show(text)}, at {where}: {message}"
