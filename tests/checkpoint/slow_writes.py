"""Makes this process write slowly enough to be stopped in the middle of a file."""

from __future__ import annotations

import os
import time
from typing import Any

from fastinit.checkpoint.writing import shard_writer

BUFFER_BYTES = 2**18


def slow_writes(seconds: float) -> None:
    """Makes each write and each fsync wait first, and buffers small."""
    shard_writer.BUFFER_BYTES = BUFFER_BYTES
    os.pwrite = _slowed(os.pwrite, seconds)
    os.fsync = _slowed(os.fsync, seconds)


def _slowed(function: Any, seconds: float) -> Any:
    def slow(*arguments: Any) -> Any:
        time.sleep(seconds)
        return function(*arguments)

    return slow
