"""Gives a function the errors of PyTorch's function of the same name, in PyTorch's words."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, ParamSpec

import torch
from torch.nn import init
from torch.overrides import TorchFunctionMode

from fastinit.torch import graphs
from fastinit.torch.tensors import inactive, is_fillable

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")

_SMALL = 2**12  # a stand-in for a tensor has fewer elements than this
_OWN_ARGUMENTS = ("seed", "stream")

# Maps each function of fastinit to PyTorch's, because a user may have assigned fastinit's to PyTorch's name.
_PYTORCHS: dict[Any, Callable[..., Any]] = {}


class WordedByPyTorch(ValueError):
    """Marks an error that PyTorch's function raises too; the caller sees PyTorch's error instead."""


def drop_in(function: Callable[P, torch.Tensor]) -> Callable[P, torch.Tensor]:
    """Replaces a function's errors by the errors that its namesake in `torch.nn.init` raises for the same call.

    PyTorch's function is asked only after an error, so a call without an error costs nothing. The decorated function
    must raise before it writes and before a generator advances. Where PyTorch raises nothing, the function's own error
    stays.
    """
    name = function.__name__
    own = getattr(init, name)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> torch.Tensor:
        if graphs.is_compiled(args, kwargs):
            return graphs.call(name, args[0], args[1:], kwargs)
        if _is_watched(args[0] if args else kwargs.get("tensor")):
            current = getattr(init, name)  # a recorder may have put its own function there
            watched = own if current in _PYTORCHS else current
            return watched(*args, **_as_pytorchs(kwargs))
        try:
            return function(*args, **kwargs)
        except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
            failure = _error_of(own, args, kwargs) or error
        raise failure.with_traceback(None)

    _PYTORCHS[call] = own
    graphs.in_graphs(name, call)
    return call


def _is_watched(tensor: Any) -> bool:
    """Tells whether a tensor has no memory to fill while a dispatch mode, such as a recorder, may watch the call."""
    is_meta = isinstance(tensor, torch.Tensor) and tensor.is_meta
    return is_meta and torch._C._len_torch_dispatch_stack() > 0


def _as_pytorchs(kwargs: Any) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name not in _OWN_ARGUMENTS}


class _DrawsAgain(Exception):
    """PyTorch's function raised no error and can stop here: drawing by rejection may take forever."""


class _OneDraw(TorchFunctionMode):  # type: ignore[misc, unused-ignore]
    """Stops PyTorch's function at its second draw."""

    drawn = False

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.Tensor.normal_, torch.Tensor.uniform_):
            if self.drawn:
                raise _DrawsAgain
            self.drawn = True
        # PyTorch's function passes whatever its own name refers to, which may be fastinit's function by now.
        return _PYTORCHS.get(func, func)(*args, **(kwargs or {}))


def _error_of(own: Callable[..., Any], args: Any, kwargs: Any) -> Exception | None:
    """Returns the error that PyTorch's function raises for a call, or None. The call runs on a small stand-in."""
    given = _as_pytorchs(kwargs)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=()), inactive():
        warnings.simplefilter("ignore")
        try:
            stand_ins = {name: _stand_in(value) for name, value in given.items()}
            with _OneDraw():
                own(*map(_stand_in, args), **stand_ins)
        except _DrawsAgain:
            return None
        except NotImplementedError as error:  # PyTorch cannot draw every type that fastinit draws
            return None if any(map(is_fillable, (*args, *given.values()))) else error
        except Exception as error:  # noqa: BLE001 - the caller gets whatever PyTorch raises
            return error
    return None


def _stand_in(argument: Any) -> Any:
    if isinstance(argument, torch.Generator):
        return None  # the user's generator must not advance in a call that fails
    if not isinstance(argument, torch.Tensor) or torch.nn.parameter.is_lazy(argument):
        return argument
    if argument.layout is not torch.strided or argument.is_nested:
        return argument.detach().clone()
    shape = argument.shape if argument.numel() < _SMALL else (1,) * argument.ndim
    return torch.empty(shape, dtype=argument.dtype, device="cpu")
