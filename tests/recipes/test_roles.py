"""What names tell: the role of a layer in its block, by the names of several frameworks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fastinit.recipes import roles

if TYPE_CHECKING:
    from collections.abc import Callable

# The roles of each name; what it is called where, see `reference_models.toml`.
NAMES = {
    "model.layers.0.self_attn.q_proj.weight": set(),
    "model.layers.0.self_attn.v_proj.weight": {"value"},
    "model.layers.0.self_attn.o_proj.weight": {"attention_output"},
    "model.layers.0.self_attn.qkv_proj.weight": {"fused_attention"},
    "model.layers.0.self_attn.kv_b_proj.weight": {"fused_attention"},
    "model.layers.0.mlp.gate_proj.weight": {"feed_forward"},
    "model.layers.0.mlp.gate_up_proj.weight": {"feed_forward"},
    "model.layers.0.mlp.down_proj.weight": {"feed_forward", "feed_forward_output"},
    "model.layers.0.mlp.gate.weight": {"router", "expert"},
    "model.layers.0.mlp.shared_expert_gate.weight": set(),
    "model.layers.0.mlp.experts.down_proj": {"feed_forward", "feed_forward_output", "expert"},
    "model.layers.0.block_sparse_moe.experts.1.w1.weight": {"feed_forward", "expert"},
    "model.layers.0.mlp.shared_experts.gate_proj.weight": {"feed_forward"},
    "layers.0.attention.wo.weight": {"attention_output"},
    "layers.0.moe.routed_experts.inner_experts.w2_EDF": {"feed_forward", "feed_forward_output", "expert"},
    "layers.0.moe.routed_experts.inner_experts.w3_EFD": {"feed_forward", "expert"},
    "layers.0.moe.router.gate.weight": {"router", "expert"},
    "transformer.blocks.0.attn_out.weight": {"attention_output"},
    "transformer.blocks.0.ff_out.weight": {"feed_forward", "feed_forward_output"},
    "blocks.0.down.weight": {"feed_forward", "feed_forward_output"},
    "blocks.0.mlp_out.weight": {"feed_forward", "feed_forward_output"},
    "h.0.attn.c_attn.weight": {"fused_attention"},
    "h.0.attn.c_proj.weight": {"attention_output"},
    "h.0.mlp.c_fc.weight": {"feed_forward"},
    "h.0.mlp.c_proj.weight": {"feed_forward", "feed_forward_output"},
    "decoder.layers.0.self_attention.linear_qkv.weight": {"fused_attention"},
    "decoder.layers.0.self_attention.linear_proj.weight": {"attention_output"},
    "decoder.layers.0.mlp.linear_fc2.weight": {"feed_forward", "feed_forward_output"},
    "encoder.layer.0.attention.attention.value.weight": {"value"},
    "encoder.layer.0.attention.output.dense.weight": {"attention_output"},
    "encoder.layer.0.intermediate.dense.weight": {"feed_forward"},
    "encoder.layer.0.output.dense.weight": {"feed_forward", "feed_forward_output"},
    "block.0.layer.1.DenseReluDense.wo.weight": {"feed_forward", "feed_forward_output"},
    "block.0.layer.0.SelfAttention.wo.weight": {"attention_output"},
    "transformer.wpe.weight": {"position"},
    "embeddings.position_embeddings.weight": {"position"},
    "pos_embed": {"position"},
    "pos_embed.proj.weight": set(),
    "wte.weight": set(),
}
ROLES: dict[str, Callable[[str], bool]] = {
    "value": roles.is_value,
    "attention_output": roles.is_attention_output,
    "fused_attention": roles.is_fused_attention,
    "feed_forward": roles.is_feed_forward,
    "feed_forward_output": roles.is_feed_forward_output,
    "router": roles.is_router,
    "expert": roles.is_expert,
    "position": roles.is_position,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_is_known_by_the_names_of_its_framework(name: str) -> None:
    assert {role for role, has in ROLES.items() if has(name)} == NAMES[name]


def test_the_final_output_is_outside_of_layers() -> None:
    assert all(map(roles.is_final_output, ("lm_head.weight", "output.weight", "output_layer.weight")))
    assert not roles.is_final_output("encoder.layer.0.output.weight")
