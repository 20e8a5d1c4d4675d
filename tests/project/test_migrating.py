"""Every block of docs/migrating.md runs, in a process of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.project.pages import blocks_of, run

if TYPE_CHECKING:
    from pathlib import Path

CASES = blocks_of("migrating.md")
FRAMEWORKS = ("torch", "keras", "jax", "transformers", "flax")


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
