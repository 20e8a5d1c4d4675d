"""Readings of PyTorch's tensors, taken where they are, in bounded memory and without waiting for a GPU."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from fastinit.signal.readings import Reading, merged
from fastinit.torch.sharding import is_dtensor, local_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    _Row = tuple[float, ...]

_CHUNK = 1 << 22  # elements that are measured at once, whose temporary copies stay small
_CHUNK_OF_CPUS = 1 << 18  # whose copies stay in the cache
_LEAST = 1e-30  # of a variance: the squares of smaller numbers lose digits in float32


class Pending(NamedTuple):
    """A tensor that was measured, whose numbers are still on the tensor's device.

    Attributes:
        size: The number of elements; for a DTensor, of the whole tensor.
        parts: For each chunk, its number of elements, and mean, std, zeros and finite elements as numbers or a tensor.
        mesh: The processes over which a DTensor is spread.
    """

    size: int
    parts: tuple[tuple[int, torch.Tensor | _Row], ...]
    mesh: Any

    def reading(self) -> Reading:
        """Fetches the numbers. For DTensors, all processes must call this, for the same tensors in the same order."""
        rows = [(count, *(row if isinstance(row, tuple) else row.tolist())) for count, row in self.parts]
        if self.mesh is not None:
            rows = of_all(rows, self.mesh)
        if len(rows) == 1 and self.size == rows[0][0]:
            return _reading(rows[0])
        readings = [_reading(row) for row in rows]
        absent = self.size - sum(reading.size for reading in readings)
        if self.mesh is None and absent > 0:  # of a sparse tensor
            readings.append(Reading(absent, 0.0, 0.0, 1.0, 0))
        return replace(merged(readings), size=self.size)


def measure(tensor: torch.Tensor) -> Pending:
    """Measures a floating tensor; for a DTensor, this process's shard."""
    mesh = tensor.device_mesh if is_dtensor(tensor) else None
    with torch.no_grad():
        flat = plain(tensor).reshape(-1)
        chunk = min(_CHUNK, _CHUNK_OF_CPUS) if flat.device.type == "cpu" else _CHUNK
        parts = flat.split(chunk) if flat.numel() > chunk else (flat,)
        return Pending(tensor.numel(), tuple((part.numel(), _measured(part)) for part in parts if part.numel()), mesh)


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """The elements of any tensor that are in this process, as a dense tensor of real numbers."""
    tensor = (local_tensor(tensor) if is_dtensor(tensor) else tensor).detach()
    if tensor.layout is torch.sparse_coo:
        tensor = tensor.coalesce()
    if tensor.is_nested or tensor.layout is not torch.strided:
        tensor = tensor.values()
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def is_measurable(value: Any) -> bool:
    """Whether something can be measured: a tensor of real or complex numbers that has memory."""
    if not isinstance(value, torch.Tensor) or value.is_meta:
        return False
    return bool(value.is_floating_point() or value.is_complex())


def _measured(chunk: torch.Tensor) -> torch.Tensor | _Row:
    """Mean, std, zeros and finite elements of a flat tensor."""
    values = chunk if chunk.dtype is torch.float64 else chunk.float()
    if values.device.type == "cpu" and (found := _measured_plainly(values)):
        return found
    zeros = values.numel() - values.count_nonzero()
    is_finite = values.isfinite()
    finite = is_finite.sum()
    values = torch.where(is_finite, values, 0)
    scale = values.abs().max()  # without it, squares could overflow
    scale = torch.where(scale > 0, scale, 1)
    values = values / scale
    mean = values.sum() / finite
    std = (torch.where(is_finite, values - mean, 0).square().sum() / finite).sqrt()
    return torch.stack([mean * scale, std * scale, zeros.to(mean), finite.to(mean)])


def _measured_plainly(values: torch.Tensor) -> _Row | None:
    """The same from plain sums, in a tenth of the time, if they keep enough digits, which can be checked at no cost."""
    count: int = values.numel()
    mean, square = values.sum().item() / count, values.square().sum().item() / count
    if not _LEAST < square < math.inf:
        return None
    is_centred = mean * mean < square / 2
    variance = square - mean * mean if is_centred else (values - mean).square().sum().item() / count
    return mean, math.sqrt(variance), int(np.count_nonzero(values.numpy() == 0)), count


def _reading(row: Sequence[float]) -> Reading:
    count, mean, std, zeros, finite = row
    return Reading(round(count), mean, std, zeros / count, round(count - finite))


def of_all(rows: list[_Row], mesh: Any) -> list[_Row]:
    """The rows of all processes of a mesh. Copies have equal weight, and so change neither means nor shares."""
    for dim in range(mesh.ndim):
        group = mesh.get_group(dim)
        gathered: list[Any] = [None] * torch.distributed.get_world_size(group)
        torch.distributed.all_gather_object(gathered, rows, group=group)
        rows = [row for some in gathered for row in some]
    return rows


def dead_units(tensor: torch.Tensor, axis: int) -> torch.Tensor:
    """The share of units that are zero for the whole batch."""
    tensor = plain(tensor)
    others = [dim for dim in range(tensor.ndim) if dim != axis % tensor.ndim]
    return (tensor.abs().amax(others) == 0).float().mean()


def share_outside(tensor: torch.Tensor, low: float, high: float) -> torch.Tensor | float:
    """The share of values at or beyond the ends of an interval."""
    values = plain(tensor)
    if values.device.type == "cpu":  # on a CPU, NumPy compares in a tenth of the time
        array = values.float().numpy()
        return np.count_nonzero((array <= low) | (array >= high)) / array.size
    return ((values <= low) | (values >= high)).float().mean()


def is_equal_along(tensor: torch.Tensor, axis: int) -> bool:
    """Whether a tensor repeats itself along an axis. Two places are compared first, which is nearly always enough."""
    tensor = plain(tensor)
    if not tensor.ndim or tensor.shape[axis] < 2 or not tensor.numel():
        return False
    first = tensor.select(axis, 0)
    if not torch.equal(tensor.select(axis, 1), first):
        return False
    return bool((tensor == first.unsqueeze(axis)).all())
