"""Where no thread can be made, files are written, read and verified in the calling one."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from fastinit.checkpoint import tensor_stats, verify, write
from fastinit.checkpoint.threads import thread_pool
from tests.checkpoint.runs import files_of, plan_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[0, 1, 2])
def allowed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many threads can be made from now on, at the same time."""
    start, before = threading.Thread.start, threading.active_count()
    most: int = request.param

    def limited(thread: threading.Thread) -> None:
        if threading.active_count() - before >= most:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return most


@pytest.mark.usefixtures("allowed")
def test_checkpoints_need_no_threads(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, 2)
    moved: list[int] = []
    write(plan, tmp_path / "out", progress=moved.append)
    assert sum(moved) == plan.file_bytes
    assert verify(tmp_path / "out").mismatch is None
    assert not tensor_stats(tmp_path / "out").marked
    name = plan.shards[1].file
    damaged = bytearray(files_of(tmp_path / "out")[name])
    damaged[-1] ^= 1
    (tmp_path / "out" / name).write_bytes(damaged)
    assert verify(tmp_path / "out").mismatch is not None


def test_pools_have_the_threads_that_there_are(allowed: int) -> None:
    with thread_pool(3, "test") as pool:
        meeting = threading.Barrier(max(allowed, 1), timeout=10)
        list(pool.map(lambda _: meeting.wait(), range(2 * meeting.parties)))
        future = pool.submit(int, "x")
        assert isinstance(future.exception(), ValueError)
        assert pool.submit(int, "3").result() == 3


def test_threads_are_named() -> None:
    with thread_pool(1, "test") as pool:
        assert pool.submit(lambda: threading.current_thread().name).result() == "fastinit-test_0"


INTERRUPTED = """
import os, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from fastinit.checkpoint.threads import thread_pool
start = threading.Thread.start

def interrupted(thread):  # where the pool has not yet noted the thread
    start(thread)
    raise KeyboardInterrupt

threading.Thread.start = interrupted
thread_pool(2, "test")
"""


def test_a_signal_while_threads_are_made_leaves_none_waiting() -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert run.stderr.endswith("KeyboardInterrupt\n")
