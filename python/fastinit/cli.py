"""The command line: argument parsing and printing only."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from fastinit import _core, dtypes, runtime
from fastinit.checkpoint import CheckpointError, Plan, RecipeError, load_recipe, make_plan, write
from fastinit.checkpoint.plan import DEFAULT_SHARD_BYTES
from fastinit.checkpoint.sizes import format_bytes, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_EXIT_CODES = """\
exit codes:
  0    done
  1    reading or writing failed: OUT exists, the disk is full, ... (nothing is left behind)
  2    wrong usage, or a recipe that cannot be used
  130  interrupted by Ctrl-C (nothing is left behind)
  143  terminated by SIGTERM (nothing is left behind)
"""
_INTERRUPTED = 130
_TERMINATED = 143


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"fastinit: error: {message}; see {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], None] = arguments.command
    try:
        command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _fail("interrupted (nothing was left behind)", _INTERRUPTED)
    except RecipeError as error:
        return _fail(str(error), 2)
    except BrokenPipeError:  # the reader has had enough, as in `fastinit plan RECIPE | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except CheckpointError as error:
        return _fail(str(error), 1)
    return 0


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"fastinit: error: {message}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    shape: dict[str, Any] = {
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "epilog": _EXIT_CODES,
    }
    parser = _Parser(
        prog="fastinit",
        description="Initialise neural-network weights, reproducibly to the bit.",
        **shape,
    )
    parser.add_argument("--version", action="version", version=f"fastinit {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="write the checkpoint of a recipe", **shape)
    init.set_defaults(command=_init)
    init.add_argument("recipe", metavar="RECIPE", help="a TOML file: tensors and rules")
    init.add_argument("out", metavar="OUT", help="the folder to make; it must not exist yet")
    _add_shard_size(init)
    init.add_argument("--threads", metavar="N", type=_threads, help="threads (default: all)")
    init.add_argument("--quiet", action="store_true", help="print errors only")

    plan = commands.add_parser("plan", help="show what a recipe makes, writing nothing", **shape)
    plan.set_defaults(command=_plan)
    plan.add_argument("recipe", metavar="RECIPE", help="a TOML file: tensors and rules")
    _add_shard_size(plan)

    info = commands.add_parser("info", help="show versions and what the processor can do", **shape)
    info.set_defaults(command=_info)
    return parser


def _add_shard_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shard-size",
        metavar="SIZE",
        type=_size,
        default=DEFAULT_SHARD_BYTES,
        help="most bytes of tensors in a file, such as 5GB (default) or 512MiB",
    )


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _threads(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 2**16):
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {2**16}, got {text!r}")
    return int(text)


def _init(arguments: argparse.Namespace) -> None:
    if arguments.threads is not None:
        runtime.set_num_threads(arguments.threads)
    plan = make_plan(load_recipe(arguments.recipe), arguments.shard_size)
    start = time.perf_counter()
    with _sigterm_unwinds(), _progress(plan, arguments.quiet) as advance:
        write(plan, arguments.out, progress=advance)
    seconds = time.perf_counter() - start
    if not arguments.quiet:
        rate = format_bytes(plan.file_bytes / seconds)
        _print(f"wrote {_totals(plan)} to {arguments.out} in {seconds:.2f} s ({rate}/s)")


@contextmanager
def _progress(plan: Plan, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Shows a bar on standard error if that is a terminal, and yields what moves it."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
    )
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("writing", total=plan.file_bytes)
        yield lambda count: progress.advance(task, count)


@contextmanager
def _sigterm_unwinds() -> Iterator[None]:
    """Lets SIGTERM remove what is incomplete, as Ctrl-C does."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise SystemExit(_TERMINATED)

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _plan(arguments: argparse.Namespace) -> None:
    plan = make_plan(load_recipe(arguments.recipe), arguments.shard_size)
    rows = [("tensor", "shape", "dtype", "rule", "match", "std", "bytes", "file")]
    rows += [
        (
            tensor.name,
            str(list(tensor.shape)),
            tensor.dtype,
            tensor.rule.call,
            tensor.rule.match,
            f"{tensor.distribution.std:.6g}",
            f"{tensor.nbytes:,}",
            tensor.file,
        )
        for tensor in plan.tensors
    ]
    # By hand, as rich takes half a millisecond a row and folds cells where a terminal is narrow.
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if title in ("shape", "std", "bytes") else cell.ljust(width)
            for title, cell, width in zip(rows[0], row, widths, strict=True)
        )
        _print("  ".join(cells).rstrip())
    _print(_totals(plan))


def _totals(plan: Plan) -> str:
    tensors, files = sum(1 for _ in plan.tensors), len(plan.shards)
    return (
        f"{tensors:,} {'tensor' if tensors == 1 else 'tensors'}, {plan.parameters:,} parameters, "
        f"{format_bytes(plan.tensor_bytes)} in {files:,} {'file' if files == 1 else 'files'}"
    )


def _info(_arguments: argparse.Namespace) -> None:
    build = runtime.build_info()
    isas = ", ".join(
        f"{name} ({'built' if built else 'not built'}, "
        f"{'supported' if supported else 'not supported'} by this processor)"
        for name, built, supported in _core.isas()
    )
    rows = {
        "fastinit": _version(),
        "stream version": build["stream_version"],
        "instruction set": f"{build['isa']}, out of: {isas}",
        "threads": build["threads"],
        "element types": ", ".join(dtypes.FLOATS),
        "cuda": "built" if build.get("cuda", "off") != "off" else "not built",
    }
    shown = {"version", "isa", "isas", *(name.replace(" ", "_") for name in rows)}
    rows |= {name.replace("_", " "): text for name, text in build.items() if name not in shown}
    rows |= {name: metadata.version(name) for name in ("numpy", "ml_dtypes")}
    rows["python"] = sys.version.split()[0]
    for name, text in rows.items():
        _print(f"{name:<16} {text}")


def _version() -> str:
    return _core.build_info()["version"]


def _print(line: str) -> None:
    """Prints a line, with \\u escapes for what standard output cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
