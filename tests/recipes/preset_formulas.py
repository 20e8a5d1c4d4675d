"""The standard deviation of a tensor by its name and shape, written from the source of each preset, not from its file.

What a source leaves alone has what a recipe gives it by names: norms and biases constants, matrices BASE.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Shape: TypeAlias = tuple[int, ...]
Formula: TypeAlias = Callable[[str, Shape], float]
_LAYERS = 3  # of the models of reference_models.toml, where nothing else is said
_WIDTH = 64
BASE = 0.02  # of matrices, by names alone
RANGE = 0.03  # config.initializer_range, as the recipes of the tests set it


def _layer(name: str) -> int:
    found = re.search(r"\.(\d+)\.", name)
    assert found is not None, name
    return int(found[1])


def _has(name: str, *parts: str) -> bool:
    return any(part in name for part in parts)


def _fans(shape: Shape) -> tuple[int, int]:
    """PyTorch's fan_in and fan_out: `torch.nn.init._calculate_fan_in_and_fan_out`."""
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def _uniform(bound: float) -> float:
    return bound / math.sqrt(3)


def _default_linear(shape: Shape) -> float:
    """PyTorch's reset_parameters: kaiming_uniform_ with a = sqrt(5), which is within 1 / sqrt(fan_in)."""
    return _uniform(math.sqrt(2 / (1 + 5)) * math.sqrt(3 / _fans(shape)[0]))


def _xavier(shape: Shape, gain: float = 1.0) -> float:
    return gain * math.sqrt(2 / sum(_fans(shape)))


def _cut_at_three(std: float) -> float:
    """The standard deviation of a normal that is truncated at three standard deviations."""
    density = math.exp(-4.5) / math.sqrt(2 * math.pi)
    return std * math.sqrt(1 - 2 * 3 * density / math.erf(3 / math.sqrt(2)))


def _is_fixed(name: str, shape: Shape) -> bool:
    return len(shape) < 2 or name.endswith("bias")


