"""What the command line takes: commands, options, and the checks of single values."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any, NoReturn

from fastinit import _core
from fastinit.checkpoint.plan import DEFAULT_SHARD_BYTES
from fastinit.checkpoint.sizes import parse_size
from fastinit.cli import commands, probing
from fastinit.dtypes import FLOATS, canonical
from fastinit.errors import RecipeError
from fastinit.fans import LAYOUTS
from fastinit.recipes.presets import DEFAULT_PRESET, NAMES, preset_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_EXIT_CODES = f"""\
exit codes:
  0    done; verify: every byte is as recorded; stats: nothing is marked
  1    reading or writing failed: OUT exists, the disk is full, DIR is no checkpoint, ...
  2    wrong usage, or a recipe that cannot be used
  {commands.DIFFERS}    verify: something differs; stats: some tensor is marked; probe: a model is not healthy
  130  interrupted by Ctrl-C
  143  terminated by SIGTERM; by SIGHUP 129
"""
_SOURCES = ("--like", "--config")


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"fastinit: error: {message}; see {self.prog} --help\n")


def takes_recipe(argv: Iterable[str]) -> bool:
    """Whether the tensors come from a recipe, which is then the first argument of the command."""
    return not any(argument.partition("=")[0] in _SOURCES for argument in argv)


def make_parser(with_recipe: bool) -> argparse.ArgumentParser:
    """Makes the parser. `with_recipe` is from `takes_recipe`: argparse cannot leave out a first argument."""
    shape: dict[str, Any] = {
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "epilog": _EXIT_CODES,
        "allow_abbrev": False,
    }
    parser = _Parser(
        prog="fastinit",
        description="Initialise neural-network weights, reproducibly to the bit.",
        **shape,
    )
    parser.add_argument("--version", action="version", version=f"fastinit {_version()}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, help=text, description=text.capitalize(), **shape)
        added.set_defaults(command=run)
        return added

    init = command("init", commands.init, "write a randomly initialised checkpoint")
    _add_source(init, with_recipe, "[options] OUT")
    init.add_argument("out", metavar="OUT", help="the folder to make")
    init.add_argument(
        "--resume",
        action="store_true",
        help="go on where an interrupted run stopped; start if there is none",
    )
    init.add_argument(
        "--force",
        action="store_true",
        help="replace OUT if it is a checkpoint of fastinit's; with --resume, go on with a run that did",
    )
    init.add_argument("--dask", metavar="ADDRESS", help="write on a Dask cluster, such as tcp://HOST:8786")
    _add_threads(init)
    _add_quiet(init)

    plan = command("plan", commands.plan, "show what would be written, writing nothing")
    _add_source(plan, with_recipe, "[options]")
    if with_recipe:
        plan.add_argument("other", nargs="?", metavar="OTHER", help="another recipe: show what differs instead")
    form = plan.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the plan as JSON")
    form.add_argument("--toml", action="store_true", help="print the recipe itself, with all names and rules")
    form.add_argument("--save", metavar="FILE.toml", help="write the recipe, and what it names, to be kept or changed")

    verify = command("verify", commands.verify, "recompute a checkpoint and compare every byte")
    verify.add_argument("folder", metavar="DIR", help="a folder that fastinit has written")
    verify.add_argument("--sample", action="store_true", help="a quick look: some blocks of each tensor")
    _add_threads(verify)
    _add_quiet(verify)

    stats = command("stats", commands.stats, "show each tensor's statistics and what they should be")
    stats.add_argument("folder", metavar="DIR", help="any safetensors checkpoint, or one of its files")
    stats.add_argument("--json", action="store_true", help="print them as JSON")
    stats.add_argument("--plot", metavar="FILE.png", help="plot them, with some histograms")
    _add_quiet(stats)

    probe = command("probe", probing.probe, "run a model on random inputs, and say whether its signal lives")
    probe.add_argument("--config", metavar="FILE", required=True, help="the config.json of a Hugging Face model")
    _add_changes(probe.add_argument)
    probe.add_argument(
        "--preset",
        metavar="NAME",
        type=_preset,
        action="append",
        help="rules by name: a preset, or an initializer for all weights; may be repeated (default: the model's own)",
    )
    probe.add_argument(
        "--rule",
        metavar="RULE",
        type=_rule,
        action="append",
        help="""before those, such as 'match = "*.weight", init = "normal", std = 0.02'; may be repeated""",
    )
    probe.add_argument("--seed", metavar="N", type=_seed, help="of weights and inputs (default: 0)")
    probe.add_argument("--samples", metavar="N", type=_count, default=8, help="in the batch (default: 8)")
    probe.add_argument("--length", metavar="N", type=_count, default=64, help="tokens in a sample (default: 64)")
    probe.add_argument(
        "--widths",
        metavar="N,N,...",
        type=_widths,
        help="train it for four steps at each of these hidden sizes instead, to see what grows with width",
    )
    form = probe.add_mutually_exclusive_group()
    form.add_argument("--whole", action="store_true", help="show every module, however many")
    form.add_argument("--json", action="store_true", help="print all of it as JSON")
    probe.add_argument("--plot", metavar="FILE", help="plot activations and gradients by depth, such as probe.svg")

    command("presets", commands.presets, "list the presets: what each does, and where it is from")
    command("info", commands.info, "show versions and what the processor can do")
    return parser


def _add_source(parser: argparse.ArgumentParser, with_recipe: bool, rest: str) -> None:
    parser.usage = f"{parser.prog} (RECIPE | --like DIR | --config FILE) {rest}"
    if with_recipe:
        parser.add_argument("recipe", metavar="RECIPE", help="a TOML file: tensors and rules")
    add = parser.add_argument_group("instead of RECIPE").add_argument
    add("--like", metavar="DIR", help="the tensors of this safetensors checkpoint (headers only)")
    add("--config", metavar="FILE", help="the tensors of a Hugging Face config.json's model")
    # None where absent: a recipe says these itself.
    add(
        "--preset",
        choices=NAMES,
        help=f"rules by name, in place of a recipe's (with --like and --config by default {DEFAULT_PRESET})",
    )
    add("--seed", metavar="N", type=_seed, help="in place of a recipe's (with --like and --config by default 0)")
    add("--dtype", type=canonical, choices=tuple(FLOATS), help="in place of a recipe's, or of the source's")
    add("--layout", choices=tuple(LAYOUTS), help="of shapes, for rules that take fans; not with --config")
    _add_changes(add)
    add(
        "--copy",
        action="store_true",
        default=None,
        help="with --like or --config: copy tokenizers and other small files that lie beside too",
    )
    parser.add_argument(
        "--shard-size",
        metavar="SIZE",
        type=_size,
        default=DEFAULT_SHARD_BYTES,
        help="most bytes of tensors in a file, such as 5GB (default) or 512MiB",
    )


def _add_changes(add: Callable[..., Any]) -> None:
    add(
        "--set",
        metavar="KEY=VALUE",
        type=_setting,
        action="append",
        help="with --config: another value, such as num_hidden_layers=2 or text_config.hidden_size=64; may be repeated",
    )
    add(
        "--unquantized",
        action="store_true",
        default=None,
        help="with --config: leave a quantization_config out",
    )


def _add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", metavar="N", type=_threads, help="threads (default: all)")


def _add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print errors and results only")


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    return _number(text, 1, 2**20)


def _widths(text: str) -> list[int]:
    return [_number(width, 1, 2**20) for width in text.split(",")]


def _preset(text: str) -> str:
    try:
        preset_of(text)
    except RecipeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _rule(text: str) -> dict[str, Any]:
    try:
        return probing.read_rule(text)
    except RecipeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _threads(text: str) -> int:
    return _number(text, 1, 2**16)


def _seed(text: str) -> int:
    return _number(text, 0, 2**64 - 1)


def _setting(text: str) -> tuple[str, Any]:
    """A key, and a value that is JSON or else text."""
    key, mark, written = text.partition("=")
    if not key or not mark:
        raise argparse.ArgumentTypeError(f"must be KEY=VALUE, such as hidden_size=64, got {text!r}")
    try:
        return key, json.loads(written)
    except (ValueError, RecursionError):
        if written.startswith(("[", "{", '"')):
            raise argparse.ArgumentTypeError(
                f'must have a value that is JSON, such as ["a", "b"], or plain text, got {written!r} for {key!r}'
            ) from None
        return key, written


def _number(text: str, least: int, most: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"must be a number from {least} to {most}, got {text!r}")
    return int(text)


def _version() -> str:
    return _core.build_info()["version"]
