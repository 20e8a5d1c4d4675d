"""What an import loads: adapters know recipes at most, and nothing of writing or reading checkpoints."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded(module: str) -> set[str]:
    """The modules of fastinit that a fresh process has after an import."""
    code = f"import sys, {module}; print(*(n for n in sys.modules if n.startswith('fastinit')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def beside(names: set[str], *packages: str) -> set[str]:
    return {name for name in names if name.startswith(tuple(f"fastinit.{p}" for p in packages))}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=getattr(pytest.mark, n)) for n in ("torch", "jax", "keras")],
)
def test_adapters_load_nothing_of_checkpoints(name: str) -> None:
    pytest.importorskip(name)
    assert not beside(loaded(f"fastinit.{name}"), "checkpoint", "stored", "cli")


def test_arrays_load_no_recipes() -> None:
    assert not beside(loaded("fastinit"), "checkpoint", "stored", "recipes", "sources", "torch")


def test_checkpoints_load_no_framework() -> None:
    names = loaded("fastinit.checkpoint, fastinit.cli.run")
    assert not beside(names, "torch", "jax", "keras", "sources.huggingface")


@pytest.mark.torch
def test_the_compiler_of_torch_is_left_to_who_compiles() -> None:
    pytest.importorskip("torch")
    code = "import sys, fastinit.torch; print('torch._dynamo' in sys.modules)"  # which takes a second
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
