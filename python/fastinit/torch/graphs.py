"""One operator that calls fastinit's functions in graphs of torch.compile, which cannot trace a write by pointer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

_CONSTANTS = (int, float, str, type(None))
_PLAIN = (torch.Tensor, torch.nn.Parameter)
_FUNCTIONS: dict[str, Callable[..., Any]] = {}


def in_graphs(name: str, function: Callable[..., Any]) -> None:
    """Registers a function that fills its first argument with the operator."""
    _FUNCTIONS[name] = function


def is_compiled(args: Any, kwargs: Any) -> bool:
    """Tells whether torch.compile is tracing this call, and the operator can take its arguments."""
    return (
        torch.compiler.is_dynamo_compiling()
        and not torch.compiler.is_exporting()  # an exported graph must run where fastinit is not installed
        and len(args) > 0
        and type(args[0]) in _PLAIN
        and all(isinstance(value, _CONSTANTS) for value in (*args[1:], *kwargs.values()))
    )


def call(name: str, tensor: torch.Tensor, args: Any, kwargs: Any) -> torch.Tensor:
    """Adds a call to the graph, which then fills the tensor each time it runs."""
    _call(
        tensor,
        name,
        [repr(value) for value in args],
        list(kwargs),
        [repr(value) for value in kwargs.values()],
    )
    return tensor


def _call(tensor: torch.Tensor, name: str, values: list[str], names: list[str], named: list[str]) -> None:
    kwargs = dict(zip(names, map(_read, named), strict=True))
    _FUNCTIONS[name](tensor, *map(_read, values), **kwargs)


def _read(text: str) -> Any:
    """Returns a constant from its `repr`."""
    return float(text) if text in ("inf", "-inf", "nan") else ast.literal_eval(text)


_call = torch.library.custom_op(
    "fastinit::call",
    _call,
    mutates_args=("tensor",),
    schema="(Tensor(a!) tensor, str name, str[] values, str[] names, str[] named) -> ()",
)
