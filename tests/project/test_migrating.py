"""Every block of docs/migrating.md runs, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "migrating.md"
BLOCKS = re.findall(r"^## ([^\n]+)\n|^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
FRAMEWORKS = ("torch", "keras", "jax", "transformers", "flax")


def sections() -> list[tuple[str, str]]:
    """Each block with the heading it stands under."""
    heading, found = "", []
    for title, code in BLOCKS:
        heading = title or heading
        if code:
            found.append((heading, code))
    return found


CASES = {f"{heading} {number}": code for number, (heading, code) in enumerate(sections(), 1)}


def run(code: str, folder: Path, *launcher: str) -> None:
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


@pytest.mark.parametrize("name", CASES)
def test_block_runs(name: str, tmp_path: Path) -> None:
    code = CASES[name]
    for framework in FRAMEWORKS:
        if re.search(rf"^(?:import|from) {framework}\b", code, re.MULTILINE):
            pytest.importorskip(framework)
    run(code, tmp_path)


@pytest.mark.torch
def test_sharded_block_runs_on_two_processes(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    blocks = [code for name, code in CASES.items() if "FSDP2" in name and "init_model" in code]
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    run(blocks[0], tmp_path, *launcher)


def test_every_framework_has_a_block() -> None:
    for framework in ("keras", "torch", "jax"):
        pattern = re.compile(rf"^(import fastinit\.{framework}|from fastinit import {framework}\b)", re.MULTILINE)
        assert any(pattern.search(code) for code in CASES.values()), framework
