"""Checkpoints to read from: the interface of `safetensors.safe_open`, over files or over a recipe alone.

A program that loads parts of a model can use a recipe of a few lines, without any files: each value is a function of
the recipe, and only the requested parts are drawn.
"""

from __future__ import annotations

import importlib
import mmap
import operator
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import ml_dtypes  # noqa: F401 (gives NumPy the names of its types)
import numpy as np

from fastinit import checks, extras
from fastinit.checkpoint.plan import Plan, make_plan
from fastinit.checkpoint.values import draw_part
from fastinit.dtypes import STORED
from fastinit.errors import CheckpointError, show, show_path, suggest
from fastinit.files import open_regular
from fastinit.index import index_box
from fastinit.recipes import examples
from fastinit.recipes.recipe import Recipe
from fastinit.shards import count, held_ranges, pieces
from fastinit.sources.load import load_recipe
from fastinit.stored import layout
from fastinit.stored.reader import read_checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from fastinit.shards import Shard
    from fastinit.stored.reader import StoredCheckpoint

_FRAMEWORKS = {"np": "numpy", "numpy": "numpy", "pt": "torch", "torch": "torch"}


class UnknownTensorError(KeyError):
    """The checkpoint has no tensor of this name."""

    def __str__(self) -> str:  # KeyError would put the message in quotes
        return str(self.args[0])


class _Described(Protocol):
    """The common interface of planned and stored tensors."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> str: ...


class _Source(Protocol):
    """The source of the values."""

    @property
    def tensors(self) -> Mapping[str, _Described]: ...
    def metadata(self) -> dict[str, str]: ...
    def read(self, name: str, index: Any) -> NDArray[Any]: ...


class _Planned:
    """Values that are drawn on request."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.tensors = {tensor.name: tensor for tensor in plan.tensors}

    def metadata(self) -> dict[str, str]:
        return dict(self._plan.shards[0].metadata)

    def read(self, name: str, index: Any) -> NDArray[Any]:
        return draw_part(self.tensors[name], self._plan.recipe.seed, index)


class _Stored:
    """Values that are copied from mapped files. Only the pages that hold them are read."""

    def __init__(self, checkpoint: StoredCheckpoint) -> None:
        self._checkpoint = checkpoint
        self._maps: dict[str, mmap.mmap] = {}
        self.tensors = checkpoint.tensors

    def metadata(self) -> dict[str, str]:
        files = [file.metadata for file in self._checkpoint.files]
        return {k: v for k, v in files[0].items() if all(other.get(k) == v for other in files)}

    def read(self, name: str, index: Any) -> NDArray[Any]:
        tensor = self.tensors[name]
        box = index_box(index, tensor.shape)
        part = np.empty(box.shape, _numpy_type(tensor.dtype, name))
        if part.size:
            buffer = self._map(tensor.file)
            whole: NDArray[Any] = np.ndarray(tensor.shape, part.dtype, buffer, tensor.offset)
            part[...] = whole[index]
        return part

    def _map(self, name: str) -> mmap.mmap:
        if name not in self._maps:
            path = self._checkpoint.folder / name
            (expected,) = (file.nbytes for file in self._checkpoint.files if file.name == name)
            descriptor = open_regular(path)
            try:
                nbytes = os.fstat(descriptor).st_size
                if nbytes != expected:
                    raise CheckpointError(
                        f"{show_path(path)} changed while it was open: it has {nbytes} bytes "
                        f"instead of {expected}; open the checkpoint again"
                    )
                self._maps[name] = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
            finally:
                os.close(descriptor)
        return self._maps[name]


class TensorSlice:
    """A tensor from which any part can be taken, as from `safe_open(...).get_slice(name)`."""

    def __init__(self, handle: Handle, name: str) -> None:
        self._handle = handle
        self._name = name
        self._tensor = handle._source.tensors[name]

    def __repr__(self) -> str:
        return f"TensorSlice({self._name!r}, shape={self.get_shape()}, dtype={self.get_dtype()!r})"

    def get_shape(self) -> list[int]:
        """Returns the shape of the whole tensor."""
        return list(self._tensor.shape)

    def get_dtype(self) -> str:
        """Returns the safetensors code of the element type, such as "BF16"."""
        return layout.code(self._tensor.dtype)

    def __getitem__(self, index: Any) -> Any:
        """Returns a part, in memory of its own. Slices, ints and `...` have NumPy's meaning.

        With steps, the elements that are skipped are read or drawn as well.

        Raises:
            TypeError: `index` has something else in it.
            ValueError: A step is below 1, there are two `...`, or the handle is closed.
            IndexError: An int is out of range, or there are more parts than dimensions.
        """
        return self._handle._take(self._name, index)


