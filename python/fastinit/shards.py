"""The part of a tensor that one rank holds: axes are cut as by `torch.chunk`, or in sections as by Megatron."""

from __future__ import annotations

import itertools
from collections.abc import Sequence  # noqa: TC003 - whoever resolves `Shard.sections` needs it
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastinit import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

# For one axis: the positions in the whole that a part has, in its order.
Ranges = list[range]

_MOST_SECTIONS = 2**16  # each is drawn by itself


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of a tensor that one rank holds if it is cut along an axis: its chunk of each section of that axis.

    Chunks are as in `torch.chunk`: all have ceil(size / world), except the last ranks, which may have less or none.

    Args:
        dim: The axis that is cut; negative ones count from the end.
        rank: In [0, world - 1].
        world: The number of ranks that share the axis, at least 1.
        stride: The number of equal sections, in [1, 2^16], as in Megatron: 2 if a weight joins a gate and an up
            projection.
        sections: The sizes of the sections if they differ, such as those of queries, keys and values; used instead of
            `stride`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a wrong value.

    Example:
        >>> import fastinit
        >>> up = fastinit.Shard(dim=0, rank=1, world=2)
        >>> fastinit.ramp((6, 2), high=5.0, axis=0, shard=up)[:, 0].tolist()
        [3.0, 4.0, 5.0]
        >>> qkv = fastinit.Shard(dim=0, rank=1, world=2, sections=(4, 2))
        >>> fastinit.ramp((6, 2), high=5.0, axis=0, shard=qkv)[:, 0].tolist()
        [2.0, 3.0, 5.0]
    """

    dim: int
    rank: int
    world: int
    stride: int = 1
    sections: Sequence[int] | None = None

    def __post_init__(self) -> None:
        most = checks.UINT64 - 1
        dim = checks.integer("dim", self.dim, -checks.MOST_DIMENSIONS, checks.MOST_DIMENSIONS - 1)
        world = checks.integer("world", self.world, 1, most)
        rank = checks.integer("rank", self.rank, 0, world - 1, f"`world` is {world}")
        stride = checks.integer("stride", self.stride, 1, _MOST_SECTIONS)
        for name, number in (("dim", dim), ("rank", rank), ("world", world), ("stride", stride)):
            object.__setattr__(self, name, number)  # NumPy's own integers overflow
        if self.sections is None:
            return
        if stride != 1:
            remedy = "give the size of every section, or the number of equal ones"
            raise ValueError(checks.text("stride", "be 1 with `sections`", stride, remedy))
        rule = f"be a sequence of at most {_MOST_SECTIONS} sizes"
        try:
            sizes = tuple(self.sections)
        except TypeError:
            raise TypeError(checks.text("sections", rule, self.sections)) from None
        if len(sizes) > _MOST_SECTIONS:
            raise ValueError(checks.text("sections", rule, sizes))
        sizes = tuple(checks.integer("sections", size, 0, most) for size in sizes)
        object.__setattr__(self, "sections", sizes)

    def sections_of(self, size: int) -> Sequence[int]:
        """Returns the sizes of the sections of an axis.

        Raises:
            ValueError: Their sum is not the size of the axis.
        """
        if self.sections is not None:
            if sum(self.sections) != size:
                rule = f"add up to what is left of axis {self.dim}, {size}"
                raise ValueError(checks.text("sections", rule, self.sections))
            return self.sections
        if size % self.stride:
            remedy = "give all sizes as `sections`"
            raise ValueError(
                checks.text("stride", f"divide what is left of axis {self.dim}, {size}", self.stride, remedy)
            )
        return [size // self.stride] * self.stride


def held_ranges(shard: Any, shape: Sequence[int]) -> list[Ranges]:
    """Returns the positions along each axis that a rank holds.

    Args:
        shard: A `Shard`, or several, each of which cuts the result of the previous ones.
        shape: Of the whole tensor.

    Raises:
        TypeError: Something else than shards.
        ValueError: A shard that does not fit the shape.

    Example:
        >>> held_ranges([Shard(0, 1, 2), Shard(1, 0, 2, stride=2)], (10, 4))
        [[range(5, 10)], [range(0, 1), range(2, 3)]]
    """
    several = shard if isinstance(shard, (list, tuple)) else [shard]
    ranges: list[Ranges] = [[range(size)] for size in shape]
    for each in several:
        if not isinstance(each, Shard):
            raise TypeError(checks.text("shard", "be a `fastinit.Shard` or a list of them", shard))
        last = len(shape) - 1
        axis = checks.integer("dim", each.dim, -len(shape), last, f"shape {tuple(shape)} has {len(shape)} axes")
        ranges[axis] = cut(ranges[axis], each.sections_of(count(ranges[axis])), each.rank, each.world)
    return ranges


def count(ranges: Ranges) -> int:
    """Returns the number of positions."""
    return sum(positions.stop - positions.start for positions in ranges)  # `len` ends at 2**63


def cut(ranges: Ranges, sections: Sequence[int], rank: int, world: int) -> Ranges:
    """Returns a rank's chunk of each section.

    Example:
        >>> cut([range(8)], [6, 2], 1, 2)
        [range(3, 6), range(7, 8)]
    """
    ends = itertools.accumulate(sections)
    held: Ranges = []
    for size, end in zip(sections, ends, strict=True):
        start, stop = _chunk(size, world, rank)
        held.extend(_between(ranges, end - size + start, end - size + stop))
    return held


def chunk_sizes(size: int, number: int) -> list[int]:
    """Returns the sizes that `torch.chunk` cuts an axis into, with zeros for chunks that are missing.

    Example:
        >>> chunk_sizes(10, 4)
        [3, 3, 3, 1]
    """
    return [stop - start for start, stop in (_chunk(size, number, each) for each in range(number))]


def pieces(held: Sequence[Ranges]) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Yields the boxes of a part: the place of each in the part, and its place in the whole.

    Example:
        >>> list(pieces([[range(2, 4), range(6, 7)]]))
        [((slice(0, 2, None),), (slice(2, 4, None),)), ((slice(2, 3, None),), (slice(6, 7, None),))]
    """
    for slices in itertools.product(*map(_slices, held)):
        yield tuple(here for here, _ in slices), tuple(there for _, there in slices)


def _chunk(size: int, number: int, place: int) -> tuple[int, int]:
    """Start and stop of one chunk as `torch.chunk` cuts: equal ones, the last that holds any shorter."""
    length = -(-size // number)
    return min(size, place * length), min(size, (place + 1) * length)


def _between(ranges: Ranges, start: int, stop: int) -> Iterator[range]:
    """The elements from `start` to `stop` of ranges that follow each other."""
    for positions in ranges:
        part = positions[max(start, 0) : max(stop, 0)]
        if part:
            yield part
        size = positions.stop - positions.start
        start, stop = start - size, stop - size


def _slices(ranges: Ranges) -> Iterator[tuple[slice, slice]]:
    """The place of each range in the part, and its place in the whole."""
    here = 0
    for positions in ranges or [range(0)]:
        size = positions.stop - positions.start
        yield slice(here, here + size), slice(positions.start, positions.stop)
        here += size
