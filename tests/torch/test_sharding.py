"""DTensors: each process fills its shard, and together they hold what one process has.

All cases of one number of processes run in one launch, and are one test each.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch.distributed.tensor import Partial, Replicate, Shard
from torch.distributed.tensor.placement_types import _StridedShard

from fastinit.torch.sharding import cuts_of, held_ranges
from tests.torch import ranks
from tests.torch.shards import CASES, SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.torch

RUNS = [
    pytest.param(size, name, id=f"{name}-{size}")
    for size in SIZES
    for name, case in CASES.items()
    if size in case.sizes
]
SECONDS = 200  # after which a launch is given up
GRACE = 5  # seconds for the others when one process has failed


@pytest.mark.parametrize(("size", "name"), RUNS)
def test_processes(size: int, name: str) -> None:
    pytest.importorskip(CASES[name].needs)
    reports, output = launched(size)
    for rank, report in enumerate(reports):
        problem = report.get(name, f"did not get this far\n{output}")
        if problem:
            pytest.fail(f"process {rank} of {size}: {problem}", pytrace=False)


@functools.cache
def launched(size: int) -> tuple[list[dict[str, str]], str]:
    """Runs all cases of one number of processes: what each process reports, and what they print."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        processes = []
        for rank in range(size):
            with (folder / f"{rank}.log").open("w") as log:
                command = [sys.executable, "-m", ranks.__name__, str(rank), str(size), name]
                processes.append(
                    subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
                )
        wait(processes)
        paths = [folder / f"{rank}.json" for rank in range(size)]
        reports = [json.loads(path.read_text()) if path.exists() else {} for path in paths]
        output = "\n".join(
            f"process {rank} ended with {process.returncode}:\n{(folder / f'{rank}.log').read_text()}"
            for rank, process in enumerate(processes)
        )
    return reports, output


def wait(processes: list[subprocess.Popen[bytes]]) -> None:
    """Waits until all processes end, and stops processes that hang or that wait for one that failed."""
    deadline = time.monotonic() + SECONDS
    while any(process.poll() is None for process in processes):
        if any(process.returncode for process in processes):
            deadline = min(deadline, time.monotonic() + GRACE)
        if time.monotonic() > deadline:
            for process in processes:
                process.kill()
        time.sleep(0.05)


def coordinates(mesh_shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*map(range, mesh_shape))


def held(size: int, placements: list[Any], mesh_shape: Sequence[int]) -> dict[Any, list[int]]:
    """The positions in one dimension that each process holds."""
    cuts = cuts_of(placements, mesh_shape)
    return {
        place: [n for part in held_ranges((size,), cuts, place)[0] for n in part] for place in coordinates(mesh_shape)
    }


def chunk(positions: list[int], count: int, number: int) -> list[int]:
    """As FSDP2 and tensor parallelism cut, which leave the last places empty."""
    chunks = torch.tensor(positions, dtype=torch.int64).chunk(count)
    return chunks[number].tolist() if number < len(chunks) else []


@pytest.mark.parametrize("mesh_shape", [(1, 4), (2, 2), (4, 2), (3, 4), (8, 3)])
@pytest.mark.parametrize("size", [0, 1, 2, 5, 9, 13, 16, 47, 96])
def test_fsdp2_cuts_what_tensor_parallelism_has_left(size: int, mesh_shape: tuple[int, int]) -> None:
    dp, tp = mesh_shape
    parts = held(size, [_StridedShard(0, split_factor=tp), Shard(0)], mesh_shape)
    for i, j in coordinates(mesh_shape):
        assert parts[i, j] == chunk(chunk(list(range(size)), tp, j), dp, i)


@pytest.mark.parametrize("size", [0, 1, 5, 9, 30, 47])
def test_several_mesh_dimensions_cut_one_after_the_other(size: int) -> None:
    shape = (2, 3, 4)
    whole = list(range(size))
    plain = held(size, [Shard(0)] * 3, shape)
    hybrid = held(size, [Replicate(), _StridedShard(0, split_factor=4), Shard(0)], shape)
    # FSDP2 over expert and tensor parallelism, the order that the factor says.
    three = held(size, [_StridedShard(0, split_factor=12), Shard(0), Shard(0)], shape)
    for i, j, k in coordinates(shape):
        assert plain[i, j, k] == chunk(chunk(chunk(whole, 2, i), 3, j), 4, k)
        assert hybrid[i, j, k] == chunk(chunk(whole, 4, k), 3, j)
        assert three[i, j, k] == chunk(chunk(chunk(whole, 3, j), 4, k), 2, i)


@pytest.mark.parametrize("pieces", [2, 3])
@pytest.mark.parametrize("size", [0, 1, 5, 12, 47])
def test_what_remains_of_a_factor_is_a_number_of_pieces(size: int, pieces: int) -> None:
    # One weight that joins several, each of them sharded.
    placement = _StridedShard(0, split_factor=pieces)
    parts = held(size, [placement], (4,))
    shards, _ = placement._split_tensor(torch.arange(size), 4, with_padding=False)
    assert [parts[place,] for place in range(4)] == [shard.tolist() for shard in shards]
    fused = held(size, [_StridedShard(0, split_factor=4 * pieces), Shard(0)], (2, 4))
    for i, j in coordinates((2, 4)):
        ours, _ = placement._split_tensor(torch.tensor(chunk(list(range(size)), 4, j)), 2, with_padding=False)
        assert fused[i, j] == ours[i].tolist()


def test_partial_sums_have_an_error_of_their_own() -> None:
    message = (
        r"`tensor` must be sharded or replicated over every mesh dimension, got 'P\(sum\)'; redistribute it "
        "first, because a partial sum has no values of its own"
    )
    with pytest.raises(ValueError, match=message):
        cuts_of([Shard(0), Partial()], (2, 2))
