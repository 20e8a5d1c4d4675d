"""Finds which part of a DTensor this process holds, as slices of the whole tensor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from fastinit import checks
from fastinit.shards import chunk_sizes, count, cut, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastinit.shards import Ranges


class Cut(NamedTuple):
    """One sharding of one dimension: it has `pieces` in a row, and each is cut along a mesh dimension of `places`."""

    mesh_dim: int
    places: int
    pieces: int


def is_dtensor(tensor: Any) -> bool:
    """Tells whether a tensor is a DTensor, without importing torch.distributed."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def local_tensor(tensor: Any) -> torch.Tensor:
    """Returns the local tensor of a DTensor. It shares the DTensor's memory, and gradients do not record its use."""
    with torch.no_grad():
        local: torch.Tensor = tensor.to_local()
    return local


def local_parts(tensor: Any) -> Iterator[tuple[torch.Tensor, tuple[slice, ...]]]:
    """Yields views of a DTensor's local tensor, each with the index of its elements in the whole tensor.

    There is one view, unless a dimension is sharded in strides, and no view if this process holds nothing or is outside
    the mesh. Processes do not communicate.

    Raises:
        ValueError: The local tensor is not a part of the whole, as with the placement Partial, or does not have the
            shape that the placements describe.
    """
    mesh, local = tensor.device_mesh, local_tensor(tensor)
    cuts = cuts_of(tensor.placements, [mesh.size(dim) for dim in range(mesh.ndim)])
    coordinate = mesh.get_coordinate()
    if coordinate is None:
        return
    ranges = held_ranges(tensor.shape, cuts, coordinate)
    sizes = tuple(map(count, ranges))
    if 0 in sizes and not local.numel():
        return
    if sizes != tuple(local.shape):
        rule = f"have the local shape that its placements give, {sizes}"
        raise ValueError(checks.text("tensor", rule, tuple(local.shape)))
    for here, there in pieces(ranges):
        yield local[here], there


def cuts_of(placements: Sequence[Any], mesh_shape: Sequence[int]) -> dict[int, list[Cut]]:
    """Returns the cuts of each dimension, in the order in which they were made.

    This is the order of the mesh dimensions, with one exception: FSDP2 cuts the shards that tensor parallelism has
    made. Its strided placement has a factor, which counts the shards of later mesh dimensions that were cut before it.
    The rest of the factor is a number of pieces, for example of matrices that are joined in one weight.

    Raises:
        ValueError: A placement neither shards nor replicates.
    """
    cuts: dict[int, list[Cut]] = {}
    for mesh_dim in reversed(range(len(placements))):
        placement = placements[mesh_dim]
        if placement.is_replicate():
            continue
        if not hasattr(placement, "dim"):
            rule = "be sharded or replicated over every mesh dimension"
            remedy = "redistribute it first, because a partial sum has no values of its own"
            raise ValueError(checks.text("tensor", rule, str(placement), remedy))
        later = cuts.setdefault(placement.dim, [])
        pieces, after = getattr(placement, "split_factor", 1), 0
        while after < len(later) and pieces > 1 and pieces % later[after].places == 0:
            pieces //= later[after].places
            after += 1
        later.insert(after, Cut(mesh_dim, mesh_shape[mesh_dim], pieces))
    return cuts


def held_ranges(shape: Sequence[int], cuts: dict[int, list[Cut]], coordinate: Sequence[int]) -> list[Ranges]:
    """Returns the positions in each dimension that the process at `coordinate` of the mesh holds.

    Example:
        >>> held_ranges((10, 4), {0: [Cut(0, 2, 1), Cut(1, 2, 1)]}, (1, 0))
        [[range(5, 8)], [range(0, 4)]]
    """
    ranges: list[Ranges] = [[range(size)] for size in shape]
    for dim, of_dim in cuts.items():
        for mesh_dim, places, number in of_dim:
            sections = chunk_sizes(count(ranges[dim]), number)
            ranges[dim] = cut(ranges[dim], sections, coordinate[mesh_dim], places)
    return ranges
