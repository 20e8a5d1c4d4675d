"""Builds, checks and counts three draws of bfloat16 normals by look-up.

Needs nvcc, g++, objdump, cuobjdump and scipy. Prints the numbers of docs/ideas/narrow-generator.md;
with FASTINIT_ISA=avx2 only the times, beside AVX2.
"""

from __future__ import annotations

import ctypes
import os
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
from fastinit.normal_tail import tails

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

from tools.cuda_audit import slots
from tools.cuda_audit.flow import Flow, bytes_written
from tools.cuda_audit.listing import Function, read_sass
from tools.cuda_audit.toolkit import cuobjdump

COLUMNS = 4096  # as in draws.h
COINS = 2**18
FIRST, LAST = 8 * 32, 1016 * 32  # Interpolated asks outside
STDS = (1.0, 0.02, 0.0123, 0.7)
COUNT = 2**22  # elements of a timed fill

MAGNITUDES = np.arange(0x7F80, dtype=np.uint16).view(ml_dtypes.bfloat16).astype(float)
EDGES = np.concatenate(([0.0], (MAGNITUDES[1:] + MAGNITUDES[:-1]) / 2, [np.inf]))


def below(std: float = 1.0) -> np.ndarray:
    """P(|x| < edge) at the edges between the magnitudes of bfloat16."""
    return 1 - 2 * ndtr(-EDGES / std)


def probabilities(std: float = 1.0) -> np.ndarray:
    """Of the magnitudes, each from the form that keeps its digits."""
    beyond = 2 * ndtr(-EDGES / std)
    low, width = EDGES[:-1], np.minimum(np.diff(EDGES), std)
    near_zero = np.sqrt(2 / np.pi) / std * np.exp(-0.5 * (low / std) ** 2) * width
    return np.where(low < 1e-4 * std, near_zero, beyond[:-1] - beyond[1:])


def interpolated_table() -> np.ndarray:
    p = np.arange(1024) * 32
    low, high = ndtri(0.5 + (p + 0.5) / 2**16), ndtri(0.5 + (p + 31.5) / 2**16)
    slope = np.rint((high - low) / 31 * 32 * 2**17)
    return (np.rint(low * 2**17).astype(np.uint32) << 13) | np.minimum(slope, 8191).astype(np.uint32)


def interpolated(table: np.ndarray, words: np.ndarray, std: float) -> np.ndarray:
    """What cpu.cpp draws, without what it asks for; two elements a word."""
    half = words.view(np.uint16).astype(np.int64)
    entry = table[(half & 0x7FFF) >> 5].astype(np.int64)
    z = ((entry >> 13) << 5) + (entry & 8191) * (half & 31)
    x = np.where(half & 0x8000, -z, z).astype(np.float32) * (np.float32(std) * np.float32(2.0**-22))
    return x.astype(ml_dtypes.bfloat16).view(np.uint16)


def least(std: float) -> int:
    """The bits of column 0: a magnitude near 2^-23 std; the last column is far out."""
    return (127 - 23 + int(np.floor(np.log2(std)))) << 7


def alias_table(std: float = 1.0) -> np.ndarray:
    """Walker's tables in whole numbers, so that the counts of the 2^30 outcomes are known."""
    counts = np.rint(below(std) * 2**30).astype(np.int64)[least(std) :][: COLUMNS + 1]
    wanted = np.diff(counts, prepend=0)[1:]
    wanted[0] += counts[0]  # the smaller magnitudes
    own, other = wanted.copy(), np.arange(COLUMNS)
    poor = [c for c in range(COLUMNS) if own[c] < COINS]
    rich = [c for c in range(COLUMNS) if own[c] >= COINS]
    left = own.copy()
    while poor and rich:
        c, r = poor.pop(), rich[-1]
        own[c], other[c] = left[c], r
        left[r] -= COINS - left[c]
        if left[r] < COINS:
            poor.append(rich.pop())
    own[[*poor, *rich]] = COINS
    column = np.arange(COLUMNS)
    coin = np.where(own >= COINS, COINS - 1, np.maximum(own - (column < other), 0))
    return (coin << 14 | other << 2).astype(np.uint32)


