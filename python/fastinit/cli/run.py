"""Runs a command from its arguments to its exit code, and prints errors as lines."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from fastinit.cli.output import complain, flush, warnings_in_one_line
from fastinit.cli.parser import make_parser, takes_recipe
from fastinit.cli.signals import loading
from fastinit.errors import CheckpointError, PictureError, RecipeError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

_NO_MEMORY = "this needs more memory than there is; run it on a larger machine"


def run(argv: Sequence[str] | None) -> int:
    """Runs the command with these arguments, or with the process's own, and returns its exit code."""
    if "_ARGCOMPLETE" in os.environ:
        from fastinit.cli.completion import answer

        answer()
    given = sys.argv[1:] if argv is None else list(map(os.fspath, argv))
    with warnings_in_one_line():
        with loading():
            arguments = make_parser(takes_recipe(given)).parse_args(given)
            module, _, name = arguments.run.partition(":")
            command: Callable[[argparse.Namespace], int] = getattr(import_module(f"fastinit.cli.{module}"), name)
        code = command(arguments)
    flush()
    return code


def failed(error: Exception) -> int:
    """Reports an error and returns its exit code; raises it if it is not a command's error."""
    if isinstance(error, BrokenPipeError):
        return 0  # the reader closed the pipe, as in `fastinit plan RECIPE | head`
    if not isinstance(error, (RecipeError, CheckpointError, PictureError, MemoryError)):
        raise error
    complain("error", _NO_MEMORY if isinstance(error, MemoryError) else str(error))
    return 2 if isinstance(error, RecipeError) else 1
