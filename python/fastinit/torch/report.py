"""Reports what each tensor of a model was initialised with, and which code or rule decided it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch

from fastinit import checks
from fastinit.columns import aligned
from fastinit.errors import RecipeError
from fastinit.recipes import roles
from fastinit.recipes.compress import compress
from fastinit.recipes.material import DEFAULT_STD, Material, Tensor
from fastinit.recipes.tensors import TensorSpec
from fastinit.torch.state import joined, module_names
from fastinit.torch.tape import array_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fastinit.recipes.recipe import Recipe
    from fastinit.recipes.rules import Call

_TITLES = ("tensor", "shape", "dtype", "rule", "std", "source")
_LEFT = ("tensor", "dtype", "rule", "source")
_LONG_NUMBER = re.compile(r"\b\d+\.\d{6,}(e[+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Row:
    """A tensor of a model.

    Attributes:
        name: The qualified name, without the parts that wrappers add.
        shape: The shape of the whole tensor.
        dtype: The element type, such as "float32".
        call: The initializer that drew or filled it, or why there is none, as in "computed (log)". For a tensor with
            rules for slices, the initializers of the slices.
        std: The standard deviation that it was drawn with; None if it was computed.
        source: "recipe", "preset" and its name, "constructor", or "reset_parameters", which means any code that
            `init_model` calls.
        is_stored: Whether checkpoints of the model hold it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    call: Call | str
    std: float | None
    source: str
    is_stored: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What `build`, `by_name` or `init_model` did to a model.

    `print` shows it as a table. There, layers that are alike share a row, and numbers have six digits.

    Attributes:
        rows: One row for each parameter and buffer that was set, in the model's order.
        seed: The seed of all draws.
        computed: The values of the tensors that were computed, by name; empty if they take more than 256 MiB.
    """

    rows: tuple[Row, ...]
    seed: int
    computed: Mapping[str, torch.Tensor] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        alike = compress((row.name, _cells(row)) for row in self.rows)
        table = aligned((_TITLES, *((name, *cells) for name, cells in alike)), left=_LEFT)
        return "\n".join((*table, f"seed {self.seed}"))

    def recipe(self) -> Recipe:
        """Returns a recipe of the model's stored tensors, to keep, to edit, and to write as a checkpoint.

        `fastinit.checkpoint.write(make_plan(recipe), folder)` writes the same values, and
        `fastinit.checkpoint.save_recipe` writes the recipe to a file. It contains the values of computed tensors.

        Raises:
            RecipeError: The computed values take more than 256 MiB, which is the most that a recipe can contain, or a
                tensor has rules for slices.
        """
        from fastinit.sources.resolve import recipe_of  # it also imports what reads checkpoints

        for row in self.rows:
            if row.is_stored and isinstance(row.call, str) and row.name not in self.computed:
                raise RecipeError(
                    f"a recipe made from a report cannot say that {row.name} was {row.call}: it can hold neither "
                    "values of more than 256 MiB nor rules for slices; keep the rules that were given"
                )
        tensors = tuple(
            Tensor(
                spec=TensorSpec(row.name, row.shape, row.dtype),
                base=row.call if not isinstance(row.call, str) else f"{row.name} was {row.call}",
                fans=(),
                is_embedding=roles.is_embedding(row.name),
            )
            for row in self.rows
            if row.is_stored
        )
        return recipe_of(Material("a model", tensors, DEFAULT_STD, "torch", {}, self._values), self.seed)

    def _values(self, names: Sequence[str], _seed: int) -> dict[str, NDArray[Any]]:
        return {name: array_of(self.computed[name]) for name in names if name in self.computed}


def _cells(row: Row) -> tuple[str, ...]:
    std = "" if row.std is None else f"{row.std:.6g}"
    call = _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.6g}", str(row.call))
    return (str(list(row.shape)), row.dtype, call, std, row.source)


_REPORTS: WeakKeyDictionary[torch.nn.Module, Report] = WeakKeyDictionary()


def keep(model: torch.nn.Module, report: Report | None) -> None:
    """Remembers a report as long as its model lives; None forgets the model's report."""
    if report is None:
        _REPORTS.pop(model, None)
    else:
        _REPORTS[model] = report


def kept(model: torch.nn.Module) -> Report | None:
    """Returns the report that is remembered for a model, or None."""
    return _REPORTS.get(model)


def expected_stds(model: torch.nn.Module) -> dict[str, float]:
    """Returns by name the standard deviations that a model's tensors were drawn with.

    Modules of the model may have been initialised one by one. Tensors that fastinit did not draw are missing.
    """
    found: dict[str, float] = {}
    for module, path in reversed(module_names(model).items()):  # the report of a whole replaces those of its parts
        if (kept := _REPORTS.get(module)) is not None:
            found |= {joined(path, row.name): row.std for row in kept.rows if row.std is not None}
    return found


def report(model: torch.nn.Module) -> Report:
    """Returns what `build`, `by_name` or `init_model` last did to a model.

    Args:
        model: The module itself that they returned or were given, not a part or a copy.

    Raises:
        ValueError: None of them has initialised the model.

    Example:
        >>> from fastinit.torch import build, report
        >>> model = build(lambda: torch.nn.LayerNorm(4), seed=0)
        >>> print(report(model))
        tensor  shape  dtype    rule     std  source
        weight    [4]  float32  ones()     0  constructor
        bias      [4]  float32  zeros()    0  constructor
        seed 0
    """
    found = _REPORTS.get(model) if isinstance(model, torch.nn.Module) else None
    if found is None:
        rule = "be a module that `build`, `by_name` or `init_model` has initialised"
        raise ValueError(checks.text("model", rule, type(model).__name__, "build it first"))
    return found
