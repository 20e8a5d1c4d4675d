"""`fastinit help`, and `fastinit` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastinit.cli.parser import make_parser

if TYPE_CHECKING:
    import argparse

WRONG_USAGE = 2


def show(arguments: argparse.Namespace) -> int:
    """Shows the help of a command, or of all."""
    topic = arguments.topic
    make_parser(with_recipe=True).parse_args([*([topic] if topic else []), "--help"])
    raise AssertionError("--help ends the process")


def show_bare(_arguments: argparse.Namespace) -> int:
    """Shows the help if no command was given, which is wrong usage."""
    make_parser(with_recipe=True).print_help()
    return WRONG_USAGE
