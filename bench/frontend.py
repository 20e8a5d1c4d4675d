"""What the commands share: the files that a result goes to and a page is made from."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

RESULTS = Path(__file__).parent / "results"


def add_files(top: argparse.ArgumentParser) -> None:
    """Adds --json, --render and --docs."""
    add = top.add_argument
    text = "where the result goes (default: a file of bench/results with the date in its name)"
    add("--json", type=Path, metavar="FILE", help=text)
    add("--render", type=Path, metavar="FILE", help="measure nothing: make the page from FILE")
    text = "where --render writes (default docs)"
    add("--docs", type=Path, default=Path("docs"), metavar="DIR", help=text)


def render(options: argparse.Namespace, make: Callable[[Path, Path], Iterable[Path]]) -> int:
    """Makes the pages of the result that --render names, and prints where they are."""
    print(*make(options.render, options.docs), sep="\n")
    return 0


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
    prefix: str = "",
    errors: Iterable[str] = (),
    text: Callable[[dict[str, Any]], str] = _indented,
) -> int:
    """Saves the result, prints its page and what is wrong with it; returns the exit status."""
    save(options, result, prefix, text)
    print(page)
    print(f"Result: {options.json}. `--render {options.json}` makes the docs from it.")
    status = 0
    for line in errors:
        print(f"error: {line}", file=sys.stderr)
        status = 1
    return status
