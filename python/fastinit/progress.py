"""A progress bar on standard error, if that is a terminal."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_REFRESH_SECONDS = 0.1


def is_watched() -> bool:
    """Whether a person sees movement on standard error: it is a terminal. FORCE_COLOR does not count for a pipe."""
    if sys.stderr is None or sys.stderr.closed or not sys.stderr.isatty():
        return False
    return os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


@contextmanager
def progress_bar(
    what: str, total: int | None, *, is_hidden: bool, columns: Sequence[Any] = ()
) -> Iterator[Callable[..., None]]:
    """Shows a bar, and yields the function that moves it, by a count and perhaps with another text.

    Args:
        what: The text before the bar.
        total: The sum of all counts; None if it is unknown.
        is_hidden: Whether to show no bar, even on a terminal.
        columns: Columns of rich, between the share that is done and the remaining time.
    """
    from rich.console import Console  # imported here, because an adapter must load nothing that it does not use
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(complete_style="cyan", finished_style="green"),
        TaskProgressColumn(),
        *columns,
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
        disable=is_hidden or not is_watched(),
        auto_refresh=False,  # it would need a thread
    ) as progress:
        task, shown = progress.add_task(what, total=total), time.monotonic()

        def advance(count: int, description: str | None = None) -> None:
            nonlocal shown
            is_due = time.monotonic() - shown > _REFRESH_SECONDS
            progress.update(task, advance=count, description=description, refresh=is_due)
            shown = time.monotonic() if is_due else shown

        yield advance
