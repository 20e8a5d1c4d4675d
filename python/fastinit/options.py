"""The arguments that every initializer shares, written once.

An initializer is written as its *formula*: a function from a shape and its own parameters to what is drawn.
`@initializer` makes it the function that users call, which draws. The formula's `**options` say which of the
shared arguments it has besides; type checkers, `inspect` and `help` show them all.
"""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any, ParamSpec, TypeAlias, TypedDict, TypeVar, cast

from fastinit import checks
from fastinit._core import DefaultFloatEnvironment
from fastinit.buffers import Buffer, buffer_of
from fastinit.devices import DEFAULT_DEVICE, device_of
from fastinit.distributions import Distribution
from fastinit.dtypes import DEFAULT_DTYPE, FLOATS
from fastinit.fans import Axes  # noqa: TC001 - whoever resolves FanOptions needs it
from fastinit.fill import draw
from fastinit.random import DEFAULT_STREAM, Seed, Stream
from fastinit.shards import Shard  # noqa: TC001 - whoever resolves BitsOptions needs it

if typing.TYPE_CHECKING:
    from numpy.typing import NDArray

P = ParamSpec("P")
Spec = TypeVar("Spec", bound=Distribution)

Shape: TypeAlias = int | Sequence[int] | None
IndexPart: TypeAlias = slice | int | EllipsisType
Index: TypeAlias = IndexPart | tuple[IndexPart, ...]


class BitsOptions(TypedDict, total=False):
    """What any draw takes."""

    device: Any
    seed: Seed
    stream: Stream
    index: Index | None
    shard: Shard | Sequence[Shard] | None
    out: Any


class Options(BitsOptions, total=False):
    """What a draw of floating-point numbers takes."""

    dtype: Any


class FanOptions(Options, total=False):
    """What a draw that is scaled by fans takes."""

    layout: str
    in_axis: Axes | None
    out_axis: Axes | None
    batch_axis: Axes


# In the order in which signatures show them: default, and what `help` says.
OPTIONS: dict[str, tuple[Any, str]] = {
    "layout": (
        "keras",
        'Where fans are: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel).',
    ),
    "in_axis": (None, "Input axis or axes in place of the layout's."),
    "out_axis": (None, "Output axis or axes in place of the layout's."),
    "batch_axis": ((), "Axes that count neither as input, output nor kernel."),
    "dtype": (
        DEFAULT_DTYPE,
        f"One of {', '.join(FLOATS)}; follows `out`.",
    ),
    "device": (
        DEFAULT_DEVICE,
        (
            'Where the array is made: "cpu" for NumPy, "cuda" or "cuda:N" for CuPy, on its current '
            "stream; follows `out`."
        ),
    ),
    "seed": (None, "An int in [0, 2^64), a `Generator`, or None for the default generator."),
    "stream": (
        DEFAULT_STREAM,
        (
            "An int in [0, 2^64) or a name. A generator hands out its own; where `stream` is given, "
            "it lends its seed and stays where it is."
        ),
    ),
    "index": (
        None,
        ("Slices, ints or `...`, to draw just this part of the tensor. `shape` and fans remain those of the whole."),
    ),
    "shard": (
        None,
        (
            "A `Shard`, or a list of them, to draw just what one rank of parallel layers holds; in place of `index`. "
            "`shape` and fans remain those of the whole."
        ),
    ),
    "out": (
        None,
        (
            "C-contiguous array to fill and return: NumPy's, CuPy's, one with DLPack such as PyTorch's "
            "or with `__cuda_array_interface__`, or bytes. An array on a GPU is filled on its "
            "library's current stream. `shape` may then be None."
        ),
    ),
}
_RAISES = """

{0}Raises:
{0}    TypeError: An argument of the wrong kind.
{0}    ValueError: An argument of the right kind with a wrong value."""
# Of any indentation: Python strips that of docstrings from 3.13 on.
_PLACEHOLDER = re.compile(r"^( *)\*\*options: The shared arguments\.$", re.MULTILINE)


def initializer(formula: Callable[P, Spec]) -> Callable[P, NDArray[Any]]:
    """Makes the function that draws out of the formula that says what to draw."""
    options = _options_of(formula)
    own = _own_parameters(formula)
    spec_of = cast("Callable[..., Spec]", formula)
    known = frozenset(own) | (options.keys() - BitsOptions.__annotations__.keys())

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
    initialize.__doc__ = _document(formula, options)
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
    """A formula alone: shape and parameters -> distribution, for those who plan without drawing.

    `layout` is accepted by all, so that a plan can pass its own, and ignored where there are no fans.
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
        if "layout" not in self._parameters:
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


def _document(formula: Callable[..., Any], options: dict[str, Any]) -> str:
    def described(placeholder: re.Match[str]) -> str:
        indent = placeholder[1]
        return "\n".join(
            textwrap.fill(
                f"{name}: {OPTIONS[name][1]}",
                width=100,
                initial_indent=indent,
                subsequent_indent=indent + " " * 4,
            )
            for name in options
        )

    text = formula.__doc__ or ""
    raises = "" if "Raises:" in text else _RAISES
    return _PLACEHOLDER.sub(lambda found: described(found) + raises.format(found[1][4:]), text)


def _unknown(name: str, parameters: dict[str, Any], function: Any) -> TypeError:
    known = [p for p in inspect.signature(function).parameters if p != "shape"]
    unknown = next(p for p in parameters if p not in known)
    return TypeError(f"{name}() has no argument `{unknown}`; it takes {', '.join(known)}")
