"""One module per framework: how its initializers are called on either side.

`start(side)` imports the libraries of the side, and raises ImportError if one is missing; `versions()` names the
framework; `prepare(row, side, pieces, quick)` returns a `Prepared`; `clock(side)` measures the draws within calls.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import ml_dtypes  # noqa: F401  (registers the narrow types with numpy.dtype)
import numpy as np

from ..cases import FASTINIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from ..cases import Piece, Row

_CORE_FILLS = ("fill", "fill_pattern")


@dataclass(frozen=True)
class Prepared:
    calls: list[Callable[[], Any]]  # timed: one for each piece, to its finished result
    view: Callable[[Any], np.ndarray] = np.asarray  # not timed: the result as NumPy array


class Clock:
    """Adds up the time within functions."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - start

        return run


@contextlib.contextmanager
def core_clock(side: str) -> Iterator[Clock | None]:
    """Gives a clock of the time in fastinit's core; None on sides that do not use it."""
    if side not in FASTINIT:
        yield None
        return
    from fastinit import _core

    clock, originals = Clock(), {name: getattr(_core, name) for name in _CORE_FILLS}
    for name, original in originals.items():
        setattr(_core, name, clock.timed(original))
    try:
        yield clock
    finally:
        for name, original in originals.items():
            setattr(_core, name, original)


class Runner(Protocol):
    def start(self, side: str, /) -> None: ...
    def versions(self) -> dict[str, str]: ...
    def prepare(self, row: Row, side: str, pieces: Sequence[Piece], quick: bool, /) -> Prepared: ...
    def clock(self, side: str, /) -> AbstractContextManager[Clock | None]: ...
