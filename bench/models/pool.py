"""Worker processes for code that may crash, hang or eat memory: each tries one model of a library after the other."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import resource
import tempfile
import time
import warnings
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING

from . import sources
from .steps import Outcome, Steps, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection

MEMORY_BYTES = 8 * 2**30
TRIALS_OF_A_PROCESS = 200  # then a new process takes over, because libraries leave objects behind
_CONTEXT = multiprocessing.get_context("spawn")
_READY, _DONE = ("ready", "", ""), ("done", "", "")


@dataclass(frozen=True, order=True)
class Case:
    """A model: its source, a module of `sources`, and its name there."""

    source: str
    name: str

    def __str__(self) -> str:
        return f"{self.source} {self.name}"


def _serve(pipe: Connection, source: str) -> None:
    """Runs in the process: tries each model that it receives and reports its steps, until the pipe ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    warnings.simplefilter("ignore")
    import torch

    import fastinit

    torch.set_num_threads(1)
    fastinit.set_num_threads(1)
    module = sources.load(source)
    pipe.send(_READY)
    with contextlib.suppress(EOFError):
        while True:
            name = pipe.recv()
            with tempfile.TemporaryDirectory() as folder, contextlib.suppress(StoppedError):
                module.attempt(name, Steps(lambda *told: pipe.send(told), Path(folder)))
            pipe.send(_DONE)


class _Worker:
    """The parent's end of a process."""

    def __init__(self, source: str) -> None:
        self.pipe, far_end = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(far_end, source), daemon=True)
        self._process.start()
        far_end.close()
        self._source = source
        self._trials = 0
        self._is_ready = False

    def begin(self, case: Case) -> None:
        self.case, self.outcome = case, Outcome()
        self.started = time.monotonic() if self._is_ready else math.inf  # starting does not count as time of the trial
        self._trials += 1
        with contextlib.suppress(BrokenPipeError):  # `take` reports it
            self.pipe.send(case.name)

    def take(self) -> bool:
        """Notes a report of the process; returns whether the trial is over."""
        try:
            told = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            self.end(f"the process ended with {self._process.exitcode}")
            return True
        kind, step, text = told
        if told == _READY:
            self._is_ready, self.started = True, time.monotonic()
        if kind == "passed":
            self.outcome.passed.append(step)
        elif kind == "failed":
            self.outcome.failed[step] = text
        elif kind == "notes":
            self.outcome.notes.append(text)
        return bool(told == _DONE)

    def end(self, why: str) -> None:
        """Ends the process, and its current step fails for this reason."""
        told = {*self.outcome.passed, *self.outcome.failed}
        step = next((step for step in sources.load(self._source).COLUMNS if step not in told), None)
        if step:
            self.outcome.failed[step] = why
        self._trials = TRIALS_OF_A_PROCESS
        self._process.kill()

    def serves(self, case: Case) -> bool:
        """Whether it may try this model too. A library may change others, whose models must not be affected."""
        return self._source == case.source and self._trials < TRIALS_OF_A_PROCESS

    def close(self) -> None:
        self.pipe.close()
        self._process.join()


def tried(cases: Iterable[Case], jobs: int, seconds: float) -> Iterator[tuple[Case, Outcome]]:
    """Tries models in `jobs` processes, each for at most so many seconds, and yields them as they are done."""
    waiting = list(reversed(list(cases)))
    workers: list[_Worker] = []
    idle: list[_Worker] = []
    try:
        while waiting or len(idle) < len(workers):
            while waiting and (idle or len(workers) < jobs):
                if idle and not idle[-1].serves(waiting[-1]):
                    workers.remove(idle[-1])
                    idle.pop().close()
                if not idle:
                    workers.append(_Worker(waiting[-1].source))
                    idle.append(workers[-1])
                idle.pop().begin(waiting.pop())
            busy = [worker for worker in workers if worker not in idle]
            end = min(worker.started for worker in busy) + seconds
            left = None if math.isinf(end) else max(0.0, end - time.monotonic())
            ready = wait([worker.pipe for worker in busy], left)
            for worker in busy:
                is_over = worker.pipe in ready and worker.take()
                if not is_over and time.monotonic() > worker.started + seconds:
                    worker.end(f"it took more than {seconds:g} seconds")
                    is_over = True
                if is_over:
                    idle.append(worker)
                    yield worker.case, worker.outcome
    finally:
        for worker in workers:
            worker.close()
