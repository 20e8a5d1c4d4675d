"""Scripts in examples/, and the notebook, do what they promise: each in its own process and empty folder."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py"))
NOTEBOOK = EXAMPLES / "tour.ipynb"


def needs(*modules: str) -> None:
    """Skips where one of them is missing."""
    for name in modules:
        if name != "keras":
            pytest.importorskip(name)
        elif importlib.util.find_spec(name) is None:  # imported, it would choose a backend for the tests to come
            pytest.skip(f"could not import {name!r}")


def lines_of(script: str, folder: Path, *arguments: str) -> list[str]:
    """What a script prints, line by line, when it runs in `folder` and every warning is an error."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), *arguments]
    environment = {**os.environ, "KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def percent(line: str) -> int:
    (found,) = re.findall(r"(\d+)% of the samples", line)
    return int(found)


def test_megatron_shards_compute_what_the_whole_does(tmp_path: Path) -> None:
    lines = lines_of("megatron_shards.py", tmp_path)
    assert lines[0].startswith("2 processes share the block's weights; their sum is what one computes, to ")
    assert lines[1] == "  attention.linear_qkv (64, 32): each holds (32, 32)"
    assert lines[5].startswith("4 processes share the block's weights; their sum is what one computes, to ")
    assert lines[7] == "  attention.linear_proj (32, 32): each holds (32, 8)"


@pytest.mark.keras
def test_a_deep_keras_network_begins_and_trains_well_with_he_and_not_with_glorot(tmp_path: Path) -> None:
    needs("keras", "torch", "matplotlib")
    shallow, glorot, he, trained_glorot, trained_he, where = lines_of("keras_mlp.py", tmp_path, "--out", "records")
    assert shallow.startswith("Glorot, 2 hidden layers: healthy")
    assert glorot.startswith("Glorot, 12 hidden layers: vanishing, x0.7")
    assert he.startswith("He, 12 hidden layers: healthy")
    first, second = (float(re.findall(r"accuracy ([\d.]+)", line)[0]) for line in (trained_glorot, trained_he))
    assert first < 0.5
    assert second > 0.6
    assert where == "Records and pictures are in records"
    files = {path.name for path in (tmp_path / "records").iterdir()}
    assert files == {"keras-glorot.jsonl", "keras-glorot.png", "keras-he.jsonl", "keras-he.png"}


@pytest.mark.torch
def test_an_mlp_vanishes_with_its_own_start_and_learns_with_he(tmp_path: Path) -> None:
    needs("torch", "matplotlib")
    own, poor, he, good, where = lines_of("mlp_probe.py", tmp_path, "--plot", "mlp.png")
    assert own.startswith("PyTorch's own start: vanishing, ")
    assert percent(poor) < 50
    assert he.startswith("He's start: healthy: ")
    assert percent(good) > 90
    assert where == "The picture is in mlp.png"
    assert (tmp_path / "mlp.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.torch
def test_gpt2_has_the_bits_of_its_checkpoint_and_learns(tmp_path: Path) -> None:
    needs("torch", "transformers")
    size, command, same, healthy, first, last = lines_of("gpt2_torch.py", tmp_path, "--steps", "10")
    assert size == "GPT-2 has 141,056 parameters"
    assert command.startswith("fastinit init --config ")
    assert same == "28 of the checkpoint's 28 tensors equal the model's, to the bit"
    assert healthy.startswith("before training: healthy")
    before, after = (float(line.rpartition(" ")[2]) for line in (first, last))
    assert after < before - 0.5


@pytest.mark.jax
def test_devices_of_a_flax_model_hold_their_parts_of_the_whole(tmp_path: Path) -> None:
    needs("jax", "flax")
    lines = lines_of("flax_sharded.py", tmp_path, "--devices", "4", "--features", "64")
    assert lines[:-1] == [
        "down.kernel (256, 64): each of 4 devices holds (64, 64)",
        "down.kernel: every part equals its place in the whole, to the bit",
        "up.kernel (64, 256): each of 4 devices holds (64, 64)",
        "up.kernel: every part equals its place in the whole, to the bit",
    ]
    assert float(re.findall(r"by (\S+) at most", lines[-1])[0]) < 1e-5


def test_a_checkpoint_is_verified_and_its_rows_are_those_drawn(tmp_path: Path) -> None:
    needs("safetensors")
    written, verified, _, rows = lines_of("checkpoint_1b.py", tmp_path, "out", "--small")
    assert written.startswith("369,696 parameters: 0.8 MB were written in ")
    assert re.fullmatch(r"100\.0% of the bytes were recomputed in .* s: all are as the recipe says", verified)
    assert rows == "they equal the rows that fastinit draws without the file, to the bit"
    assert (tmp_path / "out" / "model.safetensors").is_file()


@pytest.mark.torch
def test_dummy_weights_of_two_ranks_are_parts_of_one_model(tmp_path: Path) -> None:
    needs("torch")
    filled, *ranks = lines_of("serving_dummies.py", tmp_path, "--layers", "2", "--width", "64")
    assert filled.startswith("65,536 weights were filled in place in ")
    assert ranks[1::2] == [f"rank {rank}: they equal their part of the whole, to the bit" for rank in (0, 1)]


# The first words of what its cells print, which hold on every machine.
TOLD = (
    "std 0.0884, and the formula says 0.0884",
    "the first four rows, drawn alone, are the same: True",
    "vanishing, ",
    "healthy: ",
    "best: ",
    "before: vanishing, ",
    "calibrated: all 11 outputs ",
    "after: healthy: ",
    "the recipe draws the same weights: True",
)


def texts_of(notebook: dict[str, object]) -> list[str]:
    """The lines that the cells of a notebook have printed."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]  # type: ignore[attr-defined]
    return [line for output in outputs for line in "".join(output.get("text", "")).splitlines()]


def missing(texts: list[str]) -> list[str]:
    """What no line begins with, in the order in which cells tell it."""
    rest = iter(texts)
    return [told for told in TOLD if not any(line.startswith(told) for line in rest)]


@pytest.mark.torch
def test_the_notebook_runs_and_tells_what_it_is_stored_with(tmp_path: Path) -> None:
    needs("torch", "matplotlib", "nbclient", "ipykernel")
    nbformat = pytest.importorskip("nbformat")
    copy = tmp_path / NOTEBOOK.name
    copy.write_bytes(NOTEBOOK.read_bytes())
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", copy.name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert missing(texts_of(nbformat.read(NOTEBOOK, 4))) == []
    assert missing(texts_of(nbformat.read(copy, 4))) == []


def test_every_example_has_a_row_in_the_table_and_a_test() -> None:
    table = (EXAMPLES / "README.md").read_text()
    listed = re.findall(r"^\| \[([\w.]+)\]\(([\w.]+)\)", table, re.MULTILINE)
    assert all(text == link for text, link in listed)
    assert sorted(text for text, _ in listed) == sorted([*SCRIPTS, NOTEBOOK.name, "choosing"])
    tests = Path(__file__).read_text()
    assert [name for name in SCRIPTS if f'lines_of("{name}"' not in tests] == []
