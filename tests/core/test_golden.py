"""Pinned bits: a change in any of them is a new stream version."""

from __future__ import annotations

import hashlib
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import fastinit
from fastinit import _core
from fastinit.checkpoint import make_plan, parse_recipe, write
from fastinit.distributions import Constant, Normal, Real, Transformed, TruncatedNormal, Uniform
from fastinit.fill import draw
from fastinit.steps import read_steps
from tests.core import corefill, make_golden
from tests.core import reference as ref

ROOT = pathlib.Path(__file__).parents[2]
GOLDEN = make_golden.read()
each_golden = pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)


def test_stream_version_is_the_pinned_one() -> None:
    assert _core.stream_version == 2


def test_table_covers_every_distribution_and_dtype() -> None:
    pinned = {(g.distribution, g.dtype) for g in GOLDEN}
    assert pinned == {("bits", "uint32")} | {(d, t) for d in corefill.CASES for t in corefill.FLOATS}
    assert any(g.start > 2**32 for g in GOLDEN)


@pytest.mark.parametrize("name", corefill.usable_isas())
@each_golden
def test_core_gives_the_pinned_bits(golden: make_golden.Golden, name: str) -> None:
    with corefill.isa(name):
        got = golden.draw()
    assert tuple(corefill.bits_of(got).tolist()) == golden.bits


@each_golden
def test_pinned_bits_are_right(golden: make_golden.Golden) -> None:
    """The table itself against the model, so that a wrong value cannot be pinned."""
    kind = corefill.DTYPES[golden.dtype]
    count, place = len(golden.bits), (golden.seed, golden.stream, golden.start)
    pinned = np.array(golden.bits, f"uint{8 * kind.itemsize}").view(kind)
    if golden.distribution == "bits":
        np.testing.assert_array_equal(pinned, ref.words32(*place[:2], golden.start, count))
        return
    exact = ref.values(
        golden.distribution,
        golden.dtype,
        golden.user,
        count,
        seed=golden.seed,
        stream=golden.stream,
        start=golden.start,
    )
    # The accuracy of the stream, then half a step of the element type.
    epsilon = 2.0 ** -{"float64": 52, "float32": 23, "float16": 10, "bfloat16": 7}.get(
        golden.dtype, 3 if golden.dtype == "float8_e4m3fn" else 2
    )
    stream = 4e-15 if golden.dtype == "float64" else 1e-6
    least = {"float8_e4m3fn": 2.0**-10, "float8_e5m2": 2.0**-17}.get(golden.dtype, 2.0**-25)
    spread = abs(golden.user[1])
    size = np.maximum(np.abs(exact), spread)
    limit = stream * size + 0.5 * epsilon * np.abs(exact)
    limit += 0 if golden.dtype in ("float64", "float32", "bfloat16") else least
    assert (np.abs(pinned.astype(exact.dtype) - exact) <= limit * 1.001).all()


def test_script_refuses_to_overwrite() -> None:
    before = make_golden.PATH.read_bytes()
    command = [sys.executable, "-m", make_golden.__name__]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 1
    assert "--force" in run.stderr
    assert make_golden.PATH.read_bytes() == before


def test_script_writes_what_is_pinned() -> None:
    """The file is exactly what the script would write now, comments included."""
    assert make_golden.text() == make_golden.PATH.read_text()


