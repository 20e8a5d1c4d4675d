"""The commands, arguments and options of the command line, and their help."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from fastinit.cli import values
from fastinit.cli.usage import Parser, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SHELLS = ("bash", "zsh", "fish")
DEFAULT_SHARD_SIZE = "5GB"
_SOURCES = ("--like", "--config")
# What `fastinit --help` shows: each command is in one of the groups, with the function that runs it.
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "Checkpoints": {
        "init": ("commands:init", "Write a randomly initialised checkpoint."),
        "plan": ("commands:plan", "Show what init would write, and write nothing."),
        "verify": ("commands:verify", "Recompute a checkpoint and compare every byte."),
        "stats": ("commands:stats", "Show each tensor's statistics and what they should be."),
    },
    "Models": {
        "probe": ("probing:probe", "Run a model on random inputs and judge its signal."),
    },
    "Look up": {
        "examples": ("listing:examples", "List the example recipes."),
        "presets": ("listing:presets", "List the presets: rules by name."),
        "info": ("information:info", "Show versions and the processor, for a bug report."),
        "completion": ("completion:completion", "Print what makes a shell complete commands."),
        "help": ("helping:show", "Show this help, or the help of a command."),
    },
}
COMMANDS = {name: about for group in GROUPS.values() for name, about in group.items()}
_CODES = {
    "0": "All went well.",
    "1": "Reading or writing failed: OUT exists, the disk is full, ...",
    "2": "The command or the recipe is wrong.",
    "3": "verify: a byte differs. stats: a tensor is marked. plan: the recipes differ. probe: a model is not healthy.",
    "130": "Interrupted by Ctrl-C.",
    "143": "Terminated by SIGTERM; 129 by SIGHUP.",
}
_EXAMPLES = {
    "": (
        ("fastinit init llama-3.2-1b out", "write a checkpoint of 2.5 GB"),
        ("fastinit plan gpt2", "show its tensors and rules"),
        ("fastinit help init", "show the options of init"),
    ),
    "init": (
        ("fastinit init llama-3.2-1b out",),
        ("fastinit init my.toml out --seed 7 --dtype bfloat16",),
        ("fastinit init --config config.json out --set num_hidden_layers=2",),
    ),
    "plan": (
        ("fastinit plan gpt2",),
        ("fastinit plan gpt2 --save my.toml", "a copy to change"),
        ("fastinit plan gpt2 my.toml", "show what differs"),
    ),
    "verify": (("fastinit verify out",), ("fastinit verify out --sample",)),
    "stats": (("fastinit stats out",), ("fastinit stats out --plot stats.svg",)),
    "probe": (
        ("fastinit probe --config config.json",),
        ("fastinit probe --config config.json --preset hf --preset he",),
    ),
    "completion": (
        ('eval "$(fastinit completion bash)"', "in ~/.bashrc"),
        ('eval "$(fastinit completion zsh)"', "in ~/.zshrc, after compinit"),
        ("fastinit completion fish | source", "in config.fish"),
    ),
}


def takes_recipe(argv: Iterable[str]) -> bool:
    """Whether the tensors come from a recipe, which is then the first argument of the command."""
    return not any(argument.partition("=")[0] in _SOURCES for argument in argv)


def make_parser(with_recipe: bool) -> Parser:
    """Makes the parser. `with_recipe` is from `takes_recipe`: argparse cannot leave out a first argument."""
    parser = Parser(
        prog="fastinit",
        usage="fastinit COMMAND ...",
        description="Initialise neural-network weights, reproducibly to the bit.",
        epilog="\n\n".join(
            (
                *(
                    listed(title, [(name, about[1]) for name, about in group.items()])
                    for title, group in GROUPS.items()
                ),
                listed("Examples", _EXAMPLES[""]),
                listed("Exit codes", _CODES.items()),
            )
        ),
    )
    parser.add_argument("-h", "--help", action="help", help="Show this help.")
    parser.add_argument("--version", action=_Version, nargs=0, help="Show the version.")
    parser.set_defaults(run="helping:show_bare")
    subparsers = parser.add_subparsers(prog="fastinit", metavar="COMMAND", help=argparse.SUPPRESS)
    for name, (run, text) in COMMANDS.items():
        added = subparsers.add_parser(
            name, description=text, epilog=listed("Examples", _EXAMPLES[name]) if name in _EXAMPLES else None
        )
        added.set_defaults(run=run, parser=added)
        _ARGUMENTS.get(name, _no_arguments)(added, with_recipe)
        added.add_argument("-h", "--help", action="help", help="Show this help.")
    return parser


class _Version(argparse.Action):
    """Prints the version. It is known only to the core, which is loaded for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from fastinit import _core
        from fastinit.cli.output import flush, print_line

        print_line(f"fastinit {_core.build_info()['version']}")
        flush()
        parser.exit()


