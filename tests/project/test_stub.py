"""What type checkers see: the stub is what was built, and the public functions show their arguments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastinit

USER = """
import fastinit

w = fastinit.he_normal((3, 4), truncated=True, layout="torch", seed=1, index=(..., slice(2)))
reveal_type(w)
fastinit.normal(5, mean=1, std=0.5, dtype="bfloat16", seed=fastinit.Generator(1), stream="w")
fastinit.random_bits(5, dtype="uint32")
fastinit.normal(5, layout="torch")
fastinit.he_normal((3, 4), seed="1")
fastinit.constant(5)
"""


def mypy(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mypy")
    path = str(Path(fastinit.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, "PYTHONPATH": path, "MYPYPATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_stub_agrees_with_the_built_module(tmp_path: Path) -> None:
    done = mypy(tmp_path, "mypy.stubtest", "fastinit._core", "--concise")
    assert done.returncode == 0, done.stdout + done.stderr


def test_users_are_told_of_wrong_arguments(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER)
    lines = mypy(tmp_path, "mypy", "--strict", "user.py").stdout.splitlines()
    found = {}
    for line in lines:
        file, number, kind, text = ([*line.split(":", 3), "", "", ""])[:4]
        if file == "user.py" and (kind.strip() == "error" or "Revealed" in text):
            found[int(number)] = text
    assert list(found) == [5, 7, 8, 9, 10]
    assert "ndarray" in found[5]
    assert 'Unexpected keyword argument "dtype" for "random_bits"' in found[7]
    assert 'Unexpected keyword argument "layout" for "normal"' in found[8]
    assert 'Argument "seed" to "he_normal" has incompatible type "str"' in found[9]
    assert 'Missing positional argument "value" in call to "constant"' in found[10]
