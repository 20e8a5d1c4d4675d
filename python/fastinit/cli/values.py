"""The checks of single values: each takes the text of an argument, and returns what it means.

What they compare with is imported when it is asked for, so that help and errors come at once.
"""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any, TypeVar

from fastinit.errors import RecipeError, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

T = TypeVar("T")
_MOST_SHOWN = 16  # choices in a message


def named(what: str, text: str, choices: Collection[str], remedy: str = "") -> str:
    """Returns the text if it is one of the choices.

    Raises:
        ArgumentTypeError: It is not; the message suggests one that is close, or lists them.
    """
    if text in choices:
        return text
    listed = f"; choose from {', '.join(choices)}" if len(choices) <= _MOST_SHOWN else ""
    raise ArgumentTypeError(f"there is no {what} {text!r}{suggest(text, choices) or remedy or listed}")


def dtype(text: str) -> str:
    from fastinit.dtypes import NAMES, canonical

    known: str = canonical(named("dtype", text, NAMES))
    return known


def layout(text: str) -> str:
    from fastinit.fans import LAYOUTS

    return named("layout", text, tuple(LAYOUTS))


def preset(text: str) -> str:
    from fastinit.recipes.presets import NAMES

    return named("preset", text, NAMES, '; "fastinit presets" lists them')


def preset_or_formula(text: str) -> str:
    """A preset, or an initializer for all weights."""
    from fastinit.formulas import FORMULAS
    from fastinit.recipes.presets import NAMES, preset_of

    if text not in NAMES and text not in FORMULAS:
        named("preset or initializer", text, (*NAMES, *FORMULAS), '; "fastinit presets" lists the presets')
    _as_argument(preset_of, text)
    return text


def rule(text: str) -> dict[str, Any]:
    from fastinit.cli.probing import read_rule

    return _as_argument(read_rule, text)


def size(text: str) -> int:
    from fastinit.checkpoint.sizes import parse_size

    return _as_argument(parse_size, text)


def count(text: str) -> int:
    return _number(text, 1, 2**20)


def widths(text: str) -> list[int]:
    return [_number(width, 1, 2**20) for width in text.split(",")]


def threads(text: str) -> int:
    from fastinit import _core

    return _number(text, 1, _core.most_threads)


def seed(text: str) -> int:
    return _number(text, 0, 2**64 - 1)


def setting(text: str) -> tuple[str, Any]:
    """A key, and a value that is JSON or else text."""
    key, mark, written = text.partition("=")
    if not key or not mark:
        raise ArgumentTypeError(f"must be KEY=VALUE, such as hidden_size=64, got {text!r}")
    try:
        return key, json.loads(written)
    except (ValueError, RecursionError):
        if written.startswith(("[", "{", '"')):
            raise ArgumentTypeError(
                f'must have a value that is JSON, such as ["a", "b"], or plain text, got {written!r} for {key!r}'
            ) from None
        return key, written


def _as_argument(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except (RecipeError, ValueError) as error:
        raise ArgumentTypeError(str(error)) from None


def _number(text: str, least: int, most: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise ArgumentTypeError(f"must be a whole number from {least} to {most}, got {text!r}")
    return int(text)
