"""What the cases of several processes share: layouts, shards as PyTorch makes them, and what must not happen."""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
from torch.distributed.tensor import _random as dtensor_random
from torch.distributed.tensor.debug import CommDebugMode
from torch.distributed.tensor.placement_types import _StridedShard

SIZES = (1, 2, 3, 4)

Filled = Iterator[tuple[Any, torch.Tensor]]  # a DTensor, and the values of the whole


class Case(NamedTuple):
    """What processes of these numbers do together, and the package that it needs."""

    function: Callable[[], Filled]
    sizes: tuple[int, ...]
    needs: str


CASES: dict[str, Case] = {}


def case(*sizes: int, needs: str = "torch") -> Callable[[Callable[[], Filled]], Callable[[], Filled]]:
    """Registers a case for these numbers of processes; for all of them if none is given."""

    def register(function: Callable[[], Filled]) -> Callable[[], Filled]:
        CASES[function.__name__] = Case(function, sizes or SIZES, needs)
        return function

    return register


class Draws:
    """Stands in for the core, and counts the elements that are drawn."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self.elements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def fill(self, address: int, spec: Any) -> None:
        self.elements += spec.size
        self._core.fill(address, spec)


@contextlib.contextmanager
def alone() -> Iterator[Draws]:
    """Nothing is sent, PyTorch's generators stay, and what is drawn is counted for a `with` block."""
    before = sent(), torch.get_rng_state(), dtensor_random._rng_tracker
    module: Any = sys.modules["fastinit.fill"]
    core, module._core = module._core, Draws(module._core)
    try:
        with CommDebugMode() as communication:
            yield module._core
    finally:
        module._core = core
    assert communication.get_total_counts() == 0, communication.get_comm_counts()
    assert sent() == before[0], "a process group was used"
    assert torch.equal(torch.get_rng_state(), before[1]), "the default generator moved"
    assert dtensor_random._rng_tracker is before[2]


def sent() -> list[int]:
    """How many collectives each process group has seen."""
    return [group._get_sequence_number_for_group() for group in dist.distributed_c10d._world.pg_map]


@functools.cache
def mesh_of(*shape: int) -> DeviceMesh:
    names = ("replicate", "dp", "tp")[-len(shape) :] if len(shape) > 1 else ("dp",)
    return init_device_mesh("cpu", shape, mesh_dim_names=names)


@functools.cache
def inner_mesh() -> DeviceMesh:
    """All processes but the last, or the only one."""
    return DeviceMesh("cpu", list(range(max(1, dist.get_world_size() - 1))))


def mesh_shapes() -> list[tuple[int, ...]]:
    size = dist.get_world_size()
    pairs = [(n, size // n) for n in range(size, 0, -1) if size % n == 0]
    pairs.sort(key=sum, reverse=True)
    squarest = pairs[-1]
    return [(size,), (1, *squarest), (*squarest, 1), *pairs]


def layouts(dimensions: int) -> Iterator[tuple[DeviceMesh, list[Any]]]:
    """All meshes with all combinations of placements; in three dimensions only FSDP2's."""
    single = [Replicate(), *map(Shard, {0, 1, dimensions - 1} & set(range(dimensions)))]
    for shape in mesh_shapes():
        mesh = mesh_of(*shape)
        if len(shape) < 3:
            for placements in itertools.product(single, repeat=len(shape)):
                yield mesh, list(placements)
            for dim in range(min(dimensions, 2)):  # as of a weight that joins two: parts in two places
                yield mesh, [Replicate()] * (len(shape) - 1) + [_StridedShard(dim, split_factor=2)]
        if len(shape) > 1:
            for dim in range(min(dimensions, 2)):
                strided = [_StridedShard(dim, split_factor=shape[-1]), Shard(dim)]
                yield mesh, [Replicate()] * (len(shape) - 2) + strided


def some_layouts() -> Iterator[tuple[DeviceMesh, list[Any]]]:
    """Each kind of layout of two dimensions once."""
    line, grid = mesh_of(dist.get_world_size()), mesh_of(*mesh_shapes()[-1])
    yield from ((line, [placement]) for placement in (Replicate(), Shard(0), Shard(1)))
    strided = _StridedShard(0, split_factor=grid.size(1))
    for first, second in [(0, 1), (0, 0)]:
        yield grid, [Shard(first), Shard(second)]
    yield grid, [Replicate(), Shard(1)]
    yield grid, [strided, Shard(0)]
    yield line, [_StridedShard(1, split_factor=2)]


def sharded(whole: torch.Tensor, mesh: DeviceMesh, placements: list[Any]) -> Any:
    """The DTensor that PyTorch makes from a tensor; each process makes it from its own copy."""
    return distribute_tensor(whole, mesh, placements, src_data_rank=None)


def untouched(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.full(shape, -77.0).to(dtype)


def bits(tensor: torch.Tensor, two_bytes: torch.dtype = torch.int16) -> torch.Tensor:
    kinds = {1: torch.uint8, 2: two_bytes, 4: torch.int32, 8: torch.int64}
    return tensor.detach().contiguous().view(kinds[tensor.dtype.itemsize])


def assert_same(tensor: torch.Tensor, expected: torch.Tensor, what: Any) -> None:
    assert tensor.shape == expected.shape, (what, tensor.shape, expected.shape)
    assert torch.equal(bits(tensor), bits(expected)), (what, tensor, expected)


def check_shard(tensor: Any, whole: torch.Tensor, *what: Any) -> tuple[Any, torch.Tensor]:
    """Compares a DTensor with the shard that PyTorch makes of the values of the whole."""
    expected = sharded(whole, tensor.device_mesh, tensor.placements)
    assert_same(tensor.to_local(), expected.to_local(), (what, tensor.placements))
    return tensor, whole


def check_gathered(tensor: Any, whole: torch.Tensor) -> None:
    mesh = tensor.device_mesh
    if mesh.get_coordinate() is not None:
        shard = DTensor.from_local(
            bits(tensor.to_local(), two_bytes=torch.float16),  # gloo sends no int16
            mesh,
            tensor.placements,
            run_check=False,
            shape=tensor.shape,
            stride=tensor.stride(),
        )
        assert_same(shard.full_tensor().view(whole.dtype), whole, tensor.placements)
