"""PyTorch's tensors as memory to fill: plain ones, strided ones, and the local shards of DTensors."""

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
    """What draws in PyTorch's place in this thread, and numbers fastinit's draws: see `interception`."""

    interception: Any = None


active = _Active()


@contextlib.contextmanager
def inactive() -> Iterator[None]:
    """Lets nothing of this thread draw in PyTorch's place for a `with` block."""
    outer, active.interception = active.interception, None
    try:
        yield
    finally:
        active.interception = outer


def is_fillable(tensor: Any) -> bool:
    """Tells tensors whose memory, if they have any, holds just their elements, of a type of the stream."""
    return (
        isinstance(tensor, torch.Tensor)
        and tensor.dtype in ELEMENTS
        and tensor.layout is torch.strided
        and not tensor.is_nested
        and not _functorch.is_functorch_wrapped_tensor(tensor)
        and (_is_plain(type(_held(tensor))) or isinstance(tensor, FakeTensor))
    )


def is_reinterpreted() -> bool:
    """Tells whether calls mean something else than their values now.

    A transform of torch.func, such as vmap, decides what a draw is; a trace or an export records it.
    """
    return _functorch.peek_interpreter_stack() is not None or is_traced()


def _held(tensor: torch.Tensor) -> torch.Tensor:
    """What this process holds of a tensor: of a DTensor its shard, which may be a wrapper in turn."""
    return sharding.local_tensor(tensor) if sharding.is_dtensor(tensor) else tensor


def _is_nothing_but_memory(kind: Any) -> bool:
    is_lazy = issubclass(kind, (UninitializedBuffer, UninitializedParameter))
    return kind.__torch_dispatch__ is _NO_DISPATCH and not is_lazy


# Tells the types of tensors that have their elements in memory and nothing else.
_is_plain: Callable[[Any], bool] = functools.lru_cache(maxsize=256)(_is_nothing_but_memory)


def fill(
    tensor: torch.Tensor,
    spec: Distribution,
    generator: torch.Generator | None = None,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a tensor with draws and returns it: all of it, or the local shard of a DTensor.

    Gradients do not see it. Where there is nothing to fill, as on the meta device, no generator moves;
    neither does one if the tensor is refused.

    Args:
        tensor: Any strides, on the CPU or a CUDA device; elsewhere it is drawn on the CPU and copied.
        spec: What to draw, of the whole tensor.
        generator: Gives the seed where `seed` is None; PyTorch's default one if None, whatever the device.
        seed: See `fastinit.random.resolve_seed`.
        stream: See `fastinit.random.resolve_seed`.

    Raises:
        TypeError: A tensor or element type that fastinit does not fill, or both `generator` and `seed`.
        ValueError: A DTensor with partial sums, a parameter that the element type cannot hold, a tensor
            whose memory was freed.
        RuntimeError: A tensor that PyTorch does not let anyone write to; a CUDA tensor in a build without;
            a trace or an export, whose graph would not hold the values.
    """
    is_plain_memory = is_usual(tensor)
    if not is_plain_memory and not is_fillable(tensor):
        raise _unfillable(tensor)
    check_untraced("tensor", tensor)
    if seed is not None and generator is not None:
        remedy = "leave one of them out"
        raise TypeError(checks.text("seed", "be None beside a `generator`", seed, remedy))
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
        spec.parameters(ELEMENTS[tensor.dtype])  # refuses what the element type cannot hold
    parts = [(tensor, None)] if is_plain else list(sharding.local_parts(tensor))
    numbers = numbers_of(tensor, generator, seed, stream) if spec.is_random else (0, 0)

    shape = tuple(tensor.shape)
    for part, index in parts:
        _fill_part(part, spec, shape, index, *numbers)
    if not is_plain:  # whose local tensor counts its versions by itself
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
    """Fills a box of a tensor, or of a DTensor's local shard, as if it were a tensor of its own.

    Args:
        tensor: See `fill`.
        axes: The tensor's axis of each axis of the box. On the others it has one place.
        starts: Where it begins on each axis of the tensor.
        shape: Of the box.
        spec: What to draw, of the box.
        seed: See `fill`.
        stream: See `fill`.
        within: The shape of what `spec` draws, where this is more than the box, and where the box begins in it.
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
    """Returns what fills tensors by `fill` from a seed and a name, and finds what the core needs once for many."""
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
    """Tells a plain tensor of the CPU that holds its elements in their order: most are, and need no other look."""
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
    """Tells whether there is anything to fill: not on the meta device, nor in PyTorch's fake tensors."""
    is_real = _is_plain(type(tensor)) or not isinstance(tensor, FakeTensor)
    return is_real and not tensor.is_meta and tensor.numel() > 0


def without_gradient(tensor: torch.Tensor) -> torch.Tensor:
    """Returns a tensor for writing to its memory unseen by gradients, in half the time of `no_grad`."""
    # An inference tensor has none, and detached it would forget that it is one.
    return tensor if tensor.is_inference() else tensor.detach()


def copy_whole(tensor: torch.Tensor, whole: torch.Tensor) -> None:
    """Copies to a tensor the values of a plain one of its shape: of a DTensor, those of its local shard."""
    if not sharding.is_dtensor(tensor):
        without_gradient(tensor).copy_(whole)
        return
    with torch.no_grad():
        for part, index in sharding.local_parts(tensor):
            part.copy_(whole[index])
    increment_version(tensor)


def check_writable(tensor: torch.Tensor) -> None:
    """Lets PyTorch refuse, in its words, a tensor that it lets nobody write to.

    Raises:
        RuntimeError: An inference tensor outside of inference mode, elements that share their memory.
        ValueError: A tensor whose memory was freed, which PyTorch would write to.
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
    """Refuses a tensor, or a DTensor's shard, whose memory was freed: see `buffers.check_storage`.

    Raises:
        ValueError: Its storage ends before its elements do.
    """
    held = _held(tensor)
    if (held.is_cpu or held.is_cuda) and _is_plain(type(held)):
        check_storage("tensor", held)


def draw_seed(generator: torch.Generator | None) -> int:
    """Takes 63 bits of a generator, which advances: PyTorch's default one of the CPU if None."""
    word = _WORD.clone()  # in half the time of `torch.empty`
    if generator is not None and generator.device.type != "cpu":
        word = word.to(generator.device)
    return int(word.random_(generator=generator).item())


def numbers_of(
    tensor: torch.Tensor,
    generator: torch.Generator | None = None,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> tuple[int, int]:
    """Returns the seed and stream of a draw, for which a generator moves: see `fill`."""
    if seed is None and active.interception is not None:
        given = active.interception.source_of(tensor, generator)
        seed, stream = given.get("seed"), given.get("stream", stream)
    if seed is not None:
        return resolve_seed(seed, stream)
    number = 0 if stream is DEFAULT_STREAM else stream_number(stream)
    return draw_seed(generator), number  # which moves, after all checks


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
    elif not tensor.is_inference():  # which has no version for backward to compare
        increment_version(tensor)


def _is_direct(tensor: torch.Tensor) -> bool:
    """Tells whether memory is where fastinit draws, and holds the elements as they are, in their order."""
    return (
        (tensor.is_cpu or tensor.is_cuda)
        and tensor.is_contiguous()
        and not tensor.is_neg()
        and tensor.data_ptr() % tensor.itemsize == 0
    )


def _memory_on(device: Any, tensor: torch.Tensor) -> torch.Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device=device)


def _is_by_core(spec: Distribution) -> bool:
    """Tells what the core draws on GPUs too; all else is computed on the CPU and copied."""
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
