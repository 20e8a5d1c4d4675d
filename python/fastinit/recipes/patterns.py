"""Patterns of tensor names: shell wildcards, and ranges and names that stand for whole numbers.

    model.layers.{0..15}.*      every tensor of layers 0 to 15, not of layer 150
    stages.{stage}.{block}.*    any numbers, which expressions of the rule know by these names

`*` matches anything, dots too; `?` one character; `[abc]` one of these; `[!abc]` one other.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from itertools import pairwise

from fastinit.errors import RecipeError, show
from fastinit.recipes.ranges import split_ranges

_SPECIAL = re.compile(r"[*?\[]")
_CAPTURE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ANY_NUMBER = "\0"  # takes the place of a name in braces; no pattern contains it
_TOKEN = re.compile(r"\*+|\[!?\]?[^\]]*\]|.", re.DOTALL)


@functools.lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Translates a pattern, to be used with `match`.

    Matching takes at worst a time proportional to the name times the pattern, however many `*` there are: the text
    between two `*` is matched at its first place, and never tried at a later one.

    Raises:
        RecipeError: A range in it is not valid.

    Example:
        >>> wanted = compile_pattern("h.{9..10}.*")
        >>> [name for name in ("h.9.w", "h.10.w", "h.100.w") if wanted.match(name)]
        ['h.9.w', 'h.10.w']
    """
    captures = _CAPTURE.findall(pattern)
    for name in captures:
        if captures.count(name) > 1:
            rule = "a pattern must have each name in braces once"
            raise RecipeError(f"{rule}, got {show(name)} again in {show(pattern)}")
    ranged = split_ranges(_CAPTURE.sub(_ANY_NUMBER, pattern), "a pattern", "pattern")
    pieces = [""]  # between the stars
    for place, text in enumerate(ranged.texts):
        for token in _TOKEN.findall(text):
            if token.startswith("*"):
                pieces.append("")
            elif token == _ANY_NUMBER:
                pieces[-1] += rf"(?<![0-9])(?P<{captures.pop(0)}>[0-9]{{1,9}})(?![0-9])"
            else:
                pieces[-1] += _one(token)
        if place < len(ranged.ranges):
            pieces[-1] += _whole_number(ranged.ranges[place])
    first, *rest = pieces
    if not rest:
        return re.compile(rf"(?s:{first})\Z")
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return re.compile(rf"(?s:{first}{middle}.*{rest[-1]})\Z")


def captured(pattern: str, name: str) -> dict[str, int]:
    """Returns the numbers that stand in a tensor's name for the names in a pattern's braces.

    >>> captured("h.{layer}.*", "h.11.w")
    {'layer': 11}
    """
    found = compile_pattern(pattern).match(name)
    return {} if found is None else {key: int(number) for key, number in found.groupdict().items()}


def captures_of(pattern: str) -> set[str]:
    """Returns the names in a pattern's braces."""
    return set(_CAPTURE.findall(pattern))


def is_plain(pattern: str) -> bool:
    """Whether a pattern has no wildcards; it may have ranges and names in braces."""
    return _SPECIAL.search(pattern) is None


def quote(text: str) -> str:
    """Turns text into a pattern that matches only this text."""
    return _SPECIAL.sub(r"[\g<0>]", text)


def _one(token: str) -> str:
    """The regular expression for one character."""
    if token == "?":
        return "."
    if len(token) == 1:
        return re.escape(token)
    # The rules of brackets are fnmatch's; its translation is (?s:...)\Z or \z.
    return fnmatch.translate(token)[len("(?s:") : -len(")\\Z")]


def _whole_number(numbers: range) -> str:
    """The regular expression for the numbers of a range, with no further digit before or after."""
    either = "|".join(_same_length(str(low), str(high)) for low, high in _by_length(numbers))
    return f"(?<![0-9])(?:{either})(?![0-9])"


def _by_length(numbers: range) -> list[tuple[int, int]]:
    """Cuts a range where its numbers become one digit longer."""
    low, high = numbers.start, numbers.stop - 1
    cuts = [low, *(10**n for n in range(1, len(str(high))) if low < 10**n <= high), high + 1]
    return [(begin, end - 1) for begin, end in pairwise(cuts)]


def _same_length(low: str, high: str) -> str:
    """The regular expression for the numbers from `low` to `high`, which have the same number of digits.

    >>> _same_length("18", "42")
    '(?:1[8-9]|[2-3][0-9]|4[0-2])'
    """
    if low == high:
        return low
    if len(low) == 1:
        return f"[{low}-{high}]"
    if low[0] == high[0]:
        return low[0] + _same_length(low[1:], high[1:])
    nines, zeros = "9" * (len(low) - 1), "0" * (len(low) - 1)
    begin, end = int(low[0]), int(high[0])
    choices = []
    if low[1:] != zeros:
        choices.append(low[0] + _same_length(low[1:], nines))
        begin += 1
    if high[1:] != nines:
        end -= 1
    if begin <= end:
        choices.append(_digits(begin, end) + "[0-9]" * len(zeros))
    if high[1:] != nines:
        choices.append(high[0] + _same_length(zeros, high[1:]))
    return f"(?:{'|'.join(choices)})"


def _digits(low: int, high: int) -> str:
    return str(low) if low == high else f"[{low}-{high}]"


def check_pattern(pattern: object) -> str:
    """Returns a pattern as text.

    Raises:
        RecipeError: It is not a pattern.
    """
    if not isinstance(pattern, str) or not pattern or not pattern.isprintable():
        raise RecipeError(
            f'`match` must be a pattern of tensor names or a list of them, such as "*.bias", got {show(pattern)}'
        )
    compile_pattern(pattern)
    return pattern
