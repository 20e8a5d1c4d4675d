"""Every example in a docstring runs and gives the output that it shows."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import fastinit

EXTRAS = (
    "torch",
    "keras",
    "tensorflow",
    "jax",
    "transformers",
    "distributed",
    "matplotlib",
)  # which some modules need
MODULES = [
    "fastinit",
    *(
        module.name
        for module in pkgutil.walk_packages(fastinit.__path__, "fastinit.")
        if not module.name.endswith("__main__")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        pytest.skip(str(error))
    assert doctest.testmod(module).failed == 0


def test_every_public_function_has_an_example() -> None:
    for name in fastinit.__all__:
        if name != "__version__":
            assert ">>> " in (getattr(fastinit, name).__doc__ or ""), name
