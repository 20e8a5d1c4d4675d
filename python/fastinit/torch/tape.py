"""What code did to tensors on the meta device, to be done again on real ones: for those that no distribution explains.

Only the steps that a tensor depends on are run, so that memory is needed for it and what it is made of, whatever the
size of the model. Tensors are told by their storage: a view of one is the same view of the other, and the operations
that only make views need not be repeated.
"""

from __future__ import annotations

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
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class _Step:
    """One operation.

    Attributes:
        reads: The storages that it reads, and those of which it changes a part.
        writes: The storages that it changes or makes.
        makes: Whether nothing from before is left in what it writes.
        is_random: Whether it draws.
    """

    function: Callable[..., Any]
    args: Any
    kwargs: dict[str, Any]
    result: Any
    reads: frozenset[int]
    writes: frozenset[int]
    makes: bool
    is_random: bool


class Tape:
    """The operations of some code, in their order."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []

    def add(self, func: Any, args: Any, kwargs: dict[str, Any], result: Any) -> None:
        """Notes an operation that PyTorch has dispatched."""
        if func._schema.is_mutable:
            written = kwargs["out"] if "out" in kwargs else args[:1]
            writes = _keys(written)
        else:
            writes = _keys(result) - _keys((args, kwargs))
        if writes:
            is_random = torch.Tag.nondeterministic_seeded in func.tags
            self._append(func, args, kwargs, result, writes, is_random)

    def add_function(
        self, function: Callable[..., Any], tensor: torch.Tensor, args: Any, kwargs: dict[str, Any]
    ) -> None:
        """Notes a function that fills a tensor, in place of the operations that it is made of."""
        self._append(function, (tensor, *args), kwargs, None, _keys(tensor), is_random=True)

    def add_values(self, tensor: torch.Tensor, values: torch.Tensor) -> None:
        """Notes what a tensor was made of that is no tensor: numbers, lists or arrays."""
        self._append(torch.Tensor.copy_, (tensor, values), {}, None, _keys(tensor), is_random=False)

    def _append(
        self, function: Any, args: Any, kwargs: Any, result: Any, writes: frozenset[int], is_random: bool
    ) -> None:
        given = tensors_in((args, kwargs))
        if not all(tensor.is_meta for tensor in given):
            # Real tensors have their values now, and may have others later.
            args, kwargs = tree_map(_snapshot, (args, kwargs))
        reads = frozenset(storage_key(tensor) for tensor in given if tensor.is_meta)
        self._steps.append(_Step(function, args, kwargs, result, reads, writes, not writes & reads, is_random))

    def replay(
        self,
        tensors: Mapping[str, torch.Tensor],
        names: Iterable[str],
        seed: int,
        device: Any,
        most_bytes: float = math.inf,
    ) -> dict[str, torch.Tensor]:
        """Computes tensors for real.

        A draw that fills the storage of a named tensor has that name as its stream. Others have the name of the first
        tensor that depends on them, and a number.

        Args:
            tensors: All that have a name, on the meta device.
            names: Of those to compute.
            seed: Of the draws.
            device: Where.
            most_bytes: That the computation of one tensor may hold.

        Raises:
            ValueError: One needs more.
        """
        owners: dict[int, str] = {}
        for name, tensor in tensors.items():
            owners.setdefault(storage_key(tensor), name)
        named: dict[str, _Step] = {}  # the last draw of each of them
        for step in self._steps:
            if step.is_random and len(step.writes) == 1 and _is_whole(step):
                (key,) = step.writes
                named |= {owners[key]: step} if key in owners else {}
        streams = {id(step): name for name, step in named.items()}
        slices = {name: self._slice(tensors[name]) for name in names}
        for name, steps in slices.items():
            _check_memory(name, steps, most_bytes)
        for name, steps in slices.items():
            others = [step for step in steps if step.is_random and id(step) not in streams]
            streams |= {id(step): f"{name}#{number}" for number, step in enumerate(others)}
        return {name: _run(steps, tensors[name], streams, seed, device) for name, steps in slices.items()}

    def _slice(self, tensor: torch.Tensor) -> list[_Step]:
        """The steps that a tensor depends on, in order."""
        needed, steps = {storage_key(tensor)}, []
        for step in reversed(self._steps):
            if step.writes & needed:
                steps.append(step)
                if step.makes:
                    needed -= step.writes
                needed |= step.reads
        return steps[::-1]


def _check_memory(name: str, steps: list[_Step], most_bytes: float) -> None:
    """Refuses steps whose tensors together take more memory than this."""
    tensors = (tensor for step in steps for tensor in tensors_in((step.args, step.kwargs, step.result)))
    held = sum({storage_key(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}.values())
    if held > most_bytes:
        raise ValueError(checks.text(name, f"be computed from at most {most_bytes:.0f} bytes", held, "give it a rule"))


def _run(steps: list[_Step], tensor: torch.Tensor, streams: dict[int, str], seed: int, device: Any) -> torch.Tensor:
    """Does the steps on real memory, and returns what then stands for a tensor."""
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
            # Zeros where nothing is set, so that nothing depends on what was in the memory.
            storage = torch.zeros(value.untyped_storage().nbytes(), dtype=torch.uint8, device=device).untyped_storage()
            memory[storage_key(value)] = storage
        there = torch.empty(0, dtype=value.dtype, device=device)
        return there.set_(storage, value.storage_offset(), value.shape, value.stride())

    with torch.no_grad(), torch.device(device):
        for step in steps:
            args, kwargs = tree_map(real, (step.args, step.kwargs))
            stream = streams.get(id(step))
            result = _draw(step, args, kwargs, seed, stream) if stream else step.function(*args, **kwargs)
            for there, here in zip(tensors_in(step.result), tensors_in(result), strict=False):
                if storage_key(there) not in memory:
                    memory[storage_key(there)] = _storage_as(there, here)
        computed: torch.Tensor = real(tensor).detach().clone()
        return computed


def _storage_as(there: torch.Tensor, here: torch.Tensor) -> torch.UntypedStorage:
    """The storage of a new tensor, laid out as on the meta device."""
    layout = there.stride(), there.storage_offset(), there.untyped_storage().nbytes()
    if layout == (here.stride(), here.storage_offset(), here.untyped_storage().nbytes()):
        return here.untyped_storage()
    storage = torch.UntypedStorage(layout[2], device=here.device)
    same = torch.empty(0, dtype=here.dtype, device=here.device)
    same.set_(storage, layout[1], there.shape, layout[0]).copy_(here)
    return storage


def _is_whole(step: _Step) -> bool:
    """Whether a draw covers the storage that it is in."""
    tensor = step.result if step.makes else step.args[0]
    return bool(tensor.numel() * tensor.itemsize == tensor.untyped_storage().nbytes())


def _draw(step: _Step, args: Any, kwargs: dict[str, Any], seed: int, stream: str) -> Any:
    """Does a step that draws, by the name at which draws are taken over: PyTorch's own from a seed of the stream."""
    name = getattr(getattr(step.function, "overloadpacket", None), "__name__", "")
    function = getattr(torch.Tensor if name.endswith("_") else torch, name, step.function)
    digest = hashlib.sha256(f"{seed} {stream}".encode()).digest()
    with torch.random.fork_rng(), intercepted(lambda *_: {"seed": seed, "stream": stream}):
        torch.manual_seed(int.from_bytes(digest[:8], "little"))
        return function(*args, **kwargs)


def array_of(tensor: torch.Tensor) -> NDArray[Any]:
    """Returns the values of a tensor as an array of the same type, bfloat16 and float8 as ml_dtypes have them."""
    dtype = STORED[str(tensor.dtype).removeprefix("torch.")].numpy
    raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    array: NDArray[Any] = raw.view(dtype).reshape(tuple(tensor.shape))
    return array


def _snapshot(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) and not value.is_meta else value


def _keys(values: Any) -> frozenset[int]:
    return frozenset(storage_key(tensor) for tensor in tensors_in(values) if tensor.is_meta)
