"""The fastinit.json of a folder, which says which plan the folder is for."""

from __future__ import annotations

import json
from typing import Any

from fastinit.checkpoint.writing import destination
from fastinit.errors import show
from fastinit.stored.layout import NOTE_FILE


def read_note(folder: int) -> bytes:
    """Returns the content of an open folder's fastinit.json; empty if there is none."""
    try:
        return destination.read_file(NOTE_FILE, folder)
    except FileNotFoundError:
        return b""


def parsed(note: bytes) -> dict[str, Any] | None:
    """Parses a fastinit.json; None if it is not one."""
    try:
        content = json.loads(note)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and "recipe_sha256" in content else None


def difference(theirs: dict[str, Any], note: bytes) -> str:
    """Words the plainest difference of another fastinit.json from the plan's, as any difference changes the hash."""
    ours = json.loads(note)
    for key, what in (
        ("stream_version", "stream version"),
        ("seed", "seed"),
        ("tensors", "number of tensors"),
        ("parameters", "number of parameters"),
        ("tensor_bytes", "size in bytes (`dtype`)"),
        ("shard_bytes", "shard size in bytes"),
        ("copies", "copied files"),
    ):
        if theirs.get(key) != ours[key]:
            return f"its {what} is {show(theirs.get(key))}, and this run has {show(ours[key])}"
    return "it was made from another recipe, or with another `dtype`, `layout` or `preset`"
