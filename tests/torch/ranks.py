"""One of several processes that fill DTensors together, as `test_sharding.py` starts them.

Usage: python -m tests.torch.ranks RANK SIZE FOLDER

The cases are in the files `shards_of_*.py`. A case fills DTensors without
communication, compares each with the shard that PyTorch makes of the same values, and yields it with them;
then the processes gather it. So a process that fails leaves no other waiting.
"""

from __future__ import annotations

import datetime
import json
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torch.distributed as dist

from tests.torch import (
    shards_of_calibrations,  # noqa: F401 - registers its cases
    shards_of_models,  # noqa: F401 - registers its cases
    shards_of_monitors,  # noqa: F401 - registers its cases
    shards_of_probes,  # noqa: F401 - registers its cases
    shards_of_tensors,  # noqa: F401 - registers its cases
)
from tests.torch.shards import CASES, check_gathered, inner_mesh, mesh_of, mesh_shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.torch.shards import Filled

TIMEOUT = datetime.timedelta(seconds=60)  # of processes that wait for each other


def outcome(function: Callable[[], Filled]) -> str:
    """The faults of a case: of any process while it fills, and of this process while it gathers."""
    filled: list[tuple[Any, torch.Tensor]] = []
    problem = ""
    try:
        filled += [(tensor.detach(), whole) for tensor, whole in function()]
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - the parent tells it
        problem = traceback.format_exc()
    problems: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(problems, problem)
    for tensor, whole in [] if any(problems) else filled:
        try:
            check_gathered(tensor, whole)
        except AssertionError:
            problems = [traceback.format_exc()]
    return "\n".join(filter(None, problems))


def main(rank: str, size: str, folder: str) -> None:
    store = f"file://{Path(folder).absolute()}/rendezvous"
    dist.init_process_group("gloo", init_method=store, rank=int(rank), world_size=int(size), timeout=TIMEOUT)
    for shape in mesh_shapes():
        mesh_of(*shape)
    inner_mesh()
    np.seterr(all="raise")
    warnings.simplefilter("error")
    report = Path(folder) / f"{rank}.json"
    outcomes = {}
    for name, case in CASES.items():
        if int(size) in case.sizes:
            outcomes[name] = outcome(case.function)
            report.write_text(json.dumps(outcomes))
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
