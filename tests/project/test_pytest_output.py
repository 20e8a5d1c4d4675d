"""What pytest says at the end about tests that were skipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_with_a_library(number):
    pytest.importorskip("a_library.part")

def test_with_another():
    pytest.importorskip("another_library")

def test_for_a_reason():
    pytest.skip("of a full moon")
"""


def test_skips_are_summed_up_by_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "test_skipped.py").write_text(TESTS)
    words = ["-q", "-p", "no:cacheprovider", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"), str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout
    dots, summary, total = done.stdout.splitlines()
    assert dots.startswith("sssss ")
    assert summary == ("skipped (-rs lists them): without a_library: 3, without another_library: 1, of a full moon: 1")
    assert total.startswith("5 skipped in ")