# From a name and a shape to bytes: what users keep, whatever the core is asked on the way.
FORMULAS: dict[str, tuple[dict[str, Any], str]] = {
    "he_normal": ({}, "c9358e2227a74ecb"),
    "glorot_uniform": ({"dtype": "bfloat16", "layout": "torch"}, "be88ec9629abe2d4"),
    "lecun_normal": ({"truncated": True, "dtype": "float64"}, "faf8afd9e7488e67"),
    "truncated_normal": ({"std": 0.02, "lower": -3, "dtype": "float16"}, "2598c54dd5458159"),
    "normal": (
        {"std": 0.02, "index": np.s_[10:60:1, 3], "dtype": "float8_e4m3fn"},
        "a159253d808e5a8e",
    ),
}
# Of tensors whose elements depend on each other or on their place.
STRUCTURED: list[tuple[str, tuple[int, ...], dict[str, Any], str]] = [
    ("orthogonal", (64, 48), {}, "3aaefc20a2183ffd"),
    ("orthogonal", (64, 48), {"dtype": "float64", "gain": 1.5, "index": np.s_[5:60, 7:40]}, "d4713e0297d2962e"),
    ("delta_orthogonal", (3, 40, 48), {}, "9c72c54e0df8c613"),
    ("identity", (64, 48), {"gain": 0.3, "dtype": "float16"}, "eb9c9f2bbf4fe5a6"),
    ("dirac", (3, 40, 48), {}, "744cb7cae667ab02"),
    ("sparse", (64, 48), {"sparsity": 0.1}, "9744b459de0210b3"),
    ("hadamard", (64, 48), {"gain": 0.3}, "03631de81c0a6ce5"),
    ("hadamard_identity", (3, 40, 48), {}, "6824aac70150e5df"),
    ("triangular", (64, 48), {"value": 0.3, "dtype": "bfloat16"}, "e11f4ef985d0ae5a"),
    ("delta", (64, 48), {"place": 7, "value": 0.3}, "1582d8c1aaf7f415"),
    ("modulo", (64, 48), {"divisor": 37}, "aaa7eb9ffc246f42"),
    ("ramp", (64, 48), {"low": -6.0, "high": -1.0, "dtype": "float64"}, "f8db8b6d43ec1859"),
    ("ramp", (64, 480), {"low": 0.001, "high": 0.1, "log": True}, "9b2328997cfec16d"),
    ("ramp", (64, 48), {"high": 5.0, "power": 0.7, "axis": 0, "dtype": "float64"}, "4367c04e9346b94e"),
    ("sincos", (2**20, 48), {"index": np.s_[-64:], "dtype": "float64"}, "854227393211f2df"),
    ("sincos", (64, 48), {"interleave": False, "endpoint": True, "dtype": "float16"}, "c076f77c2b61cf91"),
    ("sincos_2d", (65, 48), {"grid": (4, 16), "extra_tokens": 1}, "710e6365c4298cf8"),
    ("sincos_2d", (64, 48), {"grid": (8, 8), "order": "hw", "temperature": 100.0}, "6f71c91a68fef331"),
]
# Of transformed draws.
TRANSFORMED: list[tuple[Real, list[Any], str, str]] = [
    (Uniform(1.0, 16.0), ["log"], "float32", "01bef2291c6463c6"),
    (Uniform(1.0, 16.0), ["log"], "bfloat16", "bce3e86c61c6e21c"),
    (Uniform(-7.0, -2.0), ["exp", {"clamp": [1e-3, 1.0]}, "softplus_inverse"], "float32", "d7a3dd1951fbf414"),
    (Uniform(-7.0, -2.0), ["exp", {"clamp": [1e-3, 1.0]}, "softplus_inverse"], "float64", "e45519836a07b417"),
    (Normal(0.5, 0.02), [{"scale": -3.0}, {"shift": 0.25}, "abs", "reciprocal"], "float16", "363d349ce09cce18"),
    (TruncatedNormal(0.0, 1.0), ["exp", "log", {"scale": 0.3}], "float64", "c594a6a2b82eda86"),
    (Constant(0.1), ["exp"], "float8_e4m3fn", "c3b3248f8b7d45c4"),
]
CHECKPOINT = "951244ca9a7dd935"
RECIPE = """
seed = 42
dtype = "bfloat16"
layout = "torch"
[tensors]
"embed.weight" = [100, 24]
"layers.{0..3}.attn.weight" = [24, 24]
"layers.{0..3}.norm.weight" = { shape = [24], dtype = "float32" }
"head.bias" = [100]
[[rule]]
match = "*norm*"
init = "ones"
[[rule]]
match = "*bias"
init = "zeros"
[[rule]]
match = "embed*"
init = "normal"
std = 0.02
padding_idx = 3
[[rule]]
match = "*"
init = "he_uniform"
"""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@pytest.mark.parametrize("name", FORMULAS)
def test_named_rules_give_the_pinned_bytes(name: str) -> None:
    options, pinned = FORMULAS[name]
    drawn = getattr(fastinit, name)((64, 48), seed=7, stream="layers.0.weight", **options)
    assert digest(drawn.tobytes()) == pinned


@pytest.mark.parametrize(("name", "shape", "options", "pinned"), STRUCTURED)
def test_structures_have_the_pinned_bytes(
    name: str, shape: tuple[int, ...], options: dict[str, Any], pinned: str
) -> None:
    drawn = getattr(fastinit, name)(shape, seed=7, stream="layers.0.weight", **options)
    assert digest(drawn.tobytes()) == pinned


@pytest.mark.parametrize("name", corefill.usable_isas())
@pytest.mark.parametrize(("base", "steps", "dtype", "pinned"), TRANSFORMED)
def test_transformed_draws_have_the_pinned_bytes(
    base: Real, steps: list[Any], dtype: str, pinned: str, name: str
) -> None:
    spec = Transformed(base, read_steps(steps))
    with corefill.isa(name):
        drawn = np.asarray(draw(spec, (64, 48), dtype=dtype, seed=7, stream="layers.0.weight").owner)
    assert digest(drawn.tobytes()) == pinned


def test_a_checkpoint_has_the_pinned_bytes(tmp_path: pathlib.Path) -> None:
    write(make_plan(parse_recipe(RECIPE), 4000), tmp_path / "out")
    files = sorted((tmp_path / "out").iterdir())
    assert digest(b"".join(file.name.encode() + file.read_bytes() for file in files)) == CHECKPOINT
