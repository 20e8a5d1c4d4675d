"""Pictures: figures of matplotlib, their files, and their common colours."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastinit.errors import PictureError, show_path
from fastinit.extras import remedy

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

# Any two, the mark's red included, are 12 apart (CAM02-UCS) for people who lack red or green cones and 8 for those who
# lack blue ones, by the model of Machado, Oliveira and Fernandes (2009). On white each has a contrast of 3 or more.
COLOURS = ("#0072b2", "#df6000", "#009f9f", "#bf6080", "#8080ff", "#bf8060", "#222222")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MARKED = "#d1102a"
QUIET = "#5b6770"  # of less important text and lines
# Lines in an order have one hue, and only the lightness shows the place. The first also has a contrast of 3 on white.
_FIRST, _LAST = (0.39, 0.60, 0.82), (0.02, 0.12, 0.30)

# The same figure gives the same bytes: it has no date, and its identifiers are not random.
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "ps": {"CreationDate": None}}


def new_figure(width: float, height: float) -> Any:
    """Returns an empty figure, in inches.

    Raises:
        PictureError: matplotlib is missing, or its settings are wrong.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PictureError(f"a plot needs matplotlib ({error}); {remedy('matplotlib', 'plot')}") from None
    except ValueError as error:  # such as MPLBACKEND
        raise PictureError(f"a plot needs matplotlib, whose settings it refuses: {error}") from None
    return Figure(figsize=(width, height), layout="constrained")


def format_of(path: str | os.PathLike[str]) -> str:
    """Returns the format of a picture, which the suffix of its path says.

    Raises:
        PictureError: The suffix is not a format, or the folder does not exist.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    suffix = Path(path).suffix.lstrip(".").lower()
    formats = FigureCanvasBase.get_supported_filetypes()
    if suffix not in formats:
        raise PictureError(f"cannot write {show_path(path)}: its name must end in .{', .'.join(formats)}")
    if not Path(path).parent.is_dir():
        raise PictureError(f"cannot write {show_path(path)}: its folder does not exist; create it first")
    return suffix


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Writes a figure; the suffix of the path says the format. In an SVG, text stays text.

    Raises:
        PictureError: The picture cannot be written.
    """
    from matplotlib import rc_context

    suffix = format_of(path)
    try:
        with rc_context({"svg.hashsalt": "fastinit", "svg.fonttype": "none"}):
            figure.savefig(path, format=suffix, dpi=130, metadata=_UNDATED.get(suffix))
    except OSError as error:
        raise PictureError(f"cannot write {show_path(path)}: {error.strerror or error}") from None
    except (ValueError, RuntimeError) as error:  # RuntimeError: there is no LaTeX
        raise PictureError(f"cannot write {show_path(path)}: {error}") from None


def clean(axes: Any) -> None:
    """Removes the unnecessary parts of axes: two sides and faint lines remain."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)


def shade(number: int, count: int) -> tuple[float, ...]:
    """Returns the colour of one of so many lines that have an order, from the first, light, to the last, dark."""
    share = number / max(count - 1, 1)
    return tuple(a + share * (b - a) for a, b in zip(_FIRST, _LAST, strict=True))


def decimals(axis: Any) -> None:
    """Writes the numbers of an axis as people do, also where it is logarithmic: 0.02, not 2 x 10 to the power of -2."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = axis.get_view_interval()
    if axis.get_scale() == "log":
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 200 * low else (1,), numticks=10))
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    else:
        axis.set_major_locator(MaxNLocator(5))


def whole(axis: Any) -> None:
    """Writes no numbers along an axis but whole ones, such as steps."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator("auto", steps=(1, 2, 5, 10), integer=True, min_n_ticks=1))


def apart(heights: Sequence[float], least: float) -> list[float]:
    """Moves ascending heights within axes apart, so that texts have room: those too close stay around their mean.

    Args:
        heights: From 0 to 1.
        least: From one to the next; less where so many do not fit.

    Example:
        >>> apart([0.5, 0.5, 0.9], least=0.1)
        [0.45, 0.55, 0.9]
    """
    least = min(least, 1 / max(len(heights), 1))
    groups: list[tuple[float, int]] = []  # the lowest of each, and how many there are
    for place, height in enumerate(heights):
        lowest, count = height, 1
        while groups and lowest < groups[-1][0] + groups[-1][1] * least:
            count += groups.pop()[1]
            reach = (count - 1) * least
            middle = math.fsum(heights[place - count + 1 : place + 1]) / count
            lowest = min(max(middle - reach / 2, 0.0), 1 - reach)
        groups.append((lowest, count))
    return [lowest + number * least for lowest, count in groups for number in range(count)]


def short(text: str, most: int) -> str:
    """Shortens a text to one line of so many characters, without its middle; any font has its letters."""
    return without_middle(text.encode("ascii", "backslashreplace").decode(), most)


def without_middle(text: str, most: int) -> str:
    """Shortens a text to so many characters: dots stand for its middle."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[: most - 3 - half]}...{text[-half:]}"
