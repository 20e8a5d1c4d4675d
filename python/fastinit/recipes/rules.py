"""Rules of a recipe: which tensors, which initializer, which parameters."""

from __future__ import annotations

import functools
import inspect
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fastinit import initializers
from fastinit.errors import RecipeError, show
from fastinit.formulas import FIXED, FORMULAS
from fastinit.recipes.expressions import Expression, read_expression
from fastinit.recipes.literals import KEY, LITERAL
from fastinit.recipes.patterns import captures_of, check_pattern
from fastinit.recipes.slices import Slice, read_slice
from fastinit.recipes.toml import choice, is_int, no_unknown
from fastinit.recipes.transforms import Transform, expressions_of, read_transform, written_transform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RULE_EXAMPLE = 'at least one rule such as: [[rule]] match = "*" init = "normal" std = 0.02'

FAN_OPTIONS = ("layout", "in_axis", "out_axis", "batch_axis")
_OWN_KEYS = ("match", "init", "padding_idx", "slice", "transform")  # all other keys are the initializer's
_OF_A_TENSOR = frozenset(("layers", "fan_in", "fan_out", "numel", "shape"))  # names with a fixed meaning in expressions
_MAX_SHOWN = 200  # characters of a pattern in messages
_MAX_PATTERNS = 100_000


@dataclass(frozen=True, slots=True)
class Rule:
    """How to initialise the tensors whose names match.

    Attributes:
        number: Counts from 1 in the recipe.
        match: Patterns; one match is enough. See `fastinit.recipes.patterns`.
        padding_idx: The row of each tensor that is set to zero.
        expressions: The parameters that are expressions, by name.
        slice: The part of each tensor that the rule is for; None for the whole.
        transform: The steps that each draw goes through.
    """

    number: int
    match: tuple[str, ...]
    init: str
    parameters: Mapping[str, Any]
    padding_idx: int | None = None
    expressions: Mapping[str, Expression] = field(default_factory=dict)
    slice: Slice | None = None
    transform: Transform = ()

    def __str__(self) -> str:
        return f"rule {self.number} (match = {self.patterns})"

    @property
    def patterns(self) -> str:
        """The patterns as short text, for messages."""
        first = self.match[0]
        shown = f'"{first if len(first) <= _MAX_SHOWN else first[:_MAX_SHOWN] + "..."}"'
        more = len(self.match) - 1
        return f"{shown} and {more} more" if more else shown

    @property
    def call(self) -> str:
        """The initializer and its parameters, as a call: `normal(std=0.02)`."""
        return str(Call.of(self))


def read_rules(value: object) -> tuple[Rule, ...]:
    """Reads the [[rule]] tables of a recipe. The initializer itself checks its parameters, when a plan is made.

    Raises:
        RecipeError: A table is not a rule.
    """
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise RecipeError(f"`rule` must be written as [[rule]] tables, got {show(value)}")
    lists = [entry["match"] for entry in value if isinstance(entry.get("match"), list)]
    patterns = len(value) - len(lists) + sum(map(len, lists))
    if patterns > _MAX_PATTERNS:
        raise RecipeError(
            f"the rules have {patterns} patterns together, and at most {_MAX_PATTERNS} are possible; "
            "use ranges such as {0..31} or *"
        )
    return tuple(_rule(number, entry) for number, entry in enumerate(value, 1))


def _rule(number: int, entry: dict[str, Any]) -> Rule:
    for key, example in (("match", '"*.bias"'), ("init", '"zeros"')):
        if key not in entry:
            raise RecipeError(f"rule {number}: `{key}` is missing; add a line such as: {key} = {example}")
    init, padding_idx = entry["init"], entry.get("padding_idx")
    try:
        match = _patterns(entry["match"])
    except RecipeError as error:
        raise RecipeError(f"rule {number}: {error}") from None
    parameters = {key: _frozen(v) for key, v in entry.items() if key not in _OWN_KEYS}
    rule = Rule(number, match, init, parameters, padding_idx)
    try:
        choice("init", init, (*FORMULAS, LITERAL))
        expressions = _expressions(init, parameters)
        transform = read_transform(entry.get("transform"))
        expressions |= expressions_of(transform)
        _check_parameters(init, parameters, names_fans(expressions))
        if padding_idx is not None and (not is_int(padding_idx) or not 0 <= padding_idx < 2**63):
            raise RecipeError(
                f"`padding_idx` must be the number of the row that is to be zero, such as 0, got {show(padding_idx)}"
            )
        slice_ = read_slice(entry.get("slice"))
        if slice_ is not None and padding_idx is not None:
            raise RecipeError("`padding_idx` is for whole tensors, and this rule has a `slice`; remove one of the two")
    except RecipeError as error:
        raise RecipeError(f"{rule}: {error}") from None
    return replace(rule, expressions=expressions, slice=slice_, transform=transform)


def _expressions(init: str, parameters: Mapping[str, Any]) -> dict[str, Expression]:
    """Reads the expressions: parameters that are text although they stand for numbers."""
    found = {}
    for key, value in parameters.items():
        if isinstance(value, str) and key in _numbers(init):
            try:
                found[key] = read_expression(value)
            except RecipeError as error:
                raise RecipeError(f"`{key}`: {error}") from None
    return found


