"""The types of arguments and results, for type checkers and for your own annotations.

from fastinit.typing import DType, Layout

def embedding(size: int, layout: Layout, dtype: DType = "float32"): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from fastinit.closed_forms import Order
from fastinit.devices import CpuName, CudaName, DeviceLike
from fastinit.dtypes import DType, DTypeName
from fastinit.fans import Axes, Layout, Mode
from fastinit.initializers import DistributionName
from fastinit.options import Index, Shape, Sizes
from fastinit.random import Seed, Stream

if TYPE_CHECKING:
    from typing_extensions import Buffer  # type checkers bring it themselves; it need not be installed


class CudaArray(Protocol):
    """What `device="cuda"` returns, a `cupy.ndarray`. CuPy has no types of its own, so these are its main ones."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def device(self) -> Any: ...
    @property
    def __cuda_array_interface__(self) -> dict[str, Any]: ...
    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...
    def get(self) -> Any:
        """Copies the array to the CPU, as NumPy's."""

    def __getattr__(self, name: str) -> Any: ...
    def __getitem__(self, index: Any) -> Any: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __len__(self) -> int: ...
    def __add__(self, other: Any) -> Any: ...
    def __radd__(self, other: Any) -> Any: ...
    def __sub__(self, other: Any) -> Any: ...
    def __rsub__(self, other: Any) -> Any: ...
    def __mul__(self, other: Any) -> Any: ...
    def __rmul__(self, other: Any) -> Any: ...
    def __matmul__(self, other: Any) -> Any: ...
    def __truediv__(self, other: Any) -> Any: ...


class SupportsDLPack(Protocol):
    """An array of PyTorch, NumPy, CuPy and others."""

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...


class SupportsCuda(Protocol):
    """An array on a GPU, such as one of Numba."""

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]: ...


# The types of `out`; a call returns the same object.
Memory: TypeAlias = "SupportsDLPack | SupportsCuda | Buffer"
Out = TypeVar("Out", bound=Memory)

__all__ = [
    "Axes",
    "CpuName",
    "CudaArray",
    "CudaName",
    "DType",
    "DTypeName",
    "DeviceLike",
    "DistributionName",
    "Index",
    "Layout",
    "Memory",
    "Mode",
    "Order",
    "Out",
    "Seed",
    "Shape",
    "Sizes",
    "Stream",
]
