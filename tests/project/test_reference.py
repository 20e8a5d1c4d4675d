"""The reference has every public name, and no other."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
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
