"""README's blocks run as printed, in order, each in an interpreter or shell of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


def test_readme_begins_with_the_commands_that_ci_runs() -> None:
    language, commands = BLOCKS[0]
    ci = (README.parent / ".ci/run").read_text()
    assert language == "sh"
    assert all(f"='{command}'" in ci for command in commands.splitlines())


def test_all_other_blocks_run_in_order(tmp_path: Path) -> None:
    for module in ("torch", "matplotlib"):
        pytest.importorskip(module)
    shells = {"sh": ["bash", "-euc"], "python": [sys.executable, "-c"]}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for language, code in BLOCKS[1:]:
        done = subprocess.run(
            [*shells[language], code],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stderr}"
        for promised in re.findall(r"^print\(.*?# (\w+).*?; (\w+)", code, re.MULTILINE):
            assert [line.partition(",")[0].partition(":")[0] for line in done.stdout.splitlines()] == list(promised)
    assert {file.name for file in tmp_path.iterdir()} == {"my-gpt2", "probe.png"}
