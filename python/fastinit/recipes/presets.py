"""Presets: rules by role or name, each a TOML file of the package. Adding one is adding a file.

    summary = "what it does, in a line"
    source = "the paper or the file that it comes from"
    [let]                       # constants; a recipe may set other values
    base_width = 256
    [[rule]]
    role = "residual_output"   # or a list; of `ROLES`
    init = "normal"
    std = "config.initializer_range / sqrt(2 * layers)"
    [reference]                # standard deviations for a small model, checked by the tests

Each tensor starts from its base: what the model itself does (see `recorder`), or, where only names are known, what
its name suggests (see `base_by_name`). Rules with a role change random tensors of two or more dimensions, and those
with the role `bias` random biases too; rules with `match`, patterns of names, change any tensor. Everything else
(norms, biases, buffers, a padding row of zeros) stays as it is. A rule with both `role` and `match` is for random
matrices to which both apply. A tensor takes the first rule that fits; `init = "own"` keeps its base, and
`refuse = "why"` says that the preset cannot treat it.

`config.NAME` is a number of the configuration. A line of `[let.config]` gives its value where there is none.
"""

from __future__ import annotations

import functools
import tomllib
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastinit import checks
from fastinit.errors import RecipeError, show, suggest
from fastinit.formulas import FORMULAS
from fastinit.recipes import roles
from fastinit.recipes.material import described
from fastinit.recipes.patterns import compile_pattern
from fastinit.recipes.rules import Call, needs_layout, parameter_names, read_rules
from fastinit.recipes.toml import choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fastinit.recipes.material import Tensor

DEFAULT_PRESET = "hf"
_FOLDER = Path(__file__).parents[1] / "presets"
NAMES = (DEFAULT_PRESET, *sorted({path.stem for path in _FOLDER.glob("*.toml")} - {DEFAULT_PRESET}))
_NAMES_PAGE = "https://fastinit.github.io/fastinit/presets.html#what-the-names-have-to-tell"
_SHOWN = 8  # names in a warning
_OWN = "own"  # the initializer of a rule that keeps the base


def _named(is_named: Callable[[str], bool]) -> Callable[[Tensor], bool]:
    return lambda tensor: is_named(tensor.spec.name)


def _is_random(tensor: Tensor) -> bool:
    return isinstance(tensor.base, Call) and tensor.base.is_random


def _in_layer(is_named: Callable[[str], bool]) -> Callable[[Tensor], bool]:
    return lambda tensor: roles.layer(tensor.spec.name) is not None and is_named(tensor.spec.name)


ROLES: dict[str, Callable[[Tensor], bool]] = {
    "embedding": lambda tensor: tensor.is_embedding,
    "position": _named(roles.is_position),
    "final_output": _named(roles.is_final_output),
    "first_layer": _named(lambda name: roles.layer(name) == 0),
    "residual_output": _in_layer(roles.is_residual_output),
    "attention_output": _in_layer(roles.is_attention_output),
    "feed_forward_output": _in_layer(roles.is_feed_forward_output),
    "value": _in_layer(roles.is_value),
    "fused_attention": _in_layer(roles.is_fused_attention),
    "feed_forward": _in_layer(roles.is_feed_forward),
    "feed_forward_up": _in_layer(roles.is_feed_forward_up),
    "fused_up": _in_layer(roles.is_fused_up),
    "router": _in_layer(roles.is_router),
    "expert": _in_layer(roles.is_expert),
    "bias": _named(roles.is_bias),
}
_OUTPUTS = {"residual_output", "attention_output", "feed_forward_output"}  # roles of the last layers of blocks


