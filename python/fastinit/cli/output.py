"""Lines on standard output; errors, warnings and progress on standard error."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from fastinit import progress
from fastinit.cli.style import paint
from fastinit.errors import CheckpointError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

_COLOURS = {"error": "red", "warning": "yellow"}
_ARGUMENT = re.compile(r"\b(resume|force|whole)=True\b")  # as the library's texts name them


def print_line(line: str) -> None:
    """Prints a line, with \\u escapes for what standard output cannot show; nothing where there is none.

    Raises:
        BrokenPipeError: The reader has had enough.
        CheckpointError: Standard output cannot be written to.
    """
    if sys.stdout is not None:
        encoding = sys.stdout.encoding or "utf-8"
        with _output_errors():
            sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def print_bytes(content: bytes) -> None:
    """Writes bytes to standard output as they are; nothing where there is none. Raises as `print_line` does."""
    if sys.stdout is not None:
        with _output_errors():
            sys.stdout.flush()
            sys.stdout.buffer.write(content)


def flush() -> None:
    """Writes what has been printed; raises as `print_line` does."""
    if sys.stdout is not None:
        with _output_errors():
            sys.stdout.flush()


def _discard_output() -> None:
    """Discards all further standard output, such as the contents of its buffer when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _output_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _discard_output()
        raise
    except OSError as error:
        _discard_output()
        raise CheckpointError(f"cannot write to standard output: {error.strerror}") from None


def for_shell(text: str) -> str:
    """Names options as a shell takes them, in a text that names arguments as Python takes them.

    >>> for_shell("use resume=True to go on")
    'use --resume to go on'
    """
    return _ARGUMENT.sub(r"--\1", text)


def complain(kind: str, message: str) -> None:
    """Writes an error or a warning on standard error, in one line."""
    message = for_shell(message)
    with suppress(OSError):  # the terminal is gone
        if sys.stderr is not None:
            sys.stderr.write(f"fastinit: {paint(kind, _COLOURS[kind], sys.stderr)}: {printable(message)}\n")
            sys.stderr.flush()


@contextmanager
def warnings_in_one_line() -> Iterator[None]:
    """Shows warnings as errors are shown, without the place in the source."""
    import warnings

    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: complain("warning", str(message))
        yield


def progress_bar(what: str, total: int | None, is_quiet: bool) -> AbstractContextManager[Callable[..., None]]:
    """Shows a bar of bytes on standard error if that is a terminal, and gives the function that moves it."""
    if is_quiet or not progress.is_watched():
        return nullcontext(lambda *_: None)
    from rich.progress import DownloadColumn, TransferSpeedColumn

    return progress.progress_bar(what, total, is_hidden=False, columns=(DownloadColumn(), TransferSpeedColumn()))


def spinner(what: str, is_quiet: bool) -> AbstractContextManager[object]:
    """Shows a spinner during invisible work, on standard error if that is a terminal."""
    if is_quiet or not progress.is_watched():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(what)


def tell_plot(path: str, *, is_quiet: bool, is_json: bool) -> None:
    """Says that a plot was written; on standard error where standard output is JSON."""
    line = f"wrote {printable(path)}"
    if is_quiet:
        return
    if is_json:
        with suppress(OSError):  # the terminal is gone
            if sys.stderr is not None:
                sys.stderr.write(f"fastinit: {line}\n")
                sys.stderr.flush()
    else:
        print_line(line)
