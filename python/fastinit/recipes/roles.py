"""The role of a tensor, judged by its name (norm, bias, embedding, projection), and the number of its layer.

The names are those that transformers, timm, torchtitan, Megatron, nanoGPT, the original Llama and OLMo-core use. A
component is the text between two dots; the leaf is the last component.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NORM = re.compile(r"norm|^(?:ln|bn)(?:_|\d|$)", re.IGNORECASE)
_ONES = ("weight", "gamma", "scale", "running_var")
_ZEROS = ("bias", "beta", "running_mean", "num_batches_tracked")
_EMBEDDINGS = ("wte", "wpe", "shared")
_POSITIONS = (
    "wpe",
    "pos_emb",
    "pos_embed",
    "pos_embedding",
    "position_embedding",
    "position_embeddings",
    "positional_embedding",
    "embed_positions",
)
_OUTPUTS = ("lm_head", "embed_out", "output", "output_layer", "w_out")
_ROUTERS = ("router", "gate")
_QUANTISATION = frozenset(("scale", "scales", "zero", "zeros", "biases", "absmax"))
_STATE_DECAYS = ("A_log", "A_logs")  # of state-space models: the logarithms of 1, 2, 3, ...

# The last linear layer of an attention block, which adds to the residual stream.
ATTENTION_OUTPUTS = ("o_proj", "out_proj", "attn_out", "wo", "w_o", "linear_proj")
# The linear layer that makes the values.
VALUES = ("v_proj", "value", "wv", "w_v", "c_v")
# Values together with keys or queries in one tensor.
FUSED_ATTENTION = (
    "c_attn",
    "query_key_value",
    "qkv",
    "qkv_proj",
    "Wqkv",
    "wqkv",
    "linear_qkv",
    "att_proj",
    "in_proj_weight",
    "kv_proj",
    "kv_b_proj",
    "wkv_b",
)
# The last linear layer of a feed-forward block.
FEED_FORWARD_OUTPUTS = (
    "down_proj",
    "down",
    "w2",
    "fc2",
    "fc_out",
    "ff_out",
    "mlp_out",
    "dense_4h_to_h",
    "linear2",
    "linear_fc2",
    "output_linear",
    "w2_EDF",
    "mlp2_weight_EDF",
)
# The first linear layer of a feed-forward block, or its gate.
FEED_FORWARD_INPUTS = (
    "gate_proj",
    "w1",
    "w1_EFD",
    "wi",
    "wi_0",
    "fc1",
    "fc_in",
    "c_fc",
    "dense_h_to_4h",
    "linear1",
    "linear_fc1",
)
# The linear layer that a gate multiplies.
FEED_FORWARD_UPS = ("up_proj", "w3", "w3_EFD", "wi_1")
# Several layers in one tensor, of which only some are feed-forward ups.
FUSED_UPS = ("gate_up_proj", "input_linear", "w13", "mlp1_weight_EGD")


def components(name: str) -> list[str]:
    """The components of the module that a tensor belongs to, or of the tensor itself if its leaf is not a weight."""
    parts = name.split(".")
    return parts[:-1] if parts[-1] in ("weight", "bias") and len(parts) > 1 else parts


def norm_value(name: str) -> float | None:
    """The start value of a norm's tensor, 0 or 1; None for any other tensor."""
    *modules, leaf = name.split(".")
    if leaf == "num_batches_tracked":
        return 0.0
    if modules and _NORM.search(modules[-1]):
        return 1.0 if leaf in _ONES else 0.0 if leaf in _ZEROS else None
    return None


def is_bias(name: str) -> bool:
    """Whether a tensor is added to activations."""
    leaf = name.rpartition(".")[2]
    return leaf == "bias" or leaf.endswith("_bias")


def is_quantisation(name: str) -> bool:
    """Whether a tensor holds scales or zero points of quantised weights, in any library's naming.

    `scale`, `scales`, `zero`, `zeros` as words of the leaf (weight_scale_inv, weight_scale_2, scale_weight,
    gate_up_proj_scales), `biases` (MLX's zero points), `absmax`.
    """
    words = name.rpartition(".")[2].lower().split("_")
    return not _QUANTISATION.isdisjoint(words)


def is_embedding(name: str) -> bool:
    """Whether a tensor is a table of embeddings."""
    last = components(name)[-1]
    return last in _EMBEDDINGS or ("embed" in last and last not in _OUTPUTS)


