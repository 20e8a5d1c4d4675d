"""Tells a recorder about initializers and tensors of numbers that PyTorch does not dispatch on the meta device.

Initializers that PyTorch does dispatch are called without function modes, because each mode costs time per call.
"""

from __future__ import annotations

import functools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from fastinit.frameworks import bounds_in_std
from fastinit.recipes.rules import Call, constant
from fastinit.torch.recorder import computed, constant_of, is_number, truncated_normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastinit.torch.recorder import Recorder

# Functions that make a tensor from numbers, lists or arrays.
_LITERALS = (torch.tensor, torch.as_tensor, torch.asarray)
# Functions that consist of sizes and of operations that PyTorch dispatches, so that the recorder sees them.
_DISPATCHED = (
    *(f"{name}_" for name in ("uniform", "normal", "constant", "ones", "zeros")),
    *(f"{scale}_{kind}_" for scale in ("xavier", "kaiming") for kind in ("uniform", "normal")),
    "_calculate_fan_in_and_fan_out",
)
_PLAIN = (torch.Tensor, torch.nn.Parameter)


@contextmanager
def left_out_initializers(recorder: Recorder, *tables: dict[str, Any]) -> Iterator[None]:
    """Tells a recorder what PyTorch's initializers leave out on the meta device, within a `with` block.

    Args:
        recorder: The recorder.
        tables: Other tables that hold the functions of `torch.nn.init` by name.
    """
    from torch.nn import init

    own_truncated: Any = init._no_grad_trunc_normal_

    def truncated(
        tensor: torch.Tensor, mean: float, std: float, a: float, b: float, *rest: Any, **named: Any
    ) -> torch.Tensor:
        left_out(own_truncated, tensor, (mean, std, a, b, *rest), named)
        call = truncated_normal(mean, std, *bounds_in_std(mean, std, a, b)) if std > 0 else constant(float(mean))
        recorder.note(tensor, call)
        return tensor

    def structured(name: str, own: Any) -> Callable[..., torch.Tensor]:
        def noted(tensor: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            left_out(own, tensor, rest, named)
            is_known = _is_whole(tensor) and tensor.dtype.is_floating_point
            recorder.note(tensor, _CALLS[name](*rest, **named) if is_known else computed(name))
            return tensor

        return noted

    def left_out(own: Any, tensor: torch.Tensor, rest: Any, named: Any) -> None:
        if not tensor.is_meta:
            own(tensor, *rest, **named)
        elif recorder.tape is not None:
            recorder.tape.add_function(own, tensor, rest, named)

    class Literals(TorchFunctionMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
        """Tells the recorder the values that a tensor is made from."""

        def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
            given = kwargs or {}
            is_alone = torch._C._len_torch_dispatch_stack() == 1  # the recorder, which is told directly below
            if func is torch.empty and is_alone and "out" not in given:
                with torch._C._DisableTorchDispatch():
                    result = func(*args, **given)
                recorder.note_empty(result)
                return result
            result = func(*args, **given)
            if func in _LITERALS:
                data = args[0] if args else given.get("data")
                if not isinstance(data, torch.Tensor):
                    recorder.note(result, _made_from(data))
                    if recorder.tape is not None and result.is_meta:
                        values = func(*args, **{**given, "device": "cpu"})
                        recorder.tape.add_values(result, values.detach())
            return result

    matrices = {name: structured(name, getattr(init, name)) for name in _CALLS}
    with ExitStack() as stack:
        for place in (vars(init), *tables):
            new = {name: function for name, function in matrices.items() if name in place}
            found = {name: place[name] for name in _DISPATCHED if name in place}
            new |= {name: _without_modes(own) for name, own in found.items() if own.__module__ == init.__name__}
            stack.callback(place.update, {name: place[name] for name in new})
            place.update(new)
        stack.callback(setattr, init, "_no_grad_trunc_normal_", init._no_grad_trunc_normal_)
        init._no_grad_trunc_normal_ = truncated
        stack.enter_context(Literals())
        yield


def _without_modes(own: Any) -> Callable[..., Any]:
    @functools.wraps(own)
    def call(*args: Any, **kwargs: Any) -> Any:
        if type(args[0] if args else kwargs.get("tensor")) not in _PLAIN:
            return own(*args, **kwargs)
        with torch._C.DisableTorchFunction():
            return own(*args, **kwargs)

    return call


# These have the arguments of PyTorch's functions, and return the calls that draw the same distributions.
def _orthogonal(gain: float = 1, generator: Any = None) -> Call:  # noqa: ARG001 - as PyTorch's function
    return Call("orthogonal", (("gain", float(gain)), ("layout", "torch")))


def _dirac(groups: int = 1) -> Call:
    return Call("dirac", (("groups", groups), ("layout", "torch")))


def _sparse(sparsity: float, std: float = 0.01, generator: Any = None) -> Call:  # noqa: ARG001
    return Call("sparse", (("sparsity", float(sparsity)), ("std", float(std))))


_CALLS: dict[str, Callable[..., Call]] = {
    "orthogonal_": _orthogonal,
    "dirac_": _dirac,
    "sparse_": _sparse,
    "eye_": lambda: Call("identity"),
}


def _is_whole(tensor: torch.Tensor) -> bool:
    """Tells whether a matrix is a whole tensor, and not some of its rows or another view of it."""
    base = tensor._base
    return base is None or (base.shape == tensor.shape and base.stride() == tensor.stride())


def _made_from(data: Any) -> Call | str:
    """Returns the call that explains a tensor made from numbers, lists or arrays, or why none does."""
    leaves = tree_leaves(data)
    if not any(isinstance(leaf, torch.Tensor) for leaf in leaves):
        numbers = {number for leaf in leaves for number in np.ravel(leaf).tolist()}
        if len(numbers) == 1 and is_number(*numbers):
            return constant_of(*numbers)
    return computed("tensor")
