"""Completion in bash, zsh and fish, by argcomplete: the shell asks this program what may come next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import argcomplete
from argcomplete.completers import DirectoriesCompleter, FilesCompleter

from fastinit.cli.output import print_line
from fastinit.cli.parser import make_parser, takes_recipe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping


def completion(arguments: argparse.Namespace) -> int:
    """Prints the script that a shell's own configuration loads."""
    print_line(argcomplete.shellcode(["fastinit"], shell=arguments.shell))
    return 0


def answer() -> None:
    """Tells a shell what may come next in its line, and ends the process."""
    parser = make_parser(takes_recipe(os.environ.get("COMP_LINE", "").split()))
    for each in _parsers(parser):
        for action in each._actions:
            completer = _COMPLETERS.get(action.metavar if isinstance(action.metavar, str) else "")
            if completer is not None:
                action.completer = completer  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options=False)


def _parsers(parser: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action.choices, dict):
            yield from (each for each in action.choices.values() if hasattr(each, "_actions"))


def _recipes(prefix: str, **_: Any) -> list[str]:
    from fastinit.recipes.examples import NAMES

    files = FilesCompleter(["toml"])(prefix)
    return [*(name for name in NAMES if name.startswith(prefix)), *files]


def _presets(**_: Any) -> tuple[str, ...]:
    from fastinit.recipes.presets import NAMES

    return NAMES


def _dtypes(**_: Any) -> tuple[str, ...]:
    from fastinit.dtypes import NAMES

    return NAMES


def _layouts(**_: Any) -> tuple[str, ...]:
    from fastinit.fans import LAYOUTS

    return tuple(LAYOUTS)


def _nothing(**_: Any) -> tuple[str, ...]:
    return ()


# By the argument's name in the help. All other arguments complete to files, which is argcomplete's default.
_COMPLETERS: Mapping[str, Callable[..., Any]] = {
    "RECIPE": _recipes,
    "OTHER": _recipes,
    "NAME": _presets,
    "DTYPE": _dtypes,
    "LAYOUT": _layouts,
    "DIR": FilesCompleter(["safetensors"]),  # completes folders too
    "OUT": DirectoriesCompleter(),
    "FILE.toml": FilesCompleter(["toml"]),
    **dict.fromkeys(("N", "N,N,...", "SIZE", "RULE", "KEY=VALUE", "ADDRESS"), _nothing),
}
