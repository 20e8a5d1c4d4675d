"""NumPy's Generator (PCG64), one thread, in place with `out=`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..check import CONSTANT
from . import Prepared, ready_array

if TYPE_CHECKING:
    from ..cases import Subject, Work


def versions() -> dict[str, str]:
    return {"numpy": np.__version__}


def prepare(work: Work, _: Subject) -> Prepared:
    array, generator = ready_array(work), np.random.default_rng(1)
    dtype = array.dtype.type
    fills = {
        "zeros": lambda: array.fill(0),
        "constant": lambda: array.fill(CONSTANT),
        "uniform": lambda: generator.random(dtype=dtype, out=array),
        "normal": lambda: generator.standard_normal(dtype=dtype, out=array),
    }
    if work.kind == "random_bits":  # has no `out`: each call makes a fresh array
        return Prepared(lambda: generator.integers(2**32, size=work.shape, dtype=np.uint32))
    return Prepared(fills[work.kind], lambda _: array)
