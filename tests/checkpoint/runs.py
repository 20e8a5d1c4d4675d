"""Runs that write checkpoints: started as processes, interrupted, looked at afterwards."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fastinit.checkpoint import Plan, load_recipe, make_plan, write

ROOT = Path(__file__).parents[2]
SCRIPT = "tests.checkpoint.write_slowly"
SHARD_BYTES = 800_000


def recipe_text(count: int, seed: int = 1, elements: int = 200_000) -> str:
    return (
        f'seed = {seed}\ndtype = "float32"\n[tensors]\n"w{{1..{count}}}" = [{elements}]\n'
        '[[rule]]\nmatch = "*"\ninit = "normal"\n'
    )


def plan_in(folder: Path, count: int = 4, seed: int = 1, shard_bytes: int = SHARD_BYTES, **options: Any) -> Plan:
    """A plan of `count` shards, whose recipe lies in `folder`."""
    recipe = folder / "r.toml"
    recipe.write_text(recipe_text(count, seed, **options))
    return make_plan(load_recipe(recipe), shard_bytes)


def start(
    folder: Path, seconds: float, *options: str, shard_bytes: int = SHARD_BYTES, count: int = 1
) -> list[subprocess.Popen[str]]:
    """Starts processes that write `folder`/r.toml into `folder`/out; returns when they begin to."""
    arguments = [folder / "r.toml", folder / "out", shard_bytes, seconds, *options]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", SCRIPT, *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
    return processes


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Waits for the end of a process and returns its exit code and what it printed."""
    assert process.stdout is not None
    late = threading.Timer(60, process.kill)
    late.start()
    with process:
        output = process.stdout.read()  # and not communicate(): a part may be read ahead already
    late.cancel()
    return process.returncode, output.strip()


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not list(folder.glob(pattern)):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def identities(plan: Plan, folder: Path) -> dict[str, tuple[int, int]]:
    """The finished files: name -> inode and time of the last change."""
    found = {}
    for shard in plan.shards:
        if (folder / shard.file).exists():
            status = (folder / shard.file).stat()
            found[shard.file] = (status.st_ino, status.st_mtime_ns)
    return found


def stop_after(count: int) -> Any:
    """A progress function that interrupts the run after `count` shards."""
    total = 0

    def progress(nbytes: int) -> None:
        nonlocal total
        total += nbytes
        if total > count * (SHARD_BYTES + 4096) + 1:
            raise KeyboardInterrupt

    return progress


def interrupted(plan: Plan, out: Path, finished: int = 2, **options: Any) -> Path:
    """Leaves a working folder with this many finished files."""
    with pytest.raises(KeyboardInterrupt) as raised:
        write(plan, out, progress=stop_after(finished), **options)
    partial = out.with_name("out.partial")
    assert len(identities(plan, partial)) == finished
    text = f"{partial} holds {finished} of {len(plan.shards)} files; "
    assert raised.value.__notes__[0].startswith(text)
    return partial
