"""The one front door below the initializers: find or make the memory, decide the part, call the core."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Any

import numpy as np

from fastinit import _core, checks, cuda, dtypes
from fastinit.buffers import Buffer, address_of, buffer_of, new_buffer
from fastinit.devices import DEFAULT_DEVICE, device_of
from fastinit.distributions import Bits, Constant, Distribution, WholeTensor
from fastinit.dtypes import DEFAULT_DTYPE, ElementType
from fastinit.index import Box, index_box, whole_box
from fastinit.random import DEFAULT_STREAM, Seed, Stream, check_seed, resolve_seed


def draw(
    spec: Distribution | WholeTensor,
    shape: Any,
    *,
    dtype: Any = DEFAULT_DTYPE,
    device: Any = DEFAULT_DEVICE,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
    index: Any = None,
    out: Any = None,
) -> Any:
    """Draws a tensor, or the part `index` of it, into new memory or into `out`, and returns that.

    Every check comes before the first write and before a generator gives away a stream.

    Args:
        spec: What to draw.
        shape: Shape of the whole tensor; None for that of `out`.
        dtype: Element type of a new array; that of `out` must agree with it, unless it is the default.
        device: See `fastinit.devices.device_of`; that of `out` must agree with it, unless it is the default.
        seed: See `fastinit.random.resolve_seed`.
        stream: See `fastinit.random.resolve_seed`.
        index: See `fastinit.index.index_box`; None for the whole.
        out: See `fastinit.buffers.buffer_of`.
    """
    place = device_of(device)
    shape = shape_of(out, dtype, index) if shape is None else checks.shape(shape)
    box = whole_box(shape) if index is None else index_box(index, shape)
    if out is None:
        buffer = new_buffer(box.shape, _element_of(spec, dtype), place)
        result = buffer.owner
    else:
        buffer, result = buffer_of(out, dtype, device), out
        _check_fit(spec, buffer, box, index)

    fill_buffer(spec, buffer, box, index=index, seed=seed, stream=stream)
    return result


def fill_buffer(
    spec: Distribution | WholeTensor,
    buffer: Buffer,
    box: Box,
    *,
    index: Any = None,
    seed: Seed = None,
    stream: Stream = DEFAULT_STREAM,
) -> None:
    """Fills memory with the part of a tensor that is `box`. The caller vouches that it fits.

    Args:
        spec: What to draw; it fits the element type of `buffer`.
        buffer: The memory of the part.
        box: See `fastinit.index.index_box`.
        index: What `box` was made of; None for the whole.
        seed: See `fastinit.random.resolve_seed`.
        stream: See `fastinit.random.resolve_seed`.
    """
    if isinstance(spec, Constant):
        bits = spec.pattern(buffer.element)
        check_seed(seed, stream)
        _fill_pattern(buffer, box.size, bits)
    elif isinstance(spec, WholeTensor):
        _fill_whole(spec, buffer, index, seed, stream)
    else:
        parameters = spec.parameters(buffer.element)
        numbers = resolve_seed(seed, stream)
        arguments = (
            buffer.address, spec.core_name, buffer.element.name, *numbers, parameters,
            box.start, box.run, box.extents, box.strides,
        )  # fmt: skip
        if buffer.gpu is None:
            _core.fill(*arguments)
        else:
            _core.cuda_fill(*arguments, *buffer.gpu)


def fill_address(
    spec: Distribution, address: int, dtype_name: str, seed: int, stream: int, box: Box
) -> None:
    """Fills raw memory with a part of a tensor. The caller vouches for the memory and the numbers."""
    element = dtypes.STORED[dtype_name]
    if isinstance(spec, Constant):
        _core.fill_pattern(address, box.size, spec.pattern(element), element.itemsize)
    else:
        _core.fill(
            address, spec.core_name, element.name, seed, stream, spec.parameters(element),
            box.start, box.run, box.extents, box.strides,
        )  # fmt: skip


def shape_of(out: Any, dtype: Any, index: Any) -> tuple[int, ...]:
    """Returns the shape that a call with `shape=None` means."""
    if out is None:
        raise TypeError(checks.text("shape", "be given", None, checks.SHAPE_REMEDY))
    if index is not None:
        rule = "be the shape of the whole tensor when `index` is given"
        raise TypeError(checks.text("shape", rule, None, "`out` is only the part"))
    return buffer_of(out, dtype).shape


def _element_of(spec: Distribution | WholeTensor, dtype: Any) -> ElementType:
    is_default = dtype is DEFAULT_DTYPE or dtype is None
    if isinstance(spec, Bits):
        element = dtypes.UINT32 if is_default else dtypes.element_type(dtype)
    else:
        element = dtypes.FLOAT32 if is_default else dtypes.element_type(dtype)
    _check_element(spec, element, "dtype", "be")
    return element


def _check_element(
    spec: Distribution | WholeTensor, element: ElementType, argument: str, verb: str
) -> None:
    if isinstance(spec, Bits):
        if element is not dtypes.UINT32:
            raise TypeError(checks.text(argument, f"{verb} uint32 for raw words", element.name))
    elif element is dtypes.UINT32:
        rule = f"{verb} one of {', '.join(dtypes.FLOATS)}"
        raise TypeError(checks.text(argument, rule, element.name))


def _check_fit(spec: Distribution | WholeTensor, buffer: Buffer, box: Box, index: Any) -> None:
    _check_element(spec, buffer.element, "out", "have the element type")
    if not buffer.fits(box.shape):
        what = "`shape`" if index is None else "the part `index` of `shape`"
        rule = f"have the shape of {what}, {box.shape}"
        raise ValueError(checks.text("out", rule, buffer.shape, "nothing was written"))


def _fill_pattern(buffer: Buffer, count: int, bits: int) -> None:
    arguments = (buffer.address, count, bits, buffer.element.itemsize)
    if buffer.gpu is None:
        _core.fill_pattern(*arguments)
    else:
        _core.cuda_fill_pattern(*arguments, *buffer.gpu)


def _fill_whole(spec: WholeTensor, buffer: Buffer, index: Any, seed: Any, stream: Any) -> None:
    """Computes where the memory is, with NumPy or CuPy, and copies what was asked for."""
    number_of = resolve_seed if spec.is_random else check_seed
    with contextlib.nullcontext(np) if buffer.gpu is None else cuda.computing_on(buffer.gpu) as xp:
        whole = spec.compute(buffer.element, *number_of(seed, stream), xp)
        values = whole if index is None else whole[index]
        if buffer.gpu is None:
            _put(values, buffer)
        else:
            cuda.put(xp, values, buffer.element, buffer.address, buffer.gpu, buffer.owner)


def _put(values: Any, buffer: Buffer) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(values).astype(buffer.element.numpy, order="C", copy=False)
    ctypes.memmove(buffer.address, address_of(values), values.nbytes)
