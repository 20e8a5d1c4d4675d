"""Fills the memory of PyTorch's tensors: plain tensors, strided tensors, and the local shards of DTensors."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import TYPE_CHECKING, Any

import torch
from torch._C import _functorch
from torch._subclasses import FakeTensor
from torch.autograd.graph import increment_version
from torch.nn import UninitializedBuffer, UninitializedParameter

from fastinit import checks, cuda, dtypes
from fastinit.buffers import Buffer, check_storage, check_untraced
from fastinit.cuda import Gpu
from fastinit.distributions import Constant, Structured
from fastinit.fill import fill_buffer, filler
from fastinit.index import box_of
from fastinit.random import DEFAULT_STREAM, Seed, Stream, resolve_seed, stream_number
from fastinit.torch import sharding
from fastinit.tracing import is_traced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fastinit.distributions import Distribution

ELEMENTS = {getattr(torch, name): element for name, element in dtypes.FLOATS.items()}

USUAL = (torch.Tensor, torch.nn.Parameter)
_WORD = torch.zeros((), dtype=torch.int64, device="cpu")
_NO_DISPATCH = torch.Tensor.__torch_dispatch__


class _Active(threading.local):
    """The mode that replaces PyTorch's draws in this thread and gives them seeds and streams: see `interception`."""

    interception: Any = None


active = _Active()


@contextlib.contextmanager
def inactive() -> Iterator[None]:
    """Leaves all draws of this thread to PyTorch for a `with` block."""
    outer, active.interception = active.interception, None
    try:
        yield
    finally:
        active.interception = outer


def is_fillable(tensor: Any) -> bool:
    """Tells whether a tensor has an element type of fastinit and memory (if any) that holds only its elements."""
    return (
        isinstance(tensor, torch.Tensor)
        and tensor.dtype in ELEMENTS
        and tensor.layout is torch.strided
        and not tensor.is_nested
        and not _functorch.is_functorch_wrapped_tensor(tensor)
        and (_is_plain(type(_held(tensor))) or isinstance(tensor, FakeTensor))
    )


def is_reinterpreted() -> bool:
    """Tells whether calls are transformed or recorded at this moment, and do not simply return values.

    A transform of torch.func, such as vmap, decides what a draw does; a trace or an export records it.
    """
    return _functorch.peek_interpreter_stack() is not None or is_traced()


def _held(tensor: torch.Tensor) -> torch.Tensor:
    """Returns the part of a tensor that this process holds: for a DTensor its shard, which may be a wrapper too."""
    return sharding.local_tensor(tensor) if sharding.is_dtensor(tensor) else tensor


def _is_nothing_but_memory(kind: Any) -> bool:
    is_lazy = issubclass(kind, (UninitializedBuffer, UninitializedParameter))
    return kind.__torch_dispatch__ is _NO_DISPATCH and not is_lazy


# Tells whether tensors of a type have their elements in memory and nothing else.
_is_plain: Callable[[Any], bool] = functools.lru_cache(maxsize=256)(_is_nothing_but_memory)


