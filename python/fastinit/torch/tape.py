"""Repeats on real tensors what code did on the meta device, for tensors that no distribution explains.

Only the steps that a tensor depends on run, so memory is needed only for it and its inputs, whatever the size of the
model. Tensors are identified by their storage. A view of a storage on the meta device is the same view of the real
storage, so operations that only make views are not repeated.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._pytree import tree_map

from fastinit import checks
from fastinit.dtypes import STORED
from fastinit.torch.interception import intercepted
from fastinit.torch.recorder import storage_key, tensors_in

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray


_SETTING = ("copy_", "fill_", "zero_", "normal_", "uniform_")  # they keep nothing of the former values


@dataclass(slots=True, eq=False)
class _Step:
    """One operation.

    Attributes:
        reads: The storages that it reads, and the storages that it changes in part.
        writes: The storages that it changes or makes.
        is_random: Whether it draws.
        default: PyTorch's default floating type at the time, which new tensors get.
    """

    function: Callable[..., Any]
    args: Any
    kwargs: dict[str, Any]
    result: Any
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    is_random: bool
    default: torch.dtype

    @property
    def makes(self) -> bool:
        """Tells whether it replaces everything in the storages that it writes."""
        return not any(key in self.reads for key in self.writes)


class Tape:
    """The operations of some code, in order."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []

    def add(
        self,
        func: Any,
        args: Any,
        kwargs: dict[str, Any],
        result: Any,
        given: Sequence[torch.Tensor],
        written: Iterable[torch.Tensor],
        is_random: bool,
    ) -> None:
        """Records an operation that PyTorch has dispatched.

        Args:
            func: The operation.
            args: Its arguments by position.
            kwargs: Its arguments by name.
            result: Its result.
            given: The tensors in its arguments.
            written: The tensors that it has changed or made.
            is_random: Whether it draws.
        """
        writes = _keys(written)
        if not writes:
            return
        metas = [tensor for tensor in given if tensor.is_meta]
        if len(metas) != len(given):
            # The values of real tensors may change later, so they are copied now.
            args, kwargs = tree_map(_snapshot, (args, kwargs))
        reads = _keys(metas[1:] if _covers(func, metas, writes) else metas)
        self._steps.append(_Step(func, args, kwargs, result, reads, writes, is_random, torch.get_default_dtype()))

    def add_function(
        self, function: Callable[..., Any], tensor: torch.Tensor, args: Any, kwargs: dict[str, Any]
    ) -> None:
        """Records a function that fills a tensor, instead of the operations that it consists of."""
        given = tensors_in((tensor, args, kwargs))
        self.add(function, (tensor, *args), kwargs, None, given, (tensor,), is_random=True)

    def add_values(self, tensor: torch.Tensor, values: torch.Tensor) -> None:
        """Records the numbers, lists or arrays that a tensor was made from."""
        args = (tensor, values)
        self.add(torch.Tensor.copy_, args, {}, None, args, (tensor,), is_random=False)

    def part(self, tensors: Iterable[torch.Tensor], named: Iterable[torch.Tensor]) -> Tape:
        """Returns a tape of the steps that tensors depend on, and of the draws that fill named tensors.

        The latter decide the streams of draws when the tape is replayed.
        """
        owned = set(map(storage_key, named))
        wanted = set(map(id, self._slice(tensors)))
        part = Tape()
        part._steps = [step for step in self._steps if id(step) in wanted or _draws_whole(step, owned)]
        return part

    def replay(
        self,
        tensors: Mapping[str, torch.Tensor],
        names: Iterable[str],
        seed: int,
        device: Any,
        most_bytes: float = math.inf,
    ) -> dict[str, torch.Tensor]:
        """Computes tensors with real values.

        A draw that fills the whole storage of a named tensor has that name as its stream. Other draws have the name of
        the first tensor that depends on them, and a number.

        Args:
            tensors: All tensors that have a name, on the meta device.
            names: The names of the tensors to compute.
            seed: The seed of the draws.
            device: The device to compute on.
            most_bytes: How much memory the computation of one tensor may take.

        Raises:
            ValueError: A tensor needs more memory.
            RuntimeError: Code that ran on the meta device fails with real values.
        """
        owners: dict[int, str] = {}
        for name, tensor in tensors.items():
            owners.setdefault(storage_key(tensor), name)
        named: dict[str, _Step] = {}  # the last draw into each named tensor
        for step in self._steps:
            if _draws_whole(step, owners):
                named[owners[step.writes[0]]] = step
        streams = {id(step): name for name, step in named.items()}
        slices = {name: self._slice((tensors[name],)) for name in names}
        for name, steps in slices.items():
            _check_memory(name, steps, most_bytes)
        for name, steps in slices.items():
            others = [step for step in steps if step.is_random and id(step) not in streams]
            streams |= {id(step): f"{name}#{number}" for number, step in enumerate(others)}
        return {name: _computed(name, steps, tensors[name], streams, seed, device) for name, steps in slices.items()}

    def _slice(self, tensors: Iterable[torch.Tensor]) -> list[_Step]:
        """Returns the steps that tensors depend on, in order."""
        needed, steps = set(map(storage_key, tensors)), []
        for step in reversed(self._steps):
            if not needed.isdisjoint(step.writes):
                steps.append(step)
                if step.makes:
                    needed.difference_update(step.writes)
                needed.update(step.reads)
        return steps[::-1]


