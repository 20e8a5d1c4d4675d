"""NumPy in the place of CuPy, for what CuPy computes on a GPU: no kernel of CuPy runs without one.

Only functions that CuPy has are found, and only arguments that its signatures take are passed on; its arrays
mix with no others and know no float8. So code that works here calls CuPy as CuPy allows. The values are NumPy's.
"""

from __future__ import annotations

import contextlib
import ctypes
import inspect
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import cupy
import numpy as np

from fastinit import cuda

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.cuda.host import Host


class Array(np.ndarray[Any, Any]):
    """An array with CuPy's ways to its address and to the CPU."""

    @property
    def data(self) -> Any:
        """What knows the address."""
        return SimpleNamespace(ptr=self.ctypes.data)

    def get(self) -> np.ndarray[Any, Any]:
        """A copy for the CPU."""
        return np.array(self)

    def __array_function__(self, function: Any, *_: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} was called for an array of CuPy's")

    def __getitem__(self, key: Any) -> Any:
        return np.asarray(super().__getitem__(key)).view(Array)  # CuPy has no scalars

    def __setitem__(self, key: Any, value: Any) -> None:
        assert isinstance(value, (Array, int, float))
        super().__setitem__(key, value)


class Functions:
    """A module of NumPy, as far as CuPy's of the same name goes."""

    def __init__(self, ours: ModuleType, theirs: ModuleType) -> None:
        self._ours, self._theirs = ours, theirs

    def __getattr__(self, name: str) -> Any:
        function, signature = (
            getattr(self._ours, name),
            inspect.signature(getattr(self._theirs, name)),
        )

        def call(*args: Any, **options: Any) -> Any:
            signature.bind(*args, **options)
            plain = [a.view(np.ndarray) if isinstance(a, Array) else a for a in args]
            result = function(*plain, **options)
            if isinstance(result, tuple):
                return tuple(part.view(Array) for part in result)
            return result.view(Array)

        return call


class NumpyAsCupy(Functions):
    """The module."""

    def __init__(self, host: Host) -> None:
        super().__init__(np, cupy)
        self.linalg = Functions(np.linalg, cupy.linalg)
        self.entered: list[cuda.Gpu] = []  # what was computed on
        self.cuda = SimpleNamespace(
            Device=host.device,
            get_current_stream=host.stream,
            runtime=SimpleNamespace(getDevice=lambda: host.current),
            Stream=SimpleNamespace(from_external=self._use),
            UnownedMemory=self._memory,
            MemoryPointer=lambda memory, offset: memory + offset,
        )
        self._host = host

    @contextlib.contextmanager
    def _use(self, stream: Any) -> Iterator[None]:
        self.entered.append(stream)
        number = self._host.current
        before, self._host.streams[number] = self._host.streams[number], stream.__cuda_stream__()[1]
        yield
        self._host.streams[number] = before

    def _memory(self, address: int, size_bytes: int, _owner: Any, device: int) -> int:
        assert size_bytes > 0
        assert device == self._host.current
        return address

    def ndarray(self, shape: tuple[int, ...], dtype: Any, address: int) -> Array:
        """An array over memory that is there already."""
        assert "float8" not in np.dtype(dtype).name
        size_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        memory = (ctypes.c_uint8 * size_bytes).from_address(address)
        return np.frombuffer(memory, dtype).reshape(shape).view(Array)


@contextlib.contextmanager
def numpy_as_cupy(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[NumpyAsCupy]:
    """Hands out NumPy where CuPy is asked for."""
    module = NumpyAsCupy(host)
    with monkeypatch.context() as patch:
        patch.setattr(cuda, "import_cupy", lambda _purpose: module)
        yield module
