"""Monitors of models that several processes share."""

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
from tests.torch.shards_of_probes import network

if TYPE_CHECKING:
    from fastinit.signal import Record

STEPS = 3


def trained(model: nn.Module, values: torch.Tensor) -> tuple[list[Record], list[float]]:
    """What a monitor writes in this process, and the losses."""
    records: list[Record] = []
    losses = []
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with ours.Monitor(model, every=2, to=records.append):
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = model(values).square().mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return records, losses


def own_batch(values: torch.Tensor) -> torch.Tensor:
    return values.chunk(dist.get_world_size())[dist.get_rank()]


@case(1, 2)
def a_monitor_of_fsdp2_writes_whole_weights_in_the_first_process() -> Filled:
    values = torch.from_numpy(fastinit.normal((64, 15), seed=1))
    model = network()
    for layer in model:
        fully_shard(layer, mesh=mesh_of(dist.get_world_size()))
    fully_shard(model, mesh=mesh_of(dist.get_world_size()))
    records, _ = trained(model, own_batch(values))
    plain: list[Record] = []
    if dist.get_rank() == 0:
        plain, _ = trained(network(), values)
    assert (
        [record.step for record in records] == [record.step for record in plain] == [0, 2][: 2 * (dist.get_rank() == 0)]
    )
    for record, expected in zip(records, plain, strict=True):
        for group in ("weights", "weight_gradients", "gradient_to_weight"):
            assert record.figures[group] == pytest.approx(expected.figures[group], rel=1e-3), group
    yield from ()


@case(1, 2)
def a_monitor_of_a_data_parallel_model_writes_what_the_first_process_sees() -> Filled:
    values = torch.from_numpy(fastinit.normal((64, 15), seed=1))
    wrapped = nn.parallel.DistributedDataParallel(network())
    records, losses = trained(wrapped, own_batch(values))
    if dist.get_rank() == 0:
        assert [record.step for record in records] == [0, 2]
        alone = ours.probe(network(), own_batch(values), loss=lambda output: output.square().mean())
        expected = {stage.label: pytest.approx(stage.output.rms, rel=1e-4) for stage in alone.chain}
        assert records[0].figures["activations"] == expected
        assert len(records[0].figures["weight_gradients"]) == len(alone.chain)
    else:
        assert records == []
    again = nn.parallel.DistributedDataParallel(network())
    optimizer = torch.optim.SGD(again.parameters(), 0.1)
    for expected_loss in losses:
        optimizer.zero_grad()
        loss = again(own_batch(values)).square().mean()
        loss.backward()
        optimizer.step()
        assert loss.item() == expected_loss
    yield from ()
