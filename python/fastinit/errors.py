"""The errors of recipes and checkpoints, and how values and suggestions are shown in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 120  # characters of a value
_PATH_SHOWN = 300


class RecipeError(ValueError):
    """A recipe that cannot be used. The message names the file, the key, the rule and the value."""


class UndecidedError(RecipeError):
    """A recipe that does not say how to initialise some tensors.

    Attributes:
        draft: The text of the recipe, with a rule for them to be completed.
    """

    def __init__(self, message: str, draft: str) -> None:
        super().__init__(message)
        self.draft = draft


class CheckpointError(OSError):
    """A checkpoint that cannot be written or read. The message says what, why, and what is left."""


class PictureError(OSError):
    """A picture that cannot be drawn or written. The message says why."""


def show(value: object) -> str:
    """Shows a value in a message, on one line and no longer than is useful; booleans as TOML and JSON have them."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python does not print numbers past its digit limit
        return f"a {type(value).__name__} too long to show"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def printable(text: str) -> str:
    """Shows a name or a path in a line: unchanged, except for characters that would break the line or be invisible."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def show_path(path: str | os.PathLike[str]) -> str:
    """Shows a path in a message: unchanged, unless that would break the line."""
    text = os.fsdecode(path)
    return text if text.isprintable() and 0 < len(text) <= _PATH_SHOWN else show(text)


def suggest(value: object, choices: Iterable[str]) -> str:
    """Returns the end of a message about a mistyped name, empty if no choice is close."""
    if not isinstance(value, str):
        return ""
    import difflib  # imported here because it is rarely needed, and would slow down every import of the package

    named = {choice.lower(): choice for choice in choices}
    typed = value.lower()
    close = difflib.get_close_matches(typed, named)
    close.sort(key=lambda name: sorted(name) != sorted(typed))  # letters that have changed places come first
    return f"; did you mean {named[close[0]]!r}?" if close else ""
