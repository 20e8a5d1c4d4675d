"""The reference has every public name, and no other."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

import fastinit

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = {
    "fastinit": ("initializers", "settings"),
    "fastinit.torch": ("torch",),
    "fastinit.keras": ("keras",),
    "fastinit.jax": ("jax",),
    "fastinit.checkpoint": ("checkpoint",),
    "fastinit.signal": ("signal",),
}


@pytest.mark.parametrize("module", PAGES)
def test_reference_has_every_public_name_and_no_other(module: str) -> None:
    pytest.importorskip(
        module.removeprefix("fastinit").lstrip(".").replace("checkpoint", "").replace("signal", "") or "numpy"
    )
    text = "\n".join((REFERENCE / f"{page}.md").read_text() for page in PAGES[module])
    public = set(importlib.import_module(module).__all__)
    entries = set(re.findall(rf"^   ~{re.escape(module)}\.(\w+)$", text, re.MULTILINE))
    mentioned = entries | set(re.findall(r"`(?:fastinit\.)?(\w+)`", text))
    assert public <= mentioned
    assert entries <= public


def test_docstrings_link_traps_that_the_page_has() -> None:
    site = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Documentation"]
    package = Path(fastinit.__file__).parent
    text = "\n".join(path.read_text() for path in (*package.rglob("*.py"), *package.rglob("*.pyi")))
    links = re.findall(rf"{re.escape(site)}traps\.html#([\w-]+)", text)
    headings = re.findall(r"^## (.+)$", (ROOT / "docs" / "traps.md").read_text(), re.MULTILINE)
    assert links
    assert set(links) <= {heading.lower().replace(" ", "-").replace(",", "") for heading in headings}
