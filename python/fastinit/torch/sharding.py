"""Which part of a DTensor this process holds, as the slices of the whole that its local tensor is made of."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

import torch

from fastinit import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

_Runs = list[tuple[slice, slice]]  # of one dimension: where in the local tensor, where in the whole


def is_dtensor(tensor: Any) -> bool:
    """Tells DTensors, without importing torch.distributed for those who have none."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def local_parts(tensor: Any) -> Iterator[tuple[torch.Tensor, tuple[slice, ...]]]:
    """Yields views of a DTensor's local tensor, each with the index of its elements in the whole.

    There is one, unless a dimension is sharded in strides, and none for a process outside the mesh.
    No process talks to another.

    Raises:
        ValueError: A placement whose local tensor is no part of the whole, such as Partial.
    """
    with torch.no_grad():
        local = tensor.to_local()
    coordinate = tensor.device_mesh.get_coordinate()
    if coordinate is None or not local.numel():
        return
    runs: list[_Runs] = [[(slice(0, n), slice(0, n))] for n in tensor.shape]
    for dim, positions in _sharded(tensor, coordinate).items():
        runs[dim] = _runs(positions)
    sizes = tuple(dim_runs[-1][0].stop for dim_runs in runs)
    if sizes != tuple(local.shape):  # an uneven shard that its placements do not describe
        rule = f"have the local shape that its placements give, {sizes}"
        raise ValueError(checks.text("tensor", rule, tuple(local.shape)))
    for combination in itertools.product(*runs):
        part = local[tuple(here for here, _ in combination)] if combination else local
        yield part, tuple(there for _, there in combination)


def _sharded(tensor: Any, coordinate: list[int]) -> dict[int, torch.Tensor]:
    """The positions in the whole that each sharded dimension of the local tensor has, in order.

    Each placement splits the positions as it would split the tensor, from the first mesh dimension on.
    """
    positions: dict[int, torch.Tensor] = {}
    for mesh_dim, placement in enumerate(tensor.placements):
        if placement.is_replicate():
            continue
        if not hasattr(placement, "_split_tensor"):
            rule = "be sharded or replicated over every mesh dimension"
            remedy = "redistribute it first: a partial sum has no values of its own"
            raise ValueError(checks.text("tensor", rule, str(placement), remedy))
        dim = placement.dim
        before = positions.get(dim)
        if before is None:
            before = torch.arange(tensor.shape[dim], device="cpu")
        along = [1] * dim + [-1] + [1] * (tensor.ndim - dim - 1)
        shards, _ = placement._split_tensor(
            before.view(along), tensor.device_mesh.size(mesh_dim), with_padding=False
        )
        positions[dim] = shards[coordinate[mesh_dim]].flatten()
    return positions


def _runs(positions: torch.Tensor) -> _Runs:
    breaks = ((positions.diff() != 1).nonzero().flatten() + 1).tolist()
    starts, stops = [0, *breaks], [*breaks, positions.numel()]
    return [
        (slice(start, stop), slice(first, first + stop - start))
        for start, stop in zip(starts, stops, strict=True)
        for first in (int(positions[start]),)
    ]
