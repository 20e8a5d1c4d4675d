"""The command line: output, exit codes, and errors on one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastinit
from fastinit.cli import main

EXAMPLE = Path(__file__).parent.parent / "examples" / "llama-3.2-1b.toml"
RECIPE = """
seed = 1
dtype = "bfloat16"
[tensors]
"model.[bold].a{0..1}" = [40, 30]
"norm" = [30]
[[rule]]
match = "nor[m]"
init = "ones"
[[rule]]
match = "*"
init = "normal"
std = 0.02
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "r.toml"
    path.write_text(RECIPE)
    return path


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fastinit", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def fails(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """Runs a command that must fail, and returns the one line that it prints."""
    try:
        result = main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        result = int(exit_.code or 0)
    output = capsys.readouterr()
    assert (result, output.out) == (code, "")
    assert output.err.count("\n") == 1
    assert output.err.startswith("fastinit: error: ")
    return output.err


def test_init_writes_and_says_so(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["init", str(recipe), str(out), "--shard-size", "3KB", "--threads", "1"]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("wrote 3 tensors, 2,430 parameters, 4.86 KB in 2 files to ")
    assert output.out.endswith("B/s)\n")
    assert output.err == ""
    assert sorted(os.listdir(out)) == [
        "fastinit.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "recipe.toml",
    ]
    assert fastinit.get_num_threads() == 1


def test_quiet_init_says_nothing(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(recipe), str(tmp_path / "out"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_plan_shows_every_tensor(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(recipe), "--shard-size", "3KB"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines]
    assert rows[0] == ["tensor", "shape", "dtype", "rule", "match", "std", "bytes", "file"]
    file = "model-0000{}-of-00002.safetensors"
    for number in (0, 1):
        assert rows[1 + number] == [
            f"model.[bold].a{number}", "[40,", "30]", "bfloat16", "normal(std=0.02)", "*", "0.02",
            "2,400", file.format(1 + number),
        ]  # fmt: skip
    assert rows[3] == [
        "norm", "[30]", "bfloat16", "ones()", "nor[m]", "0", "60", file.format(2)
    ]  # fmt: skip
    assert lines[4] == "3 tensors, 2,430 parameters, 4.86 KB in 2 files"


def test_plan_of_the_example_is_whole_when_piped() -> None:
    done = run("plan", EXAMPLE, COLUMNS="40")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 1 + 146 + 1
    assert lines[-1] == "146 tensors, 1,235,814,400 parameters, 2.472 GB in 1 file"
    assert any(
        line.startswith("model.layers.15.post_attention_layernorm.weight ") for line in lines
    )


def test_plan_works_where_output_is_ascii() -> None:
    done = run("plan", EXAMPLE, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


def test_info_tells_what_is_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line[:16].strip(): line[17:] for line in lines}
    build = fastinit.build_info()
    assert rows["fastinit"] == build["version"]
    assert rows["stream version"] == build["stream_version"]
    assert rows["instruction set"].startswith(f"{build['isa']}, out of: scalar (built, supported")
    assert rows["threads"] == str(fastinit.get_num_threads())
    assert rows["element types"].startswith("float64, float32, float16, bfloat16, float8_e4m3fn")
    assert rows["cuda"] == "not built"
    assert rows["numpy"] == np.__version__
    assert all(rows[name] for name in ("compiler", "openmp", "ml_dtypes", "python"))


def test_version_and_help_name_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--version"], ["--help"], ["init", "--help"]):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 0
        output = capsys.readouterr().out
        if arguments == ["--version"]:
            assert output == f"fastinit {fastinit.build_info()['version']}\n"
        else:
            assert "130  interrupted by Ctrl-C" in output


USAGE = {
    (): "the following arguments are required: COMMAND; see fastinit --help",
    ("frobnicate",): "invalid choice: 'frobnicate'",
    ("init", "r.toml"): "the following arguments are required: OUT; see fastinit init --help",
    ("plan", "r.toml", "--shard-size", "5XB"): "argument --shard-size: a size must be a number and",
    ("init", "r.toml", "o", "--threads", "0"): "argument --threads: must be a number from 1 to",
    ("init", "r.toml", "o", "--threads", "two"): "argument --threads: must be a number from 1 to",
    ("init", "r.toml", "o", "--threads", "9" * 99): "argument --threads: must be a number from 1",
    ("plan", "none.toml"): "cannot read the recipe none.toml: No such file or directory",
}


@pytest.mark.parametrize("arguments", USAGE, ids=str)
def test_wrong_usage_is_one_line_and_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert USAGE[arguments] in fails(capsys, 2, *arguments)


@pytest.mark.parametrize("command", ["init", "plan"])
def test_bad_recipe_is_one_line_and_2(
    command: str, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe.write_text(RECIPE.replace("std = 0.02", "std = -0.02"))
    out = [tmp_path / "out"] if command == "init" else []
    message = fails(capsys, 2, command, recipe, *out)
    assert "r.toml: tensor 'model.[bold].a0', rule 2 (match = \"*\"): `std` must be" in message
    assert os.listdir(tmp_path) == ["r.toml"]


def test_existing_out_is_one_line_and_1(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "OUT must not exist" in fails(capsys, 1, "init", recipe, tmp_path)
    assert os.listdir(tmp_path) == ["r.toml"]


LIMITED = """
import resource, sys
from fastinit.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
sys.exit(main(sys.argv[1:]))
"""


def test_write_that_fails_is_one_line_and_1(recipe: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "init", recipe, tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"fastinit: error: cannot write {tmp_path / 'out'}: File too large "
        "(nothing was left behind)\n"
    )
    assert os.listdir(tmp_path) == ["r.toml"]


def test_reader_that_leaves_is_no_error(recipe: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fastinit", "plan", recipe],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait() == 0