def _no_arguments(_parser: Parser, _with_recipe: bool) -> None:
    pass


def _init(parser: Parser, with_recipe: bool) -> None:
    _usage(parser, "RECIPE OUT [OPTIONS]", "--like DIR OUT [OPTIONS]", "--config FILE OUT [OPTIONS]")
    _add_source(parser, with_recipe)
    parser.add_argument("out", metavar="OUT", help="The folder to make. It may exist if it is empty.")
    _add_changes_of_recipe(parser)
    add = parser.add_argument_group("Writing").add_argument
    _add_shard_size(add)
    add("--resume", action="store_true", help="Go on where an interrupted run stopped; start if there is none.")
    add(
        "--force",
        action="store_true",
        help="Replace OUT if it is a checkpoint of fastinit's. With --resume, go on with a run that did.",
    )
    add("--dask", metavar="ADDRESS", help="Write on a Dask cluster, such as tcp://HOST:8786.")
    _add_threads(add)
    _add_quiet(parser)


def _plan(parser: Parser, with_recipe: bool) -> None:
    _usage(parser, "RECIPE [OPTIONS]", "RECIPE OTHER [OPTIONS]", "--like DIR [OPTIONS]", "--config FILE [OPTIONS]")
    _add_source(parser, with_recipe)
    if with_recipe:
        parser.add_argument("other", nargs="?", metavar="OTHER", help="Another recipe: show what differs instead.")
    _add_changes_of_recipe(parser)
    group = parser.add_argument_group("Output")
    _add_shard_size(group.add_argument)
    form = group.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="Print the plan as JSON.")
    form.add_argument("--toml", action="store_true", help="Print the recipe itself, with all names and rules.")
    form.add_argument("--save", metavar="FILE.toml", help="Write the recipe, and what it names, to keep or change it.")
    _add_quiet(parser)


def _verify(parser: Parser, _with_recipe: bool) -> None:
    _usage(parser, "DIR [OPTIONS]")
    parser.add_argument("folder", metavar="DIR", help="A folder that fastinit has written.")
    parser.add_argument("--sample", action="store_true", help="Look quickly, at some blocks of each tensor.")
    _add_threads(parser.add_argument)
    _add_quiet(parser)


def _stats(parser: Parser, _with_recipe: bool) -> None:
    _usage(parser, "DIR [OPTIONS]")
    parser.add_argument("folder", metavar="DIR", help="Any safetensors checkpoint, or one of its files.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--whole", action="store_true", help="Show a row for every tensor, as a pipe gets it, not for layers together."
    )
    form.add_argument("--json", action="store_true", help="Print the statistics as JSON.")
    parser.add_argument("--plot", metavar="FILE", help="Plot them, with some histograms, such as stats.svg.")
    _add_quiet(parser)