@functools.cache
def _numbers(init: str) -> frozenset[str]:
    """The names of an initializer's parameters that are numbers."""
    annotations = {name: str(parameter.annotation) for name, parameter in _signature(init).items()}
    return frozenset(name for name, kind in annotations.items() if kind in ("float", "int", "float | None"))


def _patterns(value: object) -> tuple[str, ...]:
    patterns = value if isinstance(value, list) and value else [value]
    for pattern in patterns:
        taken = captures_of(check_pattern(pattern)) & _OF_A_TENSOR
        if taken:
            names = ", ".join(sorted(_OF_A_TENSOR))
            raise RecipeError(f"a name in a pattern's braces must not be one of {names}, got {show(min(taken))}")
    return tuple(patterns)


def names_fans(expressions: Mapping[str, Expression]) -> bool:
    """Whether expressions use fans, so that the rule may have a `layout` or axes."""
    return any(not expression.names.isdisjoint(("fan_in", "fan_out")) for expression in expressions.values())


def _check_parameters(init: str, parameters: Mapping[str, Any], has_fans: bool) -> None:
    for key, value in parameters.items():
        if isinstance(value, int) and value.bit_length() > 64:  # too long for a message
            raise RecipeError(f"`{show_key(key)}` must be a number of at most 64 bits, got more")
    known = (*parameter_names(init), *(FAN_OPTIONS if has_fans else ()))
    no_unknown(parameters, known, f"init {show(init)}")
    for key, parameter in _signature(init).items():
        if parameter.default is parameter.empty and key not in parameters:
            raise RecipeError(f"`{key}` is missing; init {show(init)} needs it")


def show_key(key: str) -> str:
    """Shows a key as `show` shows a value, without the quotes."""
    return show(key)[1:-1]


def parameter_names(init: str) -> tuple[str, ...]:
    """The names of the parameters that a rule with this initializer may give, except `padding_idx`."""
    return tuple(_signature(init))


@functools.cache
def _signature(init: str) -> dict[str, inspect.Parameter]:
    if init == LITERAL:
        return {KEY: inspect.Parameter(KEY, inspect.Parameter.KEYWORD_ONLY)}
    parameters = inspect.signature(FORMULAS[init]).parameters
    return {name: parameter for name, parameter in parameters.items() if name != "shape"}


def needs_layout(rule: Rule) -> bool:
    """Whether a rule takes fans and has neither a `layout` nor axes of its own."""
    names_axes = {"in_axis", "out_axis"} <= rule.parameters.keys()
    takes_fans = "layout" in parameter_names(rule.init) or names_fans(rule.expressions)
    return takes_fans and "layout" not in rule.parameters and not names_axes


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Call:
    """What a rule does, without its patterns.

    Attributes:
        parameters: Pairs of name and value.
        padding_idx: The row that is set to zero.
        transform: The steps that each draw goes through.
    """

    init: str
    parameters: tuple[tuple[str, Any], ...] = ()
    padding_idx: int | None = None
    transform: Transform = ()

    @classmethod
    def of(cls, rule: Rule) -> Call:
        """Returns what a rule does."""
        return cls(rule.init, tuple(rule.parameters.items()), rule.padding_idx, rule.transform)

    def __str__(self) -> str:
        """Writes it as in `normal(std=0.02)`."""
        padding = () if self.padding_idx is None else (("padding_idx", self.padding_idx),)
        given = ", ".join(f"{key}={value!r}" for key, value in (*self.parameters, *padding))
        steps = (f" -> {name}({', '.join(map(repr, numbers))})" for name, numbers in self.transform)
        return f"{self.init}({given}){''.join(steps)}"

    @property
    def is_random(self) -> bool:
        """Whether the values are drawn."""
        return self.init not in FIXED and self.init != LITERAL

    @property
    def is_by_element(self) -> bool:
        """Whether elements depend neither on each other nor on their place, so that a part resembles the whole."""
        return self.init in initializers.BY_NAME and self.padding_idx is None

    def table(self, match: Sequence[str]) -> dict[str, Any]:
        """The [[rule]] table of this call."""
        padding = {} if self.padding_idx is None else {"padding_idx": self.padding_idx}
        patterns = match[0] if len(match) == 1 else list(match)
        transform = {"transform": written_transform(self.transform)} if self.transform else {}
        return {"match": patterns, "init": self.init, **dict(self.parameters), **padding, **transform}


def constant(value: float) -> Call:
    """The call that fills with a value.

    >>> constant(1.0).init, constant(0.5).parameters
    ('ones', (('value', 0.5),))
    """
    if value == 1.0:
        return Call("ones")
    if value == 0.0 and math.copysign(1.0, value) > 0:
        return Call("zeros")
    return Call("constant", (("value", value),))


def literal(key: str) -> Call:
    """The call that takes literal values of the recipe."""
    return Call(LITERAL, ((KEY, key),))


def normal(std: float, mean: float = 0.0, padding_idx: int | None = None) -> Call:
    """The call that draws normals."""
    moments = (("mean", mean), ("std", std)) if mean else (("std", std),)
    return Call("normal", moments, padding_idx)
