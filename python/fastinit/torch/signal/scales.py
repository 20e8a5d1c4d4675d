"""The scales of a model's weights: the rule that draws each, and a draw of the whole model with other scales."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastinit import checks
from fastinit.errors import RecipeError
from fastinit.recipes.assign import Matcher
from fastinit.recipes.contents import content_of, plan_tensors
from fastinit.recipes.patterns import check_pattern, compile_pattern
from fastinit.recipes.roles import count_layers
from fastinit.recipes.rules import Call, parameter_names, read_rules
from fastinit.recipes.scaling import scaled
from fastinit.recipes.setting import Setting
from fastinit.recipes.tensors import TensorSpec
from fastinit.sources.huggingface import fans_of
from fastinit.torch.model import init_model
from fastinit.torch.report import kept, report
from fastinit.torch.signal.choices import read_choice
from fastinit.torch.signal.layers import fan_in_of, layers_of
from fastinit.torch.state import targets_of
from fastinit.torch.stored_names import entries_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from fastinit.distributions import Distribution
    from fastinit.random import Seed
    from fastinit.recipes.recipe import Recipe
    from fastinit.torch.model import Rules
    from fastinit.torch.signal.layers import Layer

STARTS = ("orthogonal", "normal")  # initializers for layers that replace their own rules


class Scales:
    """Draws a model, and draws it again with other scales for the weights of its layers.

    Args:
        model: The model to draw.

        seed: The seed of all draws.
        init: One of `STARTS` for the weights of layers, or rules for the whole model: see `calibrate`.
        patterns: Patterns of the names of weights whose scales may change.

    Attributes:
        layers: The layers with these weights, in the model's order.
        kept: The reasons why other weights keep their rules, by name.
        seed: The seed of all draws.
        recipe: The recipe that draws the model as it is.

    Raises:
        ValueError: No weight of a layer matches a pattern.
    """

    def __init__(self, model: torch.nn.Module, seed: Seed, init: Rules | str, patterns: Sequence[str]) -> None:
        self._model = model
        _draw(model, seed, init)
        self._report = report(model)
        self.seed = self._report.seed
        targets = targets_of(model)
        whole = {entry.target.name for entry in entries_of(model, targets) if entry.inset is None}
        self._rows = {row.name: row for row in self._report.rows if row.name in whole and len(row.shape) > 1}
        matrices = [target for target in targets if target.is_parameter and target.name in self._rows]
        found, self.kept = layers_of(model, matrices)
        self._first: dict[str, tuple[Call, Distribution]] = {}
        self._factors: dict[str, float] = {}
        for layer in found:
            self._start(layer, init)
        self.layers = _chosen([layer for layer in found if layer.weight in self._first], patterns)
        chosen = {layer.weight: None for layer in self.layers}
        self._first = {name: self._first[name] for name in chosen}
        self._factors = dict.fromkeys(chosen, 1.0)
        self.names = tuple(name for name in self._rows if name in chosen or name in self.kept)
        self.recipe = self._with_scales()
        self.draw()  # so that the recipe has drawn the weights that are measured

    def _start(self, layer: Layer, init: Rules | str) -> None:
        """Notes the first rule of a layer's weight, or the reason why its scale cannot change."""
        row = self._rows[layer.weight]
        if isinstance(row.call, str):
            self.kept[row.name] = row.call
            return
        call = row.call
        spec = TensorSpec(row.name, row.shape, row.dtype)
        fans = fans_of(layer.module, spec) or ()
        if init in STARTS and call.is_random:
            own = (("std", fan_in_of(layer.module) ** -0.5),) if init == "normal" else ()
            call = Call(str(init), (*own, *(pair for pair in fans if pair[0] in parameter_names(str(init)))))
        (rule,) = read_rules([call.table(["*"])])
        distribution = content_of(spec, rule, "*", Setting("torch")).distribution
        try:
            scaled(call, distribution, 1.0)
        except RecipeError:
            self.kept[row.name] = f"its rule, {call}, draws nothing that has a scale"
            return
        if distribution.std > 0:
            self._first[row.name] = (call, distribution)
        else:
            self.kept[row.name] = "its rule has std 0"

    def call(self, name: str) -> Call | str:
        """The rule that draws a weight."""
        if name not in self._first:
            return self._rows[name].call
        call, distribution = self._first[name]
        factor = self._factors[name]
        return call if factor == 1.0 else scaled(call, distribution, factor)

    def std_before(self, name: str) -> float:
        """The standard deviation that a weight's first rule gives; NaN for a computed weight."""
        std = self._first[name][1].std if name in self._first else self._rows[name].std
        return math.nan if std is None else std

    def std(self, name: str) -> float:
        """The standard deviation that a weight has now."""
        return self.std_before(name) * self._factors.get(name, 1.0)

    def multiply(self, factors: Mapping[str, float]) -> None:
        """Multiplies the scales of weights, and draws the model by the new rules."""
        for name, factor in factors.items():
            self._factors[name] *= factor
        self.recipe = self._with_scales()
        self.draw()

    def _with_scales(self) -> Recipe:
        rows = [replace(row, call=self.call(row.name)) if row.name in self._first else row for row in self._report.rows]
        return replace(self._report, rows=tuple(rows)).recipe()

    def draw(self) -> None:
        """Draws the model by the recipe."""
        init_model(self._model, seed=self.seed, recipe=self.recipe)

    def targets(self, target: float | Mapping[str, float | str]) -> dict[str, float]:
        """Returns the standard deviation that the output of each layer should have, by the name of its weight."""
        if not isinstance(target, Mapping):
            target = {"*": positive("target", target)}
        rules = [{"match": pattern, "init": "normal", "std": std} for pattern, std in target.items()]
        specs = [TensorSpec(row.name, row.shape, row.dtype) for name, row in self._rows.items() if name in self._first]
        try:
            if any(Matcher(read_rules(rules)).first(spec.name) is None for spec in specs):
                rules.append({"match": "*", "init": "normal", "std": 1.0})
            setting = Setting("torch", layers=count_layers(row.name for row in self._report.rows))
            contents = plan_tensors(specs, read_rules(rules), setting)
        except RecipeError as error:
            raise RecipeError(f"`target`: {error}") from None
        stds = {spec.name: content.distribution.std for spec, content in zip(specs, contents, strict=True)}
        return {name: positive(f"target` for `{name}", std) for name, std in stds.items()}


