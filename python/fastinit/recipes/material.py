"""The tensors that a recipe is made for, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastinit.dtypes import INTEGERS
from fastinit.errors import show
from fastinit.recipes import roles
from fastinit.recipes.rules import Call, constant, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fastinit.recipes.tensors import TensorSpec

DEFAULT_STD = 0.02  # most of transformers' models have it


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that a preset is applied to.

    Attributes:
        base: The call that gives its start value without a preset, or a text that says why there is none.
        fans: What a call that takes fans needs as well as the recipe's layout; None if the fans are unknown.
        is_embedding: Whether it is a table of embeddings.
    """

    spec: TensorSpec
    base: Call | str
    fans: tuple[tuple[str, object], ...] | None
    is_embedding: bool


@dataclass(frozen=True, slots=True)
class Material:
    """The tensors that a recipe is made for, and what is known of them.

    Attributes:
        origin: What the tensors come from, for the recipe's first line.
        std: The configuration's `initializer_range`.
        layout: The layout of the shapes, if it is known.
        copies: Small files that go next to the result.
        compute: Computes tensors whose base is not a call, by their names and with a seed, as far as it can.
        number: Gives the number that a name such as `config.hidden_size` stands for; None if there is none.
        base_prefix: The prefix of names that a checkpoint of the model without its head leaves out.
    """

    origin: str
    tensors: tuple[Tensor, ...]
    std: float
    layout: str | None
    copies: Mapping[str, bytes]
    compute: Callable[[Sequence[str], int], Mapping[str, NDArray[Any]]] | None = None
    number: Callable[[str], float | None] = lambda _: None
    base_prefix: str = ""


def base_by_name(tensor: TensorSpec, std: float) -> Call | str:
    """How to start a tensor if only its name is known: the preset `hf` without a model.

    Norms: weight ones, bias zeros, and of batch norms running_mean zeros, running_var ones,
    num_batches_tracked zeros. Biases: zeros. All others with two or more dimensions: normal. Names do not show a
    padding row, as not every embedding has one.
    """
    value = roles.norm_value(tensor.name)
    if value is None and roles.is_bias(tensor.name):
        value = 0.0
    if value is not None:
        return constant(value)
    is_other = roles.is_quantisation(tensor.name) or roles.is_state_decay(tensor.name)
    if tensor.dtype in INTEGERS or len(tensor.shape) < 2 or is_other:
        return f"{described(tensor)} has a name that does not tell how to initialise it"
    return normal(std)


def described(tensor: TensorSpec) -> str:
    """Shows a tensor in a message."""
    return f"tensor {show(tensor.name)} of shape {list(tensor.shape)} and type {tensor.dtype}"
