"""The steps that are tried with a model, and their results."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUILDS = "builds"  # by its own library
PLANNED, WRITTEN, VERIFIED, LOADED = "planned", "written", "verified", "loaded"  # as a checkpoint
BUILT, INITIALIZED = "built", "initialized"  # by fastinit.torch.build, and by init_model
EQUAL = "equal"  # to the library's own initialisation in its statistics
STEPS = (BUILDS, PLANNED, WRITTEN, VERIFIED, LOADED, BUILT, INITIALIZED, EQUAL)
_SHOWN = 300


class StoppedError(Exception):
    """A step failed, and all later steps need it."""


@dataclass
class Outcome:
    """How far a model came.

    Attributes:
        passed: The steps that passed, in their order.
        failed: The steps that did not, with the reason.
        notes: Further remarks.
    """

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Steps:
    """Reports whether each step passed, as soon as it is done.

    Args:
        tell: Called with the name of an attribute of `Outcome`, a step, and a reason or a note.
        folder: A folder for files. Reports name files in it without its path.
    """

    def __init__(self, tell: Callable[[str, str, str], None], folder: Path) -> None:
        self._tell = tell
        self.folder = folder

    @contextlib.contextmanager
    def step(self, name: str, *, needed: bool = True) -> Iterator[None]:
        """Runs a step in the `with` block. An exception means that it failed.

        Args:
            name: One of `STEPS`.
            needed: Whether a failure ends the trial, because later steps need this one.

        Raises:
            StoppedError: It failed, and is needed.
        """
        try:
            yield
        except Exception as error:
            self._tell("failed", name, reason(error).replace(f"{self.folder}/", ""))
            if needed:
                raise StoppedError from error
        else:
            self._tell("passed", name, "")

    def note(self, text: str) -> None:
        """Records a remark about a model that is not a failure."""
        self._tell("notes", "", text)


def reason(error: Exception) -> str:
    """Shows an exception in one short line."""
    text = " ".join(str(error).split()) or "without a message"
    return f"{type(error).__name__}: {text}"[:_SHOWN]
