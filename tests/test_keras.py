"""`fastinit.keras`: a process for each backend of Keras, which is chosen when Keras is imported."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
# What each backend's process runs; the NumPy backend of Keras does not train.
FILES = {
    "jax": ("keras_on_backend.py", "keras_models.py", "keras_on_jax.py"),
    "tensorflow": ("keras_on_backend.py", "keras_models.py", "keras_on_tensorflow.py"),
    "torch": ("keras_on_backend.py", "keras_models.py", "keras_on_torch.py"),
    "numpy": ("keras_on_backend.py",),
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
# Keras's torch backend makes NumPy arrays of tensors in a way that NumPy 2 warns of.
PYTEST += ["-W", "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"]

pytestmark = pytest.mark.keras


@functools.cache
def run(backend: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """The result of the backend's tests, and the digests of its values."""
    for name in ("keras", backend):
        if not importlib.util.find_spec(name):  # imported, Keras would choose a backend here
            pytest.skip(f"could not import {name!r}")
    with tempfile.TemporaryDirectory() as folder:
        digests = Path(folder, "digests.json")
        environment = {
            **os.environ,
            "KERAS_BACKEND": backend,
            "KERAS_DIGESTS": str(digests),
            "KERAS_HOME": folder,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        }
        result = subprocess.run(
            [*PYTEST, *FILES[backend]],
            check=False,
            cwd=TESTS,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        return result, json.loads(digests.read_text()) if digests.exists() else {}


@pytest.mark.parametrize("backend", FILES)
def test_backend(backend: str) -> None:
    result, _ = run(backend)
    print(result.stdout, result.stderr)
    assert result.returncode == 0
    assert "skipped" not in result.stdout


@pytest.mark.parametrize("backend", [name for name in FILES if name != "numpy"])
def test_values_are_those_of_the_numpy_backend(backend: str) -> None:
    (_, expected), (_, seen) = run("numpy"), run(backend)
    assert len(expected) > 20
    assert seen == expected
