"""Records how a model initialises its tensors on PyTorch's meta device, where tensors take no memory.

PyTorch dispatches every operation that changes a tensor in place, also through views. The last operation that covers a
whole tensor therefore gives its distribution: normal_, uniform_, fill_, zero_, and trunc_normal_ (which PyTorch skips
on the meta device; `left_out` reports it). A single row of a random tensor that is set to zero is a padding row. All
other values count as computed, and have no distribution.
"""

from __future__ import annotations

import functools
import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode_stack

from fastinit.frameworks import arguments
from fastinit.recipes.rules import Call, constant, normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastinit.torch.tape import Tape

NEVER = "never set"

_NOTHING: frozenset[int] = frozenset()  # the empty set of draws

_STANDARD = NormalDist()
_SAME = 1e-6  # how much a bound may differ that code computes in two ways
_FARTHEST = 8.3  # the inverse error function gives no larger values in float64, in standard deviations

EMPTY = ("empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided")
_FACTORIES = {
    "zeros": 0.0,
    "zeros_like": 0.0,
    "new_zeros": 0.0,
    "ones": 1.0,
    "ones_like": 1.0,
    "new_ones": 1.0,
}
# Operations that return the elements of their inputs, in some order.
_COPIES = ("clone", "_to_copy", "contiguous", "cat", "stack", "_reshape_copy")
_FILLS = ("normal_", "uniform_", "fill_", "zero_")
_DRAWS = ("normal_", "uniform_", "randn", "rand", "randn_like", "rand_like", "normal")
# Keywords with which an arithmetic operation computes something else than its name says.
_CHANGING = {"alpha", "rounding_mode"}
# Operations in place that change no element.
_HARMLESS = ("detach_", "set_", "resize_", "squeeze_", "unsqueeze_", "t_", "transpose_")


# Initializers whose elements depend on their position, with PyTorch's names.
_MATRICES = {"orthogonal": "orthogonal_", "identity": "eye_", "dirac": "dirac_", "sparse": "sparse_"}


class Operation(NamedTuple):
    """What the recorder needs to know about an operation that PyTorch dispatches."""

    name: str
    is_mutable: bool
    is_random: bool
    takes: int  # which arguments are tensors: 0 for none, 1 for the first alone, more for several

    def tensors(self, args: Any, kwargs: Any) -> list[torch.Tensor]:
        """Returns the tensors in its arguments."""
        if self.takes == 0:
            return []
        return [args[0]] if self.takes == 1 and args else tensors_in((args, kwargs))


@functools.cache
def operation(func: Any) -> Operation:
    """Returns the description of an operation. It is cached, because PyTorch needs long to give it."""
    is_random = torch.Tag.nondeterministic_seeded in func.tags
    taken = [str(argument.type) for argument in func._schema.arguments if "Tensor" in str(argument.type)]
    takes = 1 if taken == ["Tensor"] and str(func._schema.arguments[0].type) == "Tensor" else 2 * len(taken)
    return Operation(func.overloadpacket.__name__, func._schema.is_mutable, is_random, takes)


