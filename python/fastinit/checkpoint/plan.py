"""A plan: what every byte of a checkpoint will be, from a recipe and nothing else. Pure.

Values depend on the seed, the tensor's name and the index in it, never on how files are split.
"""

from __future__ import annotations

import fnmatch
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastinit import _core
from fastinit.checkpoint import layout
from fastinit.checkpoint.errors import RecipeError, show
from fastinit.distributions import Constant, Distribution
from fastinit.dtypes import FLOATS, ElementType
from fastinit.initializers import RULES
from fastinit.random import stream_from_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastinit.checkpoint.recipe import Recipe, Rule, TensorSpec

DEFAULT_SHARD_BYTES = 5_000_000_000


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """One tensor: where it goes and what it holds.

    Attributes:
        offset: Of its first byte in the file.
        stream: The stream of its values, which its name gives.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    rule: Rule
    distribution: Distribution
    stream: int
    file: str
    offset: int
    nbytes: int

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Shard:
    """One safetensors file: its header, then its tensors without holes."""

    file: str
    header: bytes
    tensors: tuple[PlannedTensor, ...]

    @property
    def nbytes(self) -> int:
        """The size of the file."""
        return len(self.header) + sum(tensor.nbytes for tensor in self.tensors)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole checkpoint. See `make_plan`."""

    recipe: Recipe
    shards: tuple[Shard, ...]

    @property
    def tensors(self) -> Iterator[PlannedTensor]:
        """All tensors, in the order of the files."""
        return (tensor for shard in self.shards for tensor in shard.tensors)

    @property
    def tensor_bytes(self) -> int:
        """The bytes of all tensors, without headers."""
        return sum(tensor.nbytes for tensor in self.tensors)

    @property
    def file_bytes(self) -> int:
        """The bytes of all safetensors files."""
        return sum(shard.nbytes for shard in self.shards)

    @property
    def parameters(self) -> int:
        """The number of elements of all tensors."""
        return sum(tensor.size for tensor in self.tensors)

    def side_files(self) -> dict[str, bytes]:
        """The small files beside the shards: file name -> content."""
        files = {"recipe.toml": self.recipe.text.encode()}
        if len(self.shards) > 1:
            weight_map = {tensor.name: tensor.file for tensor in self.tensors}
            files[layout.INDEX_FILE] = layout.index(weight_map, self.tensor_bytes)
        note = {
            "version": _core.build_info()["version"],
            "stream_version": _core.stream_version,
            "recipe_sha256": self.recipe.sha256,
            "seed": self.recipe.seed,
            "dtype": self.recipe.dtype,
            "tensors": sum(1 for _ in self.tensors),
            "parameters": self.parameters,
            "tensor_bytes": self.tensor_bytes,
            "files": {shard.file: shard.nbytes for shard in self.shards},
        }
        files["fastinit.json"] = (json.dumps(note, indent=2) + "\n").encode()
        return files


def make_plan(recipe: Recipe, shard_bytes: int = DEFAULT_SHARD_BYTES) -> Plan:
    """Plans the checkpoint of a recipe.

    Args:
        recipe: From `load_recipe`.
        shard_bytes: The most bytes of tensors in one file; only a single larger tensor exceeds it.

    Raises:
        RecipeError: A rule does not fit its tensors, a tensor has no rule, or a rule no tensor.
    """
    rules = _assign(recipe)
    distributions = _distributions(recipe, rules)
    item_bytes = FLOATS[recipe.dtype].itemsize
    sizes = [math.prod(tensor.shape) * item_bytes for tensor in recipe.tensors]
    groups = split(sizes, shard_bytes)
    metadata = {
        "format": "pt",
        "fastinit.recipe": recipe.text,
        "fastinit.recipe_sha256": recipe.sha256,
        "fastinit.seed": str(recipe.seed),
        "fastinit.stream_version": str(_core.stream_version),
    }
    shards = []
    for number, group in enumerate(groups, 1):
        file = layout.file_name(number, len(groups))
        entries = [
            layout.Entry(recipe.tensors[i].name, recipe.dtype, recipe.tensors[i].shape, sizes[i])
            for i in group
        ]
        try:
            header = layout.header(entries, metadata)
        except ValueError as error:
            raise RecipeError(f"{recipe.source}: {file}: {error}") from None
        offset = len(header)
        tensors = []
        for i, entry in zip(group, entries, strict=True):
            tensors.append(
                PlannedTensor(
                    name=entry.name,
                    shape=entry.shape,
                    dtype=entry.dtype,
                    rule=rules[i],
                    distribution=distributions[i],
                    stream=stream_from_name(entry.name),
                    file=file,
                    offset=offset,
                    nbytes=entry.nbytes,
                )
            )
            offset += entry.nbytes
        shards.append(Shard(file, header, tuple(tensors)))
    return Plan(recipe, tuple(shards))