class Handle:
    """An open checkpoint. See `fastinit.checkpoint.open`."""

    def __init__(self, source: _Source, framework: str) -> None:
        self._held: _Source | None = source
        self._framework = framework

    def __repr__(self) -> str:
        count = 0 if self._held is None else len(self._held.tensors)
        state = f"{count} tensor{'s' if count != 1 else ''}" if self._held else "closed"
        return f"<Handle: {state}, framework={self._framework!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._held = None  # files are unmapped with the last reference

    def keys(self) -> list[str]:
        """Returns the names of all tensors, sorted."""
        return sorted(self._source.tensors)

    def offset_keys(self) -> list[str]:
        """Returns the names of all tensors in the order of their data, file by file."""
        return list(self._source.tensors)

    def metadata(self) -> dict[str, str] | None:
        """Returns the texts in the files' headers; for several files, the texts that all have in common."""
        return self._source.metadata() or None

    def get_tensor(self, name: str) -> Any:
        """Returns a whole tensor, in memory of its own.

        Raises:
            UnknownTensorError: There is no tensor of this name.
            CheckpointError: A file cannot be read, or no array can have the tensor's type.
        """
        self._check(name)
        return self._take(name, ...)

    def get_tensors(self) -> dict[str, Any]:
        """Returns all tensors by name, in the order of their data.

        Raises:
            CheckpointError: A file cannot be read, or no array can have a tensor's type.
        """
        return {name: self.get_tensor(name) for name in self.offset_keys()}

    def get_slice(self, name: str) -> TensorSlice:
        """Returns a tensor from which parts can be taken; nothing is read or drawn before that.

        Raises:
            UnknownTensorError: There is no tensor of this name.
        """
        self._check(name)
        return TensorSlice(self, name)

    def get_shard(self, name: str, shard: Shard | Sequence[Shard]) -> Any:
        """Returns the part of a tensor that a rank holds, in memory of its own; nothing else is read or drawn.

        Args:
            name: The tensor's name.
            shard: A `fastinit.Shard`, or several, each of which cuts the result of the previous ones.

        Raises:
            UnknownTensorError: There is no tensor of this name.
            TypeError: `shard` is not a shard or several.
            ValueError: A shard does not fit the tensor.
            CheckpointError: A file cannot be read, or no array can have the tensor's type.
        """
        self._check(name)
        held = held_ranges(shard, self._source.tensors[name].shape)
        parts = [(here, self._source.read(name, there)) for here, there in pieces(held)]
        whole = parts[0][1]
        if len(parts) > 1:
            whole = np.empty(tuple(map(count, held)), whole.dtype)
            for here, part in parts:
                whole[here] = part
        return self._handed(name, whole)

    @property
    def _source(self) -> _Source:
        if self._held is None:
            raise ValueError("the checkpoint is closed; use it inside its `with` block")
        return self._held

    def _check(self, name: str) -> None:
        if name not in self._source.tensors:
            raise UnknownTensorError(f"the checkpoint has no tensor {show(name)}{suggest(name, self._source.tensors)}")

    def _take(self, name: str, index: Any) -> Any:
        range_, steps = _without_steps(index)
        part = self._source.read(name, range_)
        if steps:
            part = part[steps].copy()
        return self._handed(name, part)

    def _handed(self, name: str, part: NDArray[Any]) -> Any:
        dtype = self._source.tensors[name].dtype
        return part if self._framework == "numpy" else _to_torch(part, dtype, name)


