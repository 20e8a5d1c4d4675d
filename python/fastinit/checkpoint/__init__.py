"""Checkpoints from recipes: read a recipe, plan every byte, write the files.

recipe = load_recipe("examples/llama-3.2-1b.toml")
plan = make_plan(recipe)
write(plan, "out")
"""

from __future__ import annotations

from fastinit.checkpoint.errors import RecipeError
from fastinit.checkpoint.plan import Plan, PlannedTensor, Shard, make_plan
from fastinit.checkpoint.recipe import Recipe, load_recipe, parse_recipe
from fastinit.checkpoint.writer import CheckpointError, write

__all__ = [
    "CheckpointError",
    "Plan",
    "PlannedTensor",
    "Recipe",
    "RecipeError",
    "Shard",
    "load_recipe",
    "make_plan",
    "parse_recipe",
    "write",
]
