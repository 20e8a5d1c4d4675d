"""The commands: each takes the parsed arguments, prints, and returns the exit code."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from fastinit import runtime
from fastinit.checkpoint import (
    RecipeError,
    load_recipe,
    make_plan,
    plot_stats,
    recipe_from_checkpoint,
    recipe_from_config,
    save_recipe,
    tensor_stats,
    write,
)
from fastinit.checkpoint import verify as verify_checkpoint
from fastinit.checkpoint.sizes import format_bytes
from fastinit.checkpoint.writing.cluster import dask_executor
from fastinit.cli import tables
from fastinit.cli.libraries import need, need_picture
from fastinit.cli.output import complain, print_bytes, print_line, progress_bar, spinner, tell_plot
from fastinit.cli.style import paint, width
from fastinit.errors import UndecidedError, printable
from fastinit.recipes.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    import argparse

    from fastinit.checkpoint import Plan, Recipe

DIFFERS = 3
_GOES_WITH = {
    "preset": ("recipe", "like", "config"),
    "seed": ("recipe", "like", "config"),
    "dtype": ("recipe", "like", "config"),
    "layout": ("recipe", "like"),
    "set": ("config",),
    "unquantized": ("config",),
    "copy": ("like", "config"),
}
_REMEDIES = {
    "recipe": "write it into the recipe",
    "like": "a checkpoint's own files say what its tensors are",
    "config": "a config's model knows its layout",
}


def init(arguments: argparse.Namespace) -> int:
    """Writes a checkpoint."""
    _set_threads(arguments)
    if arguments.dask is not None:
        need("distributed", "--dask", "dask", arguments.quiet)
    made = _plan_of(arguments)
    start = time.perf_counter()
    cluster = nullcontext() if arguments.dask is None else dask_executor(arguments.dask)
    with cluster as executor, progress_bar("writing", made.file_bytes, arguments.quiet) as advance:
        written = write(
            made,
            arguments.out,
            progress=advance,
            resume=arguments.resume,
            force=arguments.force,
            executor=executor,
        )
    seconds = time.perf_counter() - start
    if not arguments.quiet:
        print_line(tables.wrote(made, printable(arguments.out), written, seconds))
    return 0


def plan(arguments: argparse.Namespace) -> int:
    """Shows what would be written."""
    try:
        made = _plan_of(arguments)
    except UndecidedError as error:
        if arguments.toml:
            print_line(error.draft)
        raise
    if getattr(arguments, "other", None) is not None:
        if arguments.json or arguments.toml or arguments.save is not None:
            raise RecipeError("--json, --toml and --save go with one recipe; leave out the other")
        arguments.recipe = arguments.other
        return _compare(made, _plan_of(arguments))
    if arguments.toml:
        print_bytes(made.recipe.text.encode())  # to the byte, whatever the encoding
        if made.recipe.literals:
            complain("warning", "the recipe names a file of literal values; --save FILE.toml writes both")
    elif arguments.save is not None:
        for file in save_recipe(made.recipe, arguments.save):
            print_line(f"wrote {printable(str(file))}")
    elif arguments.json:
        print_line(json.dumps(tables.plan_as_dict(made), indent=1, allow_nan=False))
    else:
        rows, added = tables.plan_rows(made), ""
        if width() is not None:
            rows, added = tables.short(tables.plan_rows(made, format_bytes))
        tables.print_table(rows, left=("tensor", "dtype", "rule"))
        print_line(f"{tables.totals(made)}{added}, seed {made.recipe.seed}")
        if memory := tables.memory(made):
            print_line(memory)
    return 0


def _compare(one: Plan, other: Plan) -> int:
    rows = tables.differences(one, other)
    if len(rows) == 1:
        print_line("the plans have the same tensors and values")
        return 0
    tables.print_table(rows, left=rows[0])
    return DIFFERS


def verify(arguments: argparse.Namespace) -> int:
    """Recomputes a checkpoint."""
    _set_threads(arguments)
    size = _bytes_of(arguments.folder)
    start = time.perf_counter()
    with progress_bar("verifying", None if arguments.sample else size, arguments.quiet) as advance:
        found = verify_checkpoint(arguments.folder, sample=arguments.sample, progress=advance)
    seconds = time.perf_counter() - start
    if found.mismatch is not None:
        print_line(paint(f"{printable(arguments.folder)}: {found.mismatch}", "red", sys.stdout))
        return DIFFERS
    if not arguments.quiet:
        print_line(paint(f"{printable(arguments.folder)}: {tables.verified(found, seconds)}", "green", sys.stdout))
    return 0


def stats(arguments: argparse.Namespace) -> int:
    """Shows the statistics of the tensors."""
    if arguments.plot is not None:
        need_picture(arguments.plot, arguments.quiet)
    with progress_bar("reading", _bytes_of(arguments.folder), arguments.quiet) as advance:
        found = tensor_stats(arguments.folder, progress=advance)
    if arguments.json:
        print_line(json.dumps(found.as_dict(), indent=1, allow_nan=False))
    else:
        rows, styles, added = tables.stats_rows(found, is_whole=arguments.whole or width() is None)
        tables.print_table(rows, left=("tensor", "dtype", "faults"), styles=styles)
        for note in found.notes:
            print_line(note)
        print_line(paint(tables.judged(found) + added, "red" if found.marked else "green", sys.stdout))
    if arguments.plot is not None:  # afterwards, as a picture may fail
        plot_stats(found, arguments.plot)
        tell_plot(arguments.plot, is_quiet=arguments.quiet, is_json=arguments.json)
    return DIFFERS if found.marked else 0


def _set_threads(arguments: argparse.Namespace) -> None:
    if arguments.threads is not None:
        runtime.set_num_threads(arguments.threads)


def _bytes_of(path: str) -> int | None:
    """The size of a checkpoint, for the progress bar; None if it is unknown."""
    try:
        if os.path.isdir(path):
            return sum(entry.stat().st_size for entry in os.scandir(path))
        return os.stat(path).st_size
    except OSError:
        return None


def _plan_of(arguments: argparse.Namespace) -> Plan:
    return make_plan(_recipe_of(arguments), arguments.shard_size)


def _recipe_of(arguments: argparse.Namespace) -> Recipe:
    given = {name: value for name in _GOES_WITH if (value := getattr(arguments, name)) is not None}
    if arguments.like is not None and arguments.config is not None:
        raise RecipeError("--like and --config both say which tensors to make; leave one out")
    source = "like" if arguments.like is not None else "config" if arguments.config is not None else "recipe"
    for name in given:
        if source not in _GOES_WITH[name]:
            sources = " or ".join(f"--{each}" for each in _GOES_WITH[name] if each != "recipe")
            raise RecipeError(f"--{name} goes with {sources}; {_REMEDIES[source]}")
    if source == "recipe":
        return load_recipe(arguments.recipe, **given)
    given.setdefault("preset", DEFAULT_PRESET)
    if source == "config":
        need("transformers", "--config", "transformers", arguments.quiet)
    with spinner("looking at the model", arguments.quiet):
        if source == "like":
            return recipe_from_checkpoint(arguments.like, **given)
        return recipe_from_config(arguments.config, overrides=dict(given.pop("set", ())), **given)
