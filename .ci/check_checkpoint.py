"""Opens every tensor of a checkpoint with safetensors: python .ci/check_checkpoint.py FOLDER"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import ml_dtypes  # noqa: F401 - makes bfloat16 known to NumPy
from safetensors import safe_open

ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1}


def main(folder: Path) -> None:
    paths = sorted(folder.glob("*.safetensors"))
    listed = None
    if (index := folder / "model.safetensors.index.json").exists():
        listed = json.loads(index.read_text())["weight_map"]
    seen: dict[str, str] = {}
    read = 0
    for path in paths:
        with safe_open(path, framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118 - not a dict
                part = file.get_slice(name)
                first = part[tuple(slice(0, 1) for _ in part.get_shape())]
                assert first.size == 1 or 0 in part.get_shape(), name
                read += math.prod(part.get_shape()) * ITEM_BYTES[part.get_dtype()]
                assert name not in seen, name
                seen[name] = path.name
    assert seen, f"no tensor in {folder}"
    assert listed is None or listed == seen, "the index and the files differ"
    total = sum(path.stat().st_size for path in paths)
    assert read <= total < read + 1_000_000 * len(paths), (read, total)
    print(f"{len(seen)} tensors, {read:,} bytes in {len(paths)} files: readable")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
