"""Tensors whose elements depend on each other or on their place: the results of the formulas in `matrices`.

They are small immutable values, as in `distributions`. Any part of a tensor can be drawn by itself.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastinit import _core, checks, fans
from fastinit.devices import CPU, CUDA
from fastinit.distributions import Bits, Constant, Normal, Structured, check_range
from fastinit.fill import draw, fill_buffer, put_computed
from fastinit.index import index_box, ranges_of, whole_box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.buffers import Buffer
    from fastinit.dtypes import ElementType
    from fastinit.index import Box

    Ranges = tuple[range, ...]
    Array = NDArray[Any]


class WithGain(Structured):
    """A tensor with a factor `gain`."""

    __slots__ = ()
    gain: float

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """Refuses what the element type cannot hold."""
        check_range(element, gain=self.gain)
        return (self.gain,)


@dataclass(frozen=True, slots=True)
class Orthogonal(WithGain):
    """A matrix with orthonormal rows or columns, whichever are fewer, times `gain`.

    Attributes:
        shape: Of the tensor that is seen as a matrix.
        axis: Its rows or its columns; all other axes together are the others.
        is_columns: Which of the two.
        gain: Factor.
    """

    shape: tuple[int, ...]
    axis: int
    is_columns: bool
    gain: float
    is_random: ClassVar[bool] = True
    is_core: ClassVar[bool] = True

    @property
    def std(self) -> float:
        """The root mean square of an element."""
        size = self.shape[self.axis]
        return abs(self.gain) / math.sqrt(max(size, math.prod(self.shape) // size)) if math.prod(self.shape) else 0.0

    def fill(self, memory: Buffer, index: Any, seed: int, stream: int) -> None:
        """Fills memory with a part of the tensor."""
        part = ranges_of(index, self.shape)
        axis = self.axis % len(self.shape)
        if 0 < axis < len(self.shape) - 1:
            put_computed(memory, lambda xp: self._with_axis_last(part, memory.element, seed, stream, xp))
            return
        one, others = part[axis], (*part[:axis], *part[axis + 1 :])
        sizes = (*self.shape[:axis], *self.shape[axis + 1 :])
        strides = (math.prod(map(len, others)), 1) if axis == 0 else (1, len(one))
        own = _Side(self.shape[axis], _box((one,), (self.shape[axis],)), strides[0])
        rest = _Side(math.prod(sizes), _box(others, sizes), strides[1])
        rows, columns = (rest, own) if self.is_columns else (own, rest)
        _fill_matrix(memory, memory.address, rows, columns, self.gain, seed, stream)

    def _with_axis_last(self, part: Ranges, element: ElementType, seed: int, stream: int, xp: Any) -> Array:
        """The part, for matrices with other axes on both sides of the one axis."""
        moved = [*range(len(self.shape))]
        moved.append(moved.pop(self.axis))
        last = Orthogonal(tuple(self.shape[k] for k in moved), -1, self.is_columns, self.gain)
        index = tuple(slice(part[k].start, part[k].stop) for k in moved)
        drawn = _draw(last, last.shape, xp, dtype=element.numpy, seed=seed, stream=stream, index=index)
        array: Array = xp.moveaxis(drawn, -1, self.axis)
        return array


@dataclass(frozen=True, slots=True)
class DeltaOrthogonal(WithGain):
    """A convolution kernel that is an orthogonal matrix at its centre and zero elsewhere.

    Attributes:
        shape: Of the kernel.
        layout: Where its channels are: see `fans.LAYOUTS`.
        gain: Factor.
    """

    shape: tuple[int, ...]
    layout: str
    gain: float
    is_random: ClassVar[bool] = True
    is_core: ClassVar[bool] = True

    @property
    def std(self) -> float:
        """The root mean square of an element."""
        inputs, _, _ = channels(self.shape, self.layout)
        size = math.prod(self.shape)
        return abs(self.gain) * math.sqrt(inputs / size) if size else 0.0

    def fill(self, memory: Buffer, index: Any, seed: int, stream: int) -> None:
        """Fills memory with a part of the tensor."""
        part = ranges_of(index, self.shape)
        lengths = tuple(map(len, part))
        fill_buffer(Constant(0.0), memory, whole_box(lengths))
        inputs, outputs, kernel = channels(self.shape, self.layout)
        centre = place_in_kernel([(size - 1) // 2 for size in kernel], part, self.layout)
        if not math.prod(lengths) or centre is None:
            return
        in_axis, out_axis = (axis % len(part) for axis in fans.LAYOUTS[self.layout])
        stride = [math.prod(lengths[axis + 1 :]) for axis in range(len(part))]
        first = sum(place * stride[axis] for axis, place in centre.items())
        sides = (
            _Side(inputs, _box((part[in_axis],), (inputs,)), stride[in_axis]),
            _Side(outputs, _box((part[out_axis],), (outputs,)), stride[out_axis]),
        )
        rows, columns = sides if self.layout == "keras" else reversed(sides)
        address = memory.address + first * memory.element.itemsize
        _fill_matrix(memory, address, rows, columns, self.gain, seed, stream)


class Computed(Structured):
    """A tensor that NumPy computes, or CuPy on a GPU."""

    __slots__ = ()

    def fill(self, memory: Buffer, index: Any, seed: int, stream: int) -> None:
        """Fills memory with a part of the tensor."""
        part = ranges_of(index, self.shape)
        dtype = np.dtype(np.float64 if memory.element.wide else np.float32)
        put_computed(memory, lambda xp: self.compute(part, dtype, seed, stream, xp))

    def compute(self, part: Ranges, dtype: np.dtype[Any], seed: int, stream: int, xp: Any) -> Array:
        """Returns the part, with all of its axes, in the type in which the core would compute."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Identity(WithGain, Computed):
    """A matrix with `gain` on its main diagonal."""

    shape: tuple[int, ...]
    gain: float
    is_random: ClassVar[bool] = False

    @property
    def std(self) -> float:
        """The standard deviation of the elements."""
        return spread(min(self.shape), math.prod(self.shape), self.gain)

    def compute(self, part: Ranges, dtype: np.dtype[Any], seed: int, stream: int, xp: Any) -> Array:  # noqa: ARG002
        """See `Computed.compute`."""
        rows, columns = part
        # Uses the element type's arithmetic, so that a narrow type rounds a float32 number.
        gain = dtype.type(self.gain)
        matrix: Array = gain * xp.eye(len(rows), len(columns), rows.start - columns.start, dtype=dtype)
        return matrix


