"""Probes of models that several processes share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import fully_shard

import fastinit
from fastinit import torch as ours
from tests.torch.shards import Filled, case, mesh_of

if TYPE_CHECKING:
    from fastinit.signal.readings import Reading


def close(one: Reading | None, other: Reading | None) -> None:
    assert one is not None
    assert other is not None
    assert one.size == other.size
    assert (one.mean, one.std, one.zeros) == pytest.approx((other.mean, other.std, other.zeros), rel=1e-3, abs=1e-6)


def network() -> nn.Sequential:
    layers = [module for _ in range(6) for module in (nn.Linear(15, 15), nn.ReLU())]  # which two processes cut unevenly
    model: nn.Sequential = ours.init_model(nn.Sequential(*layers), seed=0, preset="he")
    return model


@case(1, 2)
def a_probe_of_fsdp2_measures_whole_weights_and_each_process_its_own_batch() -> Filled:
    def loss(output: torch.Tensor) -> torch.Tensor:
        return output.square().mean()

    values = torch.from_numpy(fastinit.normal((64, 15), seed=1))
    own = values.chunk(dist.get_world_size())[dist.get_rank()]
    plain, here = ours.probe(network(), values, loss=loss), ours.probe(network(), own, loss=loss)
    model = network()
    for layer in model:
        fully_shard(layer, mesh=mesh_of(dist.get_world_size()))
    fully_shard(model, mesh=mesh_of(dist.get_world_size()))
    before = [parameter.to_local().clone() for parameter in model.parameters()]
    report = ours.probe(model, own, loss=loss)
    assert len(report.stages) == len(plain.stages)
    for stage, whole, part in zip(report.stages, plain.stages, here.stages, strict=True):
        close(stage.output, part.output)
        for weight, expected in zip(stage.weights, whole.weights, strict=True):
            assert (weight.name, weight.shape) == (expected.name, expected.shape)
            close(weight.reading, expected.reading)
            close(weight.gradient, expected.gradient)
    assert report.verdict.partition(" ")[0] == plain.verdict.partition(" ")[0]
    for parameter, values in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter.to_local(), values)
        assert parameter.grad is None
    yield from ()
