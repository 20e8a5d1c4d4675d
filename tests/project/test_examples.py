"""Scripts in examples/ do what they say."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


def test_megatron_shards_compute_what_the_whole_does() -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLES / "megatron_shards.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("2 processes hold {'attention.linear_qkv': (32, 32), 'attention.linear_proj': (32, 16)")
    assert second.startswith("4 processes hold {'attention.linear_qkv': (16, 32), 'attention.linear_proj': (32, 8)")


@pytest.mark.keras
def test_a_deep_keras_network_begins_and_trains_well_with_he_and_not_with_glorot() -> None:
    for name in ("keras", "torch"):
        if not importlib.util.find_spec(name):  # imported, Keras would choose a backend here
            pytest.skip(f"could not import {name!r}")
    pytest.importorskip("matplotlib")
    command = [sys.executable, "-W", "error", str(EXAMPLES / "keras_mlp.py")]
    environment = {**os.environ, "KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    shallow, glorot, he, trained_glorot, trained_he = done.stdout.splitlines()
    assert shallow.startswith("Glorot, 2 hidden layers: healthy")
    assert glorot.startswith("Glorot, 12 hidden layers: vanishing, x0.7")
    assert he.startswith("He, 12 hidden layers: healthy")
    first, second = (float(re.findall(r"accuracy ([\d.]+)", line)[0]) for line in (trained_glorot, trained_he))
    assert first < 0.5
    assert second > 0.6
