"""Comparing data: all of it whatever the buffers and the file system, or a sample that is bounded."""

from __future__ import annotations

import itertools
import os
import random
import threading
from typing import TYPE_CHECKING

import pytest

from fastinit.checkpoint import CheckpointError, Plan, make_plan, parse_recipe, write
from fastinit.checkpoint.plan import Shard
from fastinit.checkpoint.reading import recompute
from fastinit.checkpoint.reading.verify import Mismatch, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BIG = """
seed = 1
dtype = "bfloat16"
[tensors]
"w.{0..1}" = [1000, 1001]
"v.{0..99}" = [3]
[[rule]]
match = "*"
init = "normal"
"""


def flip_bit(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def mismatch_in(folder: Path) -> Mismatch:
    found = verify(folder).mismatch
    assert found is not None
    return found


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """A checkpoint of 4 MB, which no test changes for good."""
    plan = make_plan(parse_recipe(BIG), 3_000_000)
    out = tmp_path_factory.mktemp("big") / "out"
    write(plan, out)
    return plan, out


@pytest.mark.parametrize(("chunk", "block", "threads"), [(4096, 4096, 2), (3 * 4096, 4096, 1), (2**22, 2**16, 3)])
def test_every_part_is_compared_whatever_the_buffers(
    chunk: int, block: int, threads: int, big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(recompute, "BLOCK_BYTES", block)
    monkeypatch.setattr(recompute, "MAX_THREADS", threads)
    plan, out = big
    assert verify(out).mismatch is None
    chance = random.Random(0)
    for shard in plan.shards:
        for _ in range(5):
            offset = chance.randrange(shard.header_bytes, shard.nbytes)
            flip_bit(out / shard.file, offset)
            found = mismatch_in(out)
            flip_bit(out / shard.file, offset)
            assert (found.file, found.offset) == (shard.file, offset - offset % 2)


def test_file_system_without_direct_reading_serves_too(big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[int] = []

    def refuse(path: Path, flags: int = 0) -> int:
        if flags:
            refused.append(flags)
            raise CheckpointError("Invalid argument")
        return open_regular(path)

    open_regular = recompute.open_regular
    monkeypatch.setattr(recompute, "open_regular", refuse)
    plan, out = big
    assert verify(out).mismatch is None
    assert len(refused) == len(plan.shards)
    flip_bit(out / plan.shards[1].file, plan.shards[1].nbytes - 1)
    assert mismatch_in(out).file == plan.shards[1].file
    flip_bit(out / plan.shards[1].file, plan.shards[1].nbytes - 1)


PREADV = os.preadv


def replace_data_reads(monkeypatch: pytest.MonkeyPatch, read: Callable[[int, list[memoryview], int], int]) -> None:
    """Small files and headers are read as ever: from offset 0, or 8, where no data begins."""

    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        return (PREADV if offset <= 8 else read)(descriptor, buffers, offset)

    monkeypatch.setattr(recompute.os, "preadv", preadv)


def test_direct_reading_that_is_refused_late_is_given_up(
    big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def refuse(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(22, "Invalid argument")
        return PREADV(descriptor, buffers, offset)

    monkeypatch.setattr(recompute, "CHUNK_BYTES", 2**20)
    replace_data_reads(monkeypatch, refuse)
    assert verify(big[1]).mismatch is None
    assert len(calls) > 2


def test_file_that_shrinks_while_it_is_read_is_an_error(
    big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_data_reads(monkeypatch, lambda *_: 0)
    with pytest.raises(CheckpointError, match="it became shorter while it was read"):
        verify(big[1])


def test_disk_that_fails_is_an_error(big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    replace_data_reads(monkeypatch, fail)
    with pytest.raises(CheckpointError, match=r"cannot read .*: Input/output error"):
        verify(big[1])


def test_sample_reads_the_ends_of_each_tensor_and_some_between(
    big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "SAMPLE_BLOCKS", 5)
    plan, out = big
    spans = recompute.sample(plan.shards, random.Random(1))
    for tensor in plan.tensors:
        parts = spans[[shard.file for shard in plan.shards].index(tensor.file)]
        for offset in (tensor.offset, tensor.offset + tensor.nbytes - 1):
            assert any(begin <= offset < end for begin, end in parts)
    assert all(begin % 4096 == 0 and end - begin <= 2**16 for p in spans for begin, end in p)
    assert all(one.end <= two.begin for p in spans for one, two in itertools.pairwise(p))
    found = verify(out, sample=True)
    assert found.mismatch is None
    assert 0.1 < found.share < 0.4
    assert recompute.sample(plan.shards, random.Random(2)) != spans


def test_sample_is_bounded(big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, _ = big
    for blocks in (1, 3, 10):
        monkeypatch.setattr(recompute, "SAMPLE_BYTES", blocks * recompute.SAMPLE_BLOCK_BYTES)
        spans = recompute.sample(plan.shards, random.Random(1))
        assert 1 <= sum(map(len, spans)) <= blocks
    monkeypatch.undo()
    spans = recompute.sample(plan.shards, random.Random(1))
    assert sum(end - begin for part in spans for begin, end in part) == plan.tensor_bytes


def test_sample_of_nothing_is_nothing() -> None:
    assert recompute.sample([Shard("x", 0, (), {})], random.Random()) == [[]]


def test_no_thread_reads_on_when_the_file_is_closed(big: tuple[Plan, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, out = big
    left = threading.Event()
    late: list[bool] = []

    def slow(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        if offset > plan.shards[0].header_bytes:  # past the first chunk, which differs
            left.wait(0.2)
            late.append(left.is_set())
        return PREADV(descriptor, buffers, offset)

    monkeypatch.setattr(recompute, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(recompute.os, "preadv", slow)
    flip_bit(out / plan.shards[0].file, plan.shards[0].header_bytes)
    spans = recompute.whole(plan.shards)[0]
    with recompute.Recomputation(plan.recipe.seed, None) as recomputation:
        path = out / plan.shards[0].file
        assert recomputation.compare(path, plan.shards[0], spans) is not None
        left.set()
    flip_bit(out / plan.shards[0].file, plan.shards[0].header_bytes)
    assert late
    assert not any(late)
