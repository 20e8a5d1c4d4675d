"""Runs subjects in processes of their own: `Remote` answers requests, `Worker` is a subject.

A subject is prepared, warmed up and checked, then takes one sample per request.
"""

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
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from .cases import Subject, Work

REST = 0.03  # after this, waiting threads of the last subject no longer spin
_CONTEXT = multiprocessing.get_context("spawn")


def attempt(task: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns the result of `task` for a subject, or under "status" the reason why there is none."""
    try:
        return {"status": "measured", **task()}
    except ImportError as error:
        return {"status": "not installed", "reason": str(error)}
    except Exception as error:  # noqa: BLE001  whatever a peer raises is a line of the report
        detail = traceback.format_exc()
        reason = f"{type(error).__name__}: {error}"
        return {"status": "failed", "reason": reason, "detail": detail}


def _serve(pipe: Connection, work: Work, subject: Subject) -> None:
    """Runs in the process: sends a dict about the preparation, then seconds until the pipe ends."""
    prepared: Any = None
    calls = 1

    def prepare() -> dict[str, Any]:
        nonlocal prepared, calls
        runner = runners.load(subject.runner)
        prepared = runner.prepare(work, subject)
        prepared.run()
        seconds, result = seconds_of(prepared.run)
        faults = check.faults(prepared.view(result), work)
        calls = calls_for(seconds)
        about = {"seconds_warm": seconds, "calls_per_sample": calls, "faults": faults}
        return {"versions": runner.versions(), **about}

    about = attempt(prepare)
    pipe.send(about)
    _last: Any = None
    with contextlib.suppress(EOFError):
        while about["status"] == "measured" and pipe.recv() == "sample":
            _last = None  # frees it before the clock starts
            seconds, _last = seconds_of(prepared.run, calls)
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


class Remote:
    """The parent's end of a process that runs `serve(pipe, *arguments)` and sends something first."""

    def __init__(self, serve: Callable[..., None], *arguments: Any, environment: dict[str, str]) -> None:
        self._pipe, far_end = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=serve, args=(far_end, *arguments), daemon=True)
        with _environment(environment):
            self._process.start()
        far_end.close()

    def receive(self) -> Any:
        """Returns the next message of the process.

        Raises:
            RuntimeError: The process has ended.
        """
        try:
            return self._pipe.recv()
        except EOFError:
            self._process.join()
        raise RuntimeError(f"the process ended with {self._process.exitcode}")

    def ask(self, request: Any) -> Any:
        """Returns the answer to a request; raises RuntimeError as `receive` does."""
        with contextlib.suppress(BrokenPipeError):  # the missing answer reveals it
            self._pipe.send(request)
        return self.receive()

    def close(self) -> None:
        self._pipe.close()
        self._process.join()


class Worker(Remote):
    """A subject, as the parent sees it."""

    def __init__(self, work: Work, subject: Subject) -> None:
        super().__init__(_serve, work, subject, environment=dict(subject.environment))
        self.about = attempt(self.receive)
        self.samples: list[float] = []

    @property
    def measured(self) -> bool:
        return bool(self.about["status"] == "measured")

    def sample(self) -> None:
        time.sleep(REST)
        self.samples.append(self.ask("sample"))
