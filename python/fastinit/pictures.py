"""Pictures: a figure of matplotlib's, its file, and the colours that all of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastinit.errors import PictureError, show_path

if TYPE_CHECKING:
    import os

# Told apart by colour-blind eyes too, as their markers are.
COLOURS = ("#0b6e4f", "#3d6cb9", "#c98a1b", "#8d5fb3", "#2a9fb0", "#7a8b2a", "#5b6770", "#b5651d")
MARKERS = ("o", "s", "^", "D", "v")
MARKED = "#d1102a"


def new_figure(width: float, height: float) -> Any:
    """Returns an empty figure, in inches; its text stays text in an SVG.

    Raises:
        PictureError: matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PictureError(f'a plot needs matplotlib, got: {error}; pip install "fastinit-nn[plot]"') from None
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Writes a figure; the suffix of the path says the format.

    Raises:
        PictureError: The picture cannot be written.
    """
    try:
        figure.savefig(path, dpi=130)
    except OSError as error:
        raise PictureError(f"cannot write {show_path(path)}: {error.strerror}") from None
    except ValueError as error:  # a suffix that is no format
        raise PictureError(f"cannot write {show_path(path)}: {error}") from None


def clean(axes: Any) -> None:
    """Leaves of axes what is read: two sides, and faint lines across."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
