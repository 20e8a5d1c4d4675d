"""The command line: output, exit codes, and errors on one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import fastinit
from fastinit.checkpoint import load_recipe, make_plan, parse_recipe, write
from fastinit.checkpoint.writing import cluster
from fastinit.cli import commands, main, tables
from fastinit.recipes import examples
from tests.cli.commands import fails, run

NAMES_DECIDE = pytest.mark.filterwarnings("default:names alone decide")  # said on standard error
EXAMPLE = examples.FOLDER / "llama-3.2-1b.toml"
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


def test_init_writes_and_says_so(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_quiet_init_says_nothing(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(recipe), str(tmp_path / "out"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_plan_has_a_row_for_tensors_that_are_alike(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(recipe), "--shard-size", "3KB"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines]
    assert rows[0] == ["tensor", "shape", "dtype", "rule", "std", "bytes"]
    assert rows[1] == ["model.[bold].a{0..1}", "[40,", "30]", "bfloat16", "normal(std=0.02)", "0.02", "4,800"]
    assert rows[2] == ["norm", "[30]", "bfloat16", "ones()", "0", "60"]
    assert lines[3] == "3 tensors, 2,430 parameters, 4.86 KB in 2 files, seed 1"


def test_plan_of_the_example_is_whole_when_piped() -> None:
    done = run("plan", EXAMPLE, COLUMNS="40")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "146 tensors, 1,235,814,400 parameters, 2.472 GB in 1 file, seed 42"
    assert any(line.startswith("model.layers.{0..15}.post_attention_layernorm.weight ") for line in lines)


DEEP = """
seed = 1
dtype = "float32"
[tensors]
"h.{0..3}.w" = [4, 4]
"h.{0..3}.b" = [4]
[[rule]]
match = "*.w"
init = "normal"
std = "0.1 / (layer + 1)"
[[rule]]
match = "*.b"
init = "ones"
slice = { dim = 0, part = 1, of = 4 }
[[rule]]
match = "*.b"
init = "zeros"
"""


def test_row_of_a_plan_spans_what_depends_on_the_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.toml").write_text(DEEP)
    assert main(["plan", str(tmp_path / "r.toml")]) == 0
    _, first, second, _, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("h.{0..3}.w ")
    assert " normal(std='0.1 / (layer + 1)') " in first
    assert " 0.025 to 0.1 " in first
    assert " ones() in 1:2 of axis 0; zeros() " in second


def test_plan_of_two_recipes_shows_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "a.toml", tmp_path / "b.toml"
    one.write_text(DEEP)
    other.write_text(DEEP + "# the same\n")
    assert main(["plan", str(one), str(other)]) == 0
    assert capsys.readouterr().out == "the plans have the same tensors and values\n"
    changed = (
        DEEP.replace("[4, 4]", "[4, 5]").replace('init = "zeros"', 'init = "ones"').replace("seed = 1", "seed = 2")
    )
    other.write_text(changed + '[[rule]]\nmatch = "more"\ninit = "ones"\n')
    text = other.read_text().replace("[tensors]\n", "[tensors]\nmore = [2]\n")
    other.write_text(text)
    assert main(["plan", str(one), str(other)]) == commands.DIFFERS
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["tensor", str(one), str(other)]
    assert lines[1].split("  ")[0] == "(all that is drawn)"
    assert "seed 1" in lines[1]
    assert lines[1].endswith("seed 2")
    rows = {line.split()[0]: line for line in lines[2:]}
    assert "[4, 4] float32" in rows["h.0.w"]
    assert rows["h.0.w"].endswith("std 0.1")
    assert rows["more"].endswith("[2] float32 ones()")
    assert " absent " in rows["more"]
    assert rows["h.{0..3}.b"].endswith("ones() in 1:2 of axis 0; ones()")


def test_options_are_for_both_recipes_that_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "a.toml", tmp_path / "b.toml"
    one.write_text(DEEP)
    other.write_text(DEEP.replace("seed = 1", "seed = 2"))
    assert main(["plan", str(one), str(other), "--seed", "3"]) == 0
    assert main(["plan", str(one), str(other), "--json"]) == 2
    assert "--json, --toml and --save go with one recipe" in capsys.readouterr().err


def test_options_take_the_place_of_a_recipes_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "r.toml", tmp_path / "out"
    path.write_text(DEEP)
    assert main(["init", str(path), str(out), "--seed", "9", "--dtype", "bfloat16"]) == 0
    with fastinit.checkpoint.open(out) as stored:
        found = stored.get_tensor("h.1.w")
    assert (found == fastinit.normal((4, 4), std=0.05, seed=9, stream="h.1.w", dtype="bfloat16")).all()
    assert main(["verify", str(out)]) == 0
    capsys.readouterr()
    path.write_text(DEEP.replace('match = "*.w"', 'match = "*.0.w"'))
    assert main(["plan", str(path), "--seed", "9"]) == 2  # as without the option
    assert "no rule matches tensor 'h.1.w'" in capsys.readouterr().err
    assert main(["plan", str(path), "--preset", "gpt2"]) == 0  # which serves what no rule matches
    path.write_text(DEEP)
    assert main(["plan", str(path), "--preset", "gpt2"]) == 2
    assert "preset gpt2 is never used" in capsys.readouterr().err


def test_paths_that_would_break_a_line_are_escaped(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "o\n\x1b[2Jut"
    done = run("init", recipe, out)
    assert done.stdout.count("\n") == 1
    assert done.stdout.strip().isprintable()
    assert "/o\\n\\x1b[2Jut in " in done.stdout
    for command in ("verify", "init"):
        done = run(command, *((recipe, out) if command == "init" else (out,)))
        text = done.stdout + done.stderr
        assert text.count("\n") == 1
        assert text.strip().isprintable()


def test_names_that_would_break_a_line_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a\nb": np.ones(2, np.float32), "\x1b[2J\u00a0": np.ones(2, np.float32)}, path)
    stats = run("stats", path)
    assert stats.returncode == 0, stats.stderr
    names = [line.split("  ")[0] for line in stats.stdout.splitlines()[1:3]]
    assert sorted(names) == [r"\x1b[2J\xa0", r"a\nb"]


def test_warnings_take_one_line(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    rule = 'match = "*"\ninit = "truncated_normal"\nstd = 0.02\nlower = -0.04\nupper = 0.04\n'
    path.write_text(f'seed = 1\ndtype = "float32"\n[[rule]]\n{rule}[tensors]\na = [4]\nb = [4]\n')
    plan = run("plan", path)
    assert plan.returncode == 0
    (line,) = plan.stderr.splitlines()
    assert line.startswith("fastinit: warning: `lower` and `upper` must be in units of `std`")


def test_plan_works_where_output_is_ascii() -> None:
    done = run("plan", EXAMPLE, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


NOT_FINITE = """
seed = 1
dtype = "float32"
[tensors]
"a" = [4]
"b" = [4, 4]
"c" = [4]
[[rule]]
match = "a"
init = "constant"
value = -inf
[[rule]]
match = "b"
init = "triangular"
value = -inf
[[rule]]
match = "c"
init = "truncated_normal"
upper = inf
lower = -2.0
"""


def test_numbers_that_are_not_finite_are_null_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.toml").write_text(NOT_FINITE)
    assert main(["plan", str(tmp_path / "r.toml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    wanted = [{"value": None}, {"value": None}, {"upper": None, "lower": -2.0}]
    assert [tensor["parameters"] for tensor in found["tensors"]] == wanted


def test_plan_as_json_has_every_field(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(recipe), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    plan = make_plan(load_recipe(recipe))
    assert (found["seed"], found["parameters"], found["tensor_bytes"]) == (1, 2430, 4860)
    assert found["files"] == {"model.safetensors": plan.file_bytes}
    assert [tensor["name"] for tensor in found["tensors"]] == [t.name for t in plan.tensors]
    first = next(plan.tensors)
    assert found["tensors"][0] == {
        "name": "model.[bold].a0",
        "shape": [40, 30],
        "dtype": "bfloat16",
        "init": "normal",
        "parameters": {"std": 0.02},
        "padding_idx": None,
        "calls": "normal(std=0.02)",
        "std": 0.02,
        "stream": first.stream,
        "file": "model.safetensors",
        "offset": first.offset,
        "bytes": 2400,
    }


@NAMES_DECIDE
def test_plan_as_toml_is_a_recipe_of_the_same_plan(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--like", str(source), "--toml"]) == 0
    text = capsys.readouterr().out
    assert main(["plan", "--like", str(source), "--json"]) == 0
    wanted = json.loads(capsys.readouterr().out)
    assert tables.plan_as_dict(make_plan(parse_recipe(text)))["recipe_sha256"] == wanted["recipe_sha256"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A checkpoint whose tensors serve as example."""
    tensors = {
        "h.0.ln_1.weight": np.ones(8, np.float32),
        "h.0.mlp.c_fc.weight": np.ones((8, 4), np.float32),
        "h.0.mlp.c_fc.bias": np.ones(4, np.float32),
    }
    (tmp_path / "source").mkdir()
    save_file(tensors, tmp_path / "source" / "model.safetensors")
    return tmp_path / "source"


