"""One side of a framework in a process of its own: row after row is prepared, checked and sampled on request."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from typing import TYPE_CHECKING, Any

from bench.timing import calls_for, seconds_of
from bench.worker import REST, Remote, attempt

from .cases import BARE, FRAMEWORKS, ROWS, SMALL_SAMPLE_SECONDS, THREADS

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from .cases import Row
    from .runners import Prepared, Runner


class _Task:
    """A row, as one side performs it."""

    def __init__(self, row: Row, runner: Runner, side: str, quick: bool) -> None:
        self._row, self._runner, self._side = row, runner, side
        self._pieces = row.pieces(quick=quick)
        self._prepared: Prepared = runner.prepare(row, side, self._pieces, quick)
        self._calls = 1

    def begin(self) -> dict[str, Any]:
        """Makes a first pass, checks its values, and returns what was found."""
        start = time.perf_counter()
        seconds, results = self._pass()
        takes = time.perf_counter() - start
        faults: list[str] = []
        of_each_shape = {p.shape: r for p, r in zip(self._pieces, results, strict=True)}
        for shape, result in ({} if self._side == BARE else of_each_shape).items():
            size = " x ".join(map(str, shape))
            faults += [f"{size}: {f}" for f in self._row.faults(self._prepared.view(result))]
        if self._row.model is None:
            warm, _ = self._pass()
            self._calls = calls_for(warm, SMALL_SAMPLE_SECONDS)
        return {
            "seconds_first": seconds,
            "takes": takes,
            "calls_per_sample": self._calls,
            "faults": faults,
            "versions": self._runner.versions(),
        }

    def sample(self) -> float:
        return self._pass()[0]

    def draws(self) -> float | None:
        """The seconds of a pass that the draws themselves take; None if this side cannot measure them."""
        with self._runner.clock(self._side) as clock:
            if clock is None:
                return None
            total = 0.0
            for piece, run in zip(self._pieces, self._prepared.calls, strict=True):
                before = clock.seconds
                for _ in range(self._calls):
                    run()
                total += piece.weight * (clock.seconds - before) / self._calls
            return total

    def _pass(self) -> tuple[float, list[Any]]:
        """The weighted seconds of the tensors, one after the other. All stay in memory until the end, as in a model."""
        total, results = 0.0, []
        for piece, run in zip(self._pieces, self._prepared.calls, strict=True):
            seconds, result = seconds_of(run, self._calls)
            total += piece.weight * seconds
            results.append(result)
        return total, results


def _serve(pipe: Connection, framework: str, side: str, quick: bool) -> None:
    """Runs in the process: sends the result of its imports, then answers requests until the pipe ends."""
    runner: Any = None
    task: Any = None

    def load() -> dict[str, Any]:
        nonlocal runner
        if hasattr(os, "sched_setaffinity"):  # before libraries count the processors
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
        package = f"{__package__}.runners"
        runner = importlib.import_module(f"{package}.{FRAMEWORKS[framework].runner}")
        runner.start(side)
        return {}

    def begin(row: Row) -> dict[str, Any]:
        nonlocal task
        task = made = _Task(row, runner, side, quick)
        return made.begin()

    pipe.send(attempt(load))
    with contextlib.suppress(EOFError):
        while True:
            request = pipe.recv()
            if isinstance(request, int):
                task = None  # frees the last row's tensors
                pipe.send(attempt(lambda: begin(ROWS[request])))  # noqa: B023  called at once
            else:
                pipe.send(getattr(task, request)())


class Side(Remote):
    """The parent's end."""

    def __init__(self, framework: str, side: str, quick: bool) -> None:
        environment = FRAMEWORKS[framework].environment
        super().__init__(_serve, framework, side, quick, environment=environment)
        self._state: dict[str, Any] = {}

    def wait(self) -> None:
        """Waits until the process has imported its libraries."""
        self._state = attempt(self.receive)

    def begin(self, row: Row) -> dict[str, Any]:
        """Returns the result of the row's first pass."""
        if self._state["status"] != "measured":
            return dict(self._state)
        return attempt(lambda: self.ask(ROWS.index(row)))

    def sample(self) -> float:
        time.sleep(REST)
        return float(self.ask("sample"))

    def draws(self) -> float | None:
        seconds: float | None = self.ask("draws")
        return seconds
