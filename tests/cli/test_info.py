"""`fastinit info`: what a bug report needs."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import numpy as np

import fastinit
from fastinit import _core
from fastinit.cli import main
from tests.cli.commands import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def facts(*, at: Path | None = None, **variables: str) -> dict[str, dict[str, str]]:
    """What `fastinit info --json` prints."""
    path = {} if at is None else {"PYTHONPATH": str(at)}
    done = run("info", "--json", **path, **variables)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


def test_info_tells_versions_machine_and_environment() -> None:
    found = facts(FASTINIT_NUM_THREADS="1", OMP_NUM_THREADS="2", HOME_OF_SECRETS="x")
    build = fastinit.build_info()
    assert found["fastinit"]["version"] == build["version"]
    assert found["fastinit"]["stream version"] == build["stream_version"]
    assert found["fastinit"]["installed in"] == os.path.dirname(fastinit.__file__)
    assert build["compiler"] in found["fastinit"]["built with"]
    cuda = build["cuda"]
    assert found["fastinit"]["cuda"] == ("not built" if cuda == "off" else f"built with {cuda}")
    assert found["machine"]["threads"] == "1"
    assert {"python", "system", "libc", "processor", "cores", "gpus"} <= found["machine"].keys()
    assert found["libraries"]["numpy"] == np.__version__
    assert {"FASTINIT_NUM_THREADS": "1", "OMP_NUM_THREADS": "2"}.items() <= found["environment"].items()
    assert "HOME_OF_SECRETS" not in found["environment"]


def test_info_has_a_table_of_instruction_sets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    table = capsys.readouterr().out.split("\n\n")[-1].splitlines()
    titles, *sets = (re.split(r"  +", line) for line in table)
    assert titles == ["instruction set", "built", "supported by this processor", "chosen"]
    word = {True: "yes", False: "no"}
    chosen = fastinit.build_info()["isa"]
    assert sets == [
        [name, word[built], word[supported], word[name == chosen]] for name, built, supported in _core.isas()
    ]
    assert {"scalar", "avx2", "avx512", "neon"} == {row[0] for row in sets}
    assert [row[3] for row in sets].count("yes") == 1


def test_info_finds_libraries_without_importing_them(tmp_path: Path) -> None:
    for name, version in (("keras", "9.8.7"), ("cupy-cuda12x", "6.5")):
        described = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (tmp_path / "keras.py").write_text("raise SystemExit('imported')\n")
    found = facts(at=tmp_path, KERAS_BACKEND="jax")["libraries"]
    assert (found["keras"], found["cupy-cuda12x"]) == ("9.8.7", "6.5")
    assert found["keras backend"] == "jax (KERAS_BACKEND)"


def test_info_of_a_damaged_installation_tells_the_other_facts(tmp_path: Path) -> None:
    for name in ("fastinit-1.2", "numpy-1.2", "torch-1.2", "other-1.2"):
        (tmp_path / f"{name}.dist-info").mkdir()
    (tmp_path / "fastinit-1.2.dist-info" / "top_level.txt").write_text("fastinit\n")  # and nothing else
    (tmp_path / "torch-1.2.dist-info" / "METADATA").write_bytes(b"Name: torch\nVersion: \xff\n")
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf 'H\\377, 1.2\\n'\n")
    program.chmod(0o755)
    os.mkfifo(tmp_path / "keras.json")
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "KERAS_HOME": str(tmp_path), "KERAS_BACKEND": ""}
    (tmp_path / "keras-9.dist-info").mkdir()
    (tmp_path / "keras-9.dist-info" / "METADATA").write_text("Name: keras\nVersion: 9\n")
    found = facts(at=tmp_path, **variables)
    assert found["libraries"]["numpy"] == "unknown"
    assert found["libraries"]["torch"].startswith("unknown (UnicodeDecodeError: ")
    assert found["libraries"]["keras backend"] == "tensorflow (the default)"
    assert found["machine"]["gpus"] == "H\ufffd, driver 1.2"
    (tmp_path / "other-1.2.dist-info" / "top_level.txt").write_bytes(b"\xff")
    assert "is unknown (UnicodeDecodeError: " in str(facts(at=tmp_path, **variables)["conflict"])


def test_info_tells_of_an_unrelated_package_of_the_same_import_name(tmp_path: Path) -> None:
    assert facts(at=tmp_path)["conflict"] is None
    described = tmp_path / "fastinit-1.2.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: fastinit\nVersion: 1.2\n")
    (described / "RECORD").write_text("fastinit/__init__.py,,\nfastinit-1.2.dist-info/METADATA,,\n")
    done = run("info", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line == (
        "fastinit: warning: the unrelated package fastinit is installed too and has the same import name: "
        f"`import fastinit` gives {fastinit.__file__} now; run: pip uninstall fastinit fastinit-nn, then install "
        "fastinit-nn again"
    )
    assert str(facts(at=tmp_path)["conflict"]) in line
