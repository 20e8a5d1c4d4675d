"""Records how a model initialises its tensors, while it does so without memory on PyTorch's meta device.

Whatever is done to a tensor in place is an operation that PyTorch dispatches, views included, so the
last one that covers a tensor whole says its distribution: normal_, uniform_, fill_, zero_, and
trunc_normal_, which PyTorch leaves out on the meta device and which is therefore replaced here. A row
of an otherwise random tensor that is set to zero is a padding row. Everything else is computed, and no
distribution can be derived from it.
"""

from __future__ import annotations

import math
from contextlib import ExitStack, contextmanager
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from fastinit.frameworks import arguments, bounds_in_std
from fastinit.recipes.rules import Call, constant, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fastinit.torch.tape import Tape

NEVER = "never set"

_STANDARD = NormalDist()
_SAME = 1e-6  # of bounds that code computes in two ways
_FARTHEST = 8.3  # standard deviations that the inverse error function reaches in float64

_EMPTY = ("empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided")
_FACTORIES = {
    "zeros": 0.0,
    "zeros_like": 0.0,
    "new_zeros": 0.0,
    "ones": 1.0,
    "ones_like": 1.0,
    "new_ones": 1.0,
}
# Made of numbers, lists or arrays.
_LITERALS = (torch.tensor, torch.as_tensor, torch.asarray)
# Operations whose elements are those of their inputs, in some order.
_COPIES = ("clone", "_to_copy", "contiguous", "cat", "stack", "_reshape_copy")
_FILLS = ("normal_", "uniform_", "fill_", "zero_")
_DRAWS = ("normal_", "uniform_", "randn", "rand", "randn_like", "rand_like", "normal")
# Of arithmetic: what makes it another one than its name says.
_CHANGING = {"alpha", "rounding_mode"}
# In place, but no element changes.
_HARMLESS = ("detach_", "set_", "resize_", "squeeze_", "unsqueeze_", "t_", "transpose_")


