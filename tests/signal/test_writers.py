"""Where records go: which `to` means what, and what a file holds at each moment."""

from __future__ import annotations

import gc
import io
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.signal.records import Record, read_records, record_of
from fastinit.signal.writers import JsonLines, writer_of
from tests.signal.event_files import read
from tests.signal.reports import growing

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [record_of(growing(1.0), step, float(step)) for step in (0, 50, 100)]


def test_each_line_is_in_the_file_when_it_was_written(tmp_path: Path) -> None:
    writer = writer_of(tmp_path / "deep" / "run.jsonl")
    for count, record in enumerate(RECORDS, 1):
        writer.write(record)
        assert read_records(tmp_path / "deep" / "run.jsonl") == RECORDS[:count]
    writer.close()


def test_another_run_adds_lines(tmp_path: Path) -> None:
    for record in RECORDS:
        writer = JsonLines(tmp_path / "run.jsonl")
        writer.write(record)
        writer.close()
    assert read_records(tmp_path / "run.jsonl") == RECORDS


@pytest.mark.parametrize(("cut", "kept"), [(1, 2), (2, 1), (30, 1)])
def test_a_line_never_follows_an_unfinished_one(tmp_path: Path, cut: int, kept: int) -> None:
    """The second line is incomplete: only its line feed is missing, or more."""
    path = tmp_path / "run.jsonl"
    path.write_text("".join(record.to_json() + "\n" for record in RECORDS[:2])[:-cut])
    writer = JsonLines(path)
    writer.write(RECORDS[2])
    writer.close()
    assert read_records(path) == [*RECORDS[:kept], RECORDS[2]]


def test_a_folder_gets_an_event_file(tmp_path: Path) -> None:
    writer = writer_of(str(tmp_path / "runs" / "v1.5"))
    writer.write(RECORDS[1])
    writer.close()
    (path,) = (tmp_path / "runs" / "v1.5").iterdir()
    assert [event["step"] for event in read(path)] == [0, 50]


def test_a_function_gets_the_records() -> None:
    found: list[Record] = []
    writer = writer_of(found.append)
    writer.write(RECORDS[0])
    writer.close()
    assert found == RECORDS[:1]


def test_several_get_the_same(tmp_path: Path) -> None:
    found: list[Record] = []
    writer = writer_of([tmp_path / "run.jsonl", (tmp_path / "run", found.append)])
    for record in RECORDS:
        writer.write(record)
    writer.close()
    assert found == read_records(tmp_path / "run.jsonl") == RECORDS
    assert len(list((tmp_path / "run").iterdir())) == 1


def test_what_was_opened_is_closed_where_another_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        writer_of([tmp_path / "run.jsonl", 7])
    gc.collect()  # which warns of a file that is still open


@pytest.mark.parametrize("to", [None, 7, io.StringIO()])
def test_what_takes_no_records_is_refused(to: Any) -> None:
    with pytest.raises(TypeError, match=r'`to` must be a path that ends in "\.jsonl", a folder, a function'):
        writer_of(to)


def test_a_file_that_has_no_lines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    for path in ("run", "run.json"):
        with pytest.raises(ValueError, match=r'`to` must be a path .*; ".*run\.jsonl" has one record a line'):
            writer_of(tmp_path / path)


@pytest.mark.parametrize("content", [b"precious notes", b"\x00\xff", b'{"other": 1}\n'])
def test_a_file_of_other_things_is_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="`to` must be a file of a monitor's records if it exists, got"):
        writer_of(path)
    assert path.read_bytes() == content