def alias_share(table: np.ndarray, std: float) -> np.ndarray:
    """The exact probability of each magnitude, of all outcomes of the table."""
    column, coin, other = np.arange(COLUMNS), table >> 14, (table >> 2) & (COLUMNS - 1)
    own = coin.astype(np.int64) + (column < other)
    share = np.bincount(column, own, COLUMNS) + np.bincount(other, COINS - own, COLUMNS)
    p = np.zeros(len(EDGES) - 1)
    p[least(std) :][:COLUMNS] = share / 2**30
    return p


def alias(table: np.ndarray, std: float, words: np.ndarray) -> np.ndarray:
    chosen = np.minimum(words, table[(words >> 2) & (COLUMNS - 1)])
    return (((chosen >> 2) & (COLUMNS - 1)) + least(std) | (words << 14) & 0x8000).astype(np.uint16)


def refined(p: np.ndarray, asks: np.ndarray) -> np.ndarray:
    """Probabilities where the p that ask are drawn without an error, and the others as they are."""
    share = np.bincount(p[~asks], minlength=len(EDGES) - 1) / 2**15
    bounds = np.concatenate(([0], np.cumsum(asks))) / 2**15  # the asking measure below each p
    return share + np.diff(np.interp(below() * 2**15, np.arange(2**15 + 1), bounds))


def differs(name: str, p: np.ndarray, std: float = 1.0) -> None:
    q = probabilities(std)
    likely = q >= 2**-10
    relative = p[likely] / q[likely] - 1
    # Magnitudes that are rarer than 2^-27 are counted together, those near zero and those far out.
    ends = np.flatnonzero(q >= 2**-27)[[0, -1]] + [0, 1]
    p, q = (np.array([x[: ends[0]].sum(), *x[ends[0] : ends[1]], x[ends[1] :].sum()]) for x in (p, q))
    total, kinds = float(np.sum((p - q) ** 2 / q)), len(q)
    print(
        f"{name}: sum {total:.2e}, 5 sigma after {5 * (2 * kinds) ** 0.5 / total:.1e} draws; where q >= 2^-10: error at"
        f" most {np.abs(relative).max():.1e}, root of the mean square {np.sqrt(np.mean(relative**2)):.1e};"
        f" largest absolute error 2^{np.log2(np.abs(p - q).max()):.1f}"
    )


def cached_asks(std: float) -> np.ndarray:
    """Which p have an edge of bfloat16 strictly inside."""
    inside = below(std) * 2**15
    inside = inside[(inside > 0) & (inside < 2**15)]
    return np.bincount(inside.astype(np.int64), minlength=2**15) > 0


def values() -> None:
    p = interpolated(interpolated_table(), np.arange(2**15, dtype=np.uint16).view(np.uint32), 1.0).astype(int)
    at = np.arange(2**15)
    differs("Interpolated, nothing refined", refined(p, at < 0))
    differs("Interpolated, its 16 cells refined", refined(p, (at < FIRST) | (at >= LAST)))
    print(
        f"  refined: p < {FIRST} and p >= {LAST}: "
        f"|z| < {ndtri(0.5 + FIRST / 2**16):.4f} and > {ndtri(0.5 + LAST / 2**16):.2f}"
    )
    ideal = np.searchsorted(EDGES, ndtri(0.5 + (at + 0.5) / 2**16)) - 1
    for low, high in ((2**-6, 3.0), (2**-4, 2.5), (0.25, 2.0), (1.0, 2.0)):
        asks = (at < 2**16 * (ndtr(low) - 0.5)) | (at >= 2**16 * (ndtr(high) - 0.5))
        differs(
            f"16 bits, best z, refined outside {low:g} to {high:g} ({asks.mean():.1%} of elements)",
            refined(ideal, asks),
        )
    q = probabilities()
    print(
        f"outcomes of 2^15 in the likeliest magnitude: {q.max() * 2**15:.0f}; "
        f"q < 2^-15: {q[q < 2**-15].sum():.2%} of draws"
    )
    for std in STDS:
        print(f"Cached, std {std:g}: {cached_asks(std).mean():.2%} of elements ask")
    differs("Cached", np.diff(np.rint(below() * 2**31)) / 2**31)
    times = []
    for edge in EDGES[least(1.0) :][:COLUMNS:64]:
        start = time.perf_counter()
        tails(0.0, float(edge))
        times.append(time.perf_counter() - start)
    print(f"Phi by fastinit.normal_tail at {COLUMNS} edges: {COLUMNS * statistics.mean(times):.2f} s")
    for std in STDS:
        differs(f"Alias, std {std:g}", alias_share(alias_table(std), std), std)


