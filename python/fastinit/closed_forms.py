"""Initializers whose elements are functions of their index: patterns, ramps and positions. They draw nothing."""
# A formula leaves its `**options` to `@initializer`.
# ruff: noqa: ARG001

from __future__ import annotations

import math
from collections.abc import Sequence  # noqa: TC003 - `@initializer` resolves it
from typing import Literal, TypeAlias, Unpack

from fastinit import checks, fans
from fastinit.distributions import Constant
from fastinit.fans import Layout  # noqa: TC001 - `@initializer` resolves it
from fastinit.index_functions import Delta, Hadamard, HadamardIdentity, Modulo, Ramp, SinCos, Triangular
from fastinit.options import Options, Shape, initializer
from fastinit.sines import LOWEST_FREQUENCY, MOST_POSITIONS

_MOST_BENT = 2**16  # places of a ramp with a power, each of which takes 0.1 ms
_FARTHEST_DIAGONAL = checks.UINT64  # no axis is longer
Order: TypeAlias = Literal["wh", "hw"]
_ORDERS = {"wh": (1, 0), "hw": (0, 1)}


@initializer
def hadamard(shape: Shape, *, gain: float = 1.0, **options: Unpack[Options]) -> Hadamard:
    """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

    Element (i, j) is `gain` 2^(-m/2) (-1)^b, where b is the number of binary ones of i & j, and 2^m is the
    least power of two that is not less than either size. Other sizes have the upper left part of that matrix.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        **options: The shared arguments.

    Source:
        Sylvester, Thoughts on inverse orthogonal matrices, Philosophical Magazine 34, 1867.

    Example:
        >>> hadamard((2, 4), gain=2.0).tolist()
        [[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0]]
    """
    return Hadamard(checks.sizes(shape, 2, 2), checks.finite("gain", gain))


@initializer
def hadamard_identity(
    shape: Shape, *, gain: float = math.sqrt(2), layout: Layout = "keras", **options: Unpack[Options]
) -> HadamardIdentity:
    """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

    If there are no more outputs than inputs, the weight is the identity, with zeros for the other inputs. Otherwise it
    is the upper left part of Sylvester's Hadamard matrix of order 2^m, the least with all outputs, times `gain`
    2^(-m/2). A convolution kernel has this matrix at its centre, size // 2 along each axis, and zeros around it. (The
    name "ZerO" itself would be too similar to `zeros`.)

    Args:
        shape: Two to five sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite, for the Hadamard matrix alone. The default is the paper's c = 2^(-(m-1)/2); the authors' code has
            1, which makes the rows and columns of the whole Hadamard matrix orthonormal.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        **options: The shared arguments.

    Source:
        Zhao, Schaefer and Anandkumar, ZerO initialization: initializing neural networks with only zeros and ones,
        TMLR 2022, algorithms 1 and 2.

    Example:
        >>> hadamard_identity((3, 2)).tolist()
        [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
        >>> hadamard_identity((2, 4), gain=1.0).tolist()
        [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]]
    """
    sizes = checks.sizes(shape, 2, 5)
    return HadamardIdentity(sizes, checks.choice("layout", layout, fans.LAYOUTS), checks.finite("gain", gain))


@initializer
def triangular(
    shape: Shape, *, diagonal: int = 0, lower: bool = True, value: float = 1.0, **options: Unpack[Options]
) -> Triangular:
    """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two or more sizes, of the whole tensor; the last two are the matrices'. None for the shape of `out`.
        diagonal: In [-2^64, 2^64]: 0 for the main diagonal, 1 for the one above it, -1 for the one below it.
        lower: Whether the value is on the diagonal and below it; else it is on the diagonal and above it.
        value: Any number, infinities and NaN included; rounded once to the element type.
        **options: The shared arguments.

    Source:
        The masks of `torch.tril` and `torch.triu`.

    Example:
        >>> triangular((2, 3)).tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
        >>> triangular((2, 3), lower=False, diagonal=1, value=-float("inf")).tolist()
        [[0.0, -inf, -inf], [0.0, 0.0, -inf]]
    """
    shift = checks.integer("diagonal", diagonal, -_FARTHEST_DIAGONAL, _FARTHEST_DIAGONAL)
    return Triangular(checks.sizes(shape, 2, None), shift, checks.boolean("lower", lower), Constant(value).value)


@initializer
def delta(shape: Shape, *, place: int, axis: int = -1, value: float = 1.0, **options: Unpack[Options]) -> Delta:
    """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

    All other elements are zero. With `place=-1` on the axis of its taps, a depthwise causal convolution returns
    its input.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        place: The place along the axis; negative ones count from the end.
        axis: Negative ones count from the end.
        value: Any number, infinities and NaN included; rounded once to the element type.
        **options: The shared arguments.

    Source:
        Kronecker's delta.

    Example:
        >>> delta((2, 1, 4), place=-1).tolist()
        [[[0.0, 0.0, 0.0, 1.0]], [[0.0, 0.0, 0.0, 1.0]]]
    """
    sizes = checks.sizes(shape, 1, None)
    along = _axis(axis, sizes)
    size = sizes[along]
    at = checks.integer("place", place, -size, size - 1, f"axis {along} of shape {sizes} has {size} places")
    return Delta(sizes, along, at % size, Constant(value).value)


