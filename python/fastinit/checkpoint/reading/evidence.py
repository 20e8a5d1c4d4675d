"""Finds the recipe of a checkpoint that may be damaged, and plans the checkpoint again.

The recipe is in the folder and in the header of each file, each time with its hash. The text that most hashes confirm
is used, so that a damaged copy is found and not believed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from fastinit import _core
from fastinit.checkpoint.plan import DEFAULT_SHARD_BYTES, Plan, make_plan
from fastinit.errors import CheckpointError, RecipeError, show, show_path
from fastinit.files import read_small
from fastinit.recipes.copies import FILE_SUFFIX
from fastinit.recipes.literals import file_of
from fastinit.recipes.recipe import parse_recipe
from fastinit.stored import layout
from fastinit.stored.literals import checked, with_literals
from fastinit.stored.reader import StoredFile, read_checkpoint
from fastinit.stored.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fastinit.recipes.recipe import Recipe

MAX_SMALL_BYTES = 2**28  # in a file that is read whole
_WITNESSES = 3  # headers that are searched for the recipe
# These are found by patterns and not as JSON, because another part of the text may be damaged.
_SHARD_BYTES = re.compile(rb'"shard_bytes": ([1-9][0-9]{0,17})\b')
_VERSION = re.compile(rb'"stream_version": ([0-9]{1,9})\b')


class Evidence(NamedTuple):
    """The statements of a folder about itself. No single one is believed.

    Attributes:
        texts: The recipe's texts, wherever one was found.
        hashes: The recipe's hashes, wherever one was found.
        versions: The stream's versions, wherever one was found.
        note: The content of `fastinit.json`; empty if there is none.
    """

    texts: list[str]
    hashes: list[object]
    versions: list[str]
    note: bytes


class DamagedLiterals(Exception):
    """The file of literal values is not the one that the recipe names."""

    def __init__(self, file: str, expected: str, found: str) -> None:
        super().__init__(file, expected, found)
        self.file, self.expected, self.found = file, expected, found


class Replanned(NamedTuple):
    """The plan of a checkpoint, and the copies that differ from the note: name -> (expected, found)."""

    plan: Plan
    strange: dict[str, tuple[str, str]]


def replan(folder: Path, names: Iterable[str]) -> Replanned:
    """Plans again the checkpoint in a folder that has files of these names.

    Raises:
        CheckpointError: There is no recipe to plan from, or it is for another stream version.
        DamagedLiterals: The literal values are damaged, and without them there is no plan.
    """
    evidence = _collect(folder, names)
    text = _recipe_text(folder, evidence)
    _check_version(folder, evidence)
    copies, strange = _copies(folder, names, evidence.note)
    try:
        recipe = parse_recipe(text, layout.RECIPE_FILE)
        recipe = _with_literals(dataclasses.replace(recipe, copies=copies), folder)
        return Replanned(make_plan(recipe, _shard_bytes(evidence.note)), strange)
    except RecipeError as error:
        raise CheckpointError(f"{show_path(folder)}: its recipe cannot be used: {error}") from None


def _with_literals(recipe: Recipe, folder: Path) -> Recipe:
    """Reads the literal values that a recipe names, from the files that the note lists for it."""
    if recipe.literals_sha256 is None:
        return recipe
    name = file_of(recipe.literals_sha256)
    content = recipe.copies.get(name) or _read(folder / name)
    if content is None:
        raise DamagedLiterals(name, "there, because the recipe names it", "no such file")
    found = _sha256(content)
    if found != recipe.literals_sha256:
        raise DamagedLiterals(name, f"of SHA-256 '{recipe.literals_sha256}', as the recipe says", repr(found))
    return with_literals(recipe, checked(content, found), content)


def _collect(folder: Path, names: Iterable[str]) -> Evidence:
    """Collects all that can still be read."""
    note = _read(folder / layout.NOTE_FILE) or b""
    versions = [match[1].decode() for match in _VERSION.finditer(note)]
    evidence = Evidence([], [_table(note).get("recipe_sha256")], versions, note)
    content = _read(folder / layout.RECIPE_FILE)
    if content is not None:
        evidence.texts.append(content.decode(errors="replace"))
    for file in _files(folder, names):
        if layout.RECIPE_KEY in file.metadata:
            evidence.texts.append(file.metadata[layout.RECIPE_KEY])
            evidence.hashes.append(file.metadata.get(layout.HASH_KEY))
            evidence.versions.append(file.metadata.get("fastinit.stream_version", ""))
            if len(evidence.texts) > _WITNESSES:
                break
    return evidence


def _files(folder: Path, names: Iterable[str]) -> Iterator[StoredFile]:
    """The files with an intact header."""
    for name in names:
        if name.endswith(FILE_SUFFIX):
            try:
                yield read_checkpoint(folder / name).files[0]
            except CheckpointError:
                continue


def _read(path: Path) -> bytes | None:
    try:
        return read_small(path, MAX_SMALL_BYTES)
    except CheckpointError:
        return None


def _table(note: bytes) -> dict[str, object]:
    try:
        return parse_json(note, layout.NOTE_FILE)
    except ValueError:
        return {}


def _recipe_text(folder: Path, evidence: Evidence) -> str:
    """The recipe whose hash occurs most often; the first one of several."""
    votes = [evidence.hashes.count(_sha256(text.encode())) for text in evidence.texts]
    if not any(votes):
        what = ": no hash matches the text there" if evidence.texts else ""
        raise CheckpointError(
            f"{show_path(folder)} has no usable recipe in {layout.RECIPE_FILE} or in a file's header{what}; "
            "it is not a checkpoint of fastinit, or too little is left of it"
        )
    return evidence.texts[votes.index(max(votes))]


def _check_version(folder: Path, evidence: Evidence) -> None:
    own = str(_core.stream_version)
    if evidence.versions and own not in evidence.versions:
        raise CheckpointError(
            f"{show_path(folder)} has values of stream version {show(evidence.versions[0])}, and this fastinit "
            f"verifies version {own}; use the version of fastinit that wrote it"
        )


def _copies(folder: Path, names: Iterable[str], note: bytes) -> tuple[dict[str, bytes], dict[str, tuple[str, str]]]:
    """The copied small files that are intact, and those that differ from the note."""
    own = (layout.RECIPE_FILE, layout.NOTE_FILE, layout.INDEX_FILE)
    small = (name for name in names if not name.endswith(FILE_SUFFIX) and name not in own)
    contents = {name: content for name in small if (content := _read(folder / name)) is not None}
    by_hash = {_sha256(content): name for name, content in contents.items()}
    told = _table(note).get("copies")
    if not isinstance(told, dict):  # the note is damaged, so take the copies whose name or hash is in it
        marks = {name: (os.fsencode(f'"{name}"'), h.encode()) for h, name in by_hash.items()}
        return {n: contents[n] for n, (a, b) in marks.items() if a in note or b in note}, {}
    copies: dict[str, bytes] = {}
    strange = {}
    for name, digest in told.items():
        # A file is found by its hash even if its name in the note is wrong.
        actual = name if name in contents else by_hash.get(str(digest))
        if actual is None:
            strange[name] = (f"a file of SHA-256 {show(digest)}", "none that can be read")
            continue
        copies[actual] = contents[actual]
        found = _sha256(contents[actual])
        if found != digest:
            strange[name] = (f"of SHA-256 {show(digest)}", repr(found))
    return copies, strange


def _shard_bytes(note: bytes) -> int:
    """The shard size in the note, or else the default; the comparison will then find the damage in the note."""
    match = _SHARD_BYTES.search(note)
    return DEFAULT_SHARD_BYTES if match is None else int(match[1])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
