"""Which stages make a chain: the blocks that a model repeats, else its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastinit.signal.chain import chain_of
from tests.signal.stages import stage

if TYPE_CHECKING:
    from fastinit.signal.readings import Stage


def block(name: str, kind: str = "Block") -> Stage:
    return stage(name, kind=kind, weights=(), is_leaf=False)


def names(stages: list[Stage]) -> list[str]:
    return [found.name for found in chain_of(stages)]


def test_a_plain_network_is_its_layers_with_matrices() -> None:
    stages = [block("")]
    for n in range(4):
        stages += [stage(f"{2 * n}"), stage(f"{2 * n + 1}", kind="ReLU", weights=())]
    assert names(stages) == ["0", "2", "4", "6"]


def test_a_transformer_is_its_blocks() -> None:
    stages = [block(""), stage("embed", kind="Embedding")]
    for n in range(8):
        inner = [stage(f"layers.{n}.{part}.{m}") for part in ("attention", "mlp") for m in range(2)]
        stages += [block(f"layers.{n}"), block(f"layers.{n}.attention"), block(f"layers.{n}.mlp"), *inner]
    stages.append(stage("head"))
    assert names(stages) == [f"layers.{n}" for n in range(8)]


def test_lists_of_blocks_one_after_another_are_one_chain() -> None:
    stages = [block("")]
    for n in range(2):
        stages.append(block(f"stages.{n}"))
        for m in range(3):
            stages += [block(f"stages.{n}.blocks.{m}"), stage(f"stages.{n}.blocks.{m}.conv")]
    assert names(stages) == [f"stages.{n}.blocks.{m}" for n in range(2) for m in range(3)]


def test_blocks_are_the_chain_and_not_the_many_that_are_within_them() -> None:
    stages = [block("")]
    for n in range(6):
        stages.append(block(f"layers.{n}"))
        for m in range(4):
            stages += [block(f"layers.{n}.experts.{m}"), stage(f"layers.{n}.experts.{m}.up")]
    assert names(stages) == [f"layers.{n}" for n in range(6)]


def test_of_two_chains_the_longer_is_taken() -> None:
    stages = [block("")]
    for part, count in (("encoder", 4), ("decoder", 6)):
        for n in range(count):
            stages += [block(f"{part}.{n}"), stage(f"{part}.{n}.linear")]
    assert names(stages) == [f"decoder.{n}" for n in range(6)]


def test_blocks_of_one_class_without_numbers_are_a_chain() -> None:
    stages = [block("")]
    for name in ("first", "second", "third"):
        stages += [block(f"body.{name}"), stage(f"body.{name}.linear")]
    assert names(stages) == ["body.first", "body.second", "body.third"]


def test_siblings_of_keras_of_which_the_first_has_no_number_are_a_chain() -> None:
    stages = [block("")]
    for name in ("block", "block_1", "block_2"):
        stages += [block(name), stage(f"{name}.dense")]
    assert names(stages) == ["block", "block_1", "block_2"]


def test_blocks_that_hold_few_of_the_matrices_are_not_the_chain() -> None:
    stages = [block(""), block("a.0"), stage("a.0.linear"), block("a.1"), stage("a.1.linear")]
    stages += [stage(f"plain{n}") for n in range(6)]
    assert len(names(stages)) == 8


def test_nothing_is_no_chain() -> None:
    assert names([]) == []
    assert names([stage("relu", kind="ReLU", weights=())]) == []
