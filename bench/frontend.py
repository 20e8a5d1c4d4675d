"""What the commands share: a bar while they measure, tables that fit the terminal, and files for the rest."""

from __future__ import annotations

import datetime
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fastinit.cli.style import is_terminal, paint
from fastinit.columns import aligned, folded
from fastinit.progress import progress_bar

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
RESULTS = Path(__file__).parent / "results"


def add_files(top: argparse.ArgumentParser) -> None:
    """Adds --json, --markdown, --render and --docs."""
    add = top.add_argument
    text = "where the result goes (default: a file of bench/results with the date in its name)"
    add("--json", type=Path, metavar="FILE", help=text)
    add("--markdown", type=Path, metavar="FILE", help="where the whole page goes, with its text (default: nowhere)")
    add("--render", type=Path, metavar="FILE", help="measure nothing: make the page from FILE")
    text = "where --render writes (default docs)"
    add("--docs", type=Path, default=Path("docs"), metavar="DIR", help=text)


def render(options: argparse.Namespace, make: Callable[[Path, Path], Iterable[Path]]) -> int:
    """Makes the pages of the result that --render names, and prints where they are."""
    print(*make(options.render, options.docs), sep="\n")
    return 0


def each(items: Sequence[T], name: Callable[[T], str]) -> Iterator[T]:
    """Yields what is to be measured, with a bar on a terminal, and a line for each elsewhere."""
    with progress_bar("measuring", len(items), is_hidden=False) as advance:
        for item in items:
            advance(0, name(item))
            note(name(item))
            yield item
            advance(1)


def note(text: str) -> None:
    """Prints a line about what goes on where there is no bar: a log keeps it, and the tables follow."""
    if not is_terminal(sys.stderr):
        print(text, file=sys.stderr, flush=True)


def _indented(result: dict[str, Any]) -> str:
    return json.dumps(result, indent=1) + "\n"


def save(
    options: argparse.Namespace,
    result: dict[str, Any],
    prefix: str = "",
    text: Callable[[dict[str, Any]], str] = _indented,
) -> None:
    """Writes the result, as `text` has it, to --json, which becomes the file's name where none was given."""
    now = datetime.datetime.now()
    options.json = options.json or RESULTS / f"{prefix}{now:%Y-%m-%d-%H%M%S}.json"
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(text(result))


def finish(
    options: argparse.Namespace,
    result: dict[str, Any],
    page: str,
    *,
    summary: str | None = None,
    prefix: str = "",
    errors: Iterable[str] = (),
    text: Callable[[dict[str, Any]], str] = _indented,
) -> int:
    """Saves the result, prints its tables and what is wrong with it; returns the exit status.

    Args:
        options: As parsed.
        result: What was measured.
        page: In Markdown, for --markdown.
        summary: What to print of it (default: the tables of the page).
        prefix: Of the name of the result's file.
        errors: What is wrong.
        text: The result as it is saved.
    """
    save(options, result, prefix, text)
    for line in tables_of(page if summary is None else summary):
        print(line)
    print(f"result: {options.json}; --render {options.json} makes the docs from it")
    if options.markdown:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        options.markdown.write_text(page)
        print(f"page: {options.markdown}")
    status = 0
    for line in errors:
        print(f"{paint('error', 'red', sys.stderr)}: {line}", file=sys.stderr)
        status = 1
    return status


def tables_of(page: str) -> Iterator[str]:
    """The tables of a page in Markdown with their headings, as lines that fit the terminal, if there is one."""
    heading, rows = "", []
    for line in [*page.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
        elif rows:
            if heading:
                yield paint(heading, "bold", sys.stdout)
            yield from _fitted(rows)
            yield ""
            heading, rows = "", []
        elif line.startswith("#"):
            heading = line.lstrip("# ")


def _fitted(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A table's rows; the second, which is a rule, says by a colon what is right-aligned."""
    titles, rule, *rest = rows
    left = [title for title, dashes in zip(titles, rule, strict=True) if not dashes.endswith(":")]
    if not is_terminal(sys.stdout):
        yield from aligned([titles, *rest], left)
        return
    for lines in folded([titles, *rest], left, shutil.get_terminal_size().columns):
        yield from lines
