"""Tables as lines of text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from fastinit.errors import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


_INDENT = 4
# A text next to other columns is wrapped in this many characters, or in fewer if it then has at most three lines.
_ROOM, _LEAST_ROOM, _FEW_LINES = 40, 16, 3


def aligned(rows: Iterable[Sequence[str]], left: Collection[str]) -> Iterator[str]:
    """Yields rows in aligned columns; the first has the titles, of which `left` are left-aligned.

    This does not use rich, which takes half a millisecond per row and folds cells in narrow terminals.

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


def folded(rows: Iterable[Sequence[str]], left: Collection[str], width: int) -> Iterator[list[str]]:
    """Yields each row of such a table as lines of at most so many characters.

    Columns that do not fit next to the others go below them, indented, at the same places in all rows. A text that is
    too long for a line takes several lines.

    Example:
        >>> rows = [("name", "count", "what"), ("model.weight", "10", "all of it")]
        >>> for lines in folded(rows, left=("name", "what"), width=20):
        ...     print(*lines, sep="\\n")
        name          count
            what
        model.weight     10
            all of it
    """
    width = max(width, _INDENT + 1)  # a narrower terminal has no room for anything
    table = [tuple(map(printable, row)) for row in rows]
    placed = _placed([max(map(len, column)) for column in zip(*table, strict=True)], table[0], left, width)
    for row in table:
        lines: list[str] = []
        for begin, columns in placed:
            cells = [
                (textwrap.wrap(row[k], room, break_on_hyphens=False) or [""], table[0][k], room) for k, room in columns
            ]
            for number in range(max(len(cell) for cell, _, _ in cells)):
                texts = (
                    text.ljust(room) if title in left else text.rjust(room)
                    for cell, title, room in cells
                    for text in (cell[number] if number < len(cell) else "",)
                )
                lines.append(" " * begin + "  ".join(texts))
        yield [line.rstrip() for line in lines if line.strip()]


def _placed(
    widths: Sequence[int], titles: Sequence[str], left: Collection[str], width: int
) -> list[tuple[int, list[tuple[int, int]]]]:
    """The columns that share a line, for each line of a row: where it begins, and each column with its room."""
    placed: list[tuple[int, list[tuple[int, int]]]] = [(0, [])]
    free = width
    for k, wanted in enumerate(widths):
        columns = placed[-1][1]
        gap = 2 if columns else 0
        if columns and wanted > free - gap:
            room = free - gap
            is_text = titles[k] in left and k == len(widths) - 1
            if is_text and (room >= _ROOM or (room >= _LEAST_ROOM and wanted <= _FEW_LINES * room)):
                columns.append((k, room))
                break
            columns, gap = [], 0
            placed.append((_INDENT, columns))
            free = width - _INDENT
        columns.append((k, min(wanted, free - gap)))
        free -= gap + columns[-1][1]
    return placed