class _Values:
    """The contents of a storage: what covers all of it, what was written to parts since, and its draws."""

    __slots__ = ("draws", "parts", "shape", "storage", "whole")

    def __init__(self, storage: Any, whole: Call | str, draws: frozenset[int]) -> None:
        self.storage = storage  # kept alive, so that no other storage gets its address
        self.whole = whole
        self.draws = draws
        self.parts: dict[tuple[int, int], Call] | None = None  # (first element, elements)
        self.shape: tuple[int, ...] | None = None  # the shape of the matrix, if `whole` draws a matrix

    def call(self, elements: int, row: int) -> Call | str:
        """Returns the call that explains all elements, or why none does. `row` is the size of a row."""
        if self.parts is None:
            return self.whole
        calls = set(self.parts.values())
        if calls == {self.whole}:
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
    """Records what is done to each storage while it is active.

    Args:
        unset: Tensors that already exist and have no values yet.
        tape: A tape that is told about every operation, or None.
    """

    def __init__(self, unset: Iterable[torch.Tensor] = (), tape: Tape | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self.tape = tape
        self._values: dict[int, _Values] = {}
        self._drawn_into: list[int] = []  # the storage of each draw
        for tensor in unset:
            self.note_empty(tensor)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # no recorded code is compiled, and switching dynamo off takes longer than recording

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        about = operation(func)
        name = about.name
        if about.is_mutable:
            # On the meta device these operations do nothing, and calling PyTorch for that takes time.
            is_idle = name in _FILLS and args[0].is_meta
            result = args[0] if is_idle else func(*args, **kwargs)
            written = tensors_in(kwargs["out"] if "out" in kwargs else args[:1])
            if self.tape is not None:
                given = about.tensors(args, kwargs)
                self.tape.add(func, args, kwargs, result, given, written, about.is_random)
            if name not in _HARMLESS:
                self._in_place(name, args, kwargs, written)
            return result
        result = func(*args, **kwargs)
        given = about.tensors(args, kwargs)
        storages = {storage_key(tensor) for tensor in given}
        new = [tensor for tensor in tensors_in(result) if storage_key(tensor) not in storages]  # all that are no views
        if name in EMPTY:
            for tensor in new:
                self.note_empty(tensor)
            return result
        if new and self.tape is not None:
            self.tape.add(func, args, kwargs, result, given, new, about.is_random)
        for tensor in new:
            if storage_key(tensor) not in self._values:
                self._values[storage_key(tensor)] = self._new(tensor, name, args, kwargs)
        return result

    def note_empty(self, tensor: torch.Tensor) -> None:
        """Records a new tensor that has no values yet. The tape does not need it."""
        self._values[storage_key(tensor)] = _Values(tensor.untyped_storage(), NEVER, _NOTHING)

    def _new(self, tensor: torch.Tensor, name: str, args: Any, kwargs: Any) -> _Values:
        """Returns the contents of a tensor that an operation has made."""
        made = _cast(_made(name, args, kwargs, self._inputs(args)), args, tensor)
        if name in _COPIES and _repeats(tensor, args) and _is_random(made):
            made = "repeated"
        draws = self._draw(tensor) if name in _DRAWS else self._draws_of(args)
        return _Values(tensor.untyped_storage(), made, draws)

    def note(self, tensor: torch.Tensor, call: Call | str, draws: frozenset[int] | None = None) -> None:
        """Records that a tensor was set: by the given draws, or, without them, by a new draw of its own."""
        key, storage = storage_key(tensor), tensor.untyped_storage()
        values = self._values.get(key)
        if values is None:
            values = self._values[key] = _Values(storage, NEVER, _NOTHING)
        if tensor.numel() == 0:
            return
        if isinstance(call, Call) and not call.is_random:
            draws = _NOTHING
        elif draws is None:
            draws = self._draw(tensor) if isinstance(call, Call) else _NOTHING
        call = _held_in(call, tensor.dtype)
        is_whole = tensor.numel() * tensor.itemsize == storage.nbytes()
        if not is_whole and draws & values.draws and _is_random(call):
            call = "repeated"  # the same draw is in the tensor already
        values.draws = draws if is_whole else values.draws | draws
        if is_whole:
            values.whole = call
            values.shape = tuple(tensor.shape) if _is_matrix(call) else None
            values.parts = None
        elif isinstance(call, Call) and tensor.is_contiguous():
            values.parts = values.parts or {}
            values.parts[int(tensor.storage_offset()), tensor.numel()] = call
        else:
            values.whole = call if isinstance(call, str) else "set in parts"
            values.parts = None

    def draws(self, tensor: torch.Tensor) -> dict[int, bool]:
        """Returns the draws in a tensor: their numbers, and for each whether it was made into this storage."""
        key = storage_key(tensor)
        values = self._values.get(key)
        numbers = _NOTHING if values is None else values.draws
        return {number: self._drawn_into[number] == key for number in numbers}

    def _draw(self, tensor: torch.Tensor) -> frozenset[int]:
        self._drawn_into.append(storage_key(tensor))
        return frozenset((len(self._drawn_into) - 1,))

    def _draws_of(self, args: Any) -> frozenset[int]:
        return _NOTHING.union(*map(self.draws, tensors_in(args)))

    def call(self, tensor: torch.Tensor) -> Call | str:
        """Returns the call that a tensor was set by, or why there is none."""
        if tensor.numel() == 0:
            return constant(0.0)  # there is no element, so any call explains it
        values = self._values.get(storage_key(tensor))
        if values is None:  # it came from an array, a list or a file, or was made before the recording
            return computed("data")
        if values.shape is not None and not (tensor.is_contiguous() and values.shape == tuple(tensor.shape)):
            return _part_of_matrix(values.whole)  # the tensor is another view of the matrix
        storage_elements = tensor.untyped_storage().nbytes() // tensor.itemsize
        whole = tensor.numel() == storage_elements and tensor.is_contiguous()
        row = math.prod(tensor.shape[1:]) if whole and tensor.ndim > 1 else 0
        return values.call(storage_elements, row)

    def _inputs(self, args: Any) -> list[Call | str]:
        return list(map(self._source, tensors_in(args)))

    def _source(self, tensor: torch.Tensor) -> Call | str:
        """Returns the call for tensors computed from this one. Elements of a matrix are not a matrix themselves."""
        call = self.call(tensor)
        return _part_of_matrix(call) if isinstance(call, Call) and _is_matrix(call) else call

    def _in_place(
        self, name: str, args: Sequence[Any], kwargs: dict[str, Any], written: Iterable[torch.Tensor]
    ) -> None:
        for tensor in written:
            # A copy replaces all former values, so it does not read them.
            read = args[1:] if name == "copy_" else (args, kwargs)
            draws = None if name in _DRAWS else self._draws_of(read)
            self.note(tensor, self._written(name, args, kwargs), draws)

    def _written(self, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Call | str:
        if "out" in kwargs:
            return computed(name)
        if name == "normal_":
            mean, std = map(float, arguments(args[1:], kwargs, ("mean", "std"), (0.0, 1.0)))
            return normal(std, mean) if std else constant(mean)
        if name == "uniform_":
            low, high = map(float, arguments(args[1:], kwargs, ("from", "to"), (0.0, 1.0)))
            return Call("uniform", (("low", low), ("high", high)))
        if name == "zero_":
            return constant(0.0)
        if name == "fill_" and is_number(args[1]):
            return constant_of(args[1])
        if name == "copy_":
            call = _cast(self._source(args[1]), args[1:], args[0])
            return "repeated" if _repeats(args[0], args[1:]) and _is_random(call) else call
        return _affine(name.rstrip("_"), self._source(args[0]), args[1:], kwargs) or computed(name)


def _made(name: str, args: Sequence[Any], kwargs: dict[str, Any], inputs: Sequence[Call | str]) -> Call | str:
    """Returns the call that explains a new tensor, or why none does."""
    if name in _FACTORIES:
        return constant(_FACTORIES[name])
    if name in ("full", "full_like", "new_full"):
        value = args[2] if name == "new_full" else args[1]
        return constant_of(value) if is_number(value) else computed(name)
    if name in ("randn", "randn_like"):
        return normal(1.0)
    if name == "normal" and len(args) > 1 and all(map(is_number, args[:2])):
        mean, std = map(float, args[:2])
        return normal(std, mean) if std else constant(mean)
    if name in ("rand", "rand_like"):
        return Call("uniform", (("low", 0.0), ("high", 1.0)))
    if name == "constant_pad_nd" and len(inputs) == 1:
        nothing = not any(args[1])
        padded = constant(float(args[2] if len(args) > 2 else 0.0))
        return inputs[0] if nothing or inputs[0] == padded else computed(name)
    if name in _COPIES and inputs and all(one == inputs[0] for one in inputs):
        return _without_padding(inputs[0])
    if len(inputs) == 1 and args and isinstance(args[0], torch.Tensor):
        return _affine(name, inputs[0], args[1:], kwargs) or computed(name)
    return computed(name)


def constant_of(value: float) -> Call | str:
    """Returns the call that fills with a number, if the number is exact as a float."""
    if float(value) == value or math.isnan(value):
        return constant(float(value))
    return computed("integer")


def _rounded(value: float, dtype: torch.dtype) -> float | None:
    """Returns a number as a tensor of this type holds it, or None if the type cannot hold it."""
    try:
        return float(torch.tensor(value, dtype=dtype, device="cpu"))
    except (OverflowError, RuntimeError):
        return None


def _held_in(call: Call | str, dtype: torch.dtype) -> Call | str:
    """Returns the call for a tensor of this type, which may hold only integers."""
    if isinstance(call, str) or dtype.is_floating_point:
        return call
    if dtype.is_complex:  # neither the core nor recipes have complex numbers
        return computed("complex")
    value = None if call.is_random else _rounded(_value_of(call), dtype)
    return computed("rounded") if value is None else constant(value)


def _cast(call: Call | str, sources: Any, target: torch.Tensor) -> Call | str:
    """Returns the call that explains a copy or result, whose element type may differ from its sources'."""
    types = {tensor.dtype for tensor in tensors_in(sources)}
    if isinstance(call, str) or types <= {target.dtype}:
        return _held_in(call, target.dtype)
    if call.is_random:
        whole = [kind for kind in (*types, target.dtype) if not kind.is_floating_point]
        return computed("cast") if whole else call
    for kind in types:
        value = _rounded(_value_of(call), kind)
        if value is None:
            return computed("cast")
        if _rounded(value, target.dtype) != _rounded(_value_of(call), target.dtype):
            call = constant(value)
    return _held_in(call, target.dtype)


def _value_of(call: Call) -> float:
    return float(dict(call.parameters).get("value", 1.0 if call.init == "ones" else 0.0))


def _is_random(call: Call | str) -> bool:
    return isinstance(call, Call) and call.is_random


def _repeats(result: torch.Tensor, args: Any) -> bool:
    """Tells whether a copy has some elements of the inputs more than once, so that its elements are dependent."""
    views = {(storage_key(leaf), leaf.storage_offset(), leaf.numel()): leaf for leaf in tensors_in(args)}
    elements = sum(min(leaf.numel(), leaf.untyped_storage().nbytes() // leaf.itemsize) for leaf in views.values())
    return bool(result.numel() > elements)


def _without_padding(call: Call | str) -> Call | str:
    """Returns the call of a copy. With a padding row there is none, because a copy may have moved that row."""
    padded = isinstance(call, Call) and call.padding_idx is not None
    return "copied from a tensor with a padding row" if padded else call


def _affine(name: str, call: Call | str, operands: Sequence[Any], kwargs: dict[str, Any]) -> Call | None:
    """Returns the call after arithmetic with numbers, or None if no call explains the result."""
    if isinstance(call, str) or call.padding_idx is not None or _CHANGING & kwargs.keys():
        return None
    if name == "erfinv" and call.init == "uniform":
        return _inverted(**dict(call.parameters))
    if name == "clamp" and call.init == "truncated_normal":
        return _clamped(call, *arguments(operands, kwargs, ("min", "max"), (None, None)))
    if name == "neg" and not operands:
        factor, shift = -1.0, None
    elif len(operands) != 1 or not is_number(operands[0]):
        return None
    else:
        number = float(operands[0])
        maps: dict[str, tuple[float, float | None]] = {
            "mul": (number, None),
            "add": (1.0, number),
            "sub": (1.0, -number),
            "rsub": (-1.0, number),
        }
        if name == "div" and number:
            maps["div"] = (1 / number, None)
        if name not in maps:
            return None
        factor, shift = maps[name]
    given = dict(call.parameters)
    if not call.is_random:
        product = _value_of(call) * factor
        return constant(product if shift is None else product + shift)  # adding 0 would turn -0 into 0
    shift = shift or 0.0
    if call.init == "normal":
        return normal(given["std"] * abs(factor), given.get("mean", 0.0) * factor + shift)
    if call.init == "uniform":
        low, high = sorted(given[end] * factor + shift for end in ("low", "high"))
        return Call("uniform", (("low", low), ("high", high)))
    if call.init == "truncated_normal" and factor:
        lower, upper = sorted(math.copysign(1, factor) * given[end] for end in ("lower", "upper"))
        mean = given.get("mean", 0.0) * factor + shift
        return truncated_normal(mean, given["std"] * abs(factor), lower, upper)
    return None


def truncated_normal(mean: float, std: float, lower: float, upper: float) -> Call:
    """Returns the call that draws truncated normals; bounds are in units of `std` from `mean`."""
    moments = (("mean", float(mean)),) if mean else ()
    return Call("truncated_normal", (*moments, ("std", float(std)), ("lower", lower), ("upper", upper)))


def _inverted(low: float, high: float) -> Call | None:
    """Returns the call for the inverse error function of a uniform: a normal of variance 1/2, cut at two quantiles."""
    if not -1 <= low < high <= 1:
        return None
    ends = (math.copysign(math.inf, end) if abs(end) == 1 else _STANDARD.inv_cdf((1 + end) / 2) for end in (low, high))
    return truncated_normal(0.0, math.sqrt(0.5), *ends)


def _clamped(call: Call, low: Any, high: Any) -> Call | None:
    """Returns a truncated normal after a clamp at its own bounds. The clamp states the bounds exactly."""
    given = dict(call.parameters)
    mean, std = given.get("mean", 0.0), given["std"]
    bounds = []
    for limit, bound, sign in ((low, given["lower"], -1), (high, given["upper"], 1)):
        exact = bound if limit is None else (float(limit) - mean) / std
        is_same = math.isclose(exact, bound, rel_tol=_SAME, abs_tol=_SAME)
        is_nowhere = min(sign * exact, sign * bound) > _FARTHEST  # float64 has no values beyond either bound
        if sign * exact < sign * bound and not is_same and not is_nowhere:
            return None
        bounds.append(exact if is_same or is_nowhere else bound)
    return truncated_normal(mean, std, *bounds)


def check_not_recording() -> None:
    """Checks that no other recorder is active.

    Raises:
        RuntimeError: A recorder is active.
    """
    if any(isinstance(mode, Recorder) for mode in _get_current_dispatch_mode_stack()):
        raise RuntimeError(
            "build, by_name and init_model must not be called within one another; call the inner one before or after"
        )


def tensors_in(values: Any) -> list[torch.Tensor]:
    """Returns the tensors in the arguments or results of an operation."""
    if isinstance(values, torch.Tensor):
        return [values]
    found: list[torch.Tensor] = []
    _gather((values,), found)
    return found


def _gather(values: Iterable[Any], found: list[torch.Tensor]) -> None:
    for value in values:
        if isinstance(value, torch.Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            _gather(value, found)
        elif isinstance(value, dict):
            _gather(value.values(), found)


def is_number(value: object) -> bool:
    """Tells whether a value is a number of Python."""
    return isinstance(value, (int, float))


def _part_of_matrix(call: Call | str) -> str:
    """Returns why a matrix explains only the tensor that it fills; what is no matrix is returned as it is."""
    return computed(_MATRICES[call.init]) if isinstance(call, Call) else call


def _is_matrix(call: Call | str) -> bool:
    return isinstance(call, Call) and call.init in _MATRICES


def computed(name: str) -> str:
    """Returns why there is no call: the values are computed by the operation of this name."""
    return f"computed ({name})"


def storage_key(tensor: torch.Tensor) -> int:
    """Returns a number that tells storages apart as long as they are alive."""
    key: int = tensor.untyped_storage()._cdata
    return key
