"""PyTorch on a real GPU: its tensors, streams, graphs and models get the bits of the CPU."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.dtypes import FLOATS
from tests.cuda.gpu import (  # noqa: F401 - fixtures are found by name
    DRAWN,
    PRESET,
    QUIET,
    draw,
    element_of,
    needs_gpu,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

torch = pytest.importorskip("torch")
ours = pytest.importorskip("fastinit.torch")
nn, init = torch.nn, torch.nn.init
pytestmark = [
    pytest.mark.cuda,
    pytest.mark.torch,
    pytest.mark.usefixtures("needs_gpu", "torch_sees_it"),
    QUIET,
]

COUNT = 2**22 + 3
MIB = 2**20
# Each function, and what is filled: a matrix, or a kernel.
FUNCTIONS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "uniform_": ((37, 21), {"a": -0.75, "b": 0.5}),
    "normal_": ((37, 21), {"mean": 0.25, "std": 0.02}),
    "trunc_normal_": ((37, 21), {"std": 0.02, "a": -0.03, "b": 0.05}),
    "xavier_uniform_": ((8, 4, 3, 3), {"gain": 1.5}),
    "xavier_normal_": ((8, 4, 3, 3), {}),
    "kaiming_uniform_": ((8, 4, 3, 3), {"a": 5**0.5}),
    "kaiming_normal_": ((37, 21), {"mode": "fan_out", "nonlinearity": "relu"}),
    "orthogonal_": ((37, 21), {"gain": 1.5}),
    "sparse_": ((37, 21), {"sparsity": 0.25}),
    "constant_": ((37, 21), {"val": 0.375}),
    "zeros_": ((37, 21), {}),
    "ones_": ((37, 21), {}),
    "eye_": ((37, 21), {}),
    "dirac_": ((8, 4, 3, 3), {"groups": 2}),
}
UNSEEDED = ("constant_", "zeros_", "ones_", "eye_", "dirac_")
FORMS: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda t: t.transpose(0, 1),
    "a slice": lambda t: t[3:, 2:11],
    "every other": lambda t: t[::2],
    "rows": lambda t: t[1:5],
    "channels last": lambda t: torch.empty(
        (4, 3, 5, 7), dtype=t.dtype, device=t.device, memory_format=torch.channels_last
    ),
    "one number": lambda t: t[3, 5],
    "nothing": lambda t: t[:0],
}


@pytest.fixture(scope="module")
def torch_sees_it() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs PyTorch with CUDA")


@pytest.fixture(autouse=True)
def _wait_and_give_back() -> Iterator[None]:
    yield
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


def bytes_of(tensor: Any) -> bytes:
    held = tensor.detach().cpu().contiguous().reshape(-1)
    data: bytes = held.view(torch.uint8).numpy().tobytes()
    return data


def type_of(dtype: str) -> Any:
    return getattr(torch, dtype)


def zeros(count: int, dtype: str) -> Any:
    """Zeros of any type, for PyTorch has few operations on some."""
    size_bytes = count * element_of(dtype).itemsize
    return torch.zeros(size_bytes, dtype=torch.uint8, device="cuda").view(type_of(dtype))


def keep_busy(out: Any) -> None:
    """Some milliseconds of work on the current stream, after which it writes `out`."""
    ballast = torch.empty(512 * MIB, dtype=torch.uint8, device="cuda")
    for _ in range(8):
        ballast.fill_(1)
    out.fill_(7)


class TestOut:
    """fastinit's own functions on PyTorch's tensors."""

    @pytest.mark.parametrize(("method", "dtype"), DRAWN)
    def test_every_method_and_type(self, method: str, dtype: str) -> None:
        itemsize = element_of(dtype).itemsize
        memory = torch.full((2**13 + 16,), PRESET, dtype=torch.uint8, device="cuda")
        for offset in (0, 8, 16, 24):
            count = 1001 - offset
            memory.fill_(PRESET)
            out = memory[offset : offset + count * itemsize].view(type_of(dtype))
            assert draw(method, None, dtype, out=out) is out
            held = bytes_of(memory)
            last = offset + count * itemsize
            assert held[offset:last] == draw(method, count, dtype).tobytes()
            assert set(held[:offset] + held[last:]) <= {PRESET}

    def test_it_follows_the_current_stream(self) -> None:
        expected = draw("normal", COUNT, "float32").tobytes()
        for stream in (
            torch.cuda.default_stream(),
            torch.cuda.Stream(),
            torch.cuda.Stream(priority=-1),
        ):
            out = torch.zeros(COUNT, device="cuda")
            torch.cuda.synchronize()
            with torch.cuda.stream(stream):
                for fill in (draw_out, draw_torch):
                    keep_busy(out)
                    fill(out)
                    after = out.clone()
                    out.zero_()
                    assert bytes_of(after) == expected

    def test_an_event_orders_another_stream(self) -> None:
        first, second = torch.cuda.Stream(), torch.cuda.Stream()
        out = torch.zeros(COUNT, device="cuda")
        torch.cuda.synchronize()
        with torch.cuda.stream(first):
            keep_busy(out)
            draw_out(out)
            event = first.record_event()
        with torch.cuda.stream(second):
            second.wait_event(event)
            assert bytes_of(out + 0) == draw("normal", COUNT, "float32").tobytes()

    def test_threads_with_streams_of_their_own(self) -> None:
        drawn: dict[int, bytes] = {}

        def work(seed: int) -> None:
            with torch.cuda.stream(torch.cuda.Stream()):
                out = torch.zeros(10**5, device="cuda")
                drawn[seed] = bytes_of(fastinit.normal(None, out=out, seed=seed))

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert drawn == {seed: fastinit.normal(10**5, seed=seed).tobytes() for seed in range(8)}

    def test_parts(self) -> None:
        index = np.s_[3:9, 2:50]
        out = torch.zeros((6, 48), dtype=torch.bfloat16, device="cuda")
        draw("normal", (64, 64), "bfloat16", out=out, index=index)
        assert bytes_of(out) == draw("normal", (64, 64), "bfloat16", index=index).tobytes()

    def test_strided_and_differentiable_tensors_are_refused(self) -> None:
        held = torch.full((4, 6), 7.0, device="cuda")
        for out in (held.t(), held[:, :3], held[::2], held[:1].expand(4, 6)):
            with pytest.raises(ValueError, match="`out` must be a writable C-contiguous array"):
                fastinit.normal(None, out=out)
        with pytest.raises(ValueError, match=r"pass `out.detach\(\)`"):
            fastinit.normal(None, out=nn.Parameter(held))
        assert bool((held == 7).all())

    def test_new_arrays_of_cupys_are_tensors_without_a_copy(self) -> None:
        pytest.importorskip("cupy")
        drawn = draw("normal", (30, 7), "float32", device="cuda")
        tensor = torch.from_dlpack(drawn)
        assert tensor.data_ptr() == drawn.data.ptr
        assert bytes_of(tensor) == draw("normal", (30, 7), "float32").tobytes()


def draw_out(out: Any) -> None:
    draw("normal", None, "float32", out=out)


def draw_torch(out: Any) -> None:
    """The same values as `draw_out` by `fastinit.torch`."""
    ours.normal_(out, mean=0.25, std=0.02, seed=2**63 + 5, stream="w")


class TestFunctions:
    """`fastinit.torch` on the GPU: the tensors of the CPU."""

    @pytest.mark.parametrize("dtype", FLOATS)
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_bits_are_those_of_a_tensor_of_the_cpu(self, name: str, dtype: str) -> None:
        shape, options = FUNCTIONS[name]
        numbers = {} if name in UNSEEDED else {"seed": 3, "stream": "w"}
        filled = []
        for device in ("cpu", "cuda"):
            tensor = torch.zeros(shape, dtype=type_of(dtype), device=device)
            assert getattr(ours, name)(tensor, **options, **numbers) is tensor
            assert tensor.device.type == device
            filled.append(bytes_of(tensor))
        assert filled[0] == filled[1]

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    def test_any_strides(self, form: str, dtype: str) -> None:
        filled = []
        for device in ("cpu", "cuda"):
            whole = torch.full((20, 30), 7.0, dtype=type_of(dtype), device=device)
            view = FORMS[form](whole)
            ours.normal_(view, seed=3)
            filled.append((bytes_of(view), bytes_of(whole)))
        assert filled[0] == filled[1]

    def test_parameters_and_their_versions(self) -> None:
        parameter = nn.Parameter(torch.zeros(37, 21, device="cuda"))
        before = parameter._version
        ours.kaiming_uniform_(parameter, seed=3)
        assert parameter._version > before
        assert parameter.grad_fn is None
        assert bytes_of(parameter) == bytes_of(ours.kaiming_uniform_(torch.zeros(37, 21), seed=3))

    def test_pytorchs_seed_governs_on_any_device(self) -> None:
        filled = []
        for device in ("cpu", "cuda"):
            with torch.random.fork_rng(devices=()):
                torch.manual_seed(5)
                tensors = [ours.normal_(torch.zeros(99, device=device)) for _ in range(3)]
            filled.append([bytes_of(tensor) for tensor in tensors])
        assert filled[0] == filled[1]


class TestGraphs:
    """A graph's replay writes the same values again."""

    def test_every_method(self) -> None:
        outs = [
            (method, zeros(1001, dtype), dtype)
            for method, dtype in DRAWN
            if dtype in ("uint32", "float32", "bfloat16", "float8_e5m2", "float64")
        ]
        kernels = torch.zeros(37, 21, device="cuda")

        def draw_all() -> None:
            for method, out, dtype in outs:
                draw(method, None, dtype, out=out)
            ours.normal_(kernels, std=0.02, seed=3, stream="w")

        draw_all()  # loads the kernels
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            draw_all()
        for _ in range(2):
            for _, out, _ in outs:
                out.view(torch.uint8).zero_()
            kernels.zero_()
            graph.replay()
            for method, out, dtype in outs:
                assert bytes_of(out) == draw(method, 1001, dtype).tobytes(), (method, dtype)
            expected = fastinit.normal((37, 21), std=0.02, seed=3, stream="w")
            assert bytes_of(kernels) == expected.tobytes()

    def test_among_other_work(self) -> None:
        out = torch.zeros(COUNT, device="cuda")
        total = torch.zeros(COUNT, device="cuda")
        draw_torch(out)
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            out.fill_(7.0)
            draw_out(out)
            total.add_(out)
            out.zero_()
        total.zero_()
        for _ in range(2):
            graph.replay()
        drawn = draw("normal", COUNT, "float32")
        assert bytes_of(total) == (drawn + drawn).tobytes()
        assert not bool(out.any())

    def test_the_first_fill_of_a_process(self) -> None:
        code = (
            "import fastinit, torch\n"
            "out = torch.zeros(1001, device='cuda')\n"
            "graph = torch.cuda.CUDAGraph()\n"
            "with torch.cuda.graph(graph):\n"
            "    fastinit.normal(None, out=out, seed=3)\n"
            "out.zero_()\n"
            "graph.replay()\n"
            "assert out.cpu().numpy().tobytes() == fastinit.normal(1001, seed=3).tobytes()\n"
        )
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
        assert ended.returncode == 0, ended.stderr