def warps(share: float) -> tuple[float, float]:
    """Whether any of 32 lanes with 8 elements asks, and the most that a lane then asks for, on average."""
    most = np.random.default_rng(1).binomial(8, share, (100_000, 32)).max(axis=1)
    return float((most > 0).mean()), float(most[most > 0].mean())


def port_clocks() -> float:
    """Clocks of the shared memory's port for one look-up of 32 lanes at random: the fullest of 32 banks."""
    banks = np.random.default_rng(2).integers(0, 32, (100_000, 32))
    banks += 32 * np.arange(len(banks))[:, None]
    return float(np.bincount(banks.ravel(), minlength=banks.size).reshape(-1, 32).max(axis=1).mean())


def kernels(file: Path, *options: str) -> dict[str, Function]:
    return {str(f.key): f for f in read_sass(cuobjdump(file, "-sass", *options))}


def show(name: str, function: Function, share: float = 0.0) -> None:
    flow = Flow(function)
    usual, slow = flow.hot() or sys.exit(f"{name}: no loop")
    elements = bytes_written(usual.code) / 2
    products = sum(4 if "WIDE" in i.modifiers else 2 for i in usual.code if slots.is_product(i)) / elements
    look_ups = sum(i.base == "LDS" for i in usual.code) / elements
    integer = sum(slots.pipe(i) == "integer" for i in usual.code) / elements - look_ups
    alone = slots.slots(usual.code) / elements
    text = f"{name}: {alone:.2f} slots; in slots' time: integer pipe {2 * integer:.1f}, multiplier {products:.1f}"
    text += f", shared memory {4 * look_ups * port_clocks():.1f}"
    for code in flow.subroutines.values() if share else ():
        any_asks, most = warps(share)
        back = next(
            i
            for i in code
            if i.base == "BRA" and i.target is not None and min(j.address for j in code) < i.target < i.address
        )
        loop = [i for i in code if back.target <= i.address <= back.address]
        with_slow = alone + any_asks * (slots.slots(code) + (most - 1) * slots.slots(loop)) / 8
        with_slow += (slots.slots(slow.code) - slots.slots(usual.code)) / elements * any_asks
        text += f"; refined {share:.2%}: taken {any_asks:.1%}, {most:.2f} turns of {slots.slots(loop)} slots after"
        text += f" {slots.slots(code) - slots.slots(loop)}: {with_slow:.1f} slots"
    rate = slots.MULTIPROCESSORS * slots.ISSUE * slots.CLOCK * 2 / 1e9
    print(f"{text}; by the slots {rate / (with_slow if share else alone):,.0f} GB/s")


def gpu(folder: Path) -> None:
    cubin = folder / "narrow.cubin"
    command = "nvcc -std=c++17 -O3 -cubin -arch=sm_90 -fmad=false --expt-relaxed-constexpr --diag-suppress=1675"
    subprocess.run([*command.split(), f"-I{ROOT / 'csrc'}", "-o", cubin, HERE / "gpu.cu"], check=True)
    found = kernels(cubin)
    pick = {name: next(f for key, f in found.items() if name in key) for name in ("Interpolated", "Cached", "Alias")}
    memory = slots.MULTIPROCESSORS * slots.ISSUE * slots.CLOCK / (slots.REACHABLE_BYTES / 2)
    print(f"memory allows {memory:.1f} slots; a look-up takes {port_clocks():.2f} clocks of the port for 32 lanes")
    core = kernels(Path(fastinit._core.__file__), "-arch", "sm_90")
    show("fastinit's Normal bfloat16", core["Normal bfloat16"])
    show("fastinit's truncated", core["CentralTruncatedNormal bfloat16"])
    show("Interpolated", pick["Interpolated"], 1 - (LAST - FIRST) / 2**15)
    show("Cached", pick["Cached"], float(cached_asks(1.0).mean()))
    show("Alias", pick["Alias"])


