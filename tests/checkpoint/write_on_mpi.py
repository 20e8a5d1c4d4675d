"""Writes a checkpoint on the workers of MPI.

Usage: mpiexec -n 3 python -m mpi4py.futures tests/checkpoint/write_on_mpi.py RECIPE OUT SHARD_BYTES
"""

from __future__ import annotations

import sys

from mpi4py.futures import MPIPoolExecutor

from fastinit.checkpoint import load_recipe, make_plan, write


def main(recipe: str, out: str, shard_bytes: str) -> None:
    with MPIPoolExecutor() as executor:
        assert executor.num_workers == 2
        write(make_plan(load_recipe(recipe), int(shard_bytes)), out, executor=executor)


if __name__ == "__main__":
    main(*sys.argv[1:])
