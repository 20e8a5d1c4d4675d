"""Pinned bits: a change in any of them is a new stream version."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import numpy as np
import pytest

import corefill
import make_golden
import reference as ref
from fastinit import _core

GOLDEN = make_golden.read()
each_golden = pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)


def test_stream_version_is_the_pinned_one() -> None:
    assert _core.stream_version == 2


def test_table_covers_every_distribution_and_dtype() -> None:
    pinned = {(g.distribution, g.dtype) for g in GOLDEN}
    assert pinned == {("bits", "uint32")} | {
        (d, t) for d in corefill.CASES for t in corefill.FLOATS
    }
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
    script = pathlib.Path(make_golden.__file__)
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "--force" in run.stderr
    assert make_golden.PATH.read_bytes() == before


def test_script_writes_what_is_pinned() -> None:
    """The file is exactly what the script would write now, comments included."""
    assert make_golden.text() == make_golden.PATH.read_text()