def loops(library: Path) -> None:
    """Instructions in the innermost loops of cpu.cpp's functions."""
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", library], capture_output=True, text=True, check=True
    ).stdout
    for name, body in re.findall(r"<(fill_\w+)>:\n(.*?)\n\n", text + "\n\n", re.DOTALL):
        code = [(int(m[1], 16), m[2]) for m in re.finditer(r"^\s*([0-9a-f]+):\s+(.*)$", body, re.MULTILINE)]
        jumps = [(int(m[1], 16), at) for at, line in code if (m := re.match(r"j\w+\s+([0-9a-f]+)", line))]
        back = [(start, end) for start, end in jumps if code[0][0] <= start < end]
        inner = [b for b in back if not any(o != b and b[0] <= o[0] and o[1] <= b[1] for o in back)]
        found = [[line for at, line in code if start <= at <= end] for start, end in inner]
        print(
            f"{name}: " + ", ".join(f"{len(f)} instructions ({sum('gather' in i for i in f)} gathers)" for f in found)
        )


def cpu(folder: Path) -> None:
    library = folder / "narrow.so"
    command = "g++ -std=c++17 -O3 -mavx2 -mfma -shared -fPIC"
    subprocess.run([*command.split(), f"-I{ROOT / 'csrc'}", "-o", library, HERE / "cpu.cpp"], check=True)
    loops(library)
    code = ctypes.CDLL(str(library))
    cells, columns = interpolated_table(), alias_table(0.02)
    words, drawn, ours = (
        np.zeros(COUNT, np.uint32),
        np.zeros(COUNT, np.uint16),
        np.zeros(COUNT, np.uint16),
    )
    number, one, size = ctypes.c_float, ctypes.c_uint64(1), ctypes.c_int64(COUNT)

    def at(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    runs = {
        "fastinit's words": lambda: fastinit.random_bits(None, out=words, seed=1, stream=0),
        "fastinit's normal": lambda: fastinit.normal(
            None, std=0.02, out=ours.view(ml_dtypes.bfloat16), seed=1, stream=0
        ),
        "Interpolated, not refined": lambda: code.fill_interpolated(at(cells), one, number(0.02), at(drawn), size),
        "Alias": lambda: code.fill_alias(at(columns), ctypes.c_uint32(least(0.02)), one, at(drawn), size),
    }
    samples: dict[str, list[float]] = {name: [] for name in runs}
    fastinit.set_num_threads(1)
    for _ in range(31):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            samples[name].append((time.perf_counter() - start) / COUNT * 1e9)
    print(
        f"{fastinit.build_info()['isa']}, ns an element: "
        + ", ".join(f"{n} {statistics.median(t):.2f}" for n, t in samples.items())
    )
    expected = fastinit.random_bits(COUNT, seed=1, stream=0)
    assert np.array_equal(drawn, alias(columns, 0.02, expected))
    runs["Interpolated, not refined"]()
    differ = np.flatnonzero(drawn != interpolated(cells, expected[: COUNT // 2], 0.02)).size
    print(f"checked: Alias equals NumPy's; Interpolated differs in {differ} of {COUNT}")
    seen = np.zeros(2**15)
    for seed in range(256):
        code.fill_alias(at(columns), ctypes.c_uint32(least(0.02)), ctypes.c_uint64(seed), at(drawn), size)
        seen += np.bincount(drawn & 0x7FFF, minlength=2**15)
    expect = probabilities(0.02) * seen.sum()
    some = expect >= 20
    chi, freedom = (
        float(np.sum((seen[: len(expect)] - expect)[some] ** 2 / expect[some])),
        int(some.sum()) - 1,
    )
    print(
        f"Alias, {seen.sum():.1e} draws of the CPU's: chi-square {chi:.0f} at {freedom}: "
        f"{(chi - freedom) / (2 * freedom) ** 0.5:+.2f} sigma"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if "FASTINIT_ISA" not in os.environ:
            values()
            gpu(Path(folder))
        cpu(Path(folder))


if __name__ == "__main__":
    main()
