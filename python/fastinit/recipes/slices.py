"""Slices: rules for rows, columns or gates of a tensor, such as an LSTM's forget gates or the q in a fused q/k/v."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastinit.distributions import Constant, Structured
from fastinit.errors import RecipeError, show
from fastinit.fill import draw, put_computed
from fastinit.index import ranges_of
from fastinit.recipes.expressions import Expression, read_expression
from fastinit.recipes.toml import is_int, no_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from fastinit.buffers import Buffer
    from fastinit.distributions import Distribution
    from fastinit.dtypes import ElementType

_EXAMPLE = "such as slice = { dim = 0, part = 1, of = 4 } or { dim = 0, start = 0, stop = 64 }"
_KEYS = ({"dim", "part", "of"}, {"dim", "start", "stop"})


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a tensor that a rule is for.

    Attributes:
        dim: The axis, which may be negative.
        numbers: `part` and `of`, for equal parts counted from 0, or `start` and `stop`; each may be an expression.
    """

    dim: int
    numbers: Mapping[str, int | Expression]

    @property
    def expressions(self) -> dict[str, Expression]:
        """The numbers that are expressions."""
        return {key: value for key, value in self.numbers.items() if isinstance(value, Expression)}

    def place(self, shape: tuple[int, ...], values: Mapping[str, float]) -> Place:
        """Returns where the slice lies in a tensor of this shape.

        Args:
            shape: The tensor's shape.
            values: The numbers that the expressions give.

        Raises:
            ValueError: The tensor has no such part.
        """
        if not -len(shape) <= self.dim < len(shape):
            raise ValueError(f"`slice` must have an axis of shape {list(shape)} as `dim`, got {self.dim}")
        dim = self.dim % len(shape)
        size = shape[dim]
        given = {key: values.get(key, value) for key, value in self.numbers.items()}
        for key, value in given.items():
            if not isinstance(value, (int, float)) or value != int(value):
                raise ValueError(f"`slice` must have a whole number as `{key}`, got {value}")
        numbers = {key: int(value) for key, value in given.items()}  # type: ignore[arg-type]
        if "of" in numbers:
            part, of = numbers["part"], numbers["of"]
            if of < 1 or size % of or not 0 <= part < of:
                raise ValueError(
                    f"`slice` must choose one of `of` equal parts, counted from 0, of the {size} places of axis {dim}, "
                    f"got part {part} of {of}"
                )
            return Place(dim, part * size // of, (part + 1) * size // of)
        start, stop = numbers["start"], numbers["stop"]
        if not 0 <= start < stop <= size:
            raise ValueError(f"`slice` must lie within the {size} places of axis {dim}, got {start} to {stop}")
        return Place(dim, start, stop)


class Place(NamedTuple):
    """Where a slice lies on an axis: from `start` up to but not including `stop`."""

    dim: int
    start: int
    stop: int

    def shape(self, whole: tuple[int, ...]) -> tuple[int, ...]:
        """The slice's shape in a tensor of this shape."""
        return (*whole[: self.dim], self.stop - self.start, *whole[self.dim + 1 :])


def read_slice(value: object) -> Slice | None:
    """Reads a rule's slice; None where it has none.

    Raises:
        RecipeError: It is not a slice.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) not in _KEYS:
        if isinstance(value, dict):
            no_unknown(value, ("dim", "part", "of", "start", "stop"), "a slice")
        raise RecipeError(f"`slice` must be a table {_EXAMPLE}, got {show(value)}")
    numbers: dict[str, int | Expression] = {}
    for key, number in value.items():
        if isinstance(number, str) and key != "dim":
            numbers[key] = read_expression(number)
        elif is_int(number) and abs(number) < 2**63:
            numbers[key] = number
        else:
            raise RecipeError(f"`slice` must have a whole number as `{key}`, {_EXAMPLE}, got {show(number)}")
    dim = numbers.pop("dim")
    assert isinstance(dim, int)
    return Slice(dim, numbers)


def check_places(places: Sequence[Place], shape: tuple[int, ...], *, has_rest: bool) -> None:
    """Raises if slices overlap, or if they leave a gap that no other rule fills.

    Raises:
        ValueError: They overlap or leave a gap.
    """
    in_order = sorted(places, key=lambda place: (place.dim, place.start))
    for one, other in pairwise(in_order):
        if one.dim != other.dim or other.start < one.stop:
            raise ValueError(
                f"the slices {one.start} to {one.stop} and {other.start} to {other.stop} of axis {other.dim} overlap; "
                "change one of them"
            )
    if not has_rest and sum(place.stop - place.start for place in places) < shape[places[0].dim]:
        raise ValueError(
            f"the slices leave a gap in axis {places[0].dim}, which has {shape[places[0].dim]} places; add a rule "
            "without a slice for the rest"
        )


@dataclass(frozen=True, slots=True)
class Sliced(Structured):
    """A tensor whose slices have distributions of their own.

    An element of a slice is drawn from the same words as in the whole tensor. A distribution whose elements depend on
    each other or on their place, such as an orthogonal matrix, is drawn as for a tensor of the slice's shape, from a
    stream of its own.

    Attributes:
        shape: The tensor's shape.
        rest: The distribution of all other elements; None if there are none, or if they are left as they are.
        slices: Where each slice lies, and its distribution.
    """

    shape: tuple[int, ...]
    rest: Distribution | None
    slices: tuple[tuple[Place, Distribution], ...]

    @property
    def is_random(self) -> bool:  # type: ignore[override]
        """Whether any element is drawn."""
        return any(each.is_random for each in self.parts)

    @property
    def parts(self) -> Iterator[Distribution]:
        """The distributions of the rest and of the slices."""
        yield from (() if self.rest is None else (self.rest,))
        yield from (distribution for _, distribution in self.slices)

    @property
    def std(self) -> float:
        """The standard deviation outside of the slices, or in the first slice if they cover the tensor."""
        return next(self.parts).std

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """Raises if the element type cannot hold a value."""
        for distribution in self.parts:
            if isinstance(distribution, Constant):
                distribution.pattern(element)
            else:
                distribution.parameters(element)
        return ()

    def fill(self, memory: Buffer, index: Any, seed: int, stream: int) -> None:
        """Fills memory with a part of the tensor."""
        part = ranges_of(index, self.shape)
        put_computed(memory, lambda _: self._part(part, memory.element, seed, stream))

    def _part(self, part: tuple[range, ...], element: ElementType, seed: int, stream: int) -> NDArray[Any]:
        options: dict[str, Any] = {"dtype": element.name, "seed": seed, "stream": stream}
        array: NDArray[Any] = np.zeros(tuple(map(len, part)), element.numpy)
        if self.rest is not None:
            index = tuple(slice(each.start, each.stop) for each in part)
            array = draw(self.rest, self.shape, index=index, **options).owner
        for place, distribution in self.slices:
            held = part[place.dim]
            start, stop = max(held.start, place.start), min(held.stop, place.stop)
            if start < stop and array.size:
                there = [slice(each.start, each.stop) for each in part]
                here = [slice(None)] * len(part)
                here[place.dim] = slice(start - held.start, stop - held.start)
                array[tuple(here)] = drawn_slice(self.shape, place, distribution, there, (start, stop), options)
        return array


def drawn_slice(
    shape: tuple[int, ...],
    place: Place,
    distribution: Distribution,
    index: list[slice],
    span: tuple[int, int],
    options: dict[str, Any],
) -> NDArray[Any]:
    """Draws a part of a slice.

    Args:
        shape: The whole tensor's shape.
        place: Where the slice lies in it.
        distribution: The slice's distribution.
        index: What is wanted on each axis of the whole tensor; `span` replaces it on the slice's axis.
        span: The places wanted on the slice's axis, from the first up to but not including the second.
        options: The options of `draw`: element type, seed and stream.
    """
    index[place.dim] = slice(*span)
    if isinstance(distribution, Structured):
        index[place.dim] = slice(span[0] - place.start, span[1] - place.start)
        shape = place.shape(shape)
        options = {**options, "stream": _stream_of(options["stream"], place)}
    array: NDArray[Any] = draw(distribution, shape, index=tuple(index), **options).owner
    return array


def _stream_of(stream: int, place: Place) -> int:
    """The stream of a slice whose elements depend on each other."""
    text = b"".join(number.to_bytes(8, "little") for number in (stream, place.dim, place.start))
    digest = hashlib.blake2b(text, digest_size=8, person=b"fastinit slice").digest()
    return int.from_bytes(digest, "little")
