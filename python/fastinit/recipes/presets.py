"""Presets: rules by name. Each starts from a tensor's base call and may draw random tensors otherwise.

The base is what the model itself does (see `recorder`), or what its name says where only names are
known (see `base_by_name`). A preset changes random tensors of two or more dimensions; norms, biases and
buffers stay as they are, and so does a padding row of zeros.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastinit.dtypes import INTEGERS
from fastinit.errors import RecipeError, show
from fastinit.recipes import roles
from fastinit.recipes.rules import Call, constant, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fastinit.recipes.tensors import TensorSpec

DEFAULT_PRESET = "hf"
DEFAULT_STD = 0.02  # of most models of transformers


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that a preset serves.

    Attributes:
        base: What it starts from, or why that cannot be said.
        fans: What a call that takes fans has to be told besides the recipe's layout; None if a tensor of
            this shape has no fans that are known.
        is_embedding: Whether it is a table of embeddings.
    """

    spec: TensorSpec
    base: Call | str
    fans: tuple[tuple[str, object], ...] | None
    is_embedding: bool


@dataclass(frozen=True, slots=True)
class Material:
    """Where a recipe is made from: tensors, and what is known of them.

    Attributes:
        origin: Names it in the recipe's first line.
        std: The configuration's `initializer_range`.
        layout: Of the shapes, if it is known.
        copies: Small files to lie beside the result.
        compute: Computes tensors whose base is no call, by their names and with a seed, as far as it can.
        number: Gives the number that a name such as `config.hidden_size` stands for, None if there is none.
        base_prefix: What the names begin with that a checkpoint of the model without its head has not.
    """

    origin: str
    tensors: tuple[Tensor, ...]
    std: float
    layout: str | None
    copies: Mapping[str, bytes]
    compute: Callable[[Sequence[str], int], Mapping[str, NDArray[Any]]] | None = None
    number: Callable[[str], float | None] = lambda _: None
    base_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """What presets have to know of all tensors together.

    Attributes:
        std: The configuration's `initializer_range`.
        layers: How many layers each stack of layers has; see `fastinit.recipes.roles`.
    """

    std: float
    layers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset.

    Attributes:
        summary: What it does, in a line.
        source: Where it is from.
        call: Gives the call of a tensor of two or more dimensions whose base is random.
        takes_fans: Whether it needs the layout.
    """

    summary: str
    source: str
    call: Callable[[Tensor, Model], Call]
    takes_fans: bool = False


def call_of(preset: Preset, tensor: Tensor, model: Model) -> Call:
    """The call with which a preset initialises a tensor.

    Raises:
        RecipeError: There is none.
    """
    if isinstance(tensor.base, str):
        raise RecipeError(tensor.base)
    if not tensor.base.is_random or len(tensor.spec.shape) < 2:
        return tensor.base
    return replace(preset.call(tensor, model), padding_idx=tensor.base.padding_idx)


def base_by_name(tensor: TensorSpec, std: float) -> Call | str:
    """What a tensor starts from, as far as its name tells: the preset `hf` where there is no model.

    Norms: weight ones, bias zeros, and of batch norms running_mean zeros, running_var ones,
    num_batches_tracked zeros. Biases: zeros. All else of two or more dimensions: normal. A padding row
    cannot be told from names, as not every embedding has one.
    """
    value = roles.norm_value(tensor.name)
    if value is None and roles.is_bias(tensor.name):
        value = 0.0
    if value is not None:
        return constant(value)
    is_other = roles.is_quantisation(tensor.name) or roles.is_state_decay(tensor.name)
    if tensor.dtype in INTEGERS or len(tensor.shape) < 2 or is_other:
        return f"{described(tensor)} is nothing that its name tells how to initialise"
    return normal(std)


def _hf(tensor: Tensor, _model: Model) -> Call:
    assert isinstance(tensor.base, Call)
    return tensor.base


def _gpt2(tensor: Tensor, model: Model) -> Call:
    if not roles.is_residual_output(tensor.spec.name):
        return _hf(tensor, model)
    # From the configuration's std, not the base's: a model may scale these layers by itself.
    return normal(model.std / math.sqrt(2 * model.layers[roles.stack(tensor.spec.name)]))


def _llama_depth(tensor: Tensor, model: Model) -> Call:
    name = tensor.spec.name
    if tensor.is_embedding:
        return normal(1.0)
    layer = roles.layer(name)
    std = model.std
    if roles.is_final_output(name):
        std = tensor.spec.shape[-1] ** -0.5 if tensor.spec.shape[-1] else std
    elif layer is not None and (
        roles.is_residual_output(name) or roles.is_feed_forward_up(name) or roles.is_expert(name)
    ):
        std /= math.sqrt(2 * (layer + 1))
    elif layer is not None and roles.is_fused_up(name):
        raise RecipeError(f"{described(tensor.spec)} holds layers that preset llama-depth treats differently")
    return Call("truncated_normal", (("std", std), ("lower", -3.0), ("upper", 3.0)))


def _by_fans(init: str) -> Callable[[Tensor, Model], Call]:
    def call(tensor: Tensor, _model: Model) -> Call:
        if tensor.fans is None:
            raise RecipeError(f"{described(tensor.spec)} has no axes that are known to be its inputs and outputs")
        return Call(init, tensor.fans)

    return call


def described(tensor: TensorSpec) -> str:
    return f"tensor {show(tensor.name)} of shape {list(tensor.shape)} and type {tensor.dtype}"


PRESETS: dict[str, Preset] = {
    "hf": Preset(
        "what the model's own code does; by names alone, normal with the config's initializer_range, "
        "zeros for biases, ones for norms",
        "transformers, PreTrainedModel._init_weights of each model",
        _hf,
    ),
    "gpt2": Preset(
        "hf, with the projections onto the residual stream divided by sqrt(2 layers)",
        "Radford et al., Language models are unsupervised multitask learners, 2019, section 2.3",
        _gpt2,
    ),
    "llama-depth": Preset(
        "embeddings normal with std 1; linear layers normal cut at 3 std with the config's "
        "initializer_range; of these attention outputs, feed-forward up and down, routers and experts "
        "divided by sqrt(2 (layer + 1)); the final output with std d_model**-0.5",
        "OLMo-core, InitMethod.llama_depth, src/olmo_core/nn/transformer/init.py",
        _llama_depth,
    ),
    "he": Preset(
        "he_normal for all weights, embeddings included (their fan_in is their width)",
        "He et al., Delving deep into rectifiers, ICCV 2015, equation 10",
        _by_fans("he_normal"),
        takes_fans=True,
    ),
    "glorot": Preset(
        "glorot_uniform for all weights, embeddings included",
        "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural "
        "networks, AISTATS 2010, equation 16",
        _by_fans("glorot_uniform"),
        takes_fans=True,
    ),
    "lecun": Preset(
        "lecun_normal for all weights, embeddings included",
        "LeCun, Bottou, Orr and Müller, Efficient backprop, 1998, section 4.6",
        _by_fans("lecun_normal"),
        takes_fans=True,
    ),
}
