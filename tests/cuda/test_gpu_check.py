"""tools/gpu_check.sh, as far as it goes without a GPU: its steps by name, its table, and how it says no.

Programs of a few lines stand for Python, nvidia-smi and ncu, and print how they were called.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[..., subprocess.CompletedProcess[str]]

SCRIPT = Path(__file__).parents[2] / "tools" / "gpu_check.sh"
GPU = 'echo "NVIDIA H100, 9.0, 580.1"'
STEPS = ["build", "tests", "memcheck", "racecheck", "initcheck", "profile", "bench", "threads"]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs the script with programs of these bodies, the folder `out` first among its arguments."""

    def run(*arguments: str, **programs: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        programs = {"nvidia_smi": "exit 9", "python": 'echo "python $*"', **programs}
        for name, body in programs.items():
            path = folder / name.replace("_", "-")
            path.write_text(f"#!/bin/sh\n{body}\n")
            path.chmod(0o755)
        environment = {
            **os.environ,
            "PATH": f"{folder}:/usr/bin:/bin",
            "PYTHON": "python",
            "FASTINIT_SITE": str(tmp_path / "site"),
        }
        return subprocess.run(
            ["bash", SCRIPT, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def statuses(out: Path) -> dict[str, str]:
    steps = json.loads((out / "summary.json").read_text())["steps"]
    return {name: step["status"] for name, step in steps.items()}


def log(out: Path, step: str) -> str:
    with tarfile.open(out / "logs.tar.gz") as logs:
        held = logs.extractfile(f"./{step}.log")
        assert held is not None
        return held.read().decode()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "OUT is missing"),
        (["out", "benhc"], "benhc is not a step"),
        (["out", "--fast"], "--fast is not an option"),
    ],
)
def test_wrong_arguments_are_named_and_nothing_runs(
    arguments: list[str], text: str, check: Check, tmp_path: Path
) -> None:
    found = check(*(str(tmp_path / "out") if a == "out" else a for a in arguments))
    assert found.returncode == 2
    assert text in found.stderr
    assert "steps: build tests" in found.stderr
    assert found.stdout == ""


def test_without_a_gpu_the_steps_that_need_one_fail_and_the_others_run(check: Check, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = check(str(out))
    assert found.returncode == 1
    assert found.stdout.startswith("nvidia-smi finds no GPU")
    seen = statuses(out)
    assert sorted(seen) == sorted(STEPS)
    assert {name for name, status in seen.items() if status == "passed"} == {"build", "threads"}
    assert set(seen.values()) == {"passed", "failed: no GPU"}
    assert "CMAKE_CUDA_ARCHITECTURES" not in log(out, "build")


def test_all_steps_pass_with_a_gpu_and_its_tools(check: Check, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tool = 'echo "counted $*"'
    found = check(str(out), nvidia_smi=GPU, ncu=tool, compute_sanitizer=tool)
    assert found.returncode == 0, found.stdout
    assert statuses(out) == dict.fromkeys(STEPS, "passed")
    assert json.loads((out / "summary.json").read_text())["gpu"] == "NVIDIA H100, 9.0, 580.1"
    assert "CMAKE_CUDA_ARCHITECTURES=90" in log(out, "build")
    assert "--tool racecheck" in log(out, "racecheck")
    assert "--clock-control none" in log(out, "profile")
    assert "tests/cuda/test_gpu.py" in log(out, "tests")
    assert f"--json {out}/bench-cuda.json" in log(out, "bench")


def test_a_step_that_fails_stops_no_other_and_shows_its_last_line(check: Check, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fails = 'case "$*" in *bench\\ *) echo "error: \\"wrong\\\\ bits"; exit 3;; esac'
    found = check(str(out), "bench", "threads", nvidia_smi=GPU, python=fails)
    assert found.returncode == 1
    assert statuses(out) == {"bench": "failed: exit status 3", "threads": "passed"}
    table = found.stdout[found.stdout.index("\nstep ") :]
    assert (out / "summary.txt").read_text() == table
    line = next(line for line in table.splitlines() if line.startswith("bench"))
    assert line.split()[2:] == ["failed:", "exit", "status", "3", "error:", "wrong", "bits"]


def test_a_missing_tool_is_said_and_fails_nothing(check: Check, tmp_path: Path) -> None:
    out = tmp_path / "out"
    missing = "exec no-such-program-here"  # as if find_program found nothing
    found = check(str(out), "profile", "bench", nvidia_smi=GPU, ncu=missing)
    assert found.returncode == 0
    assert statuses(out) == {"profile": "missing", "bench": "passed"}


def test_quick_is_passed_on(check: Check, tmp_path: Path) -> None:
    out = tmp_path / "out"
    check(str(out), "--quick", "bench", "threads", nvidia_smi=GPU)
    assert "--quick --json" in log(out, "bench")
    assert "--quick --json" in log(out, "threads")
