"""The command line: argument parsing and printing only."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from fastinit.cli.signals import Terminated, signals_unwind

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOLD = {signal.SIGTERM: "terminated", signal.SIGHUP: "the terminal was closed"}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    try:
        with signals_unwind():
            from fastinit.cli.run import run  # which takes as long as a hand takes for Ctrl-C

            return run(argv)
    except KeyboardInterrupt as interrupt:
        return _stopped("interrupted", interrupt, 130)
    except Terminated as interrupt:
        return _stopped(_TOLD[signal.Signals(interrupt.number)], interrupt, 128 + interrupt.number)
    except Exception as error:  # noqa: BLE001 - raised again if it is none of a command's
        from fastinit.cli.run import failed

        return failed(error)


def _stopped(what: str, error: BaseException, code: int) -> int:
    """Adds what the writer noted on an interruption: what is left behind."""
    from fastinit.cli.output import complain

    notes = getattr(error, "__notes__", ())
    complain("error", f"{what} ({'; '.join(notes)})" if notes else what)
    return code
