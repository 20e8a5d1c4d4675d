"""A plan: what every byte of a checkpoint will be, from a recipe and nothing else. Pure.

Values depend on the seed, the tensor's name and the index in it, never on how files are split.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fastinit import _core, checks
from fastinit.checkpoint import layout
from fastinit.checkpoint.errors import RecipeError, show
from fastinit.checkpoint.memory import uncollected
from fastinit.checkpoint.recipes.assign import assign
from fastinit.distributions import Constant, Distribution
from fastinit.dtypes import FLOATS, STORED, ElementType
from fastinit.initializers import RULES
from fastinit.random import stream_from_name

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Unpack

    from fastinit.checkpoint.recipes.recipe import Recipe, Rule, TensorSpec
    from fastinit.checkpoint.writing.writer import WriteOptions

DEFAULT_SHARD_BYTES = 5_000_000_000
MAX_RECIPES_BYTES = 2**30  # of a plan's headers together


class PlannedTensor(NamedTuple):
    """One tensor: where it goes and what it holds.

    Attributes:
        offset: Of its first byte in the file.
        zeros: The elements that are zero whatever the distribution, from the first to before the second,
            by flat index: the row of a padding token.
        match: The pattern of its rule that matched.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    rule: Rule
    distribution: Distribution
    file: str
    offset: int
    nbytes: int
    zeros: tuple[int, int] = (0, 0)
    match: str = ""

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def stream(self) -> int:
        """The stream of its values, which its name gives."""
        return stream_from_name(self.name)


@dataclass(frozen=True, slots=True)
class Shard:
    """One safetensors file: its header, then its tensors without holes.

    Attributes:
        metadata: The texts in its header, of all shards of a plan the same.
    """

    file: str
    header_bytes: int
    tensors: tuple[PlannedTensor, ...]
    metadata: Mapping[str, str]

    @property
    def nbytes(self) -> int:
        """The size of the file."""
        return self.header_bytes + sum(tensor.nbytes for tensor in self.tensors)

    @property
    def header(self) -> bytes:
        """What precedes the tensors. Made anew each time: those of all shards may not fit in memory."""
        entries = (layout.Entry(t.name, t.dtype, t.shape, t.nbytes) for t in self.tensors)
        return layout.header(entries, self.metadata)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole checkpoint. See `make_plan`."""

    recipe: Recipe
    shard_bytes: int
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

    def write(self, out: str | os.PathLike[str], **options: Unpack[WriteOptions]) -> int:
        """Writes the checkpoint; see `fastinit.checkpoint.write`, which takes the same options."""
        # Not above: writers know plans, and plans know only this of writers.
        from fastinit.checkpoint.writing.writer import write

        return write(self, out, **options)

    def side_files(self) -> dict[str, bytes]:
        """The small files beside the shards: file name -> content."""
        files = {layout.RECIPE_FILE: self.recipe.text.encode()}
        if len(self.shards) > 1:
            weight_map = {tensor.name: tensor.file for tensor in self.tensors}
            files[layout.INDEX_FILE] = layout.index(weight_map, self.tensor_bytes)
        files |= self.recipe.copies
        note: dict[str, object] = {
            "stream_version": _core.stream_version,
            "recipe_sha256": self.recipe.sha256,
            "seed": self.recipe.seed,
            "shard_bytes": self.shard_bytes,
            "tensors": sum(1 for _ in self.tensors),
            "parameters": self.parameters,
            "tensor_bytes": self.tensor_bytes,
            "files": {shard.file: shard.nbytes for shard in self.shards},
            "copies": {
                name: hashlib.sha256(content).hexdigest()
                for name, content in self.recipe.copies.items()
            },
        }
        # Of the text before it: nothing else would tell a flipped bit in the shard size.
        note["sha256"] = hashlib.sha256(json.dumps(note).encode()).hexdigest()
        files[layout.NOTE_FILE] = (json.dumps(note, indent=2) + "\n").encode()
        return files


@uncollected()
def make_plan(recipe: Recipe, shard_bytes: int = DEFAULT_SHARD_BYTES) -> Plan:
    """Plans the checkpoint of a recipe.

    Args:
        recipe: From `load_recipe`.
        shard_bytes: The most bytes of tensors in one file; only a single larger tensor exceeds it.

    Raises:
        RecipeError: A rule does not fit its tensors, a tensor has no rule, or a rule no tensor.
    """
    try:
        assigned = assign(recipe.tensors, recipe.rules)
    except RecipeError as error:
        raise RecipeError(f"{recipe.source}: {error}") from None
    rules = [rule for rule, _ in assigned]
    distributions = _distributions(recipe, rules)
    sizes = [math.prod(t.shape) * STORED[t.dtype].itemsize for t in recipe.tensors]
    groups = split(sizes, shard_bytes)
    metadata = {
        "format": "pt",
        "fastinit.recipe": recipe.text,
        "fastinit.recipe_sha256": recipe.sha256,
        "fastinit.seed": str(recipe.seed),
        "fastinit.stream_version": str(_core.stream_version),
    }
    if len(groups) * len(recipe.text) > MAX_RECIPES_BYTES:
        raise RecipeError(
            f"{recipe.source}: the recipe, which lies in every file, must take at most "
            f"{MAX_RECIPES_BYTES} bytes in all, got {len(groups)} times {len(recipe.text)}; "
            "write numbered tensors as ranges, or pass a larger shard size"
        )
    shards = []
    for number, group in enumerate(groups, 1):
        file = layout.file_name(number, len(groups))
        # The wider types first, so that every item is aligned.
        group.sort(key=lambda i: -STORED[recipe.tensors[i].dtype].itemsize)
        entries = (
            layout.Entry(tensor.name, tensor.dtype, tensor.shape, sizes[i])
            for i in group
            for tensor in (recipe.tensors[i],)
        )
        try:
            header_bytes = layout.header_bytes(entries, metadata)
        except ValueError as error:
            raise RecipeError(f"{recipe.source}: {file}: {error}") from None
        offset = header_bytes
        tensors = []
        for i in group:
            name, shape, dtype = recipe.tensors[i]
            rule, match = assigned[i]
            tensors.append(
                PlannedTensor(
                    name=name,
                    shape=shape,
                    dtype=dtype,
                    rule=rule,
                    distribution=distributions[i],
                    file=file,
                    offset=offset,
                    nbytes=sizes[i],
                    zeros=_padding(shape, rule),
                    match=match,
                )
            )
            offset += sizes[i]
        shards.append(Shard(file, header_bytes, tuple(tensors), metadata))
    return Plan(recipe, shard_bytes, tuple(shards))


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


def _distributions(recipe: Recipe, rules: Sequence[Rule]) -> list[Distribution]:
    """Asks each tensor's initializer for the distribution, once for each rule and shape."""
    known: dict[tuple[int, tuple[int, ...], str], Distribution] = {}
    for tensor, rule in zip(recipe.tensors, rules, strict=True):
        if (rule.number, tensor.shape, tensor.dtype) not in known:
            known[rule.number, tensor.shape, tensor.dtype] = _distribution(recipe, tensor, rule)
    return [
        known[rule.number, tensor.shape, tensor.dtype]
        for tensor, rule in zip(recipe.tensors, rules, strict=True)
    ]


