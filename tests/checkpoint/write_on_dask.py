"""Writes a checkpoint on a real Dask cluster of three worker processes, one of which is killed.

Usage: python -m tests.checkpoint.write_on_dask RECIPE OUT SHARD_BYTES

Prints the process id of the killed worker. Then writes OUT again on the same cluster, as OUT-again and, by the
command line, as OUT-command.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

from fastinit import cli
from fastinit.checkpoint import load_recipe, make_plan, write
from tests.checkpoint.slow_writes import slow_writes


class Keeping(Executor):
    """Keeps all futures, and with them Dask's memory of what has been computed."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.futures: list[Any] = []

    def submit(self, *arguments: Any, **options: Any) -> Any:
        self.futures.append(self.executor.submit(*arguments, **options))
        return self.futures[-1]


def kill_a_worker(partial: Path, workers: set[int], killed: list[int]) -> None:
    """Kills the first worker that is seen in the middle of a file."""
    while not killed:
        for path in partial.glob("*.part-*"):
            found = re.search(r"-([0-9]+)-[0-9a-f]+$", path.name)
            assert found is not None
            if int(found[1]) in workers and path.stat().st_size > 0:
                killed.append(int(found[1]))
                os.kill(killed[0], signal.SIGKILL)
                return
        time.sleep(0.001)


def main(recipe: str, out: str, shard_bytes: str) -> None:
    plan = make_plan(load_recipe(recipe), int(shard_bytes))
    with (
        LocalCluster(
            n_workers=3,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            worker_dashboard_address=None,
        ) as cluster,
        Client(cluster) as client,
    ):
        workers = set(client.run(os.getpid).values())
        client.run(slow_writes, 0.05)
        killed: list[int] = []
        watcher = threading.Thread(target=kill_a_worker, args=(Path(out + ".partial"), workers, killed), daemon=True)
        watcher.start()
        executor = Keeping(client.get_executor())
        write(plan, out, executor=executor)
        write(plan, out + "-again", executor=executor)
        Path(out + "-again").rename(out + "-first")
        write(plan, out + "-again", executor=executor)
        options = ("--shard-size", f"{shard_bytes}B", "--dask", cluster.scheduler_address, "--quiet")
        if status := cli.main(["init", recipe, out + "-command", *options]):
            sys.exit(status)
    print(*killed)


if __name__ == "__main__":
    main(*sys.argv[1:])
