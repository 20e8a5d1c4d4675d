"""The words in Python's tables equal the words in the core's tables, one for one."""

from __future__ import annotations

from typing import get_args

from fastinit import _core, distributions, dtypes, steps
from tests.core import corefill, reference


def test_element_types_are_those_of_the_core() -> None:
    assert {*dtypes.FLOATS, dtypes.UINT32.name} == set(_core.ELEMENT_TYPES)


def test_distributions_are_those_of_the_core() -> None:
    names = [drawn.core_name for drawn in get_args(distributions.Random)]
    assert sorted(names) == sorted(_core.DISTRIBUTIONS)


def test_steps_are_those_of_the_core() -> None:
    assert tuple(steps._KINDS) == _core.STEPS


def test_the_tests_know_every_word() -> None:
    assert set(corefill.DTYPES) == set(_core.ELEMENT_TYPES)
    assert {"bits", *corefill.CASES} == set(_core.DISTRIBUTIONS)
    assert {*reference.STEPS} == set(_core.STEPS)
