"""Sets of rules with which a model can be drawn anew: their names and their forms."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fastinit import checks
from fastinit.errors import suggest
from fastinit.formulas import FORMULAS
from fastinit.recipes.presets import NAMES, preset_of
from fastinit.recipes.recipe import Recipe
from fastinit.recipes.rules import read_rules
from fastinit.sources.load import load_recipe
from fastinit.torch.model import init_model

if TYPE_CHECKING:
    import torch

    from fastinit.random import Seed

OWN = "own"


class Choice(NamedTuple):
    """A set of rules.

    Attributes:
        name: The name in results.
        recipe: A recipe or a list of rules.
        preset: The name of a preset or an initializer. If there is neither, it is the model's own rules.
    """

    name: str
    recipe: Any
    preset: str | None

    @property
    def is_own(self) -> bool:
        """Whether it is the model's own rules."""
        return self.recipe is None and self.preset is None

    def draw(self, model: torch.nn.Module, seed: Seed) -> None:
        """Draws a model anew, in place."""
        init_model(model, seed=seed, recipe=self.recipe, preset=self.preset)


def read_choices(rules: Any) -> tuple[Choice, ...]:
    """Reads several sets: a mapping of names and sets, or names that are sets by themselves.

    Raises:
        TypeError: `rules` is neither.
        ValueError: There are none, or one is not a set of rules.
    """
    rule, remedy = "be a mapping of names and rules, or a list of names", 'such as ["own", "he", "glorot"]'
    if isinstance(rules, (str, bytes)) or not isinstance(rules, Iterable):
        raise TypeError(checks.text("rules", rule, rules, remedy))
    named = dict(rules) if isinstance(rules, Mapping) else _by_themselves([*rules], rule, remedy)
    if not named:
        raise ValueError(checks.text("rules", rule, rules, remedy))
    return tuple(read_choice(str(name), value) for name, value in named.items())


def _by_themselves(names: list[Any], rule: str, remedy: str) -> dict[str, Any]:
    for name in names:
        if not isinstance(name, str):
            raise TypeError(checks.text("rules", rule, name, remedy))
    return dict.fromkeys(names)


def read_choice(name: str, value: Any = None, argument: str = "rules") -> Choice:
    """Reads one set of rules.

    Args:
        name: The name in results.
        value: "own", the name of a preset or of an initializer, a recipe or the path of one, or a list of rules. None:
            the name itself is one of these.
        argument: The name of the argument in errors.

    Raises:
        TypeError: It is none of these.
        ValueError: No preset or initializer has that name, or the rules are not valid.
    """
    value = name if value is None else value
    if isinstance(value, Recipe):
        return Choice(name, value, None)
    if isinstance(value, os.PathLike) or (isinstance(value, str) and _is_path(value)):
        return Choice(name, load_recipe(value), None)
    if isinstance(value, str):
        return Choice(name, None, _preset(value, argument))
    rule = f'be "{OWN}", the name of a preset or an initializer, a recipe, its path, or a list of rules'
    if isinstance(value, (bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(checks.text(argument, rule, value, 'such as [{"match": "*.weight", "init": "he_normal"}]'))
    listed = [*value]
    read_rules(listed)
    return Choice(name, listed, None)


def _is_path(text: str) -> bool:
    return text.endswith(".toml") or Path(text).name != text


def _preset(name: str, argument: str) -> str | None:
    if name == OWN:
        return None
    known = (OWN, *NAMES, *FORMULAS)
    if name not in known:
        rule, remedy = (
            f'be "{OWN}", a preset, an initializer, or the path of a recipe',
            "`fastinit presets` lists presets",
        )
        raise ValueError(checks.text(argument, rule, name, remedy) + suggest(name, known))
    preset_of(name)  # its error says which arguments are missing
    return name
