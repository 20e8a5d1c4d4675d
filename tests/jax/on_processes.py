"""One of several processes that share an array: each draws what its own devices hold, and the same values."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

import fastinit
from fastinit import jax as init
from fastinit import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = int(os.environ["JAX_TEST_PROCESSES"])
SHAPE = (12, 4 * COUNT)


@pytest.fixture(scope="module", autouse=True)
def _connected() -> Iterator[None]:
    number = int(os.environ["JAX_TEST_PROCESS"])
    jax.distributed.initialize(os.environ["JAX_TEST_ADDRESS"], COUNT, number)
    yield
    jax.distributed.shutdown()


@pytest.fixture
def sharding() -> NamedSharding:
    mesh = jax.make_mesh((COUNT, 2), ("x", "y"))
    return NamedSharding(mesh, PartitionSpec("y", "x"))


def check(made: Any, expected: Any) -> None:
    assert not made.is_fully_addressable
    assert len(made.addressable_shards) == 2
    for shard in made.addressable_shards:
        np.testing.assert_array_equal(np.asarray(shard.data), expected[shard.index])


def test_own_parts_only(sharding: NamedSharding, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    fill_buffer = parts.fill_buffer
    monkeypatch.setattr(
        parts,
        "fill_buffer",
        lambda spec, buffer, box, **o: sizes.append(box.size) or fill_buffer(spec, buffer, box, **o),
    )
    made = init.make(SHAPE, sharding, init="he_normal", seed=3, stream="w")
    assert sum(sizes) * COUNT == made.size
    check(made, fastinit.he_normal(SHAPE, seed=3, stream="w"))


def test_by_key_and_generator(sharding: NamedSharding) -> None:
    key = np.array([0, 3], np.uint32)
    check(init.make(SHAPE, sharding, init=init.normal(1.0), key=key), fastinit.normal(SHAPE, seed=3))
    generator = fastinit.Generator(3)
    for stream in range(2):
        made = init.make(SHAPE, sharding, init="normal", seed=generator)
        check(made, fastinit.normal(SHAPE, seed=3, stream=stream))
    check(init.make(SHAPE, sharding, init="orthogonal", seed=3), fastinit.orthogonal(SHAPE, seed=3))


def test_the_seed_must_be_given(sharding: NamedSharding) -> None:
    message = "`seed` must be given for an array on several processes, got None; pass the same number"
    with pytest.raises(ValueError, match=message):
        init.make(SHAPE, sharding, init="normal")
    check(init.make(SHAPE, sharding, init="ones"), np.ones(SHAPE, np.float32))
