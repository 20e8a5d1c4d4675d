"""Where models come from: a module for each library.

Each has `PACKAGES`, which it needs and whose versions the page names; `COLUMNS`, its steps; `names()`, its models; and
`attempt(name, steps)`, which tries one.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

SOURCES = ("transformers", "timm", "torch", "diffusers")


def load(name: str) -> Any:
    """The module of a source; needs none of its packages."""
    return importlib.import_module(f"{__package__}.{name}")


def missing(name: str) -> list[str]:
    """The packages of a source that are not installed."""
    return [package for package in load(name).PACKAGES if importlib.util.find_spec(package) is None]
