"""Argument checks, and the common form of error texts: argument, rule, value seen, remedy.

TypeError is for a wrong kind of value, ValueError for a wrong value of the right kind.
"""

from __future__ import annotations

import math
import operator
import reprlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from fastinit.errors import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UINT64 = 2**64
SHAPE_REMEDY = "only a call with `out` may leave it out"
CPU_REMEDY = 'fill on device="cpu" and copy: the values do not depend on the device'
_NO_SEQUENCES_OF_SIZES = (str, bytes, bytearray, AbstractSet, Mapping)  # text, and what has no order of its own
_NO_NUMBERS = ("c", "m", "M", "S", "U")  # kinds of NumPy's dtypes
MOST_DIMENSIONS = 64  # NumPy's limit, and the core's


class Listed(tuple[Any, ...]):
    """Several arguments, shown as in a call: without the parentheses of a tuple."""

    __slots__ = ()

    def __repr__(self) -> str:
        return ", ".join(map(_short.repr, self))


class _Short(reprlib.Repr):
    """Shortens values."""

    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # Python does not print an int past its limit of digits
            return f"an int of {x.bit_length()} bits"


_short = _Short()
_short.maxstring = _short.maxother = _short.maxlong = 80
_short.maxtuple = _short.maxlist = 10


def text(argument: str, rule: str, value: object, remedy: str = "") -> str:
    """Words an error: "`std` must be finite and >= 0, got -0.02; pass 0.02"."""
    message = f"`{argument}` must {rule}, got {_short.repr(value)}"
    return f"{message}; {remedy}" if remedy else message


def too_many(function: str, by_place: Sequence[str], count: int, example: str) -> TypeError:
    """Returns the error of a call with more arguments by place than the function takes."""
    listed = " and ".join(f"`{argument}`" for argument in by_place)
    remedy = f"name the others, as in {example}"
    return TypeError(f"{function}() takes only {listed} by place, got {count} arguments; {remedy}")


def is_bool(value: object) -> bool:
    """Whether a value is a boolean, or an array of them. Most checks for numbers would accept those."""
    return isinstance(value, bool) or (type(value) is not int and "bool" in str(getattr(value, "dtype", "")))


def integer(argument: str, value: Any, low: int, high: int, remedy: str = "") -> int:
    """Returns `value` as an int in [low, high]; NumPy integers count, booleans do not."""
    rule = f"be an int in [{_bound(low)}, {_bound(high)}]"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(text(argument, rule, value, remedy)) from None
    if is_bool(value):
        raise TypeError(text(argument, rule, value, remedy))
    if not low <= number <= high:
        raise ValueError(text(argument, rule, value, remedy))
    return number


def _bound(number: int) -> str:
    return {UINT64 - 1: "2**64 - 1", UINT64: "2**64"}.get(number, str(number))


def real(argument: str, value: Any, remedy: str = "") -> float:
    """Returns `value` as a float, which may be infinite but not NaN."""
    if type(value) is float and not math.isnan(value):
        return value
    rule = "be a real number"
    if type(value) is not int and not _is_number(value):
        raise TypeError(text(argument, rule, value, remedy))
    try:
        number = float(value)
    except (RuntimeError, TypeError, ValueError):  # RuntimeError: a complex tensor of PyTorch
        raise TypeError(text(argument, rule, value, remedy)) from None
    except OverflowError:
        raise ValueError(text(argument, "fit a float64", value, remedy)) from None
    if math.isnan(number):
        raise ValueError(text(argument, "not be NaN", value, remedy))
    return number


def _is_number(value: Any) -> bool:
    """Whether `float` would read a number, and not a boolean, text, a time, or half of a complex number."""
    has_number = hasattr(value, "__float__") or hasattr(value, "__index__")
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return has_number and not isinstance(value, str) and not is_bool(value) and kind not in _NO_NUMBERS


def finite(argument: str, value: Any, remedy: str = "") -> float:
    """Returns `value` as a finite float."""
    number = real(argument, value, remedy)
    if math.isinf(number):
        raise ValueError(text(argument, "be finite", value, remedy))
    return number


