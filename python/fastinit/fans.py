"""Fan statistics: how many inputs feed an output of a weight, and how many outputs an input feeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex, TypeAlias, cast, get_args

from fastinit import checks

Axes: TypeAlias = int | Sequence[int]
Layout: TypeAlias = Literal["keras", "torch"]
Mode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]

# The (in, out) axes of each layout; the other axes are the kernel's.
LAYOUTS = {"keras": (-2, -1), "torch": (1, 0)}
MODES: tuple[Mode, ...] = get_args(Mode)


class DefaultLayout(str):
    """The default of `layout`: what `set_default_layout` chose. An explicit "keras" is a plain str."""

    __slots__ = ()


DEFAULT_LAYOUT = cast("Layout", DefaultLayout("keras"))
_default: Layout = "keras"


def set_default_layout(layout: Layout) -> None:
    """Sets the `layout` of array calls that do not give one; at first it is "keras".

    It applies to the whole process: to all threads, from the next call on. Recipes and the adapters ignore it, because
    a recipe has its own layout and so has a framework.

    Args:
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel).

    Raises:
        TypeError: `layout` is not text.
        ValueError: `layout` is neither of the two.

    Example:
        >>> set_default_layout("torch")
        >>> compute_fans((32, 16, 3, 3))
        (144, 288)
        >>> set_default_layout("keras")
    """
    global _default
    _default = cast("Layout", checks.choice("layout", layout, LAYOUTS))


def get_default_layout() -> Layout:
    """Returns the `layout` of array calls that do not give one: see `set_default_layout`.

    Example:
        >>> get_default_layout()
        'keras'
    """
    return _default


def compute_fans(
    shape: SupportsIndex | Sequence[SupportsIndex],
    *,
    layout: Layout = DEFAULT_LAYOUT,
    in_axis: Axes | None = None,
    out_axis: Axes | None = None,
    batch_axis: Axes = (),
) -> tuple[int, int]:
    """Returns (fan_in, fan_out) of a weight.

    Args:
        shape: Two or more sizes.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `set_default_layout` chose, which is "keras" at first.
        in_axis: Input axis or axes in place of the layout's; may be negative.
        out_axis: Output axis or axes in place of the layout's.
        batch_axis: Axes that count neither as input, output nor kernel.

    Returns:
        The sizes of the input and of the output axes, each times the kernel's.

    Raises:
        TypeError: A shape, layout or axis has the wrong type.
        ValueError: Fewer than two dimensions, an unknown layout, or an axis that is out of range or
            given twice.

    Source:
        Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
        AISTATS 2010, section 4.2; axes as in `jax.nn.initializers.variance_scaling`.

    Example:
        >>> compute_fans((3, 3, 16, 32))
        (144, 288)
        >>> compute_fans((32, 16, 3, 3), layout="torch")
        (144, 288)
        >>> compute_fans((8, 64, 4, 16), in_axis=1, out_axis=(2, 3), batch_axis=0)
        (64, 64)
    """
    sizes = checks.shape(shape)
    if layout is DEFAULT_LAYOUT:
        layout = _default
    if len(sizes) < 2:
        remedy = "use `normal` or `uniform` with a std of your own, or `zeros` for a bias"
        rule = "have two or more dimensions for fans"
        raise ValueError(checks.text("shape", rule, shape, remedy))
    layout_in, layout_out = LAYOUTS[checks.choice("layout", layout, LAYOUTS)]
    taken: dict[int, str] = {}
    inputs = _axes("in_axis", layout_in if in_axis is None else in_axis, sizes, taken)
    outputs = _axes("out_axis", layout_out if out_axis is None else out_axis, sizes, taken)
    _axes("batch_axis", batch_axis, sizes, taken)
    kernel = math.prod(n for axis, n in enumerate(sizes) if axis not in taken)
    return inputs * kernel, outputs * kernel


def _axes(argument: str, axes: Any, sizes: tuple[int, ...], taken: dict[int, str]) -> int:
    """Notes the axes as taken, and returns the product of their sizes."""
    ndim, product = len(sizes), 1
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        remedy = f"the shape {sizes} has {ndim} dimensions"
        number = checks.integer(argument, axis, -ndim, ndim - 1, remedy) % ndim
        if number in taken:
            rule, remedy = "not repeat an axis", f"axis {number} is already in `{taken[number]}`"
            raise ValueError(checks.text(argument, rule, axes, remedy))
        taken[number] = argument
        product *= sizes[number]
    return product
