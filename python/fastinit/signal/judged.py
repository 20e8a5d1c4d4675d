"""The common part of all reports that find faults: a verdict, and a check for tests."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastinit.signal.verdict import Finding

HEALTHY = "healthy"


class UnhealthyError(AssertionError):
    """A model that does not pass its signal on. The message is the verdict."""


class Judged(ABC):
    """A report with findings."""

    title: str

    @property
    @abstractmethod
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the gravest first; empty for a healthy model."""

    @property
    @abstractmethod
    def health(self) -> str:
        """The text of the verdict on a healthy model."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON, with null for numbers that are not finite."""

    @property
    def is_healthy(self) -> bool:
        """Whether there are no findings."""
        return not self.findings

    @property
    def verdict(self) -> str:
        """A summary of the numbers. It begins with "healthy" or with the kind of the gravest finding."""
        return "; ".join(finding.text for finding in self.findings) or f"{HEALTHY}: {self.health}"

    def assert_healthy(self) -> None:
        """Does nothing for a healthy model.

        Raises:
            UnhealthyError: With the verdict. An AssertionError, so that it fails a test as one.
        """
        if self.findings:
            raise UnhealthyError(f"{self.title} is not healthy: {self.verdict}")

    def to_json(self) -> str:
        """Returns all of it as the text of a JSON document."""
        return json.dumps(self.as_dict(), indent=1, allow_nan=False)
