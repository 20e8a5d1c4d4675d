"""Checkpoints of matrices whose elements depend on each other: written, read, verified, by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import fastinit
import fastinit.checkpoint
from fastinit import _core
from fastinit.checkpoint import make_plan, parse_recipe, tensor_stats, verify, write
from fastinit.checkpoint.writing import shard_writer
from fastinit.cli import main, tables

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = """
seed = 5
dtype = "float32"
layout = "torch"
[tensors]
tall = [300, 70]
wide = { shape = [70, 300], dtype = "float16" }
conv = [40, 20, 3, 3]
centre = [40, 20, 3, 3]
same = [30, 30]
through = [40, 20, 3]
few = [100, 30]
turned = [64, 20]
positions = [50, 48]
patches = [37, 48]
decays = { shape = [3, 100], dtype = "float64" }
other = [1000]
[[rule]]
match = ["tall", "wide"]
init = "orthogonal"
gain = 1.5
[[rule]]
match = "conv"
init = "orthogonal"
[[rule]]
match = "centre"
init = "delta_orthogonal"
[[rule]]
match = "same"
init = "identity"
[[rule]]
match = "through"
init = "dirac"
[[rule]]
match = "few"
init = "sparse"
sparsity = 0.3
[[rule]]
match = "turned"
init = "hadamard_identity"
[[rule]]
match = "positions"
init = "sincos"
[[rule]]
match = "patches"
init = "sincos_2d"
grid = [6, 6]
extra_tokens = 1
[[rule]]
match = "decays"
init = "ramp"
low = -6
high = -1
power = 0.7
[[rule]]
match = "*"
init = "normal"
"""
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "tall": ("orthogonal", {"gain": 1.5}),
    "wide": ("orthogonal", {"gain": 1.5, "dtype": "float16"}),
    "conv": ("orthogonal", {"layout": "torch"}),
    "centre": ("delta_orthogonal", {"layout": "torch"}),
    "same": ("identity", {}),
    "through": ("dirac", {"layout": "torch"}),
    "few": ("sparse", {"sparsity": 0.3}),
    "turned": ("hadamard_identity", {"layout": "torch"}),
    "positions": ("sincos", {}),
    "patches": ("sincos_2d", {"grid": (6, 6), "extra_tokens": 1}),
    "decays": ("ramp", {"low": -6, "high": -1, "power": 0.7, "dtype": "float64"}),
    "other": ("normal", {}),
}


def test_tensors_are_those_of_the_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_writer, "BUFFER_BYTES", 1 << 14)  # runs end in the middle of rows
    plan = make_plan(parse_recipe(RECIPE), 100_000)
    write(plan, tmp_path / "out")
    found = {name: t for file in (tmp_path / "out").glob("*.safetensors") for name, t in load_file(file).items()}
    for name, (function, options) in CALLS.items():
        expected = getattr(fastinit, function)(found[name].shape, seed=5, stream=name, **options)
        assert found[name].tobytes() == expected.tobytes(), name
    assert verify(tmp_path / "out").mismatch is None
    opened = fastinit.checkpoint.open(tmp_path / "out")
    for name in CALLS:
        np.testing.assert_array_equal(opened.get_slice(name)[3:20], found[name][3:20])


def test_a_matrix_is_drawn_once_for_all_its_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = 'seed = 1\ndtype = "float32"\nlayout = "torch"\n[tensors]\na = [500, 500]\nb = [500, 400]\n'
    recipe += '[[rule]]\nmatch = "*"\ninit = "orthogonal"\n'
    drawn = []
    fill = _core.fill_orthogonal
    monkeypatch.setattr(_core, "fill_orthogonal", lambda *arguments: (drawn.append(1), fill(*arguments)))
    monkeypatch.setattr(shard_writer, "BUFFER_BYTES", 1 << 14)
    write(make_plan(parse_recipe(recipe)), tmp_path / "out")
    assert len(drawn) == 2
    assert verify(tmp_path / "out").mismatch is None
    assert len(drawn) == 4


def test_verify_finds_another_value(tmp_path: Path) -> None:
    write(make_plan(parse_recipe(RECIPE)), tmp_path / "out")
    (file,) = (tmp_path / "out").glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[content.index(b"}}") + 5000] ^= 1
    file.write_bytes(content)
    assert verify(tmp_path / "out").mismatch is not None


def test_plan_says_what_memory_a_matrix_takes() -> None:
    # The values of 300 x 70 in float32, and as many reflectors.
    said = tables.memory(make_plan(parse_recipe(RECIPE)))
    assert said == "its largest matrix takes 168 KB of memory while it is drawn"
    plain = 'seed = 1\ndtype = "float32"\n[tensors]\na = [3]\n[[rule]]\nmatch = "*"\ninit = "ones"\n'
    assert tables.memory(make_plan(parse_recipe(plain))) is None


def test_stats_expect_nothing_of_a_matrix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(make_plan(parse_recipe(RECIPE)), tmp_path / "out")
    found = tensor_stats(tmp_path / "out")
    assert found.marked == ()
    assert [each.tensor.name for each in found.tensors if each.expected is not None] == ["other"]
    for command in (["stats"], ["stats", "--json"], ["verify"]):
        assert main([command[0], str(tmp_path / "out"), *command[1:]]) == 0
    assert "tall" in capsys.readouterr().out


def test_plot_of_matrices(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    write(make_plan(parse_recipe(RECIPE)), tmp_path / "out")
    assert main(["stats", str(tmp_path / "out"), "--plot", str(tmp_path / "plot.svg")]) == 0
