"""Recipes: TOML text -> the tensors of a checkpoint and the rules that initialise them.

    seed = 42
    dtype = "bfloat16"
    layout = "torch"
    [tensors]
    "model.layers.{0..15}.self_attn.q_proj.weight" = [2048, 2048]
    [[rule]]
    match = "*"
    init = "normal"
    std = 0.02

A recipe is untrusted input: everything is checked here, and nothing is expanded before its size is
known. What a rule's parameters mean is checked by the initializer itself, when a plan is made.
"""

from __future__ import annotations

import hashlib
import inspect
import math
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastinit.checkpoint.errors import RecipeError, show, suggest
from fastinit.checkpoint.ranges import expand
from fastinit.dtypes import FLOATS
from fastinit.fans import LAYOUTS
from fastinit.initializers import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_TENSORS = 1_000_000
MAX_RECIPE_BYTES = 16 * 2**20
MAX_DIMENSIONS = 64  # as in NumPy

_KEYS = ("seed", "dtype", "layout", "tensors", "rule")
_EXAMPLES = {
    "seed": "a line such as: seed = 0",
    "dtype": 'a line such as: dtype = "bfloat16"',
    "tensors": 'a table such as: [tensors] "model.norm.weight" = [2048]',
    "rule": 'at least one rule such as: [[rule]] match = "*" init = "normal" std = 0.02',
}
# Initializers that are no distribution of independent elements: they need the whole matrix.
_WHOLE_TENSOR = ("orthogonal", "delta_orthogonal", "identity", "dirac", "sparse", "random_bits")


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor to make."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """How to initialise the tensors whose names match; `number` counts from 1 in the recipe."""

    number: int
    match: str
    init: str
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        return f'rule {self.number} (match = "{self.match}")'

    @property
    def call(self) -> str:
        """The initializer and its parameters, as a call: `normal(std=0.02)`."""
        return f"{self.init}({', '.join(f'{key}={v!r}' for key, v in self.parameters.items())})"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked recipe. `text` is what was read, to the byte; `source` names it in messages."""

    source: str
    text: str
    seed: int
    dtype: str
    layout: str | None
    tensors: tuple[TensorSpec, ...]
    rules: tuple[Rule, ...]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the recipe's text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Reads a recipe from a file.

    Raises:
        RecipeError: The file cannot be read, or is not a recipe.
    """
    source = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_RECIPE_BYTES + 1)
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {source}: {error.strerror}") from None
    try:
        return parse_recipe(content.decode(), source)
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{source}: a recipe must be UTF-8 text; {error.reason} at byte {error.start}"
        ) from None


def parse_recipe(text: str, source: str = "recipe") -> Recipe:
    """Checks the text of a recipe.

    Raises:
        RecipeError: The text is not a recipe.
    """
    try:
        return _parse(text, source)
    except RecipeError as error:
        raise RecipeError(f"{source}: {error}") from None


def _parse(text: str, source: str) -> Recipe:
    if len(text.encode()) > MAX_RECIPE_BYTES:
        raise RecipeError(
            f"a recipe must be at most {MAX_RECIPE_BYTES} bytes, got more; "
            "write numbered tensors as ranges such as {0..31}"
        )
    table = _toml(text)
    _no_unknown(table, _KEYS, "a recipe")
    for key in ("seed", "dtype", "tensors", "rule"):
        if key not in table:
            raise RecipeError(f"`{key}` is missing; add {_EXAMPLES[key]}")
    seed = table["seed"]
    if not _is_int(seed) or not 0 <= seed < 2**64:
        raise RecipeError(f"`seed` must be a whole number from 0 to 2**64 - 1, got {show(seed)}")
    dtype = _choice("dtype", table["dtype"], FLOATS)
    layout = None if "layout" not in table else _choice("layout", table["layout"], LAYOUTS)
    tensors = _tensors(table["tensors"], FLOATS[dtype].itemsize)
    rules = _rules(table["rule"])
    for rule in rules if layout is None else ():
        if "layout" in parameter_names(rule.init) and not _names_axes(rule):
            raise RecipeError(
                f"`layout` is missing, and {rule} takes fans; add the line "
                'layout = "torch" if shapes are (out, in, *kernel), '
                'or layout = "keras" if they are (*kernel, in, out)'
            )
    return Recipe(source, text, seed, dtype, layout, tensors, rules)


def _names_axes(rule: Rule) -> bool:
    """Whether a rule says by itself where its fans are."""
    return "layout" in rule.parameters or {"in_axis", "out_axis"} <= rule.parameters.keys()


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise RecipeError("not valid TOML: values are nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or a number with too many digits
        hint = "; a tensor or key is given twice" if "overwrite" in str(error) else ""
        raise RecipeError(f"not valid TOML: {error}{hint}") from None


def _tensors(table: object, item_bytes: int) -> tuple[TensorSpec, ...]:
    if not isinstance(table, dict):
        raise RecipeError(f"`tensors` must be a table of names and shapes, got {show(table)}")
    if not table:
        raise RecipeError(f"`tensors` must name at least one tensor; add {_EXAMPLES['tensors']}")
    origin: dict[str, str] = {}
    tensors: list[TensorSpec] = []
    total_bytes = 0
    for pattern, value in table.items():
        shape = _shape(pattern, value)
        count, names = expand(pattern)
        if len(tensors) + count > MAX_TENSORS:
            raise RecipeError(
                f"a recipe must name at most {MAX_TENSORS} tensors, got {len(tensors) + count} "
                f"with {show(pattern)}; shorten its ranges"
            )
        total_bytes += count * math.prod(shape) * item_bytes
        if total_bytes >= 2**63:
            raise RecipeError(
                "the tensors must take less than 2**63 bytes together, got more with "
                f"{show(pattern)} of shape {show(value)}; check the shape"
            )
        for name in names:
            if name in origin:
                raise RecipeError(
                    f"tensor {show(name)} must be given once, got it from {show(origin[name])} and "
                    f"from {show(pattern)}; remove one"
                )
            origin[name] = pattern
            tensors.append(TensorSpec(name, shape))
    return tuple(tensors)


def _shape(name: str, value: object) -> tuple[int, ...]:
    if isinstance(value, dict):
        raise RecipeError(
            f"the shape of tensor {show(name)} must be a list, got a table; "
            f'put a name with dots in quotes, as in "model.norm.weight" = [2048]'
        )
    if (
        not isinstance(value, list)
        or len(value) > MAX_DIMENSIONS
        or not all(_is_int(n) and 0 <= n < 2**63 for n in value)
    ):
        raise RecipeError(
            f"the shape of tensor {show(name)} must be a list of at most {MAX_DIMENSIONS} whole "
            f"numbers of at least 0, such as [2048, 512], got {show(value)}"
        )
    return tuple(value)


def _rules(value: object) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise RecipeError(f"`rule` must be written as [[rule]] tables, got {show(value)}")
    if not value:
        raise RecipeError(f"`rule` must not be empty; add {_EXAMPLES['rule']}")
    return tuple(_rule(number, entry) for number, entry in enumerate(value, 1))


def _rule(number: int, entry: dict[str, Any]) -> Rule:
    for key, example in (("match", '"*.bias"'), ("init", '"zeros"')):
        if key not in entry:
            raise RecipeError(
                f"rule {number}: `{key}` is missing; add a line such as: {key} = {example}"
            )
    match, init = entry["match"], entry["init"]
    if not isinstance(match, str) or not match or not match.isprintable():
        raise RecipeError(
            f"rule {number}: `match` must be a pattern of tensor names, "
            f'such as "*.bias", got {show(match)}'
        )
    parameters = {key: _frozen(v) for key, v in entry.items() if key not in ("match", "init")}
    rule = Rule(number, match, init, parameters)
    if init in _WHOLE_TENSOR:
        raise RecipeError(
            f"{rule}: init {show(init)} is not available in recipes yet; "
            f"use one of {', '.join(RULES)}"
        )
    try:
        _choice("init", init, RULES)
        for key, value in parameters.items():
            if isinstance(value, int) and value.bit_length() > 64:  # longer than messages can show
                raise RecipeError(f"`{key}` must be a number of at most 64 bits, got more")
        _no_unknown(parameters, parameter_names(init), f"init {show(init)}")
        for key, parameter in inspect.signature(RULES[init]).parameters.items():
            if key != "shape" and parameter.default is parameter.empty and key not in parameters:
                raise RecipeError(f"`{key}` is missing; init {show(init)} needs it")
    except RecipeError as error:
        raise RecipeError(f"{rule}: {error}") from None
    return rule


def parameter_names(init: str) -> tuple[str, ...]:
    """Names the parameters that a rule with this initializer may give."""
    return tuple(name for name in inspect.signature(RULES[init]).parameters if name != "shape")


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _choice(key: str, value: object, choices: Iterable[str]) -> str:
    allowed = tuple(choices)
    if not isinstance(value, str) or value not in allowed:
        raise RecipeError(
            f"`{key}` must be one of {', '.join(allowed)}, "
            f"got {show(value)}{suggest(value, allowed)}"
        )
    return value


def _no_unknown(table: Mapping[str, Any], known: tuple[str, ...], owner: str) -> None:
    for key in table:
        if key not in known:
            names = ", ".join(known) or "none"
            raise RecipeError(
                f"the keys of {owner} are {names}, got {show(key)}{suggest(key, known)}"
            )
