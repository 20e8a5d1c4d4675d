"""Who fills a GPU's memory: `prepare` does all that is not timed, on the stream it is called on.

A library that is absent raises ImportError; its line of the report says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..runners import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..cases import Work
    from .cases import Subject

BEFORE = 0x4D  # in every byte before the first fill, which none leaves behind
SEED = 1


def _ready(work: Work) -> Any:
    import cupy

    array = cupy.empty(work.shape, np.dtype(work.dtype))
    array.data.memset_async(BEFORE, array.nbytes)
    return array


def _fastinit(work: Work, subject: Subject) -> Prepared:
    import fastinit

    fill = getattr(fastinit, work.kind)
    options = {} if work.kind == "zeros" else {"seed": SEED}
    if subject.variant == "fresh":
        run: Callable[[], Any] = lambda: fill(
            work.shape, dtype=work.dtype, device="cuda", **options
        )
        return Prepared(run, lambda array: array.get())
    array = _ready(work)
    return Prepared(lambda: fill(None, out=array, **options), lambda _: array.get())


def on_the_cpu(work: Work) -> np.ndarray:
    """The bits that fastinit must give, on whatever device."""
    import fastinit

    options = {} if work.kind == "zeros" else {"seed": SEED}
    values: np.ndarray = getattr(fastinit, work.kind)(work.shape, dtype=work.dtype, **options)
    return values


def _cupy(work: Work, subject: Subject) -> Prepared:
    import cupy

    generator = cupy.random.Generator(getattr(cupy.random, subject.variant)(SEED))
    array = _ready(work)
    fill = {"uniform": generator.random, "normal": generator.standard_normal}[work.kind]
    return Prepared(lambda: fill(dtype=array.dtype, out=array), lambda _: array.get())


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
    return Prepared(run, lambda _: array.get())


def _torch(work: Work, _: Subject) -> Prepared:
    import cupy
    import torch

    from ..runners.torch import FILLS, _as_numpy

    torch.cuda.set_stream(torch.cuda.ExternalStream(cupy.cuda.get_current_stream().ptr))
    tensor = torch.full(work.shape, 77, dtype=getattr(torch, work.dtype), device="cuda")
    return Prepared(lambda: FILLS[work.kind](tensor), lambda _: _as_numpy(tensor.cpu()))


def _machine(work: Work, subject: Subject) -> Prepared:
    array = _ready(work)
    if subject.call == "memset":
        return Prepared(lambda: array.data.memset_async(0, array.nbytes), lambda _: array.get())
    source = _ready(work)
    source.data.memset_async(0, source.nbytes)
    run: Callable[[], Any] = lambda: array.data.copy_from_device_async(source.data, source.nbytes)
    return Prepared(run, lambda _: array.get())


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
    """Of the libraries that are here."""
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
