"""A plan: what every byte of a checkpoint will be. It follows from the recipe alone; making it writes nothing.

Values depend on the seed, the tensor's name and the index in it, never on how the tensors are split into files.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fastinit import _core, checks
from fastinit.checkpoint.sizes import MAX_SHARD_BYTES
from fastinit.dtypes import STORED
from fastinit.errors import RecipeError
from fastinit.random import stream_from_name
from fastinit.recipes.collector import uncollected
from fastinit.recipes.contents import plan_tensors
from fastinit.recipes.recipe import Recipe
from fastinit.stored import layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fastinit.distributions import Distribution
    from fastinit.recipes.contents import Content
    from fastinit.recipes.rules import Rule

DEFAULT_SHARD_BYTES = 5_000_000_000
MAX_RECIPES_BYTES = 2**30  # for all copies of the recipe in the headers of a plan


class PlannedTensor(NamedTuple):
    """One tensor: its contents, and its place in the files.

    Attributes:
        content: Its contents. Many tensors can share one object.
        offset: The position of its first byte in the file.
    """

    name: str
    content: Content
    file: str
    offset: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return self.content.shape

    @property
    def dtype(self) -> str:
        """The element type."""
        return self.content.dtype

    @property
    def rule(self) -> Rule:
        """The rule that initialises it."""
        return self.content.rule

    @property
    def calls(self) -> str:
        """Its rules as calls, as text."""
        return self.content.calls

    @property
    def match(self) -> str:
        """The pattern of its rule that matched."""
        return self.content.match

    @property
    def distribution(self) -> Distribution:
        """The distribution of its elements."""
        return self.content.distribution

    @property
    def zeros(self) -> tuple[int, int]:
        """The elements that are zero for any distribution: see `Content`."""
        return self.content.zeros

    @property
    def nbytes(self) -> int:
        """The bytes of its elements."""
        return self.content.nbytes

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.content.shape)

    @property
    def stream(self) -> int:
        """The stream of its values, which follows from its name."""
        return stream_from_name(self.name)


@dataclass(frozen=True, slots=True)
class Shard:
    """One safetensors file: its header, then its tensors without holes.

    Attributes:
        metadata: The texts in its header, the same in all files of a plan.
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
        """The bytes before the tensors. Made anew each time, because the headers of all files may not fit in memory."""
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

    def side_files(self) -> dict[str, bytes]:
        """The small files next to the shards: file name -> content."""
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
            "copies": {name: hashlib.sha256(content).hexdigest() for name, content in self.recipe.copies.items()},
        }
        # A hash of the text before it. Without it, a flipped bit in the shard size would not be noticed.
        note["sha256"] = hashlib.sha256(json.dumps(note).encode()).hexdigest()
        files[layout.NOTE_FILE] = (json.dumps(note, indent=2) + "\n").encode()
        return files


@uncollected()
def make_plan(recipe: Recipe, shard_bytes: int = DEFAULT_SHARD_BYTES) -> Plan:
    """Plans the checkpoint of a recipe.

    Args:
        recipe: A recipe, such as from `load_recipe`.
        shard_bytes: The most bytes of tensors in one file; only a single larger tensor exceeds it.

    Raises:
        TypeError: `recipe` is not a recipe, or `shard_bytes` is not an int.
        ValueError: `shard_bytes` is not in [1, 10^18 - 1].
        RecipeError: A rule does not fit its tensors, a tensor matches no rule, or a rule matches no tensor.
    """
    checks.instance("recipe", recipe, Recipe, "`load_recipe` reads one from a file")
    shard_bytes = checks.integer("shard_bytes", shard_bytes, 1, MAX_SHARD_BYTES, "write 5 GB as 5_000_000_000")
    if recipe.literals_sha256 is not None and not recipe.literals:
        raise RecipeError(
            f"{recipe.source}: the recipe names a file of literal values, which has not been read; "
            "use load_recipe on the recipe's file"
        )
    try:
        contents = plan_tensors(recipe.tensors, recipe.rules, recipe.setting)
    except RecipeError as error:
        raise RecipeError(f"{recipe.source}: {error}") from None
    sizes = [content.nbytes for content in contents]
    groups = split(sizes, shard_bytes)
    metadata = {
        "format": "pt",
        layout.RECIPE_KEY: recipe.text,
        layout.HASH_KEY: recipe.sha256,
        "fastinit.seed": str(recipe.seed),
        "fastinit.stream_version": str(_core.stream_version),
    }
    if len(groups) * len(recipe.text) > MAX_RECIPES_BYTES:
        raise RecipeError(
            f"{recipe.source}: the recipe is copied into every file, {len(groups)} times {len(recipe.text)} bytes, "
            f"which is more than the {MAX_RECIPES_BYTES} bytes that are possible in all; "
            "write numbered tensors as ranges, or use a larger shard size"
        )
    shards = []
    for number, group in enumerate(groups, 1):
        file = layout.file_name(number, len(groups))
        # The wider types come first, so that every item is aligned.
        group.sort(key=lambda i: -STORED[contents[i].dtype].itemsize)
        named = [(recipe.tensors[i].name, contents[i]) for i in group]
        entries = (layout.Entry(name, c.dtype, c.shape, c.nbytes) for name, c in named)
        try:
            header_bytes = layout.header_bytes(entries, metadata)
        except ValueError as error:
            raise RecipeError(f"{recipe.source}: {file}: {error}") from None
        offset = header_bytes
        tensors = []
        for name, content in named:
            tensors.append(PlannedTensor(name, content, file, offset))
            offset += content.nbytes
        shards.append(Shard(file, header_bytes, tuple(tensors), metadata))
    return Plan(recipe, shard_bytes, tuple(shards))


def split(sizes: Sequence[int], limit: int) -> list[list[int]]:
    """Splits tensors of these sizes into files as huggingface_hub does: greedily, in order.

    A tensor larger than `limit` gets a file of its own, before the file that is being filled.

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
