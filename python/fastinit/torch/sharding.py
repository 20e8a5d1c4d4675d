"""Which part of a DTensor this process holds, as the slices of the whole that its local tensor is made of."""

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
    """One sharding of one dimension: `pieces` one after the other, each cut among the places of a mesh dimension."""

    mesh_dim: int
    places: int
    pieces: int


def is_dtensor(tensor: Any) -> bool:
    """Tells DTensors, without importing torch.distributed for those who have none."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def local_tensor(tensor: Any) -> torch.Tensor:
    """Returns what this process holds of a DTensor: the memory itself, which gradients do not see."""
    with torch.no_grad():
        local: torch.Tensor = tensor.to_local()
    return local


def local_parts(tensor: Any) -> Iterator[tuple[torch.Tensor, tuple[slice, ...]]]:
    """Yields views of a DTensor's local tensor, each with the index of its elements in the whole.

    There is one, unless a dimension is sharded in strides, and none where this process holds nothing or is
    outside the mesh. No process talks to another.

    Raises:
        ValueError: A placement whose local tensor is no part of the whole, such as Partial, or a local
            tensor that is not what the placements describe.
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
    """Returns how each dimension was sharded, in the order in which it was.

    That is the order of the mesh dimensions, except that FSDP2 cuts what tensor parallelism has left. It
    says so by a placement in strides, whose factor is the number of later shards that came before it. What
    remains of the factor is a number of pieces, such as the matrices that one weight joins.

    Raises:
        ValueError: A placement that neither shards nor replicates.
    """
    cuts: dict[int, list[Cut]] = {}
    for mesh_dim in reversed(range(len(placements))):
        placement = placements[mesh_dim]
        if placement.is_replicate():
            continue
        if not hasattr(placement, "dim"):
            rule = "be sharded or replicated over every mesh dimension"
            remedy = "redistribute it first: a partial sum has no values of its own"
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
