"""The rates that docs/cuda.md predicts from issue slots, next to the measured ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cuda_audit import slots
from tools.cuda_audit.listing import Key
from tools.cuda_audit.report import LIMITS

from .rates import rate_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = Path(__file__).parents[2] / "docs" / "cuda.json"
CAPABILITY = "9.0"  # of the GPU that `slots` models
KINDS = {  # the kernel that draws each kind with its usual parameters
    "Bits": "random_bits",
    "ExactUniform": "uniform",
    "Uniform": "uniform_inexact",
    "Normal": "normal",
    "CentralTruncatedNormal": "truncated_normal",
    "TruncatedNormal": "truncated_normal_uneven",
    "pattern": "zeros",
}


def predictions(numbers: dict[str, Any]) -> Iterator[tuple[Key, slots.Prediction]]:
    """Of every kernel in docs/cuda.json, for an H100."""
    arch = f"sm_{CAPABILITY.replace('.', '')}"
    for name, found in numbers["kernels"].items():
        method, _, dtype = name.partition(" ")
        entry = found.get(arch, {})
        if "slots" in entry:
            counted = slots.Count(
                elements=entry["elements_in_a_pass"],
                slots=entry["slots"],
                slots_with_rare=entry["slots_with_rare"],
                instructions=entry["instructions"],
                products=entry["products"],
                pipes=entry["pipes"],
            )
            yield Key(method, dtype), slots.predict(counted, Key(method, dtype))


def lines(result: dict[str, Any], numbers: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line for each kernel; none on GPUs that the model is not made for."""
    if result["machine"]["compute_capability"] != CAPABILITY:
        return
    for key, guess in predictions(numbers):
        kind, dtype = KINDS[key.method], key.dtype or "float32"
        rate = rate_of(result, f"{kind}-{dtype}", f"fastinit {kind}")
        yield (
            str(key),
            "memory" if guess.bytes_written < guess.arithmetic_bytes else LIMITS[guess.bound],
            f"{guess.bytes_written / 1e9:,.0f}",
            f"{rate / 1e9:,.0f}" if rate else "not measured",
            f"{rate / guess.bytes_written:.2f}x" if rate else "",
        )


def read() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(NUMBERS.read_text())
    return numbers
