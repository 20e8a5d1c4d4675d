"""The words: known answers, and the core against the model in NumPy."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import corefill
from tests.core import reference as ref

Vector = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
WORD64 = st.integers(0, 2**64 - 1)


def known_answers() -> list[Vector]:
    """(counter, key, output) of every line of Random123's table."""
    table = pathlib.Path(__file__).parent / "data" / "philox4x32_10_kat.txt"
    vectors = []
    for line in table.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, rounds, *fields = line.split()
        assert (name, rounds, len(fields)) == ("philox4x32", "10", 10)
        words = tuple(int(field, 16) for field in fields)
        vectors.append((words[:4], words[4:6], words[6:]))
    return vectors


def test_known_answers_are_all_read() -> None:
    assert len(known_answers()) == 3


@pytest.mark.parametrize("vector", known_answers())
def test_model_gives_known_answers(vector: Vector) -> None:
    counter, key, output = vector
    assert ref.philox4x32(counter, key) == output


@pytest.mark.parametrize(
    "vector",
    [v for v in known_answers() if v[0][1] < 2**30],
    ids=lambda v: f"block_high_{v[0][1]:x}",
)
def test_core_fill_gives_known_answers(vector: Vector) -> None:
    """seed = key, stream = counter's high half, block = its low half.

    A 64-bit flat index reaches blocks below 2^62; the core's own tests (csrc/tests) take all vectors.
    """
    counter, key, output = vector
    block = counter[0] | counter[1] << 32
    words = corefill.draw(
        "bits",
        "uint32",
        count=4,
        seed=key[0] | key[1] << 32,
        stream=counter[2] | counter[3] << 32,
        start=4 * block,
    )
    assert tuple(words.tolist()) == output


@pytest.mark.parametrize("name", corefill.usable_isas())
@settings(max_examples=400, deadline=None)
@given(WORD64, WORD64, st.integers(0, 2**64 - 200), st.integers(1, 150))
def test_core_words_equal_model(name: str, seed: int, stream: int, start: int, count: int) -> None:
    with corefill.isa(name):
        words = corefill.draw("bits", "uint32", count=count, seed=seed, stream=stream, start=start)
    np.testing.assert_array_equal(words, ref.words32(seed, stream, start, count))


@pytest.mark.parametrize("name", corefill.usable_isas())
@pytest.mark.parametrize("block", [2**32, 2**33, 3 * 2**32, 2**61, 2**62 - 2**32])
@pytest.mark.parametrize("before", [1, 2, 3, 7, 64, 1001])
def test_core_words_carry_into_the_high_counter_word(name: str, block: int, before: int) -> None:
    """A range across a multiple of 2^32 blocks: the low counter word wraps inside the range."""
    start, count = 4 * block - before, before + 777
    with corefill.isa(name):
        words = corefill.draw("bits", "uint32", count=count, seed=3, stream=2**63 + 5, start=start)
    np.testing.assert_array_equal(words, ref.words32(3, 2**63 + 5, start, count))


def test_core_last_words_of_the_index_space() -> None:
    start = 2**64 - 103
    words = corefill.draw("bits", "uint32", count=103, seed=2**64 - 1, stream=2**64 - 1, start=start)
    np.testing.assert_array_equal(words, ref.words32(2**64 - 1, 2**64 - 1, start, 103))


def test_core_long_range_equals_model() -> None:
    """Long enough for every thread and every inner loop to take part."""
    words = corefill.draw("bits", "uint32", count=2_000_003, seed=11, stream=12, start=5)
    np.testing.assert_array_equal(words, ref.words32(11, 12, 5, 2_000_003))


@pytest.mark.parametrize("dtype", corefill.FLOATS)
def test_every_element_type_uses_its_own_words(dtype: str) -> None:
    """Element i uses word i, or words 2i and 2i + 1 for float64, at ordinary and at far indices."""
    user = (-1.0, 1.0)
    largest_index = 2**64 - 64 if dtype != "float64" else 2**63 - 64
    for start in (0, 3, 2**34 - 7, largest_index):
        got = corefill.draw("uniform", dtype, user, 50, seed=4, stream=9, start=start)
        want = ref.values("uniform", dtype, user, 50, seed=4, stream=9, start=start)
        np.testing.assert_allclose(
            got.astype(np.float64),
            want.astype(np.float64),
            rtol=0,
            atol={"float8_e4m3fn": 0.04, "float8_e5m2": 0.07}.get(dtype, 0.005),
        )
