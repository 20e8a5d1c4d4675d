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

In a recipe's file, `like` or `config` (with `set` and `unquantized`) may replace [tensors], and `preset` may replace
rules. They are then written out, so that a recipe's text always contains all that a plan depends on. A recipe is
untrusted input: everything is checked, and nothing is expanded before its size is known.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastinit import checks
from fastinit.dtypes import ALIASES, FLOATS, canonical
from fastinit.errors import RecipeError, show, show_path
from fastinit.fans import LAYOUTS
from fastinit.recipes.copies import read_copy
from fastinit.recipes.literals import LITERAL, read_hash
from fastinit.recipes.rules import RULE_EXAMPLE, Rule, needs_layout, read_rules
from fastinit.recipes.setting import Setting, read_constants
from fastinit.recipes.tensors import (
    DTYPE_EXAMPLE,
    TENSORS_EXAMPLE,
    TensorSpec,
    read_tensors,
)
from fastinit.recipes.toml import choice, is_int, no_unknown, read_toml, replace_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MAX_RECIPE_BYTES = 16 * 2**20

KEYS = ("seed", "dtype", "layout", "copy", "literals", "let", "tensors", "rule")
FILE_KEYS = ("like", "config", "set", "unquantized", "preset")
_EXAMPLES = {
    "seed": "a line such as: seed = 0",
    "dtype": DTYPE_EXAMPLE,
    "tensors": TENSORS_EXAMPLE,
    "rule": RULE_EXAMPLE,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked recipe.

    Attributes:
        source: Its name in messages.
        text: The text, which contains everything that a plan depends on: the file's own bytes, unless the file
            uses `like`, `config` or `preset`, or short names of element types, which are written out.
        dtype: The element type of tensors without their own; None if each has one.
        copies: Small files that go next to the result: name -> content.
        literals_sha256: The SHA-256 of the file of literal values, which is among the copies; None if there is none.
        literals: These values by the keys of rules; empty until the file has been read.
        constants: The names that `[let]` defines for expressions.
    """

    source: str
    text: str
    seed: int
    dtype: str | None
    layout: str | None
    tensors: tuple[TensorSpec, ...]
    rules: tuple[Rule, ...]
    copies: Mapping[str, bytes] = field(default_factory=dict)
    literals_sha256: str | None = None
    literals: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    constants: Mapping[str, float] = field(default_factory=dict)

    @property
    def setting(self) -> Setting:
        """The setting to which the rules refer."""
        return Setting(self.layout, self.constants, self.literals)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the recipe's text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def parse_recipe(text: str, source: str = "recipe") -> Recipe:
    """Checks the text of a recipe, which must be self-contained. No file that it names is read.

    Raises:
        RecipeError: The text is not a recipe.
    """
    checks.instance("text", text, str, "`load_recipe` reads a file")
    source = show_path(source)
    try:
        return read_recipe(text, source)
    except RecipeError as error:
        raise RecipeError(f"{source}: {error}") from None


def read_recipe(text: str, source: str) -> Recipe:
    """Like `parse_recipe`, but errors do not begin with `source`."""
    return recipe_of(read_table(text), text, source)


def read_table(text: str) -> dict[str, Any]:
    """Reads the text of a recipe's file, and checks its keys."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise RecipeError("a recipe must be valid UTF-8, got a surrogate character") from None
    if size > MAX_RECIPE_BYTES:
        raise RecipeError(
            f"a recipe must be at most {MAX_RECIPE_BYTES} bytes, got more; "
            "write numbered tensors as ranges such as {0..31}"
        )
    table = read_toml(text)
    no_unknown(table, KEYS + FILE_KEYS, "a recipe")
    return table


def recipe_of(table: Mapping[str, Any], text: str, source: str) -> Recipe:
    """Checks the entries of a self-contained recipe."""
    # Files hold the recipe's text, and "bf16" has to give the same files as "bfloat16".
    full = replace_texts(text, "dtype", ALIASES)
    if full != text:
        return read_recipe(full, source)
    for key in FILE_KEYS:
        if key in table:
            raise RecipeError(
                f"`{key}` works only in a recipe's file, and this text has to be self-contained; "
                "use load_recipe, or the output of: fastinit plan RECIPE --toml"
            )
    for key in ("seed", "tensors", "rule"):
        require(table, key)
    seed, dtype, layout = read_seed(table), read_dtype(table), read_layout(table)
    if dtype is None and not isinstance(table["tensors"], dict):
        require(table, "dtype")
    tensors = read_tensors(table["tensors"], dtype)
    rules = read_rules(table["rule"])
    read_copy(table)
    literals = read_hash(table.get("literals"))
    if literals is None and any(rule.init == LITERAL for rule in rules):
        raise RecipeError(
            f"`literals` is missing, and a rule has init = {LITERAL!r}; add the SHA-256 of the file of literal values"
        )
    if not rules:
        raise RecipeError(f"`rule` must not be empty; add {RULE_EXAMPLE}")
    for rule in rules if layout is None else ():
        if needs_layout(rule):
            raise RecipeError(f"`layout` is missing, and {rule} takes fans; {LAYOUT_REMEDY}")
    constants = read_constants(table.get("let"))
    return Recipe(source, text, seed, dtype, layout, tensors, rules, literals_sha256=literals, constants=constants)


LAYOUT_REMEDY = (
    'add the line layout = "torch" if shapes are (out, in, *kernel), or layout = "keras" if they are (*kernel, in, out)'
)


def require(table: Mapping[str, Any], key: str) -> None:
    """Checks that a recipe has a key."""
    if key not in table:
        raise RecipeError(f"`{key}` is missing; add {_EXAMPLES[key]}")


def read_seed(table: Mapping[str, Any]) -> int:
    """Reads the seed."""
    seed = table["seed"]
    if not is_int(seed) or not 0 <= seed < 2**64:
        raise RecipeError(f"`seed` must be a whole number from 0 to 2**64 - 1, got {show(seed)}")
    return int(seed)


def read_dtype(table: Mapping[str, Any]) -> str | None:
    """Reads the element type, None if there is none."""
    return None if table.get("dtype") is None else choice("dtype", canonical(table["dtype"]), FLOATS)


def read_layout(table: Mapping[str, Any]) -> str | None:
    """Reads the layout, None if there is none."""
    return None if table.get("layout") is None else choice("layout", table["layout"], LAYOUTS)
