"""Tensors that several processes fill together."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard
from torch.distributed.tensor import _random as dtensor_random
from torch.distributed.tensor.debug import CommDebugMode

import fastinit
from fastinit import dtypes
from fastinit import torch as ours
from tests.torch.shards import (
    Filled,
    alone,
    assert_same,
    case,
    check_shard,
    inner_mesh,
    layouts,
    mesh_of,
    mesh_shapes,
    sharded,
    some_layouts,
    untouched,
)

DTYPES = [getattr(torch, name) for name in dtypes.FLOATS]
LARGE = (301, 257)  # enough for fastinit's own fill of one value
SHAPES = [(), (7,), (3,), (10, 6), (0, 3), (2, 3, 5), (3, 2, 4, 5)]
DRAWS: list[tuple[str, dict[str, Any]]] = [
    ("uniform_", {"a": -1.0, "b": 2.0}),
    ("normal_", {"mean": 1.0, "std": 0.5}),
    ("trunc_normal_", {"std": 0.02, "a": -0.03, "b": 0.05}),
    ("xavier_uniform_", {"gain": 2.0}),
    ("xavier_normal_", {}),
    ("kaiming_uniform_", {"a": math.sqrt(5)}),
    ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "relu"}),
]
WHOLES: list[tuple[str, dict[str, Any]]] = [
    ("orthogonal_", {"gain": 2.0}),
    ("sparse_", {"sparsity": 0.3}),
]
FIXED: list[tuple[str, dict[str, Any]]] = [
    ("constant_", {"val": 0.3}),
    ("ones_", {}),
    ("zeros_", {}),
    ("eye_", {}),
    ("dirac_", {"groups": 2}),
]


@case()
def every_placement_holds_its_part_of_fastinits_own_array() -> Filled:
    for shape in SHAPES:
        whole = torch.from_numpy(fastinit.normal(shape, seed=3, stream="w"))
        for mesh, placements in layouts(len(shape)):
            tensor = sharded(untouched(shape), mesh, placements)
            with alone() as draws:
                assert ours.normal_(tensor, seed=3, stream="w") is tensor
            assert draws.elements == tensor.to_local().numel()
            yield check_shard(tensor, whole, shape)


@case()
def every_draw_has_the_values_of_one_process() -> Filled:
    for shape in [(10, 6), (6, 4, 3)]:
        for name, arguments in DRAWS:
            fill = functools.partial(getattr(ours, name), **arguments, seed=5, stream=name)
            whole = fill(untouched(shape))
            for mesh, placements in some_layouts():
                tensor = sharded(untouched(shape), mesh, placements)
                with alone() as draws:
                    fill(tensor)
                assert draws.elements == tensor.to_local().numel()
                yield check_shard(tensor, whole, name)


@case()
def matrices_have_the_values_of_one_process() -> Filled:
    for shape, (name, arguments) in itertools.product([(10, 6), (6, 4, 3)], WHOLES):
        if name == "orthogonal_" or len(shape) == 2:
            fill = functools.partial(getattr(ours, name), **arguments, seed=5, stream=name)
            whole = fill(untouched(shape))
            for mesh, placements in some_layouts():
                tensor = sharded(untouched(shape), mesh, placements)
                with alone():
                    fill(tensor)
                yield check_shard(tensor, whole, name)


@case()
def what_is_not_random_has_the_values_of_one_process() -> Filled:
    for shape in [(10, 6), (6, 4, 3), LARGE]:
        for name, arguments in FIXED:
            if (name, len(shape)) not in [("eye_", 3), ("dirac_", 2)]:
                fill = functools.partial(getattr(ours, name), **arguments)
                whole = getattr(nn.init, name)(untouched(shape), **arguments)
                for mesh, placements in some_layouts():
                    tensor = sharded(untouched(shape), mesh, placements)
                    with alone():
                        fill(tensor)
                    yield check_shard(tensor, whole, name)


@case()
def every_dtype_has_the_bits_of_one_process() -> Filled:
    shape = (7, 6)
    for dtype in DTYPES:
        whole = ours.normal_(untouched(shape, dtype), seed=2, stream="w")
        for mesh, placements in some_layouts():
            tensor = sharded(untouched(shape, dtype), mesh, placements)
            with alone():
                ours.normal_(tensor, seed=2, stream="w")
            yield check_shard(tensor, whole, dtype)


@case()
def partial_sums_are_refused_by_every_process() -> Filled:
    local = untouched((2, 3))
    for mesh in (*(mesh_of(*shape) for shape in mesh_shapes()), inner_mesh()):
        placements = [Replicate()] * (mesh.ndim - 1) + [Partial()]
        tensor = DTensor.from_local(local, mesh, placements, run_check=False)
        for fill in (ours.normal_, ours.orthogonal_):
            with pytest.raises(ValueError, match="over every mesh dimension, got 'P"):
                fill(tensor, seed=1)
    assert_same(local, untouched((2, 3)), "written")
    yield from ()


@case()
def local_tensors_that_are_no_shard_are_refused() -> Filled:
    size = dist.get_world_size()
    local, whole = untouched((2, 3)), torch.Size((3 * size, 3))
    tensor = DTensor.from_local(local, mesh_of(size), [Shard(0)], run_check=False, shape=whole, stride=(3, 1))
    message = r"`tensor` must have the local shape that its placements give, \(3, 3\), got \(2, 3\)"
    with pytest.raises(ValueError, match=message):
        ours.normal_(tensor, seed=1)
    assert_same(local, untouched((2, 3)), "written")
    yield from ()


@case()
def processes_outside_a_mesh_have_nothing_to_do() -> Filled:
    size = dist.get_world_size()
    mesh = inner_mesh()
    generator = fastinit.Generator(4)
    whole = untouched((5, 3))
    for stream in range(2):
        tensor = sharded(whole, mesh, [Shard(0)])
        with alone():
            ours.uniform_(tensor, seed=generator)
            ours.orthogonal_(sharded(whole, mesh, [Shard(0)]), seed=9)
        if dist.get_rank() == size - 1 and size > 1:
            assert mesh.get_coordinate() is None
            assert tensor.to_local().numel() == 0
        expected = torch.from_numpy(fastinit.uniform((5, 3), seed=4, stream=stream))
        yield check_shard(tensor, expected)
    assert generator.next_stream() == 2  # as on every other process


@case(2, 4)
def submeshes_hold_a_tensor_each() -> Filled:
    size = dist.get_world_size()
    for shape in [(size // 2, 2), (2, size // 2)]:
        whole = torch.from_numpy(fastinit.normal((7, 5), seed=1, stream="w"))
        for name in ("dp", "tp"):
            tensor = sharded(untouched((7, 5)), mesh_of(*shape)[name], [Shard(0)])
            with alone():
                ours.normal_(tensor, seed=1, stream="w")
            yield check_shard(tensor, whole, name)


@case()
def equal_generators_give_the_whole() -> Filled:
    shape = (3, 5)  # of which the last of four processes holds nothing
    torch.manual_seed(6)
    expected = [ours.normal_(untouched(shape)) for _ in range(2)]
    moved = torch.get_rng_state()
    given = torch.Generator().manual_seed(7)
    expected.append(ours.normal_(untouched(shape), generator=given))
    for mesh, placements in some_layouts():
        torch.manual_seed(6)
        tensors = [sharded(untouched(shape), mesh, placements) for _ in range(3)]
        with CommDebugMode() as communication:
            ours.normal_(tensors[0])
            ours.normal_(tensors[1])
            state = torch.get_rng_state()
            ours.normal_(tensors[2], generator=torch.Generator().manual_seed(7))
        assert torch.equal(state, moved)
        assert torch.equal(torch.get_rng_state(), moved)
        assert communication.get_total_counts() == 0
        for tensor, whole in zip(tensors, expected, strict=True):
            yield check_shard(tensor, whole)
    assert dtensor_random._rng_tracker is None


@case(2, 3, 4)
def different_generators_need_a_seed() -> Filled:
    torch.manual_seed(0)
    wrong = ours.normal_(untouched((12, 5)))
    torch.manual_seed(dist.get_rank())
    tensor = sharded(untouched((12, 5)), mesh_of(dist.get_world_size()), [Shard(0)])
    ours.normal_(tensor)
    expected = sharded(wrong, tensor.device_mesh, tensor.placements).to_local()
    assert torch.equal(tensor.to_local(), expected) == (dist.get_rank() == 0)
    ours.normal_(tensor, seed=1, stream="w")
    yield check_shard(tensor, torch.from_numpy(fastinit.normal((12, 5), seed=1, stream="w")))


@case()
def gradients_do_not_see_a_fill_and_backward_does() -> Filled:
    for name, arguments in [*DRAWS, *WHOLES, ("constant_", {"val": 2.0})]:
        shape = LARGE if name == "constant_" else (6, 5)
        tensor = sharded(untouched(shape), mesh_of(dist.get_world_size()), [Shard(0)])
        parameter = nn.Parameter(tensor)
        product = parameter * parameter
        given = {} if name == "constant_" else {"seed": 1}
        assert getattr(ours, name)(parameter, **arguments, **given) is parameter
        assert parameter.requires_grad
        assert parameter.is_leaf
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            product.backward(torch.ones_like(product))
    yield from ()


@case()
def inference_mode_is_no_obstacle() -> Filled:
    whole = torch.from_numpy(fastinit.normal((7, 5), seed=1, stream="w"))
    for mesh, placements in some_layouts():
        with torch.inference_mode(), alone():
            tensor = sharded(untouched((7, 5)), mesh, placements)
            ours.normal_(tensor, seed=1, stream="w")
            ours.orthogonal_(sharded(untouched((7, 5)), mesh, placements), seed=1)
            check_shard(tensor, whole)
    yield from ()


@case()
def local_tensors_that_are_wrappers_are_refused() -> Filled:
    class Wrapper(torch.Tensor):
        @classmethod
        def __torch_dispatch__(cls, func: Any, *_: Any) -> Any:
            raise AssertionError(func)

    local = torch.Tensor._make_wrapper_subclass(Wrapper, (2, 3))
    mesh = mesh_of(dist.get_world_size())
    tensor = sharded(untouched((2, 3)), mesh, [Replicate()])
    tensor._local_tensor = local  # as quantised weights are, whose memory is elsewhere
    for fill in (ours.normal_, ours.xavier_uniform_, ours.orthogonal_):
        with pytest.raises(TypeError, match="must be a dense tensor or DTensor of float64, "):
            fill(tensor, seed=1)
    yield from ()


@case()
def new_dtensors_are_drawn_as_wholes_while_accelerated() -> Filled:
    wholes = [
        torch.from_numpy(draw((7, 5), seed=3, stream=stream))
        for stream, draw in enumerate((fastinit.normal, fastinit.uniform))
    ]
    for mesh, placements in some_layouts():
        with alone(), ours.accelerate(seed=3):
            made = [
                new(7, 5, device_mesh=mesh, placements=placements, requires_grad=True)
                for new in (torch.distributed.tensor.randn, torch.distributed.tensor.rand)
            ]
            zeros = torch.distributed.tensor.zeros(7, 5, device_mesh=mesh, placements=placements)
        assert all(tensor.requires_grad and tensor.is_leaf for tensor in made)
        assert not zeros.to_local().any()
        for tensor, whole in zip(made, wholes, strict=True):
            yield check_shard(tensor.detach(), whole, placements)
