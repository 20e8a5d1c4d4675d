"""Small files that a recipe puts beside its checkpoint, such as the configuration that transformers reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastinit.checkpoint import layout
from fastinit.checkpoint.errors import CheckpointError, RecipeError, show
from fastinit.checkpoint.files import is_plain, read_small

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAX_BYTES = 16 * 2**20  # of each
_MOST = 64
_OWN_NAMES = (layout.RECIPE_FILE, layout.NOTE_FILE)
_OWN_SUFFIXES = (".safetensors", ".safetensors.index.json")


def read_copy(table: Mapping[str, Any]) -> dict[str, str]:
    """Reads the table of names beside the checkpoint and the paths of what is copied there.

    Raises:
        RecipeError: It is none, or a name is one that a checkpoint has or leads elsewhere.
    """
    given = table.get("copy", {})
    example = 'such as copy = { "config.json" = "my-model.json" }'
    if not isinstance(given, dict) or not all(isinstance(path, str) for path in given.values()):
        raise RecipeError(
            f"`copy` must be a table of names and paths, {example}, got {show(given)}"
        )
    if len(given) > _MOST:
        raise RecipeError(f"`copy` must name at most {_MOST} files, got {len(given)}")
    for name in given:
        if not is_plain(name) or name in _OWN_NAMES or name.endswith(_OWN_SUFFIXES):
            raise RecipeError(
                f"`copy` must give names of other files than a checkpoint's own, {example}, "
                f"got {show(name)}"
            )
    return given


def read_copies(table: Mapping[str, Any], folder: Path) -> dict[str, bytes]:
    """Reads the files that a recipe in `folder` names.

    Raises:
        RecipeError: One cannot be read, or is too large.
    """
    try:
        return {
            name: read_small(folder / path, _MAX_BYTES) for name, path in read_copy(table).items()
        }
    except CheckpointError as error:
        raise RecipeError(f"`copy`: {error}") from None