@dataclass(frozen=True, slots=True)
class PresetRule:
    """A rule of a preset.

    Attributes:
        roles: The tensor must have one of these roles; empty for any.
        match: One of these patterns must match its name; empty for any.
        call: What it draws, None to keep the base.
        refuse: Why such a tensor cannot be treated; empty if it can.
        takes_fans: Whether the call takes fans.
        names: The names in the expressions of the call.
    """

    roles: tuple[str, ...]
    match: tuple[str, ...]
    call: Call | None
    refuse: str
    takes_fans: bool
    names: frozenset[str] = frozenset()

    def fits(self, tensor: Tensor) -> bool:
        """Whether the rule is for this tensor."""
        if self.match and not any(compile_pattern(pattern).match(tensor.spec.name) for pattern in self.match):
            return False
        if self.match and not self.roles:
            return True
        is_random = _is_random(tensor) and (len(tensor.spec.shape) > 1 or "bias" in self.roles)
        return is_random and (not self.roles or any(ROLES[role](tensor) for role in self.roles))


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset.

    Attributes:
        name: Its name, or the initializer's.
        summary: What it does, in a line.
        source: Where it comes from.
        rules: A tensor takes the first that fits.
        constants: Its `[let]` table.
        reference: Names of a small model's tensors, and the standard deviations that they must get.
    """

    name: str
    summary: str
    source: str
    rules: tuple[PresetRule, ...]
    constants: Mapping[str, Any]
    reference: Mapping[str, Any]

    @property
    def takes_fans(self) -> bool:
        """Whether it needs the layout."""
        return any(rule.takes_fans for rule in self.rules)


@functools.cache
def read_preset(name: str) -> Preset:
    """Reads a preset of the package.

    Raises:
        RecipeError: There is no preset of this name.
    """
    choice("preset", name, NAMES)
    table = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    rules = tuple(map(_rule, table.get("rule", [])))
    return Preset(name, table["summary"], table["source"], rules, table.get("let", {}), table.get("reference", {}))


def preset_of(name: str) -> Preset:
    """Returns the preset of this name, or for an initializer's name, such as "he", one that draws all weights with it.

    Raises:
        RecipeError: There is no preset or initializer of this name, or the initializer needs arguments.
    """
    names = (*NAMES, *FORMULAS)
    if name not in names:
        rule = f"be one of {', '.join(map(repr, NAMES))}, or the name of an initializer"
        raise RecipeError(checks.text("preset", rule, name) + suggest(name, names))
    if name in NAMES:
        return read_preset(name)
    return Preset(name, f"{name} for all weights, embeddings included", "", (_rule({"init": name}),), {}, {})


def warn_of_unknown_names(preset: Preset, tensors: Sequence[Tensor], others: Iterable[str]) -> None:
    """Warns if a preset treats the last layers of blocks apart, and no name tells which they are.

    A layer with a single matrix, as in a plain sequence, is not a block.

    Args:
        preset: The preset.
        tensors: The tensors that the preset initialises.
        others: The names of the tensors that rules of a recipe initialise. The rules may be for last layers.

    Warns:
        UserWarning: No last layer of a block is known.
    """
    if _OUTPUTS.isdisjoint(role for rule in preset.rules for role in rule.roles):
        return
    if any(roles.layer(other) is not None for other in others):
        return
    blocks: dict[tuple[str, int | None], list[str]] = {}
    for tensor in tensors:
        own = tensor.spec.name
        layer = roles.layer(own)
        if layer is not None and len(tensor.spec.shape) > 1 and _is_random(tensor):
            if roles.is_residual_output(own):
                return
            blocks.setdefault((roles.stack(own), layer), []).append(own)
    block = next((names for names in blocks.values() if len(names) > 1), None)
    if block is not None:
        warnings.warn(
            f"preset {preset.name} has a rule for projections onto the residual stream, and knows none of them by its "
            f"name: not among {', '.join(map(show, block[:_SHOWN]))}; give them a rule of their own in a recipe, "
            f"see {_NAMES_PAGE}",
            UserWarning,
            stacklevel=2,
        )


def _rule(entry: dict[str, Any]) -> PresetRule:
    entry = dict(entry)
    role, match, refuse = entry.pop("role", []), entry.pop("match", []), entry.pop("refuse", "")
    wanted = tuple([role] if isinstance(role, str) else role)
    patterns = tuple([match] if isinstance(match, str) else match)
    assert all(each in ROLES for each in wanted), wanted
    if refuse or entry["init"] == _OWN:
        return PresetRule(wanted, patterns, None, refuse, takes_fans=False)
    (rule,) = read_rules([{"match": "*", **entry}])
    names = frozenset().union(*(expression.names for expression in rule.expressions.values()))
    return PresetRule(wanted, patterns, Call.of(rule), "", needs_layout(rule), names)


def call_of(preset: Preset, tensor: Tensor) -> Call:
    """Returns the call with which a preset initialises a tensor.

    Raises:
        RecipeError: The preset cannot treat this tensor.
    """
    base = tensor.base
    rule = next((rule for rule in preset.rules if rule.fits(tensor)), None)
    if rule is not None and rule.refuse:
        raise RecipeError(f"{described(tensor.spec)} {rule.refuse}")
    if rule is not None and rule.call is not None:
        if rule.takes_fans and tensor.fans is None:
            raise RecipeError(f"{described(tensor.spec)} has inputs and outputs on unknown axes")
        fans = tensor.fans if rule.takes_fans and tensor.fans else ()
        has_fans = not rule.names.isdisjoint(("fan_in", "fan_out"))
        if not has_fans and {key for key, _ in fans} - {*parameter_names(rule.call.init)}:
            raise RecipeError(
                f"{described(tensor.spec)} has inputs and outputs on axes that {rule.call.init} cannot use"
            )
        padding = None if isinstance(base, str) else base.padding_idx
        return replace(rule.call, parameters=(*rule.call.parameters, *fans), padding_idx=padding)
    if isinstance(base, str):
        raise RecipeError(base)
    return base
