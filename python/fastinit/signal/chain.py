"""The chain of a model: the stages that the signal passes one after another, along which it grows or shrinks."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.signal.readings import Stage

_NUMBER = re.compile(r"\d+")
_SIBLING = re.compile(r"_\d+(?=\.|$)")  # Keras adds such a number to all layers of one name but the first
_LONG = 6  # blocks that are enough: shorter lists are parts of them or lists of them
_COVERAGE = 0.6  # share of the matrices that must lie within the blocks


def chain_of(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Returns the blocks that a model repeats, or else its layers with matrices, in the order in which they run.

    Blocks are modules that contain others, and whose names differ only in numbers, or that are neighbours of one
    class. The lists of a ResNet's four stages make one chain; an encoder and a decoder make two,
    and the longer one is used. A chain of blocks is used if most matrices are within it. So the chain of a transformer
    is its residual stream, and the chain of a plain network is its layers. Tables of embeddings do not count as layers:
    they may be parallel, and their values have a scale of their own.
    """
    layers = [stage for stage in stages if stage.has_matrix and stage.is_leaf and "embed" not in stage.kind.lower()]
    groups: defaultdict[str, list[Stage]] = defaultdict(list)
    for stage in stages:
        if not stage.is_leaf and stage.name:
            groups[_place(stage)].append(stage)
    covered = {key: _coverage(group, layers) for key, group in groups.items() if len(group) > 1}
    fit = [key for key, share in covered.items() if share >= _COVERAGE] or _together(covered)
    if not fit:
        return tuple(layers)
    long = [key for key in fit if len(groups[key]) >= _LONG]
    best = min(long, key=len, default=max(fit, key=lambda key: (len(groups[key]), covered[key], -len(key))))
    return tuple(groups[best])


def _place(stage: Stage) -> str:
    """The common part of the names of a chain's blocks: all but the numbers, or parent and class if there are none."""
    name = _SIBLING.sub("", stage.name)
    place = _NUMBER.sub("*", name)
    return place if place != name else f"{name.rpartition('.')[0]}.<{stage.kind}>"


def _coverage(group: Sequence[Stage], layers: Sequence[Stage]) -> float:
    """The share of the calls of layers that are within the blocks."""
    inside = tuple(f"{stage.name}." for stage in group)
    names = [stage.name for stage in layers]
    return sum(name.startswith(inside) for name in names) / len(names) if names else 0.0


def _together(covered: dict[str, float]) -> list[str]:
    """Several chains that cover most matrices together, such as those of an encoder and a decoder."""
    outer = [key for key in covered if not any(key.startswith(f"{other}.") for other in covered)]
    return outer if sum(covered[key] for key in outer) >= _COVERAGE else []