def _distribution(recipe: Recipe, tensor: TensorSpec, rule: Rule) -> Distribution:
    given = {} if recipe.layout is None else {"layout": recipe.layout}
    try:
        distribution = RULES[rule.init](tensor.shape, **{**given, **rule.parameters})
        _check_element(distribution, STORED[tensor.dtype])
        _check_padding(tensor.shape, rule)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RecipeError(f"{recipe.source}: tensor {show(tensor.name)}, {rule}: {error}") from None
    return distribution


def _check_element(distribution: Distribution, element: ElementType) -> None:
    """Refuses now what the core's arguments would refuse in the middle of writing."""
    if isinstance(distribution, Constant):
        distribution.pattern(element)
    elif element.name in FLOATS:
        distribution.parameters(element)
    else:
        rule = f"be one of {', '.join(FLOATS)} for random values"
        remedy = "use zeros, ones or constant for this tensor"
        raise ValueError(checks.text("dtype", rule, element.name, remedy))


def _check_padding(shape: tuple[int, ...], rule: Rule) -> None:
    if rule.padding_idx is not None and (not shape or rule.padding_idx >= shape[0]):
        text = f"be the number of a row of shape {shape}"
        raise ValueError(checks.text("padding_idx", text, rule.padding_idx))


def _padding(shape: tuple[int, ...], rule: Rule) -> tuple[int, int]:
    """The elements of the row that a rule sets to zero."""
    if rule.padding_idx is None:
        return (0, 0)
    row = math.prod(shape[1:])
    return (rule.padding_idx * row, (rule.padding_idx + 1) * row)
