"""The commands: each takes the parsed arguments, prints, and returns the exit code."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from contextlib import nullcontext
from importlib import metadata
from typing import TYPE_CHECKING

from fastinit import _core, dtypes, runtime
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
from fastinit.checkpoint.writing.cluster import dask_executor
from fastinit.cli import tables
from fastinit.cli.output import complain, print_line, progress_bar
from fastinit.errors import UndecidedError, printable
from fastinit.recipes.presets import DEFAULT_PRESET, NAMES, read_preset

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
    if getattr(arguments, "other", None):
        if arguments.json or arguments.toml or arguments.save:
            raise RecipeError("--json, --toml and --save go with one recipe; leave out the other")
        arguments.recipe = arguments.other
        return _compare(made, _plan_of(arguments))
    if arguments.toml:
        sys.stdout.flush()
        sys.stdout.buffer.write(made.recipe.text.encode())  # to the byte, whatever the encoding
        if made.recipe.literals:
            complain("warning", "the recipe names a file of literal values; --save FILE.toml writes both")
    elif arguments.save:
        for file in save_recipe(made.recipe, arguments.save):
            print_line(f"wrote {printable(str(file))}")
    elif arguments.json:
        print_line(json.dumps(tables.plan_as_dict(made), indent=1))
    else:
        rows = tables.plan_rows(made)
        if sys.stdout is not None and sys.stdout.isatty():
            rows = tables.fitted(rows, "rule", shutil.get_terminal_size().columns)
        tables.print_table(rows, left=("tensor", "dtype", "rule"))
        print_line(f"{tables.totals(made)}, seed {made.recipe.seed}")
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
        print_line(f"{printable(arguments.folder)}: {found.mismatch}")
        return DIFFERS
    if not arguments.quiet:
        print_line(f"{printable(arguments.folder)}: {tables.verified(found, seconds)}")
    return 0


def stats(arguments: argparse.Namespace) -> int:
    """Shows the statistics of the tensors."""
    with progress_bar("reading", _bytes_of(arguments.folder), arguments.quiet) as advance:
        found = tensor_stats(arguments.folder, progress=advance)
    if arguments.json:
        print_line(json.dumps(found.as_dict(), indent=1, allow_nan=False))
    else:
        tables.print_table(found.rows(), left=("tensor", "dtype", "faults"))
        for line in (*found.notes, tables.judged(found)):
            print_line(line)
    if arguments.plot:
        plot_stats(found, arguments.plot)
    return DIFFERS if found.marked else 0


def presets(_arguments: argparse.Namespace) -> int:
    """Lists the presets."""
    for name in NAMES:
        preset = read_preset(name)
        print_line(f"{name:<{max(map(len, NAMES))}}  {preset.summary}")
        print_line(f"{'':<{max(map(len, NAMES))}}  ({preset.source})")
    return 0


def info(_arguments: argparse.Namespace) -> int:
    """Shows versions and what is in use."""
    build = runtime.build_info()
    rows = {
        "fastinit": build["version"],
        "stream version": build["stream_version"],
        "threads": build["threads"],
        "element types": ", ".join(dtypes.FLOATS),
        "cuda": "not built" if build["cuda"] == "off" else f"built with {build['cuda']}",
    }
    shown = {"version", "isa", "isas", *(name.replace(" ", "_") for name in rows)}
    rows |= {name.replace("_", " "): text for name, text in build.items() if name not in shown}
    rows |= {name: metadata.version(name) for name in ("numpy", "ml_dtypes")}
    rows["python"] = sys.version.split()[0]
    for name, text in rows.items():
        print_line(f"{name:<16} {text}")
    print_line("")
    isas = tables.instruction_set_rows(_core.isas(), build["isa"])
    tables.print_table(isas, left=isas[0])
    return 0


def _set_threads(arguments: argparse.Namespace) -> None:
    if arguments.threads is not None:
        runtime.set_num_threads(arguments.threads)


def _bytes_of(path: str) -> int | None:
    """The size of a checkpoint, for the progress bar; None where that must be left to the reader."""
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
    if source == "like":
        return recipe_from_checkpoint(arguments.like, **given)
    return recipe_from_config(arguments.config, overrides=dict(given.pop("set", ())), **given)