def fill(
    tensor: torch.Tensor,
    spec: Distribution,
    generator: torch.Generator | None = None,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a tensor, or the local shard of a DTensor, with draws, and returns the tensor.

    Gradients do not record the write. If there is nothing to fill, as on the meta device, or if the tensor causes an
    error, no generator advances.

    Args:
        tensor: A tensor with any strides. On devices other than the CPU and CUDA it is drawn on the CPU and copied.
        spec: The distribution of the whole tensor.
        generator: Gives the seed where `seed` is None; None for PyTorch's default generator, whatever the device.
        seed: An int in [0, 2^64) or a `fastinit.Generator`; None takes the seed from `generator`.
        stream: An int in [0, 2^64) or the tensor's name.

    Raises:
        TypeError: fastinit cannot fill the tensor or its element type, or both `generator` and `seed` are given.
        ValueError: The DTensor has partial sums, the element type cannot hold a parameter of `spec`, or the tensor's
            memory was freed.
        RuntimeError: PyTorch does not allow writes to the tensor, the tensor is on a GPU and fastinit was built
            without CUDA, or a trace or an export runs, whose graph would not hold the values.
    """
    is_plain_memory = is_usual(tensor)
    if not is_plain_memory and not is_fillable(tensor):
        raise _unfillable(tensor)
    check_untraced("tensor", tensor)
    if seed is not None and generator is not None:
        remedy = "leave one of them out"
        raise TypeError(checks.text("seed", "be None when `generator` is given", seed, remedy))
    if is_plain_memory and not isinstance(spec, Structured):
        fill_memory = filler(spec, ELEMENTS[tensor.dtype], tensor.numel())
        numbers = numbers_of(tensor, generator, seed, stream) if spec.is_random else (0, 0)
        fill_memory(tensor.data_ptr(), *numbers)
        increment_version(tensor)
        return tensor
    if not has_elements(tensor):
        return tensor
    is_plain = _is_plain(type(tensor))
    check_writable(tensor)
    if tensor.is_cuda and _is_by_core(spec):
        cuda.check_built("tensor", "be on the CPU", str(tensor.device))
    if not isinstance(spec, Constant):
        spec.parameters(ELEMENTS[tensor.dtype])  # raises if the element type cannot hold a parameter
    parts = [(tensor, None)] if is_plain else list(sharding.local_parts(tensor))
    numbers = numbers_of(tensor, generator, seed, stream) if spec.is_random else (0, 0)

    shape = tuple(tensor.shape)
    for part, index in parts:
        _fill_part(part, spec, shape, index, *numbers)
    if not is_plain:  # the local tensor of a DTensor has a version counter of its own
        increment_version(tensor)
    return tensor


def fill_box(
    tensor: torch.Tensor,
    axes: Sequence[int],
    starts: Sequence[int],
    shape: tuple[int, ...],
    spec: Distribution,
    seed: int,
    stream: Stream,
    within: tuple[tuple[int, ...], Sequence[int]] | None = None,
) -> None:
    """Fills a box of a tensor, or of a DTensor's local shard, as if the box were a separate tensor.

    Args:
        tensor: As in `fill`.
        axes: The tensor's axis for each axis of the box. On every other axis the box has size 1.
        starts: Where the box begins on each axis of the tensor.
        shape: The shape of the box.
        spec: The distribution of the box.
        seed: The seed of the draw.
        stream: The name or number of the draw's stream.
        within: If `spec` draws more than the box, the shape that it draws and where the box begins in that shape.
    """
    whole_shape, offsets = within or (shape, (0,) * len(shape))
    if not has_elements(tensor):
        return
    check_writable(tensor)
    numbers = resolve_seed(seed, stream)
    whole = tuple(slice(0, size) for size in tensor.shape)
    is_dtensor = sharding.is_dtensor(tensor)
    for part, index in sharding.local_parts(tensor) if is_dtensor else [(tensor, whole)]:
        here, there = [], [slice(0, 0)] * len(axes)
        for axis, held in enumerate(index):
            size = shape[axes.index(axis)] if axis in axes else 1
            start, stop = max(held.start, starts[axis]), min(held.stop, starts[axis] + size)
            here.append(slice(start - held.start, stop - held.start))
            if axis in axes:
                first = starts[axis] - offsets[axes.index(axis)]
                there[axes.index(axis)] = slice(start - first, stop - first)
        if all(each.start < each.stop for each in here):
            box = without_gradient(part)[tuple(here)]
            others = [axis for axis in range(box.ndim) if axis not in axes]
            box = box.permute(*others, *axes)
            for _ in others:
                box = box.squeeze(0)
            _fill_part(box, spec, whole_shape, tuple(there), *numbers)
    if is_dtensor:
        increment_version(tensor)


def filling_of(spec: Distribution) -> Callable[[torch.Tensor, int, str], None]:
    """Returns a function that fills tensors from a seed and a name, and prepares the core once for many tensors."""
    known: dict[tuple[torch.dtype, int], Callable[[int, int, int], None]] = {}

    def fill_one(tensor: torch.Tensor, seed: int, stream: str) -> None:
        key = (tensor.dtype, tensor.numel())
        if key in known and is_usual(tensor) and not is_traced():
            known[key](tensor.data_ptr(), seed, stream_number(stream))
            increment_version(tensor)
            return
        fill(tensor, spec, seed=seed, stream=stream)
        if not isinstance(spec, Structured):
            known[key] = filler(spec, ELEMENTS[tensor.dtype], tensor.numel())

    return fill_one


def is_usual(tensor: Any) -> bool:
    """Tells whether a tensor is plain, on the CPU, and contiguous. Most are, and then need no further checks."""
    return (
        type(tensor) in USUAL
        and tensor.is_cpu
        and tensor.dtype in ELEMENTS
        and not tensor.is_nested
        and tensor.layout is torch.strided
        and not _functorch.is_functorch_wrapped_tensor(tensor)
        and tensor.is_contiguous()
        and not tensor.is_neg()
        and not tensor.is_inference()
        and 0 < tensor.untyped_storage().nbytes() == tensor.nbytes
        and tensor.data_ptr() % tensor.itemsize == 0
    )


def has_elements(tensor: torch.Tensor) -> bool:
    """Tells whether there are elements to fill. Tensors on the meta device and fake tensors have none."""
    is_real = _is_plain(type(tensor)) or not isinstance(tensor, FakeTensor)
    return is_real and not tensor.is_meta and tensor.numel() > 0


def without_gradient(tensor: torch.Tensor) -> torch.Tensor:
    """Returns a tensor for writing to the same memory without gradients, in half the time of `no_grad`."""
    # An inference tensor has no gradients, and `detach` would return a tensor that is not an inference tensor.
    return tensor if tensor.is_inference() else tensor.detach()


def copy_whole(tensor: torch.Tensor, whole: torch.Tensor) -> None:
    """Copies a plain tensor into a tensor of the same shape; a DTensor gets the values of its local shard."""
    if not sharding.is_dtensor(tensor):
        without_gradient(tensor).copy_(whole)
        return
    with torch.no_grad():
        for part, index in sharding.local_parts(tensor):
            part.copy_(whole[index])
    increment_version(tensor)


def check_writable(tensor: torch.Tensor) -> None:
    """Raises PyTorch's error for a tensor that PyTorch does not allow writes to.

    Raises:
        RuntimeError: It is an inference tensor outside of inference mode, or some elements share their memory.
        ValueError: The tensor's memory was freed; PyTorch itself would write there.
    """
    check_memory(tensor)
    if tensor.is_inference():
        if not torch.is_inference_mode_enabled():
            # PyTorch raises only after it has written, so write to an empty view to get its error.
            tensor.as_strided((0,), (1,)).zero_()
    elif not tensor.is_contiguous():
        strides = zip(tensor.shape, tensor.stride(), strict=True)
        if any(stride == 0 and size > 1 for size, stride in strides):
            tensor.detach().copy_(_WORD)


def check_memory(tensor: torch.Tensor) -> None:
    """Checks that the memory of a tensor, or of a DTensor's shard, was not freed: see `buffers.check_storage`.

    Raises:
        ValueError: The storage is smaller than the elements need.
    """
    held = _held(tensor)
    if (held.is_cpu or held.is_cuda) and _is_plain(type(held)):
        check_storage("tensor", held)


def draw_seed(generator: torch.Generator | None) -> int:
    """Draws 63 bits from a generator, which advances; None for PyTorch's default generator of the CPU."""
    word = _WORD.clone()  # takes half the time of `torch.empty`
    if generator is not None and generator.device.type != "cpu":
        word = word.to(generator.device)
    return int(word.random_(generator=generator).item())


def numbers_of(
    tensor: torch.Tensor,
    generator: torch.Generator | None = None,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> tuple[int, int]:
    """Returns the seed and stream of a draw, and advances the generator that gives them: see `fill`."""
    if seed is None and active.interception is not None:
        given = active.interception.source_of(tensor, generator)
        seed, stream = given.get("seed"), given.get("stream", stream)
    if seed is not None:
        return resolve_seed(seed, stream)
    number = 0 if stream is DEFAULT_STREAM else stream_number(stream)
    return draw_seed(generator), number  # last, since the generator must not advance before an error


def _fill_part(
    tensor: torch.Tensor,
    spec: Distribution,
    shape: tuple[int, ...],
    index: Any,
    seed: int,
    stream: int,
) -> None:
    if not tensor.numel():
        return
    on_gpu = tensor.is_cuda and _is_by_core(spec)
    is_there = _is_direct(tensor) and tensor.is_cuda == on_gpu
    memory = tensor if is_there else _memory_on(tensor.device if on_gpu else "cpu", tensor)
    fill_buffer(spec, _buffer(memory), box_of(index, shape), seed=seed, stream=stream)
    if memory is not tensor:
        without_gradient(tensor).copy_(memory)
    elif not tensor.is_inference():  # an inference tensor has no version counter
        increment_version(tensor)


def _is_direct(tensor: torch.Tensor) -> bool:
    """Tells whether fastinit can draw into a tensor's memory: it is on the CPU or a GPU, contiguous and aligned."""
    return (
        (tensor.is_cpu or tensor.is_cuda)
        and tensor.is_contiguous()
        and not tensor.is_neg()
        and tensor.data_ptr() % tensor.itemsize == 0
    )


def _memory_on(device: Any, tensor: torch.Tensor) -> torch.Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device=device)


def _is_by_core(spec: Distribution) -> bool:
    """Tells whether the core can draw this on GPUs. Everything else is computed on the CPU and copied."""
    return not isinstance(spec, Structured) or spec.is_core


def _buffer(tensor: torch.Tensor) -> Buffer:
    gpu = None
    if tensor.is_cuda:
        current = torch.cuda.current_stream(tensor.device)
        gpu = Gpu(tensor.device.index, int(current.cuda_stream))
    element = ELEMENTS[tensor.dtype]
    return Buffer(tensor.data_ptr(), tuple(tensor.shape), element, tensor, gpu=gpu)


def _unfillable(tensor: Any) -> TypeError:
    rule = f"be a dense tensor or DTensor of {', '.join(dtypes.FLOATS)}"
    seen = type(tensor).__name__
    if isinstance(tensor, torch.Tensor):
        seen = f"{tensor.dtype} {tensor.layout} {seen}"
    return TypeError(checks.text("tensor", rule, seen, "fill a plain tensor and convert it"))
