"""Saves recipes to files, with the files that they name."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from fastinit import checks
from fastinit.errors import CheckpointError, RecipeError, show_path
from fastinit.files import read_small
from fastinit.recipes.copies import is_plain, read_copy
from fastinit.recipes.literals import file_of
from fastinit.recipes.recipe import Recipe, read_table
from fastinit.recipes.toml import write_entry


def save_recipe(recipe: Recipe, path: str | os.PathLike[str]) -> list[Path]:
    """Writes a recipe to a file, and next to it the file of its literal values and the files that it copies.

    Args:
        recipe: A recipe, such as from `recipe_from_config` or `fastinit.torch.Report.recipe`.
        path: The file to make; its name must end in .toml.

    Returns:
        The paths of the recipe and of the files that it names, the recipe first.

    Raises:
        RecipeError: The recipe's file exists, or another file exists with other content. Nothing is written.
        CheckpointError: A file cannot be written.

    Example:
        >>> import tempfile
        >>> from fastinit.checkpoint import load_recipe, parse_recipe
        >>> recipe = parse_recipe('seed = 0\\ndtype = "float32"\\n[tensors]\\nw = [8]\\n'
        ...                       '[[rule]]\\nmatch = "*"\\ninit = "zeros"\\n')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     (file,) = save_recipe(recipe, folder + "/my.toml")
        ...     load_recipe(file).text == recipe.text
        True
    """
    checks.instance("recipe", recipe, Recipe, "`load_recipe` reads one from a file")
    target = Path(path)
    if target.suffix != ".toml":
        raise RecipeError(f"a recipe's file name must end in .toml, got {show_path(path)}")
    named = read_copy(read_table(recipe.text))
    if not all(map(is_plain, named.values())):
        got = ", ".join(named.values())
        raise RecipeError(f"the recipe copies files from elsewhere: {got}; copy them next to it before you save it")
    contents = {target.parent / named.get(name, name): content for name, content in recipe.copies.items()}
    contents[target] = _with_copies(recipe).encode()
    for file, content in contents.items():
        if os.path.lexists(file) and (file == target or not _holds(file, content)):
            raise RecipeError(f"{show_path(file)} exists already; choose another name or folder, or remove it")
    try:
        for file, content in contents.items():  # the recipe last, so that it never exists without its files
            if not file.exists():
                part = file.with_name(f".{secrets.token_hex(8)}.part")
                try:
                    with part.open("xb") as opened:
                        opened.write(content)
                    os.replace(part, file)
                finally:
                    part.unlink(missing_ok=True)
    except OSError as error:
        raise CheckpointError(f"cannot write {show_path(file)}: {error.strerror}") from None
    return [target, *(file for file in contents if file != target)]


def _with_copies(recipe: Recipe) -> str:
    """Returns the recipe's text with a `copy` entry for the files next to it, if it has none yet."""
    own = () if recipe.literals_sha256 is None else (file_of(recipe.literals_sha256),)
    names = [name for name in recipe.copies if name not in own]
    if not names or "copy" in read_table(recipe.text):
        return recipe.text
    # The entry goes before all tables, because it would belong to one otherwise, and after the comment at the top.
    lines = recipe.text.split("\n")
    first = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    return "\n".join((*lines[:first], write_entry("copy", {name: name for name in names}), *lines[first:]))


def _holds(file: Path, content: bytes) -> bool:
    try:
        return read_small(file, len(content)) == content
    except CheckpointError:
        return False
