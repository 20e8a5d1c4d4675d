"""Checkpoints as tests of statistics need them: other programs', ones of every rule, ones with a fault."""

from __future__ import annotations

import itertools
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.checkpoint import make_plan, parse_recipe
from fastinit.checkpoint.statistics.moments import Moments, Scratch
from fastinit.checkpoint.statistics.stats import TensorStats, tensor_stats
from fastinit.dtypes import STORED
from fastinit.stored.layout import SAFETENSORS_DTYPES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


HEAD = 'seed = 3\nlayout = "torch"\n'
FORMULAS = """
[[rule]]
match = "*.ones"
init = "ones"
[[rule]]
match = "*.zeros"
init = "zeros"
[[rule]]
match = "*.normal"
init = "normal"
std = 0.02
[[rule]]
match = "*.uniform"
init = "uniform"
low = -0.1
high = 0.3
[[rule]]
match = "*.cut"
init = "truncated_normal"
std = 0.02
[[rule]]
match = "*.padded"
init = "normal"
std = 0.02
padding_idx = 0
[[rule]]
match = "*.he"
init = "he_normal"
"""


def recipe_text(dtype: str) -> str:
    sizes = ("[0]", "[]", "[1]", "[2]", "[10]", "[1000, 1000]")
    kinds = ("ones", "zeros", "normal", "uniform", "cut")
    lines = [f'"t{i}.{kind}" = {shape}' for (i, shape), kind in itertools.product(enumerate(sizes), kinds)]
    lines += ['"a.padded" = [1, 5]', '"b.padded" = [2000, 500]', '"c.padded" = [3, 0]']
    lines += ['"a.he" = [64, 32]', '"b.he" = [1, 1]', '"c.he" = [16, 8, 3, 3]']
    return "\n".join([f'dtype = "{dtype}"', HEAD, "[tensors]", *lines, FORMULAS])


FAULTY = """
seed = 3
dtype = "float32"
[tensors]
"w" = [1000, 1000]
"ones" = [300]
"padded" = [2000, 50]
[[rule]]
match = "ones"
init = "ones"
[[rule]]
match = "padded"
init = "normal"
std = 0.02
padding_idx = 7
[[rule]]
match = "w"
init = "normal"
std = 0.02
"""


def write_file(path: Path, tensors: dict[str, NDArray[Any]], **metadata: str) -> Path:
    """Writes a safetensors file as another program would."""
    table: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name, array in tensors.items():
        table[name] = {
            "dtype": SAFETENSORS_DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [end, end + array.nbytes],
        }
        end += array.nbytes
    text = json.dumps(table).encode()
    data = b"".join(array.tobytes() for array in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def pack(sample: NDArray[Any], dtype: str) -> Moments:
    return Scratch().measure(np.ascontiguousarray(sample).view(np.uint8).reshape(-1), dtype)


def change(folder: Path, name: str, change: Any) -> TensorStats:
    """Changes a tensor on the disk and returns its statistics; no other may be marked."""
    plan = make_plan(parse_recipe(FAULTY))
    (tensor,) = (t for t in plan.tensors if t.name == name)
    dtype = STORED[tensor.dtype].numpy
    path = folder / tensor.file
    array = np.memmap(path, dtype, "r+", tensor.offset, tensor.shape)
    change(array)
    array.flush()
    stats = tensor_stats(folder)
    assert [entry.tensor.name for entry in stats.marked] == [name]
    return stats.marked[0]


def assign(place: Any, value: Any) -> Any:
    return lambda array: array.__setitem__(place, value)