@initializer
def modulo(
    shape: Shape, *, divisor: int, axis: int | None = None, one_hot: bool = False, **options: Unpack[Options]
) -> Modulo:
    """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

    For a tensor of tokens by choices, modulo the number of experts, each expert gets equally many.

    Args:
        shape: Sizes of the whole tensor; None for the shape of `out`.
        divisor: In [1, 2^64 - 1]. Types narrower than float64 round large remainders: float32 is exact to 2^24.
        axis: The axis whose index counts; None for the flat index in C order.
        one_hot: Whether to give, in place of the remainder, a last axis with a one at the remainder and zeros
            elsewhere. Its size is `divisor`, and its own index does not count.
        **options: The shared arguments.

    Source:
        The round robin by which torchtitan's router balances its experts for `_debug_force_load_balance`.

    Example:
        >>> modulo((3, 2), divisor=4).tolist()
        [[0.0, 1.0], [2.0, 3.0], [0.0, 1.0]]
        >>> modulo((3, 2), divisor=2, one_hot=True).tolist()
        [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    count = checks.integer("divisor", divisor, 1, checks.UINT64 - 1)
    has_classes = checks.boolean("one_hot", one_hot)
    sizes = checks.sizes(shape, int(has_classes), None)
    if has_classes and sizes[-1] != count:
        raise ValueError(checks.text("shape", f"have a last axis of size {count}, one for each remainder", shape))
    along = None if axis is None else _axis(axis, sizes)
    if has_classes and along == len(sizes) - 1:
        raise ValueError(checks.text("axis", "not be the last with `one_hot`, which holds the remainders", axis))
    return Modulo(sizes, count, along, has_classes)


@initializer
def ramp(
    shape: Shape,
    *,
    low: float = 0.0,
    high: float = 1.0,
    axis: int = -1,
    power: float = 1.0,
    log: bool = False,
    **options: Unpack[Options],
) -> Ramp:
    """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

    With t = (i / (n - 1))^power at place i of n, the value is low + (high - low) t, or low (high / low)^t for `log`.
    If there is one place, its value is `low`.

    Args:
        shape: One or more sizes, of the whole tensor; None for the shape of `out`.
        low: The first value, finite.
        high: The last value, finite.
        axis: Negative ones count from the end.
        power: Finite and > 0. Other powers than 1 take 0.1 ms for a place, and up to 2^16 places.
        log: Whether steps are equal factors; `low` and `high` are then of one sign, and not 0.
        **options: The shared arguments.

    Source:
        The decays of RWKV (Peng et al., EMNLP 2023: `power`) and S4D-Lin (Gu et al., NeurIPS 2022), the
        slopes of ALiBi (Press et al., ICLR 2022: `log`).

    Example:
        >>> ramp((2, 3), low=-1.0).tolist()
        [[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]
        >>> ramp(4, low=0.5, high=2**-4, log=True).tolist()
        [0.5, 0.25, 0.125, 0.0625]
    """
    sizes = checks.sizes(shape, 1, None)
    along = _axis(axis, sizes)
    first, last = checks.finite("low", low), checks.finite("high", high)
    exponent = checks.not_negative("power", power)
    if not exponent:
        raise ValueError(checks.text("power", "be finite and > 0", power))
    if checks.boolean("log", log) and not (first > 0 < last or first < 0 > last):
        raise ValueError(checks.text("low", f"have the sign of `high` = {last!r} for `log`, and not be 0", low))
    if exponent != 1 and sizes[along] > _MOST_BENT:
        rule = f"have at most {_MOST_BENT} places along axis {along} with a `power`"
        raise ValueError(checks.text("shape", rule, shape, "leave `power` at 1"))
    return Ramp(sizes, first, last, along, exponent, log)


@initializer
def sincos(
    shape: Shape,
    *,
    temperature: float = 10000.0,
    interleave: bool = True,
    endpoint: bool = False,
    **options: Unpack[Options],
) -> SinCos:
    """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

    With d channels, position p has sin(p f) and cos(p f) of the frequencies f = temperature^(-2 k / d), where k goes
    from 0 to d/2 - 1. Values are within 4e-16 of these formulas, relative to their size, before the last rounding.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are positions (up to 2^32) and channels
            (an even number); None for the shape of `out`.
        temperature: In [1, 2^64].
        interleave: Whether channels 2 k and 2 k + 1 have the sine and the cosine of frequency k, as in the paper; else
            the first half of the channels has all sines and the second all cosines, as in MAE and Whisper.
        endpoint: Whether the last frequency is 1 / temperature: f = temperature^(-k / (d/2 - 1)), as in Whisper.
        **options: The shared arguments.

    Source:
        Vaswani et al., Attention is all you need, NeurIPS 2017, section 3.5.

    Example:
        >>> sincos((3, 4), dtype="float64").round(2).tolist()
        [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.01, 1.0], [0.91, -0.42, 0.02, 1.0]]
    """
    sizes = _table(shape, 2)
    if sizes[-2] > MOST_POSITIONS:
        raise ValueError(checks.text("shape", f"have at most {MOST_POSITIONS} positions", shape))
    return _sincos(sizes, 0, (sizes[-2],), (0,), temperature, interleave, endpoint)


@initializer
def sincos_2d(
    shape: Shape,
    *,
    grid: Sequence[int],
    order: Order = "wh",
    extra_tokens: int = 0,
    temperature: float = 10000.0,
    interleave: bool = False,
    endpoint: bool = False,
    **options: Unpack[Options],
) -> SinCos:
    """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

    Position p is the patch in row p // width and column p mod width. One half of the channels is `sincos` of the row,
    the other half is `sincos` of the column.

    Args:
        shape: Two or more sizes, of the whole tensor, of which the last two are tokens and channels (a multiple of 4);
            None for the shape of `out`.
        grid: The height and width, in patches; with `extra_tokens` they make up all tokens.
        order: Which half comes first: "wh" for the column, as in MAE and DiT; "hw" for the row, as in MoCo v3 and in
            timm's `build_sincos2d_pos_embed` with `interleave_sin_cos=True`.
        extra_tokens: The number of first tokens that are zero, such as a class token.
        temperature: In [1, 2^64].
        interleave: Whether within a half each sine is followed by its cosine; else all sines come first.
        endpoint: Whether the last frequency is 1 / temperature.
        **options: The shared arguments.

    Source:
        He et al., Masked autoencoders are scalable vision learners, CVPR 2022 (`get_2d_sincos_pos_embed` of its code);
        Chen, Xie and He, An empirical study of training self-supervised vision transformers, ICCV 2021.

    Example:
        >>> sincos_2d((5, 4), grid=(2, 2), extra_tokens=1, dtype="float64").round(2).tolist()[1:3]
        [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.0, 1.0]]
    """
    sizes = _table(shape, 4)
    extra = checks.integer("extra_tokens", extra_tokens, 0, sizes[-2])
    height, width = _height_and_width(grid)
    if extra + height * width != sizes[-2]:
        rule = f"make up {sizes[-2]} tokens with {extra} extra ones"
        raise ValueError(checks.text("grid", rule, grid, f"a grid of {height} x {width} has {height * width}"))
    axes = _ORDERS[checks.choice("order", order, _ORDERS)]
    return _sincos(sizes, extra, (height, width), axes, temperature, interleave, endpoint)


def _axis(axis: int, sizes: tuple[int, ...]) -> int:
    return checks.integer("axis", axis, -len(sizes), len(sizes) - 1) % len(sizes)


def _height_and_width(grid: Sequence[int]) -> tuple[int, int]:
    rule = "be a height and a width"
    try:
        height, width = grid
    except TypeError:
        raise TypeError(checks.text("grid", rule, grid)) from None
    except ValueError:
        raise ValueError(checks.text("grid", rule, grid)) from None
    return checks.integer("grid", height, 0, MOST_POSITIONS), checks.integer("grid", width, 0, MOST_POSITIONS)


def _table(shape: Shape, multiple: int) -> tuple[int, ...]:
    sizes = checks.sizes(shape, 2, None)
    if sizes[-1] % multiple:
        raise ValueError(checks.text("shape", f"have a multiple of {multiple} as its number of channels", shape))
    return sizes


def _sincos(
    sizes: tuple[int, ...],
    extra: int,
    grid: tuple[int, ...],
    order: tuple[int, ...],
    temperature: float,
    interleave: bool,
    endpoint: bool,
) -> SinCos:
    longest = checks.finite("temperature", temperature)
    if not 1 <= longest <= 1 / LOWEST_FREQUENCY:
        raise ValueError(checks.text("temperature", "be in [1, 2^64]", temperature))
    is_interleaved, has_endpoint = checks.boolean("interleave", interleave), checks.boolean("endpoint", endpoint)
    return SinCos(sizes, extra, grid, order, is_interleaved, longest, has_endpoint)


ALL = (hadamard, hadamard_identity, triangular, delta, modulo, ramp, sincos, sincos_2d)

# doctest takes a decorated function for another module's.
__test__ = {f.__name__: f for f in ALL}
