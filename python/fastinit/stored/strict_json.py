"""JSON that may be anyone's: tables, read more strictly than the json module does by itself."""

from __future__ import annotations

import codecs
import json
from typing import Any

from fastinit.errors import show


def parse_json(text: bytes, what: str, *, any_numbers: bool = False) -> dict[str, Any]:
    """Reads a JSON table that may be anything, more strictly than the json module does by itself.

    Args:
        text: What was read.
        what: Names it in messages.
        any_numbers: Whether numbers do not matter, and are read as floats, NaN and infinities included.

    Raises:
        ValueError: Not UTF-8, not JSON, not a table, nested too deeply, a key given twice, or, where
            they matter, numbers other than whole ones of at most 20 digits.
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
        raise ValueError(f"{what} must be UTF-8 text; {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise ValueError(f"{what} must be JSON of few levels, got values nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{what} must be JSON; {error.msg} at character {error.pos}") from None
    except ValueError as error:
        raise ValueError(f"{what} {error}") from None
    if isinstance(table, dict):
        return table
    raise ValueError(f"{what} must be a table, got {show(table)}")


def is_utf8(text: str) -> bool:
    """Tells texts from what JSON's escapes can also make: half of a pair of surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"must name everything once, got {show(key)} twice")
            seen.add(key)
    return table


def _whole(text: str) -> int:
    if text[0] == "-" or len(text) > 20:  # 20 digits hold any size of 64 bits
        raise ValueError(f"must hold whole numbers from 0 to 2**64 - 1, got {show(text)}")
    return int(text)


def _no_number(text: str) -> object:
    raise ValueError(f"must hold whole numbers from 0 to 2**64 - 1, got {show(text)}")
