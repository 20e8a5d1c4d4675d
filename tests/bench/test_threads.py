"""`python -m bench.threads`: what it prints and writes, of times that nobody measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.threads import __main__ as bench

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_table_is_printed_and_the_page_is_written_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "fill", lambda _, work, threads: [work.elements / threads * 1e-9])
    monkeypatch.setattr(bench, "checkpoint", lambda threads, *_: (2.0 / threads, 10**9))
    arguments = ["--quick", "--threads", "1", "2", "--json", str(tmp_path / "r.json")]
    assert bench.main(arguments) == 0
    printed = capsys.readouterr()
    assert printed.err.splitlines()[:2] == ["memset, 1 thread", "memset, 2 threads"]
    title, titles, *rows = printed.out.splitlines()[:4]
    assert title == "From one thread to all"
    assert titles.split("  ")[0] == "threads"
    assert rows[1].split("  ")[-1] == "1.0 (2.0x, 13%)"
    assert not any("|" in line for line in printed.out.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
    assert bench.main([*arguments, "--markdown", str(tmp_path / "p.md")]) == 0
    assert (tmp_path / "p.md").read_text().startswith("# From one thread to all\n")
    assert bench.main(["--render", str(tmp_path / "r.json"), "--docs", str(tmp_path / "docs")]) == 0
    assert json.loads((tmp_path / "docs" / "benchmarks-threads.json").read_text())["quick"]
