"""Writers of records: JSON lines, TensorBoard's event files, functions."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fastinit import checks
from fastinit.signal.records import RECORD_START
from fastinit.signal.tensorboard import EventFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastinit.signal.records import Record

    To = str | os.PathLike[str] | Callable[[Record], object] | list[Any] | tuple[Any, ...]


class Writer(Protocol):
    """Accepts records."""

    def write(self, record: Record) -> None:
        """Accepts one record."""

    def close(self) -> None:
        """Called when no more records will come."""


def writer_of(to: object) -> Writer:
    """Returns the writer of records to a place.

    Args:
        to: A path that ends in ".jsonl", for JSON lines, to which a resumed run adds; any other path, for a folder in
            which TensorBoard finds them; a function of a record, such as the `append` of a list; or several of these.

    Raises:
        TypeError: It is none of these.
        ValueError: A path that is neither. It is an OSError if a file cannot be opened.
    """
    if isinstance(to, (str, os.PathLike)):
        return _of_path(Path(to))
    if isinstance(to, (list, tuple)):
        return _Several(to)
    if callable(to):
        return _Function(to)
    rule = 'be a path that ends in ".jsonl", a folder, a function of a record, or several of these'
    raise TypeError(checks.text("to", rule, to))


def _of_path(path: Path) -> Writer:
    if path.suffix == ".jsonl":
        return JsonLines(path)
    if path.suffix == ".json" or path.is_file():
        rule = 'be a path that ends in ".jsonl", or a folder for TensorBoard'
        raise ValueError(checks.text("to", rule, str(path), f'"{path.with_suffix(".jsonl")}" has one record a line'))
    return EventFile(path)


class JsonLines:
    """A file with a record in each line. Other programs see each line as soon as it is written.

    Args:
        path: The file to which lines are added. A last line that a killed process left unfinished is cut off. Folders
            are made.

    Raises:
        ValueError: The file has other contents. It is an OSError if it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _end_last_line(Path(path))
        self._file = open(path, "ab")  # noqa: SIM115

    def write(self, record: Record) -> None:
        """Adds a line."""
        self._file.write(record.to_json().encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


def _end_last_line(path: Path) -> None:
    """Cuts an unfinished line off an existing file of records, so that another line can follow."""
    data = b""
    if path.exists():
        data = path.read_bytes() if path.is_file() else b"no file"
    if data and data[: len(RECORD_START)] != RECORD_START[: len(data)]:
        rule, remedy = "be a file of a monitor's records if it exists", "choose another name"
        raise ValueError(checks.text("to", rule, str(path), remedy))
    whole = data.rfind(b"\n") + 1
    if whole == len(data):
        return
    try:
        json.loads(data[whole:])
    except ValueError:
        os.truncate(path, whole)
    else:
        path.write_bytes(data + b"\n")


class _Function:
    def __init__(self, function: Callable[[Record], object]) -> None:
        self._function = function

    def write(self, record: Record) -> None:
        self._function(record)

    def close(self) -> None:
        pass


class _Several:
    def __init__(self, several: list[Any] | tuple[Any, ...]) -> None:
        with ExitStack() as stack:
            self._writers = [_closed_by(stack, writer_of(to)) for to in several]
            self._stack = stack.pop_all()

    def write(self, record: Record) -> None:
        for writer in self._writers:
            writer.write(record)

    def close(self) -> None:
        self._stack.close()


def _closed_by(stack: ExitStack, writer: Writer) -> Writer:
    stack.callback(writer.close)
    return writer
