"""`python -m bench.matrices`: a quick run, and the page of numbers that are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench import machine
from bench.matrices import report
from bench.matrices.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


def result(torch: float) -> dict[str, Any]:
    return {
        "quick": False,
        "threads": 2,
        "isa": "avx2",
        "machine": machine.describe(),
        "rows": [{"shape": [1024, 1024], "samples": {"fastinit": [0.01], "torch": [torch]}}],
        "peak": [100e9, 200e9],
        "parts": {"size": 1024, "samples": {"whole": [1.0], "quarter 1": [0.25]}},
        "memory": {"size": 1024, "bytes": 3 * 2**20},
    }


def test_page_tells_met_and_missed() -> None:
    met, missed = report.page(result(0.03)), report.page(result(0.015))
    assert all(text in met for text in ("3.00x", "| met ", "25%", "took 3 MiB"))
    assert all(text in missed for text in ("1.50x", "| missed "))
    # 4/3 1024^3 operations in 10 ms.
    assert "72%" in met
    assert "**200 GFLOP/s**" in met


def test_quick_run_makes_a_page(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    assert main(["--quick", "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert {"whole", "quarter 1", "quarter 4"} <= set(found["parts"]["samples"])
    assert main(["--render", str(file), "--docs", str(tmp_path)]) == 0
    assert "A quick run" in (tmp_path / "benchmarks-matrices.md").read_text()