def _llama_depth(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    if "embed" in name:
        return 1.0
    if "lm_head" in name:
        return _cut_at_three(_WIDTH**-0.5)
    depth = _has(name, "o_proj", "up_proj", "down_proj")
    return _cut_at_three(RANGE / (2 * (_layer(name) + 1)) ** 0.5 if depth else RANGE)


def _gpt2(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    return RANGE / math.sqrt(2 * _LAYERS) if "c_proj" in name else BASE


def _nanogpt(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    return 0.02 / math.sqrt(2 * _LAYERS) if "c_proj" in name else 0.02


def _zero(name: str, shape: Shape) -> float:
    if "norm" in name:
        return 0.0
    if "embed" in name:
        return BASE
    outputs, inputs = shape
    if outputs > inputs:  # all elements are c or -c
        return float(2.0 ** (-(math.ceil(math.log2(outputs)) - 1) / 2))
    return math.sqrt((1 - 1 / inputs) / inputs)


def _he(name: str, shape: Shape) -> float:
    return 0.0 if _is_fixed(name, shape) else math.sqrt(2 / _fans(shape)[0])


def _glorot(name: str, shape: Shape) -> float:
    return 0.0 if _is_fixed(name, shape) else _xavier(shape)


def _lecun(name: str, shape: Shape) -> float:
    return 0.0 if _is_fixed(name, shape) else math.sqrt(1 / _fans(shape)[0])


def _torchtitan_llama3(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    if "embed" in name:
        return 1.0
    if "lm_head" in name:
        return _cut_at_three(shape[1] ** -0.5)
    depth = 0.02 / (2 * (_layer(name) + 1)) ** 0.5
    return depth if _has(name, "o_proj", "up_proj", "down_proj") else 0.02  # wo, w3, w2


def _torchtitan_deepseek_v3(name: str, shape: Shape) -> float:
    if "norm" in name:
        return 0.0
    if "tok_embeddings" in name:
        return 1.0
    if "lm_head" in name:
        return _cut_at_three(shape[1] ** -0.5)
    depth = 0.02 / (2 * (_layer(name) + 1)) ** 0.5
    return depth if _has(name, ".wo.", ".w2", ".w3", "router.gate") else 0.02


def _torchtitan_qwen3(name: str, shape: Shape) -> float:
    return 0.0 if _is_fixed(name, shape) else 0.02


def _torchtitan_qwen3_moe(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    return 0.02 / (2 * _LAYERS) ** 0.5 if _has(name, ".wo.", "w2") else 0.02


def _torchtitan_gpt_oss(name: str, shape: Shape) -> float:
    if "norm" in name or (name.endswith(".bias")):
        return 0.0
    if "embed" in name:
        return 0.02
    if "lm_head" in name:
        return _cut_at_three(shape[1] ** -0.5)
    return 0.02 / (2 * (_layer(name) + 1)) ** 0.5


def _megatron(name: str, shape: Shape, width_mult: float = 1.0) -> float:
    if _is_fixed(name, shape):
        return 0.0
    if _has(name, "word_embeddings", "output_layer"):
        return RANGE
    scaled = 1 / math.sqrt(2 * _LAYERS) if _has(name, "linear_proj", "linear_fc2") else 1.0
    return RANGE * scaled / math.sqrt(width_mult)


def _megatron_mup(name: str, shape: Shape) -> float:
    return _megatron(name, shape, _WIDTH / 256)


def _mup(name: str, shape: Shape) -> float:
    """Table 8: the variance is proportional to 1 / fan_in in hidden layers, and constant in input and output layers."""
    if _is_fixed(name, shape):
        return 0.0
    if _has(name, "embed", "lm_head", "output_layer", "router"):
        return RANGE
    return math.sqrt(RANGE**2 / (_WIDTH / 256))


def _spectral(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    if "embed" in name:
        return BASE
    fan_in, fan_out = _fans(shape)
    # A Gaussian matrix of entries sigma has a spectral norm of about sigma (sqrt(fan_in) + sqrt(fan_out)), which the
    # paper's parametrization 1 puts at the order of sqrt(fan_out / fan_in).
    return fan_in**-0.5 if fan_out >= fan_in else fan_out**0.5 / fan_in


def _u_mup(name: str, shape: Shape) -> float:
    return 0.0 if _is_fixed(name, shape) else 1.0


def _nanochat(name: str, shape: Shape) -> float:
    s = 3**0.5 * _WIDTH**-0.5
    if "lambda" in name:
        return 0.0
    assert len(shape) == 2
    by_part = {
        "wte": 0.8,
        "lm_head": 0.001,
        "c_proj": 0.0,
        "gate": 0.02 / math.sqrt(12),
        "c_fc": _uniform(0.4 * s),
    }
    return next((std for part, std in by_part.items() if part in name), _uniform(s))


def _small_init(name: str, shape: Shape) -> float:
    """Nguyen and Salazar: the Xavier std of a layer from d to 4 d."""
    return 0.0 if _is_fixed(name, shape) else math.sqrt(2 / (_WIDTH + 4 * _WIDTH))


def _wang_init(name: str, shape: Shape) -> float:
    if _has(name, "attention.dense.weight", "dense_4h_to_h.weight"):
        return 2 / _LAYERS / math.sqrt(_WIDTH)
    return _small_init(name, shape)


def _deepnorm(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    if "embed" in name:
        return BASE
    scaled = _has(name, "fc1", "fc2", "out_proj", "v_proj")
    return _xavier(shape) / (math.pow(8.0 * _LAYERS, 0.25) if scaled else 1.0)


def _t_fixup(name: str, shape: Shape) -> float:
    encoder_layers, decoder_layers = 4, 2
    if _is_fixed(name, shape):
        return 0.0
    if "embed_positions" in name:
        return BASE
    if _has(name, "shared", "embed_tokens"):
        layers = decoder_layers if name.startswith("decoder") else encoder_layers
        return shape[1] ** -0.5 * (9 * layers) ** (-1 / 4)
    scaled = _has(name, "fc1", "fc2", "out_proj", "v_proj")
    side = (9 * decoder_layers) ** (-1 / 4) if name.startswith("decoder") else 0.67 * encoder_layers ** (-1 / 4)
    return _xavier(shape, side if scaled else 1.0)


def _fixup(name: str, shape: Shape, branch: int = 2) -> float:
    """Rules 1 and 2 of the paper, for branches of `branch` layers in 4 blocks."""
    if _is_fixed(name, shape) or name.startswith("fc") or f".conv{branch}" in name:
        return 0.0
    he = math.sqrt(2 / _fans(shape)[1])
    return he * 4 ** (-1 / (2 * branch - 2)) if name.startswith("layer") and "downsample" not in name else he


def _fixup_bottleneck(name: str, shape: Shape) -> float:
    return _fixup(name, shape, branch=3)


def _spread(values: Callable[[np.ndarray], np.ndarray]) -> float:
    """The standard deviation of a function of numbers evenly spread over (0, 1)."""
    return float(values((np.arange(2**18) + 0.5) / 2**18).std())


def _inverse_softplus_of_steps(u: np.ndarray) -> np.ndarray:
    dt = np.exp(u * (math.log(0.1) - math.log(0.001)) + math.log(0.001)).clip(min=1e-4)
    return np.asarray(dt + np.log(-np.expm1(-dt)))


def _mamba(name: str, shape: Shape) -> float:
    if "norm" in name or name.endswith(".D"):
        return 0.0
    if "A_log" in name:
        return _spread(lambda u: np.log(1 + 15 * u))
    if "dt_bias" in name or "dt_proj.bias" in name:
        return _spread(_inverse_softplus_of_steps)
    if "embedding" in name:
        return 0.02
    if "conv1d.bias" in name:
        return _uniform(1 / math.sqrt(4))
    if "dt_proj" in name:
        return _uniform(shape[1] ** -0.5)  # dt_rank
    return _default_linear(shape) / (math.sqrt(_LAYERS) if "out_proj" in name else 1.0)


def _vit_timm(name: str, shape: Shape) -> float:
    if "cls_token" in name:
        return 1e-6
    if _is_fixed(name, shape):
        return 0.0
    return _default_linear(shape) if "patch_embed" in name else 0.02


def _vit_jax(name: str, shape: Shape) -> float:
    if name.startswith("head"):
        return 0.0
    if "mlp" in name and name.endswith("bias"):
        return 1e-6
    if _is_fixed(name, shape) or _has(name, "cls_token", "pos_embed"):
        return _vit_timm(name, shape)
    return _lecun(name, shape) if "patch_embed" in name else _xavier(shape)


def _vit_moco(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape) or _has(name, "cls_token", "pos_embed", "patch_embed"):
        return _vit_timm(name, shape)
    if "qkv" in name:
        return _uniform(math.sqrt(6.0 / float(shape[0] // 3 + shape[1])))
    return _xavier(shape)


def _dit(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape) or _has(name, "adaLN", "final_layer"):
        return 0.0
    if _has(name, "t_embedder", "y_embedder"):
        return 0.02
    return _xavier((shape[0], math.prod(shape[1:])))


def _siren(name: str, shape: Shape) -> float:
    if _is_fixed(name, shape):
        return 0.0
    return _uniform(1 / shape[1] if ".0." in name else math.sqrt(6 / shape[1]) / 30)


def _lora(name: str, shape: Shape) -> float:
    if "embedding" in name:
        return 1.0 if "_B" in name else 0.0
    return _default_linear(shape) if "lora_A" in name else 0.0


# The preset, the model that its own table is of, and the formula.
SOURCES: dict[str, tuple[str, Formula]] = {
    "llama-depth": ("llama", _llama_depth),
    "gpt2": ("gpt2", _gpt2),
    "zero": ("llama", _zero),
    "he": ("llama", _he),
    "glorot": ("llama", _glorot),
    "lecun": ("llama", _lecun),
    "torchtitan-llama3": ("llama", _torchtitan_llama3),
    "torchtitan-qwen3": ("llama", _torchtitan_qwen3),
    "torchtitan-qwen3-moe": ("moe", _torchtitan_qwen3_moe),
    "torchtitan-deepseek-v3": ("moe", _torchtitan_deepseek_v3),
    "torchtitan-gpt-oss": ("gpt-oss", _torchtitan_gpt_oss),
    "megatron": ("megatron", _megatron),
    "megatron-mup": ("megatron", _megatron_mup),
    "mup": ("megatron", _mup),
    "spectral": ("llama", _spectral),
    "u-mup": ("llama", _u_mup),
    "nanogpt": ("gpt2", _nanogpt),
    "nanochat": ("nanochat", _nanochat),
    "small-init": ("neox", _small_init),
    "wang-init": ("neox", _wang_init),
    "deepnorm": ("decoder", _deepnorm),
    "t-fixup": ("encoder-decoder", _t_fixup),
    "fixup": ("resnet", _fixup),
    "fixup-bottleneck": ("bottleneck", _fixup_bottleneck),
    "mamba": ("mamba", _mamba),
    "mamba2": ("mamba2", _mamba),
    "vit-timm": ("vit", _vit_timm),
    "vit-jax": ("vit", _vit_jax),
    "vit-moco": ("vit", _vit_moco),
    "dit": ("dit", _dit),
    "siren": ("siren", _siren),
    "lora": ("lora", _lora),
}
