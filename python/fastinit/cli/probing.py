"""`fastinit probe`: the model of a configuration under presets and rules, with random inputs."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastinit.checkpoint.sizes import format_bytes
from fastinit.cli import tables
from fastinit.cli.libraries import need, need_picture
from fastinit.cli.output import print_line, spinner, tell_plot
from fastinit.cli.style import is_terminal
from fastinit.errors import RecipeError, show
from fastinit.recipes.toml import read_toml
from fastinit.signal import coordinates, report
from fastinit.signal.plot import plot_profiles
from fastinit.sources.config import read_config
from fastinit.sources.overrides import Changes, of_width, read_changes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    import torch

    from fastinit.signal.coordinates import CoordinateReport
    from fastinit.signal.report import ProbeReport
    from fastinit.sources.config import Config

UNHEALTHY = 3
_BYTES = 4  # for each float32 element


def probe(arguments: argparse.Namespace) -> int:
    """Probes the model under each of the presets, or one set of rules at several widths."""
    reports: Sequence[ProbeReport | CoordinateReport]
    need("transformers", "--config", "transformers", arguments.quiet)
    if arguments.plot is not None:
        need_picture(arguments.plot, arguments.quiet)
    if arguments.widths:
        with spinner("training at each width", arguments.quiet):
            slopes = _checked_widths(arguments)
        reports, plot, show_text = [slopes], slopes.plot, partial(_print_widths, slopes)
    else:
        with spinner("probing", arguments.quiet):
            profiles = [_probed(arguments, preset) for preset in dict.fromkeys(arguments.preset or (None,))]
        reports, plot = profiles, partial(plot_profiles, profiles)
        show_text = partial(_print_profiles, profiles, arguments.whole)
    if arguments.json:
        print_line(json.dumps({"reports": [each.as_dict() for each in reports]}, indent=1, allow_nan=False))
    else:
        show_text()
    if arguments.plot is not None:  # after the tables, because a picture may fail
        plot(arguments.plot)
        tell_plot(arguments.plot, is_quiet=arguments.quiet, is_json=arguments.json)
    return 0 if all(each.is_healthy for each in reports) else UNHEALTHY


def _print_profiles(reports: Sequence[ProbeReport], is_whole: bool) -> None:
    """Prints the table of one report with its verdict, or a row for each of several.

    On a terminal, columns without any value are left out, as in `fastinit stats`.
    """
    if len(reports) == 1:
        table, more = report.rows_of(reports[0], whole=is_whole, remedy="--whole")
        tables.print_table(tables.without_empty(table) if is_terminal(sys.stdout) else table, report.LEFT)
        for line in (*more, reports[0].verdict):
            print_line(line)
        return
    rows: list[tuple[str, ...]] = [("rules", "activations", "gradients", "verdict")]
    for each in reports:
        growths = ("-" if growth is None else f"x{growth.factor:.3g} a layer" for growth in each.growths)
        rows.append((each.title, *growths, each.verdict))
    tables.print_table(rows, left=("rules", "verdict"))


def _print_widths(found: CoordinateReport) -> None:
    """Prints the slopes of a coordinate check and its verdict."""
    print_line(coordinates.heading_of(found))
    tables.print_table(coordinates.rows_of(found), coordinates.LEFT)
    print_line(found.verdict)


def _probed(arguments: argparse.Namespace, preset: str | None) -> ProbeReport:
    from fastinit.sources.huggingface import built_by  # which looks for transformers

    return built_by(partial(_probe, arguments, preset), *_source(arguments))


def _source(arguments: argparse.Namespace) -> tuple[Config, Changes]:
    changes = read_changes(dict(arguments.set or ()), bool(arguments.unquantized))
    return read_config(Path(arguments.config)), changes


def _checked_widths(arguments: argparse.Namespace) -> CoordinateReport:
    """Trains the model at each width on random inputs, with one learning rate."""
    from fastinit.sources.huggingface import built_by
    from fastinit.torch import coordinate_check, random_inputs

    presets = [*dict.fromkeys(arguments.preset or ())]
    if len(presets) + bool(arguments.rule) > 1:
        raise RecipeError("--widths must go with one --preset or with --rule, got several; check them one by one")
    config, changes = _source(arguments)

    def model_of(width: int) -> Any:
        wider = Changes({**changes.overrides, **of_width(config, width, changes.overrides)}, changes.unquantized)
        return built_by(_small_enough, config, wider)

    seed = arguments.seed or 0
    least = model_of(min(arguments.widths))
    batch = random_inputs(least, samples=arguments.samples, length=arguments.length, seed=seed)
    rules, seeds = arguments.rule or [*presets, "own"][0], [seed, seed + 1, seed + 2]
    try:
        return coordinate_check(model_of, arguments.widths, [batch], rules=rules, seeds=seeds)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"--widths: {error}") from error


def _probe(arguments: argparse.Namespace, preset: str | None, make: Callable[[], torch.nn.Module]) -> ProbeReport:
    from fastinit.torch import build, probe, random_inputs

    model = build(partial(_small_enough, make), seed=arguments.seed or 0, recipe=arguments.rule, preset=preset)
    batch = random_inputs(model, samples=arguments.samples, length=arguments.length, seed=arguments.seed or 0)
    own = "its own rules" if preset is None else preset
    added = f" and {len(arguments.rule)} more" if arguments.rule else ""
    try:
        of = "" if len(set(arguments.preset or ())) > 1 else f"{type(model).__name__}, "
        return probe(model, batch, title=f"{of}{own}{added}")
    except Exception as error:  # whatever the model's own code raises
        given = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in batch.items())
        raise RecipeError(
            f"{type(model).__name__} must run on random inputs ({given}), got {type(error).__name__}: {error}; "
            "make a batch yourself and call fastinit.torch.probe"
        ) from error


def _small_enough(make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """The model on the meta device, if its parameters fit into this machine's memory."""
    model = make()
    needed, memory = _BYTES * sum(parameter.numel() for parameter in model.parameters()), _memory()
    if needed > memory:
        raise RecipeError(
            f"the model's parameters must fit into memory ({format_bytes(memory)}), got {format_bytes(needed)}; "
            "probe a smaller one, such as with --set num_hidden_layers=4"
        )
    return model


def _memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):  # the system does not tell how much memory it has
        return 2**63


def read_rule(text: str) -> dict[str, Any]:
    """Reads a rule in the form that it has in a recipe: a TOML table on one line, with or without its braces.

    Example:
        >>> read_rule('match = "*.weight", init = "normal", std = 0.02')
        {'match': '*.weight', 'init': 'normal', 'std': 0.02}
    """
    inside = text.strip()
    inside = inside[1:-1] if inside.startswith("{") and inside.endswith("}") else inside
    try:
        rule: dict[str, Any] = read_toml(f"rule = {{ {inside} }}")["rule"]
    except RecipeError as error:
        example = """'match = "*.weight", init = "normal", std = 0.02'"""
        raise RecipeError(f"a rule must be such as {example}, got {show(text)}: {error}") from None
    return rule