class _Values:
    """What is in a storage: what covers all of it, what was written to parts since, and which draws are in it."""

    __slots__ = ("draws", "parts", "shape", "storage", "whole")

    def __init__(self, storage: Any, whole: Call | str, draws: frozenset[int]) -> None:
        self.storage = storage  # held, so that its address is not given to another one
        self.whole = whole
        self.draws = draws
        self.parts: dict[tuple[int, int], Call] = {}  # (first element, elements)
        self.shape: tuple[int, ...] | None = None  # of the matrix that `whole` is, if it is one

    def call(self, elements: int, row: int) -> Call | str:
        """The call that explains all elements, or why none does. `row` is the size of a row."""
        calls = set(self.parts.values())
        if not calls or calls == {self.whole}:
            return self.whole
        spans = sorted(self.parts)
        ends = [start + count for start, count in spans]
        if len(calls) == 1 and [0, *ends] == [*(start for start, _ in spans), elements]:
            return calls.pop()
        if (
            isinstance(self.whole, Call)
            and self.whole.is_random
            and calls == {constant(0.0)}
            and [count for _, count in self.parts] == [row]
        ):
            ((start, _),) = self.parts
            if start % row == 0:
                return Call(self.whole.init, self.whole.parameters, start // row)
        return "set in parts that differ"


class Recorder(TorchDispatchMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
    """While it is active, notes what is done to each storage.

    Args:
        unset: Tensors made before, of which nothing is set yet.
        tape: Is told of all operations.
    """

    def __init__(self, unset: Iterable[torch.Tensor] = (), tape: Tape | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self.tape = tape
        self._values: dict[int, _Values] = {}
        self._drawn_into: list[int] = []  # the storage of each draw
        for tensor in unset:
            self.note(tensor, NEVER)

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        # On the meta device these do nothing, for which PyTorch takes its time.
        is_idle = name in _FILLS and args[0].is_meta
        result = args[0] if is_idle else func(*args, **kwargs)
        if self.tape is not None:
            self.tape.add(func, args, kwargs, result)
        if func._schema.is_mutable:
            if name not in _HARMLESS:
                self._in_place(name, args, kwargs)
        else:
            given = {storage_key(tensor) for tensor in tensors_in(args)}
            for tensor in tensors_in(result):
                key = storage_key(tensor)
                if key not in self._values and key not in given:  # a view makes nothing
                    made = _cast(_made(name, args, kwargs, self._inputs(args)), args, tensor)
                    if name in _COPIES and _repeats(tensor, args) and _is_random(made):
                        made = "repeated"
                    draws = self._draw(tensor) if name in _DRAWS else self._draws_of(args)
                    self._values[key] = _Values(tensor.untyped_storage(), made, draws)
        return result

    def note(self, tensor: torch.Tensor, call: Call | str, draws: frozenset[int] | None = None) -> None:
        """Notes that a tensor has been set: by a draw of its own, or from those that are told."""
        storage = tensor.untyped_storage()
        values = self._values.setdefault(storage_key(tensor), _Values(storage, NEVER, frozenset()))
        if tensor.numel() == 0:
            return
        if isinstance(call, Call) and not call.is_random:
            draws = frozenset()
        elif draws is None:
            draws = self._draw(tensor) if isinstance(call, Call) else frozenset()
        call = _held_in(call, tensor.dtype)
        is_whole = tensor.numel() * tensor.itemsize == storage.nbytes()
        if not is_whole and draws & values.draws and _is_random(call):
            call = "repeated"  # what is in it already, once more
        values.draws = draws if is_whole else values.draws | draws
        if is_whole:
            values.whole = call
            values.shape = tuple(tensor.shape) if _is_matrix(call) else None
            values.parts.clear()
        elif isinstance(call, Call) and tensor.is_contiguous():
            values.parts[int(tensor.storage_offset()), tensor.numel()] = call
        else:
            values.whole = call if isinstance(call, str) else "set in parts"
            values.parts.clear()

    def draws(self, tensor: torch.Tensor) -> dict[int, bool]:
        """The draws that are in a tensor: its number, and whether it was of this very storage."""
        values = self._values.get(storage_key(tensor))
        numbers = frozenset() if values is None else values.draws
        return {number: self._drawn_into[number] == storage_key(tensor) for number in numbers}

    def _draw(self, tensor: torch.Tensor) -> frozenset[int]:
        self._drawn_into.append(storage_key(tensor))
        return frozenset((len(self._drawn_into) - 1,))

    def _draws_of(self, args: Any) -> frozenset[int]:
        return frozenset().union(*map(self.draws, tensors_in(args)))

    def call(self, tensor: torch.Tensor) -> Call | str:
        """What a tensor has been set to: a call, or why there is none."""
        if tensor.numel() == 0:
            return constant(0.0)  # no element to explain
        values = self._values.get(storage_key(tensor))
        if values is None:  # of an array, a list or a file, or made before
            return _computed("data")
        if values.shape is not None and not (tensor.is_contiguous() and values.shape == tuple(tensor.shape)):
            return _computed("orthogonal_")  # another view of the matrix
        storage_elements = tensor.untyped_storage().nbytes() // tensor.itemsize
        whole = tensor.numel() == storage_elements and tensor.is_contiguous()
        row = math.prod(tensor.shape[1:]) if whole and tensor.ndim > 1 else 0
        return values.call(storage_elements, row)

    def _inputs(self, args: Any) -> list[Call | str]:
        return list(map(self._source, tensors_in(args)))

    def _source(self, tensor: torch.Tensor) -> Call | str:
        """What a tensor gives to others: of a matrix, elements that are no matrix by themselves."""
        call = self.call(tensor)
        return _computed("orthogonal_") if _is_matrix(call) else call

    def _in_place(self, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        targets = [kwargs["out"]] if "out" in kwargs else args[:1]
        for tensor in tensors_in(targets):
            # A copy keeps nothing of what was there.
            read = args[1:] if name == "copy_" else (args, kwargs)
            draws = None if name in _DRAWS else self._draws_of(read)
            self.note(tensor, self._written(name, args, kwargs), draws)

    def _written(self, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Call | str:
        if "out" in kwargs:
            return _computed(name)
        if name == "normal_":
            mean, std = map(float, arguments(args[1:], kwargs, ("mean", "std"), (0.0, 1.0)))
            return normal(std, mean) if std else constant(mean)
        if name == "uniform_":
            low, high = map(float, arguments(args[1:], kwargs, ("from", "to"), (0.0, 1.0)))
            return Call("uniform", (("low", low), ("high", high)))
        if name == "zero_":
            return constant(0.0)
        if name == "fill_" and _is_number(args[1]):
            return _constant(args[1])
        if name == "copy_":
            call = _cast(self._source(args[1]), args[1:], args[0])
            return "repeated" if _repeats(args[0], args[1:]) and _is_random(call) else call
        return _affine(name.rstrip("_"), self._source(args[0]), args[1:], kwargs) or _computed(name)


def _made(name: str, args: Sequence[Any], kwargs: dict[str, Any], inputs: Sequence[Call | str]) -> Call | str:
    """What a new tensor holds."""
    if name in _EMPTY:
        return NEVER
    if name in _FACTORIES:
        return constant(_FACTORIES[name])
    if name in ("full", "full_like", "new_full"):
        value = args[2] if name == "new_full" else args[1]
        return _constant(value) if _is_number(value) else _computed(name)
    if name in ("randn", "randn_like"):
        return normal(1.0)
    if name == "normal" and len(args) > 1 and all(map(_is_number, args[:2])):
        mean, std = map(float, args[:2])
        return normal(std, mean) if std else constant(mean)
    if name in ("rand", "rand_like"):
        return Call("uniform", (("low", 0.0), ("high", 1.0)))
    if name == "constant_pad_nd" and len(inputs) == 1:
        nothing = not any(args[1])
        padded = constant(float(args[2] if len(args) > 2 else 0.0))
        return inputs[0] if nothing or inputs[0] == padded else _computed(name)
    if name in _COPIES and inputs and all(one == inputs[0] for one in inputs):
        return _without_padding(inputs[0])
    if len(inputs) == 1 and args and isinstance(args[0], torch.Tensor):
        return _affine(name, inputs[0], args[1:], kwargs) or _computed(name)
    return _computed(name)


def _constant(value: float) -> Call | str:
    """The call that fills with a number, if that is one of the floats of which calls are made."""
    if float(value) == value or math.isnan(value):
        return constant(float(value))
    return _computed("integer")


def _rounded(value: float, dtype: torch.dtype) -> float | None:
    """A number as a tensor holds it, None if it holds none."""
    try:
        return float(torch.tensor(value, dtype=dtype, device="cpu"))
    except (OverflowError, RuntimeError):
        return None


def _held_in(call: Call | str, dtype: torch.dtype) -> Call | str:
    """What a call leaves in a tensor of this type, which may hold whole numbers alone."""
    if isinstance(call, str) or dtype.is_floating_point or dtype.is_complex:
        return call
    value = None if call.is_random else _rounded(_value_of(call), dtype)
    return _computed("rounded") if value is None else constant(value)


def _cast(call: Call | str, sources: Any, target: torch.Tensor) -> Call | str:
    """What of a call is in a copy or result, whose type may be another one."""
    types = {tensor.dtype for tensor in tensors_in(sources)}
    if isinstance(call, str) or types <= {target.dtype}:
        return _held_in(call, target.dtype)
    if call.is_random:
        whole = [kind for kind in (*types, target.dtype) if not kind.is_floating_point]
        return _computed("cast") if whole else call
    for kind in types:
        value = _rounded(_value_of(call), kind)
        if value is None:
            return _computed("cast")
        if _rounded(value, target.dtype) != _rounded(_value_of(call), target.dtype):
            call = constant(value)
    return _held_in(call, target.dtype)


def _value_of(call: Call) -> float:
    return float(dict(call.parameters).get("value", 1.0 if call.init == "ones" else 0.0))


def _is_random(call: Call | str) -> bool:
    return isinstance(call, Call) and call.is_random


def _repeats(result: torch.Tensor, args: Any) -> bool:
    """Whether elements of the inputs stand in a copy more than once, so that it is not independent."""
    views = {(storage_key(leaf), leaf.storage_offset(), leaf.numel()): leaf for leaf in tensors_in(args)}
    elements = sum(min(leaf.numel(), leaf.untyped_storage().nbytes() // leaf.itemsize) for leaf in views.values())
    return bool(result.numel() > elements)


def _without_padding(call: Call | str) -> Call | str:
    """A copy's rows may lie elsewhere."""
    padded = isinstance(call, Call) and call.padding_idx is not None
    return "copied from a tensor with a padding row" if padded else call


def _made_from(data: Any) -> Call | str:
    """What a tensor of these numbers holds, in lists or arrays."""
    leaves = tree_leaves(data)
    if not any(isinstance(leaf, torch.Tensor) for leaf in leaves):
        numbers = {number for leaf in leaves for number in np.ravel(leaf).tolist()}
        if len(numbers) == 1 and _is_number(*numbers):
            return _constant(*numbers)
    return _computed("tensor")


def _affine(name: str, call: Call | str, operands: Sequence[Any], kwargs: dict[str, Any]) -> Call | None:
    """The call after a number has been added or multiplied."""
    if isinstance(call, str) or call.padding_idx is not None or _CHANGING & kwargs.keys():
        return None
    if name == "erfinv" and call.init == "uniform":
        return _inverted(**dict(call.parameters))
    if name == "clamp" and call.init == "truncated_normal":
        return _clamped(call, *arguments(operands, kwargs, ("min", "max"), (None, None)))
    if name == "neg" and not operands:
        factor, shift = -1.0, 0.0
    elif len(operands) != 1 or not _is_number(operands[0]):
        return None
    else:
        number = float(operands[0])
        maps = {
            "mul": (number, 0.0),
            "add": (1.0, number),
            "sub": (1.0, -number),
            "rsub": (-1.0, number),
        }
        if name == "div" and number:
            maps["div"] = (1 / number, 0.0)
        if name not in maps:
            return None
        factor, shift = maps[name]
    given = dict(call.parameters)
    if not call.is_random:
        return constant(_value_of(call) * factor + shift)
    if call.init == "normal":
        return normal(given["std"] * abs(factor), given.get("mean", 0.0) * factor + shift)
    if call.init == "uniform":
        low, high = sorted(given[end] * factor + shift for end in ("low", "high"))
        return Call("uniform", (("low", low), ("high", high)))
    if call.init == "truncated_normal" and factor:
        lower, upper = sorted(math.copysign(1, factor) * given[end] for end in ("lower", "upper"))
        mean = given.get("mean", 0.0) * factor + shift
        return _truncated(mean, given["std"] * abs(factor), lower, upper)
    return None


def _truncated(mean: float, std: float, lower: float, upper: float) -> Call:
    """Bounds in units of `std` from `mean`."""
    moments = (("mean", float(mean)),) if mean else ()
    return Call("truncated_normal", (*moments, ("std", float(std)), ("lower", lower), ("upper", upper)))


def _inverted(low: float, high: float) -> Call | None:
    """What the inverse error function makes of a uniform: a normal of variance 1/2, cut at two quantiles."""
    if not -1 <= low < high <= 1:
        return None
    ends = (math.copysign(math.inf, end) if abs(end) == 1 else _STANDARD.inv_cdf((1 + end) / 2) for end in (low, high))
    return _truncated(0.0, math.sqrt(0.5), *ends)


def _clamped(call: Call, low: Any, high: Any) -> Call | None:
    """A truncated normal clamped at its own bounds, which its code states twice; then these are exact."""
    given = dict(call.parameters)
    mean, std = given.get("mean", 0.0), given["std"]
    bounds = []
    for limit, bound, sign in ((low, given["lower"], -1), (high, given["upper"], 1)):
        exact = bound if limit is None else (float(limit) - mean) / std
        is_same = math.isclose(exact, bound, rel_tol=_SAME, abs_tol=_SAME)
        is_nowhere = min(sign * exact, sign * bound) > _FARTHEST  # of float64, no value is there
        if sign * exact < sign * bound and not is_same and not is_nowhere:
            return None
        bounds.append(exact if is_same or is_nowhere else bound)
    return _truncated(mean, std, *bounds)


@contextmanager
def left_out_initializers(recorder: Recorder, *tables: dict[str, Any]) -> Iterator[None]:
    """Notes what PyTorch's initializers leave out on the meta device.

    Args:
        recorder: Is told.
        tables: Where else the functions of `torch.nn.init` are kept, by name.
    """
    from torch.nn import init

    own_truncated: Any = init._no_grad_trunc_normal_

    def truncated(
        tensor: torch.Tensor, mean: float, std: float, a: float, b: float, *rest: Any, **named: Any
    ) -> torch.Tensor:
        left_out(own_truncated, tensor, (mean, std, a, b, *rest), named)
        call = _truncated(mean, std, *bounds_in_std(mean, std, a, b)) if std > 0 else constant(float(mean))
        recorder.note(tensor, call)
        return tensor

    def computes(own: Any) -> Callable[..., torch.Tensor]:
        def noted(tensor: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            left_out(own, tensor, rest, named)
            is_known = own.__name__ == "orthogonal_" and _is_whole(tensor)
            recorder.note(tensor, _orthogonal(*rest, **named) if is_known else _computed(own.__name__))
            return tensor

        return noted

    def left_out(own: Any, tensor: torch.Tensor, rest: Any, named: Any) -> None:
        if not tensor.is_meta:
            own(tensor, *rest, **named)
        elif recorder.tape is not None:
            recorder.tape.add_function(own, tensor, rest, named)

    class Literals(TorchFunctionMode):  # type: ignore[misc, no-untyped-call, unused-ignore]
        """Notes the values that a tensor is made from."""

        def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
            given = kwargs or {}
            result = func(*args, **given)
            data = args[0] if args else given.get("data")
            if func in _LITERALS and not isinstance(data, torch.Tensor):
                recorder.note(result, _made_from(data))
                if recorder.tape is not None and result.is_meta:
                    values = func(*args, **{**given, "device": "cpu"})
                    recorder.tape.add_values(result, values.detach())
            return result

    names = ("orthogonal_", "dirac_", "sparse_", "eye_")
    replaced = {name: computes(getattr(init, name)) for name in names}
    with ExitStack() as stack:
        for place in (vars(init), *tables):
            stack.callback(place.update, {name: place[name] for name in replaced if name in place})
            place.update({name: new for name, new in replaced.items() if name in place})
        stack.callback(setattr, init, "_no_grad_trunc_normal_", init._no_grad_trunc_normal_)
        init._no_grad_trunc_normal_ = truncated
        stack.enter_context(Literals())
        yield


def tensors_in(values: Any) -> list[torch.Tensor]:
    """Returns the tensors in the arguments or results of an operation."""
    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, (list, tuple)):
        return [tensor for value in values for tensor in tensors_in(value)]
    return tensors_in(list(values.values())) if isinstance(values, dict) else []


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _orthogonal(gain: float = 1, generator: Any = None) -> Call:  # noqa: ARG001 - as PyTorch's function
    return Call("orthogonal", (("gain", float(gain)), ("layout", "torch")))


def _is_matrix(call: Call | str) -> bool:
    return isinstance(call, Call) and call.init == "orthogonal"


def _is_whole(tensor: torch.Tensor) -> bool:
    """Whether a matrix is all of a tensor, and not some of its rows or another view of it."""
    base = tensor._base
    return base is None or (base.shape == tensor.shape and base.stride() == tensor.stride())


def _computed(name: str) -> str:
    return f"computed ({name})"


def storage_key(tensor: torch.Tensor) -> int:
    """Tells the storages of tensors apart, as long as these are held."""
    return int(tensor.untyped_storage()._cdata)
