"""`fastinit info`: the facts for a bug report. It imports no library.

The installation may be damaged, so each fact is found by itself.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import fastinit
from fastinit import _core, runtime
from fastinit.cli import tables
from fastinit.cli.output import complain, print_line
from fastinit.cli.style import paint
from fastinit.errors import printable
from fastinit.files import read_small

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

T = TypeVar("T")

DISTRIBUTION = "fastinit-nn"
_LIBRARIES = (
    "numpy", "ml_dtypes", "torch", "keras", "jax", "jaxlib", "tensorflow", "transformers", "safetensors",
    "cupy-cuda13x", "cupy-cuda12x", "matplotlib", "distributed", "mpi4py", "rich", "argcomplete",
)  # fmt: skip
_VARIABLES = (
    "FASTINIT_", "OMP_", "KMP_", "GOMP_", "KERAS_BACKEND", "CUDA_", "JAX_PLATFORMS", "XLA_FLAGS", "PYTHONPATH",
    "LD_PRELOAD",
)  # fmt: skip
_MOST_BYTES = 2**20  # in Keras's file
_SECONDS = 10  # for nvidia-smi, which may hang if the driver hangs


def info(arguments: argparse.Namespace) -> int:
    """Shows versions, the machine and the environment."""
    found = facts()
    twin = _known(_twin, f"whether another package is named {fastinit.__name__} is unknown")
    if arguments.json:
        print_line(json.dumps({**found, "conflict": twin}, indent=1))
    else:
        _print(found)
    if twin:
        complain("warning", twin)
    return 0


def facts() -> dict[str, Any]:
    """What is installed and in use, by section."""
    build = runtime.build_info()
    libraries = {name: version for name in _LIBRARIES if (version := _known(partial(_version, name)))}
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "fastinit": {
            "version": build["version"],
            "stream version": build["stream_version"],
            "installed in": str(Path(fastinit.__file__).parent),
            "built with": f"{build['compiler']}, {build['build_type']}",
            "openmp": build["openmp"],
            "cuda": "not built" if build["cuda"] == "off" else f"built with {build['cuda']}",
        },
        "machine": {
            "python": f"{platform.python_version()} ({platform.python_implementation()}, {sys.executable})",
            "system": _known(platform.platform),
            "libc": _known(lambda: " ".join(platform.libc_ver()) or "unknown"),
            "processor": _known(_processor),
            "cores": f"{os.cpu_count()}, {affinity} usable",
            "threads": build["threads"],
            "gpus": _known(_gpus),
        },
        "instruction sets": [
            {"name": name, "built": built, "supported": supported, "chosen": name == build["isa"]}
            for name, built, supported in _core.isas()
        ],
        "libraries": libraries | ({"keras backend": _known(_keras_backend)} if "keras" in libraries else {}),
        "environment": {name: text for name, text in sorted(os.environ.items()) if name.startswith(_VARIABLES)},
    }


def _print(found: dict[str, Any]) -> None:
    for title in ("fastinit", "machine", "libraries", "environment"):
        print_line(paint(title, "bold", sys.stdout))
        for name, text in found[title].items():
            print_line(f"  {name:<18} {printable(text)}")
        if not found[title]:
            print_line("  nothing that matters is set")
        print_line("")
    rows = [(one["name"], one["built"], one["supported"], one["chosen"]) for one in found["instruction sets"]]
    titles = ("instruction set", "built", "supported by this processor", "chosen")
    chosen = {number: "green" for number, row in enumerate(rows, 1) if row[-1]}
    tables.print_table(
        [titles, *((name, *("yes" if state else "no" for state in states)) for name, *states in rows)], titles, chosen
    )


def _known(fact: Callable[[], T], unknown: str = "unknown") -> T | str:
    """What a function returns, or why it does not."""
    try:
        return fact()
    except Exception as error:  # noqa: BLE001 - of a damaged file or program, anything
        return f"{unknown} ({type(error).__name__}: {error})"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution) or "unknown"
    except metadata.PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        models = []
    return f"{models[0] if models else platform.processor() or 'unknown'} ({platform.machine()})"


def _gpus() -> str:
    """The GPUs and their driver, as nvidia-smi reports them."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(query, capture_output=True, check=True, timeout=_SECONDS).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return "none found (nvidia-smi does not answer)"
    return "; ".join(
        f"{name}, driver {driver}" for name, _, driver in (line.partition(", ") for line in told.splitlines())
    )


def _keras_backend() -> str:
    """The backend that Keras would choose: from the environment, from its own file, or the default."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return f"{chosen} (KERAS_BACKEND)"
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        file = Path(home, "keras.json")
        return f"{json.loads(read_small(file, _MOST_BYTES))['backend']} ({file})"
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow (the default)"


def _twin() -> str | None:
    """Warns that an unrelated package of the same name has put its files into this one."""
    found = metadata.packages_distributions().get("fastinit", ())
    named = {name.lower() for name in found if name} - {DISTRIBUTION}  # a half-installed package has no name
    try:
        metadata.distribution("fastinit")
        named.add("fastinit")
    except metadata.PackageNotFoundError:
        pass
    if not named:
        return None
    others = " and ".join(sorted(named))
    return (
        f"the unrelated package {others} is installed too and has the same import name: `import fastinit` gives "
        f"{fastinit.__file__} now; run: pip uninstall {' '.join(sorted(named))} {DISTRIBUTION}, then install "
        f"{DISTRIBUTION} again"
    )
