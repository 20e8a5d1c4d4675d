"""The style of a stream: colours and lines as wide as the terminal, or plain text for files and pipes."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_CODES = {"bold": "1", "red": "1;31", "yellow": "1;33", "green": "32", "cyan": "36"}


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads the stream; False if it is closed."""
    return stream is not None and not stream.closed and stream.isatty()


def has_colour(stream: TextIO | None) -> bool:
    """Whether to colour the stream: NO_COLOR decides, then FORCE_COLOR, then whether its terminal has colours."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO | None) -> str:
    """Returns the text in a style, or unchanged if the stream has no colour."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if has_colour(stream) else text


def width() -> int | None:
    """Returns how many characters fit on a line of standard output; None, for any number, if it is not a terminal."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
