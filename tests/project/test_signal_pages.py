"""The examples of each page of docs/signal run, one after another in a process of the page's own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "signal").glob("*.md"))
# What an example needs, by a sign of it.
PACKAGES = {
    **{name: rf"^(?:import|from) {name}\b" for name in ("keras", "jax", "transformers")},
    "torch": r"^import torch|fastinit\.torch",
    "matplotlib": r"plot\w*\(",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL))
    assert code
    for package, sign in PACKAGES.items():
        if re.search(sign, code, re.MULTILINE):
            pytest.importorskip(package)
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