def model() -> Any:
    return nn.Sequential(
        nn.Embedding(50, 32), nn.Linear(32, 48), nn.LayerNorm(48), nn.Conv1d(48, 16, 3),
        nn.BatchNorm1d(16), nn.LSTM(16, 8), nn.MultiheadAttention(8, 2), nn.Linear(8, 3, dtype=torch.bfloat16),
    )  # fmt: skip


def state(module: Any) -> dict[str, bytes]:
    return {name: bytes_of(tensor) for name, tensor in module.state_dict().items()}


class TestModels:
    """Models on the GPU have the same weights as models on the CPU."""

    rules = (
        {"match": "0.weight", "init": "normal", "std": 0.02},
        {"match": "1.weight", "init": "he_normal", "truncated": True},
        {"match": "1.bias", "init": "constant", "value": 0.5},
    )

    @pytest.mark.parametrize("recipe", [None, rules])
    def test_init_model(self, recipe: Any) -> None:
        expected = state(ours.init_model(model(), seed=7, recipe=recipe))
        assert state(ours.init_model(model().cuda(), seed=7, recipe=recipe)) == expected
        with torch.device("meta"):
            empty = model()
        made = ours.init_model(empty, seed=7, recipe=recipe, device="cuda")
        assert {tensor.device.type for tensor in made.parameters()} == {"cuda"}
        assert state(made) == expected

    def test_accelerate(self) -> None:
        drawn = []
        for device in ("cpu", "cuda"):
            with torch.device(device), ours.accelerate(seed=7):
                made = model()
                extra = [
                    torch.randn(37, 21),
                    torch.rand(37, 21, dtype=torch.bfloat16),
                    torch.randn_like(made[1].weight),
                    torch.empty(99).normal_(1.0, 0.5),
                    torch.empty(99).uniform_(-1, 10),
                    torch.normal(1.0, 0.5, (37, 21)),
                    init.trunc_normal_(torch.empty(37, 21), std=0.02, a=-0.04, b=0.04),
                ]
            assert {tensor.device.type for tensor in (*made.parameters(), *extra)} == {device}
            drawn.append((state(made), [bytes_of(tensor) for tensor in extra]))
        assert drawn[0] == drawn[1]


class TestFullMemory:
    """PyTorch's own error comes through, nothing is written, and the next call works."""

    def test_out_of_memory(self) -> None:
        count = 128 * MIB
        strided = torch.full((count, 2), 7.0, device="cuda")[:, 0]  # filled through a new tensor
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties(strided.device).total_memory
        limit = torch.cuda.memory_reserved() + 64 * MIB
        torch.cuda.set_per_process_memory_fraction(limit / total)
        try:
            with pytest.raises(torch.OutOfMemoryError):
                ours.normal_(strided, seed=3)
            assert bool((strided[-1001:] == 7).all())
            assert bool((strided[:1001] == 7).all())
            small = ours.normal_(torch.zeros(1001, device="cuda"), seed=3)
            assert bytes_of(small) == fastinit.normal(1001, seed=3).tobytes()
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
        ours.normal_(strided, seed=3)
        index = np.s_[-1001:]
        assert bytes_of(strided[index]) == fastinit.normal(count, seed=3, index=index).tobytes()

    def test_a_fill_takes_no_memory(self) -> None:
        out = torch.zeros(64 * MIB, device="cuda")
        draw_out(out)
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        draw_out(out)
        draw_torch(out)
        assert torch.cuda.max_memory_allocated() == before
