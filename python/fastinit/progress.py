"""A progress bar on standard error, if that is a terminal."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_REFRESH_SECONDS = 0.1


@contextmanager
def progress_bar(
    what: str, total: int | None, *, is_hidden: bool, columns: Sequence[Any] = ()
) -> Iterator[Callable[..., None]]:
    """Shows a bar, and yields what moves it: a function of a count, and of another text for what goes on.

    Args:
        what: The text before the bar.
        total: Of the counts; None if it is not known.
        is_hidden: Whether to show none on a terminal either.
        columns: Of rich, between the share that is done and the time that is left.
    """
    from rich.console import Console  # here, as an adapter loads nothing before it uses it
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    # Not `console.is_terminal`, which FORCE_COLOR makes true of a pipe.
    is_seen = sys.stderr is not None and sys.stderr.isatty() and not console.is_dumb_terminal
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(complete_style="cyan", finished_style="green"),
        TaskProgressColumn(),
        *columns,
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=is_hidden or not is_seen,
        auto_refresh=False,  # which takes a thread
    ) as progress:
        task, shown = progress.add_task(what, total=total), time.monotonic()

        def advance(count: int, description: str | None = None) -> None:
            nonlocal shown
            is_due = time.monotonic() - shown > _REFRESH_SECONDS
            progress.update(task, advance=count, description=description, refresh=is_due)
            shown = time.monotonic() if is_due else shown

        yield advance
