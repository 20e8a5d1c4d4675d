"""What commands show in terminals of several widths, and that a pipe gets whole lines without colours."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from fastinit.columns import folded
from tests.cli.commands import in_terminal, run

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "fastinit")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
RECIPE = """
seed = 1
dtype = "bfloat16"
[tensors]
"model.layers.{0..11}.self_attn.rotary_projection.weight" = [40, 300]
"model.layers.{0..11}.post_attention_layernorm.weight" = [30]
[[rule]]
match = "*norm.weight"
init = "ones"
[[rule]]
match = "*"
init = "normal"
std = 0.0123456789012345
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "r.toml").write_text(RECIPE)
    return tmp_path / "r.toml"


@pytest.fixture
def checkpoint(recipe: Path, tmp_path: Path) -> Path:
    assert run("init", recipe, tmp_path / "out").returncode == 0
    return tmp_path / "out"


def shown(text: str) -> list[str]:
    """The lines that remain on the screen: without colours, and without the bar, which is wiped away."""
    return ESCAPE.sub("", re.sub(r"^.*\x1b\[1A\x1b\[2K", "", text, flags=re.DOTALL)).splitlines()


@pytest.mark.parametrize("columns", [60, 80, 140])
@pytest.mark.parametrize("command", ["plan", "stats", "examples", "presets", "info"])
def test_tables_fit_the_terminal(command: str, columns: int, recipe: Path, checkpoint: Path) -> None:
    arguments = {"plan": [recipe], "stats": [checkpoint]}.get(command, [])
    code, text = in_terminal(columns, *COMMAND, command, *arguments)
    assert code == 0
    lines = [line for line in shown(text) if not line.startswith("  ")] if command == "info" else shown(text)
    most = {"plan": 90, "stats": 90}.get(command, columns)  # the line that sums up is one line
    assert max(map(len, lines[:-2])) <= columns
    assert max(map(len, lines[-2:])) <= max(columns, most)


def test_stats_fold_layers_in_a_terminal_and_show_all_in_a_pipe(checkpoint: Path) -> None:
    _, text = in_terminal(140, *COMMAND, "stats", checkpoint)
    rows = [line.split() for line in shown(text)]
    assert [row[0] for row in rows] == [
        "tensor",
        "model.layers.{0..11}.self_attn.rotary_projection.weight",
        "model.layers.{0..11}.post_attention_layernorm.weight",
        "24",
    ]
    piped = run("stats", checkpoint, COLUMNS="60").stdout.splitlines()
    assert len(piped) == 26
    whole = in_terminal(300, *COMMAND, "stats", checkpoint, "--whole").text
    assert [line.split() for line in shown(whole)] == [line.split() for line in piped]
    # What is folded lies between what is piped.
    stds = [float(line.split()[5]) for line in piped[1:-1] if "rotary" in line]
    assert [float(end) for end in rows[1][4].split("..")] == [min(stds), max(stds)]


@pytest.mark.parametrize("command", ["plan", "stats", "examples", "info"])
def test_terminal_of_any_width_is_no_error(command: str, recipe: Path, checkpoint: Path) -> None:
    arguments = {"plan": [recipe], "stats": [checkpoint]}.get(command, [])
    for columns in (1, 4, 5):
        code, text = in_terminal(80, *COMMAND, command, *arguments, COLUMNS=str(columns))
        assert (code, "Traceback" in text) == (0, False)


FOREIGN: dict[str, list[str]] = {
    "a range": ["a{0..2}", "a0"],
    "braces": ["a{x", "{}", "a{2..0}"],
    "long": [f"{'x' * 1200}.{layer}" for layer in range(3)],
    "nothing": [],
}


@pytest.mark.parametrize("case", FOREIGN)
def test_any_names_have_statistics_in_a_terminal(case: str, tmp_path: Path) -> None:
    save_file({name: np.ones(3, np.float32) for name in FOREIGN[case]}, tmp_path / "m.safetensors")
    code, text = in_terminal(2000, *COMMAND, "stats", tmp_path / "m.safetensors")
    assert code == 0
    names = [line.split()[0] for line in shown(text)]
    folded = [f"{'x' * 1200}.{{0..2}}"] if case == "long" else sorted(FOREIGN[case])
    assert names == ["tensor", *folded, str(len(FOREIGN[case]))]


