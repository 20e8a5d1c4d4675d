"""Reads TOML with checks whose messages name the key, the rule, the value and the remedy; and writes it."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from fastinit import checks
from fastinit.errors import RecipeError, printable, show, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PARTS = 8  # the most parts of a dotted key
_TEXTS = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL)
_LONG_KEY = re.compile(rf"(?<![\w-])[\w-]+(?:[ \t]*\.[ \t]*[\w-]+){{{_PARTS}}}")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100


def read_toml(text: str) -> dict[str, Any]:
    """Reads a document.

    Raises:
        RecipeError: The text is not valid TOML, or has keys of too many parts.
    """
    # Each part of a key makes a table, and tomllib's time and memory grow with the square of their number.
    if _LONG_KEY.search(_TEXTS.sub("s", text)):
        raise RecipeError(f"a key must have at most {_PARTS} parts, got more; put names in quotes")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise RecipeError("not valid TOML: values are nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or a number with too many digits
        hint = "; a tensor or key is given twice" if "overwrite" in str(error) else ""
        raise RecipeError(f"not valid TOML: {_on_one_line(error)}{hint}") from None


def _on_one_line(error: Exception) -> str:
    text = printable(str(error))
    return text if len(text) <= 300 else f"{text[:150]}...{text[-100:]}"


def is_int(value: object) -> bool:
    """Whether a value is a whole number; a boolean is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def choice(key: str, value: object, choices: Iterable[str]) -> str:
    """Returns `value` if it is one of `choices`.

    Raises:
        RecipeError: It is not.
    """
    try:
        return checks.choice(key, value, choices)
    except (TypeError, ValueError) as error:
        raise RecipeError(str(error)) from None


def no_unknown(table: Iterable[str], known: Iterable[str], owner: str) -> None:
    """Checks that a table has known keys only.

    Raises:
        RecipeError: It has an unknown key.
    """
    names = tuple(known)
    for key in table:
        if key not in names:
            listed = ", ".join(names) or "none"
            raise RecipeError(f"{owner} has no key {show(key)}; its keys are {listed}{suggest(key, names)}")


def replace_texts(text: str, key: str, others: Mapping[str, str]) -> str:
    """Replaces texts that are a key's value in a document. Comments and other texts do not change.

    Example:
        >>> replace_texts('dtype = "half" # not "half"', "dtype", {"half": "float16"})
        'dtype = "float16" # not "half"'
    """
    assigned = rf"(?<![\w-])((?:{key}|\"{key}\"|'{key}')[ \t]*=[ \t]*)([\"'])({'|'.join(others)})\2"
    found = re.compile(f"{assigned}|{_TEXTS.pattern}", re.DOTALL)
    return found.sub(lambda m: f"{m[1]}{m[2]}{others[m[3]]}{m[2]}" if m[3] else m[0], text)


def write_value(value: object) -> str:
    """Writes a text, number, boolean, list or inline table.

    Raises:
        TypeError: The value is of another kind.

    Example:
        >>> write_value({"shape": [2, 3], "dtype": "int64"})
        '{ shape = [2, 3], dtype = "int64" }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, except for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, float)):
        return repr(value)  # inf and nan included
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(write_value, value))}]"
    if isinstance(value, dict):
        inside = ", ".join(f"{write_key(key)} = {write_value(v)}" for key, v in value.items())
        return f"{{ {inside} }}"
    raise TypeError(f"a value must be text, a number, a list or a table, got {show(value)}")


def write_key(key: str) -> str:
    """Writes a key, in quotes if it needs them."""
    return key if _BARE_KEY.fullmatch(key) else write_value(key)


def write_entry(key: str, value: object) -> str:
    """Writes a line `key = value`; a long list is written as one item a line."""
    line = f"{write_key(key)} = {write_value(value)}"
    if len(line) <= _WIDTH or not isinstance(value, (list, tuple)):
        return line
    items = "".join(f"    {write_value(item)},\n" for item in value)
    return f"{write_key(key)} = [\n{items}]"


def write_table(head: str, table: Mapping[str, object]) -> str:
    """Writes a table under its head, such as `[tensors]`, one entry a line."""
    return "\n".join((head, *(write_entry(key, value) for key, value in table.items()), ""))
