"""Makes four fills for `ncu`, or the table of its results. This is a part of `tools/gpu_check.sh`.

ncu --csv --metrics ... --log-file FILE python tools/gpu_profile.py
python tools/gpu_profile.py FILE
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

COUNT = 2**28
FILLS = (
    ("normal", "float32"),
    ("normal", "bfloat16"),
    ("truncated_normal", "float32"),
    ("uniform", "float32"),
)


def fill() -> None:
    import cupy
    import numpy as np

    import fastinit

    memory = cupy.empty(COUNT * 4, cupy.uint8)
    for name, dtype in FILLS:
        item = np.dtype(fastinit.zeros(0, dtype=dtype).dtype)
        out = memory[: COUNT * item.itemsize].view(item)
        getattr(fastinit, name)(None, out=out, dtype=dtype, seed=1)
    cupy.cuda.runtime.deviceSynchronize()


def table(text: str) -> list[str]:
    """Makes a table with a line for each metric and a column for each kernel from the output of `ncu --csv`."""
    lines = [line for line in text.splitlines() if line.startswith('"')]
    rows = list(csv.DictReader(lines))
    kernels = list(dict.fromkeys(row["ID"] for row in rows))
    values = {(row["Metric Name"], row["ID"]): f"{row['Metric Value']} {row['Metric Unit']}" for row in rows}
    names = list(dict.fromkeys(name for name, _ in values))
    head = ["metric", *(" ".join(fill) for fill in FILLS)][: 1 + len(kernels)]
    body = [[name, *(values.get((name, kernel), "") for kernel in kernels)] for name in names]
    return ["\t".join(row) for row in (head, *body)]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print("\n".join(table(Path(sys.argv[1]).read_text())))
    else:
        fill()