def is_state_decay(name: str) -> bool:
    """Whether a tensor holds the decay rates of a state-space model, such as Mamba's A_log."""
    return name.rpartition(".")[2] in _STATE_DECAYS


def is_final_output(name: str) -> bool:
    """Whether a tensor is the linear layer from the residual stream to the vocabulary."""
    return components(name)[-1] in _OUTPUTS and layer(name) is None


def is_residual_output(name: str) -> bool:
    """Whether a tensor is the last linear layer of a block, which adds to the residual stream.

    By the component: one of ATTENTION_OUTPUTS or FEED_FORWARD_OUTPUTS; c_proj; and dense or proj after a
    component with "attention", "attn", "mlp" or that is "output".
    """
    parts = components(name)
    last, parent = parts[-1], parts[-2] if len(parts) > 1 else ""
    if layer(name) is None:
        return False
    if last in ("dense", "proj"):
        return parent == "output" or any(part in parent for part in ("attention", "attn", "mlp"))
    return last in (*ATTENTION_OUTPUTS, *FEED_FORWARD_OUTPUTS, "c_proj")


def is_attention_output(name: str) -> bool:
    """Whether a tensor is the last linear layer of an attention block."""
    parts = components(name)
    in_attention = any("attn" in part or "attention" in part for part in map(str.lower, parts))
    return is_residual_output(name) and (in_attention or parts[-1] in ("o_proj", "out_proj", "w_o"))


def is_feed_forward_output(name: str) -> bool:
    """Whether a tensor is the last linear layer of a feed-forward block or of an expert."""
    return is_residual_output(name) and not is_attention_output(name)


def is_feed_forward(name: str) -> bool:
    """Whether a tensor is any linear layer of a feed-forward block."""
    *_, parent, last = ["", *components(name)]
    inner = (*FEED_FORWARD_INPUTS, *FEED_FORWARD_UPS, *FUSED_UPS)
    return last in inner or (parent, last) == ("intermediate", "dense") or is_feed_forward_output(name)


def is_value(name: str) -> bool:
    """Whether a tensor is the linear layer of the values of an attention block."""
    return components(name)[-1] in VALUES


def is_fused_attention(name: str) -> bool:
    """Whether a tensor holds the layers of the values and of keys or queries."""
    return components(name)[-1] in FUSED_ATTENTION


def is_position(name: str) -> bool:
    """Whether a tensor is a table of positions."""
    return components(name)[-1] in _POSITIONS


def is_router(name: str) -> bool:
    """Whether a tensor is the linear layer that routes to the experts of a mixture."""
    parts = components(name)
    return parts[-1] in _ROUTERS and layer(name) is not None and not any("shared" in part for part in parts)


def is_expert(name: str) -> bool:
    """Whether a tensor belongs to the routed experts of a mixture, or routes to them."""
    parts = components(name)
    if any("shared" in part for part in parts):
        return False
    return any(part.endswith("experts") for part in parts) or is_router(name)


def is_feed_forward_up(name: str) -> bool:
    """Whether a tensor is the linear layer of a feed-forward block that the gate multiplies."""
    return components(name)[-1] in FEED_FORWARD_UPS


def is_fused_up(name: str) -> bool:
    """Whether a tensor holds the gate and the up layer of a feed-forward block."""
    return components(name)[-1] in FUSED_UPS


def layer(name: str) -> int | None:
    """The number of a tensor's layer: the first component that is a number."""
    found = _stack(name)
    return None if found is None else found[1]


def count_layers(names: Iterable[str]) -> dict[str, int]:
    """Counts the layers of each stack. A stack is named by the text before the layers' numbers."""
    stacks: defaultdict[str, set[int]] = defaultdict(set)
    for name in names:
        found = _stack(name)
        if found is not None:
            stacks[found[0]].add(found[1])
    return {stack: len(numbers) for stack, numbers in stacks.items()}


def stack(name: str) -> str:
    """The text before the number of a tensor's layer; empty if the tensor is in no layer."""
    found = _stack(name)
    return "" if found is None else found[0]


def _stack(name: str) -> tuple[str, int] | None:
    before: list[str] = []
    for part in name.split("."):
        if part.isascii() and part.isdecimal() and len(part) <= 9:
            return ".".join(before), int(part)
        before.append(part)
    return None