@dataclass(frozen=True, slots=True)
class Dirac(Computed):
    """A kernel with which a convolution returns its input, for each group of outputs.

    Attributes:
        shape: Of the kernel.
        layout: Where its channels are: see `fans.LAYOUTS`.
        groups: A divisor of the outputs.
    """

    shape: tuple[int, ...]
    layout: str
    groups: int
    is_random: ClassVar[bool] = False

    @property
    def std(self) -> float:
        """The standard deviation of the elements."""
        inputs, outputs, _ = channels(self.shape, self.layout)
        return spread(self.groups * min(outputs // self.groups, inputs), math.prod(self.shape), 1.0)

    def compute(self, part: Ranges, dtype: np.dtype[Any], seed: int, stream: int, xp: Any) -> Array:  # noqa: ARG002
        """See `Computed.compute`."""
        tensor: Array = xp.zeros(tuple(map(len, part)), dtype)
        inputs, outputs, kernel = channels(self.shape, self.layout)
        axes = fans.LAYOUTS[self.layout]
        view = xp.moveaxis(tensor, axes, (-2, -1))
        given, taken = part[axes[0]], part[axes[1]]
        centre = place_in_kernel([size // 2 for size in kernel], part, self.layout)
        if tensor.size and centre is not None:
            output = np.arange(taken.start, taken.stop)
            input_ = output % (outputs // self.groups)
            handed = (input_ >= given.start) & (input_ < min(given.stop, inputs))
            at = tuple(centre.values())
            view[at][xp.asarray(input_[handed] - given.start), xp.asarray(output[handed] - taken.start)] = 1
        return tensor


@dataclass(frozen=True, slots=True)
class Sparse(Computed):
    """A normal matrix in which `zeros` elements of every column are zero. The column's own words choose them."""

    shape: tuple[int, ...]
    zeros: int
    parent_std: float
    is_random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "parent_std", Normal(0.0, self.parent_std).std)

    @property
    def std(self) -> float:
        """The standard deviation of an element."""
        return self.parent_std * math.sqrt(1 - self.zeros / self.shape[0]) if self.shape[0] else 0.0

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """Refuses what the element type cannot hold."""
        return Normal(0.0, self.parent_std).parameters(element)

    def compute(self, part: Ranges, dtype: np.dtype[Any], seed: int, stream: int, xp: Any) -> Array:
        """See `Computed.compute`."""
        rows, columns = (slice(each.start, each.stop) for each in part)
        values = Normal(0.0, self.parent_std)
        matrix = _draw(values, self.shape, xp, dtype=dtype, seed=seed, stream=stream, index=(rows, columns))
        whole = (slice(None), columns)
        ranks = _draw(Bits(), self.shape, xp, seed=seed, stream=_stream_of_zeros(stream), index=whole)
        if matrix.size:
            chosen = xp.argsort(ranks, axis=0, kind="stable")[: self.zeros]
            is_zero = xp.zeros(ranks.shape, bool)
            is_zero[chosen, xp.arange(ranks.shape[1])] = True
            matrix[is_zero[rows]] = 0
        return matrix


@dataclass(frozen=True, slots=True)
class _Side:
    """The rows or the columns of a matrix: their number, the chosen ones, and their distance in memory."""

    size: int
    box: Box
    stride: int


def _fill_matrix(
    memory: Buffer, address: int, rows: _Side, columns: _Side, gain: float, seed: int, stream: int
) -> None:
    """Fills some rows and columns of an orthogonal matrix, from an address in memory on."""
    if not (rows.box.size and columns.box.size):
        return
    # The vectors in docs/streams.md are the columns if there are no more columns than rows.
    elements, vectors = (rows, columns) if rows.size >= columns.size else (columns, rows)
    spec = _core.OrthogonalSpec(
        memory.element.name,
        seed,
        stream,
        gain,
        elements.size,
        vectors.size,
        elements.box[1:5],
        vectors.box[1:5],
        elements.stride,
        vectors.stride,
    )
    if memory.gpu is not None:
        _core.cuda_fill_orthogonal(address, spec, *memory.gpu)
        return
    try:
        _core.fill_orthogonal(address, spec)
    except MemoryError:
        size = elements.size * vectors.size * (8 if memory.element.wide else 4)
        rule = f"leave memory for its reflectors, up to {size} bytes"
        raise MemoryError(checks.text("shape", rule, (rows.size, columns.size))) from None


def channels(sizes: tuple[int, ...], layout: str) -> tuple[int, int, tuple[int, ...]]:
    """Returns the inputs, the outputs and the kernel's sizes."""
    in_axis, out_axis = fans.LAYOUTS[layout]
    kernel = sizes[:-2] if layout == "keras" else sizes[2:]
    return sizes[in_axis], sizes[out_axis], kernel


def place_in_kernel(place: list[int], part: Ranges, layout: str) -> dict[int, int] | None:
    """Returns the place of a kernel's element in a part, by axis; None if the part does not have it."""
    of_channels = {axis % len(part) for axis in fans.LAYOUTS[layout]}
    axes = [axis for axis in range(len(part)) if axis not in of_channels]
    if any(at not in part[axis] for axis, at in zip(axes, place, strict=True)):
        return None
    return {axis: at - part[axis].start for axis, at in zip(axes, place, strict=True)}


def _box(part: Ranges, sizes: tuple[int, ...]) -> Box:
    return index_box(tuple(slice(each.start, each.stop) for each in part), sizes)


def _draw(spec: Any, shape: tuple[int, ...], xp: Any, **options: Any) -> Array:
    """Draws on the device of `xp`, NumPy or CuPy."""
    array: Array = draw(spec, shape, device=CPU if xp is np else CUDA, **options).owner
    return array


def spread(count: int, size: int, value: float) -> float:
    """Returns the standard deviation if `count` of `size` elements have a value and the others are zero."""
    share = count / size if size else 0.0
    return abs(value) * math.sqrt(share * (1 - share))


def _stream_of_zeros(stream: int) -> int:
    """A stream of its own for the places of zeros, so that they do not depend on the values."""
    text = stream.to_bytes(8, "little")
    digest = hashlib.blake2b(text, digest_size=8, person=b"fastinit sparse").digest()
    return int.from_bytes(digest, "little")