def _check_memory(name: str, steps: list[_Step], most_bytes: float) -> None:
    """Checks that the tensors of the steps together take no more memory than allowed."""
    tensors = (tensor for step in steps for tensor in tensors_in((step.args, step.kwargs, step.result)))
    held = sum({storage_key(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}.values())
    if held > most_bytes:
        raise ValueError(checks.text(name, f"be computed from at most {most_bytes:.0f} bytes", held, "give it a rule"))


def _computed(
    name: str, steps: list[_Step], tensor: torch.Tensor, streams: dict[int, str], seed: int, device: Any
) -> torch.Tensor:
    try:
        return _run(steps, tensor, streams, seed, device)
    except Exception as error:
        failure = f"the values of {name} could not be computed: {type(error).__name__}: {error}"
        raise RuntimeError(f"{failure}; give it a rule") from error


def _run(steps: list[_Step], tensor: torch.Tensor, streams: dict[int, str], seed: int, device: Any) -> torch.Tensor:
    """Runs the steps on real memory, and returns the real tensor for one on the meta device."""
    memory: dict[int, torch.UntypedStorage] = {}

    def real(value: Any) -> Any:
        if isinstance(value, torch.device) and value.type == "meta":
            return torch.device(device)
        if not isinstance(value, torch.Tensor):
            return value
        if not value.is_meta:
            return value.to(device)
        storage = memory.get(storage_key(value))
        if storage is None:
            # The memory starts as zeros, so that no result depends on former contents.
            storage = torch.zeros(value.untyped_storage().nbytes(), dtype=torch.uint8, device=device).untyped_storage()
            memory[storage_key(value)] = storage
        there = torch.empty(0, dtype=value.dtype, device=device)
        return there.set_(storage, value.storage_offset(), value.shape, value.stride())

    with torch.no_grad(), torch.device(device):
        for step in steps:
            args, kwargs = tree_map(real, (step.args, step.kwargs))
            stream = streams.get(id(step))
            with default_dtype(step.default):
                result = _draw(step, args, kwargs, seed, stream) if stream else step.function(*args, **kwargs)
            for there, here in zip(tensors_in(step.result), tensors_in(result), strict=False):
                if storage_key(there) not in memory:
                    memory[storage_key(there)] = _storage_as(there, here)
        computed: torch.Tensor = real(tensor).detach().clone()
        return computed


def _storage_as(there: torch.Tensor, here: torch.Tensor) -> torch.UntypedStorage:
    """Returns the storage of a new tensor, with the layout that the tensor has on the meta device."""
    if there.dtype != here.dtype:
        raise TypeError(f"the code made {there.dtype} on the meta device, but {here.dtype} with real values")
    layout = there.stride(), there.storage_offset(), there.untyped_storage().nbytes()
    if layout == (here.stride(), here.storage_offset(), here.untyped_storage().nbytes()):
        return here.untyped_storage()
    storage = torch.zeros(layout[2], dtype=torch.uint8, device=here.device).untyped_storage()
    same = torch.empty(0, dtype=here.dtype, device=here.device)
    same.set_(storage, layout[1], there.shape, layout[0]).copy_(here)
    return storage


def _covers(func: Any, given: Sequence[torch.Tensor], writes: Sequence[int]) -> bool:
    """Tells whether an operation sets the whole storage of its first tensor without reading its former values."""
    name = getattr(getattr(func, "overloadpacket", func), "__name__", "")
    if name not in _SETTING or not given or tuple(writes) != (storage_key(given[0]),):
        return False
    tensor = given[0]
    return bool(tensor.numel() * tensor.itemsize == tensor.untyped_storage().nbytes())


@contextlib.contextmanager
def default_dtype(dtype: torch.dtype | None) -> Iterator[None]:
    """Sets PyTorch's default floating type for a `with` block; None leaves it as it is."""
    before = torch.get_default_dtype()
    if dtype is not None:
        torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _draws_whole(step: _Step, owned: Container[int]) -> bool:
    """Tells whether a step draws the whole of one of these storages."""
    if not step.is_random or len(step.writes) != 1 or step.writes[0] not in owned:
        return False
    tensor = step.result if step.makes else step.args[0]
    return bool(tensor.numel() * tensor.itemsize == tensor.untyped_storage().nbytes())


def _draw(step: _Step, args: Any, kwargs: dict[str, Any], seed: int, stream: str) -> Any:
    """Runs a step that draws, with fastinit's draws of the stream where it has them.

    The function is looked up by its name, because only the functions of that name are intercepted. PyTorch's own
    draws get a seed that is made from the seed and stream.
    """
    name = getattr(getattr(step.function, "overloadpacket", None), "__name__", "")
    function = getattr(torch.Tensor if name.endswith("_") else torch, name, step.function)
    digest = hashlib.sha256(f"{seed} {stream}".encode()).digest()
    with torch.random.fork_rng(), intercepted(lambda *_: {"seed": seed, "stream": stream}):
        torch.manual_seed(int.from_bytes(digest[:8], "little"))
        return function(*args, **kwargs)


def array_of(tensor: torch.Tensor) -> NDArray[Any]:
    """Returns the values of a tensor as an array of the same type; bfloat16 and float8 are types of ml_dtypes."""
    dtype = STORED[str(tensor.dtype).removeprefix("torch.")].numpy
    raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    array: NDArray[Any] = raw.view(dtype).reshape(tuple(tensor.shape))
    return array


def _snapshot(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) and not value.is_meta else value


def _keys(tensors: Iterable[torch.Tensor]) -> tuple[int, ...]:
    return tuple([storage_key(tensor) for tensor in tensors if tensor.is_meta])
