"""The common path of all initializers: finds or makes the memory, determines the part, and calls the core."""

from __future__ import annotations

import contextlib
import ctypes
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit import _core, checks, cuda, dtypes
from fastinit.buffers import Buffer, new_buffer
from fastinit.devices import CPU, Device
from fastinit.distributions import Bits, Constant, Distribution, Random, Structured, Transformed
from fastinit.dtypes import DEFAULT_DTYPE, ElementType
from fastinit.index import Box, box_of, index_box
from fastinit.random import DEFAULT_STREAM, Seed, Stream, check_seed, resolve_seed
from fastinit.shards import count, held_ranges, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from fastinit.shards import Ranges


def draw(
    spec: Distribution,
    shape: tuple[int, ...],
    out: Buffer | None = None,
    *,
    dtype: Any = DEFAULT_DTYPE,
    device: Device = CPU,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
    index: Any = None,
    shard: Any = None,
) -> Buffer:
    """Draws a tensor, or the part `index` or `shard` of it, into new memory or into `out`, and returns that.

    Every check comes before the first write and before a generator gives away a stream.

    Args:

        spec: The distribution.
        shape: Shape of the whole tensor.
        out: From `fastinit.buffers.buffer_of`; None for new memory.
        dtype: Element type of a new array.
        device: The device of a new array.
        seed: See `fastinit.random.resolve_seed`.
        stream: See `fastinit.random.resolve_seed`.
        index: See `fastinit.index.index_box`; None for the whole.
        shard: See `fastinit.shards.held_ranges`; None for what `index` says.
    """
    if shard is not None:
        if index is not None:
            raise TypeError(checks.text("shard", "be None if there is an `index`", shard, "leave one of them out"))
        held = held_ranges(shard, shape)
        out = _memory_of(spec, tuple(map(count, held)), "the part `shard` of `shape`", out, dtype, device)
        _fill_held(spec, out, held, shape, seed, stream)
        return out
    box = box_of(index, shape)
    what = "`shape`" if index is None else "the part `index` of `shape`"
    out = _memory_of(spec, box.shape, what, out, dtype, device)
    fill_buffer(spec, out, box, seed=seed, stream=stream)
    return out


