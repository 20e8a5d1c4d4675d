"""The sources of models: a module for each library.

Each has `PACKAGES`, which it needs and whose versions the page names; `COLUMNS`, its steps; `names()`, its models; and
`attempt(name, steps)`, which tries one.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

SOURCES = ("transformers", "timm", "torch", "diffusers")


def load(name: str) -> Any:
    """Returns the module of a source. Its packages need not be installed."""
    return importlib.import_module(f"{__package__}.{name}")


def missing(name: str) -> list[str]:
    """The packages of a source that are not installed."""
    return [package for package in load(name).PACKAGES if importlib.util.find_spec(package) is None]