def test_plan_folds_names_as_long_as_they_may_be(tmp_path: Path) -> None:
    name = "x" * 996
    (tmp_path / "r.toml").write_text(
        f"seed = 1\ndtype = 'float32'\n[tensors]\n'{name}.10' = [2]\n'{name}.11' = [2]\n"
        "[[rule]]\nmatch = '*'\ninit = 'ones'\n"
    )
    done = run("plan", tmp_path / "r.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{name}.{{10..11}} " in done.stdout


def test_marked_rows_are_red_and_not_folded(checkpoint: Path) -> None:
    (file,) = checkpoint.glob("*.safetensors")
    tensors = load_file(file)
    zeroed = [f"model.layers.{layer}.self_attn.rotary_projection.weight" for layer in (7, 8)]
    tensors |= {name: np.zeros_like(tensors[name]) for name in zeroed}
    with safe_open(file, "numpy") as opened:
        metadata = opened.metadata()
    save_file(tensors, file, metadata)
    code, text = in_terminal(200, *COMMAND, "stats", checkpoint)
    assert code == 3
    red = [line for line in text.splitlines() if "\x1b[1;31m" in line]
    names = [ESCAPE.sub("", line).split()[0] for line in red]
    assert [first for first in names if first.startswith("model")] == zeroed
    assert names[-1] == "24"  # the line that sums up
    assert "model.layers.{0..6}.self_attn" in text
    assert "model.layers.{9..11}.self_attn" in text


def test_dtype_of_all_is_told_once(recipe: Path) -> None:
    lines = shown(in_terminal(140, *COMMAND, "plan", recipe).text)
    assert "dtype" not in lines[0]
    assert lines[-1].endswith(", all bfloat16, seed 1")
    assert "normal(std=0.0123457)" in lines[1]
    assert "normal(std=0.0123456789012345)" in run("plan", recipe).stdout


COLOURED = {
    "terminal": ({}, True),
    "NO_COLOR": ({"NO_COLOR": "1"}, False),
    "NO_COLOR is empty": ({"NO_COLOR": ""}, True),
    "NO_COLOR and FORCE_COLOR": ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    "dumb": ({"TERM": "dumb"}, False),
    "dumb and FORCE_COLOR": ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
}


@pytest.mark.parametrize("case", COLOURED)
def test_terminal_has_colours_as_the_environment_says(case: str) -> None:
    variables, has_colour = COLOURED[case]
    code, text = in_terminal(80, *COMMAND, "inti", **variables)
    assert code == 2
    assert ESCAPE.sub("", text) == "fastinit: error: there is no command 'inti'; did you mean 'init'?\n"
    assert ("\x1b[1;31merror" in text) == has_colour
    assert ("\x1b[1mUsage:" in in_terminal(80, *COMMAND, "--help", **variables).text) == has_colour


def test_pipe_has_colours_only_where_they_are_forced(recipe: Path) -> None:
    for words in (("plan", recipe), ("--help",), ("inti",)):
        done = run(*words, TERM="xterm-256color")
        assert "\x1b" not in done.stdout + done.stderr
        done = run(*words, FORCE_COLOR="1")
        assert "\x1b[" in done.stdout + done.stderr


def test_pipe_gets_no_bar_even_where_colours_are_forced(recipe: Path, tmp_path: Path) -> None:
    done = run("init", recipe, tmp_path / "out", FORCE_COLOR="1")
    assert done.stderr == ""


@pytest.mark.parametrize("option", [[], ["-q"]], ids=["plain", "quiet"])
def test_bar_is_on_terminals_and_leaves_with_quiet(option: list[str], recipe: Path, tmp_path: Path) -> None:
    code, text = in_terminal(80, *COMMAND, "init", recipe, tmp_path / "out", *option)
    assert code == 0
    assert ("writing" in text) == (not option)
    if option:
        assert text == ""
    else:
        assert shown(text)[-1].startswith("wrote 24 tensors, ")


@pytest.mark.parametrize("option", [[], ["-q"]], ids=["plain", "quiet"])
def test_spinner_is_shown_while_a_library_loads(option: list[str], tmp_path: Path, checkpoint: Path) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "matplotlib.py").write_text("import time; time.sleep(0.5); raise ImportError('broken')\n")
    words = (*COMMAND, "stats", checkpoint, "--plot", tmp_path / "a.svg", *option)
    code, text = in_terminal(200, *words, PYTHONPATH=str(tmp_path / "slow"))
    assert code == 1
    assert ("loading matplotlib" in text) == (not option)
    assert "--plot needs matplotlib, which cannot be loaded (broken)" in text
    assert "loading" not in run(*words[3:], PYTHONPATH=str(tmp_path / "slow")).stderr


TEXT = "a text of forty characters, give or take"


def test_a_text_goes_below_the_other_columns_where_it_would_be_a_narrow_column_of_many_lines() -> None:
    def lines_in(width: int, text: str) -> list[str]:
        rows = [("name", "what"), ("n" * 20, text)]
        return [*folded(rows, ("name", "what"), width)][1]

    assert len(lines_in(40, TEXT)) == 3  # beside the name, in 18 characters
    below = lines_in(40, 3 * TEXT)
    assert below[0] == "n" * 20
    assert all(line.startswith("    ") and line[4] != " " for line in below[1:])
    assert lines_in(62, 3 * TEXT)[0].startswith("n" * 20 + "  a text of")


@pytest.mark.parametrize("columns", [40, 60])
def test_examples_in_help_go_on_below_themselves(columns: int) -> None:
    lines = shown(in_terminal(columns, *COMMAND, "help").text)
    assert max(map(len, lines)) <= columns
    place = lines.index("  fastinit init llama-3.2-1b out")
    assert lines[place + 1] == "      write a checkpoint of 2.5 GB"
    lines = shown(in_terminal(columns, *COMMAND, "help", "init").text)
    assert lines[-1].startswith("      ")