def fill_buffer(
    spec: Distribution,
    buffer: Buffer,
    box: Box,
    *,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> None:
    """Fills memory with the part `box` of a tensor. The caller must ensure that it fits.

    Args:
        spec: The distribution, which fits the element type of `buffer`.
        buffer: The memory of the part.
        box: See `fastinit.index.box_of`.
        seed: See `fastinit.random.resolve_seed`.
        stream: See `fastinit.random.resolve_seed`.
    """
    if isinstance(spec, Constant):
        bits = spec.pattern(buffer.element)
        check_seed(seed, stream)
        _fill_pattern(buffer, box.size, bits)
    elif isinstance(spec, Structured):
        spec.parameters(buffer.element)
        if buffer.gpu is not None and not spec.is_core:
            cuda.import_cupy("computing on the GPU")
        spec.fill(buffer, box.index, *(resolve_seed if spec.is_random else check_seed)(seed, stream))
    else:
        parameters = spec.parameters(buffer.element)  # checked before a generator moves
        numbers = (resolve_seed if spec.is_random else check_seed)(seed, stream)
        drawn = _fill_spec(spec, buffer.element, parameters, box, *numbers)
        if buffer.gpu is None:
            _core.fill(buffer.address, drawn)
        else:
            _core.cuda_fill(buffer.address, drawn, *buffer.gpu)


def fill_address(
    spec: Constant | Random | Transformed, address: int, dtype_name: str, seed: int, stream: int, box: Box
) -> None:
    """Fills raw memory with a part of a tensor. The caller must ensure that the memory and the numbers are right."""
    element = dtypes.STORED[dtype_name]
    if isinstance(spec, Constant):
        _core.fill_pattern(address, box.size, spec.pattern(element), element.itemsize)
    else:
        parameters = spec.parameters(element)
        _core.fill(address, _fill_spec(spec, element, parameters, box, seed, stream))


def filler(spec: Constant | Random | Transformed, element: ElementType, count: int) -> Callable[[int, int, int], None]:
    """Returns a function that fills raw memory with a whole tensor of `count` elements, given address, seed and stream.

    It can be called repeatedly. The caller must ensure that the memory and the numbers are right.

    Raises:
        ValueError: The element type cannot hold a parameter.
    """
    if isinstance(spec, Constant):
        bits = spec.pattern(element)
        return lambda address, _seed, _stream: _core.fill_pattern(address, count, bits, element.itemsize)
    drawn, parameters = spec, spec.parameters(element)
    box = Box(shape=(count,), start=0, run=count, extents=(), strides=())
    return lambda address, seed, stream: _core.fill(address, _fill_spec(drawn, element, parameters, box, seed, stream))


def _fill_spec(
    spec: Random | Transformed,
    element: ElementType,
    parameters: tuple[float, ...],
    box: Box,
    seed: int,
    stream: int,
) -> Any:
    """The draw in the core's form: distribution and part, and the steps of a transform."""
    part = box[1:5]  # start, run, extents, strides
    drawn = _core.FillSpec(spec.core_name, element.name, seed, stream, parameters, *part)
    return _core.TransformedSpec(drawn, spec.core_steps) if isinstance(spec, Transformed) else drawn


def _element_of(spec: Distribution, dtype: Any) -> ElementType:
    is_default = dtype is DEFAULT_DTYPE or dtype is None
    if isinstance(spec, Bits):
        element = dtypes.UINT32 if is_default else dtypes.element_type(dtype)
    else:
        element = dtypes.FLOAT32 if is_default else dtypes.element_type(dtype)
    _check_element(spec, element, "dtype", "be")
    return element


def _check_element(spec: Distribution, element: ElementType, argument: str, verb: str) -> None:
    if isinstance(spec, Bits):
        if element is not dtypes.UINT32:
            raise TypeError(checks.text(argument, f"{verb} uint32 for raw words", element.name))
    elif element is dtypes.UINT32:
        rule = f"{verb} one of {', '.join(dtypes.FLOATS)}"
        raise TypeError(checks.text(argument, rule, element.name))


def _memory_of(
    spec: Distribution, shape: tuple[int, ...], what: str, out: Buffer | None, dtype: Any, device: Device
) -> Buffer:
    """New memory, or `out` if it fits; an error names `what` as the thing with that shape."""
    if out is None:
        return new_buffer(shape, _element_of(spec, dtype), device)
    _check_element(spec, out.element, "out", "have the element type")
    if not out.fits(shape):
        rule = f"have the shape of {what}, {shape}"
        raise ValueError(checks.text("out", rule, out.shape, "nothing was written"))
    return out


def _fill_held(
    spec: Distribution, buffer: Buffer, held: Sequence[Ranges], shape: tuple[int, ...], seed: Seed, stream: Stream
) -> None:
    """Fills memory with the positions of a tensor that are held along each axis."""
    parts = list(pieces(held))
    if len(parts) == 1:
        fill_buffer(spec, buffer, index_box(parts[0][1], shape), seed=seed, stream=stream)
        return
    # This is done once for all parts, and before a generator moves.
    spec.pattern(buffer.element) if isinstance(spec, Constant) else spec.parameters(buffer.element)
    seed, stream = (resolve_seed if spec.is_random else check_seed)(seed, stream)
    with _computing(buffer) as xp:
        memory = _words(xp, buffer, tuple(map(count, held)))
        for here, there in parts:
            target = memory[here]
            part = target if target.flags.c_contiguous else xp.empty(target.shape, target.dtype)
            address = part.data.ptr if buffer.gpu else _core.address_of(part)
            drawn = Buffer(address, part.shape, buffer.element, part, gpu=buffer.gpu)
            fill_buffer(spec, drawn, index_box(there, shape), seed=seed, stream=stream)
            if part is not target:
                memory[here] = part


def _words(xp: Any, buffer: Buffer, shape: tuple[int, ...]) -> Any:
    """Memory as an array of integers as wide as its elements, which every library can copy."""
    dtype = np.dtype(f"u{buffer.element.itemsize}")
    if buffer.gpu is not None:
        return cuda.view(xp, buffer.address, shape, dtype, buffer.gpu, buffer.owner)
    memory = (ctypes.c_uint8 * (math.prod(shape) * dtype.itemsize)).from_address(buffer.address)
    return np.asarray(memory).view(dtype).reshape(shape)


def _fill_pattern(buffer: Buffer, count: int, bits: int) -> None:
    arguments = (buffer.address, count, bits, buffer.element.itemsize)
    if buffer.gpu is None:
        _core.fill_pattern(*arguments)
    else:
        _core.cuda_fill_pattern(*arguments, *buffer.gpu)


def put_computed(buffer: Buffer, compute: Callable[[Any], Any]) -> None:
    """Computes values on the device of the memory, with NumPy or CuPy, and stores them, rounded once.

    Args:
        buffer: Memory of as many elements.
        compute: From one of the two modules to an array of it, of any floating type.
    """
    with _computing(buffer) as xp:
        values = compute(xp)
        if buffer.gpu is None:
            _put(values, buffer)
        else:
            cuda.put(xp, values, buffer.element, buffer.address, buffer.gpu, buffer.owner)


def _computing(buffer: Buffer) -> AbstractContextManager[Any]:
    """Gives NumPy, or CuPy on the device and stream of the memory."""
    return contextlib.nullcontext(np) if buffer.gpu is None else cuda.computing_on(buffer.gpu)


def _put(values: Any, buffer: Buffer) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(values).astype(buffer.element.numpy, order="C", copy=False)
    ctypes.memmove(buffer.address, _core.address_of(values), values.nbytes)
