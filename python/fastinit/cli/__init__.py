"""The command line: argument parsing and printing only."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from fastinit.cli.output import complain
from fastinit.cli.signals import TOLD, Terminated, signals_unwind

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    try:
        with signals_unwind():
            from fastinit.cli.run import run  # slow to import: Ctrl-C may come meanwhile

            return run(argv)
    except KeyboardInterrupt as interrupt:
        return _stopped(signal.SIGINT, interrupt)
    except Terminated as interrupt:
        return _stopped(signal.Signals(interrupt.number), interrupt)
    except Exception as error:  # noqa: BLE001 - raised again if it is not a command's error
        from fastinit.cli.run import failed

        return failed(error)


def _stopped(number: signal.Signals, error: BaseException) -> int:
    """Reports an interruption, with the writer's note about the files that are left."""
    notes = getattr(error, "__notes__", ())
    complain("error", f"{TOLD[number]} ({'; '.join(notes)})" if notes else TOLD[number])
    return 128 + number
