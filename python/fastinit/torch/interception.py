"""`accelerate`, which replaces PyTorch's draws in existing code by fastinit's, and the mode that does so.

PyTorch passes every call of a thread to the thread's `TorchFunctionMode`, so models need no changes and other
threads are not affected. A few Python functions of PyTorch and timm draw in several steps that a mode cannot put
together: truncated normals, and new DTensors, which are drawn shard by shard. These functions are replaced while a mode
is active, with effect only in threads that have one.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
import torch.utils.checkpoint  # some of its functions are replaced below
from torch.autograd.graph import increment_version
from torch.nn import init
from torch.overrides import TorchFunctionMode

from fastinit.distributions import Distribution, Normal, Uniform
from fastinit.fill import filler
from fastinit.frameworks import arguments, fits_range, truncated_between
from fastinit.random import Generator
from fastinit.torch import functions
from fastinit.torch.tensors import (
    ELEMENTS,
    USUAL,
    active,
    fill,
    is_fillable,
    is_reinterpreted,
    is_usual,
    numbers_of,
)

# Returns the `generator`, `seed` and `stream` of a draw, given the tensor and the generator that the code passed.
Source: TypeAlias = Callable[[torch.Tensor, torch.Generator | None], dict[str, Any]]

_STANDARD = (0.0, 1.0)
# Draws in place: the distribution, and PyTorch's names of its two parameters.
_FILLS: dict[Any, tuple[Any, tuple[str, str]]] = {
    torch.Tensor.normal_: (Normal, ("mean", "std")),
    torch.Tensor.uniform_: (Uniform, ("from", "to")),
}
# Draws that return a new tensor: the distribution, and the function that makes the memory.
_FACTORIES: dict[Any, tuple[Distribution, Any]] = {
    torch.randn: (Normal(*_STANDARD), torch.empty),
    torch.randn_like: (Normal(*_STANDARD), torch.empty_like),
    torch.rand: (Uniform(*_STANDARD), torch.empty),
    torch.rand_like: (Uniform(*_STANDARD), torch.empty_like),
}
_DRAWS = {*_FILLS, *_FACTORIES, torch.normal}
# torch.nn.init functions that reach the mode as one call; their inner draw does not. They are looked up by name,
# because transformers replaces them.
_WHOLE = ("normal_", "uniform_", "kaiming_uniform_")
_NAMES = {*_WHOLE, *(function.__name__ for function in _DRAWS)}  # a quick test that rules out most calls
# After these errors PyTorch's own function is called, which draws the values or raises PyTorch's error.
_REFUSALS = (ArithmeticError, TypeError, ValueError)


@contextlib.contextmanager
def accelerate(seed: int | Generator | None = None) -> Iterator[None]:
    """Replaces PyTorch's random draws by fastinit's within a `with` block, for example in constructors of models.

    fastinit then draws for all of `torch.nn.init`, `Tensor.normal_` and `uniform_`, `torch.randn`, `rand`,
    `randn_like`, `rand_like`, `normal` with two numbers, the same functions of `torch.distributed.tensor`, and the
    truncated normals of timm if it is imported. `orthogonal_` and `sparse_` compute as in PyTorch, from normals that
    fastinit draws.

    PyTorch draws everything else, such as permutations and integers. It also draws tensors that fastinit cannot fill
    (complex tensors, tensors whose gradients are recorded), draws that are compiled, traced, exported, transformed by
    torch.func or checkpointed to be run again, and all draws in processes that were forked within the block.

    The draws of the block use the streams 0, 1, 2, ... of the seed in turn. Values therefore depend on the order of
    draws, as in PyTorch, but not on devices or threads: see
    https://fastinit.github.io/fastinit/traps.html#accelerate-depends-on-the-order-of-draws
    With `build` and `init_model` values depend on the names of parameters instead.

    Args:
        seed: An int in [0, 2^64), or a `fastinit.Generator`, which continues from block to block. With None each draw
            takes its seed from PyTorch's default generator, so that `torch.manual_seed` works as usual. Where code
            passes a `generator`, that generator gives the seed.

    Raises:
        TypeError: `seed` is neither an int, a generator nor None.
        ValueError: `seed` is not in [0, 2^64).

    Example:
        >>> with accelerate(seed=0):
        ...     layer = torch.nn.Linear(25, 30)
        >>> import fastinit
        >>> weight = fastinit.uniform((30, 25), low=-0.2, high=0.2, seed=0, stream=0)
        >>> bool((layer.weight.detach().numpy() == weight).all())
        True
    """
    ours = seed if seed is None or isinstance(seed, Generator) else Generator(seed)

    def source(_: torch.Tensor, generator: torch.Generator | None) -> dict[str, Any]:
        return {"seed": ours} if generator is None else {"generator": generator}

    with intercepted(source):
        yield


@contextlib.contextmanager
def intercepted(source: Source) -> Iterator[None]:
    """Replaces PyTorch's draws in this thread by fastinit's, with the seeds and streams that `source` returns."""
    with _Interception(source) as interception, _replaced.while_active(interception):
        yield


class _Interception(TorchFunctionMode):  # type: ignore[misc, unused-ignore]
    """Receives every call of its thread, except calls that it makes itself."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self._process = os.getpid()

    def draws(self) -> bool:
        """Tells whether fastinit draws at this moment.

        It does not in a process that was forked within the block, such as a worker of a DataLoader. All workers would
        continue with the same streams, whereas PyTorch gives each worker its own seed.
        """
        is_left = _left.depth or os.getpid() != self._process
        return not is_left and not is_reinterpreted()

    def source_of(self, tensor: torch.Tensor, generator: torch.Generator | None) -> dict[str, Any]:
        """Returns the seed and stream for a call of fastinit's own functions that was given no seed."""
        return self.source(tensor, generator) if self.draws() else {}

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        is_draw = getattr(func, "__name__", None) in _NAMES and (func in _DRAWS or func.__name__ in _WHOLE)
        if not is_draw or torch.compiler.is_dynamo_compiling() or not self.draws():
            return func(*args, **given)
        result: Any = NotImplemented
        with contextlib.suppress(*_REFUSALS):
            if func in _FILLS:
                result = self._fill(*_FILLS[func], args, given)
            elif func in _FACTORIES:
                result = self._make(*_FACTORIES[func], args, given)
            elif func is torch.normal:
                result = self._make_normal(args, given)
            elif func is getattr(init, func.__name__):
                result = self._whole(getattr(functions, func.__name__), *args, **given)
        return func(*args, **given) if result is NotImplemented else result

    def draw(self, tensor: torch.Tensor, spec: Distribution, generator: torch.Generator | None) -> Any:
        """Fills a tensor, or returns NotImplemented if fastinit does not fill such tensors."""
        if not is_fillable(tensor):
            return NotImplemented
        if isinstance(spec, Uniform) and not fits_range(spec, ELEMENTS[tensor.dtype]):
            return NotImplemented
        return fill(tensor, spec, **self.source(tensor, generator))

    def _fill(self, kind: Any, names: Any, args: Any, kwargs: Any) -> Any:
        tensor, *numbers, generator = arguments(args, kwargs, ("self", *names, "generator"), (None, *_STANDARD, None))
        if tensor.requires_grad and torch.is_grad_enabled():
            return NotImplemented  # PyTorch raises an error, or records the draw
        return self.draw(tensor, kind(*numbers), generator)

    def _make(self, spec: Distribution, make: Any, args: Any, kwargs: Any) -> Any:
        given = dict(kwargs)
        generator = given.pop("generator", None)
        try:
            tensor = make(*args, **given)
        except Exception:  # noqa: BLE001 - PyTorch's own function, which runs next, raises the same error
            return NotImplemented
        return self.draw(tensor, spec, generator)

    def _make_normal(self, args: Any, kwargs: Any) -> Any:
        given = dict(kwargs)
        mean, std, size = arguments(args, given, ("mean", "std", "size"), (None, None, None))
        for name in ("mean", "std", "size"):
            given.pop(name, None)
        if size is None:  # the means or stds are tensors
            return NotImplemented
        return self._make(Normal(mean, std), torch.empty, (size,), given)

    def _whole(self, function: Any, tensor: Any, *args: Any, generator: Any = None, **kwargs: Any) -> Any:
        if not is_fillable(tensor):
            return NotImplemented
        return function(tensor, *args, **kwargs, **self.source(tensor, generator))


