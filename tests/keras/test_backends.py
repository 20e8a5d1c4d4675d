"""`fastinit.keras`: a process for each backend of Keras, which is chosen when Keras is imported."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# What each backend's process runs; the NumPy backend of Keras does not train.
FILES = {
    "jax": ("on_backend.py", "models.py", "probing.py", "monitoring.py", "comparing.py", "on_jax.py"),
    "tensorflow": ("on_backend.py", "models.py", "probing.py", "monitoring.py", "comparing.py", "on_tensorflow.py"),
    "torch": ("on_backend.py", "models.py", "probing.py", "monitoring.py", "comparing.py", "on_torch.py"),
    "numpy": ("on_backend.py",),
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("backend", FILES)
def test_backend(backend: str) -> None:
    """Among what each backend holds to is that its values are those of fastinit's arrays, and so one another's."""
    for name in ("keras", backend):
        if not importlib.util.find_spec(name):  # imported, Keras would choose a backend here
            pytest.skip(f"could not import {name!r}")
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "KERAS_BACKEND": backend,
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
    print(result.stdout, result.stderr)
    assert result.returncode == 0
    assert "skipped" not in result.stdout
