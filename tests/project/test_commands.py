"""fastinit takes the commands and the recipes that the pages of the docs show."""

from __future__ import annotations

import re
import shlex

import pytest

from fastinit.cli import main
from fastinit.cli.parser import make_parser, takes_recipe
from fastinit.recipes.contents import plan_tensors
from fastinit.recipes.presets import read_preset
from fastinit.recipes.recipe import FILE_KEYS, read_table, recipe_of
from tests.project.pages import PAGES, ROOT

TEXTS = {**PAGES, "README.md": (ROOT / "README.md").read_text()}
BLOCKS = [
    (page, language, code)
    for page, text in TEXTS.items()
    for language, code in re.findall(r"^```(sh|console|toml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
]
COMMANDS = [
    (page, line)
    for page, language, code in BLOCKS
    if language != "toml"
    for line in re.findall(r"^(?:\$ |)fastinit (.+)", code, re.MULTILINE)
]
RECIPES = [(page, code) for page, language, code in BLOCKS if language == "toml"]


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_commands_of_pages_have_these_options(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    assert make_parser(takes_recipe(words)).parse_args(words), page


@pytest.mark.parametrize(("page", "text"), RECIPES)
def test_recipes_of_pages_can_be_planned(page: str, text: str) -> None:
    table = read_table(text)
    read_preset(table.pop("preset", "hf"))
    is_partial = "tensors" not in table
    if is_partial:  # rules alone, or rules for a configuration: they get a tensor for each pattern
        patterns = " ".join(str(rule["match"]) for rule in table.get("rule", ()))
        names = [re.sub(r"\{(\d+)\.\.\d+\}", r"\1", name) for name in re.findall(r"[^\s',\[\]]+", patterns)]
        table = {key: value for key, value in table.items() if key not in FILE_KEYS}
        table |= {"seed": 0, "dtype": "float32", "layout": "torch"}
        table |= {"tensors": {name.replace("*", "layers"): [64, 64] for name in names}}
        table["let"] = {"width": 512, **table.get("let", {})}
    if "rule" in table:
        recipe = recipe_of(table, text, page)
        assert plan_tensors(recipe.tensors, recipe.rules, recipe.setting, is_partial=is_partial)


def test_plan_on_a_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    ((line, shown),) = re.findall(r"^\$ fastinit (plan .+)\n((?:.+\n)+)```", PAGES["docs/recipes.md"], re.MULTILINE)
    assert main(line.split()) == 0
    assert capsys.readouterr().out == shown
