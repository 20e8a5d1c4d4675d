"""Checkpoints: recipes of tensors, plans of every byte, files that are written, verified and read.

recipe = load_recipe("llama-3.2-1b")
write(make_plan(recipe), "out")
"""

from __future__ import annotations

from fastinit.checkpoint.plan import Plan, PlannedTensor, Shard, make_plan
from fastinit.checkpoint.reading.handle import Handle, UnknownTensorError, open
from fastinit.checkpoint.reading.verify import Mismatch, Verification, verify
from fastinit.checkpoint.statistics.plot import plot_stats
from fastinit.checkpoint.statistics.stats import CheckpointStats, TensorStats, tensor_stats
from fastinit.checkpoint.writing.writer import write
from fastinit.errors import CheckpointError, RecipeError
from fastinit.recipes.recipe import Recipe, parse_recipe
from fastinit.sources.load import load_recipe
from fastinit.sources.resolve import recipe_from_checkpoint, recipe_from_config
from fastinit.sources.save import save_recipe

__all__ = [
    "CheckpointError",
    "CheckpointStats",
    "Handle",
    "Mismatch",
    "Plan",
    "PlannedTensor",
    "Recipe",
    "RecipeError",
    "Shard",
    "TensorStats",
    "UnknownTensorError",
    "Verification",
    "load_recipe",
    "make_plan",
    "open",
    "parse_recipe",
    "plot_stats",
    "recipe_from_checkpoint",
    "recipe_from_config",
    "save_recipe",
    "tensor_stats",
    "verify",
    "write",
]


def __dir__() -> list[str]:
    return __all__
