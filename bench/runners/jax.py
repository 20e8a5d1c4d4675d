"""JAX's jitted `random.normal` (Threefry, the default), which has no in-place form."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import Prepared

if TYPE_CHECKING:
    from ..cases import Subject, Work


def versions() -> dict[str, str]:
    import jax

    return {"jax": jax.__version__}


def prepare(work: Work, subject: Subject) -> Prepared:
    # XLA starts one thread for each processor that it may use, and looks only once, when it starts.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: subject.threads])
    import jax

    fill = jax.jit(lambda key: jax.random.normal(key, work.shape, dtype=work.dtype))
    key = jax.device_put(jax.random.key(1), jax.devices("cpu")[0])
    return Prepared(lambda: fill(key).block_until_ready())
