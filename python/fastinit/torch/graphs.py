"""fastinit's functions in graphs of torch.compile, which cannot follow a write through a pointer: one operator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

_CONSTANTS = (int, float, str, type(None))
_PLAIN = (torch.Tensor, torch.nn.Parameter)
_FUNCTIONS: dict[str, Callable[..., Any]] = {}


def in_graphs(name: str, function: Callable[..., Any]) -> None:
    """Makes a function that fills its first argument known to the operator."""
    _FUNCTIONS[name] = function


def is_compiled(args: Any, kwargs: Any) -> bool:
    """Tells whether torch.compile makes a graph of this call now, and the graph can hold it."""
    return (
        torch.compiler.is_dynamo_compiling()
        and not torch.compiler.is_exporting()  # which needs a graph that others can run
        and len(args) > 0
        and type(args[0]) in _PLAIN
        and all(isinstance(value, _CONSTANTS) for value in (*args[1:], *kwargs.values()))
    )


def call(name: str, tensor: torch.Tensor, args: Any, kwargs: Any) -> torch.Tensor:
    """Puts a call into the graph, which fills the tensor each time it runs."""
    _call(tensor, name, _as_text(args, kwargs))
    return tensor


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator, unused-ignore]
def _as_text(args: Any, kwargs: Any) -> str:
    return json.dumps([args, kwargs])


def _call(tensor: torch.Tensor, name: str, arguments: str) -> None:
    args, kwargs = json.loads(arguments)
    _FUNCTIONS[name](tensor, *args, **kwargs)


_call = torch.library.custom_op(
    "fastinit::call",
    _call,
    mutates_args=("tensor",),
    schema="(Tensor(a!) tensor, str name, str arguments) -> ()",
)
