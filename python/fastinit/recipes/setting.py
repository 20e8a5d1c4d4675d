"""The setting to which the rules of a recipe refer in addition to their tensor."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from fastinit.errors import RecipeError, show
from fastinit.fans import compute_fans
from fastinit.recipes import roles
from fastinit.recipes.expressions import read_expression, unknown
from fastinit.recipes.patterns import captured, captures_of
from fastinit.recipes.rules import FAN_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fastinit.recipes.expressions import Expression
    from fastinit.recipes.rules import Rule
    from fastinit.recipes.tensors import TensorSpec

OWN_NAMES = (
    "layer",
    "layers",
    "fan_in",
    "fan_out",
    "numel",
    "shape",
)  # the names that expressions may use for a tensor
_NONE: Mapping[str, Any] = MappingProxyType({})
_MAX_CONSTANTS = 1000


class Setting(NamedTuple):
    """The setting of rules.

    Attributes:
        layout: Which axes of a shape are fans: see `fastinit.compute_fans`. None if no rule needs it.
        constants: The names that `[let]` defines for expressions.
        literals: The literal values, by key.
        layers: The number of layers of each stack of layers; see `fastinit.recipes.roles`.
    """

    layout: str | None = None
    constants: Mapping[str, float] = _NONE
    literals: Mapping[str, NDArray[Any]] = _NONE
    layers: Mapping[str, int] = _NONE

    def numbers(
        self, tensor: TensorSpec, rule: Rule, match: str, expressions: Mapping[str, Expression] | None = None
    ) -> dict[str, float]:
        """Returns the numbers that a rule's expressions, or others such as a slice's, give for a tensor, by parameter.

        Raises:
            RecipeError: An expression names something that the tensor does not have, or gives no finite number.
        """
        names = captured(match, tensor.name) if captures_of(match) else {}

        def lookup(name: str, index: int | None) -> float:
            if (name == "shape") != (index is not None):
                raise LookupError("`shape` needs an index, as in shape[0], and no other name has one")
            if name in names:
                return names[name]
            return self.constants[name] if name in self.constants else self._own(tensor, rule, name, index)

        values = {}
        for key, expression in (rule.expressions if expressions is None else expressions).items():
            try:
                values[key] = expression.value(lookup)
            except RecipeError as error:
                raise RecipeError(f"tensor {show(tensor.name)}, {rule}: `{key}`: {error}") from None
        return values

    def _own(self, tensor: TensorSpec, rule: Rule, name: str, index: int | None) -> float:
        if name in ("layer", "layers"):
            layer = roles.layer(tensor.name)
            if layer is None:
                raise LookupError(
                    f"{show(tensor.name)} has no layer number; give it a rule of its own, or name the number "
                    "in the pattern, as in h.{layer}.*"
                )
            stack = roles.stack(tensor.name)
            if name == "layers" and stack not in self.layers:
                raise LookupError(f"{show(stack)} has unknown layers; define another name for their number in [let]")
            return layer if name == "layer" else self.layers[stack]
        if name in ("fan_in", "fan_out"):
            options = {key: rule.parameters[key] for key in FAN_OPTIONS if key in rule.parameters}
            given = {"layout": self.layout or "keras"}
            try:
                return compute_fans(tensor.shape, **{**given, **options})[name == "fan_out"]
            except (TypeError, ValueError) as error:
                raise LookupError(f"{show(tensor.name)} of shape {list(tensor.shape)} has no {name}: {error}") from None
        if name == "numel":
            return math.prod(tensor.shape)
        if name == "shape" and index is not None:
            if not -len(tensor.shape) <= index < len(tensor.shape):
                raise LookupError(f"{show(tensor.name)} of shape {list(tensor.shape)} has no axis {index}")
            return tensor.shape[index]
        remedy = "; define others in [let]"
        raise LookupError(unknown(name, (*OWN_NAMES, *self.constants), "the names are") + remedy)


def read_constants(table: object) -> dict[str, float]:
    """Reads a `[let]` table: names and numbers, or expressions in which earlier names may occur.

    A table inside it makes names with dots, such as `config.hidden_size`.

    Raises:
        RecipeError: A name or a value is not valid.
    """
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise RecipeError(f"`let` must be a table of names and numbers, such as [let] width = 2048, got {show(table)}")
    constants: dict[str, float] = {}
    _add_constants(constants, "", table)
    return constants


def _add_constants(constants: dict[str, float], prefix: str, table: dict[str, Any]) -> None:
    for key, value in table.items():
        name = prefix + key
        if isinstance(value, dict):
            _add_constants(constants, f"{name}.", value)
            continue
        if not all(part.isidentifier() and part.isascii() for part in name.split(".")) or name in OWN_NAMES:
            own = ", ".join(OWN_NAMES)
            rule = f"consist of letters, digits and _, and not be one of {own}"
            raise RecipeError(f"a name in [let] must {rule}, got {show(name)}")
        constants[name] = _constant(name, value, constants)
        if len(constants) > _MAX_CONSTANTS:
            raise RecipeError(f"[let] must have at most {_MAX_CONSTANTS} names, got more")


def _constant(name: str, value: object, known: dict[str, float]) -> float:
    def lookup(other: str, index: int | None) -> float:
        if index is not None or other not in known:
            what = "the names before it are" if known else "it is the first name"
            raise LookupError(unknown(other, known, what))
        return known[other]

    if isinstance(value, str):
        try:
            return read_expression(value).value(lookup)
        except RecipeError as error:
            raise RecipeError(f"[let] {name}: {error}") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 2**1000:
        raise RecipeError(f"[let] {name} must be a finite number or an expression, got {show(value)}")
    return float(value)
