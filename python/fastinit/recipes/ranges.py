"""Tensor names with ranges: `model.layers.{0..15}.mlp.weight` stands for sixteen names.

Neighbouring names that begin with the same text and the same range are numbered together, as a model orders its
tensors: `h.{0..1}.a` and `h.{0..1}.b` are h.0.a, h.0.b, h.1.a, h.1.b.
`fastinit.recipes.compress` does the reverse.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastinit.errors import RecipeError, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RESERVED_NAME = "__metadata__"  # the one key of a safetensors header that is not a tensor
MAX_RANGES = 8
MAX_NAME = 1000  # characters; a range would multiply a longer name without limit
_BRACED = {"tensor": "a range such as {0..15}", "pattern": "a range such as {0..15} or a name such as {layer}"}
_RANGE = re.compile(r"\{([0-9]{1,18})\.\.([0-9]{1,18})\}")


@dataclass(frozen=True, slots=True)
class RangedName:
    """A name with ranges, after parsing: text, range, text, ..., text."""

    texts: tuple[str, ...]
    ranges: tuple[range, ...]

    @property
    def count(self) -> int:
        """The number of names that it stands for."""
        # Not len(): a range may be longer than the largest index.
        return math.prod(r.stop - r.start for r in self.ranges)


def read_name(pattern: str) -> RangedName:
    """Reads the name of tensors. A range includes both its ends.

    Raises:
        RecipeError: The name or a range in it is not valid.

    Example:
        >>> read_name("h.{0..1}.w{8..9}").count
        4
    """
    if pattern in ("", RESERVED_NAME) or not pattern.isprintable():
        raise RecipeError(
            f"a tensor's name must be printable text, not empty and not {RESERVED_NAME!r}, got {show(pattern)}"
        )
    return split_ranges(pattern, "a tensor's name", "tensor")


def split_ranges(pattern: str, what: str, kind: str) -> RangedName:
    """Splits text at its ranges; `what` and `kind` are words for it in errors."""
    if len(pattern) > MAX_NAME:
        raise RecipeError(f"{what} must have at most {MAX_NAME} characters, got {len(pattern)} in {show(pattern)}")
    pieces = _RANGE.split(pattern)  # text, first, last, text, first, last, ..., text
    texts = tuple(pieces[::3])
    if any(brace in text for text in texts for brace in "{}"):
        raise RecipeError(f"braces in {what} must enclose {_BRACED[kind]}, got {kind} {show(pattern)}")
    if len(texts) > MAX_RANGES + 1:
        raise RecipeError(f"{what} must have at most {MAX_RANGES} ranges, got {show(pattern)}")
    ends = zip(pieces[1::3], pieces[2::3], strict=True)
    return RangedName(texts, tuple(_range(*pair, f"{kind} {show(pattern)}") for pair in ends))


def _range(first: str, last: str, where: str) -> range:
    low, high = int(first), int(last)
    if low > high or f"{low}..{high}" != f"{first}..{last}":
        raise RecipeError(f"a range must go up and have no leading zeros, got {{{first}..{last}}} in {where}")
    return range(low, high + 1)


def expand(names: Sequence[RangedName]) -> Iterator[tuple[str, int]]:
    """Expands names, one at a time as they are asked for.

    Yields:
        Each name, and the index of the ranged name that it came from.

    Example:
        >>> pair = [read_name("h.{0..1}.a"), read_name("h.{0..1}.b")]
        >>> [name for name, _ in expand(pair)]
        ['h.0.a', 'h.0.b', 'h.1.a', 'h.1.b']
    """
    return _expand(list(enumerate(names)), 0, "")


def _expand(names: Sequence[tuple[int, RangedName]], depth: int, prefix: str) -> Iterator[tuple[str, int]]:
    """Expands names whose first `depth` ranges are equal and have become the text `prefix`."""
    begin = 0
    while begin < len(names):
        index, name = names[begin]
        text, ranges = name.texts[depth], name.ranges
        end = begin + 1
        if depth == len(ranges):
            yield prefix + text, index
        else:
            head = (text, ranges[depth])
            while end < len(names) and _head(names[end][1], depth) == head:
                end += 1
            if end - begin == 1 and depth + 1 == len(ranges):  # the usual case needs no further generator
                last = name.texts[-1]
                yield from ((f"{prefix}{text}{number}{last}", index) for number in ranges[depth])
                begin = end
                continue
            for number in ranges[depth]:
                yield from _expand(names[begin:end], depth + 1, f"{prefix}{text}{number}")
        begin = end


def _head(name: RangedName, depth: int) -> tuple[str, range] | None:
    return (name.texts[depth], name.ranges[depth]) if depth < len(name.ranges) else None
