"""Scripts in examples/ do what they say."""

from __future__ import annotations

import pathlib
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


def test_megatron_shards_compute_what_the_whole_does() -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLES / "megatron_shards.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("2 processes hold {'attention.linear_qkv': (32, 32), 'attention.linear_proj': (32, 16)")
    assert second.startswith("4 processes hold {'attention.linear_qkv': (16, 32), 'attention.linear_proj': (32, 8)")
