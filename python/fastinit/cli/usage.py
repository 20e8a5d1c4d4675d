"""A parser of arguments whose help fits the terminal, and whose errors are one line with a suggestion."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn

from fastinit.cli import values
from fastinit.cli.style import paint
from fastinit.errors import printable, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_WIDTH = 100
_INDENT = 4  # of continued lines
_NARROW = 60  # up to this width, the column of options is narrower
_HEADING = re.compile(r"^(?:Usage:|[A-Z][A-Za-z ]+:$)", re.MULTILINE)
# argparse's messages, and what the command prints instead.
_PLAIN = (
    (re.compile(r"^argument (\S+): (?=must )"), r"\1 "),
    (re.compile(r"^argument (\S+): expected one argument$"), r"\1 needs a value"),
    (re.compile(r"^argument (\S+): not allowed with argument (\S+)$"), r"\1 does not go with \2; leave one out"),
    (re.compile(r"^argument (\S+): ignored explicit argument (.*)$"), r"\1 takes no value, got \2"),
    (re.compile(r"^argument (\S+): "), r"\1: "),
    (re.compile(r"^the following arguments are required: (\S+)$"), r"\1 is missing"),
    (re.compile(r"^the following arguments are required: "), "these are missing: "),
)


class Formatter(argparse.HelpFormatter):
    """Help with paragraphs and lists as they are written, each line wrapped to the width."""

    def __init__(self, prog: str) -> None:
        # The whole width: argparse's own is two less.
        width = max(min(shutil.get_terminal_size().columns, _MOST_WIDTH), 30)
        super().__init__(prog, max_help_position=24 if width > _NARROW else 16, width=width)

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "Usage: " if prefix is None else prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for whole in text.splitlines() for line in _wrapped(whole, width) or [""])


def _wrapped(line: str, width: int) -> list[str]:
    """Wraps a line. The text of `  name   text` stays in its column, or goes below the name if the line is narrow."""
    indent = len(line) - len(line.lstrip())
    below = indent and indent + _INDENT
    columns = re.match(r" *\S.*? {2,}(?=\S)", line)
    if columns and len(line) > width and columns.end() > width // 2:
        text = textwrap.wrap(line[columns.end() :], width - below, break_on_hyphens=False)
        return [columns[0].rstrip(), *(" " * below + each for each in text)]
    after = " " * (columns.end() if columns else below)
    return textwrap.wrap(line, width, subsequent_indent=after, break_on_hyphens=False, drop_whitespace=True)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose help is titled `Arguments` and `Options`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=Formatter, allow_abbrev=False, add_help=False, **settings)
        self.color = False  # newer versions of Python would add their own colours
        self._positionals.title = "Arguments"
        self._optionals.title = "Options"

    def format_help(self) -> str:
        self._action_groups.sort(key=lambda group: group is self._optionals)  # options come last
        return super().format_help()

    def print_help(self, file: Any = None) -> None:
        from fastinit.cli.output import flush, print_line

        del file  # it is always standard output
        print_line(_HEADING.sub(lambda match: paint(match[0], "bold", sys.stdout), self.format_help()).rstrip("\n"))
        flush()

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        if "" in args:
            self.error("an argument is empty, perhaps a variable that is not set")
        found, rest = self.parse_known_args(args, namespace)
        if rest:
            parser = getattr(found, "parser", self)
            parser.error(parser.unknown(rest[0]))
        return found

    def unknown(self, word: str) -> str:
        """Returns the message for an argument that the command does not have."""
        option = word.partition("=")[0]
        if not option.startswith("-"):
            return f"{self.prog} takes no more arguments, got {word!r}"
        return f"{self.prog} has no option {option}{suggest(option, self._option_string_actions)}"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            what = (action.metavar if isinstance(action.metavar, str) else action.dest).lower()
            try:
                values.named(what, value, tuple(action.choices))
            except argparse.ArgumentTypeError as error:
                raise argparse.ArgumentError(None, str(error)) from None

    def error(self, message: str) -> NoReturn:
        for pattern, plain in _PLAIN:
            message, is_found = pattern.subn(plain, message, count=1)
            if is_found:
                break
        see = "" if message.endswith("?") else f"; see {self.prog} --help"
        kind = paint("error", "red", sys.stderr)
        self.exit(2, f"fastinit: {kind}: {printable(message)}{see}\n")


def listed(title: str, entries: Iterable[Sequence[str]]) -> str:
    """A section of help: its title, and lines of a name and a text."""
    rows = [*entries]
    widest = max(len(row[0]) for row in rows)
    return "\n".join((f"{title}:", *(f"  {row[0]:<{widest}}  {' '.join(row[1:])}".rstrip() for row in rows)))
