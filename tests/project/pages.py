"""The blocks of Python in a page of the docs, and how they are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^## ([^\n]+)\n|^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks_of(page: str) -> dict[str, str]:
    """Each block by the heading it stands under, and its number."""
    heading, found = "", []
    for title, code in _BLOCK.findall((DOCS / page).read_text()):
        heading = title or heading
        if code:
            found.append((heading, code))
    return {f"{heading} {number}": code for number, (heading, code) in enumerate(found, 1)}


def run(code: str, folder: Path, *launcher: str) -> str:
    """Runs a block in a process of its own, which has to succeed, and returns what it prints."""
    path = folder / "code.py"
    path.write_text(code)
    alone = {
        "RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0",
    }  # fmt: skip
    environment = {**os.environ, **({} if launcher else alone), "KERAS_BACKEND": "torch"}
    result = subprocess.run(
        [sys.executable, *launcher, str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
