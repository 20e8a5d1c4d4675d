"""The command line: argument parsing and printing only."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from fastinit.checkpoint import CheckpointError, RecipeError
from fastinit.cli.output import complain, flush, warnings_in_one_line
from fastinit.cli.parser import INTERRUPTED, make_parser, takes_recipe
from fastinit.cli.signals import Terminated, termination_unwinds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    try:
        given = sys.argv[1:] if argv is None else list(map(os.fspath, argv))
        arguments = make_parser(takes_recipe(given)).parse_args(given)
        command: Callable[[argparse.Namespace], int] = arguments.command
        with termination_unwinds(), warnings_in_one_line():
            code = command(arguments)
        flush()
    except KeyboardInterrupt as interrupt:
        return _fail(_noted("interrupted", interrupt), INTERRUPTED)
    except Terminated as interrupt:
        return _fail(_noted("terminated", interrupt), 128 + interrupt.number)
    except RecipeError as error:
        return _fail(str(error), 2)
    except BrokenPipeError:  # the reader has had enough, as in `fastinit plan RECIPE | head`
        return 0
    except CheckpointError as error:
        return _fail(str(error), 1)
    except MemoryError:
        return _fail("there must be memory for this, got too little; write on a larger machine", 1)
    return code


def _noted(what: str, error: BaseException) -> str:
    """Adds what the writer noted on an interruption: what is left behind."""
    notes = getattr(error, "__notes__", ())
    return f"{what} ({'; '.join(notes)})" if notes else what


def _fail(message: str, code: int) -> int:
    complain("error", message)
    return code