def _drawn_whole(interception: _Interception, original: Any, *args: Any, **kwargs: Any) -> Any:
    """Draws for functions that also reach the mode; the way through the mode takes three times as long."""
    with torch._C.DisableTorchFunction():
        tensor, *rest = args or (kwargs.pop("tensor", None),)
        generator = kwargs.pop("generator", None)
        is_own = original.__module__ == init.__name__  # transformers' replacement may leave the tensor unchanged
        is_known = all(map(_is_key, (*rest, *kwargs.values())))
        if not (is_own and is_known and is_usual(tensor) and interception.draws()):
            return NotImplemented
        fill_memory = _filler(original.__name__, tensor.shape, tensor.dtype, *rest, **kwargs)
        fill_memory(tensor.data_ptr(), *numbers_of(tensor, **interception.source(tensor, generator)))
        increment_version(tensor)
        return tensor


def _is_key(argument: Any) -> bool:
    """Tells whether an argument can be a key of a cache: equal ones give the same bits, which 0.0 and -0.0 do not."""
    kind = type(argument)
    return kind is str or (kind in (float, int) and (argument != 0 or math.copysign(1, argument) > 0))


@functools.lru_cache(maxsize=1024, typed=True)
def _filler(name: str, sizes: tuple[int, ...], dtype: torch.dtype, *args: Any, **kwargs: Any) -> Any:
    return filler(functions.DISTRIBUTIONS[name](sizes, dtype, *args, **kwargs), ELEMENTS[dtype], math.prod(sizes))


