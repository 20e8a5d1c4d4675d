"""random.py: seeds, streams and generators."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import fastinit
from fastinit import Generator, manual_seed
from fastinit.random import default_generator, resolve_seed, stream_from_name

LAST = 2**64 - 1


def equal(a: object, b: object) -> bool:
    return bool(np.array_equal(np.asarray(a), np.asarray(b)))


def test_numbers_pass_through() -> None:
    assert resolve_seed(5, 7) == (5, 7)
    assert resolve_seed(LAST, LAST) == (LAST, LAST)
    assert resolve_seed(np.uint64(LAST), np.int32(3)) == (LAST, 3)  # type: ignore[arg-type]
    assert resolve_seed(5) == (5, 0)


@pytest.mark.parametrize("name", ["", "model.layers.0.weight", "gewicht \u00e4\u4e2d"])
def test_names_are_blake2b_of_utf8(name: str) -> None:
    digest = hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest()
    expected = sum(byte << (8 * place) for place, byte in enumerate(digest))
    assert stream_from_name(name) == expected
    assert equal(
        fastinit.random_bits(9, seed=3, stream=name),
        fastinit.random_bits(9, seed=3, stream=expected),
    )


def test_generator_hands_out_streams_in_turn() -> None:
    generator = Generator(11)
    for stream in range(4):
        drawn = fastinit.random_bits(6, seed=generator)
        assert equal(drawn, fastinit.random_bits(6, seed=11, stream=stream))


@pytest.mark.parametrize("stream", [0, 5, "name"])
def test_explicit_stream_leaves_the_generator_where_it_is(stream: int | str) -> None:
    generator = Generator(11)
    assert resolve_seed(generator) == (11, 0)
    drawn = fastinit.random_bits(6, seed=generator, stream=stream)
    assert equal(drawn, fastinit.random_bits(6, seed=11, stream=stream))
    assert resolve_seed(generator) == (11, 1)


def test_default_generator() -> None:
    generator = manual_seed(23)
    assert generator is default_generator()
    first, second = fastinit.random_bits(6), fastinit.random_bits(6)
    assert equal(first, fastinit.random_bits(6, seed=23, stream=0))
    assert equal(second, fastinit.random_bits(6, seed=23, stream=1))
    manual_seed(23)
    assert equal(first, fastinit.random_bits(6))


def test_unseeded_generators_differ() -> None:
    assert Generator().seed != Generator().seed
    assert 0 <= Generator().seed <= LAST
    assert repr(Generator(3)) == "Generator(seed=3, next_stream=0)"


def test_what_is_not_random_takes_no_stream() -> None:
    generator = Generator(1)
    fastinit.zeros(3, seed=generator)
    fastinit.constant(3, 2.0, seed=generator)
    fastinit.identity((3, 3), seed=generator)
    fastinit.dirac((3, 3, 3), seed=generator)
    assert resolve_seed(generator) == (1, 0)


def test_bad_calls_take_no_stream() -> None:
    generator = Generator(1)
    for bad in (
        lambda: fastinit.normal(3, mean=1e300, seed=generator),
        lambda: fastinit.normal(-3, seed=generator),
        lambda: fastinit.normal(3, seed=generator, out=np.empty(4)),
        lambda: fastinit.normal(3, seed=generator, stream=-1),
        lambda: fastinit.he_normal((0, 3), seed=generator),
    ):
        with pytest.raises(ValueError):
            bad()
    assert resolve_seed(generator) == (1, 0)


def test_threads_share_a_generator_without_repeats() -> None:
    generator, workers, each = Generator(1), 8, 2000
    start = threading.Barrier(workers)

    def take() -> list[int]:
        start.wait()
        return [resolve_seed(generator)[1] for _ in range(each)]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(take) for _ in range(workers)]
            streams = [stream for future in futures for stream in future.result()]
    finally:
        sys.setswitchinterval(interval)
    assert sorted(streams) == list(range(workers * each))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"seed": -1}, ValueError, "`seed` must be an int in [0, 2**64 - 1], got -1; or pass"),
        (
            {"seed": 2**64},
            ValueError,
            "`seed` must be an int in [0, 2**64 - 1], got 18446744073709551616",
        ),
        ({"seed": 1.0}, TypeError, "`seed` must be an int in [0, 2**64 - 1], got 1.0"),
        ({"seed": True}, TypeError, "`seed` must be an int in [0, 2**64 - 1], got True"),
        ({"seed": np.True_}, TypeError, "`seed` must be an int"),
        ({"seed": "1"}, TypeError, "`seed` must be an int in [0, 2**64 - 1], got '1'"),
        (
            {"stream": -1},
            ValueError,
            "`stream` must be an int in [0, 2**64 - 1], got -1; or pass a name",
        ),
        ({"stream": 2**64}, ValueError, "`stream` must be an int in [0, 2**64 - 1]"),
        ({"stream": None}, TypeError, "`stream` must be an int in [0, 2**64 - 1], got None"),
        ({"stream": b"x"}, TypeError, "`stream` must be an int in [0, 2**64 - 1], got b'x'"),
        ({"stream": False}, TypeError, "`stream` must be an int in [0, 2**64 - 1], got False"),
    ],
)
@pytest.mark.parametrize("initializer", ["random_bits", "zeros"])
def test_errors(initializer: str, arguments: dict[str, object], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        getattr(fastinit, initializer)(3, **{"seed": 1, **arguments})
    assert message in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "x", True])
def test_generator_and_manual_seed_check_alike(seed: object) -> None:
    for make in (Generator, manual_seed):
        with pytest.raises((TypeError, ValueError), match="`seed` must be an int in"):
            make(seed)  # type: ignore[operator]
    with pytest.raises(TypeError, match=r"`seed` must be an int in .* got None"):
        manual_seed(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("seed", [7, None])
def test_copies_go_on_from_the_same_state_by_themselves(copied: Any, seed: int | None) -> None:
    generator = Generator(seed)
    generator.next_stream()
    other = copied(generator)
    assert other.get_state() == {"seed": generator.seed, "next_stream": 1}
    assert [other.next_stream() for _ in range(3)] == [1, 2, 3]
    assert generator.next_stream() == 1
    assert repr(other) == f"Generator(seed={generator.seed}, next_stream=4)"


@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("seed", [7, None])
def test_copy_starts_anew_in_a_forked_child_where_the_original_does(seed: int | None) -> None:
    copied = copy.deepcopy(Generator(seed))
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, fastinit.random_bits(4, seed=copied).tobytes())
        os._exit(0)
    os.waitpid(child, 0)
    is_same = os.read(read, 16) == fastinit.random_bits(4, seed=copied).tobytes()
    assert is_same == (seed is not None)
    os.close(read)
    os.close(write)


def test_state_goes_back_and_to_another_generator() -> None:
    generator, other = Generator(7), Generator(8)
    state = generator.get_state()
    first = fastinit.random_bits(6, seed=generator)
    generator.set_state(state)
    other.set_state(state)
    assert equal(fastinit.random_bits(6, seed=generator), first)
    assert equal(fastinit.random_bits(6, seed=other), first)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (3, TypeError),
        ({}, ValueError),
        ({"seed": 1}, ValueError),
        ({"seed": 1, "next_stream": 0, "more": 0}, ValueError),
        ({"seed": 1.5, "next_stream": 0}, TypeError),
        ({"seed": 1, "next_stream": -1}, ValueError),
        ({"seed": 2**64, "next_stream": 0}, ValueError),
    ],
)
def test_wrong_states_change_nothing(state: Any, error: type[Exception]) -> None:
    generator = Generator(7)
    with pytest.raises(error, match=r"`(state|seed|next_stream)` must"):
        generator.set_state(state)
    assert generator.get_state() == {"seed": 7, "next_stream": 0}


def test_a_generator_ends_at_its_last_stream() -> None:
    generator = Generator(1)
    generator.set_state({"seed": 1, "next_stream": 2**64 - 1})
    assert generator.next_stream() == 2**64 - 1
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"has handed out all 2\*\*64 streams of its seed; use another seed"):
            generator.normal(3)
    again = copy.copy(generator)
    again.set_state(generator.get_state())
    assert again.get_state() == generator.get_state() == {"seed": 1, "next_stream": 2**64}


class Named(Generator):
    """A generator of a user's own, with another argument and an attribute."""

    def __init__(self, name: str) -> None:
        super().__init__(7)
        self.name = name


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_copies_of_a_subclass_are_of_it(copied: Any) -> None:
    generator = Named("first")
    generator.next_stream()
    again = copied(generator)
    assert (type(again), again.name, again.get_state()) == (Named, "first", generator.get_state())


@pytest.mark.parametrize("name", ["\ud800", "layers.\udcff.weight"])
def test_names_that_utf8_cannot_encode_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="`stream` must be text that UTF-8 can encode"):
        fastinit.normal(3, seed=1, stream=name)


def test_a_seed_alone_is_one_stream_as_the_docs_say() -> None:
    weight, bias = fastinit.normal((64, 32), seed=1), fastinit.normal(32, seed=1)
    assert equal(weight[0], bias)
    normal, uniform = fastinit.normal(1 << 18, seed=1), fastinit.uniform(1 << 18, seed=1)
    assert np.corrcoef(normal, uniform)[0, 1] == pytest.approx(0.35, abs=0.01)
    other = fastinit.uniform(1 << 18, seed=1, stream="other")
    assert abs(np.corrcoef(normal, other)[0, 1]) < 0.01
