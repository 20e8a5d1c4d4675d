"""`fastinit examples` and `fastinit presets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastinit.checkpoint.sizes import format_bytes
from fastinit.cli.output import print_line
from fastinit.cli.tables import print_table
from fastinit.recipes import examples as installed
from fastinit.recipes.presets import NAMES, read_preset

if TYPE_CHECKING:
    import argparse


def examples(_arguments: argparse.Namespace) -> int:
    """Lists the examples with their names, parameters, bytes and titles."""
    from fastinit.checkpoint import load_recipe, make_plan

    rows: list[tuple[str, ...]] = [("name", "parameters", "size", "what")]
    for name in installed.NAMES:
        plan = make_plan(load_recipe(installed.FOLDER / f"{name}.toml"))
        rows.append((name, f"{plan.parameters:,}", format_bytes(plan.tensor_bytes), installed.title_of(name)))
    print_table(rows, left=("name", "what"))
    print_line('"fastinit plan NAME --save my.toml" makes a copy to change')
    return 0


def presets(_arguments: argparse.Namespace) -> int:
    """Lists the presets, with what each does and where it comes from."""
    rows = [("name", "what it does (and where it is from)")]
    for name in NAMES:
        preset = read_preset(name)
        rows.append((name, f"{preset.summary} ({preset.source})"))
    print_table(rows, left=rows[0])
    return 0
