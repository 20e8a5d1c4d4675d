"""Writes a checkpoint slowly enough to be stopped anywhere: what test_resume.py runs and kills.

Usage: python -m tests.checkpoint.write_slowly RECIPE OUT SHARD_BYTES SECONDS [resume] [force]

Each write and each fsync first waits for SECONDS. Prints the message of a failure, or what is left
after SIGINT or SIGTERM.
"""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

from fastinit.checkpoint import CheckpointError, load_recipe, make_plan, write
from tests.checkpoint.slow_writes import slow_writes


class Terminated(BaseException):
    """SIGTERM came."""


def _terminate(_number: int, _frame: object) -> NoReturn:
    raise Terminated


def main(recipe: str, out: str, shard_bytes: str, seconds: str, *options: str) -> int:
    """Runs the command and returns its exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would ignore it
    signal.signal(signal.SIGTERM, _terminate)
    plan = make_plan(load_recipe(recipe), int(shard_bytes))
    if float(seconds):
        slow_writes(float(seconds))
    print("begins", flush=True)
    try:
        write(plan, out, resume="resume" in options, force="force" in options)
    except CheckpointError as error:
        print(error)
        return 1
    except (KeyboardInterrupt, Terminated) as error:
        print(*error.__notes__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
