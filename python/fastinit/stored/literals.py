"""The file of a recipe's literal values: a safetensors file whose tensors are named by the rules' keys.

Its name does not end in .safetensors, because loaders take all such files of a folder for weights.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.dtypes import STORED
from fastinit.errors import CheckpointError, RecipeError, show, show_path
from fastinit.files import read_small
from fastinit.recipes.literals import MAX_BYTES, file_of
from fastinit.stored import layout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fastinit.recipes.recipe import Recipe


def encode(literals: Mapping[str, NDArray[Any]]) -> bytes:
    """Returns the content of the file.

    Raises:
        RecipeError: The values take more than `MAX_BYTES`.
    """
    # The wider types first, so that every item is aligned.
    items = sorted(literals.items(), key=lambda item: -item[1].itemsize)
    header = layout.header((layout.Entry(key, a.dtype.name, a.shape, a.nbytes) for key, a in items), {})
    total = len(header) + sum(array.nbytes for _, array in items)
    if total > MAX_BYTES:
        largest, array = max(items, key=lambda item: item[1].nbytes)
        raise RecipeError(
            f"the recipe's literal values take {total} bytes, more than the {MAX_BYTES} that are possible; "
            f"add a [[rule]] for {show(largest)}, which takes {array.nbytes}"
        )
    return header + b"".join(array.tobytes() for _, array in items)


def decode(content: bytes) -> dict[str, NDArray[Any]]:
    """Returns the values by key, as views of the content.

    Raises:
        ValueError: The content is not a valid file of literal values.
    """
    size = layout.LENGTH.size
    if len(content) < size:
        raise ValueError(f"the file is cut off: it has {len(content)} bytes, and the length alone takes {size}")
    start = size + layout.LENGTH.unpack(content[:size])[0]
    if start > len(content):
        raise ValueError(f"the file is cut off: its header takes {start - size} bytes, got {len(content) - size}")
    entries, _ = layout.parse_header(content[size:start], len(content) - start)
    found = {}
    for entry in entries:
        if entry.dtype not in STORED:
            raise ValueError(f"{show(entry.name)} has type {show(entry.dtype)}, not one of {', '.join(STORED)}")
        count = math.prod(entry.shape)
        values = np.frombuffer(content, STORED[entry.dtype].numpy, count, start + entry.offset)
        if entry.dtype == "bool" and (values.view(np.uint8) > 1).any():
            raise ValueError(f"{show(entry.name)} has type bool and a value other than 0 or 1")
        found[entry.name] = values.reshape(entry.shape)
    return found


def with_literals(recipe: Recipe, literals: Mapping[str, NDArray[Any]], content: bytes) -> Recipe:
    """Returns the recipe with its literal values; their file is then among its copies."""
    assert recipe.literals_sha256 is not None
    copies = {**recipe.copies, file_of(recipe.literals_sha256): content}
    return replace(recipe, copies=copies, literals=literals)


def read_beside(recipe: Recipe, folder: Path) -> Recipe:
    """Returns the recipe with its literal values, if it names any, read from its folder.

    Raises:
        RecipeError: See `read_values`.
    """
    if recipe.literals_sha256 is None:
        return recipe
    content = _content(recipe.literals_sha256, folder)
    return with_literals(recipe, checked(content, recipe.literals_sha256), content)


def read_values(sha256: str, folder: Path) -> dict[str, NDArray[Any]]:
    """Reads the literal values with this hash from a folder.

    Raises:
        RecipeError: The file cannot be read, or has another hash.
    """
    return checked(_content(sha256, folder), sha256)


def _content(sha256: str, folder: Path) -> bytes:
    try:
        return read_small(folder / file_of(sha256), MAX_BYTES)
    except CheckpointError as error:
        raise RecipeError(f"`literals`: {error}; the file must lie next to the recipe") from None


def checked(content: bytes, sha256: str) -> dict[str, NDArray[Any]]:
    """Returns the literal values in the content of their file.

    Raises:
        RecipeError: The content has another hash.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        name = show_path(file_of(sha256))
        raise RecipeError(
            f"{name} has the SHA-256 {found} instead of {sha256}; it is damaged, or belongs to another recipe"
        )
    try:
        return decode(content)
    except ValueError as error:
        raise RecipeError(f"{show_path(file_of(sha256))}: {error}") from None
