"""One module for each subject, with two functions.

`versions()` names the libraries that are measured. `prepare(work, subject)` does everything that is
not timed, and returns a `Prepared`. A module whose library is missing raises ImportError, and its
line of the report says "not installed".
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import ml_dtypes  # noqa: F401  (registers the narrow types with numpy.dtype)
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..cases import Subject, Work


@dataclass(frozen=True)
class Prepared:
    run: Callable[[], Any]  # timed
    view: Callable[[Any], np.ndarray] = np.asarray  # not timed: the result as NumPy array


class Runner(Protocol):
    def versions(self) -> dict[str, str]: ...
    def prepare(self, work: Work, subject: Subject, /) -> Prepared: ...


def load(name: str) -> Runner:
    return cast("Runner", importlib.import_module(f"{__name__}.{name}"))


def ready_array(work: Work) -> np.ndarray:
    """Returns an array whose pages exist, full of a value that no fill leaves."""
    return np.full(work.shape, 77, dtype=np.dtype(work.dtype))
