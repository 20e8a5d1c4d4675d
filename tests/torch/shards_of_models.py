"""Models that several processes shard and fill: FSDP2, tensor parallelism, both."""

from __future__ import annotations

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.distributed.tensor import Shard
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    RowwiseParallel,
    parallelize_module,
)
from torch.distributed.tensor.placement_types import _StridedShard

from fastinit import torch as ours
from tests.torch.shards import Filled, alone, assert_same, case, check_shard, mesh_of, mesh_shapes


class Model(nn.Module):
    """Tied weights, a row of zeros, computed values, buffers, and sizes that no number of processes divides."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 6, padding_idx=9)
        self.up = nn.Linear(6, 10)
        self.norm = nn.BatchNorm1d(10)
        self.down = nn.Linear(10, 6)
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)
        self.second.weight = self.first.weight
        self.scale = nn.Parameter(torch.empty(3))
        self.decay = nn.Parameter(torch.empty(7, 2))
        self.register_buffer("positions", torch.empty(6))
        self.register_buffer("mask", torch.empty(2, 2), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.ones_(self.scale)
        with torch.no_grad():
            self.decay.copy_(torch.arange(1.0, 15.0).reshape(7, 2).log())
            self.positions.copy_(torch.arange(6.0) / 6)
            self.mask.copy_(torch.eye(2))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        hidden = self.embed(tokens) + self.positions
        hidden = self.down(self.norm(self.up(hidden)).relu()) * self.scale.sum()
        output: torch.Tensor = self.second(self.first(hidden).relu())
        return output


def parallel(model: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """FSDP2 of one dimension; tensor parallelism in the last of more, and HSDP in the first of three."""
    mesh = mesh_of(*shape)
    if len(shape) > 1:
        plan = {"up": ColwiseParallel(), "down": RowwiseParallel()}
        parallelize_module(model, mesh["tp"], plan, src_data_rank=None)
        mesh = mesh["replicate", "dp"] if len(shape) == 3 else mesh["dp"]
    for layer in (model.up, model.down):
        fully_shard(layer, mesh=mesh)
    return fully_shard(model, mesh=mesh)


def held_by(model: nn.Module) -> int:
    """The elements of all parameters that this process holds."""
    return sum(parameter.to_local().numel() for parameter in model.parameters())


def fill_all(model: nn.Module) -> None:
    for name, parameter in model.named_parameters():
        ours.normal_(parameter, seed=8, stream=name)


@case()
def fsdp2_and_tensor_parallel_fills_are_shards_of_the_filled() -> Filled:
    plain = Model()
    fill_all(plain)
    wholes = {name: parameter.detach() for name, parameter in plain.named_parameters()}
    for shape in mesh_shapes():
        before = Model()
        before.load_state_dict(plain.state_dict())
        expected = dict(parallel(before, shape).named_parameters())
        with torch.device("meta"):
            model = Model()
        parallel(model, shape).to_empty(device="cpu")
        with alone() as draws:
            fill_all(model)
        assert draws.elements == held_by(model)
        for name, parameter in model.named_parameters():
            assert_same(parameter.to_local(), expected[name].to_local(), (name, shape))
            if shape == (2, 2) and name == "up.weight":
                assert parameter.placements == (_StridedShard(0, split_factor=2), Shard(0))
            yield parameter, wholes[name]


@case()
def accelerated_code_fills_shards() -> Filled:
    def initialize(model: nn.Module) -> list[nn.Parameter]:
        for layer in (model.up, model.norm, model.down, model.first, model.second):
            layer.reset_parameters()
        model.embed.weight.data.normal_(std=0.02)
        with torch.no_grad():
            model.scale.uniform_(2, 3)
            model.scale.add_(torch.randn_like(model.scale))
        nn.init.trunc_normal_(model.down.bias, std=0.1)
        nn.init.xavier_normal_(model.down.weight)
        return [parameter for name, parameter in model.named_parameters() if name != "decay"]

    plain = Model()
    with ours.accelerate(seed=3):
        wholes = initialize(plain)
    for shape in mesh_shapes():
        model = parallel(Model(), shape)
        with alone(), ours.accelerate(seed=3):
            parameters = initialize(model)
        for parameter, whole in zip(parameters, wholes, strict=True):
            yield check_shard(parameter, whole.detach(), shape)


@case()
def init_model_has_the_values_of_one_process() -> Filled:
    rules = [{"match": "up.weight", "init": "he_normal"}]
    for recipe in (None, rules):
        plain = ours.init_model(Model(), seed=4, recipe=recipe)
        assert not plain.embed.weight[9].any()
        for shape in mesh_shapes():
            with torch.device("meta"):
                model = Model()
            parallel(model, shape)
            with alone() as draws:
                ours.init_model(model, seed=4, recipe=recipe)
            assert draws.elements <= held_by(model)
            yield from check_model(model, plain)
            assert model.second.weight is model.first.weight
            assert_same(model.mask, torch.eye(2), "mask")


class Constructed(Model):
    """What `reset_parameters` would not tell, draws that are computed with and a copy included."""

    def __init__(self) -> None:
        super().__init__()
        nn.init.normal_(self.up.weight, std=0.02)
        with torch.no_grad():
            self.down.weight.copy_(self.up.weight.T)
            self.decay.copy_(torch.randn(7, 2).exp())


@case()
def models_that_were_built_are_drawn_anew_as_shards() -> Filled:
    plain = ours.build(Constructed, seed=3)
    for shape in mesh_shapes():
        model = parallel(ours.build(Constructed, seed=2), shape)
        with alone():
            ours.init_model(model, seed=3)
        yield from check_model(model, plain)
        sources = {row.source for row in ours.report(model).rows}
        assert sources == {"constructor"}, sources


@case()
def a_model_runs_from_the_shards_that_were_filled() -> Filled:
    tokens = torch.arange(8)
    plain = ours.init_model(Model(), seed=4)
    with torch.device("meta"):
        model = Model()
    fully_shard(model, mesh=mesh_of(dist.get_world_size()))
    ours.init_model(model, seed=4)
    torch.testing.assert_close(model.eval()(tokens), plain.eval()(tokens))
    yield from ()


@case(2, needs="transformers")
def init_model_fills_models_of_transformers() -> Filled:
    from transformers import (
        GPT2Config,
        GPT2LMHeadModel,
        LlamaConfig,
        LlamaForCausalLM,
        MixtralConfig,
        MixtralForCausalLM,
    )

    sizes = {"vocab_size": 37, "hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 2, "pad_token_id": 5}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    llama = LlamaConfig(**sizes, **heads, tie_word_embeddings=True)
    mixtral = MixtralConfig(**sizes, **heads, num_local_experts=3)  # fused, of which a checkpoint has each expert
    gpt2 = GPT2Config(vocab_size=37, n_positions=9, n_embd=12, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
    for kind, config in ((LlamaForCausalLM, llama), (GPT2LMHeadModel, gpt2), (MixtralForCausalLM, mixtral)):
        plain = ours.init_model(kind(config), seed=0)
        with torch.device("meta"):
            model = kind(config)
        mesh = mesh_of(dist.get_world_size())
        for layer in model.transformer.h if kind is GPT2LMHeadModel else model.model.layers:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
        with alone():
            ours.init_model(model, seed=0)
        yield from check_model(model, plain)
        tokens = torch.arange(6)[None]
        torch.testing.assert_close(model.eval()(tokens).logits, plain.eval()(tokens).logits)


def check_model(model: nn.Module, plain: nn.Module) -> Filled:
    wholes = dict(plain.named_parameters(remove_duplicate=False))
    for name, parameter in model.named_parameters():
        yield check_shard(parameter, wholes[name].detach(), name)
    for (name, buffer), expected in zip(model.named_buffers(), plain.buffers(), strict=True):
        assert_same(buffer, expected, name)


@case(2)
def init_model_refuses_parameters_that_fsdp1_has_cut() -> Filled:
    rules = [{"match": "*", "init": "normal"}]
    plain = ours.init_model(nn.Linear(6, 10), seed=3, recipe=rules)
    for keeps in (True, False):
        model = FullyShardedDataParallel(nn.Linear(6, 10), use_orig_params=keeps, device_id="cpu")
        with pytest.raises(ValueError, match="`model` must have whole parameters or DTensors"):
            ours.init_model(model, seed=3, recipe=rules)
        with FullyShardedDataParallel.summon_full_params(model):
            ours.init_model(model, seed=3, recipe=rules)
            for one, other in zip(model.parameters(), plain.parameters(), strict=True):
                assert torch.equal(one, other)
    return
    yield
