"""What type checkers see: the stubs are what was built, and public functions show their arguments and results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastinit
from tools import make_stubs

TYPING = Path(__file__).parent / "typing"
USES = ("right.py", "wrong.py")
Lines = set[tuple[str, int]]


def run(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A module of Python that sees the package as users do: among what is installed, without its own settings."""
    path = str(Path(fastinit.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, "PYTHONPATH": path, "MYPYPATH": ""},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def marked() -> Lines:
    """The uses that must be reported."""
    lines = (TYPING / "wrong.py").read_text().splitlines()
    return {("wrong.py", number) for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def test_stub_of_the_core_agrees_with_the_built_module(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    config = tmp_path / "mypy.ini"  # the frameworks, which the package's own stub names, would take a minute
    config.write_text("".join(f"[mypy-fastinit.{name}.*]\nfollow_imports = skip\n" for name in fastinit._LAZY))
    done = run(tmp_path, "mypy.stubtest", "fastinit._core", "--concise", "--mypy-config-file", str(config))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", make_stubs.stubs(), ids=lambda path: path.name)
def test_stubs_are_what_their_script_writes(path: Path) -> None:
    installed = Path(fastinit.__file__).parent / path.name
    assert installed.read_text() == make_stubs.stubs()[path], "run `python tools/make_stubs.py`"


def test_mypy_reports_the_wrong_uses_and_no_right_one(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    done = run(tmp_path, "mypy", "--strict", "--cache-dir", str(tmp_path), *(str(TYPING / name) for name in USES))
    reports = [line.split(":", 3) for line in done.stdout.splitlines() if ": error:" in line]
    found = {(Path(file).name, int(number)) for file, number, *_ in reports}
    assert found == marked(), done.stdout


def test_pyright_reports_the_wrong_uses_and_no_right_one(tmp_path: Path) -> None:
    pytest.importorskip("basedpyright")
    for name in USES:
        (tmp_path / name).write_text((TYPING / name).read_text())
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')  # pyright's own default
    done = run(tmp_path, "basedpyright", "--pythonpath", sys.executable, "--level", "error", "--outputjson")
    reports = json.loads(done.stdout)["generalDiagnostics"]
    found = {(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in reports}
    assert found == marked(), done.stdout
