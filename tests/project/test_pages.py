"""The code in the pages of the docs does what the pages say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fastinit.cli import main
from tests.project.pages import NEEDS, PAGES, SMALL, Block, blocks_of, run, scripts

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = scripts()


def check(blocks: list[Block], folder: Path) -> None:
    for block, printed in zip(blocks, run(blocks, folder), strict=True):
        assert block.shown in (None, printed)


def _marks(blocks: list[Block]) -> list[pytest.MarkDecorator]:
    code = "".join(block.code for block in blocks)
    signs = {**{name: NEEDS[name] for name in ("torch", "keras", "jax")}, "cuda": r"device=\"cuda"}
    return [getattr(pytest.mark, name) for name, sign in signs.items() if re.search(sign, code, re.MULTILINE)]


@pytest.mark.parametrize("name", [pytest.param(name, marks=_marks(blocks)) for name, blocks in SCRIPTS.items()])
def test_blocks_run_and_print_what_the_page_shows(name: str, tmp_path: Path) -> None:
    for block in SCRIPTS[name]:
        for package in block.missing:
            pytest.skip(f"could not import {package!r}")
    check(SCRIPTS[name], tmp_path)


@pytest.mark.torch
def test_sharded_block_runs_on_two_processes(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    blocks = [block for block in blocks_of(PAGES["docs/migrating.md"]) if "init_model" in block.code]
    sharded = next(block for block in blocks if "fully_shard" in block.code)
    run([sharded], tmp_path, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


@pytest.mark.torch
def test_calibrated_example_prints_what_its_comments_say(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    block = blocks_of(PAGES["docs/signal/calibrate.md"])[0]
    (printed,) = run([block], tmp_path)
    assert printed.splitlines() == re.findall(r"^# (.*)$", block.code, re.MULTILINE)


def test_every_framework_has_a_block_of_migration() -> None:
    for framework in ("keras", "torch", "jax"):
        sign = rf"^(import fastinit\.{framework}|from fastinit import {framework}\b)"
        assert re.search(sign, PAGES["docs/migrating.md"], re.MULTILINE), framework


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("print(1)", "2\n"),
        ("raise ValueError('no')", None),
        ("raise ValueError('no')", "ValueError: yes\n"),
        ("import warnings; warnings.warn('w')", None),
    ],
)
def test_a_wrong_page_is_noticed(code: str, shown: str | None, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check([Block("heading", code, shown)], tmp_path)


def test_commands_of_the_first_page_work_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^fastinit (\w+ [^#\n]*)", PAGES["docs/start.md"], re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["plan", "init", "verify", "stats"]
    for line in lines:
        assert main(line.split()) == 0, line
