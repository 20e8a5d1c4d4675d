"""SIGTERM and SIGHUP as an exception, so that incomplete files are removed as on Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from fastinit.cli.output import complain

if TYPE_CHECKING:
    from collections.abc import Iterator


TOLD = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "the terminal was closed",
}
_is_loading = False


class Terminated(BaseException):
    """SIGTERM or SIGHUP came. The argument is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def loading() -> Iterator[None]:
    """Lets signals end the process at once: nothing is written yet, and NumPy prints what interrupts its import."""
    global _is_loading
    _is_loading = True
    try:
        yield
    finally:
        _is_loading = False


@contextmanager
def signals_unwind() -> Iterator[None]:
    """Raises `Terminated` in the main thread when SIGTERM or SIGHUP comes, and `KeyboardInterrupt` on Ctrl-C.

    Ignored signals stay ignored. The exception may interrupt a lock's own code, which then raises another error. So any
    error that leaves the block after a signal is replaced by the signal's exception.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    came: list[BaseException] = []

    def stop(number: int, _frame: object) -> NoReturn:
        if _is_loading:
            complain("error", TOLD[signal.Signals(number)])
            os._exit(128 + number)
        came.append(KeyboardInterrupt() if number == signal.SIGINT else Terminated(number))
        raise came[-1]

    taken = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        taken.append(signal.SIGINT)
    previous = {number: signal.signal(number, stop) for number in taken}
    try:
        yield
    except Exception as error:
        if not came:
            raise
        # The files that are left behind: a writer's error names them, other errors have them in their notes.
        told = [str(error)] if isinstance(error, OSError) else []
        for note in (*told, *getattr(error, "__notes__", ())):
            came[0].add_note(note)
        raise came[0] from error
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
