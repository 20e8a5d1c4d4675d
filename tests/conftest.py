"""What every test starts from."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import fastinit
from fastinit import random

if TYPE_CHECKING:
    from collections.abc import Iterator

_ABSENT = re.compile(r"(?:could not import|No module named) '([\w.]+)'|needs ([\w.]+), which is not installed")

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Sums up what was skipped: by the library that is missing, of which -rs has each test."""
    counts = Counter(map(_why_skipped, terminalreporter.stats.get("skipped", ())))
    if counts:
        told = ", ".join(f"{reason}: {count}" for reason, count in counts.most_common())
        terminalreporter.write_line(f"skipped (-rs lists them): {told}")


def _why_skipped(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    absent = _ABSENT.search(reason)
    return f"without {(absent[1] or absent[2]).partition('.')[0]}" if absent else reason.removeprefix("Skipped: ")
