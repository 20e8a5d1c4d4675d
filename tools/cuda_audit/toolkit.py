"""Finds cuobjdump, and runs it on a library."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .listing import Function, Key, Usage, Virtual, read_ptx, read_sass, read_usage


class ToolError(RuntimeError):
    """A tool that the audit needs is missing."""


@dataclass(frozen=True)
class Dump:
    """All device code of a library."""

    ptx: list[Virtual]
    sass: list[Function]
    usage: dict[tuple[str, Key], Usage]


def find_cuobjdump() -> str | None:
    """Looks on PATH, in the toolkit, and in the package nvidia-cuda-cuobjdump."""
    folders = [Path("/usr/local/cuda/bin")]
    folders += [Path(os.environ[name], "bin") for name in ("CUDA_HOME",) if name in os.environ]
    package = importlib.util.find_spec("nvidia")
    for folder in (package and package.submodule_search_locations) or ():
        folders += sorted(Path(folder).glob("cu*/bin"), reverse=True)
    return shutil.which("cuobjdump") or shutil.which("cuobjdump", path=os.pathsep.join(map(str, folders)))


def cuobjdump(library: Path, *options: str) -> str:
    """Returns the output of cuobjdump for a library.

    Raises:
        ToolError: cuobjdump is missing, or fails.
    """
    tool = find_cuobjdump()
    if tool is None:
        raise ToolError(
            "cuobjdump was not found; `pip install nvidia-cuda-cuobjdump` and nvidia-cuda-nvdisasm provide it"
        )
    run = subprocess.run([tool, *options, str(library)], capture_output=True, text=True, check=False)
    if run.returncode:
        raise ToolError(f"cuobjdump failed on {library}: {run.stderr.strip()}")
    return run.stdout


def dump(library: Path) -> Dump:
    """Disassembles every kernel of a library (or of a fat binary).

    Raises:
        ToolError: cuobjdump is missing, or finds no device code.
    """
    usages = read_usage(cuobjdump(library, "--dump-resource-usage"))
    found = Dump(
        read_ptx(cuobjdump(library, "-ptx")),
        read_sass(cuobjdump(library, "-sass")),
        {(arch, key): usage for arch, key, usage in usages},
    )
    if not found.sass:
        raise ToolError(f"{library} holds no device code; build it with -DFASTINIT_CUDA=ON")
    return found
