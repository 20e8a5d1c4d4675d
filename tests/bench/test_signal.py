"""`python -m bench.signal`: a quick run, and the page of numbers that are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bench import machine

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch
pytest.importorskip("torch")


def result(due: float) -> dict[str, Any]:
    samples = {"without": [1.0, 1.0], "due": [due, due]}
    row = {"name": "a model", "parameters": 2_000_000, "modules": 7, "line_bytes": 1500, "samples": samples}
    return {
        "quick": False,
        "repeats": 2,
        "machine": {**machine.describe(), "taken_by_others": 0.25},
        "versions": {"torch": "2"},
        "idle": {"without": [2e-6], "not due": [5e-6]},
        "rows": [row],
    }


def test_page_tells_met_and_missed() -> None:
    from bench.signal import report

    met, missed = report.page(result(2.0)), report.page(result(3.0))
    assert all(text in met for text in ("1e+03", "2.0%", "| met ", "1.5 kB", "took 25%", "add 3.0 us"))
    assert all(text in missed for text in ("2e+03", "4.0%", "| missed "))


def test_quick_run_makes_a_page(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from bench.signal.__main__ import main

    file = tmp_path / "result.json"
    assert main(["--quick", "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert [len(row["samples"]["due"]) for row in found["rows"]] == [3, 3, 3, 3]
    assert main(["--render", str(file), "--docs", str(tmp_path)]) == 0
    assert "A quick run" in (tmp_path / "benchmarks-signal.md").read_text()
