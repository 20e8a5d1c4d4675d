"""What a recipe is made from: tensors, and what is known of them."""

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


def described(tensor: TensorSpec) -> str:
    """Shows a tensor in a message."""
    return f"tensor {show(tensor.name)} of shape {list(tensor.shape)} and type {tensor.dtype}"
