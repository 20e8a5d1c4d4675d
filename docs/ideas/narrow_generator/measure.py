"""What a narrow generator of normals would gain, and what its values are: `python docs/ideas/narrow_generator/measure.py`.

Needs nvcc, g++, cuobjdump and scipy. Prints what docs/ideas/narrow-generator.md says.
"""

from __future__ import annotations

import ctypes
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ml_dtypes
import numpy as np
from scipy.special import ndtr, ndtri

import fastinit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CELLS, IN_CELL = 1024, 32
COUNT = 2**24  # elements of a timed fill


def table() -> np.ndarray:
    """Base and slope of each cell: a line through |z| at the first and the last of its 32 steps."""
    p = np.arange(CELLS) * IN_CELL
    low = ndtri(0.5 + (p + 0.5) / 2**16)
    high = ndtri(0.5 + (p + IN_CELL - 0.5) / 2**16)
    return np.stack([low, (high - low) / (IN_CELL - 1)], axis=1).astype(np.float32)


def values() -> np.ndarray:
    """|z| of every 15 bits, rounded to bfloat16."""
    base, slope = table()[np.arange(2**15) // IN_CELL].T
    return (base + slope * (np.arange(2**15) % IN_CELL)).astype(ml_dtypes.bfloat16)


def divergence(low: float, high: float) -> tuple[float, int, float]:
    """Sum of (p - q)^2 / q over bfloat16 patterns with low <= |z| < high, their number, their share."""
    patterns = np.arange(0x7F80, dtype=np.uint16)
    z = patterns.view(ml_dtypes.bfloat16).astype(float)
    middles = (z[1:] + z[:-1]) / 2
    edges = np.concatenate(([0.0], middles, [np.inf]))
    q = 2 * (ndtr(-edges[:-1]) - ndtr(-edges[1:]))
    p = np.bincount(values().view(np.uint16), minlength=len(z)) / 2**15
    inside = (z >= low) & (z < high) & (q > 0)
    return (
        float(np.sum((p - q)[inside] ** 2 / q[inside])),
        int(inside.sum()),
        float(q[inside].sum()),
    )


def gpu_slots() -> tuple[float, float]:
    """Instructions and issue slots an element in the unrolled loop, without the refinement's call."""
    sys.path.insert(0, str(ROOT))
    from tools.cuda_audit.toolkit import cuobjdump

    with tempfile.TemporaryDirectory() as folder:
        cubin = Path(folder, "narrow.cubin")
        options = [
            "-std=c++17",
            "-O3",
            "-cubin",
            "-arch=sm_90",
            "-fmad=false",
            "--expt-relaxed-constexpr",
        ]
        options += ["--diag-suppress=1675", f"-I{ROOT / 'csrc'}", f"-I{HERE}", "-o", str(cubin)]
        subprocess.run(["nvcc", *options, str(HERE / "gpu.cu")], check=True)
        text = cuobjdump(cubin, "-sass")
    code = [
        (int(m[1], 16), m[2])
        for m in re.finditer(r"/\*([0-9a-f]{4})\*/\s+(?:@!?U?P\d\s+)?([^;]+?)\s*;", text)
    ]
    stores = [at for at, line in code if line.startswith("STG.E.128")]
    back = [
        (at, int(line.split()[1], 16))
        for at, line in code
        if line.startswith("BRA 0x") and int(line.split()[1], 16) < at
    ]
    end, start = max(back, key=lambda ends: sum(ends[1] <= s <= ends[0] for s in stores))
    body = [line for at, line in code if start <= at <= end]
    elements = 8 * sum(start <= s <= end for s in stores)
    # A block that calls the refinement: its call and the moves before it, a handful, count as if taken.
    products = sum(line.startswith("IMAD.WIDE") for line in body)
    return len(body) / elements, (len(body) + products) / elements


def cpu_nanoseconds() -> dict[str, float]:
    """Medians of one thread, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "narrow.so")
        options = ["-std=c++17", "-O3", "-mavx2", "-mfma", "-shared", "-fPIC", "-o", str(library)]
        subprocess.run(["g++", *options, str(HERE / "cpu.cpp")], check=True)
        narrow = ctypes.CDLL(str(library)).narrow
    cells = table()
    words = fastinit.random_bits(COUNT // 2, seed=1)
    drawn = np.zeros(COUNT, ml_dtypes.bfloat16)

    def pointer(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    runs = {
        "fastinit's normal, bfloat16": lambda: fastinit.normal(None, out=drawn, seed=1),
        "Philox, 16 bits an element": lambda: fastinit.random_bits(None, out=words, seed=1),
        "look-up": lambda: narrow(
            pointer(cells), pointer(words), pointer(drawn), ctypes.c_int64(COUNT // 2)
        ),
    }
    samples: dict[str, list[float]] = {name: [] for name in runs}
    fastinit.set_num_threads(1)
    for _ in range(15):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            samples[name].append((time.perf_counter() - start) / COUNT * 1e9)
    return {name: statistics.median(found) for name, found in samples.items()}


def main() -> None:
    print(
        "|z| from, to; share; patterns; sum (p - q)^2 / q; draws at which a chi-square shows it (5 sigma)"
    )
    for low, high in (
        (0, np.inf),
        (2**-7, 3.0),
        (2**-5, 3.0),
        (2**-3, 3.0),
        (2**-3, 2.0),
        (0.5, 2.0),
    ):
        total, patterns, share = divergence(low, high)
        print(
            f"{low:9.5f} {high:5.1f} {share:9.5f} {patterns:6d} {total:.3e} {5 * (2 * patterns) ** 0.5 / total:.2e}"
        )
    for share in (2**-7, 2**-10, 2**-13):
        one = 1 - (1 - share) ** 8
        print(
            f"refined {share:.5f} of elements: {1 - (1 - one) ** 32:.1%} of a warp's passes of 256"
        )
    instructions, slots = gpu_slots()
    print(f"GPU: {instructions:.2f} instructions and {slots:.2f} slots an element")
    print(f"CPU, {fastinit.build_info()['isa']}, one thread:")
    for name, nanoseconds in cpu_nanoseconds().items():
        print(f"  {name}: {nanoseconds:.2f} ns an element")


if __name__ == "__main__":
    main()
