"""What the tests on a real GPU share: whether there is one, methods, and memory that shows what was written.

Memory of the GPU and a copy of it in that of the CPU get the same calls; afterwards all their bytes are equal,
those beside the draws too, or a test fails.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.cuda import count_devices
from fastinit.devices import CUDA
from fastinit.dtypes import FLOATS, UINT32
from fastinit.index import index_box

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRESET = 0xA5  # what memory holds before, so that "never written" shows
BESIDE = 64  # bytes kept on both sides of what is drawn
INFINITY = float("inf")

# Every method of the core with the parameters that lead to it, and each side of its branches.
METHODS: dict[str, tuple[str, dict[str, float]]] = {
    "words": ("random_bits", {}),
    "uniform": ("uniform", {"low": -0.75, "high": 0.51}),
    "uniform_far": ("uniform", {"low": 100.0, "high": 100.7}),
    "uniform_exact": ("uniform", {"low": -0.25, "high": 0.25}),
    "uniform_unit": ("uniform", {}),
    "normal": ("normal", {"mean": 0.25, "std": 0.02}),
    "normal_standard": ("normal", {}),
    "normal_subnormal": ("normal", {"std": 1e-40}),
    "truncated_central": ("truncated_normal", {"std": 0.02}),
    "truncated_wide": ("truncated_normal", {"lower": -INFINITY, "upper": INFINITY}),
    "truncated_uneven": (
        "truncated_normal",
        {"mean": 0.5, "std": 1.25, "lower": -3.5, "upper": 1.5},
    ),
    "truncated_above": ("truncated_normal", {"lower": 0.5, "upper": INFINITY}),
    "truncated_far_above": ("truncated_normal", {"lower": 4.0, "upper": 9.0}),
    "truncated_far_below": ("truncated_normal", {"lower": -INFINITY, "upper": -6.0}),
    "constant": ("constant", {"value": 0.375}),
    "zeros": ("zeros", {}),
    "ones": ("ones", {}),
}
DRAWN = [  # each method with each of its element types
    (method, dtype) for method in METHODS for dtype in (["uint32"] if method == "words" else list(FLOATS))
]
# Warnings of others in their own code.
QUIET = pytest.mark.filterwarnings("ignore::Warning:(cupy|torch|jax)")


@pytest.fixture(scope="module")
def needs_gpu() -> None:
    """Skips where CUDA sees no GPU."""
    try:
        count_devices(CUDA)
    except RuntimeError as error:
        pytest.skip(f"needs an NVIDIA GPU: {error}")


def element_of(dtype: str) -> Any:
    return UINT32 if dtype == "uint32" else FLOATS[dtype]


def draw(method: str, shape: Any, dtype: str, **options: Any) -> Any:
    """Draws by a method of `METHODS`."""
    name, parameters = METHODS[method]
    options = {"seed": 2**63 + 5, "stream": "w", **parameters, **options}
    return getattr(fastinit, name)(shape, dtype=dtype, **options)


def typed(memory: Any, dtype: str) -> Any:
    """Bytes of a GPU as elements; they stay bytes where CuPy has no such type."""
    element = element_of(dtype)
    return memory if element.itemsize == 1 else memory.view(element.numpy)


class Memory:
    """As much memory of the GPU and of the CPU, with the same bytes."""

    def __init__(self, size_bytes: int) -> None:
        import cupy

        self.gpu = cupy.full(size_bytes, PRESET, cupy.uint8)
        self.cpu: NDArray[np.uint8] = np.full(size_bytes, PRESET, np.uint8)

    def draw(self, method: str, shape: Any, dtype: str, first_byte: int = 0, **options: Any) -> None:
        """Draws to both, from the byte `first_byte` on.

        Args:
            method: See `METHODS`.
            shape: Of the whole tensor.
            dtype: Of the elements.
            first_byte: A multiple of the element's size.
            **options: Of the draw, `index` among them, which makes the memory that of the part.
        """
        element = element_of(dtype)
        index = options.get("index")
        sizes = tuple(np.atleast_1d(shape).tolist())
        held = sizes if index is None else index_box(index, sizes).shape
        last_byte = first_byte + math.prod(held) * element.itemsize
        on_cpu = self.cpu[first_byte:last_byte].view(element.numpy).reshape(held)
        on_gpu = typed(self.gpu[first_byte:last_byte], dtype).reshape(held)
        draw(method, shape, dtype, out=on_cpu, **options)
        draw(method, shape, dtype, out=on_gpu, **options)

    def is_same(self) -> bool:
        """Tells whether all bytes are the same."""
        return bool(np.array_equal(self.gpu.get(), self.cpu))


def fill_and_hash(number: int) -> list[str]:
    """What one of several processes does: fills memory of the GPU again and again, and looks at it."""
    hashes = []
    for turn in range(8):
        drawn = draw("normal", 2**21 + number, "float32", seed=number, stream=turn, device="cuda")
        hashes.append(hashlib.blake2b(drawn.tobytes()).hexdigest())
    return hashes


def capture_first(method: str) -> list[bytes]:
    """What a process sees whose first fill is captured: memory before, after one replay, and after another.

    The mode of the capture is the strictest one, which is that of PyTorch.
    """
    import cupy

    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        out = cupy.full(1001, 7.0, cupy.float32)
        stream.synchronize()
        stream.begin_capture(cupy.cuda.runtime.streamCaptureModeGlobal)
        draw(method, None, "float32", out=out)
        graph = stream.end_capture()
        seen = [out.tobytes()]
        graph.launch()
        seen.append(out.tobytes())
        out.fill(0)
        graph.launch()
        seen.append(out.tobytes())
    return seen
