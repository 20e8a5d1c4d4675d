"""PyTorch's tensors as memory to fill: plain ones, strided ones, and the local shards of DTensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks, cuda, dtypes
from fastinit.buffers import Buffer
from fastinit.cuda import Gpu
from fastinit.distributions import WholeTensor
from fastinit.fill import fill_buffer
from fastinit.index import index_box, whole_box
from fastinit.random import DEFAULT_STREAM, Seed, Stream, resolve_seed
from fastinit.torch import sharding

if TYPE_CHECKING:
    from fastinit.distributions import Distribution

ELEMENTS = {getattr(torch, name): element for name, element in dtypes.FLOATS.items()}

_NO_DISPATCH = torch.Tensor.__torch_dispatch__


def is_fillable(tensor: Any) -> bool:
    """Tells tensors whose memory, if they have any, holds just their elements, of a type of the stream."""
    return (
        isinstance(tensor, torch.Tensor)
        and tensor.dtype in ELEMENTS
        and tensor.layout is torch.strided
        and (type(tensor).__torch_dispatch__ is _NO_DISPATCH or sharding.is_dtensor(tensor))
    )


def fill(
    tensor: torch.Tensor,
    spec: Distribution | WholeTensor,
    generator: torch.Generator | None = None,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> torch.Tensor:
    """Fills a tensor with draws and returns it: all of it, or the local shard of a DTensor.

    Gradients do not see it. On the meta device nothing happens, and no generator moves.

    Args:
        tensor: Any strides, on the CPU or a CUDA device; elsewhere it is drawn on the CPU and copied.
        spec: What to draw, of the whole tensor.
        generator: Gives the seed where `seed` is None; PyTorch's default one if None, whatever the device.
        seed: See `fastinit.random.resolve_seed`.
        stream: See `fastinit.random.resolve_seed`.

    Raises:
        TypeError: A tensor or element type that fastinit does not fill, or both `generator` and `seed`.
        ValueError: A DTensor with partial sums, a parameter that the element type cannot hold.
    """
    if not is_fillable(tensor):
        raise _unfillable(tensor)
    if seed is not None and generator is not None:
        remedy = "leave one of them out"
        raise TypeError(checks.text("seed", "be None beside a `generator`", seed, remedy))
    if tensor.is_meta:
        return tensor
    if seed is None and spec.is_random:
        seed = draw_seed(generator)
    numbers = resolve_seed(seed, stream) if spec.is_random else (0, 0)
    shape = tuple(tensor.shape)
    is_plain = not sharding.is_dtensor(tensor)
    if isinstance(spec, WholeTensor) and not (is_plain and tensor.device.type == "cpu"):
        whole = torch.empty(shape, dtype=tensor.dtype, device="cpu")
        _fill_part(whole, spec, shape, None, *numbers)
        copy_whole(tensor, whole)
    elif is_plain:
        _fill_part(tensor, spec, shape, None, *numbers)
    else:
        for part, index in sharding.local_parts(tensor):
            _fill_part(part, spec, shape, index, *numbers)
    return tensor


def copy_whole(tensor: torch.Tensor, whole: torch.Tensor) -> None:
    """Copies to a tensor the values of a plain one of its shape: of a DTensor, those of its local shard."""
    parts = sharding.local_parts(tensor) if sharding.is_dtensor(tensor) else [(tensor, ...)]
    with torch.no_grad():
        for part, index in parts:
            part.copy_(whole[index])


def draw_seed(generator: torch.Generator | None) -> int:
    """Takes 63 bits of a generator, which advances: PyTorch's default one of the CPU if None."""
    device = "cpu" if generator is None else generator.device
    word = torch.empty((), dtype=torch.int64, device=device)
    return int(word.random_(generator=generator).item())


def _fill_part(
    tensor: torch.Tensor,
    spec: Distribution | WholeTensor,
    shape: tuple[int, ...],
    index: Any,
    seed: int,
    stream: int,
) -> None:
    if not tensor.numel():
        return
    if not tensor.is_contiguous() or tensor.device.type not in ("cpu", "cuda"):
        device = tensor.device if tensor.device.type == "cuda" else "cpu"
        dense = torch.empty(tensor.shape, dtype=tensor.dtype, device=device)
        _fill_part(dense, spec, shape, index, seed, stream)
        with torch.no_grad():
            tensor.copy_(dense)
        return
    box = whole_box(shape) if index is None else index_box(index, shape)
    fill_buffer(spec, _buffer(tensor), box, index=index, seed=seed, stream=stream)
    if not tensor.is_inference():  # which has no version for backward to compare
        torch.autograd.graph.increment_version(tensor)


def _buffer(tensor: torch.Tensor) -> Buffer:
    gpu = None
    if tensor.is_cuda:
        cuda.check_built("tensor", "be on the CPU", str(tensor.device))
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
