"""Applies presets to models: a preset replaces the calls that the model's own code gives its tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastinit.errors import RecipeError
from fastinit.recipes import roles
from fastinit.recipes.material import DEFAULT_STD, Tensor
from fastinit.recipes.presets import call_of, preset_of, warn_of_unknown_names
from fastinit.recipes.setting import Setting, read_constants
from fastinit.recipes.tensors import TensorSpec
from fastinit.sources.config import number_of
from fastinit.sources.huggingface import fans_of, is_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import torch

    from fastinit.recipes.presets import Preset
    from fastinit.recipes.rules import Call, Rule
    from fastinit.torch.stored_names import Entry

_STD = "config.initializer_range"


class Scheme:
    """A preset for a model, or no preset.

    Args:
        model: The model. Its configuration, if it has one, gives numbers to the preset's expressions.
        name: The name of a preset, or of an initializer for all weights; None for no preset.

    Raises:
        RecipeError: No preset or initializer has that name.
    """

    def __init__(self, model: torch.nn.Module, name: str | None) -> None:
        self._config = getattr(model, "config", None)
        self._preset = None if name is None else preset_of(name)

    def calls(
        self, entries: Sequence[Entry], calls: Mapping[str, Call | str], others: Iterable[str] = ()
    ) -> dict[str, Call | str]:
        """Returns the call of each entry by its name, or why there is none.

        Args:
            entries: The entries to draw.
            calls: The calls of the model's own code, by the names of its tensors.
            others: The names of the tensors that rules draw.

        Raises:
            RecipeError: The preset has no rule for a tensor.
        """
        if self._preset is None:
            return {entry.name: calls[entry.target.name] for entry in entries}
        tensors = [_tensor(entry, calls[entry.target.name]) for entry in entries]
        warn_of_unknown_names(self._preset, tensors, others)
        return {tensor.spec.name: _call(self._preset, tensor) for tensor in tensors}

    def numbers(self, rules: Sequence[Rule]) -> dict[str, float]:
        """Returns the numbers of the model's configuration that rules refer to."""
        expressions = (expression for rule in rules for expression in rule.expressions.values())
        return self._known(name for expression in expressions for name in expression.names)

    def _known(self, names: Iterable[str]) -> dict[str, float]:
        numbers = {name: number_of(self._config, name) for name in names}
        return {name: number for name, number in numbers.items() if number is not None}

    def setting(self, entries: Sequence[Entry], constants: Mapping[str, float]) -> Setting:
        """Returns the setting that the preset's expressions refer to.

        Args:
            entries: The entries of the whole model.
            constants: The constants of a recipe, which override the preset's own.
        """
        if self._preset is None:
            return Setting(layout="torch")
        names = frozenset().union(*(rule.names for rule in self._preset.rules))
        known = {_STD: DEFAULT_STD, **read_constants(self._preset.constants), **self._known(names), **constants}
        return Setting("torch", known, layers=roles.count_layers(entry.name for entry in entries))


def _tensor(entry: Entry, base: Call | str) -> Tensor:
    module = entry.target.slots[0].module
    spec = TensorSpec(entry.name, entry.shape, str(entry.target.tensor.dtype).removeprefix("torch."))
    return Tensor(spec, base, fans_of(module, spec), is_table(module) or roles.is_embedding(entry.name))


def _call(preset: Preset, tensor: Tensor) -> Call | str:
    try:
        return call_of(preset, tensor)
    except RecipeError:
        if isinstance(tensor.base, str):  # the model's own code computes the tensor
            return tensor.base
        raise
