"""The kernels of the built extension: their PTX, and fills that run on the interpreter."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from fastinit import _core, cuda
from tests.cuda.ptx.machine import Counts, launch
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.parser import parse
from tools.cuda_audit import listing
from tools.cuda_audit.toolkit import cuobjdump

if TYPE_CHECKING:
    import numpy as np

    from tests.cuda.ptx.syntax import Kernel

    Key = tuple[str, str]  # method and dtype, as `_core.cuda_launch` tells them
    Launch = tuple[Key, int, int, bytes]

BUILT = cuda.is_built()
PATTERN = ("pattern", "")
ENTRY = re.compile(r"^\.(?:visible|weak) \.entry (\w+)", re.MULTILINE)


@functools.cache
def modules() -> dict[str, list[str]]:
    """The extension's PTX by target, such as "sm_90": a module for each of its sources."""
    text = cuobjdump(Path(str(_core.__file__)), "-ptx")
    sections = re.split(r"^Fatbin \w+ code:$", text, flags=re.MULTILINE)
    # What cuobjdump says about a module stands before the module's own first line.
    sources = (each[each.index(".version") :] for each in sections if ".version" in each)
    found: dict[str, list[str]] = {}
    for source in sources:
        found.setdefault(source.partition(".target ")[2].split()[0].rstrip(","), []).append(source)
    return found


@functools.cache
def source(target: str, key: Key) -> str:
    """The PTX module cut down to one kernel: the whole would take a while to parse."""
    for text in modules()[target]:
        starts = [*ENTRY.finditer(text)]
        for start, after in zip(starts, [*starts[1:], None], strict=True):
            if listing.key_of(start[1]) == listing.Key(*key):
                return text[: starts[0].start()] + text[start.start() : after and after.start()]
    raise KeyError(f"{target} has no kernel for {key}")


@functools.cache
def kernel(target: str, key: Key) -> Kernel:
    """One kernel, parsed."""
    (only,) = parse(source(target, key)).kernels.values()
    return only


def run(
    planned: Launch,
    target: np.ndarray,
    ptx: str | Kernel,
    *,
    grid: int | None = None,
    most_steps: int = 1_000_000,
    workspace: np.ndarray | None = None,
) -> Counts:
    """Does what the launcher would: runs a planned launch, on the interpreter.

    Args:
        planned: What `_core.cuda_launch` or `_core.cuda_pattern_launch` returned.
        target: The only memory that the kernel may write, beside the workspace.
        ptx: Whose PTX, as "sm_90", or the kernel itself.
        grid: Another number of blocks than planned.
        most_steps: As in `launch`.
        workspace: Memory that launches share.
    """
    key, planned_grid, block, arguments = planned
    if planned_grid == 0:  # an empty fill: nothing is launched
        return Counts()
    program = kernel(ptx, key) if isinstance(ptx, str) else ptx
    memory = Memory()
    memory.add(target)
    if workspace is not None and workspace.size:
        memory.add(workspace)
    return launch(program, grid or planned_grid, block, arguments, memory, most_steps=most_steps)
