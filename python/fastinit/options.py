"""The arguments that every initializer shares, written once.

An initializer is written as its *formula*: a function from a shape and its own parameters to a distribution.
`@initializer` makes it the function that users call, which draws. The formula's `**options` say which of the
shared arguments it has as well; type checkers, `inspect` and `help` show them all.
"""

from __future__ import annotations

import functools
import inspect
import operator
import re
import textwrap
import typing
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import EllipsisType
from typing import Any, ParamSpec, SupportsIndex, TypeAlias, TypedDict, TypeVar, cast

from fastinit import checks, fans
from fastinit._core import DefaultFloatEnvironment
from fastinit.buffers import Buffer, buffer_of
from fastinit.devices import DEFAULT_DEVICE, DeviceLike, device_of
from fastinit.distributions import Distribution
from fastinit.dtypes import ALIASES, DEFAULT_DTYPE, FLOATS, DType
from fastinit.errors import suggest
from fastinit.fans import Axes, Layout  # noqa: TC001 - get_type_hints needs them for FanOptions
from fastinit.fill import draw
from fastinit.random import DEFAULT_STREAM, Seed, Stream
from fastinit.shards import Shard  # noqa: TC001 - get_type_hints needs it for BitsOptions

if typing.TYPE_CHECKING:
    from numpy.typing import NDArray

P = ParamSpec("P")
Spec = TypeVar("Spec", bound=Distribution)

Sizes: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
Shape: TypeAlias = Sizes | None
IndexPart: TypeAlias = slice | SupportsIndex | EllipsisType
Index: TypeAlias = IndexPart | tuple[IndexPart, ...]


class BitsOptions(TypedDict, total=False):
    """The options of any draw."""

    device: DeviceLike
    seed: Seed
    stream: Stream
    index: Index | None
    shard: Shard | Sequence[Shard] | None
    out: Any


class Options(BitsOptions, total=False):
    """The options of a draw of floating-point numbers."""

    dtype: DType


class FanOptions(Options, total=False):
    """The options of a draw that is scaled by fans."""

    layout: Layout
    in_axis: Axes | None
    out_axis: Axes | None
    batch_axis: Axes


TRAPS = "https://fastinit.github.io/fastinit/traps.html"

# In the order of signatures: the default, and the text for `help`.
OPTIONS: dict[str, tuple[Any, str]] = {
    "layout": (
        fans.DEFAULT_LAYOUT,
        (
            'The order of axes in `shape`: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). The default '
            'is "keras" unless `fastinit.set_default_layout` has changed it. A wrong layout gives a wrong scale: see '
            f"{TRAPS}#the-layout-of-the-shape"
        ),
    ),
    "in_axis": (None, "The input axis or axes, instead of the layout's."),
    "out_axis": (None, "The output axis or axes, instead of the layout's."),
    "batch_axis": ((), "Axes that count as neither input, output nor kernel."),
    "dtype": (
        DEFAULT_DTYPE,
        (
            f"One of {', '.join(FLOATS)}, or a short name ({', '.join(ALIASES)}; fp8 is {ALIASES['fp8']}), or the "
            "dtype of a framework. The default is the type of `out`, or else float32. `numpy.save` forgets bfloat16 "
            f"and float8: see {TRAPS}#numpy-files-lose-bfloat16"
        ),
    ),
    "device": (
        DEFAULT_DEVICE,
        (
            'Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its current '
            'stream. The default is the device of `out`, or else "cpu".'
        ),
    ),
    "seed": (
        None,
        (
            "An int in [0, 2^64), a `Generator`, or None for the default generator. Two tensors that are drawn with "
            "one int and no `stream` share their random words: give each tensor its name as `stream`, or pass a "
            f"`Generator`. See {TRAPS}#a-seed-without-a-stream-for-two-tensors"
        ),
    ),
    "stream": (
        DEFAULT_STREAM,
        (
            "The tensor's name, or an int in [0, 2^64): tensors with the same seed differ by it. The default is 0 if "
            "`seed` is an int, or else the generator's next stream. If both a generator and a stream are given, only "
            "the generator's seed is used, and it does not advance."
        ),
    ),
    "index": (
        None,
        (
            "Slices, ints or `...`, to draw only this part of the tensor. `shape` is still the shape of the whole "
            "tensor, and the fans are computed from it."
        ),
    ),
    "shard": (
        None,
        (
            "A `Shard`, or a list of them, to draw only what one rank of parallel layers holds, instead of `index`. "
            "`shape` is still the shape of the whole tensor, and the fans are computed from it."
        ),
    ),
    "out": (
        None,
        (
            "A C-contiguous array to fill and return: of NumPy, of CuPy, with DLPack such as PyTorch's tensors, "
            "with `__cuda_array_interface__`, or writable bytes. An array on a GPU is filled on its library's current "
            "stream. With `out`, `shape` may be None."
        ),
    ),
}
_RAISES = """

{0}Raises:
{0}    TypeError: An argument has the wrong type.
{0}    ValueError: An argument has a wrong value."""
_LAYOUT_NOTE = '`shape` is (*kernel, in, out), unless layout="torch" makes it (out, in, *kernel).'
_BOUNDS = {"a": ("low", "lower"), "b": ("high", "upper")}  # PyTorch's names of bounds, and what they are here
_WIDTH = 92  # of the text for `help`, without its indentation
# The indentation may be any, because Python strips it from 3.13 on.
_PLACEHOLDER = re.compile(r"^( *)\*\*options: The shared arguments\.$", re.MULTILINE)


