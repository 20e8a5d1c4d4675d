"""fastinit: in place with `out=`, as a whole call that makes the array, or a checkpoint on disk."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import fastinit
from fastinit import cli

from ..check import CHECKPOINT_STD, CONSTANT
from . import Prepared, ready_array

if TYPE_CHECKING:
    from ..cases import Subject, Work

PARAMETERS: dict[str, dict[str, Any]] = {"constant": {"value": CONSTANT}}
RECIPE = """
seed = 1
dtype = "{dtype}"
[tensors]
"layers.{{0..{last}}}.weight" = {shape}
[[rule]]
match = "*"
init = "normal"
std = {std}
"""


def versions() -> dict[str, str]:
    build = fastinit.build_info()
    return {"fastinit": f"{build['version']} ({build['isa']}, {build['compiler']})"}


def prepare(work: Work, subject: Subject) -> Prepared:
    fastinit.set_num_threads(subject.threads)
    if work.kind == "checkpoint":
        return _checkpoint(work, subject)
    initializer, options = getattr(fastinit, work.kind), PARAMETERS.get(work.kind, {})
    if subject.variant == "fresh":
        return Prepared(lambda: initializer(work.shape, **options))
    array = ready_array(work)
    return Prepared(lambda: initializer(None, out=array, **options))


def _checkpoint(work: Work, subject: Subject) -> Prepared:
    """The command `fastinit init` without the start of Python, in place of the last checkpoint."""
    folder = tempfile.TemporaryDirectory(prefix="bench-")  # lives as long as `write`
    recipe, out = Path(folder.name, "recipe.toml"), Path(folder.name, "out")
    shape = list(work.shape[1:])
    text = RECIPE.format(dtype=work.dtype, last=work.shape[0] - 1, shape=shape, std=CHECKPOINT_STD)
    recipe.write_text(text)
    command = ["init", str(recipe), str(out), "--quiet", "--threads", str(subject.threads)]

    def write() -> None:
        shutil.rmtree(out, ignore_errors=True)
        if status := cli.main(command):
            raise RuntimeError(f"fastinit {' '.join(command)} returned {status}, in {folder.name}")

    def view(_: None) -> np.ndarray:
        (file,) = out.glob("*.safetensors")
        content = file.read_bytes()
        header = int.from_bytes(content[:8], "little")
        return np.frombuffer(content, np.dtype(work.dtype), offset=8 + header)

    return Prepared(write, view)
