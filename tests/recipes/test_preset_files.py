"""Presets as files: their form, and the spread that each gives to a small model, by its source's formula."""

from __future__ import annotations

from pathlib import Path

import pytest

import fastinit
from fastinit.recipes.presets import NAMES, ROLES, read_preset

FOLDER = Path(fastinit.__file__).parent / "presets"


def test_every_file_is_a_preset_and_every_preset_a_file() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_known_and_rules_are_reached(name: str) -> None:
    rules = read_preset(name).rules
    assert {role for rule in rules for role in rule.roles} <= ROLES.keys()
    for_all = [rule for rule in rules if not rule.roles and not rule.match]
    assert for_all in ([], list(rules[-1:]))  # nothing fits after one that fits all
