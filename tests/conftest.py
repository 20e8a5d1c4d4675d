"""What every test starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import fastinit
from fastinit import random

if TYPE_CHECKING:
    from collections.abc import Iterator

# The same examples in every run, and no time limit on a shared machine.
settings.register_profile("fastinit", derandomize=True, deadline=None)
settings.load_profile("fastinit")


@pytest.fixture(autouse=True)
def _restore_state() -> Iterator[None]:
    """No test sees another's default generator, layout or number of threads."""
    generator, threads, layout = random._default, fastinit.get_num_threads(), fastinit.get_default_layout()
    yield
    random._default = generator
    fastinit.set_num_threads(threads)
    fastinit.set_default_layout(layout)