def positive(argument: str, value: Any) -> float:
    """Returns a number, which must be finite and above 0."""
    number = checks.finite(argument, value)
    if not number > 0:
        raise ValueError(checks.text(argument, "be > 0", value))
    return number


def _draw(model: torch.nn.Module, seed: Seed, init: Rules | str) -> None:
    """Draws a model by rules, or by its own rules if `init` is one of `STARTS`."""
    if not (isinstance(init, str) and init in STARTS):
        read_choice("", init, "init").draw(model, seed)
        return
    with warnings.catch_warnings():
        if kept(model) is not None:  # its values are from an earlier draw, not from a constructor
            warnings.simplefilter("ignore", UserWarning)
        init_model(model, seed=seed)


def _chosen(layers: Sequence[Layer], patterns: Sequence[str]) -> tuple[Layer, ...]:
    """The layers whose weights match a pattern. Each pattern must match at least one."""
    names = list(dict.fromkeys(layer.weight for layer in layers))
    if not names:
        raise ValueError("`model` must have a linear or convolutional layer with a weight that is drawn, got none")
    for pattern in patterns:
        try:
            matches = compile_pattern(check_pattern(pattern)).match
        except RecipeError as error:
            raise RecipeError(f"`match`: {error}") from None
        if not any(map(matches, names)):
            remedy = f"the weights are {', '.join(names[:4])}{' and others' if len(names) > 4 else ''}"
            raise ValueError(checks.text("match", "match the weight of a layer", pattern, remedy))
    compiled = list(map(compile_pattern, patterns))
    return tuple(layer for layer in layers if any(pattern.match(layer.weight) for pattern in compiled))
