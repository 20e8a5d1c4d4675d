"""Reads recipes from files, with the files that they name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastinit.errors import CheckpointError, RecipeError, UndecidedError, show_path
from fastinit.files import read_small
from fastinit.recipes import examples
from fastinit.recipes.assign import Matcher, assign
from fastinit.recipes.copies import MAX_COPY_BYTES, NOTE_FILE, read_copy
from fastinit.recipes.recipe import FILE_KEYS, MAX_RECIPE_BYTES, Recipe, read_table, recipe_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from fastinit.dtypes import DTypeName
    from fastinit.fans import Layout


def load_recipe(
    path: str | os.PathLike[str],
    *,
    seed: int | None = None,
    dtype: DTypeName | None = None,
    layout: Layout | None = None,
    preset: str | None = None,
) -> Recipe:
    """Reads a recipe from a file.

    This also reads the files that the recipe names under `copy`, and the file of its literal values next to it.
    A file may have all keys that `parse_recipe` takes, and also these, with paths relative to the file's folder:
    `like = "DIR"` takes the tensors of a safetensors checkpoint; `config = "config.json"` takes the tensors of a
    Hugging Face model, with `set = { hidden_size = 64 }` for other values and `unquantized = true` to leave out a
    quantization_config; `preset = "hf"` makes rules for the tensors that no [[rule]] matches.

    Args:
        path: The file, or the name of an installed example, such as "gpt2".
        seed: Replaces the file's seed.
        dtype: Replaces the file's dtype. A tensor with a dtype of its own keeps it.
        layout: Replaces the file's layout.
        preset: Replaces the file's preset.

    Raises:
        RecipeError: The file cannot be read, or is not a recipe.
    """
    path = examples.file_of(path)
    source = show_path(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_RECIPE_BYTES + 1)
    except OSError as error:
        instead = examples.choices_instead(path) if isinstance(error, FileNotFoundError) else ""
        raise RecipeError(f"cannot read the recipe {source}: {error.strerror}{instead}") from None
    except ValueError as error:  # a NUL in the path
        raise RecipeError(f"cannot read the recipe {source}: {error}") from None
    try:
        text = content.decode()
        table = read_table(text)
        folder = Path(path).parent
        copies = _read_copies(table, folder)
        given = {"seed": seed, "dtype": dtype, "layout": layout, "preset": preset}
        others = {key: value for key, value in given.items() if value is not None}
        if not any(key in table for key in FILE_KEYS):
            recipe = _with_literals(replace(recipe_of(table, text, source), copies=copies), folder)
            if not others:
                return recipe
            if preset is None:  # a preset would cover tensors that no rule matches
                assign(recipe.tensors, recipe.rules)
            else:
                matcher = Matcher(recipe.rules)
                if all(matcher.first(tensor.name) is not None for tensor in recipe.tensors):
                    raise RecipeError(
                        f"preset {preset} is never used: this recipe's [[rule]] tables match all tensors; "
                        "remove the rules that the preset is to replace"
                    )
        table = {**table, **others}
        from fastinit.sources.resolve import resolve  # most recipes do not need it

        recipe = resolve(table, folder, source)
        return replace(recipe, copies={**recipe.copies, **copies})
    except UnicodeDecodeError as error:
        raise RecipeError(f"{source}: the file is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except UndecidedError as error:
        raise UndecidedError(f"{source}: {error}", error.draft) from None
    except RecipeError as error:
        raise RecipeError(f"{source}: {error}") from None


def _with_literals(recipe: Recipe, folder: Path) -> Recipe:
    if recipe.literals_sha256 is None:
        return recipe
    from fastinit.stored.literals import read_beside  # most recipes do not need it

    return read_beside(recipe, folder)


def _read_copies(table: Mapping[str, Any], folder: Path) -> dict[str, bytes]:
    """Reads the files that a recipe in `folder` copies. A checkpoint's folder already has them under their new names.

    Raises:
        RecipeError: A file cannot be read, or is too large.
    """
    is_checkpoint = (folder / NOTE_FILE).exists()
    try:
        return {
            name: read_small(folder / (name if is_checkpoint else path), MAX_COPY_BYTES)
            for name, path in read_copy(table).items()
        }
    except CheckpointError as error:
        raise RecipeError(f"`copy`: {error}") from None
