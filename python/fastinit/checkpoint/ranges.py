"""Tensor names with ranges: `model.layers.{0..15}.mlp.weight` stands for sixteen names."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from fastinit.checkpoint.errors import RecipeError, show
from fastinit.checkpoint.layout import RESERVED_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RANGES = 8
_RANGE = re.compile(r"\{([0-9]{1,18})\.\.([0-9]{1,18})\}")


def expand(pattern: str) -> tuple[int, Iterator[str]]:
    """Expands the ranges of a tensor name, both ends included; the last range runs fastest.

    Returns:
        How many names there are, and the names, which are made only as they are taken.

    Raises:
        RecipeError: The name or a range in it is not valid.

    Example:
        >>> count, names = expand("h.{0..1}.w{8..9}")
        >>> count, list(names)
        (4, ['h.0.w8', 'h.0.w9', 'h.1.w8', 'h.1.w9'])
    """
    if pattern in ("", RESERVED_NAME) or not pattern.isprintable():
        raise RecipeError(
            "a tensor's name must be printable text, not empty and not "
            f"{RESERVED_NAME!r}, got {show(pattern)}"
        )
    pieces = _RANGE.split(pattern)  # text, first, last, text, first, last, ..., text
    texts = pieces[::3]
    if any(brace in text for text in texts for brace in "{}"):
        raise RecipeError(
            "braces in a tensor's name must enclose a range such as {0..15}, "
            f"got tensor {show(pattern)}"
        )
    if len(texts) > MAX_RANGES + 1:
        raise RecipeError(
            f"a tensor's name must have at most {MAX_RANGES} ranges, got {show(pattern)}"
        )
    ranges = [_range(*ends, pattern) for ends in zip(pieces[1::3], pieces[2::3], strict=True)]
    # Not len(): a range may be longer than the largest index.
    return math.prod(r.stop - r.start for r in ranges), _names(texts, ranges)


def _range(first: str, last: str, pattern: str) -> range:
    low, high = int(first), int(last)
    if low > high or f"{low}..{high}" != f"{first}..{last}":
        raise RecipeError(
            "a range must go up and have no leading zeros, "
            f"got {{{first}..{last}}} in tensor {show(pattern)}"
        )
    return range(low, high + 1)


def _names(texts: list[str], ranges: list[range]) -> Iterator[str]:
    if not ranges:
        yield texts[0]
        return
    # One range after the other: itertools.product would first list each of them whole.
    for number in ranges[0]:
        for rest in _names(texts[1:], ranges[1:]):
            yield f"{texts[0]}{number}{rest}"
