"""A real GPU against the CPU, bit for bit. These tests need an NVIDIA GPU: `pytest -m cuda`.

Without one they are skipped, and nothing else in the tests replaces them.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import fastinit
from fastinit.dtypes import FLOATS
from tests.cuda.gpu import PRESET, QUIET, needs_gpu, typed  # noqa: F401 - fixtures are found by name

cupy = pytest.importorskip("cupy")
pytestmark = [pytest.mark.cuda, pytest.mark.usefixtures("needs_gpu"), QUIET]

COUNTS = [0, 1, 2, 3, 7, 64, 1001, 2**20 + 3]
CASES: dict[str, dict[str, Any]] = {
    "uniform": {"low": -0.75, "high": 0.5},
    "normal": {"mean": 0.25, "std": 0.02},
    "truncated_normal": {"mean": 0.5, "std": 1.25, "lower": -2.0, "upper": 1.5},
    "constant": {"value": 0.375},
}
TAIL = {"lower": 4.0, "upper": 9.0}


def empty(count: int, dtype: str) -> Any:
    """Preset memory of a GPU; of bytes where CuPy has no such type."""
    return typed(cupy.full(count * FLOATS[dtype].itemsize, PRESET, cupy.uint8), dtype)


def draw(name: str, shape: Any, dtype: str, **options: Any) -> Any:
    options = {**CASES[name], "seed": 2**63 + 5, "stream": "w", **options}
    return getattr(fastinit, name)(shape, dtype=dtype, **options)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CASES)
def test_bits_are_the_cpus(name: str, dtype: str) -> None:
    for count in COUNTS:
        out = empty(count, dtype)
        draw(name, count, dtype, out=out)
        assert out.tobytes() == draw(name, count, dtype).tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
def test_bits_of_a_far_tail(dtype: str) -> None:
    out = empty(10**5, dtype)
    draw("truncated_normal", 10**5, dtype, out=out, **TAIL)
    assert out.tobytes() == draw("truncated_normal", 10**5, dtype, **TAIL).tobytes()


def test_words_are_the_cpus() -> None:
    for count in COUNTS:
        drawn = fastinit.random_bits(count, seed=1, device="cuda")
        assert drawn.tobytes() == fastinit.random_bits(count, seed=1).tobytes()


@pytest.mark.parametrize("dtype", [d for d in FLOATS if not d.startswith("float8")])
def test_new_array(dtype: str) -> None:
    drawn = draw("normal", (37, 5), dtype, device="cuda")
    assert isinstance(drawn, cupy.ndarray)
    assert (drawn.shape, drawn.dtype) == ((37, 5), FLOATS[dtype].numpy)
    assert drawn.tobytes() == draw("normal", (37, 5), dtype).tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CASES)
def test_any_alignment_and_nothing_beside(name: str, dtype: str) -> None:
    size = FLOATS[dtype].itemsize
    for offset in range(17):
        for count in (1, 2, 7, 64, 1001):
            memory = empty(count + 40, dtype)
            draw(name, count, dtype, out=memory[offset : offset + count])
            held = memory.tobytes()
            first, last = offset * size, (offset + count) * size
            assert held[first:last] == draw(name, count, dtype).tobytes()
            assert set(held[:first] + held[last:]) == {PRESET}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "float8_e5m2"])
@pytest.mark.parametrize("name", CASES)
def test_part_of_a_tensor_beyond_any_memory(name: str, dtype: str) -> None:
    shape = (2**20, 2**7, 2**16 + 3)
    for index in (
        np.s_[3:6, 5, 7:40],
        np.s_[-2:, 3:5, -9:],
        np.s_[2**19, :, 2**15],
        np.s_[2**20 - 1, 127, 100:5000],
    ):
        expected = draw(name, shape, dtype, index=index)
        out = empty(expected.size, dtype).reshape(expected.shape)
        draw(name, shape, dtype, index=index, out=out)
        assert out.tobytes() == expected.tobytes()


def test_fill_is_ordered_on_the_current_stream() -> None:
    expected = draw("normal", 10**6, "float32")
    for _ in range(20):
        with cupy.cuda.Stream(non_blocking=True):
            out = cupy.full(10**6, 7.0, cupy.float32)
            draw("normal", None, "float32", out=out)
            after = out * 2
            assert after.tobytes() == (expected * 2).tobytes()


def test_threads_fill_each_its_own() -> None:
    drawn: dict[int, bytes] = {}

    def work(seed: int) -> None:
        with cupy.cuda.Stream(non_blocking=True):
            drawn[seed] = fastinit.normal(10**5, seed=seed, device="cuda").tobytes()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == {seed: fastinit.normal(10**5, seed=seed).tobytes() for seed in range(8)}


@pytest.mark.parametrize("number", range(8))
def test_every_device_and_the_current_one_is_put_back(number: int) -> None:
    devices = cupy.cuda.runtime.getDeviceCount()
    if number >= devices:
        with pytest.raises(ValueError, match=rf"one of the {devices} that CUDA sees"):
            fastinit.normal(5, device=f"cuda:{number}")
        return
    before = cupy.cuda.runtime.getDevice()
    drawn = draw("normal", 1001, "float32", device=f"cuda:{number}")
    assert drawn.device.id == number
    assert cupy.cuda.runtime.getDevice() == before
    assert drawn.tobytes() == draw("normal", 1001, "float32").tobytes()


def test_no_memory_left() -> None:
    generator = fastinit.Generator(seed=1)
    for shape in (2**44, 2**62):
        with pytest.raises(MemoryError, match="`shape` must fit the memory of cuda:"):
            fastinit.normal(shape, seed=generator, device="cuda")
    assert generator.next_stream() == 0


@pytest.mark.torch
@pytest.mark.parametrize("dtype", FLOATS)
def test_torch_tensor(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs PyTorch with CUDA")
    expected = draw("normal", (300, 7), dtype).tobytes()
    for stream in (torch.cuda.default_stream(), torch.cuda.Stream()):
        with torch.cuda.stream(stream):
            out = torch.zeros((300, 7), dtype=getattr(torch, dtype), device="cuda")
            assert draw("normal", None, dtype, out=out) is out
            assert out.view(torch.uint8).cpu().numpy().tobytes() == expected


def test_array_known_by_its_interface_only() -> None:
    class Other:
        def __init__(self, array: Any) -> None:
            self.array = array

        @property
        def __cuda_array_interface__(self) -> dict[str, Any]:
            described: dict[str, Any] = self.array.__cuda_array_interface__
            return described

    for number in range(cupy.cuda.runtime.getDeviceCount()):
        with cupy.cuda.Device(number):
            out = cupy.zeros((300, 7), cupy.float32)
            draw("normal", None, "float32", out=Other(out), device=f"cuda:{number}")
            assert out.tobytes() == draw("normal", (300, 7), "float32").tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("identity", (30, 50), {"gain": -2.5}),
        ("dirac", (3, 3, 8, 8), {"groups": 2}),
        ("sparse", (100, 60), {"sparsity": 0.25}),
        ("sparse", (0, 6), {"sparsity": 0.25}),
        ("orthogonal", (0, 3), {}),
        ("hadamard", (30, 50), {"gain": 0.3}),
        ("hadamard_identity", (3, 4, 9), {}),
        ("triangular", (2, 30, 50), {"diagonal": 1, "value": 0.3}),
        ("delta", (30, 50), {"place": 7, "value": 0.3}),
        ("modulo", (30, 50), {"divisor": 37}),
        ("ramp", (30, 50), {"high": 0.7}),
        ("sincos", (300, 64), {}),
        ("sincos_2d", (65, 48), {"grid": (4, 16), "extra_tokens": 1}),
    ],
)
def test_matrices_without_a_decomposition_are_the_cpus(
    name: str, shape: tuple[int, ...], options: dict[str, Any], dtype: str
) -> None:
    expected = getattr(fastinit, name)(shape, dtype=dtype, seed=3, **options)
    out = empty(expected.size, dtype).reshape(shape)
    getattr(fastinit, name)(shape, dtype=dtype, seed=3, out=out, **options)
    assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("layout", ["keras", "torch"])
@pytest.mark.parametrize(
    "shape", [(4, 4), (70, 30), (30, 70), (3, 3, 4, 5), (1, 1), (33, 32), (257, 200), (1000, 33), (5, 300), (600, 600)]
)
def test_orthogonal_matrices_are_the_cpus(shape: tuple[int, ...], layout: str, dtype: str) -> None:
    options: dict[str, Any] = {"gain": 1.5, "layout": layout, "seed": 1}
    expected = fastinit.orthogonal(shape, dtype=dtype, **options)
    out = empty(expected.size + 3, dtype)[3:].reshape(shape)
    fastinit.orthogonal(shape, dtype=dtype, out=out, **options)
    assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("index", [np.s_[5:90:1, 33:70], np.s_[..., 64:65], np.s_[7], np.s_[40:40], np.s_[-3:, -40:]])
@pytest.mark.parametrize("shape", [(150, 90), (90, 150), (100, 100)])
def test_part_of_an_orthogonal_matrix(shape: tuple[int, ...], index: Any) -> None:
    drawn = fastinit.orthogonal(shape, device="cuda", index=index, seed=2)
    assert isinstance(drawn, cupy.ndarray)
    assert drawn.tobytes() == fastinit.orthogonal(shape, index=index, seed=2).tobytes()


def test_large_orthogonal_matrix() -> None:
    drawn = fastinit.orthogonal((2100, 1900), device="cuda", seed=2)
    assert drawn.tobytes() == fastinit.orthogonal((2100, 1900), seed=2).tobytes()


@pytest.mark.parametrize(("shape", "layout"), [((3, 4, 6), "keras"), ((40, 20, 3, 3), "torch"), ((7, 5, 7), "torch")])
def test_delta_orthogonal(shape: tuple[int, ...], layout: str) -> None:
    drawn = fastinit.delta_orthogonal(shape, device="cuda", layout=layout, seed=1)
    assert drawn.tobytes() == fastinit.delta_orthogonal(shape, layout=layout, seed=1).tobytes()
