"""Tables as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastinit.errors import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


def aligned(rows: Iterable[Sequence[str]], left: Collection[str]) -> Iterator[str]:
    """Yields rows in aligned columns; the first has the titles, of which `left` are left-aligned.

    By hand, as rich takes half a millisecond a row and folds cells where a terminal is narrow.

    Example:
        >>> print(*aligned([("name", "count"), ("a", "10")], left=("name",)), sep="\\n")
        name  count
        a        10
    """
    table = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (
            cell.ljust(width) if title in left else cell.rjust(width)
            for title, cell, width in zip(table[0], row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
