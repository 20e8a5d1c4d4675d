"""A subject in a process of its own: prepare, warm up, check, then one sample per request."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
import traceback
from typing import TYPE_CHECKING, Any

from . import check, runners
from .timing import calls_for, seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from .cases import Subject, Work

REST = 0.03  # so that waiting threads of the last subject have stopped spinning
_CONTEXT = multiprocessing.get_context("spawn")


def _serve(pipe: Connection, work: Work, subject: Subject) -> None:
    """The process: sends a dict on how the preparation went, then seconds until the pipe ends."""
    try:
        runner = runners.load(subject.runner)
        prepared = runner.prepare(work, subject)
        prepared.run()
        seconds, result = seconds_of(prepared.run)
        faults = check.faults(prepared.view(result), work)
        calls = calls_for(seconds)
    except ImportError as error:
        pipe.send({"status": "not installed", "reason": str(error)})
        return
    except Exception as error:  # noqa: BLE001  whatever a peer raises is a line of the report
        detail = traceback.format_exc()
        reason = f"{type(error).__name__}: {error}"
        pipe.send({"status": "failed", "reason": reason, "detail": detail})
        return
    about = {"seconds_warm": seconds, "calls_per_sample": calls, "faults": faults}
    pipe.send({"status": "measured", "versions": runner.versions(), **about})
    with contextlib.suppress(EOFError):
        while pipe.recv() == "sample":
            result = None  # frees the last one before the clock starts
            seconds, result = seconds_of(prepared.run, calls)
            pipe.send(seconds)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Worker:
    """The parent's end."""

    def __init__(self, work: Work, subject: Subject) -> None:
        self._pipe, far_end = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(far_end, work, subject), daemon=True)
        with _environment(dict(subject.environment)):
            self._process.start()
        far_end.close()
        try:
            self.about: dict[str, Any] = self._pipe.recv()
        except EOFError:
            self._process.join()
            reason = f"the process ended with {self._process.exitcode}"
            self.about = {"status": "failed", "reason": reason}
        self.samples: list[float] = []

    @property
    def measured(self) -> bool:
        return bool(self.about["status"] == "measured")

    def sample(self) -> None:
        time.sleep(REST)
        self._pipe.send("sample")
        self.samples.append(self._pipe.recv())

    def close(self) -> None:
        self._pipe.close()
        self._process.join()