def _measured(_interception: _Interception, original: Any, tensor: Any) -> Any:
    """Computes fans without the modes: most layers ask for fans, and nothing is drawn there."""
    if type(tensor) not in USUAL:
        return NotImplemented
    with torch._C.DisableTorchFunction():
        return original(tensor)


def _truncated_normal(
    interception: _Interception,
    _original: Any,
    tensor: Any,
    mean: Any,
    std: Any,
    a: Any,
    b: Any,
    generator: Any = None,
) -> Any:
    if not interception.draws():
        return NotImplemented
    return interception.draw(tensor, truncated_between(mean, std, a, b), generator)


def _new_dtensor(interception: _Interception, original: Any, make: Any, *args: Any, **kwargs: Any) -> Any:
    if make not in _FACTORIES or not interception.draws():
        return NotImplemented
    spec, make_empty = _FACTORIES[make]
    return interception.draw(original(make_empty, *args, **kwargs), spec, None)


class _Left(threading.local):
    """Counts the open blocks of this thread that leave their draws to PyTorch."""

    depth = 0


_left = _Left()


@contextlib.contextmanager
def _left_to_pytorch() -> Iterator[None]:
    _left.depth += 1
    try:
        yield
    finally:
        _left.depth -= 1


def _leaving(function: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _left_to_pytorch():
            return function(*args, **kwargs)

    return call


# Activation checkpointing runs a function a second time in the backward pass, with PyTorch's generators set back. Both
# runs must draw the same values, so PyTorch draws in both.
def _checkpointed(_interception: _Interception, original: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
    with _left_to_pytorch():  # covers the first run, which happens between two steps of this generator
        yield from original(_leaving(function), *args, **kwargs)


def _checkpointed_by_reentry(
    _interception: _Interception, original: Any, context: Any, function: Any, *args: Any
) -> Any:
    return original(context, _leaving(function), *args)


# The functions that are replaced, and the functions that draw instead.
_REPLACEMENTS = {
    ("torch.utils.checkpoint", "_checkpoint_without_reentrant_generator"): _checkpointed,
    ("torch.utils.checkpoint", "CheckpointFunction.forward"): _checkpointed_by_reentry,
    **{("torch.nn.init", name): _drawn_whole for name in _WHOLE},
    ("torch.nn.init", "_calculate_fan_in_and_fan_out"): _measured,
    ("torch.nn.init", "_no_grad_trunc_normal_"): _truncated_normal,
    ("timm.layers.weight_init", "_trunc_normal_"): _truncated_normal,
    ("torch.distributed.tensor._api", "_dtensor_init_helper"): _new_dtensor,
}


def _owner(module: str, name: str) -> tuple[Any, str]:
    """Returns the module or class that holds a function, and its name there; None if the module is not imported."""
    *inner, last = name.split(".")
    return functools.reduce(getattr, inner, sys.modules.get(module)), last


def _put(owner: Any, name: str, function: Any) -> None:
    setattr(owner, name, staticmethod(function) if isinstance(owner, type) else function)


class _Replaced:
    """Replaces functions as long as any thread needs the replacements."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active = 0
        self._originals: dict[tuple[str, str], Any] = {}

    @contextlib.contextmanager
    def while_active(self, interception: _Interception) -> Iterator[None]:
        """Makes an interception the active one of this thread for a `with` block."""
        with self._lock:
            self._active += 1
            self._replace()
        outer, active.interception = active.interception, interception
        try:
            yield
        finally:
            active.interception = outer
            with self._lock:
                self._active -= 1
                if not self._active:
                    self._restore()

    def _replace(self) -> None:
        for place, draw in _REPLACEMENTS.items():
            owner, name = _owner(*place)
            original = getattr(owner, name, None)
            if original is not None and place not in self._originals:
                self._originals[place] = original
                _put(owner, name, self._replacement(original, draw))

    def _restore(self) -> None:
        for place, original in self._originals.items():
            _put(*_owner(*place), original)
        self._originals.clear()

    def _replacement(self, original: Any, draw: Any) -> Any:
        @functools.wraps(original)
        def replacement(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_dynamo_compiling() or active.interception is None:
                return original(*args, **kwargs)
            try:
                result = draw(active.interception, original, *args, **kwargs)
            except _REFUSALS:
                result = NotImplemented
            return original(*args, **kwargs) if result is NotImplemented else result

        return replacement


_replaced = _Replaced()
