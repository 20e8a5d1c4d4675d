"""The compiled core: raw memory in, values out. It trusts its caller; `fastinit.fill` checks first."""

from typing import Any, Final, overload

from numpy.typing import NDArray

stream_version: Final[int]
DISTRIBUTIONS: Final[tuple[str, ...]]
ELEMENT_TYPES: Final[tuple[str, ...]]  # in the order of the enumeration
STEPS: Final[tuple[str, ...]]
most_steps: Final[int]
most_threads: Final[int]

class FillSpec:
    """A part of a tensor to draw. Memory and devices are the fill's."""

    def __init__(
        self,
        distribution: str,
        dtype: str,
        seed: int,
        stream: int,
        parameters: tuple[float, ...],
        start: int,
        run: int,
        extents: tuple[int, ...],
        strides: tuple[int, ...],
    ) -> None: ...
    @property
    def distribution(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def stream(self) -> int: ...
    @property
    def size(self) -> int:
        """In elements."""

class TransformedSpec:
    """A part of a tensor to draw and transform: steps as (name, numbers), applied in their order."""

    def __init__(self, base: FillSpec, steps: tuple[tuple[str, tuple[float, ...]], ...]) -> None: ...
    @property
    def base(self) -> FillSpec: ...

class OrthogonalSpec:
    """Some rows and columns of a matrix to draw, as `csrc/orthogonal.h` has them.

    `elements` and `vectors` are boxes: (start, run, extents, strides).
    """

    def __init__(
        self,
        dtype: str,
        seed: int,
        stream: int,
        gain: float,
        length: int,
        count: int,
        elements: tuple[int, int, tuple[int, ...], tuple[int, ...]],
        vectors: tuple[int, int, tuple[int, ...], tuple[int, ...]],
        element_stride: int,
        vector_stride: int,
    ) -> None: ...

@overload
def fill(address: int, spec: FillSpec) -> None: ...
@overload
def fill(address: int, spec: TransformedSpec) -> None: ...
def fill_orthogonal(address: int, spec: OrthogonalSpec) -> None: ...
def fill_pattern(address: int, count: int, bits: int, itemsize: int) -> None: ...
@overload
def cuda_fill(address: int, spec: FillSpec, device: int, cuda_stream: int) -> None: ...
@overload
def cuda_fill(address: int, spec: TransformedSpec, device: int, cuda_stream: int) -> None: ...
def cuda_fill_orthogonal(address: int, spec: OrthogonalSpec, device: int, cuda_stream: int) -> None: ...
def cuda_transform_workspace(spec: TransformedSpec) -> int:
    """The bytes that `cuda_transformed_launches` work in."""

def cuda_transformed_launches(
    address: int, spec: TransformedSpec, workspace: int, multiprocessors: int
) -> list[tuple[tuple[str, str], int, int, bytes]]:
    """What `cuda_fill` launches for a transformed draw, one after the other, as `cuda_launch` has it."""

def cuda_orthogonal_workspace(spec: OrthogonalSpec, multiprocessors: int) -> int:
    """The bytes that `cuda_orthogonal_launches` work in."""

def cuda_orthogonal_launches(
    address: int, spec: OrthogonalSpec, workspace: int, multiprocessors: int
) -> list[tuple[tuple[str, str], int, int, bytes]]:
    """What `cuda_fill_orthogonal` launches, one after the other, as `cuda_launch` has it."""

def cuda_fill_pattern(address: int, count: int, bits: int, itemsize: int, device: int, cuda_stream: int) -> None: ...
def cuda_launch(address: int, spec: FillSpec, multiprocessors: int) -> tuple[tuple[str, str], int, int, bytes]:
    """What `cuda_fill` launches: (method, dtype), blocks in the grid, threads in each, the argument."""

def cuda_pattern_launch(
    address: int, count: int, bits: int, itemsize: int, multiprocessors: int
) -> tuple[tuple[str, str], int, int, bytes]:
    """What `cuda_fill_pattern` launches, as `cuda_launch` has it."""

def cuda_device_count() -> int: ...
def cuda_device_of(address: int) -> int:
    """The device whose memory this is, -1 for the host's."""

def address_of(array: NDArray[Any]) -> int:
    """Of the first element."""

def dlpack_view(
    capsule: Any,
) -> tuple[int, tuple[int, ...], tuple[int, ...] | None, int, int, int, int, int, bool]: ...
def set_num_threads(n: int) -> None: ...
def get_num_threads() -> int: ...
def set_isa(name: str) -> None: ...
def isas() -> list[tuple[str, bool, bool]]: ...
def isa() -> str: ...
def build_info() -> dict[str, str]: ...

class CudaError(RuntimeError):
    """A CUDA call failed, or this build has no CUDA. The text opens with the name of the error."""

class DefaultFloatEnvironment:
    """IEEE defaults (nearest even, nothing flushed) on this thread for a `with` block."""

    def __init__(self) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *args: object) -> None: ...