@NAMES_DECIDE
def test_recipe_with_undecided_tensors_is_printed_to_be_completed(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors = load_file(source / "model.safetensors")
    more = {f"h.{layer}.decay": np.ones(8, np.float32) for layer in (0, 1)}
    save_file({**tensors, **more}, source / "model.safetensors")
    assert main(["plan", "--like", str(source), "--toml"]) == 2
    printed = capsys.readouterr()
    assert "add a [[rule]] for 'h.{0..1}.decay'" in printed.err
    draft = tmp_path / "draft.toml"
    draft.write_text(printed.out)
    assert main(["plan", str(draft)]) == 2
    assert "`init` must be one of 'zeros', " in capsys.readouterr().err
    draft.write_text(printed.out.replace('init = "?"', 'init = "ones"'))
    assert main(["plan", str(draft)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("5 tensors, ")


@NAMES_DECIDE
def test_init_like_a_checkpoint(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    options = ["--seed", "7", "--dtype", "float16", "--preset", "he", "--layout", "keras"]
    assert main(["init", "--like", str(source), str(out), *options]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("wrote 3 tensors, 44 parameters, 88 B in 1 file to ")
    warning = "names alone decide for all tensors, because there is no config.json next to the checkpoint"
    assert printed.err == f"fastinit: warning: {warning}\n"
    found = load_file(out / "model.safetensors")
    assert (found["h.0.ln_1.weight"] == 1).all()
    assert (found["h.0.mlp.c_fc.bias"] == 0).all()
    name = "h.0.mlp.c_fc.weight"
    drawn = fastinit.he_normal((8, 4), layout="keras", dtype="float16", seed=7, stream=name)
    assert found[name].tobytes() == drawn.tobytes()
    assert main(["verify", str(out)]) == 0


def test_plan_saves_a_recipe_with_what_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    config = tmp_path / "config.json"
    mamba = {"model_type": "mamba", "hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 60}
    config.write_text(json.dumps(mamba))
    (tmp_path / "kept").mkdir()
    saved = tmp_path / "kept" / "my.toml"
    assert main(["plan", "--config", str(config), "--save", str(saved)]) == 0
    names = [Path(line.removeprefix("wrote ")).name for line in capsys.readouterr().out.splitlines()]
    assert names[:2] == ["my.toml", "config.json"]
    assert sorted(names) == sorted(file.name for file in saved.parent.iterdir())
    assert main(["init", str(saved), str(tmp_path / "out")]) == 0
    assert main(["init", f"--config={config}", str(tmp_path / "other")]) == 0
    assert main(["verify", str(tmp_path / "out")]) == 0
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("out", "other"))
    assert all((one[name] == other[name]).all() for name in other)
    capsys.readouterr()
    assert main(["plan", "--config", str(config), "--save", str(saved)]) == 2
    assert "my.toml exists already; choose another name" in capsys.readouterr().err
    assert main(["plan", "--config", str(config), "--toml"]) == 0
    assert "names a file of literal values; --save FILE.toml writes both" in capsys.readouterr().err


def test_init_from_a_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(LLAMA))
    assert main(["init", f"--config={config}", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("wrote 11 tensors, ")
    assert (tmp_path / "out" / "config.json").read_bytes() == config.read_bytes()
    assert main(["verify", str(tmp_path / "out")]) == 0


@pytest.mark.filterwarnings("default")
def test_options_change_the_configuration_and_copy_what_lies_beside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    config, out = tmp_path / "config.json", tmp_path / "out"
    config.write_text(json.dumps(LLAMA | {"quantization_config": {"quant_method": "fp8"}}))
    (tmp_path / "tokenizer.json").write_text("{}")
    settings = ["num_hidden_layers=3", "num_hidden_layers=2", "pad_token_id=null", 'architectures=["LlamaModel"]']
    settings += ["hidden_act=gelu", "use_cache=false", "rms_norm_eps=1e-3", 'problem_type="regression"']
    words = [word for setting in settings for word in ("--set", setting)]
    assert main(["init", "--config", str(config), str(out), "--unquantized", "--copy", *words]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("wrote 20 tensors, ")
    assert output.err == (
        "fastinit: warning: the tensors are the unquantised model's; config.json is copied without "
        "quantization_config\n"
    )
    assert json.loads((out / "config.json").read_text()) == LLAMA | {
        "num_hidden_layers": 2,
        "pad_token_id": None,
        "architectures": ["LlamaModel"],
        "hidden_act": "gelu",
        "use_cache": False,
        "rms_norm_eps": 0.001,
        "problem_type": "regression",
    }
    assert (out / "tokenizer.json").read_text() == "{}"
    assert main(["verify", str(out)]) == 0


LLAMA = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "num_hidden_layers": 1,
    "vocab_size": 100,
    "tie_word_embeddings": True,
}


def test_verify_names_the_first_wrong_element(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["init", str(recipe), str(out), "--quiet"]) == 0
    assert main(["verify", str(out)]) == 0
    assert ": every byte is as recorded: " in capsys.readouterr().out
    assert main(["verify", str(out), "--sample", "--threads", "1"]) == 0
    assert ": every byte is as recorded: " in capsys.readouterr().out
    assert main(["verify", str(out), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    (file,) = out.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-60 - 2400 + 2 * 35] ^= 1  # element 35 of model.[bold].a1, which norm follows
    file.write_bytes(content)
    assert main(["verify", str(out)]) == 3
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.count("\n") == 1
    assert "tensor 'model.[bold].a1', element [1, 5] (flat 35): must be " in output.out


def test_stats_mark_what_the_rule_does_not_give(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["init", str(recipe), str(out), "--quiet"]) == 0
    assert main(["stats", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:6] == ["tensor", "shape", "dtype", "mean", "std", "expected"]
    assert lines[-1] == "3 tensors, 3 with a rule to compare with, 0 marked"
    (file,) = out.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-2:] = np.float16(0).tobytes()  # the last one of norm
    file.write_bytes(content)
    assert main(["stats", str(out), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["marked"] == 1
    assert [bool(tensor["faults"]) for tensor in found["tensors"]] == [False, False, True]


def test_stats_plot_is_a_png(recipe: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert main(["init", str(recipe), str(tmp_path / "out"), "--quiet"]) == 0
    picture = tmp_path / "stats.png"
    assert main(["stats", str(tmp_path / "out"), "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["plot", "x.", ".png", "x.TXT", "none/x.png"])
def test_path_of_a_picture_is_looked_at_first(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / name
    why = "its folder does not exist; create it first" if "/" in name else "its name must end in ."
    assert f"cannot write {picture}: {why}" in fails(capsys, 1, "stats", tmp_path / "absent", "--plot", picture)
    assert not os.listdir(tmp_path)


def test_matplotlib_that_does_not_load_is_one_line_and_1() -> None:
    pytest.importorskip("matplotlib")
    done = run("stats", "none", "--plot", "a.svg", MPLBACKEND="bogus")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "--plot needs matplotlib, which cannot be loaded (Key backend: 'bogus'" in done.stderr
    assert done.stderr.endswith("; see that `import matplotlib` works\n")


def test_stats_of_a_checkpoint_without_recipe(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(source)]) == 0
    output = capsys.readouterr().out
    assert "expected" not in output
    assert output.endswith("3 tensors, 0 with a rule to compare with, 0 marked\n")


def test_resume_and_force_say_what_to_do_with_what_is_there(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init = ["init", recipe, tmp_path / "out", "--quiet"]
    assert main([*map(str, init), "--resume"]) == 0
    assert main([*map(str, init[:-1]), "--resume"]) == 0
    assert capsys.readouterr().out == (
        f"{tmp_path / 'out'} is complete already: 3 tensors, 2,430 parameters, 4.86 KB in 1 file\n"
    )
    before = (tmp_path / "out" / "model.safetensors").stat().st_ino
    assert main([*map(str, init), "--resume"]) == 0
    assert (tmp_path / "out" / "model.safetensors").stat().st_ino == before
    assert "--force" in fails(capsys, 1, *init)
    assert main([*map(str, init), "--force"]) == 0
    assert (tmp_path / "out" / "model.safetensors").stat().st_ino != before
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


def test_resumed_init_tells_its_part(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = make_plan(load_recipe(recipe), 3000)

    def stop(_: int) -> None:
        if list(tmp_path.glob("out.partial/*.safetensors")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(plan, tmp_path / "out", progress=stop)
    arguments = ["init", str(recipe), str(tmp_path / "out"), "--resume", "--shard-size", "3000B"]
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert output.startswith("completed 3 tensors, 2,430 parameters, 4.86 KB in 2 files in ")
    assert f"out, {plan.shards[1].nbytes / 1000:.4g} KB of it in " in output


def test_interruption_tells_what_is_left(
    recipe: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        error = KeyboardInterrupt()
        error.add_note("2 of 3 files")
        raise error

    monkeypatch.setattr(commands, "write", interrupted)
    message = fails(capsys, 130, "init", recipe, tmp_path / "out")
    assert message == "fastinit: error: interrupted (2 of 3 files)\n"


@pytest.mark.parametrize("name", ["mmx", "AVX2", "neon", "avx2"])
def test_isa_that_cannot_be_followed_is_one_line_and_2(name: str) -> None:
    if name in fastinit.build_info()["isas"].split():
        name = f"{name} "  # on a machine that has it
    done = run("info", FASTINIT_ISA=name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("fastinit: error: `FASTINIT_ISA` must be one of 'scalar'")
    assert f"got '{name}'; " in done.stderr


def test_installed_command_reports_a_bad_variable_in_one_line() -> None:
    command = Path(sysconfig.get_path("scripts")) / "fastinit"
    done = subprocess.run(
        [command, "info"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FASTINIT_NUM_THREADS": "many"},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("fastinit: error: `FASTINIT_NUM_THREADS` must be a number from 1 to 1024, got 'many'\n")


@pytest.mark.parametrize("command", ["init", "plan"])
def test_bad_recipe_is_one_line_and_2(
    command: str, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe.write_text(RECIPE.replace("std = 0.02", "std = -0.02"))
    out = [tmp_path / "out"] if command == "init" else []
    message = fails(capsys, 2, command, recipe, *out)
    assert "r.toml: tensor 'model.[bold].a0', rule 2 (match = \"*\"): `std` must be" in message
    assert os.listdir(tmp_path) == ["r.toml"]


def test_existing_out_is_one_line_and_1(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "already exists; choose another name, use --force to replace" in fails(capsys, 1, "init", recipe, tmp_path)
    assert os.listdir(tmp_path) == ["r.toml"]


LIMITED = """
import resource, sys
from fastinit.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["verify", "stats"])
def test_folder_that_is_no_checkpoint_is_one_line_and_1(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert str(tmp_path) in fails(capsys, 1, command, tmp_path)


def test_cluster_that_does_not_answer_is_one_line_and_1(
    recipe: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_TIMEOUT", "0.5s")
    for address in (
        "tcp://127.0.0.1:1", "nonsense://x", "nonsense", "tcp://", "tcp://x:999999", "http://x:1",
    ):  # fmt: skip
        message = fails(capsys, 1, "init", recipe, tmp_path / "out", "--dask", address)
        assert f"no Dask scheduler answers at {address!r}" in message
    assert os.listdir(tmp_path) == ["r.toml"]


@pytest.mark.parametrize("command", ["init", "init --quiet", "plan", "plan --json", "plan --toml", "verify", "stats"])
def test_standard_output_may_be_closed_or_full(command: str, recipe: Path, tmp_path: Path) -> None:
    name, *options = command.split()
    out = tmp_path / "out"
    if name in ("verify", "stats"):
        assert run("init", recipe, out).returncode == 0
    arguments = [recipe, out] if name == "init" else [recipe if name == "plan" else out]
    words = [sys.executable, "-m", "fastinit", name, *options, *map(str, arguments)]
    full = subprocess.run(
        ["sh", "-c", 'exec "$@" > /dev/full', "sh", *words],
        check=False,
        stderr=subprocess.PIPE,
        text=True,
    )
    message = "fastinit: error: cannot write to standard output: No space left on device\n"
    is_silent = command == "init --quiet"
    assert (full.returncode, full.stderr) == ((0, "") if is_silent else (1, message))
    if name == "init":
        assert run("verify", out).returncode == 0
        words.append("--resume")
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *words], check=False, stderr=subprocess.PIPE, text=True)
    assert (closed.returncode, closed.stderr) == (0, "")


def test_write_that_fails_is_one_line_and_1(recipe: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "init", recipe, tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"fastinit: error: cannot write {tmp_path / 'out'}: File too large (nothing was left behind)\n"
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
