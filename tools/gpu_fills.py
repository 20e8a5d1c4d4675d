"""Makes one small fill with every kernel, and compares it. `tools/gpu_check.sh` runs this under compute-sanitizer.

python tools/gpu_fills.py            # needs an NVIDIA GPU and CuPy; exit status 1 if a value is wrong
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import fastinit
from fastinit.dtypes import FLOATS

COUNT = 5003  # several groups of 16 bytes, and a rest
SHAPE, INDEX = (37, 11, 19), np.s_[3:30, 2:9, 1:18]
DRAWS: dict[str, tuple[str, dict[str, Any]]] = {
    "Uniform": ("uniform", {"low": -0.75, "high": 0.51}),
    "ExactUniform": ("uniform", {"low": -0.25, "high": 0.25}),
    "Normal": ("normal", {"std": 0.02}),
    "TruncatedNormal": ("truncated_normal", {"lower": -3.5, "upper": 9.0}),
    "CentralTruncatedNormal": ("truncated_normal", {}),
    "pattern": ("ones", {}),
}


# Matrices of several blocks of reflectors and strips of columns, whose last ones are not full.
MATRICES = ((130, 70), (70, 130), (100, 40, 3))


def empty(count: int, dtype: str, offset: int) -> Any:
    """Returns preset memory that begins `offset` elements after a multiple of 16 bytes."""
    import cupy

    item = FLOATS[dtype].itemsize if dtype != "uint32" else 4
    memory = cupy.full((count + offset) * item, 0xA5, cupy.uint8)[offset * item :]
    return memory if item == 1 else memory.view(np.dtype(dtype))


def fills() -> list[tuple[str, dict[str, Any]]]:
    """Fills with each kernel and each of its types: an aligned run, one that is not aligned, and a box."""
    options = [(name, {"dtype": dtype, **more}) for name, more in DRAWS.values() for dtype in FLOATS]
    seeded = [(name, o if name == "ones" else {"seed": 7, **o}) for name, o in options]
    return [("random_bits", {"seed": 7}), *seeded]


def main() -> int:
    wrong = 0
    for name, options in fills():
        draw, dtype = getattr(fastinit, name), options.get("dtype", "uint32")
        for shape, part, offset in (
            ((COUNT,), {}, 0),
            ((COUNT,), {}, 1),
            (SHAPE, {"index": INDEX}, 0),
        ):
            expected = draw(shape, **options, **part)
            out = empty(expected.size, dtype, offset).reshape(expected.shape)
            draw(shape, out=out, **options, **part)
            if out.tobytes() != expected.tobytes():
                wrong += 1
                print(f"wrong: {name} {options} {shape} {part} {offset}")
    for shape in MATRICES:
        for dtype in FLOATS:
            expected = fastinit.orthogonal(shape, dtype=dtype, seed=7, layout="torch")
            out = empty(expected.size, dtype, 1).reshape(shape)
            fastinit.orthogonal(shape, seed=7, layout="torch", out=out, dtype=dtype)
            if out.tobytes() != expected.tobytes():
                wrong += 1
                print(f"wrong: orthogonal {dtype} {shape}")
    print(f"{3 * len(fills()) + len(MATRICES) * len(FLOATS)} fills, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