def _probe(parser: Parser, _with_recipe: bool) -> None:
    _usage(parser, "--config FILE [OPTIONS]")
    add = parser.add_argument_group("The model").add_argument
    add("--config", metavar="FILE", required=True, help="The config.json of a Hugging Face model.")
    _add_changes_of_config(add)
    add = parser.add_argument_group("Its weights").add_argument
    add(
        "--preset",
        metavar="NAME",
        type=values.preset_or_formula,
        action="append",
        help="Draw by a preset, or by an initializer for all weights, instead of the model's own rules. "
        "May be repeated: each is probed.",
    )
    add(
        "--rule",
        metavar="RULE",
        type=values.rule,
        action="append",
        help="""Put a rule before those, such as 'match = "*.weight", init = "normal", std = 0.02'. May be repeated.""",
    )
    add("--seed", metavar="N", type=values.seed, help="Draw weights and inputs from this seed (default: 0).")
    add = parser.add_argument_group("Its inputs").add_argument
    add("--samples", metavar="N", type=values.count, default=8, help="How many are in the batch (default: 8).")
    add("--length", metavar="N", type=values.count, default=64, help="How many tokens each has (default: 64).")
    add(
        "--widths",
        metavar="N,N,...",
        type=values.widths,
        help="Train for four steps at each of these hidden sizes instead, to see what grows with the width.",
    )
    group = parser.add_argument_group("Output")
    form = group.add_mutually_exclusive_group()
    form.add_argument("--whole", action="store_true", help="Show every module, however many.")
    form.add_argument("--json", action="store_true", help="Print all of it as JSON.")
    group.add_argument("--plot", metavar="FILE", help="Plot activations and gradients by depth, such as probe.svg.")
    _add_quiet(parser)


def _info(parser: Parser, _with_recipe: bool) -> None:
    parser.add_argument("--json", action="store_true", help="Print it as JSON.")


def _completion(parser: Parser, _with_recipe: bool) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish.")


def _help(parser: Parser, _with_recipe: bool) -> None:
    parser.add_argument("topic", metavar="COMMAND", nargs="?", choices=COMMANDS, help="The command.")


_ARGUMENTS: Mapping[str, Callable[[Parser, bool], None]] = {
    "init": _init,
    "plan": _plan,
    "verify": _verify,
    "stats": _stats,
    "probe": _probe,
    "info": _info,
    "completion": _completion,
    "help": _help,
}


def _usage(parser: Parser, *forms: str) -> None:
    indent = "\n" + " " * len("Usage: ")
    parser.usage = indent.join(f"{parser.prog} {form}" for form in forms)


def _add_source(parser: Parser, with_recipe: bool) -> None:
    if with_recipe:
        parser.add_argument(
            "recipe",
            metavar="RECIPE",
            help='A TOML file of tensors and rules, or an example (see "fastinit examples").',
        )
    add = parser.add_argument_group("Instead of RECIPE").add_argument
    add("--like", metavar="DIR", help="Take the tensors of this safetensors checkpoint (headers only).")
    add("--config", metavar="FILE", help="Take the tensors of a Hugging Face config.json's model.")


def _add_changes_of_recipe(parser: Parser) -> None:
    add = parser.add_argument_group("Changes").add_argument
    # None where absent: a recipe says these itself.
    add(
        "--preset",
        metavar="NAME",
        type=values.preset,
        help='Use rules by name (see "fastinit presets") instead of the recipe\'s. With --like and --config: hf.',
    )
    add("--seed", metavar="N", type=values.seed, help="Use this seed instead of the recipe's.")
    add("--dtype", metavar="DTYPE", type=values.dtype, help="Use this type instead of the recipe's, such as bfloat16.")
    add(
        "--layout",
        metavar="LAYOUT",
        type=values.layout,
        help="Read shapes as torch or keras has them, for rules that take fans. Not with --config.",
    )
    _add_changes_of_config(add)
    add(
        "--copy",
        action="store_true",
        default=None,
        help="With --like or --config: copy tokenizers and other small files that lie beside it too.",
    )


def _add_changes_of_config(add: Callable[..., Any]) -> None:
    add(
        "--set",
        metavar="KEY=VALUE",
        type=values.setting,
        action="append",
        help="With --config: change a value, such as num_hidden_layers=2 or text_config.hidden_size=64. "
        "May be repeated.",
    )
    add(
        "--unquantized",
        action="store_true",
        default=None,
        help="With --config: leave a quantization_config out.",
    )


def _add_shard_size(add: Callable[..., Any]) -> None:
    add(
        "--shard-size",
        metavar="SIZE",
        type=values.size,
        default=DEFAULT_SHARD_SIZE,
        help=f"Put at most this much into a file, such as 512MiB (default: {DEFAULT_SHARD_SIZE}).",
    )


def _add_threads(add: Callable[..., Any]) -> None:
    from fastinit import _core

    most = f"Use so many threads, at most {_core.most_threads} (default: all)."
    add("--threads", metavar="N", type=values.threads, help=most)


def _add_quiet(parser: Parser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="Print only errors and what was asked for.")
