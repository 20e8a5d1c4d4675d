"""Measures the planning of a trillion parameters. Nothing is written."""

from __future__ import annotations

import pickle
import time
from typing import TYPE_CHECKING, Any

from fastinit.checkpoint import load_recipe, make_plan

if TYPE_CHECKING:
    from pathlib import Path


def measure_plan(path: Path) -> dict[str, Any]:
    """Reads and plans a recipe, and measures the size of the message that a worker gets for a file."""
    start = time.perf_counter()
    plan = make_plan(load_recipe(path))
    seconds = time.perf_counter() - start
    tasks = [len(pickle.dumps(shard)) for shard in plan.shards]
    return {
        "recipe": path.name,
        "recipe_bytes": len(plan.recipe.text.encode()),
        "tensors": sum(1 for _ in plan.tensors),
        "parameters": plan.parameters,
        "tensor_bytes": plan.tensor_bytes,
        "files": len(plan.shards),
        "header_bytes": sum(shard.header_bytes for shard in plan.shards),
        "task_bytes": max(tasks),
        "plan_seconds": seconds,
    }