def split(sizes: Sequence[int], limit: int) -> list[list[int]]:
    """Splits tensors of these sizes into shards, as huggingface_hub does: greedily, in order.

    A tensor larger than `limit` is a shard of its own, before the one that is being filled.

    >>> split([4, 4, 3, 12, 1], 8)
    [[0, 1], [3], [2, 4]]
    """
    shards: list[list[int]] = []
    current: list[int] = []
    current_size = 0
    for i, size in enumerate(sizes):
        if size > limit:
            shards.append([i])
            continue
        if current_size + size > limit:
            shards.append(current)
            current, current_size = [], 0
        current.append(i)
        current_size += size
    if current:
        shards.append(current)
    return shards


def _assign(recipe: Recipe) -> list[Rule]:
    """Finds each tensor's rule: the first that matches."""
    patterns = [(rule, re.compile(fnmatch.translate(rule.match))) for rule in recipe.rules]
    matched: set[int] = set()
    used: set[int] = set()
    assigned = []
    for tensor in recipe.tensors:
        first = None
        for rule, pattern in patterns:
            # Past the first match, only rules that have matched nothing yet are of interest.
            if (first is None or rule.number not in matched) and pattern.match(tensor.name):
                first = first or rule
                matched.add(rule.number)
        if first is None:
            raise RecipeError(
                f"{recipe.source}: every tensor must match a rule, "
                f"got {show(tensor.name)}, which matches none; "
                f'add a [[rule]], the last one with match = "*" if it is to take all others'
            )
        used.add(first.number)
        assigned.append(first)
    for rule in recipe.rules:
        if rule.number not in matched:
            raise RecipeError(
                f"{recipe.source}: every rule must match a tensor, got {rule}, which matches none; "
                "correct the pattern or remove the rule"
            )
        if rule.number not in used:
            raise RecipeError(
                f"{recipe.source}: every rule must be the first to match some tensor, "
                f"got {rule}, whose tensors earlier rules take; move it up or remove it"
            )
    return assigned


def _distributions(recipe: Recipe, rules: Sequence[Rule]) -> list[Distribution]:
    """Asks each tensor's initializer for the distribution, once for each rule and shape."""
    known: dict[tuple[int, tuple[int, ...]], Distribution] = {}
    for tensor, rule in zip(recipe.tensors, rules, strict=True):
        if (rule.number, tensor.shape) not in known:
            known[rule.number, tensor.shape] = _distribution(recipe, tensor, rule)
    return [
        known[rule.number, tensor.shape] for tensor, rule in zip(recipe.tensors, rules, strict=True)
    ]


def _distribution(recipe: Recipe, tensor: TensorSpec, rule: Rule) -> Distribution:
    given = {} if recipe.layout is None else {"layout": recipe.layout}
    try:
        distribution = RULES[rule.init](tensor.shape, **{**given, **rule.parameters})
        _check_element(distribution, FLOATS[recipe.dtype])
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RecipeError(f"{recipe.source}: tensor {show(tensor.name)}, {rule}: {error}") from None
    return distribution


def _check_element(distribution: Distribution, element: ElementType) -> None:
    """Refuses now what the core's arguments would refuse in the middle of writing."""
    if isinstance(distribution, Constant):
        distribution.pattern(element)
    else:
        distribution.parameters(element)
