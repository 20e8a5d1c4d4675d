"""Models that several processes shard and calibrate together, each with a part of the batch."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

import fastinit
from fastinit import torch as ours
from fastinit.torch.sharding import is_dtensor
from tests.torch.shards import Filled, case, check_shard, mesh_of

BATCH = 24  # samples, which all numbers of processes divide


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 10), nn.Tanh(), nn.Linear(10, 7), nn.ReLU(), nn.Linear(7, 5))


@case()
def calibration_counts_the_batches_of_all_processes_together() -> Filled:
    size, rank = dist.get_world_size(), dist.get_rank()
    batch = torch.from_numpy(fastinit.normal((BATCH, 6), seed=1))
    plain = network()
    whole = ours.calibrate(plain, batch, seed=3)
    with torch.device("meta"):
        model = network()
    mesh = mesh_of(size)
    for layer in (model[0], model[2], model[4]):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    shared = ours.calibrate(model, batch.chunk(size)[rank] * 1.0, seed=3)
    texts: list[str] = [""] * size
    dist.all_gather_object(texts, shared.recipe.text)
    assert len(set(texts)) == 1, texts
    assert shared.rounds == 1
    assert shared.is_calibrated, str(shared)
    for row, alone in zip(shared.rows, whole.rows, strict=True):
        assert abs(row.std / alone.std - 1) < 1e-5, (row, alone)
    drawn = dict(ours.init_model(network(), seed=3, recipe=shared.recipe).named_parameters())
    for name, parameter in model.named_parameters():
        yield check_shard(parameter, drawn[name].detach(), name)


@case(2)
def calibration_counts_the_units_of_all_processes_together() -> Filled:
    batch = torch.from_numpy(fastinit.normal((BATCH, 6), seed=1))
    whole = ours.calibrate(network(), batch, seed=3, init="normal")
    model = network()
    plan = {"0": ColwiseParallel(), "2": RowwiseParallel()}
    parallelize_module(model, mesh_of(dist.get_world_size()), plan, src_data_rank=None)
    shared = ours.calibrate(model, batch, seed=3, init="normal")
    assert shared.is_calibrated, str(shared)
    for row, alone in zip(shared.rows, whole.rows, strict=True):
        assert abs(row.std / alone.std - 1) < 1e-5, (row, alone)
    drawn = dict(ours.init_model(network(), seed=3, recipe=shared.recipe).named_parameters())
    for name, parameter in model.named_parameters():
        if is_dtensor(parameter):
            yield check_shard(parameter, drawn[name].detach(), name)


@case(1, 2)
def a_model_that_is_sharded_as_one_is_drawn_in_its_shards() -> Filled:
    """FSDP2 leaves the parameters of the outermost module whole after a pass without gradients."""
    batch = torch.from_numpy(fastinit.normal((BATCH, 6), seed=1))
    model = fully_shard(network(), mesh=mesh_of(dist.get_world_size()))
    shared = ours.calibrate(model, batch, seed=3)
    assert shared.is_calibrated, str(shared)
    drawn = dict(ours.init_model(network(), seed=3, recipe=shared.recipe).named_parameters())
    for name, parameter in model.named_parameters():
        yield check_shard(parameter, drawn[name].detach(), name)
