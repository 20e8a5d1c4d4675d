"""Reads JSON tables from untrusted files, more strictly than the json module does."""

from __future__ import annotations

import codecs
import json
from typing import Any

from fastinit.errors import show


def parse_json(text: bytes, what: str, *, any_numbers: bool = False) -> dict[str, Any]:
    """Reads a JSON table from an untrusted file, more strictly than the json module does.

    Args:
        text: The file's bytes.
        what: A name for it in messages.
        any_numbers: Whether numbers do not matter, and are read as floats, NaN and infinities included.

    Raises:
        ValueError: Not UTF-8, not JSON, not a table, nested too deeply, a key given twice; or, unless any number will
            do, a number that is not whole or has more than 20 digits.
    """
    try:
        table = json.loads(
            text.removeprefix(codecs.BOM_UTF8).decode(),
            object_pairs_hook=_unique,
            parse_int=float if any_numbers else _whole,
            parse_float=float if any_numbers else _no_number,
            parse_constant=float if any_numbers else _no_number,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"{what} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise ValueError(f"{what} has values that are nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{what} is not valid JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:
        raise ValueError(f"{what} {error}") from None
    if isinstance(table, dict):
        return table
    raise ValueError(f"{what} is not a table, but {show(table)}")


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8. Half a surrogate pair cannot, but JSON's escapes can make one."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"has the key {show(key)} twice")
            seen.add(key)
    return table


def _whole(text: str) -> int:
    if text[0] == "-" or len(text) > 20:  # 20 digits hold any size of 64 bits
        raise ValueError(f"must hold whole numbers from 0 to 2**64 - 1, got {show(text)}")
    return int(text)


def _no_number(text: str) -> object:
    raise ValueError(f"must hold whole numbers from 0 to 2**64 - 1, got {show(text)}")
