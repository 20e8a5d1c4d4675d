"""The core at run time: threads, instruction set, and how it was built."""

from __future__ import annotations

import os
import sys

from fastinit import _core, checks


def set_num_threads(n: int) -> None:
    """Sets how many threads fill an array. The values do not depend on it.

    Args:
        n: From 1 to 1024. If the system does not allow that many, a fill continues with fewer.

    Raises:
        TypeError: `n` is not an int.
        ValueError: `n` is not in that range.

    Example:
        >>> before = get_num_threads()
        >>> set_num_threads(1)
        >>> get_num_threads()
        1
        >>> set_num_threads(before)
    """
    _core.set_num_threads(checks.integer("n", n, 1, _core.most_threads))


def get_num_threads() -> int:
    """Returns how many threads fill an array.

    It starts as FASTINIT_NUM_THREADS, else OMP_NUM_THREADS, else the number of processors; at most 1024.

    Example:
        >>> get_num_threads() >= 1
        True
    """
    return _core.get_num_threads()


def build_info() -> dict[str, str]:
    """Returns how the core was built and what it uses: versions, compiler, instruction sets, threads.

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


def start() -> None:
    """Reads the environment when the package is imported.

    If the command line imports the package, a bad variable gives one line on standard error and exit
    code 2, because `fastinit.cli` itself cannot be imported then.

    Raises:
        ValueError: As for `configure`, in any other program.
    """
    try:
        configure()
    except ValueError as error:
        if not is_command_line():
            raise
        sys.stderr.write(f"fastinit: error: {error}\n")
        sys.exit(2)


def is_command_line() -> bool:
    """Whether the package is imported as the command `fastinit`, or by `python -m fastinit`."""
    program = os.path.basename(sys.argv[0]) if getattr(sys, "argv", None) else ""
    # Python says "-m" until it has imported the package of the module that it is to run.
    return program == "fastinit" or (program == "-m" and "fastinit" in sys.orig_argv)


def _check_isa(name: str) -> None:
    usable = _usable_isas()
    if name in usable:
        return
    built = {known: is_built for known, is_built, _ in _core.isas()}
    if name not in built:
        remedy = "leave it out for the widest that runs here"
    elif built[name]:
        remedy = f"this processor has no {name}: leave it out for the widest that it has"
    else:
        remedy = f"this build has no {name}, which is for another architecture: leave it out"
    rule = f"be one of {', '.join(map(repr, usable))}"
    raise ValueError(checks.text("FASTINIT_ISA", rule, name, remedy))


def configure() -> None:
    """Reads the environment: FASTINIT_ISA, FASTINIT_NUM_THREADS, OMP_NUM_THREADS.

    Raises:
        ValueError: A variable of fastinit's own has a bad value.
    """
    isa = os.environ.get("FASTINIT_ISA")
    if isa:
        _check_isa(isa)
        _core.set_isa(isa)
    threads = os.environ.get("FASTINIT_NUM_THREADS")
    if threads:
        rule = f"be a number from 1 to {_core.most_threads}"
        number = _number_in(threads)
        if not 1 <= number <= _core.most_threads:
            raise ValueError(checks.text("FASTINIT_NUM_THREADS", rule, threads))
        _core.set_num_threads(number)
        return
    # OpenMP allows a number for each nesting level; the first is the outermost. Other
    # libraries read this variable too, so fastinit raises for nothing in it.
    outermost = _number_in(os.environ.get("OMP_NUM_THREADS", "").partition(",")[0])
    if outermost >= 1:
        _core.set_num_threads(min(outermost, _core.most_threads))


def _number_in(text: str) -> int:
    """The number that a variable holds, 0 if it holds none; a long one ends early, because Python does not read it."""
    digits = text.strip()
    return int(digits.lstrip("0")[:20] or "0") if digits.isdecimal() else 0
