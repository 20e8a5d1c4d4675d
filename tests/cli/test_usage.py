"""Help, and wrong usage: one line that says what was meant."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import fastinit
from fastinit.cli import main
from fastinit.cli.parser import COMMANDS
from tests.cli.commands import fails, run

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "fastinit"]


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Runs a command that must end with 0, and returns what it prints."""
    with pytest.raises(SystemExit) as exit_:
        main(words)
    assert exit_.value.code == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--version") == f"fastinit {fastinit.build_info()['version']}\n"


def test_fastinit_alone_shows_the_help_and_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    help_ = shown(capsys, "--help")
    assert help_ == shown(capsys, "-h") == shown(capsys, "help")
    assert main([]) == 2
    assert capsys.readouterr() == (help_, "")


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split() for line in shown(capsys, "help").splitlines()]
    names = [line[0] for line in lines if line]
    assert {*COMMANDS, "0", "1", "2", "3", "130", "143"} <= {*names}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_the_same_by_word_and_by_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "help", name)
    assert text == shown(capsys, name, "--help") == shown(capsys, name, "-h")
    assert text.startswith(f"Usage: fastinit {name}")
    assert COMMANDS[name][1] in text


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_the_terminal(
    name: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    _, _, text = shown(capsys, "help", *([name] if name else [])).partition("\n\n")  # past the forms, which are as long
    assert max(map(len, text.splitlines())) <= min(columns, 100)


SLOW = {
    "numpy",
    "rich",
    "argcomplete",
    "fastinit.checkpoint",
    "fastinit.recipes",
    "fastinit.sources",
    "fastinit.signal",
}
HELP = f"""
import sys
sys.argv = ["fastinit", "init", "--help"]
from fastinit.cli import main
try:
    main()
except SystemExit:
    sys.exit(", ".join({SLOW} & {{*sys.modules}}) or 0)
"""


def test_help_waits_for_nothing_that_only_commands_need() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


USAGE = {
    ("inti",): "there is no command 'inti'; did you mean 'init'?\n",
    ("frobnicate",): "there is no command 'frobnicate'; choose from init, plan, verify, ",
    ("help", "stat"): "there is no command 'stat'; did you mean 'stats'?\n",
    ("init", "r.toml"): "OUT is missing; see fastinit init --help",
    ("init",): "these are missing: RECIPE, OUT; see fastinit init --help",
    ("init", "--like", "d"): "OUT is missing; see fastinit init --help",
    ("init", "--like", "d", "--config", "c", "o"): "--like and --config both say which tensors to",
    ("init", "--config", "c", "o", "--layout", "torch"): "--layout goes with --like; a config's mo",
    ("plan", "r.toml", "--sed", "1"): "fastinit plan has no option --sed; did you mean '--seed'?\n",
    ("plan", "r.toml", "--threads", "1"): "fastinit plan has no option --threads; see fastinit plan --help",
    ("plan", "r.toml", "b.toml", "c"): "fastinit plan takes no more arguments, got 'c'; see fastinit plan --help",
    ("plan", "r.toml", "--json", "--toml"): "--toml does not go with --json; leave one out; see",
    ("plan", "r.toml", "--shard-size", "5XB"): "--shard-size: a size must be a number > 0 and",
    ("plan", "r.toml", "--shard-size", "5"): "--shard-size: 5 has no unit; write 5GB or 5MiB; see",
    ("plan", "r.toml", "--dtype", "bfloat61"): "--dtype: there is no dtype 'bfloat61'; did you mean 'bfloat16'?\n",
    ("plan", "r.toml", "--dtype", "int64"): "--dtype: there is no dtype 'int64'; choose from float64, float32, ",
    ("plan", "r.toml", "--layout", "jax"): "--layout: there is no layout 'jax'; choose from keras, torch; see",
    ("plan", "r.toml", "--copy"): "--copy goes with --like or --config; write it into the recipe",
    ("plan", "r.toml", "--set", "a=1"): "--set goes with --config; write it into the recipe",
    ("plan", "--like", "d", "--set", "a=1"): "--set goes with --config; a checkpoint's own files say what its tensors",
    ("plan", "--like", "d", "--unquantized"): "--unquantized goes with --config; a checkpoint's own files say",
    ("plan", "--config", "c", "--set", "a"): "--set must be KEY=VALUE, such as hidden_size=64, got 'a'",
    ("plan", "--config", "c", "--set", "=1"): "--set must be KEY=VALUE, such as hidden_size=64, got '=1'",
    ("plan", "--config", "c", "--set", "a=[b]"): '--set must have a value that is JSON, such as ["a", "b"],',
    (
        "plan",
        "--like",
        "d",
        "--preset",
        "megatrn",
    ): "--preset: there is no preset 'megatrn'; did you mean 'megatron'?\n",
    (
        "plan",
        "--like",
        "d",
        "--preset",
        "zzz",
    ): """--preset: there is no preset 'zzz'; "fastinit presets" lists them;""",
    ("plan", "--like", "d", "--seed", str(2**64)): "--seed must be a whole number from 0 to",
    ("plan", "--like", "d", "--seed"): "--seed needs a value; see fastinit plan --help",
    ("plan", "--like", "none"): "none",
    ("init", "r.toml", "o", "--threads", "0"): "--threads must be a whole number from 1 to 1024, got '0'; see",
    ("init", "r.toml", "o", "--threads", "1025"): "--threads must be a whole number from 1 to 1024, got '1025'",
    ("init", "r.toml", "o", "--threads", "two"): "--threads must be a whole number from 1 to",
    ("init", "r.toml", "o", "--threads", "9" * 99): "--threads must be a whole number from 1",
    ("init", "r.toml", "o", "--force=yes"): "--force takes no value, got 'yes'",
    ("verify",): "DIR is missing; see fastinit verify --help",
    ("completion", "fsh"): "there is no shell 'fsh'; did you mean 'fish'?\n",
    ("plan", "r.toml", "--dtype", "bf61"): "--dtype: there is no dtype 'bf61'; did you mean 'bf16'?\n",
    ("plan", "none.toml"): "cannot read the recipe none.toml: No such file or directory; name a TOML file",
    ("plan", "gtp2"): "cannot read the recipe gtp2: No such file or directory; did you mean 'gpt2'?\n",
}


EMPTY = (
    ("plan", "a.toml", ""),
    ("init", "gpt2", "", "--force"),
    ("stats", ""),
    ("stats", "out", "--plot", ""),
    ("plan", "gpt2", "--save", ""),
)


@pytest.mark.parametrize("words", EMPTY, ids=str)
def test_empty_argument_is_wrong_usage(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert "an argument is empty, perhaps a variable that is not set; see" in fails(capsys, 2, *words)


def test_option_that_is_given_without_its_value_is_not_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    assert "a recipe's file name must end in .toml, got ''" in fails(capsys, 2, "plan", "gpt2", "--save=")
    pytest.importorskip("matplotlib")
    assert "cannot write '': its name must end in ." in fails(capsys, 1, "stats", "none", "--plot=")


@pytest.mark.parametrize("arguments", USAGE, ids=str)
def test_wrong_usage_is_one_line_and_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert USAGE[arguments] in fails(capsys, 2, *arguments)


def test_quiet_has_a_short_form(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("init", "plan", "verify", "stats", "probe"):
        assert "-q, --quiet" in shown(capsys, "help", name)


def test_full_output_of_help_is_one_line() -> None:
    full = subprocess.run(
        ["sh", "-c", 'exec "$@" > /dev/full', "sh", *COMMAND, "--help"], check=False, stderr=subprocess.PIPE, text=True
    )
    assert full.returncode == 1
    assert full.stderr == "fastinit: error: cannot write to standard output: No space left on device\n"


def test_missing_library_is_told_before_the_work(tmp_path: Path) -> None:
    blocked, out = tmp_path / "blocked", tmp_path / "out"
    blocked.mkdir()
    for name in ("matplotlib", "distributed", "transformers", "torch"):
        (blocked / f"{name}.py").write_text(f"raise ModuleNotFoundError('none', name={name!r})\n")
    for words, module, extra in (
        (("init", "gpt2", out, "--dask", "tcp://x:1"), "distributed", "dask"),
        (("init", "--config", "none.json", out), "torch", "transformers"),
        (("stats", "none", "--plot", "a.png"), "matplotlib", "plot"),
        (("probe", "--config", "none.json"), "torch", "transformers"),
    ):
        done = run(*words, PYTHONPATH=str(blocked))
        option = "--plot" if module == "matplotlib" else "--dask" if module == "distributed" else "--config"
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"fastinit: error: {option} needs {module}, which is not installed; run `pip install {module}`, "
            f'or `pip install ".[{extra}]"` in a clone of fastinit\n'
        )
    assert not out.exists()