def open(
    source: str | os.PathLike[str] | Recipe | Plan,
    framework: str = "numpy",
    device: Any = "cpu",
) -> Handle:
    """Opens a checkpoint, which may be files or only a recipe. Both have the same values.

    Args:
        source: A folder of safetensors files, one such file, or a recipe: the path of a `.toml` file, the name of
            an installed example such as "gpt2", a `Recipe` or a `Plan`.
        framework: "numpy" (or "np") for arrays, or "torch" (or "pt") for tensors. NumPy lacks bfloat16 and float8, so
            such arrays have types of ml_dtypes, which `numpy.save` forgets: see
            https://fastinit.github.io/fastinit/traps.html#numpy-files-lose-bfloat16
        device: Only "cpu".

    Returns:
        A handle with the methods of `safetensors.safe_open`, over all files of a folder together.

    Raises:
        CheckpointError: The files cannot be read, or are not a checkpoint.
        RecipeError: The recipe is not valid.
        TypeError: An argument has the wrong type.
        ValueError: The framework is unknown.
        NotImplementedError: The device is not "cpu".
        ImportError: The framework is not installed.

    Example:
        >>> from fastinit.checkpoint import parse_recipe
        >>> recipe = parse_recipe('''
        ... seed = 0
        ... dtype = "bfloat16"
        ... [tensors]
        ... "h.{0..95}.weight" = [12288, 49152]
        ... [[rule]]
        ... match = "*"
        ... init = "normal"
        ... std = 0.02
        ... ''')
        >>> with open(recipe) as checkpoint:  # 58 billion parameters
        ...     part = checkpoint.get_slice("h.7.weight")[:2, 100:104]
        >>> part.shape, part.dtype.name
        ((2, 4), 'bfloat16')
    """
    checks.instance("framework", framework, str)
    if framework not in _FRAMEWORKS:
        raise ValueError(checks.text("framework", 'be "numpy" or "torch"', framework))
    checks.device(device)
    if _FRAMEWORKS[framework] == "torch":
        _torch()  # raises now if PyTorch is missing, not at the first tensor
    return Handle(_source_of(source), _FRAMEWORKS[framework])


def _without_steps(index: Any) -> tuple[Any, tuple[Any, ...]]:
    """Splits an index into two that are applied one after the other: one without steps, then the steps."""
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(part, slice) and _step(part) > 1 for part in parts):
        return index, ()
    ranges: list[Any] = []
    steps: list[Any] = []
    for part in parts:
        if isinstance(part, slice) and _step(part) > 1:
            ranges.append(slice(part.start, part.stop))
            steps.append(slice(None, None, _step(part)))
        else:
            ranges.append(part)
            if part is ... or isinstance(part, slice):
                steps.append(... if part is ... else slice(None))
    return tuple(ranges), tuple(steps)


def _step(part: slice) -> int:
    """A slice's step; 0 for an invalid one, for which `index_box` raises."""
    try:
        return 1 if part.step is None else operator.index(part.step)
    except TypeError:
        return 0


def _source_of(source: str | os.PathLike[str] | Recipe | Plan) -> _Source:
    if isinstance(source, Plan):
        return _Planned(source)
    if isinstance(source, Recipe):
        return _Planned(make_plan(source))
    path = Path(source)
    if not path.exists():
        path = Path(examples.file_of(path))
    if path.suffix == ".toml" and not path.is_dir():
        return _Planned(make_plan(load_recipe(path)))
    return _Stored(read_checkpoint(path))


def _array_type(dtype: str, name: str) -> str:
    """The name of a stored type in NumPy and PyTorch."""
    known = dtype if dtype in STORED else layout.OTHER_TYPES.get(dtype, (0, None))[1]
    if known is None:
        raise CheckpointError(f"tensor {show(name)} has type {show(dtype)}, which no array can have")
    return known


def _numpy_type(dtype: str, name: str) -> np.dtype[Any]:
    return np.dtype(_array_type(dtype, name))


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        remedy = f'{extras.remedy("torch", "torch")}, or use "numpy"'
        raise ImportError(f'framework "torch" needs PyTorch, which is not installed; {remedy}') from None


def _to_torch(part: NDArray[Any], dtype: str, name: str) -> Any:
    """Gives memory to PyTorch without a copy: as bytes, because PyTorch lacks some types of NumPy arrays."""
    torch = _torch()
    kind = getattr(torch, _array_type(dtype, name))
    if part.size == 0:
        return torch.empty(part.shape, dtype=kind)
    return torch.from_numpy(part.reshape(-1).view(np.uint8)).view(kind).reshape(part.shape)