def not_negative(argument: str, value: Any, remedy: str = "") -> float:
    """Returns `value` as a finite float >= 0."""
    if type(value) is float and 0.0 < value < math.inf:
        return value
    rule = "be finite and >= 0"
    try:
        number = finite(argument, value, remedy)
    except ValueError:
        raise ValueError(text(argument, rule, value, remedy)) from None
    if number < 0:
        raise ValueError(text(argument, rule, value, remedy))
    return number + 0.0  # -0.0 becomes 0.0


def squared(argument: str, number: float) -> float:
    """Returns the square of a finite number, which must be finite as well."""
    square = number * number
    if math.isinf(square):
        raise ValueError(text(argument, "have a finite square", number, "at most 1.3e154"))
    return square


def boolean(argument: str, value: object) -> bool:
    """Returns `value`, which is a boolean."""
    if not is_bool(value) or getattr(value, "ndim", False):
        raise TypeError(text(argument, "be a boolean", value))
    return bool(value)


def instance(argument: str, value: object, kind: type, remedy: str = "") -> None:
    """Checks that `value` is an instance of a class."""
    if not isinstance(value, kind):
        raise TypeError(text(argument, f"be a {kind.__name__}", value, remedy))


def choice(argument: str, value: object, choices: Iterable[str]) -> str:
    """Returns `value`, which is one of `choices`."""
    names = tuple(choices)
    rule = f"be one of {', '.join(map(repr, names))}"
    if not isinstance(value, str):
        raise TypeError(text(argument, rule, value))
    if value not in names:
        raise ValueError(text(argument, rule, value) + suggest(value, names))
    return value


def shape(value: Any) -> tuple[int, ...]:
    """Returns `value` as a shape: a tuple of ints >= 0 with at most 2^64 elements."""
    if type(value) is tuple:
        for n in value:
            if type(n) is not int or n < 0:
                break
        else:
            if math.prod(value) <= UINT64 and len(value) <= MOST_DIMENSIONS:
                return value
    return _shape(value)


def _shape(value: Any) -> tuple[int, ...]:
    rule = "be an int or a sequence of ints"
    if isinstance(value, _NO_SEQUENCES_OF_SIZES) or is_bool(value):
        raise TypeError(text("shape", rule, value))
    if value is None:
        raise TypeError(text("shape", rule, value, SHAPE_REMEDY))
    try:
        sizes = [operator.index(value)]
    except TypeError:
        try:
            items = list(value)
            sizes = [operator.index(n) for n in items]
        except TypeError:
            raise TypeError(text("shape", rule, value)) from None
        if any(map(is_bool, items)):
            raise TypeError(text("shape", rule, value)) from None
    if any(n < 0 for n in sizes):
        raise ValueError(text("shape", "have no negative size", value))
    if len(sizes) > MOST_DIMENSIONS:
        raise ValueError(text("shape", f"have at most {MOST_DIMENSIONS} dimensions", value))
    if math.prod(sizes) > UINT64:
        raise ValueError(text("shape", "have at most 2**64 elements", value))
    return tuple(sizes)


def sizes(value: Any, fewest: int, most: int | None) -> tuple[int, ...]:
    """Returns `value` as a shape with `fewest` to `most` dimensions, or with at least `fewest` for None."""
    checked = shape(value)
    if len(checked) < fewest or (most is not None and len(checked) > most):
        count = {None: f"{fewest} or more", fewest: f"{fewest}"}.get(most, f"{fewest} to {most}")
        raise ValueError(text("shape", f"have {count} dimensions", value))
    return checked


def device(value: Any) -> None:
    """Accepts "cpu", the only device that checkpoints are read to."""
    if str(value) == "cpu":  # torch.device("cpu") too
        return
    rule = 'be "cpu"'
    name = str(value)
    if not isinstance(value, str) and "device" not in type(value).__name__.lower():
        raise TypeError(text("device", rule, value))
    if name == "cuda" or name.startswith("cuda:"):
        rule = 'be "cpu", the only device that checkpoints are read to'
        raise NotImplementedError(text("device", rule, value, "copy the arrays from there"))
    raise ValueError(text("device", rule, value))
