"""structures.py and index_functions.py: parts of tensors whose elements depend on each other or on their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastinit
from fastinit.formulas import FORMULAS

if TYPE_CHECKING:
    import random

EVERY: list[tuple[str, Any, dict[str, Any]]] = [
    ("orthogonal", (70, 33), {"gain": 1.5}),
    ("orthogonal", (33, 70), {}),
    ("orthogonal", (40, 3, 4, 2), {"layout": "torch"}),
    ("orthogonal", (3, 4, 2, 40), {}),
    ("delta_orthogonal", (3, 2, 4, 6), {"gain": 2.0}),
    ("delta_orthogonal", (6, 4, 3, 2), {"layout": "torch"}),
    ("identity", (9, 5), {"gain": -2.5}),
    ("dirac", (3, 2, 4, 6), {"groups": 2}),
    ("dirac", (6, 4, 3, 2), {"layout": "torch", "groups": 3}),
    ("sparse", (20, 9), {"sparsity": 0.3}),
    ("hadamard", (70, 33), {"gain": 0.3}),
    ("hadamard_identity", (3, 2, 9, 40), {}),
    ("hadamard_identity", (6, 9, 2), {"layout": "torch"}),
    ("triangular", (3, 9, 5), {"diagonal": -2}),
    ("triangular", (9, 5), {"diagonal": 1, "lower": False, "value": 0.1}),
    ("delta", (4, 5, 6), {"axis": 1, "place": -2}),
    ("modulo", (4, 6, 5), {"divisor": 12}),
    ("modulo", (8, 5, 4), {"divisor": 4, "axis": 0, "one_hot": True}),
    ("ramp", (40, 3), {"low": -1.0, "axis": 0}),
    ("ramp", (3, 1100), {"low": 0.1, "log": True}),
    ("ramp", 40, {"power": 1.7}),
    ("sincos", (40, 16), {"temperature": 100.0}),
    ("sincos", (2, 40, 16), {"interleave": False, "endpoint": True}),
    ("sincos_2d", (38, 24), {"grid": (6, 6), "extra_tokens": 2}),
    ("sincos_2d", (35, 8), {"grid": (5, 7), "order": "hw", "interleave": True}),
]


@pytest.mark.parametrize(("name", "shape", "options"), EVERY)
@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_part_is_that_of_the_whole(
    name: str, shape: tuple[int, ...], options: dict[str, Any], chance: random.Random
) -> None:
    whole = getattr(fastinit, name)(shape, seed=1, **options)
    shape = whole.shape
    index = tuple(
        chance.randrange(size) if chance.random() < 0.2 else slice(*sorted(chance.choices(range(size + 1), k=2)))
        for size in shape[: chance.randint(0, len(shape))]
    )
    part = getattr(fastinit, name)(shape, seed=1, index=index, **options)
    assert part.shape == whole[index].shape
    assert part.tobytes() == whole[index].tobytes()


@pytest.mark.parametrize(("name", "shape", "options"), EVERY)
def test_std_is_that_of_the_elements(name: str, shape: tuple[int, ...], options: dict[str, Any]) -> None:
    drawn = np.stack([getattr(fastinit, name)(shape, seed=seed, dtype="float64", **options) for seed in range(100)])
    assert FORMULAS[name](shape, **options).std == pytest.approx(drawn.std(), rel=0.03)
