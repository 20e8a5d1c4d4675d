"""The subjects, each in a process of its own: python bench/checkpoints/subjects.py NAME RECIPE FOLDER

Prints a line of JSON: the seconds of the work itself, without the start of Python and imports, and
versions. Libraries are imported within the functions, so that no subject's memory includes another's library.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WRITE_BYTES = 32 * 2**20


def fastinit_init(recipe: Path, folder: Path) -> tuple[float, dict[str, str]]:
    """The command `fastinit init`."""
    from fastinit import build_info, cli

    command = ["init", str(recipe), str(folder), "--quiet"]
    start = time.perf_counter()
    status = cli.main(command)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(status)
    return seconds, {"fastinit": build_info()["version"]}


def direct_write(recipe: Path, folder: Path) -> tuple[float, dict[str, str]]:
    """Writes the same number of ready bytes, one write after the other past the page cache, and calls fsync."""
    from fastinit.checkpoint import load_recipe, make_plan

    sizes = [shard.nbytes for shard in make_plan(load_recipe(recipe)).shards]
    mapped = mmap.mmap(-1, WRITE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    mapped.madvise(mmap.MADV_HUGEPAGE)  # twice the speed; fastinit's buffers have them too
    memory = memoryview(mapped)
    memory[:] = os.urandom(4096) * (WRITE_BYTES // 4096)
    folder.mkdir()
    start = time.perf_counter()
    for number, size in enumerate(sizes):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_DIRECT
        file = os.open(folder / f"{number}.bin", flags, 0o666)
        for offset in range(0, size, WRITE_BYTES):
            length = min(WRITE_BYTES, -(-(size - offset) // 4096) * 4096)
            if os.pwrite(file, memory[:length], offset) != length:
                raise OSError(f"a short write at {offset}")
        os.ftruncate(file, size)
        os.fsync(file)
        os.close(file)
    return time.perf_counter() - start, {}


def values_only(recipe: Path, folder: Path) -> tuple[float, dict[str, str]]:
    """Draws the same values into one buffer, which is used again and again, and writes nothing."""
    import numpy as np

    from fastinit.checkpoint import load_recipe, make_plan
    from fastinit.checkpoint.values import fill_run

    plan = make_plan(load_recipe(recipe))
    buffer = np.ones(WRITE_BYTES, np.uint8)
    folder.mkdir()
    start = time.perf_counter()
    for tensor in plan.tensors:
        most = WRITE_BYTES * tensor.size // tensor.nbytes
        for first in range(0, tensor.size, most):
            count = min(most, tensor.size - first)
            fill_run(tensor, plan.recipe.seed, first, count, buffer.ctypes.data)
    return time.perf_counter() - start, {}


def torch_save_file(recipe: Path, folder: Path) -> tuple[float, dict[str, str]]:
    """The same tensors, drawn by torch in memory and saved by safetensors."""
    import safetensors
    import torch
    from safetensors.torch import save_file

    from fastinit.checkpoint import load_recipe, make_plan

    plan = make_plan(load_recipe(recipe))
    folder.mkdir()
    start = time.perf_counter()
    for shard in plan.shards:
        tensors = {}
        for planned in shard.tensors:
            tensor = torch.empty(planned.shape, dtype=getattr(torch, planned.dtype))
            if planned.rule.init == "ones":
                tensors[planned.name] = torch.nn.init.ones_(tensor)
            else:
                tensors[planned.name] = torch.nn.init.normal_(tensor, **planned.rule.parameters)
        save_file(tensors, folder / shard.file, metadata={"format": "pt"})
    seconds = time.perf_counter() - start
    return seconds, {"torch": torch.__version__, "safetensors": safetensors.__version__}


def transformers_save_pretrained(recipe: Path, folder: Path) -> tuple[float, dict[str, str]]:
    """The model of the config next to the recipe, built and saved by transformers."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    settings = json.loads(recipe.with_suffix(".json").read_text())
    config = transformers.AutoConfig.for_model(**settings)
    start = time.perf_counter()
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    return time.perf_counter() - start, {"transformers": transformers.__version__}


SUBJECTS: dict[str, Callable[[Path, Path], tuple[float, dict[str, str]]]] = {
    "fastinit init": fastinit_init,
    "direct write of ready bytes": direct_write,
    "values only, not written": values_only,
    "torch normal_ + safetensors save_file": torch_save_file,
    "transformers from_config + save_pretrained": transformers_save_pretrained,
}


def main(name: str, recipe: str, folder: str) -> None:
    try:
        seconds, versions = SUBJECTS[name](Path(recipe), Path(folder))
    except ModuleNotFoundError as error:
        print(json.dumps({"status": "not installed", "reason": str(error)}))
        return
    print(json.dumps({"status": "measured", "seconds": seconds, "versions": versions}))


if __name__ == "__main__":
    main(*sys.argv[1:])
