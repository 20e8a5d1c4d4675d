"""`fastinit.jax` on several devices and in several processes, which JAX has to be told before it starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

pytestmark = pytest.mark.jax


def start(file: str, devices: int, **environment: str) -> subprocess.Popen[str]:
    """A process with so many devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    variables = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags, **environment}
    return subprocess.Popen(
        [*PYTEST, file],
        cwd=TESTS,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def check(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "passed" in output
    assert "skipped" not in output, output


@pytest.mark.parametrize("file", ["on_devices.py", "in_flax.py"])
def test_eight_devices(file: str) -> None:
    pytest.importorskip("jax")
    if file == "in_flax.py":
        pytest.importorskip("flax")
    check(start(file, devices=8))


@pytest.mark.parametrize("processes", [2])
def test_processes_draw_their_own_parts(processes: int) -> None:
    pytest.importorskip("jax")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    started = [
        start(
            "on_processes.py",
            devices=2,
            JAX_TEST_ADDRESS=address,
            JAX_TEST_PROCESSES=str(processes),
            JAX_TEST_PROCESS=str(number),
        )
        for number in range(processes)
    ]
    try:
        for process in started:
            check(process)
    finally:
        for process in started:
            process.kill()
