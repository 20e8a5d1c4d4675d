"""Examples: recipes of this folder, each with the config.json that it copies. To add an example, add its two files."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from fastinit.errors import printable
from fastinit.recipes import presets

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
_MOST_FILES = 5  # in a message


def file_of(recipe: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Returns the file of an example if its name is given, or else what was given. A file with that name comes first.

    Example:
        >>> Path(file_of("gpt2")).name, file_of("my.toml")
        ('gpt2.toml', 'my.toml')
    """
    name = os.fspath(recipe)
    return FOLDER / f"{name}.toml" if name in NAMES and not os.path.isfile(name) else recipe


def title_of(name: str) -> str:
    """Returns what an example is: the start of the comment that its file begins with.

    Example:
        >>> title_of("gpt2")
        'GPT-2 (124M)'
    """
    with (FOLDER / f"{name}.toml").open(encoding="utf-8") as file:
        return file.readline().removeprefix("#").partition(":")[0].strip()


def choices_instead(path: str | os.PathLike[str]) -> str:
    """Returns the end of a message about a recipe that does not exist: a suggestion, or the recipes that exist."""
    folder, name = os.path.split(os.fspath(path))
    if not folder and name in presets.NAMES:
        return f"; {name!r} is the name of a preset: give it as `preset`"
    try:
        files = sorted(file for file in os.listdir(folder or ".") if file.endswith(".toml"))
    except OSError:
        files = []
    names = {example: example for example in NAMES} | {Path(file).stem: file for file in files}
    if close := difflib.get_close_matches(Path(name).stem, names, 1):
        return f"; did you mean {names[close[0]]!r}?"
    more = ", ..." if len(files) > _MOST_FILES else ""
    here = f" (there {'is' if len(files) == 1 else 'are'} {', '.join(files[:_MOST_FILES])}{more})" if files else ""
    return f"; name a TOML file{printable(here)}, or an example ({', '.join(NAMES)})"
