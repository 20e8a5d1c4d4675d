"""The subjects that fill a GPU's memory. `prepare` does everything that is not timed, on the current stream.

A missing library raises ImportError, and its line of the report says so.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ..runners import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..cases import Work
    from .cases import Subject

BEFORE = 0x4D  # in every byte before the first fill; no fill leaves this value
SEED = 1
CHECKED = 2**24  # elements that are checked at either end of an array that has more than twice as many


def _ready(work: Work) -> Any:
    """Returns memory of the GPU; as bytes if CuPy lacks the type."""
    import cupy

    dtype = np.dtype(work.dtype)
    memory = cupy.empty(work.elements * dtype.itemsize, cupy.uint8)
    memory.data.memset_async(BEFORE, memory.nbytes)
    return memory if dtype.itemsize == 1 else memory.view(dtype)


def _to_numpy(work: Work, array: Any) -> np.ndarray:
    """Copies all of a small array, and only both ends of a large one, because checks take longer than fills."""
    import cupy

    held = array.reshape(-1).view(cupy.uint8)
    end = CHECKED * np.dtype(work.dtype).itemsize
    parts = (held,) if held.size <= 2 * end else (held[:end], held[-end:])
    return np.concatenate([part.get() for part in parts]).view(np.dtype(work.dtype))


def _fastinit(work: Work, subject: Subject) -> Prepared:
    import fastinit

    fill = getattr(fastinit, work.kind)
    options = {} if work.kind == "zeros" else {"seed": SEED}
    if subject.variant == "fresh":
        run: Callable[[], Any] = lambda: fill(work.shape, dtype=work.dtype, device="cuda", **options)
        return Prepared(run, lambda array: _to_numpy(work, array))
    array = _ready(work)
    options["dtype"] = work.dtype
    return Prepared(lambda: fill(None, out=array, **options), lambda _: _to_numpy(work, array))


def on_the_cpu(work: Work) -> np.ndarray:
    """The bits that fastinit must give on every device."""
    import fastinit

    options = {} if work.kind == "zeros" else {"seed": SEED}

    def part(index: slice) -> np.ndarray:
        values: np.ndarray = getattr(fastinit, work.kind)(work.shape, dtype=work.dtype, index=index, **options)
        return values

    if work.elements <= 2 * CHECKED:
        return part(slice(None))
    return np.concatenate((part(slice(CHECKED)), part(slice(work.elements - CHECKED, None))))


def _cupy(work: Work, subject: Subject) -> Prepared:
    import cupy

    generator = cupy.random.Generator(getattr(cupy.random, subject.variant)(SEED))
    array = _ready(work)
    fill = {"uniform": generator.random, "normal": generator.standard_normal}[work.kind]
    return Prepared(lambda: fill(dtype=array.dtype, out=array), lambda _: _to_numpy(work, array))


def _curand(work: Work, subject: Subject) -> Prepared:
    import cupy
    from cupy.cuda import curand

    generator = curand.createGenerator(getattr(curand, f"CURAND_RNG_PSEUDO_{subject.variant}"))
    curand.setPseudoRandomGeneratorSeed(generator, SEED)
    curand.setStream(generator, cupy.cuda.get_current_stream().ptr)
    array = _ready(work)
    suffix = "Double" if work.dtype == "float64" else ""
    moments = (0.0, 1.0) if work.kind == "normal" else ()
    fill = getattr(curand, f"generate{work.kind.title()}{suffix}")
    run: Callable[[], Any] = lambda: fill(generator, array.data.ptr, array.size, *moments)
    return Prepared(run, lambda _: _to_numpy(work, array))


def _torch(work: Work, subject: Subject) -> Prepared:
    import cupy
    import torch

    from ..runners.torch import FILLS

    torch.cuda.set_stream(torch.cuda.ExternalStream(cupy.cuda.get_current_stream().ptr))
    array = _ready(work)
    tensor = torch.as_tensor(array.view(cupy.uint8), device="cuda").view(getattr(torch, work.dtype))
    view = lambda _: _to_numpy(work, array)
    if subject.variant != "functional":
        return Prepared(lambda: FILLS[work.kind](tensor), view)
    try:
        from torch.func import _random
    except ImportError as error:
        raise ImportError(f"this PyTorch has no torch.func._random ({error})") from None
    key = _random.key(SEED, device="cuda")
    fill = getattr(_random, f"{work.kind}_")
    return Prepared(lambda: fill(key, tensor), view)


def leave_stream() -> None:
    """Takes PyTorch off CuPy's stream, because the stream ends before PyTorch does."""
    if torch := sys.modules.get("torch"):
        torch.cuda.set_stream(torch.cuda.default_stream())


def _machine(work: Work, subject: Subject) -> Prepared:
    array = _ready(work)
    view = lambda _: _to_numpy(work, array)
    if subject.call == "memset":
        return Prepared(lambda: array.data.memset_async(0, array.nbytes), view)
    source = _ready(work)
    source.data.memset_async(0, source.nbytes)
    run: Callable[[], Any] = lambda: array.data.copy_from_device_async(source.data, source.nbytes)
    return Prepared(run, view)


RUNNERS: dict[str, Callable[[Work, Subject], Prepared]] = {
    "fastinit": _fastinit,
    "cupy": _cupy,
    "curand": _curand,
    "torch": _torch,
    "machine": _machine,
}


def prepare(work: Work, subject: Subject) -> Prepared:
    return RUNNERS[subject.runner](work, subject)


def versions() -> dict[str, str]:
    """The versions of the installed libraries."""
    import cupy

    import fastinit

    build = fastinit.build_info()
    found = {
        "fastinit": f"{build['version']} (CUDA {build['cuda']}, {build['compiler']})",
        "cupy": cupy.__version__,
    }
    try:
        import torch

        found["torch"] = f"{torch.__version__}"
    except ImportError:
        pass
    return found
