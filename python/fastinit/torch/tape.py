"""What code did to tensors on the meta device, to be done again on real ones: for those that no distribution explains.

Only the steps that a tensor depends on are run, so that memory is needed for it and what it is made of, whatever the
size of the model. Tensors are told by their storage: a view of one is the same view of the other, and the operations
that only make views need not be repeated.
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


_SETTING = ("copy_", "fill_", "zero_", "normal_", "uniform_")  # of what was there, they keep nothing


@dataclass(slots=True, eq=False)
class _Step:
    """One operation.

    Attributes:
        reads: The storages that it reads, and those of which it changes a part.
        writes: The storages that it changes or makes.
        is_random: Whether it draws.
        default: PyTorch's default floating type then, which factories take.
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
        """Whether nothing from before is left in what it writes."""
        return not any(key in self.reads for key in self.writes)


class Tape:
    """The operations of some code, in their order."""

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
        """Notes an operation that PyTorch has dispatched.

        Args:
            func: The operation.
            args: Its arguments.
            kwargs: The others of them.
            result: What it has returned.
            given: The tensors in its arguments.
            written: Those that it has changed or made.
            is_random: Whether it draws.
        """
        writes = _keys(written)
        if not writes:
            return
        metas = [tensor for tensor in given if tensor.is_meta]
        if len(metas) != len(given):
            # Real tensors have their values now, and may have others later.
            args, kwargs = tree_map(_snapshot, (args, kwargs))
        reads = _keys(metas[1:] if _covers(func, metas, writes) else metas)
        self._steps.append(_Step(func, args, kwargs, result, reads, writes, is_random, torch.get_default_dtype()))

    def add_function(
        self, function: Callable[..., Any], tensor: torch.Tensor, args: Any, kwargs: dict[str, Any]
    ) -> None:
        """Notes a function that fills a tensor, in place of the operations that it is made of."""
        given = tensors_in((tensor, args, kwargs))
        self.add(function, (tensor, *args), kwargs, None, given, (tensor,), is_random=True)

    def add_values(self, tensor: torch.Tensor, values: torch.Tensor) -> None:
        """Notes what a tensor was made of that is no tensor: numbers, lists or arrays."""
        args = (tensor, values)
        self.add(torch.Tensor.copy_, args, {}, None, args, (tensor,), is_random=False)

    def part(self, tensors: Iterable[torch.Tensor], named: Iterable[torch.Tensor]) -> Tape:
        """Returns the steps that some tensors depend on, and those that tell streams of tensors that have names."""
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
            RuntimeError: Code that ran without values fails with them.
        """
        owners: dict[int, str] = {}
        for name, tensor in tensors.items():
            owners.setdefault(storage_key(tensor), name)
        named: dict[str, _Step] = {}  # the last draw of each of them
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
        """The steps that tensors depend on, in order."""
        needed, steps = set(map(storage_key, tensors)), []
        for step in reversed(self._steps):
            if not needed.isdisjoint(step.writes):
                steps.append(step)
                if step.makes:
                    needed.difference_update(step.writes)
                needed.update(step.reads)
        return steps[::-1]


def _check_memory(name: str, steps: list[_Step], most_bytes: float) -> None:
    """Refuses steps whose tensors together take more memory than this."""
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
        rule = f"have values for {name} that can be computed ({error})"
        raise RuntimeError(checks.text("model", rule, type(error).__name__, "give it a rule")) from error


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
            with default_dtype(step.default):
                result = _draw(step, args, kwargs, seed, stream) if stream else step.function(*args, **kwargs)
            for there, here in zip(tensors_in(step.result), tensors_in(result), strict=False):
                if storage_key(there) not in memory:
                    memory[storage_key(there)] = _storage_as(there, here)
        computed: torch.Tensor = real(tensor).detach().clone()
        return computed


def _storage_as(there: torch.Tensor, here: torch.Tensor) -> torch.UntypedStorage:
    """The storage of a new tensor, laid out as on the meta device."""
    if there.dtype != here.dtype:
        raise TypeError(f"{here.dtype} was computed where the code had {there.dtype}")
    layout = there.stride(), there.storage_offset(), there.untyped_storage().nbytes()
    if layout == (here.stride(), here.storage_offset(), here.untyped_storage().nbytes()):
        return here.untyped_storage()
    storage = torch.zeros(layout[2], dtype=torch.uint8, device=here.device).untyped_storage()
    same = torch.empty(0, dtype=here.dtype, device=here.device)
    same.set_(storage, layout[1], there.shape, layout[0]).copy_(here)
    return storage


def _covers(func: Any, given: Sequence[torch.Tensor], writes: Sequence[int]) -> bool:
    """Whether an operation sets all of the storage of its first tensor, and reads nothing of what was in it."""
    name = getattr(getattr(func, "overloadpacket", func), "__name__", "")
    if name not in _SETTING or not given or tuple(writes) != (storage_key(given[0]),):
        return False
    tensor = given[0]
    return bool(tensor.numel() * tensor.itemsize == tensor.untyped_storage().nbytes())


@contextlib.contextmanager
def default_dtype(dtype: torch.dtype | None) -> Iterator[None]:
    """Makes a floating type PyTorch's default one for a `with` block; None leaves it."""
    before = torch.get_default_dtype()
    if dtype is not None:
        torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _draws_whole(step: _Step, owned: Container[int]) -> bool:
    """Whether a step draws all of a storage that is one of these."""
    if not step.is_random or len(step.writes) != 1 or step.writes[0] not in owned:
        return False
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


def _keys(tensors: Iterable[torch.Tensor]) -> tuple[int, ...]:
    return tuple([storage_key(tensor) for tensor in tensors if tensor.is_meta])
