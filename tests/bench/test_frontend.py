"""What every bench prints: tables that fit, the page only if a file is asked for, and a bar only on terminals."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import frontend
from tests.cli.commands import in_terminal

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
PAGE = """# Title

Words around the numbers.

## Times

| fill        | by                                        |  ns |
| ----------- | ----------------------------------------- | --: |
| zeros       | somebody with a name that is not so short | 1.5 |

More words.
"""
TERMINAL = """
import time
from bench import frontend

for name in frontend.each(["first", "second"], str):
    time.sleep(0.2)
    frontend.note("noted " + name)
print(*frontend.tables_of({page!r}), sep="\\n")
"""


def options(folder: Path, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    frontend.add_files(parser)
    return parser.parse_args(["--json", str(folder / "r.json"), *words])


def test_tables_are_printed_and_the_page_is_written_only_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frontend.finish(options(tmp_path), {"a": 1}, PAGE) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[:3] == [
        "Times",
        "fill   by                                          ns",
        "zeros  somebody with a name that is not so short  1.5",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
    assert json.loads((tmp_path / "r.json").read_text()) == {"a": 1}
    assert frontend.finish(options(tmp_path, "--markdown", str(tmp_path / "pages" / "p.md")), {}, PAGE) == 0
    assert (tmp_path / "pages" / "p.md").read_text() == PAGE


def test_summary_is_printed_in_place_of_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frontend.finish(options(tmp_path), {}, PAGE, summary="| a |\n| - |\n| b |\n")
    assert capsys.readouterr().out.splitlines()[:2] == ["a", "b"]


def test_errors_are_lines_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert frontend.finish(options(tmp_path), {}, PAGE, errors=["wrong", "missing"]) == 1
    assert capsys.readouterr().err == "error: wrong\nerror: missing\n"


def test_terminal_has_a_bar_and_tables_that_fit() -> None:
    words = (sys.executable, "-c", TERMINAL.format(page=PAGE))
    code, text = in_terminal(40, *words, PYTHONPATH=str(ROOT))
    assert code == 0
    assert "first" in text
    assert "noted" not in text
    table = text.split("Times")[1].splitlines()
    assert max(map(len, table[1:])) <= 40
    assert table[1:4] == ["fill", "    by", "     ns"]


def test_log_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(frontend.each(["first", "second"], str)) == ["first", "second"]
    frontend.note("noted")
    assert capsys.readouterr() == ("", "first\nsecond\nnoted\n")
