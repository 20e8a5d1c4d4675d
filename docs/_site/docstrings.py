"""Docstrings as pages: their text is plain, with names in single backticks, and some get a formula."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from formulas import FORMULAS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# What is in backticks, a name or other code; a page; and what reStructuredText would take for markup.
_MARKUP = re.compile(
    r"(?P<name>`[\w.]*\w`)|(?P<code>`+[^`]+`+)|docs/(?P<page>[\w-]+)\.md|(?P<mark>[*|\\]|(?<=\w)_(?!\w))"
)


def _escaped(found: re.Match[str]) -> str:
    if found["mark"]:
        return f"\\{found['mark']}"
    if found["page"]:
        return f":doc:`/{found['page']}`"
    return found["name"] or f"``{found['code'].strip('`')}``"


def plain(_app: Sphinx, kind: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    is_code = False
    for number, line in enumerate(lines):
        is_code = line.lstrip().startswith(">>>") or (is_code and bool(line.strip()))
        if not is_code:
            lines[number] = _MARKUP.sub(_escaped, line)
    if name in FORMULAS:
        end = lines.index("") if "" in lines else len(lines)
        lines[end:end] = ["", ".. math::", "", *(f"   {row}" for row in FORMULAS[name].splitlines()), ""]
    if kind == "property":
        lines[:0] = ["..", ""]  # a comment, as napoleon takes what is before a colon in the first line for a type


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", plain, priority=400)  # before napoleon reads the sections
    return {"parallel_read_safe": True, "parallel_write_safe": True}
