"""shards.py and fill.py: what a rank holds equals the same part of the whole, to the bit."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import fastinit
from fastinit import Shard
from fastinit.dtypes import FLOATS
from fastinit.shards import chunk_sizes, held_ranges, pieces

WORLDS = [1, 2, 3, 4, 5]
SHAPE = (12, 20, 6)


def positions(size: int, shard: Shard) -> list[int]:
    """What a rank holds of an axis, counted out section by section."""
    sections = shard.sections or [size // shard.stride] * shard.stride
    held, start = [], 0
    for section in sections:
        length = math.ceil(section / shard.world)
        held += list(range(start, start + section))[shard.rank * length : (shard.rank + 1) * length]
        start += section
    return held


def ranks(dim: int, world: int, **options: Any) -> list[Shard]:
    return [Shard(dim, rank, world, **options) for rank in range(world)]


CUTS: list[dict[str, Any]] = [
    {"dim": 0},
    {"dim": 1},
    {"dim": -1},
    {"dim": 0, "stride": 2},
    {"dim": 1, "stride": 4},
    {"dim": 2, "stride": 3},
    {"dim": 0, "stride": 12},
    {"dim": 0, "sections": (6, 4, 2)},
    {"dim": 1, "sections": (1, 0, 19)},
    {"dim": 2, "sections": (6,)},
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("world", WORLDS)
def test_ranks_together_are_the_whole(cut: dict[str, Any], world: int) -> None:
    options: dict[str, Any] = {"seed": 3, "stream": "w"}
    whole = fastinit.normal(SHAPE, **options)
    joined = np.full_like(whole, np.nan)
    for shard in ranks(world=world, **cut):
        held = positions(SHAPE[shard.dim], shard)
        part = fastinit.normal(SHAPE, shard=shard, **options)
        assert part.tobytes() == whole.take(held, shard.dim).tobytes()
        assert part.shape == whole.take(held, shard.dim).shape
        np.moveaxis(joined, shard.dim, 0)[held] = np.moveaxis(part, shard.dim, 0)
    assert joined.tobytes() == whole.tobytes()


def test_strides_are_megatrons() -> None:
    """`_initialize_affine_weight_cpu` of Megatron-LM: split into world * stride, take every world-th, concatenate."""
    whole = fastinit.normal((24, 5), seed=1)
    for world, stride in ((2, 1), (2, 2), (4, 3), (3, 4)):
        splits = np.split(whole, world * stride)
        for shard in ranks(0, world, stride=stride):
            expected = np.concatenate(splits[shard.rank :: world])
            np.testing.assert_array_equal(fastinit.normal((24, 5), seed=1, shard=shard), expected)


@pytest.mark.torch
def test_chunks_are_torchs() -> None:
    torch = pytest.importorskip("torch")
    for size, world in itertools.product(range(12), range(1, 8)):
        chunks = [list(chunk) for chunk in torch.arange(size).chunk(world)]
        expected = chunks + [[]] * (world - len(chunks))
        for shard in ranks(0, world):
            ((held,),) = [[list(itertools.chain(*ranges))] for ranges in held_ranges(shard, (size,))]
            assert held == expected[shard.rank]
        assert chunk_sizes(size, world) == list(map(len, expected))


EVERY: list[tuple[str, dict[str, Any]]] = [
    ("zeros", {}),
    ("constant", {"value": 0.3}),
    ("he_normal", {}),
    ("uniform", {"low": -1.0}),
    ("truncated_normal", {"std": 0.02}),
    ("random_bits", {}),
    ("orthogonal", {}),
    ("identity", {}),
    ("sparse", {"sparsity": 0.3}),
    ("hadamard_identity", {}),
    ("sincos", {}),
    ("ramp", {}),
]


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize(
    "shard",
    [
        Shard(0, 1, 2),
        Shard(1, 1, 2, stride=2),
        [Shard(0, 0, 3, stride=2), Shard(1, 1, 3, sections=(4, 12))],
        [Shard(0, 1, 2, stride=2), Shard(0, 1, 3)],
    ],
    ids=str,
)
def test_every_initializer_takes_shards(name: str, options: dict[str, Any], shard: Any) -> None:
    whole = getattr(fastinit, name)((24, 16), seed=2, stream="w", **options)
    part = getattr(fastinit, name)((24, 16), seed=2, stream="w", shard=shard, **options)
    expected = whole
    for each in shard if isinstance(shard, list) else [shard]:
        expected = expected.take(positions(expected.shape[each.dim], each), each.dim)
    assert part.dtype == whole.dtype
    assert part.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_type(dtype: str) -> None:
    whole = fastinit.normal((8, 12), seed=2, dtype=dtype)
    part = fastinit.normal((8, 12), seed=2, dtype=dtype, shard=Shard(1, 1, 2, stride=3))
    assert part.dtype == whole.dtype
    assert part.tobytes() == whole[:, [2, 3, 6, 7, 10, 11]].tobytes()


def test_fans_are_those_of_the_whole() -> None:
    whole = fastinit.lecun_normal((4096, 4), seed=1)
    part = fastinit.lecun_normal((4096, 4), seed=1, shard=Shard(0, 7, 1024))
    np.testing.assert_array_equal(part, whole[28:32])
    assert np.abs(part).max() < 0.1  # 1/64; of the part it would be 1/2


def test_later_shards_cut_what_earlier_ones_leave() -> None:
    whole = fastinit.normal((24, 2), seed=1)
    tensor_then_data = [Shard(0, 1, 2, stride=2), Shard(0, 0, 2)]
    np.testing.assert_array_equal(fastinit.normal((24, 2), seed=1, shard=tensor_then_data), whole[6:12])
    np.testing.assert_array_equal(fastinit.normal((24, 2), seed=1, shard=[]), whole)


def test_ranks_without_anything() -> None:
    for shard in (Shard(0, 3, 4), Shard(0, 4, 5, stride=2), Shard(1, 0, 2, sections=(0, 0))):
        shape = (6, 0) if shard.dim else (6, 3)
        part = fastinit.normal(shape, seed=1, shard=shard)
        assert part.shape == ((6, 0) if shard.dim else (0, 3))
    assert fastinit.orthogonal((6, 3), seed=1, shard=Shard(0, 3, 4)).shape == (0, 3)


@pytest.mark.parametrize("shard", [Shard(0, 1, 2), Shard(1, 1, 2, stride=2)])
def test_out_is_filled_in_place(shard: Shard) -> None:
    whole = fastinit.normal((8, 12), seed=2)
    expected = whole.take(positions(whole.shape[shard.dim], shard), shard.dim)
    out = np.empty(expected.shape, np.float32)
    assert fastinit.normal((8, 12), seed=2, shard=shard, out=out) is out
    np.testing.assert_array_equal(out, expected)
    raw = bytearray(expected.nbytes)
    fastinit.normal((8, 12), seed=2, shard=shard, out=raw, dtype="float32")
    assert raw == expected.tobytes()


def test_a_generator_gives_one_stream_to_all_boxes() -> None:
    generator, shard = fastinit.Generator(5), Shard(1, 0, 2, stride=2)
    first = fastinit.normal((4, 8), seed=generator, shard=shard)
    second = fastinit.normal((4, 8), seed=generator, shard=shard)
    for stream, part in enumerate((first, second)):
        np.testing.assert_array_equal(part, fastinit.normal((4, 8), seed=5, stream=stream)[:, [0, 1, 4, 5]])
    fastinit.zeros((4, 8), seed=generator, shard=shard)
    assert generator.next_stream() == 2


def test_bad_calls_take_no_stream_and_write_nothing() -> None:
    generator, out = fastinit.Generator(5), np.full((4, 4), 7, np.float32)
    for bad in (
        {"shard": Shard(1, 0, 2, stride=3), "out": out},
        {"shard": Shard(1, 0, 2, stride=2), "out": out, "mean": 1e300},
        {"shard": Shard(1, 0, 4, stride=2), "out": out},
    ):
        with pytest.raises(ValueError):
            fastinit.normal((4, 8), seed=generator, **bad)
    assert generator.next_stream() == 0
    assert (out == 7).all()


def test_part_of_a_tensor_beyond_any_memory() -> None:
    shape = (2**62, 4)
    shard = [Shard(0, 2**60 - 1, 2**60), Shard(1, 1, 2, stride=2)]
    part = fastinit.normal(shape, seed=1, shard=shard)
    last = fastinit.normal(shape, seed=1, index=slice(2**62 - 4, None))
    np.testing.assert_array_equal(part, last[:, [1, 3]])


def test_axes_longer_than_len_can_say() -> None:
    (held,) = held_ranges(Shard(0, 2, 3), (2**64 - 1,))
    assert [here for here, _ in pieces([held])] == [(slice(0, (2**64 - 1) // 3),)]


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.uint64, np.array])
def test_numpy_integers_are_ints(integer: Any) -> None:
    given = Shard(integer(-1 if integer is np.int8 else 0), integer(1), integer(2), integer(3))
    own = Shard(-1 if integer is np.int8 else 0, 1, 2, 3)
    assert (given, hash(given)) == (own, hash(own))
    whole = (600, 6)
    assert fastinit.ones(whole, shard=given).shape == fastinit.ones(whole, shard=own).shape


def test_shards_are_values() -> None:
    assert Shard(0, 1, 2, sections=[3, 4]) == Shard(0, 1, 2, sections=(3, 4))
    assert len({Shard(0, 1, 2), Shard(0, 1, 2), Shard(0, 0, 2)}) == 2
    assert repr(Shard(0, 1, 2)) == "Shard(dim=0, rank=1, world=2, stride=1, sections=None)"


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"rank": 2}, ValueError, "`rank` must be an int in [0, 1], got 2; `world` is 2"),
        ({"rank": -1}, ValueError, "`rank` must be an int in [0, 1], got -1"),
        ({"rank": True}, TypeError, "`rank` must be an int"),
        ({"world": 0}, ValueError, "`world` must be an int in [1, 2**64 - 1], got 0"),
        ({"world": 2.0}, TypeError, "`world` must be an int"),
        ({"dim": "0"}, TypeError, "`dim` must be an int"),
        ({"dim": 2}, ValueError, "`dim` must be an int in [-2, 1], got 2; shape (10, 6) has 2 axes"),
        ({"dim": -3}, ValueError, "`dim` must be an int in [-2, 1], got -3"),
        ({"stride": 0}, ValueError, "`stride` must be an int in [1, 65536], got 0"),
        ({"stride": 3}, ValueError, "`stride` must divide what is left of axis 0, 10, got 3; give all sizes"),
        ({"stride": 2, "sections": (5, 5)}, ValueError, "`stride` must be 1 with `sections`, got 2; give the size"),
        ({"sections": (5, 4)}, ValueError, "`sections` must add up to what is left of axis 0, 10, got (5, 4)"),
        ({"sections": (11, -1)}, ValueError, "`sections` must be an int in [0, 2**64 - 1], got -1"),
        ({"sections": 5}, TypeError, "`sections` must be a sequence of at most 65536 sizes, got 5"),
        ({"sections": "55"}, TypeError, "`sections` must be an int"),
    ],
)
def test_errors_of_a_shard(given: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        fastinit.normal((10, 6), seed=1, shard=Shard(**{"dim": 0, "rank": 1, "world": 2, **given}))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (
            {"shard": Shard(0, 0, 2), "index": 3},
            TypeError,
            "`shard` must be None if there is an `index`, got Shard(dim=0, rank=0, world=2, stride=1, sections=None)",
        ),
        ({"shard": 0}, TypeError, "`shard` must be a `fastinit.Shard` or a list of them, got 0"),
        ({"shard": [Shard(0, 0, 2), None]}, TypeError, "`shard` must be a `fastinit.Shard` or a list of them"),
        (
            {"shard": Shard(0, 0, 2), "out": np.empty((10, 6), np.float32)},
            ValueError,
            "`out` must have the shape of the part `shard` of `shape`, (5, 6), got (10, 6); nothing was written",
        ),
        (
            {"shard": Shard(0, 0, 2), "out": np.empty((5, 6), np.float32), "shape": None},
            TypeError,
            "`shape` must be the shape of the whole tensor when `shard` is given, got None",
        ),
        ({"shard": [Shard(0, 0, 2), Shard(0, 0, 2, stride=2)]}, ValueError, "divide what is left of axis 0, 5, got 2"),
    ],
)
def test_errors_of_a_call(given: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        fastinit.normal(**{"shape": (10, 6), "seed": 1, **given})
    assert message in str(caught.value)
