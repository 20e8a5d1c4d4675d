"""Small files that a recipe puts next to its checkpoint, such as the configuration that transformers reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastinit.errors import RecipeError, show
from fastinit.recipes.literals import is_literals

if TYPE_CHECKING:
    from collections.abc import Mapping

RECIPE_FILE = "recipe.toml"  # the small files of every checkpoint
FILE_SUFFIX = ".safetensors"
INDEX_SUFFIX = f"{FILE_SUFFIX}.index.json"
NOTE_FILE = "fastinit.json"
MAX_COPY_BYTES = 64 * 2**20  # for each file; the largest known tokenizer.json, Gemma 3's, has 33 MB
_MOST = 64


def read_copy(table: Mapping[str, Any]) -> dict[str, str]:
    """Reads the `copy` table: the names next to the checkpoint, and the paths of the files to copy.

    Raises:
        RecipeError: It is not such a table, or a name is one of the checkpoint's own files or leads to another folder.
    """
    given = table.get("copy", {})
    example = 'such as copy = { "config.json" = "my-model.json" }'
    if not isinstance(given, dict) or not all(isinstance(path, str) for path in given.values()):
        raise RecipeError(f"`copy` must be a table of names and paths, {example}, got {show(given)}")
    if len(given) > _MOST:
        raise RecipeError(f"`copy` must name at most {_MOST} files, got {len(given)}")
    for name in given:
        is_own = name in (RECIPE_FILE, NOTE_FILE) or name.endswith((FILE_SUFFIX, INDEX_SUFFIX)) or is_literals(name)
        if not is_plain(name) or is_own:
            raise RecipeError(
                f"`copy` must name plain files that are not the checkpoint's own, {example}, got {show(name)}"
            )
    return given


def is_plain(name: object) -> bool:
    """Whether a name means a file in the same folder, on any operating system."""
    return (
        isinstance(name, str)
        and name != ""
        and name.isprintable()
        and name not in (".", "..")
        and not any(mark in name for mark in "/\\:")
        and len(name.encode()) <= 255
    )