def initializer(formula: Callable[P, Spec]) -> Callable[P, NDArray[Any]]:
    """Makes the function that draws from a formula."""
    options = _options_of(formula)
    own = _own_parameters(formula)
    spec_of = cast("Callable[..., Spec]", formula)
    known = frozenset(own) | (options.keys() - BitsOptions.__annotations__.keys())
    has_layout = "layout" in known
    by_place = [name for name, parameter in own.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]

    @functools.wraps(formula)
    def initialize(
        shape: Shape,
        *args: Any,
        dtype: Any = DEFAULT_DTYPE,
        device: Any = DEFAULT_DEVICE,
        seed: Seed = None,
        stream: Stream = DEFAULT_STREAM,
        index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None,
        out: Any = None,
        **parameters: Any,
    ) -> Any:
        if parameters and not known.issuperset(parameters):
            raise _unknown(formula.__name__, parameters, initialize)
        if len(args) >= len(by_place):
            raise _too_many(formula.__name__, (shape, *args), by_place)
        if has_layout:
            parameters.setdefault("layout", fans.get_default_layout())
        place = device_of(device)
        memory = None if out is None else buffer_of(out, dtype, device)
        if shape is None:
            shape = _shape_of(memory, index, shard)
        with DefaultFloatEnvironment():
            spec = spec_of(shape, *args, **parameters)
            drawn = draw(
                spec,
                checks.shape(shape),
                memory,
                dtype=dtype,
                device=place,
                seed=seed,
                stream=stream,
                index=index,
                shard=shard,
            )
        return drawn.owner if out is None else out

    _set_signature(initialize, [*own.values(), *options.values()])
    initialize.__doc__ = _document(formula, options, has_layout)
    return cast("Callable[P, NDArray[Any]]", initialize)


def _shape_of(memory: Buffer | None, index: Any, shard: Any) -> tuple[int, ...]:
    """The shape that a call with `shape=None` means."""
    if memory is None:
        raise TypeError(checks.text("shape", "be given", None, checks.SHAPE_REMEDY))
    if index is not None or shard is not None:
        rule = f"be the shape of the whole tensor when `{'shard' if index is None else 'index'}` is given"
        raise TypeError(checks.text("shape", rule, None, "`out` is only the part"))
    return memory.shape


class Formula:
    """A formula alone: shape and parameters -> distribution, for plans, which do not draw.

    `layout` is accepted by all, so that a plan can pass its own, and ignored where there are no fans. Without it a
    formula uses "keras" and ignores `set_default_layout`, because a plan must not depend on the process.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._formula: Callable[..., Distribution] = inspect.unwrap(function)
        options = {
            name: parameter
            for name, parameter in _options_of(self._formula).items()
            if name not in Options.__annotations__
        }
        self._parameters = {**_own_parameters(self._formula), **options}
        _set_signature(self, self._parameters.values())

    def __call__(self, shape: Any, **parameters: Any) -> Distribution:
        if "layout" in self._parameters:
            parameters.setdefault("layout", "keras")
        else:
            parameters.pop("layout", None)
        if not parameters.keys() <= self._parameters.keys():
            raise _unknown(self._formula.__name__, parameters, self)
        return self._formula(checks.shape(shape), **parameters)


def _own_parameters(formula: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = dict(inspect.signature(formula).parameters)
    parameters.pop("options", None)
    return parameters


def _options_of(formula: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The shared arguments that a formula has, from the TypedDict that its `**options` unpack."""
    (kind,) = typing.get_args(typing.get_type_hints(formula)["options"])
    return {
        name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, (default, _) in OPTIONS.items()
        if name in kind.__annotations__
    }


def _set_signature(function: Any, parameters: Any) -> None:
    function.__signature__ = inspect.Signature(list(parameters))


def _document(formula: Callable[..., Any], options: dict[str, Any], has_layout: bool) -> str:
    text = formula.__doc__ or ""
    raises = "" if "Raises:" in text else _RAISES

    def described(placeholder: re.Match[str]) -> str:
        return "\n".join(_entry(name, placeholder[1]) for name in options) + raises.format(placeholder[1][4:])

    if has_layout:
        summary, rest = text.split("\n", 1)
        margin = re.search(r"^ *(?=Args:)", rest, re.MULTILINE)
        text = f"{summary}\n\n{margin[0] if margin else ''}{_LAYOUT_NOTE}\n{rest}"
    return _PLACEHOLDER.sub(described, text)


@functools.cache
def _entry(name: str, indent: str) -> str:
    """The text for `help` of a shared argument, the same in every function."""
    text = f"{name}: {OPTIONS[name][1]}"
    width = len(indent) + _WIDTH  # so that the lines are the same with or without Python's stripping
    following = indent + " " * 4
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)


def _unknown(name: str, parameters: dict[str, Any], function: Any) -> TypeError:
    known = [p for p in inspect.signature(function).parameters if p != "shape"]
    unknown = next(p for p in parameters if p not in known)
    bound = next((own for own in _BOUNDS.get(unknown, ()) if own in known), unknown)
    near = suggest(bound, known)
    if bound in ("lower", "upper"):
        near += " It counts in standard deviations from the mean"
    return TypeError(f"{name}() has no argument `{unknown}`; it takes {', '.join(known)}{near}")


def _too_many(name: str, args: tuple[Any, ...], by_place: Sequence[str]) -> TypeError:
    if not any(map(checks.is_bool, args)):
        with suppress(TypeError):  # of what is no size
            sizes = tuple(map(operator.index, args))
            return TypeError(checks.text("shape", f"be one argument, such as {sizes}", checks.Listed(args)))
    return checks.too_many(name, by_place, len(args), 'dtype="float32"')
