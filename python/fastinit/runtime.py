"""The core at run time: threads, instruction set, and what was built."""

from __future__ import annotations

import os

from fastinit import _core, checks

_MOST_THREADS = 2**16


def set_num_threads(n: int) -> None:
    """Sets how many threads fill an array. The values do not depend on it.

    Args:
        n: At least 1.

    Raises:
        TypeError: `n` is not an int.
        ValueError: `n` is below 1.

    Example:
        >>> before = get_num_threads()
        >>> set_num_threads(1)
        >>> get_num_threads()
        1
        >>> set_num_threads(before)
    """
    _core.set_num_threads(checks.integer("n", n, 1, _MOST_THREADS))


def get_num_threads() -> int:
    """Returns how many threads fill an array.

    It starts as FASTINIT_NUM_THREADS, else OMP_NUM_THREADS, else the number of processors.

    Example:
        >>> get_num_threads() >= 1
        True
    """
    return _core.get_num_threads()


def build_info() -> dict[str, str]:
    """Returns what was built and what is in use: versions, compiler, instruction sets, threads.

    Example:
        >>> build_info()["isa"] in build_info()["isas"].split()
        True
    """
    return {
        **_core.build_info(),
        "stream_version": str(_core.stream_version),
        "isa": _core.isa(),
        "isas": " ".join(_usable_isas()),
        "threads": str(_core.get_num_threads()),
    }


def _usable_isas() -> list[str]:
    """Instruction sets that are built and that this processor has."""
    return [name for name, built, supported in _core.isas() if built and supported]


def configure() -> None:
    """Follows the environment: FASTINIT_ISA, FASTINIT_NUM_THREADS, OMP_NUM_THREADS.

    Raises:
        ValueError: A variable of fastinit's own has a value that cannot be followed.
    """
    isa = os.environ.get("FASTINIT_ISA")
    if isa:
        checks.choice("FASTINIT_ISA", isa, _usable_isas())
        _core.set_isa(isa)
    threads = os.environ.get("FASTINIT_NUM_THREADS")
    if threads:
        rule = f"be a number from 1 to {_MOST_THREADS}"
        if not threads.strip().isdecimal() or not 1 <= int(threads) <= _MOST_THREADS:
            raise ValueError(checks.text("FASTINIT_NUM_THREADS", rule, threads))
        _core.set_num_threads(int(threads))
        return
    # OpenMP allows a number for each nesting level; the first is the outermost. What other libraries
    # read from this variable is not for fastinit to refuse.
    outermost = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if outermost.isdecimal() and 1 <= int(outermost) <= _MOST_THREADS:
        _core.set_num_threads(int(outermost))
