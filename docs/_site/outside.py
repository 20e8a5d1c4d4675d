"""Files of the repository that lie outside docs/: some are pages of the site, the others are for download."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGES = {"changelog": "CHANGELOG.md", "contributing": "CONTRIBUTING.md"}
_ROOT = Path(__file__).parents[2]


def read(_app: Sphinx, page: str, source: list[str]) -> None:
    """A page that stands for such a file has its text, and links to the file lead to the page."""
    if page in PAGES:
        source[0] = (_ROOT / PAGES[page]).read_text().replace("](docs/", "](")
    for name, file in {**PAGES, "index": "README.md"}.items():
        source[0] = re.sub(rf"\]\(((?:\.\./)*)\.\./{file}(?=[)#])", rf"](\g<1>{name}.md", source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
