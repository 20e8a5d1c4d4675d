"""Makes small configurations of transformers, by cutting all sizes in a configuration to small numbers.

Nothing here has to be right for every type. Where a small configuration does not build, `levels` gives larger ones.
"""

from __future__ import annotations

import re
from typing import Any

Values = dict[Any, Any]
Sizes = tuple[tuple[str, int], ...]

MOST_LAYERS = 8
_LAYERS = 2
_TOKENS = 100  # special tokens have numbers below this, which is below the vocabulary's size
# The first pattern that is in a key says how large its number may be.
_WIDTHS: Sizes = (
    (r"group_vocab$", 500),
    (r"upsample_groups$", 64),
    (r"_(ids?|index|idx|ratios?|prob|rate|rates|theta|factor|scale|std|range|coefficient|cost|weight|kernel)$", 2**62),
    (r"_(strides?|kernel_sizes?|downsample|offset|period|interval|groups?|window|types?)$", 2**62),
    (r"vocab_size", 128),
    (r"(max|num|n)_(2d_|source_|target_|text_|temporal_)?positions?|max_seq_len|context_length", 128),
    (r"qk_(rope|nope)_head_dim", 8),
    (r"head_dim|d_head|d_kv|dim_head|head_size", 16),
    (r"rank", 16),
    (r"heads$|n_head$|num_head$|heads_per_layer$", 4),
    (r"intermediate|ffn|mlp_dim|d_ff$|feed_?forward|linear_units|n_inner|inner_dim|inner_size", 96),
    (r"hidden_size|hidden_dim|d_model|n_embd|emb(ed)?(ding)?_(dim|size)|width|condition_dim|codebook_dim", 64),
    (r"(proj|project|projection)_(dim|size)|output_dim|out_hidden_size|pooler_size|feature_size", 64),
    (r"codebook_size|num_embeddings", 64),
    (r"num_queries|num_query_tokens|latents|num_image_tokens", 16),
    (r"(n|num)_filters", 8),
)
_COUNTS: Sizes = (
    (r"(extract|adapter)_layers$|^index_topk$", 2**62),
    (r"kv_shared_layers$", 0),
    (r"experts_per_tok|top_?k|num_selected", 2),
    (r"^(num_|n_|moe_num_)?(local_|routed_)?experts$|num_experts$", 4),
    (r"layers?$", _LAYERS),
    (r"^depth$|num_blocks$|_depth$|num_stacks$", _LAYERS),
)
_CHANNELS = re.compile(r"block_out_channels$|block_channels$|block_dims$|hidden_dims$")
_KINDS = re.compile(r"(layer|indexer|block)_types?$|layers_block_type$")
_LAYER_COUNT = re.compile(r"^(num_hidden_layers|n_layers?|num_layers)$")
# Settings of single types that no rule gives: sizes that must fit each other, and settings without a default.
_OWN: dict[str, Values] = {
    **{name: {"prediction_length": 4} for name in ("autoformer", "informer", "time_series_transformer")},
    **{name: {"head_dim": 16} for name in ("hunyuan_v1_dense", "hunyuan_v1_moe", "hunyuan_vl_text", "ministral")},
    **{name: {"mamba_n_heads": 8, "mamba_d_head": 16} for name in ("bamba", "granitemoehybrid")},
    "falcon_h1": {"mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_ssm": 128},
    "mamba2": {"num_heads": 8},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "reformer": {"axial_pos_embds_dim": [32, 32]},
    "zamba": {"layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"], "num_hidden_layers": 4},
    "esm": {"vocab_size": 33, "pad_token_id": 1},
    "nemotron": {"num_key_value_heads": 2},
    "dory": {"n_input_layers": 1, "n_recurrent_layers": 2, "n_output_layers": 1, "num_hidden_layers": 4},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
}


def levels(values: Values) -> list[Values]:
    """The values of a configuration, smallest first: cut in width and depth, in depth alone, as they are."""
    return [shrunken(values, (*_WIDTHS, *_COUNTS)), shrunken(values, _COUNTS), values]


def shrunken(values: Values, sizes: Sizes) -> Values:
    """A copy of the values, in which numbers are cut if `sizes` knows their keys."""
    layers, before = _layers(values), _count(values)
    if values.get("stage_names"):
        values = _restaged(values, layers, before)
    found: Values = {}
    for key, value in values.items():
        if isinstance(value, dict):
            if key == "per_layer_config":
                value = {layer: inner for layer, inner in value.items() if int(layer) < layers}
            found[key] = shrunken(value, sizes)
        else:
            found[key] = _cut(str(key), value, values, sizes, layers, before)
    own = _OWN.get(values.get("model_type") or "", {})
    return {**found, **own}


def _cut(key: str, value: Any, values: Values, sizes: Sizes, layers: int, before: int) -> Any:
    if isinstance(value, list) and len(value) == before > 0 and all(isinstance(x, (int, float, str)) for x in value):
        return [_cut(key, inner, values, sizes, layers, 0) for inner in value[:layers]]
    if isinstance(value, list) and _CHANNELS.search(key) and sizes[0] in _WIDTHS:
        return [min(inner, 64) if isinstance(inner, int) else inner for inner in value]
    if key == "mrope_section" and sizes[0] in _WIDTHS:
        return [2, 3, 3]
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    if key.endswith(("_token_id", "_token_index")):
        return value % _TOKENS
    if _LAYER_COUNT.search(key):
        return min(value, layers)
    if key == "embed_dim" and isinstance(values.get("num_heads"), list) and sizes[0] in _WIDTHS:
        return 8 * values["num_heads"][0]
    for pattern, most in sizes:
        if re.search(pattern, key):
            grouped = "key_value_heads" in key and value < values.get("num_attention_heads", 0)
            return min(value, most // 2 if grouped else most)
    return value


def _count(values: Values) -> int:
    return next((v for k, v in values.items() if _LAYER_COUNT.search(str(k)) and isinstance(v, int)), 0)


def _layers(values: Values) -> int:
    """The number of layers that has one layer of every kind, and every feature of a backbone."""
    count = _count(values)
    if len(values.get("depths") or ()) == count > 0:
        return count
    kinds = next((v for k, v in values.items() if _KINDS.search(str(k)) and isinstance(v, list)), ())
    firsts = [kinds.index(kind) + 1 for kind in set(kinds)]
    features = len(values.get("out_features") or ()) if values.get("stage_names") else 0
    return min(max([_LAYERS, features, *firsts]), MOST_LAYERS)


def _restaged(values: Values, layers: int, before: int) -> Values:
    """Cuts the names of a backbone's stages to the number of layers, if each layer is a stage."""
    found = {key: value for key, value in values.items() if key not in ("stage_names", "out_indices")}
    if len(values["stage_names"]) == before + 1:
        count = max(1, min(layers, len(values.get("out_features") or ())))
        found["out_features"] = [f"stage{layer + 1}" for layer in range(layers - count, layers)]
    return found
